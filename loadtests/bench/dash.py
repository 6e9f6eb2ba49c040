"""What one viewer's MPD costs, beside a copy of its bytes and beside the obvious way."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

from loadtests.bench.measure import ROUND_S, Aim, Subject
from loadtests.bench.obvious_mpd import Pod, naive
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
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import Renderer
from manifests.splicing.timeline import Splice
from packager.dash.mpds import Mpds, published_at
from packager.planning import Plan
from packager.session import Session
from packager.stores.records import SessionRecord

CREATIVES = dash_catalogue(100, 15)  # their pairs are more than Weft keeps ready
POD = 2  # creatives in a break
BREAK_S = POD * 15  # that a break of live content lasts
FIRST = 10_000  # index of the first segment of a live window
RUNG = "v1080"  # the reference's

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


def _session(sid: str) -> Session:
    record = SessionRecord(
        sid=sid,
        tenant="tenant",
        show="show",
        asset="index.mpd",
        created_at=MIDNIGHT,
        expires_at=MIDNIGHT + 86_400,
        idle_s=600,
    )
    return Session(token=sid, record=record)


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
