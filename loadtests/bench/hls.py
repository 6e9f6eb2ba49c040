"""What one viewer's HLS playlist costs, beside a copy of its bytes and beside the obvious way.

The obvious way reads the origin's playlist for every request, inserts segments and writes it. Weft
reads it once per refresh for all viewers; a viewer's playlist is a join of what was made then.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

import m3u8

from loadtests.bench.measure import ROUND_S, Aim, Subject
from loadtests.bench.personal import KNOWN, SESSIONS, Figures, flat, measure_ways, plans, size_of
from loadtests.synthetic import (
    ORIGIN,
    RUNG,
    SEGMENT_S,
    catalogue,
    live_text,
    pods,
    vod_text,
)
from manifests.creative import Creative
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.fragments import Dressing
from manifests.hls.reader import read_media_playlist
from manifests.splicing.timeline import Splice
from packager.hls.playlists import Playlists
from packager.planning import Plan

CREATIVES = catalogue(100, 15)  # their pairs are more than Weft keeps ready
POD = 2  # creatives in a break
BREAK = POD * 15 // SEGMENT_S  # segments that a break of live content has
PERIOD = 4 * BREAK  # from one past break of live content to the next, in segments
FIRST = 1_000_000  # number of the first segment of a live window
Pod = tuple[Creative, ...]

WAYS = {
    "anew": "joined, new timeline",
    "new pods": "joined, new pods as well",
    "shared": "joined before, shared",
    "copy": "copy of the bytes",
    "naive": "m3u8.loads, edit, dumps",
    "read": "next version: read",
    "advance": "next version: weave",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One playlist, before its viewers ask for it."""

    name: str
    text: str  # the origin's, as the viewers get it spliced
    next_text: str  # the origin's next version; in VOD it is read once
    channel: Channel  # what `text` became
    before: Channel  # what takes `next_text` in
    live: bool
    past: int  # breaks that came and went
    edits: tuple[tuple[int, int], ...]  # for each break, the segment it is at, and how many go

    @property
    def places(self) -> int:
        """How many breaks a plan has, past ones among them."""
        return self.past + len(self.edits)

    def splice(self, place: int, pod: Pod) -> Splice:
        """What a decision for one of the breaks becomes."""
        if self.live:
            found = self.channel.splice_of(self.channel.log.breaks[place], pod, RUNG)
            assert found is not None
            return found
        at = Decimal(self.edits[place][0] * SEGMENT_S)
        return self.channel.insertion_of(at, pod, RUNG, break_id=f"s{place}")


def vod_case(segments: int) -> Case:
    """VOD with a pre-roll, two mid-rolls and a post-roll."""
    text = vod_text(segments)
    rules = ChannelRules(cues=None, dressing=Dressing(dates=False))
    empty = Channel(reference="0", rules=rules)
    return Case(
        name=f"VOD {segments:,}",
        text=text,
        next_text=text,
        channel=_advanced(empty, text),
        before=empty,
        live=False,
        past=0,
        edits=tuple((at, 0) for at in (0, segments // 3, 2 * segments // 3, segments)),
    )


def live_case(segments: int, *, past: int = 0) -> Case:
    """A live window: with four breaks, with one where there is no room for more.

    Args:
        segments: In the window, 10 at least.
        past: Breaks that the viewer saw before and that have left the window.
    """
    breaks = 4 if segments >= 8 * BREAK else 1
    edits = tuple((3 + number * (segments // breaks), BREAK) for number in range(breaks))
    earlier = [(FIRST - PERIOD * number, BREAK) for number in range(past, 0, -1)]
    listed = [*earlier, *((FIRST + at, length) for at, length in edits)]
    channel = Channel(reference="0")
    step = max(segments // 2, 1)
    for first in range(FIRST - PERIOD * past - step if past else FIRST, FIRST, step):
        channel = _advanced(channel, live_text(first, segments, listed))
    text = live_text(FIRST, segments, listed)
    channel = _advanced(channel, text)
    assert len(channel.log.breaks) == past + breaks
    return Case(
        name=f"live {segments:,}" + (f", {past} past" if past else ""),
        text=text,
        next_text=live_text(FIRST + 1, segments, listed),
        channel=channel,
        before=channel,
        live=True,
        past=past,
        edits=edits,
    )


def _advanced(channel: Channel, text: str) -> Channel:
    return channel.advance({"0": read_media_playlist(text, url=ORIGIN)})


def subjects(case: Case) -> list[Subject]:
    """Everything that is measured of a case; the names are the keys of `WAYS`."""
    presentation = _presentation(live=case.live)
    known = [
        [case.splice(place, pod) for pod in islice(pods(CREATIVES, POD), KNOWN)]
        for place in range(case.places)
    ]
    over = case.channel.over
    plan = Plan(splices=tuple(ready[0] for ready in known[over:]))
    turns = plans(known[over:])
    fresh = pods(CREATIVES, POD)
    names = [f"session-{number}" for number in range(SESSIONS)]
    sessions = cycle(names)
    kept, unkept = Playlists(), Playlists(max_bytes=0)

    def past(first: int, end: int) -> tuple[Splice, ...]:
        return tuple(ready[0] for ready in known[first:end])

    def answer(playlists: Playlists, plan: Plan) -> bytes:
        body, _ = playlists.body(next(sessions), presentation, 0, case.channel, plan, past)
        return body.plain

    def with_new_pods() -> bytes:
        now = [case.splice(place, next(fresh)) for place in range(case.past, case.places)]
        before = plan.splices[: case.past - over]
        return answer(unkept, Plan(splices=(*before, *now)))

    for _ in names:  # they polled before: what past breaks did to their numbers is known
        answer(unkept, plan)
        body = answer(kept, plan)
    next_playlist = read_media_playlist(case.next_text, url=ORIGIN)
    pod = CREATIVES[:POD]
    calls: dict[str, Callable[[], object]] = {
        "anew": lambda: answer(unkept, next(turns)),
        "new pods": with_new_pods,
        "shared": lambda: answer(kept, plan),
        "copy": lambda: bytes(memoryview(body)),
        "naive": lambda: naive(case.text, case.edits, pod),
        "read": lambda: read_media_playlist(case.next_text, url=ORIGIN),
        "advance": lambda: case.before.advance({"0": next_playlist}),
    }
    return [Subject(name, calls[name]) for name in WAYS]


def _presentation(*, live: bool) -> Any:
    """As much of a presentation as a body needs."""
    return SimpleNamespace(keeper=SimpleNamespace(id=0), live=live, rung=lambda number: RUNG)


def naive(text: str, edits: Sequence[tuple[int, int]], pod: Pod) -> str:
    """The obvious way; kinder to itself than a real one: URIs stay relative, numbers as they were.

    Args:
        text: The origin's playlist.
        edits: For each break, the segment it is at, and how many segments go.
        pod: What comes there.
    """
    playlist = m3u8.loads(text)
    segments = list(playlist.segments)
    for at, removed in reversed(edits):
        ads = []
        for creative in pod:
            rendition = creative.renditions[RUNG]
            init = {"uri": rendition.init_uri}
            ads += [
                m3u8.Segment(
                    uri=one.uri,
                    duration=float(one.duration),
                    init_section=init,
                    discontinuity=one is rendition.segments[0],
                )
                for one in rendition.segments
            ]
        segments[at : at + removed] = ads
        if at + len(ads) < len(segments):
            segments[at + len(ads)].discontinuity = True
    segments[0].discontinuity = False
    playlist.segments = m3u8.model.SegmentList(segments)
    return str(playlist.dumps())


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Figures):
    """The figures of one case."""

    past: int
    segments: int  # in the origin's playlist


def run(
    cases: Sequence[Case],
    *,
    rounds: int,
    round_s: float = ROUND_S,
    ways: Collection[str] = WAYS,
) -> list[Result]:
    """Measure all cases in rounds that go through all ways of all of them."""
    work = [{one.name: one.call for one in subjects(case)} for case in cases]
    measured = measure_ways(work, ways, rounds=rounds, round_s=round_s)
    return [
        Result(
            name=case.name,
            live=case.live,
            past=case.past,
            segments=case.text.count("#EXTINF:"),
            body_bytes=size_of(calls["copy"]()),
            measured=taken,
        )
        for case, calls, taken in zip(cases, work, measured, strict=True)
    ]


def aims(results: Sequence[Result]) -> list[Aim]:
    """What issue 2 of the project asks of these figures, as far as the cases can show it."""
    vod = sorted((one for one in results if not one.live), key=lambda one: one.segments)
    live = sorted((one for one in results if one.live and not one.past), key=lambda r: r.segments)
    found = []
    if len(vod) > 1:
        found.append(flat(vod[0], vod[-1]))
    if live:
        found.append(
            Aim(
                f"under 20 us: {live[0].name}",
                f"{live[0].us('anew'):.1f} us",
                live[0].us("anew") < 20,
            )
        )
    if vod:
        ratio = vod[-1].us("naive") / vod[-1].us("anew")
        found.append(
            Aim(
                f"1,000 times below the obvious way: {vod[-1].name}",
                f"{ratio:,.0f} times",
                ratio >= 1000,
            )
        )
    return found
