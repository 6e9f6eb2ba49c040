"""Who plays the demo at the same time, and what of it is to be seen."""

import re
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from tests.browser.demo import BREAK_AT_S, BREAK_S, MID_SEGMENT_S, open_session
from tests.browser.theatre import Play, ended
from tests.browser.watch import Watch

ADS = ("ad-1", "ad-2", "ad-3")
HLS = ("hlsjs", "shaka", "native")
DASH = ("shaka", "dashjs")
SEGMENT_S = 2  # of the content; each begins with a key frame
LEEWAY_S = 0.35  # of what is seen: samples are 0.1 s apart, and shorter runs are not told
# From where DASH content comes back in mid-segment to the next key frame, players may skip.
LONGEST_SKIP_S = -(BREAK_AT_S + MID_SEGMENT_S + BREAK_S) % SEGMENT_S + LEEWAY_S
_SHORTEST = 3  # samples: a shorter shot is a frame that was read half drawn

Showing = tuple[str, str]  # player, and "hls vod", "hls live", "dash vod" or "dash live"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was on the screen for some time."""

    kind: str  # "content"; "break": an ad or slate; "bumper"
    start: float  # positions, seconds
    end: float


def seen(watch: Watch) -> list[Seen]:
    """The kinds of pictures, in order."""

    def kind(code: str | None) -> str | None:
        return "break" if code in ADS or code == "slate" else code

    coded = [sample for sample in watch.samples if sample.code is not None]
    runs = [list(run) for _, run in groupby(coded, lambda sample: kind(sample.code))]
    long = [run for run in runs if len(run) >= _SHORTEST]
    return [Seen(str(kind(run[0].code)), run[0].position, run[-1].position) for run in long]


def whole_breaks(watch: Watch) -> int:
    """How many breaks with ads were seen from content, and back to it."""
    letters = "".join("a" if code in ADS else code[0] for code in watch.codes)
    return len(re.findall("(?<=c)s*a[as]*(?=c)", letters))  # content, slate, ads


def is_back(watch: Watch) -> bool:
    """Whether the content is on the screen, and more than a glimpse of it."""
    last = [sample.code for sample in watch.samples[-10:]]
    return last == ["content"] * 10


def demo_plays(url: str) -> dict[Showing, Play]:
    """Both shows in both formats, in a session for each; the longest come first.

    Args:
        url: The demo's.
    """

    def through_two(watch: Watch) -> bool:  # one of them ends early
        return whole_breaks(watch) >= 2 and is_back(watch)

    plays: dict[Showing, Play] = {}
    for show, enough in (("vod", ended), ("live", through_two)):
        hls = partial(open_session, url, show)
        # without a session: the redirect gives each of them one of its own
        dash = partial("{}/v1/dash/default/{}/index.mpd".format, url, show)
        for player in HLS:
            plays[player, f"hls {show}"] = Play(player=player, open=hls, enough=enough)
        for player in DASH:
            plays[player, f"dash {show}"] = Play(player=player, open=dash, enough=enough)
    return plays
