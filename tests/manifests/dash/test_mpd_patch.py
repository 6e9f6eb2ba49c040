"""MPD patches: carried out, they give the new MPD; B-48."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from mpd_patching import SHARED, applied, is_same, patch_schema

from loadtests.synthetic_mpd import MIDNIGHT, MPD_URL, dash_catalogue, live_mpd
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.header import PatchLocation
from manifests.dash.patching.patch import make_patch, unchanged
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import Renderer

SAMPLES = SHARED / "samples"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared samples and schemas are not beside the checkout"
)

# Everything that dash.js 5.2 and Shaka 5.2 both carry out: the kind of operation and its selector.
_ID = r"\[@id='[^'\"/\[\]&<>]+'\]"
_TEMPLATE = rf"/MPD/Period{_ID}/AdaptationSet{_ID}(/Representation{_ID})?/SegmentTemplate"
UNDERSTOOD = [
    r"replace /MPD/@publishTime",
    r"replace /MPD/PatchLocation\[[1-9]\d*\]",
    rf"remove /MPD/Period{_ID}",
    rf"add after /MPD/Period{_ID}",
    rf"replace {_TEMPLATE}/@startNumber",
    rf"(replace|remove|add after) {_TEMPLATE}/SegmentTimeline/S\[[1-9]\d*\]",
    rf"add( prepend)? {_TEMPLATE}/SegmentTimeline",
]


def mpd(*periods: str, time: str = "00:00:10", top: str = "", attributes: str = "") -> bytes:
    """A live MPD of some Periods, published at a time of its day."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:xlink="http://www.w3.org/1999/xlink"
  id="session-1" type="dynamic" profiles="urn:mpeg:dash:profile:isoff-live:2011"
  availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T{time}Z"
  minimumUpdatePeriod="PT2S" minBufferTime="PT2S" {attributes}>
  <!-- published at {time} -->
  <Location>https://weft.example/m.mpd</Location>
  <PatchLocation ttl="60">https://weft.example/p.mpp?t={time}</PatchLocation>{top}
  {"".join(periods)}
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="https://time.example/"/>
</MPD>""".encode()


def period(
    timeline: str,
    *,
    name: str = "P0",
    start: int = 0,
    number: int | None = 1,
    inside: str = "",
    set_id: str = 'id="1"',
    attributes: str = "",
) -> str:
    """A Period with one AdaptationSet; ticks are seconds."""
    counted = "" if number is None else f'startNumber="{number}"'
    return f"""<Period id="{name}" start="PT{start}S" {attributes}>
    <AdaptationSet {set_id} mimeType="video/mp4">
      <SegmentTemplate timescale="1" {counted} media="$Number$.m4s" initialization="i.mp4">
        <SegmentTimeline>{timeline}</SegmentTimeline>
      </SegmentTemplate>
      <Representation id="v1" bandwidth="1"/>
      <Representation id="v2" bandwidth="2"/>
    </AdaptationSet>{inside}
  </Period>"""


def operations(patch: bytes) -> list[str]:
    found = []
    for one in etree.fromstring(patch):
        position = f"{one.get('pos')} " if one.get("pos") else ""
        found.append(f"{etree.QName(one).localname} {position}{one.get('sel')}")
    return found


def changed(old: bytes, new: bytes) -> list[str]:
    """The operations of a patch, which was carried out and did what it should."""
    patch = make_patch(old, new, most=10)
    assert patch is not None
    assert is_same(applied(patch, old), new)
    for one in operations(patch):
        assert any(re.fullmatch(known, one) for known in UNDERSTOOD), one
    assert not re.search(rb">\s+<", patch.split(b"?>", 1)[1].strip())
    return operations(patch)[2:]  # all begin with publishTime and PatchLocation


LINE = "/MPD/Period[@id='P0']/AdaptationSet[@id='1']/SegmentTemplate/SegmentTimeline"
TIMELINES = {
    "one S more": (
        '<S t="0" d="4"/>',
        '<S t="0" d="4"/><S d="5"/><S d="4" r="2"/>',
        [f"add {LINE}"],
    ),
    "first S removed": (
        '<S t="0" d="4"/><S t="4" d="5"/>',
        '<S t="4" d="5"/>',
        [f"remove {LINE}/S[1]"],
    ),
    "first S removed, the next one gets its time": (
        '<S t="0" d="4"/><S d="5"/><S d="4"/>',
        '<S t="4" d="5"/><S d="4"/>',
        [f"replace {LINE}/S[1]", f"remove {LINE}/S[2]"],
    ),
    "longer run": (
        '<S t="0" d="4" r="2"/>',
        '<S t="0" d="4" r="3"/>',
        [f"replace {LINE}/S[1]"],
    ),
    "run goes on at the end and loses its front": (
        '<S t="0" d="4" r="2"/><S d="5"/>',
        '<S t="4" d="4" r="1"/><S d="5" r="1"/>',
        [f"replace {LINE}/S[1]", f"replace {LINE}/S[2]"],
    ),
    "front and back at once": (
        '<S t="0" d="1"/><S t="1" d="2"/><S t="3" d="1"/><S t="4" d="2"/>',
        '<S t="3" d="1"/><S t="4" d="2"/><S t="6" d="1"/>',
        [f"add {LINE}", f"remove {LINE}/S[1]", f"remove {LINE}/S[1]"],
    ),
    "all gone": ('<S t="0" d="4"/>', "", [f"remove {LINE}/S[1]"]),
    "all new": (
        '<S t="0" d="4"/><S d="5"/>',
        '<S t="20" d="4"/>',
        [f"replace {LINE}/S[1]", f"remove {LINE}/S[2]"],
    ),
    "was empty": ("", '<S t="20" d="4"/>', [f"add {LINE}"]),
    "earlier segments": (
        '<S t="9" d="4"/>',
        '<S t="1" d="4" r="1"/><S t="9" d="4"/>',
        [f"add prepend {LINE}"],
    ),
    "a hole is filled": (
        '<S t="0" d="4"/><S t="9" d="4"/>',
        '<S t="0" d="4"/><S d="2"/><S d="3"/><S t="9" d="4"/>',
        [f"add after {LINE}/S[1]"],
    ),
    "to the Period's end": (
        '<S t="0" d="4" r="-1"/><S t="12" d="2" r="-1"/>',
        '<S t="0" d="4" r="-1"/><S t="12" d="3" r="-1"/>',
        [f"replace {LINE}/S[2]"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), TIMELINES.values(), ids=TIMELINES)
def test_timelines_go_on(old: str, new: str, expected: list[str]) -> None:
    assert changed(mpd(period(old)), mpd(period(new), time="00:00:12")) == expected


def test_the_first_operations_are_publish_time_and_patch_location() -> None:
    """B-48."""
    patch = make_patch(mpd(period("")), mpd(period(""), time="00:00:12"))
    assert patch is not None
    assert operations(patch) == [
        "replace /MPD/@publishTime",
        "replace /MPD/PatchLocation[1]",  # positions are 1-based
    ]
    assert b"<PatchLocation " in patch
    assert b"p.mpp?t=00:00:12</PatchLocation>" in patch


def test_a_patch_location_that_stays_is_not_told() -> None:
    old = mpd(period("")).replace(b"p.mpp?t=00:00:10", b"p.mpp")
    new = mpd(period(""), time="00:00:12").replace(b"p.mpp?t=00:00:12", b"p.mpp")
    patch = make_patch(old, new)
    assert patch is not None
    assert operations(patch) == ["replace /MPD/@publishTime"]
    assert is_same(applied(patch, old), new)


def test_the_start_number_follows_the_front() -> None:
    old = mpd(period('<S t="0" d="4"/><S t="4" d="4"/>', number=7))
    new = mpd(period('<S t="4" d="4"/>', number=8), time="00:00:12")
    template = LINE.removesuffix("/SegmentTimeline")
    assert changed(old, new) == [f"replace {template}/@startNumber", f"remove {LINE}/S[1]"]


def test_timelines_of_representations_are_selected_by_their_ids() -> None:
    def live(end: int, time: str) -> bytes:
        row = "".join(
            f'<Representation id="{name}" bandwidth="1"><SegmentTemplate startNumber="1">'
            f'<SegmentTimeline><S t="0" d="4" r="{end}"/></SegmentTimeline></SegmentTemplate>'
            "</Representation>"
            for name in ("a", "b")
        )
        return mpd(
            f'<Period id="P0" start="PT0S"><AdaptationSet id="1">{row}</AdaptationSet></Period>',
            time=time,
        )

    path = "/MPD/Period[@id='P0']/AdaptationSet[@id='1']/Representation[@id='%s']"
    assert changed(live(3, "00:00:10"), live(4, "00:00:12")) == [
        f"replace {path % name}/SegmentTemplate/SegmentTimeline/S[1]" for name in ("a", "b")
    ]


def test_periods_leave_and_join() -> None:
    gone = period('<S t="0" d="4"/>', name="A")
    stays = period('<S t="0" d="4" r="1"/>', name="B", start=4)
    comes = [period('<S t="0" d="4"/>', name=name, start=at) for name, at in (("C", 12), ("D", 16))]
    old, new = mpd(gone, stays), mpd(stays, *comes, time="00:00:12")
    assert changed(old, new) == ["remove /MPD/Period[@id='A']", "add after /MPD/Period[@id='B']"]


def test_what_joins_keeps_foreign_elements_and_texts() -> None:
    stays = period("", name="A")
    foreign = """
    <EventStream xmlns="urn:mpeg:dash:schema:mpd:2011" schemeIdUri="urn:x"><Event
      presentationTime="1"><s:Signal xmlns:s="http://www.scte.org/schemas/35/2016"><s:Binary>
      /DA=</s:Binary></s:Signal> and <!-- a remark --> text</Event></EventStream>
    <BaseURL>a<!-- b -->c</BaseURL>
    <Thing xmlns="urn:thing" xmlns:l="urn:l" l:at="1"><Part/>tail</Thing>"""
    comes = period("", name="B", start=4, inside=foreign, attributes='xlink:actuate="onLoad"')
    old, new = mpd(stays), mpd(stays, comes, time="00:00:12")
    assert changed(old, new) == ["add after /MPD/Period[@id='A']"]


NOTHING = period('<S t="0" d="4"/>')
OPEN = period('<S t="0" d="4" r="24"/>')  # to 100
LATER: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "an attribute of the MPD": lambda: (
        mpd(NOTHING),
        mpd(NOTHING, time="00:00:12", attributes='suggestedPresentationDelay="PT4S"'),
    ),
    "another presentation": lambda: (
        mpd(NOTHING),
        mpd(NOTHING, time="00:00:12").replace(b'"session-1"', b'"session-2"'),
    ),
    "static": lambda: tuple(
        mpd(NOTHING, time=time).replace(b'"dynamic"', b'"static"')
        for time in ("00:00:10", "00:00:12")
    ),  # type: ignore[return-value]
    "no MPD@id": lambda: tuple(
        mpd(NOTHING, time=time).replace(b'id="session-1"', b"") for time in ("00:00:10", "00:00:12")
    ),  # type: ignore[return-value]
    "no publishTime": lambda: (
        re.sub(rb'publishTime="[^"]*"', b"", mpd(NOTHING)),
        mpd(NOTHING, time="00:00:12"),
    ),
    "the same publishTime": lambda: (mpd(NOTHING), mpd(period('<S t="0" d="4" r="1"/>'))),
    "an earlier publishTime": lambda: (mpd(NOTHING, time="00:00:12"), mpd(NOTHING)),
    "too little later for players": lambda: (
        mpd(NOTHING, time="00:00:10.0001"),
        mpd(NOTHING, time="00:00:10.0002"),
    ),
    "a change of Location": lambda: (
        mpd(NOTHING),
        mpd(NOTHING, time="00:00:12").replace(b"/m.mpd", b"/n.mpd"),
    ),
    "an element of the MPD more": lambda: (
        mpd(NOTHING),
        mpd(NOTHING, time="00:00:12", top="<PatchLocation>x</PatchLocation>"),
    ),
    "an attribute of a Period": lambda: (
        mpd(period("", attributes='duration="PT9S"')),
        mpd(period("", attributes='duration="PT8S"'), time="00:00:12"),
    ),
    "an event, which Shaka would miss": lambda: (
        mpd(period("", inside='<EventStream schemeIdUri="u"/>')),
        mpd(
            period("", inside='<EventStream schemeIdUri="u"><Event id="1"/></EventStream>'),
            time="00:00:12",
        ),
    ),
    "an AdaptationSet more": lambda: (
        mpd(NOTHING),
        mpd(
            period('<S t="0" d="4"/>', inside='<AdaptationSet id="2"/>'),
            time="00:00:12",
        ),
    ),
    "another timescale": lambda: (
        mpd(NOTHING),
        mpd(NOTHING, time="00:00:12").replace(b'timescale="1"', b'timescale="2"'),
    ),
    "the first startNumber": lambda: (
        mpd(period("", number=None)),
        mpd(period("", number=1), time="00:00:12"),
    ),
    "startNumber that dash.js handed on": lambda: tuple(
        mpd(period("", number=number), time=time).replace(
            b'bandwidth="1"/>', b'bandwidth="1"><SegmentTemplate media="x"/></Representation>'
        )
        for number, time in ((1, "00:00:10"), (2, "00:00:12"))
    ),  # type: ignore[return-value]
    "a timeline in a set without @id": lambda: (
        mpd(period("", set_id="")),
        mpd(period('<S t="0" d="4"/>', set_id=""), time="00:00:12"),
    ),
    "a timeline in a set with an odd @id": lambda: (
        mpd(period("", set_id='id="a/b"')),
        mpd(period('<S t="0" d="4"/>', set_id='id="a/b"'), time="00:00:12"),
    ),
    "a timeline in one of two sets with an @id": lambda: (
        mpd(period("", inside='<AdaptationSet id="1"/>')),
        mpd(period('<S t="0" d="4"/>', inside='<AdaptationSet id="1"/>'), time="00:00:12"),
    ),
    "Periods without @id": lambda: (
        mpd(NOTHING).replace(b'id="P0"', b""),
        mpd(NOTHING, time="00:00:12").replace(b'id="P0"', b""),
    ),
    "Periods without @start": lambda: (
        mpd(NOTHING).replace(b'start="PT0S"', b""),
        mpd(NOTHING, time="00:00:12").replace(b'start="PT0S"', b""),
    ),
    "no Period stays": lambda: (mpd(NOTHING), mpd(period("", name="P1"), time="00:00:12")),
    "a Period in front": lambda: (
        mpd(period("", name="B", start=8)),
        mpd(period("", name="A"), period("", name="B", start=8), time="00:00:12"),
    ),
    "a Period whose name begins another's, which Shaka would remove too": lambda: (
        mpd(period("", name="P0"), period("", name="P0~b1", start=8)),
        mpd(period("", name="P0~b1", start=8), time="00:00:12"),
    ),
    "removal of a Period without timeline": lambda: (
        mpd(re.sub("<SegmentTimeline.*</SegmentTimeline>", "", NOTHING), period("", name="Q")),
        mpd(period("", name="Q"), time="00:00:12"),
    ),
    "an end within a segment, which Shaka would play": lambda: (
        mpd(OPEN),
        mpd(OPEN, period("", name="ad", start=99), time="00:00:12"),
    ),
    "a later end": lambda: (
        mpd(OPEN, period("", name="Q", start=110)),
        mpd(OPEN, period("", name="R", start=112), time="00:00:12"),
    ),
    "an end that is open again": lambda: (
        mpd(OPEN, period('<S t="0" d="1"/>', name="Q", start=110)),
        mpd(OPEN, time="00:00:12"),
    ),
    "an end where a timeline goes on to it": lambda: tuple(
        mpd(period('<S t="0" d="4" r="-1"/>'), *rest, time=time)
        for rest, time in (
            ((), "00:00:10"),
            ((period("", name="Q", start=9),), "00:00:12"),
        )
    ),  # type: ignore[return-value]
    "an end where there is no timescale": lambda: tuple(
        mpd(OPEN.replace('timescale="1"', 'timescale="0"'), *rest, time=time)
        for rest, time in (
            ((), "00:00:10"),
            ((period("", name="Q", start=100),), "00:00:12"),
        )
    ),  # type: ignore[return-value]
    "S elements that do not rise": lambda: (
        mpd(NOTHING),
        mpd(period('<S t="8" d="4"/><S t="4" d="4"/>'), time="00:00:12"),
    ),
    "S elements without duration": lambda: (
        mpd(NOTHING),
        mpd(period('<S t="8"/>'), time="00:00:12"),
    ),
    "patterns in a timeline": lambda: (
        mpd(NOTHING),
        mpd(period('<Pattern id="1"/><S t="8" d="4"/>'), time="00:00:12"),
    ),
    "an element without namespace": lambda: (
        mpd(NOTHING),
        mpd(
            NOTHING,
            period("", name="Q", start=4, inside='<X xmlns=""/>'),
            time="00:00:12",
        ),
    ),
    "an MPD beyond all limits": lambda: (mpd(NOTHING), mpd('<Period id="P0"/>' * 200_000)),
}


@pytest.mark.parametrize("make", LATER.values(), ids=LATER)
def test_what_players_do_not_carry_out_is_not_patched(
    make: Callable[[], tuple[bytes, bytes]],
) -> None:
    old, new = make()
    assert make_patch(old, new, most=10) is None


def test_the_end_of_a_break_shows_where_a_period_may_end() -> None:
    """A Period may end with its segments, and Shaka sees 1/15 s as the same."""
    old = mpd(OPEN)
    for start, is_patched in ((100, True), (101, True), (99, False)):
        new = mpd(OPEN, period("", name="ad", start=start), time="00:00:12")
        assert (make_patch(old, new, most=10) is not None) is is_patched, start
    near = mpd(OPEN, period("", name="ad", start=99), time="00:00:12")
    assert make_patch(old, near.replace(b"PT99S", b"PT99.94S"), most=10) is not None
    assert make_patch(old, near.replace(b"PT99S", b"PT99.93S"), most=10) is None


def test_a_patch_that_is_not_worth_it_is_none() -> None:
    old, new = mpd(NOTHING), mpd(period('<S t="0" d="4" r="1"/>'), time="00:00:12")
    patch = make_patch(old, new, most=10)
    assert patch is not None
    share = len(patch) / len(new)
    assert make_patch(old, new, most=share + 0.001) == patch
    assert make_patch(old, new, most=share - 0.001) is None


def test_a_patch_to_itself_fits_nothing_but_the_same_version() -> None:
    new = mpd(NOTHING, time="00:00:12")
    patch = unchanged(mpd_id="session-1", publish_time="2026-01-01T00:00:12Z")
    assert is_same(applied(patch, new), new)
    with pytest.raises(AssertionError):
        applied(patch, mpd(NOTHING))
    if SHARED.is_dir():
        patch_schema().assertValid(etree.fromstring(patch))


@dataclass(frozen=True)
class Live:
    """A live presentation that a test makes up: video and audio, one Period after another."""

    names: tuple[str, ...] = ("P0000",)
    starts: tuple[Decimal, ...] = (Decimal(0),)
    # for each Period, for each set, the first number and the (start, duration) of what is listed
    listed: tuple[tuple[tuple[int, tuple[tuple[int, int], ...]], ...], ...] = (((1, ()), (1, ())),)
    version: int = 0

    SCALES = (90_000, 48_000)

    def grown(self, durations: list[int]) -> "Live":
        """After one more segment of each duration, in milliseconds."""
        sets = []
        for (number, segments), scale in zip(self.listed[-1], self.SCALES, strict=True):
            rows = list(segments)
            for milliseconds in durations:
                start = sum(rows[-1]) if rows else 7 * scale
                ticks = milliseconds * scale // 1000
                rows.append((start, ticks + 17 * (len(rows) % 3) if scale == 48_000 else ticks))
            sets.append((number, tuple(rows)))
        return replace(self, listed=(*self.listed[:-1], tuple(sets)), version=self.version + 1)

    def trimmed(self, count: int) -> "Live":
        """After the front lost some segments, or a Period that has none any more."""
        if len(self.names) > 1 and all(len(rows) <= count for _, rows in self.listed[0]):
            return replace(
                self,
                names=self.names[1:],
                starts=self.starts[1:],
                listed=self.listed[1:],
                version=self.version + 1,
            )
        sets = tuple(
            (number + min(count, len(rows)), rows[count:]) for number, rows in self.listed[0]
        )
        return replace(self, listed=(sets, *self.listed[1:]), version=self.version + 1)

    def closed(self) -> "Live":
        """After a Period that begins where the segments end."""
        ends = [
            Fraction(sum(rows[-1]), scale) - 7
            for (_, rows), scale in zip(self.listed[-1], self.SCALES, strict=True)
            if rows
        ]
        if not ends:
            return self
        end = self.starts[-1] + Decimal(round(max(ends) * 1000)) / 1000
        return replace(
            self,
            names=(*self.names, f"P{int(self.names[-1][1:]) + 1:04}"),
            starts=(*self.starts, end),
            listed=(*self.listed, ((1, ()), (1, ()))),
            version=self.version + 1,
        )

    def written(self) -> bytes:
        periods = []
        for name, start, sets in zip(self.names, self.starts, self.listed, strict=True):
            rows = "\n".join(
                f'<AdaptationSet id="{number}">\n<SegmentTemplate timescale="{scale}" '
                f'presentationTimeOffset="{7 * scale}" startNumber="{first}" media="$Number$">\n'
                f"<SegmentTimeline>{_runs(segments)}</SegmentTimeline>\n</SegmentTemplate>"
                f'<Representation id="r{number}" bandwidth="1"/></AdaptationSet>'
                for number, ((first, segments), scale) in enumerate(
                    zip(sets, self.SCALES, strict=True)
                )
            )
            periods.append(f'<Period id="{name}" start="PT{start}S">{rows}</Period>')
        time = f"{self.version // 60:02}:{self.version % 60:02}"
        return mpd(*periods, time=f"00:{time}")


def _runs(segments: tuple[tuple[int, int], ...]) -> str:
    """S elements; only the first one says its time."""
    rows: list[list[int]] = []
    for start, ticks in segments:
        if rows and rows[-1][1] == ticks:
            rows[-1][2] += 1
        else:
            rows.append([start, ticks, 0])
    return "\n".join(
        "<S"
        + (f' t="{start}"' if not number else "")
        + f' d="{ticks}"'
        + (f' r="{more}"' if more else "")
        + "/>"
        for number, (start, ticks, more) in enumerate(rows)
    )


GROW = st.lists(st.sampled_from([2000, 2000, 2000, 1920, 960]), min_size=1, max_size=4)
STEPS = st.lists(
    st.one_of(
        GROW.map(lambda durations: lambda live: live.grown(durations)),
        st.integers(1, 5).map(lambda count: lambda live: live.trimmed(count)),
        st.just(lambda live: live.closed()),
    ),
    min_size=1,
    max_size=14,
)


@given(steps=STEPS, skipped=st.integers(1, 3))
def test_every_step_of_a_live_presentation_has_a_patch(
    steps: list[Callable[[Live], Live]], skipped: int
) -> None:
    """B-48: apply(patch, old) equals new, also for clients that missed some versions."""
    live = Live().grown([2000] * 6)
    versions = [live.written()]
    names = [live.names]
    for step in steps:
        following = step(live)
        if following is not live:
            live = following
            versions.append(live.written())
            names.append(live.names)
    for number, new in enumerate(versions[1:], start=1):
        earlier = max(number - skipped, 0)
        if set(names[earlier]) & set(names[number]):
            changed(versions[earlier], new)


def weft_history(firsts: range) -> Iterator[bytes]:
    """MPDs of one viewer, through a break in mid-segment, until nothing of it is listed."""
    listed, out_at = 46, 4 * firsts[0] + 213
    renderer = Renderer(rules=DashRules(), rung_of=lambda one, representation: representation.id)
    channel, pod = DashChannel(), dash_catalogue(2, 15)
    for first in firsts:
        edge = 4 * (first + listed)
        mpd = live_mpd(first, listed, [(out_at, 30)] if edge > out_at else [])
        now = Decimal(MIDNIGHT + edge)
        channel = channel.advance(read_mpd(mpd, url=MPD_URL), now=now)
        splices = [channel.splice_of(one, pod, "v1080") for one in channel.log.breaks]
        yield renderer.render(channel, [one for one in splices if one is not None]).filled(
            location="https://weft.example/m.mpd",
            publish_time=channel.published_at,
            patch_location=PatchLocation(f"https://weft.example/p.mpp?t={first}"),
        )


def test_through_a_break_four_mpds_have_no_patch() -> None:
    """The way out, in mid-segment; where an ad gets @duration because all of it is listed, and
    where it loses it to the next one; and where P0 leaves, whose name begins another's."""
    versions = [*weft_history(range(9956, 10060, 2))]
    unpatched = []
    for old, new in pairwise(versions):
        patch = make_patch(old, new, most=10)
        if patch is None:
            unpatched.append((names_of(old), names_of(new)))
        else:
            assert is_same(applied(patch, old), new)
    first, second = "b1767265637.0", "b1767265637.1"
    back = "P0~b1767265637"
    assert unpatched == [
        (["P0"], ["P0", first]),
        (["P0", first], ["P0", first]),
        (["P0", first], ["P0", first, second]),
        (["P0", first, second, back], [first, second, back]),
    ]
    assert names_of(versions[0]) == ["P0"]
    assert names_of(versions[-1]) == [back]


def names_of(body: bytes) -> list[str]:
    return [one.id for one in read_mpd(body, url=MPD_URL).periods]


@needs_shared
def test_the_samples_of_a_live_presentation_become_one_another() -> None:
    """SOURCES.md: dash-patch-live."""
    folder = SAMPLES / "dash-patch-live"
    old, new = ((folder / f"multiperiod_{n}.mpd").read_bytes() for n in (1, 2))
    patch = make_patch(old, new)
    assert patch is not None
    assert is_same(applied(patch, old), new)
    theirs = (folder / "multiperiod_patch.mpp").read_bytes()
    assert is_same(applied(theirs, old), new)  # what carries patches out here knows others' too
    assert len(patch) < len(theirs)


@needs_shared
def test_patches_are_valid() -> None:
    """DASH-MPD-PATCH.xsd, with the operations of RFC 5261."""
    schema = patch_schema()
    schema.assertValid(etree.parse(str(SAMPLES / "dash-patch-live" / "multiperiod_patch.mpp")))
    assert not schema.validate(
        etree.fromstring('<Patch xmlns="urn:mpeg:dash:schema:mpd-patch:2020" mpdId="1"/>')
    )
    live = Live().grown([2000] * 6)
    closed = live.grown([1920]).closed().grown([2000, 960])
    for earlier, later in (
        (live, live.grown([960])),
        (live, live.trimmed(2)),
        (live, closed),
        (live, closed.trimmed(4)),
        (closed, closed.trimmed(9)),
    ):
        patch = make_patch(earlier.written(), later.written(), most=10)
        assert patch is not None
        schema.assertValid(etree.fromstring(patch))


def test_a_long_timeline_costs_no_more_than_its_length() -> None:
    """A ceiling for the order of growth: 60,000 S elements, compared in one walk."""
    rows = [f'<S t="{4 * number}" d="{4 - number % 2}"/>' for number in range(60_002)]
    old, new = mpd(period("".join(rows[:-2]))), mpd(period("".join(rows[1:])), time="00:00:12")
    began = process_time()
    patch = make_patch(old, new)
    taken_s = process_time() - began
    assert patch is not None
    assert operations(patch)[2:] == [f"add {LINE}", f"remove {LINE}/S[1]"]
    assert len(patch) < 1000 < len(new)
    assert taken_s < 10
