"""MPDs of sessions: which past breaks they are made from, in any process."""

from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from manifests.dash.header import Header
from manifests.dash.rendering import MpdText
from manifests.splicing.timeline import Splice
from packager.dash.mpds import Mpds
from packager.planning import Plan

# Where content is left and comes back; the last three touch each other, one is not filled.
FILLED = {"a": (5, 15), "b": (20, 30), "d": (40, 50), "e": (50, 60), "f": (60, 70)}
BREAKS = "abcdef"


def past_splices(first: int, end: int) -> tuple[Splice, ...]:
    return tuple(
        Splice(
            break_id=name,
            out_at=Decimal(FILLED[name][0]),
            in_at=Decimal(FILLED[name][1]),
            pod=(),
            ends=(),
        )
        for name in BREAKS[first:end]
        if name in FILLED
    )


class Rendered:
    """A presentation that remembers which splices its last MPD was made from."""

    channel_id, renderer_id = "channel", 1

    def __init__(self) -> None:
        self.renderer = self
        self.made_from = ""

    def render(self, channel: Any, splices: Sequence[Splice], **settings: None) -> MpdText:
        del channel, settings
        self.made_from = "".join(one.break_id for one in splices)
        return MpdText(
            header=Header((b"",), (), "", ""),
            periods=(),
            published_at=None,
            duration=None,
            max_segment_s=None,
        )


def made_from(mpds: Mpds, over: int) -> str:
    breaks = tuple(SimpleNamespace(id=name) for name in BREAKS)
    channel: Any = SimpleNamespace(log=SimpleNamespace(breaks=breaks), over=over, version=over)
    session: Any = SimpleNamespace(sid="s")
    presentation: Any = Rendered()
    mpds.joined(session, presentation, channel, Plan(), past_splices)
    return str(presentation.made_from)


def test_a_process_that_begins_later_recalls_the_same_breaks_b_18_b_34() -> None:
    mpds = Mpds()
    seen = [made_from(mpds, over) for over in range(len(BREAKS) + 1)]
    assert seen == ["", "a", "ab", "ab", "bd", "bde", "bdef"]
    assert [made_from(Mpds(), over) for over in range(len(BREAKS) + 1)] == seen
