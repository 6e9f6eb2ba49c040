"""What one viewer's MPD costs, beside a copy of its bytes and beside the obvious way.

The obvious way parses the origin's MPD for every request, cuts its Period, puts ads between the
parts and serialises all of it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

from lxml import etree

from loadtests.bench.measure import ROUND_S, Aim, Subject
from loadtests.bench.personal import KNOWN, SESSIONS, Figures, flat, measure_ways, plans, size_of
from loadtests.synthetic import pods
from loadtests.synthetic_mpd import (
    MIDNIGHT,
    MPD_URL,
    SEGMENT_S,
    dash_catalogue,
    live_mpd,
    segments_for,
    vod_mpd,
)
from manifests.creative import CmafMedia, Creative
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.durations import read_duration, write_duration
from manifests.dash.model import NAMESPACE
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import Renderer
from manifests.splicing.timeline import Splice
from packager.dash.mpds import Mpds, published_at
from packager.planning import Plan

CREATIVES = dash_catalogue(100, 15)  # their pairs are more than Weft keeps ready
POD = 2  # creatives in a break
BREAK_S = POD * 15  # that a break of live content lasts
FIRST = 10_000  # index of the first segment of a live window
RUNG = "v1080"  # the reference's
Pod = tuple[Creative, ...]

WAYS = {
    "anew": "joined, new timeline",
    "shared": "joined before, shared",
    "copy": "copy of the bytes",
    "naive": "lxml: parse, edit, serialise",
    "read": "next version: read",
    "advance": "next version: carry on",
}

RATIOS = (  # of two ways
    ("joined, times the copy", "anew", "copy"),
    ("lxml, times joined", "naive", "anew"),
    ("lxml, times shared", "naive", "shared"),
)

_PERIOD, _S, _TEMPLATE, _TIMELINE = (
    f"{{{NAMESPACE}}}{name}" for name in ("Period", "S", "SegmentTemplate", "SegmentTimeline")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One MPD, before its viewers ask for it."""

    name: str
    body: bytes  # the origin's, as the viewers get it spliced
    next_body: bytes  # the origin's next version; a static one is read once
    now: Decimal  # seconds since 1970, when the next version is read
    channel: DashChannel  # what `body` became
    before: DashChannel  # what takes `next_body` in
    live: bool
    edits: tuple[tuple[Decimal, Decimal], ...]  # for each break, where it begins and ends

    def splice(self, place: int, pod: Pod) -> Splice:
        """What a decision for one of the breaks becomes."""
        if self.live:
            found = self.channel.splice_of(self.channel.log.breaks[place], pod, RUNG)
            assert found is not None
            return found
        at = self.edits[place][0]
        return self.channel.insertion_of(at, pod, RUNG, break_id=f"s{place}")


def vod_case(size_bytes: int) -> Case:
    """A static presentation of about a size, with a pre-roll, two mid-rolls and a post-roll."""
    segments = segments_for(size_bytes)
    body = vod_mpd(segments)
    rules = DashRules(cues=None)
    empty = DashChannel(rules=rules)
    length = Decimal(segments * SEGMENT_S)
    places = (Decimal(0), length // 3, 2 * length // 3, length)
    now = Decimal(MIDNIGHT)
    return Case(
        name=f"VOD {_size_name(size_bytes)}",
        body=body,
        next_body=body,
        now=now,
        channel=empty.advance(read_mpd(body, url=MPD_URL), now=now),
        before=empty,
        live=False,
        edits=tuple((at, at) for at in places),
    )


def live_case(size_bytes: int) -> Case:
    """A live window of about a size, with one break."""
    segments = segments_for(size_bytes)
    out_at = FIRST * SEGMENT_S + 3 * SEGMENT_S + 1  # in mid-segment
    breaks = [(out_at, BREAK_S)]
    bodies = [live_mpd(first, segments, breaks) for first in (FIRST, FIRST + 2)]
    now = Decimal(MIDNIGHT + (FIRST + segments) * SEGMENT_S)
    channel = DashChannel().advance(read_mpd(bodies[0], url=MPD_URL), now=now)
    assert len(channel.cuts) == 2
    return Case(
        name=f"live {_size_name(size_bytes)}",
        body=bodies[0],
        next_body=bodies[1],
        now=now + 2 * SEGMENT_S,
        channel=channel,
        before=channel,
        live=True,
        edits=((Decimal(out_at), Decimal(out_at + BREAK_S)),),
    )


def _size_name(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:g} MB" if size_bytes >= 1_000_000 else f"{size_bytes / 1000:g} KB"


def subjects(case: Case) -> list[Subject]:
    """Everything that is measured of a case; the names are the keys of `WAYS`."""
    pod = CREATIVES[:POD]
    weft = joined(case)
    body = weft["shared"]()
    next_mpd = read_mpd(case.next_body, url=MPD_URL)
    calls: dict[str, Callable[[], object]] = {
        **weft,
        "copy": lambda: bytes(memoryview(body)),
        "naive": lambda: naive(case.body, case.edits, pod),
        "read": lambda: read_mpd(case.next_body, url=MPD_URL),
        "advance": lambda: case.before.advance(next_mpd, now=case.now),
    }
    return [Subject(name, calls[name]) for name in WAYS]


def joined(case: Case) -> dict[str, Callable[[], bytes]]:
    """Weft's own way: for a plan that no other viewer has (`anew`), and for one that others share.

    The texts of Periods are known to both: they are made once for all viewers.
    """
    known = [
        [case.splice(place, pod) for pod in islice(pods(CREATIVES, POD), KNOWN)]
        for place in range(len(case.edits))
    ]
    plan = Plan(splices=tuple(ready[0] for ready in known))
    turns = plans(known)
    presentation = _presentation(case.channel.rules)
    sessions = cycle([_session(f"session-{number}") for number in range(SESSIONS)])
    kept, unkept = Mpds(), Mpds(max_bytes=0)

    def answer(mpds: Mpds, plan: Plan) -> bytes:
        session = next(sessions)
        location = f"https://weft.example/v1/dash/tenant/show/index.mpd?aws.sessionId={session.sid}"
        joined, _ = mpds.joined(session, presentation, case.channel, plan, lambda first, end: ())
        at = published_at(session, case.channel)
        return joined.text.filled(location=location, publish_time=at)

    answer(kept, plan)
    for _ in range(KNOWN):
        answer(unkept, next(turns))
    return {"anew": lambda: answer(unkept, next(turns)), "shared": lambda: answer(kept, plan)}


def _presentation(rules: DashRules) -> Any:
    """As much of a presentation as an MPD needs."""
    renderer = Renderer(rules=rules, rung_of=lambda one, representation: representation.id)
    return SimpleNamespace(channel_id=0, renderer_id=0, renderer=renderer)


def _session(sid: str) -> Any:
    return SimpleNamespace(sid=sid, decisions=())


def naive(body: bytes, edits: Sequence[tuple[Decimal, Decimal]], pod: Pod) -> bytes:
    """The obvious way, as well as it can be done for each request.

    Kinder to itself than a real one: there is one Period, every segment says its time, nothing is
    inherited, URLs stay relative, and cues are neither looked for nor removed.

    Args:
        body: The origin's MPD.
        edits: For each break, where it begins and ends in the Period, in seconds; both are the
            same where ads are inserted.
        pod: What comes there.
    """
    root = etree.fromstring(body)
    period = root.find(_PERIOD)
    place = root.index(period)
    # The segments are taken out, so that a copy of the Period is a small one.
    listed = [_Listed.taken_from(template) for template in period.iter(_TEMPLATE)]
    root.remove(period)
    inserted = Decimal(0)
    made = []
    borders = [Decimal(0), *(at for edit in edits for at in edit), None]
    for number, (begin, end) in enumerate(zip(borders[::2], borders[1::2], strict=True)):
        if number:
            out_at, in_at = edits[number - 1]
            at = out_at + inserted
            for index, creative in enumerate(pod):
                made.append(_ad(period, creative, f"b{number}.{index}", at))
                at += creative.duration
            if in_at == out_at:
                inserted = at - out_at
        if begin is not None and begin != end:
            part = _part(period, listed, begin, end)
            if part is not None:
                part.set("start", write_duration(begin + inserted))
                part.set("id", f"{period.get('id')}~{number}" if number else period.get("id"))
                made.append(part)
    root[place:place] = made
    if inserted:
        length = read_duration(root.get("mediaPresentationDuration")) + inserted
        root.set("mediaPresentationDuration", write_duration(length))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


@dataclass(slots=True)
class _Listed:
    """The segments of one Representation."""

    timescale: int
    number: int
    rows: list[etree._Element]
    starts: list[int]
    end: int

    @classmethod
    def taken_from(cls, template: etree._Element) -> "_Listed":
        timeline = template.find(_TIMELINE)
        rows = list(timeline)
        timeline[:] = []
        starts = [int(row.get("t")) for row in rows]
        return cls(
            timescale=int(template.get("timescale")),
            number=int(template.get("startNumber")),
            rows=rows,
            starts=starts,
            end=starts[-1] + int(rows[-1].get("d")),
        )


def _part(
    period: etree._Element, listed: Sequence[_Listed], begin: Decimal, end: Decimal | None
) -> etree._Element | None:
    """A part of the Period; None: nothing is listed in it."""
    part = deepcopy(period)
    for template, one in zip(part.iter(_TEMPLATE), listed, strict=True):
        first = int(begin * one.timescale)
        if first >= one.end:
            return None
        at = max(bisect_right(one.starts, first) - 1, 0)
        until = len(one.rows) if end is None else bisect_left(one.starts, end * one.timescale)
        timeline = template.find(_TIMELINE)
        if one.rows[at].getparent() is not None:  # cut in two: the part before has it, too
            timeline.append(deepcopy(one.rows[at]))
            timeline.extend(one.rows[at + 1 : until])
        else:
            timeline.extend(one.rows[at:until])
        template.set("presentationTimeOffset", str(first))
        template.set("startNumber", str(one.number + at))
    return part


def _ad(period: etree._Element, creative: Creative, name: str, start: Decimal) -> etree._Element:
    """A creative as a Period, like the content's."""
    made = deepcopy(period)
    made.set("id", name)
    made.set("start", write_duration(start))
    for events in made.findall(f"{{{NAMESPACE}}}EventStream"):
        made.remove(events)
    for template in made.iter(_TEMPLATE):
        media = creative.renditions[template.getparent().get("id")].cmaf
        assert media is not None
        _point_to(template, media)
    return made


def _point_to(template: etree._Element, media: CmafMedia) -> None:
    template.set("timescale", str(media.timescale))
    template.set("presentationTimeOffset", "0")
    template.set("startNumber", str(media.start_number))
    template.set("media", media.base + media.media)
    template.set("initialization", media.base + media.initialization)
    timeline = template.find(_TIMELINE)
    timeline.extend(timeline.makeelement(_S, {"d": str(ticks)}) for ticks in media.durations)
    timeline[0].set("t", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Figures):
    """The figures of one case."""

    origin_bytes: int


def run(
    cases: Sequence[Case],
    *,
    rounds: int,
    round_s: float = ROUND_S,
    ways: Collection[str] = tuple(WAYS),
) -> list[Result]:
    """Measure all cases in rounds that go through all ways of all of them."""
    work = [{one.name: one.call for one in subjects(case)} for case in cases]
    measured = measure_ways(work, ways, rounds=rounds, round_s=round_s)
    return [
        Result(
            name=case.name,
            live=case.live,
            origin_bytes=len(case.body),
            body_bytes=size_of(calls["copy"]()),
            measured=taken,
        )
        for case, calls, taken in zip(cases, work, measured, strict=True)
    ]


def aims(results: Sequence[Result]) -> list[Aim]:
    """What issue 3 of the project asks of these figures, as far as the cases can show it."""
    vod = sorted((one for one in results if not one.live), key=lambda one: one.origin_bytes)
    smallest = min(results, key=lambda one: one.origin_bytes, default=None)
    found = []
    if smallest is not None:
        found.append(
            Aim(
                f"under 50 us: {smallest.name}",
                f"{smallest.us('anew'):.1f} us",
                smallest.us("anew") < 50,
            )
        )
    if len(vod) > 1:
        found.append(flat(vod[0], vod[-1]))
    return found
