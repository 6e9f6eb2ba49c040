"""Random Periods, cut anywhere: every segment is where it was (H-10, H-11)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from dash_pasting import URL, paste, write_part
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from manifests.dash.periods.cut_point import cut_point
from manifests.dash.periods.dressing import dressing_of
from manifests.dash.periods.part import Part
from manifests.dash.reading.reader import read_mpd

TIMESCALES = (90000, 48000, 12288, 12800, 10000000, 1000)
HORIZON = 60  # seconds: the length of a closed Period, and how far an open one is looked at
ROOTS = {
    True: 'type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"'
    ' publishTime="2026-01-01T00:00:00Z"',
    False: f'mediaPresentationDuration="PT{HORIZON}S"',
}


# -- what an MPD says, read plainly ----------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A segment: what it is called, and when it is on the MPD's timeline."""

    url: str
    start: Fraction
    end: Fraction


def expand(period: etree._Element, end: Fraction) -> dict[str, tuple[int, list[Found]]]:
    """Timescale and segments of each Representation of a Period without namespaces.

    A file without listed segments is one segment, from its media time 0 on.
    """
    start = Fraction(Decimal(period.get("start", "PT0S")[2:-1]))
    found = {}
    for one in period.findall("AdaptationSet"):
        for representation in one.findall("Representation"):
            levels = [
                child
                for level in (period, one, representation)
                for child in level
                if str(child.tag).startswith("Segment")
            ]
            found[representation.get("id")] = segments(levels, start, end)
    return found


def segments(
    levels: list[etree._Element], start: Fraction, end: Fraction
) -> tuple[int, list[Found]]:
    said: dict[str, str] = {}
    timeline: list[etree._Element] | None = None
    urls: list[str] = []
    for level in levels:  # from above to below
        said |= dict(level.attrib)
        timeline = (
            level.find("SegmentTimeline") if level.find("SegmentTimeline") is not None else timeline
        )
        urls = [url.get("media") for url in level.findall("SegmentURL")] or urls
    scale, pto = int(said.get("timescale", 1)), int(said.get("presentationTimeOffset", 0))
    number = int(said.get("startNumber", 1))
    stop = (end - start) * scale + pto  # media time of the Period's end
    times: list[tuple[int, int]] = []
    if timeline is not None:
        assert "duration" not in said  # one or the other
        at = 0
        for s in timeline:
            at, ticks, repeat = int(s.get("t", at)), int(s.get("d")), int(s.get("r", 0))
            if repeat < 0:
                repeat = ceil((stop - at) / ticks) - 1
            for _ in range(repeat + 1):
                times.append((at, ticks))
                at += ticks
    elif "duration" in said:
        ticks = int(said["duration"])
        count = len(urls) or ceil((stop - pto) / ticks)
        times = [(pto + index * ticks, ticks) for index in range(count)]
    else:
        origin = start - Fraction(pto, scale)
        return scale, [Found("file", origin, origin + 10**15)]  # all there is
    listed = []
    for index, (at, ticks) in enumerate(times):
        if urls:
            url = urls[index]
        else:
            url = said["media"].replace("$Number$", str(number + index)).replace("$Time$", str(at))
        begin = start + Fraction(at - pto, scale)
        listed.append(Found(url, begin, begin + Fraction(ticks, scale)))
    if urls:
        assert len(times) == len(urls)
    return scale, listed


def plain(text: bytes) -> etree._Element:
    root = etree.fromstring(text)
    for element in root.iter("*"):
        element.tag = etree.QName(element).localname
    return root.find("Period")


# -- random Periods --------------------------------------------------------------------------------


@st.composite
def information(draw: st.DrawFn, *, is_open: bool) -> tuple[str, str]:
    """Segment information as what a set says of it and what its Representation says."""
    scale = draw(st.sampled_from(TIMESCALES))
    pto = draw(st.integers(0, 10**12))
    mode = draw(st.sampled_from(("number", "time", "duration", "list", "timed list", "base")))
    common = f'timescale="{scale}" presentationTimeOffset="{pto}"'
    if mode == "base":
        return "SegmentBase", f'<SegmentBase {common} indexRange="0-9"/>'
    if mode in ("duration", "list"):
        ticks = draw(st.integers(scale, 9 * scale))
        count = ceil(Fraction(HORIZON * scale, ticks))
        if mode == "list":
            urls = "".join(f'<SegmentURL media="{index}"/>' for index in range(count))
            return "SegmentList", f'<SegmentList {common} duration="{ticks}">{urls}</SegmentList>'
        number = draw(st.integers(0, 9))
        return (
            "SegmentTemplate",
            f'<SegmentTemplate {common} duration="{ticks}" startNumber="{number}"'
            ' media="$Number$.m4s"/>',
        )
    at = pto - min(pto, draw(st.integers(0, scale - 1)))  # the first may stick out
    lines, count = [f'<S t="{at}" d="{scale}"/>'], 1
    at += scale
    while at < pto + HORIZON * scale:
        ticks, repeat = draw(st.integers(scale, 9 * scale)), draw(st.integers(0, 4))
        if draw(st.booleans()) and draw(st.booleans()):
            at += ticks // 3  # a gap
            lines.append(f'<S t="{at}" d="{ticks}" r="{repeat}"/>')
        else:
            lines.append(f'<S d="{ticks}" r="{repeat}"/>')
        at += ticks * (repeat + 1)
        count += repeat + 1
    if mode != "timed list" and is_open and draw(st.booleans()):
        lines.append(f'<S d="{scale}" r="-1"/>')
    timeline = f"<SegmentTimeline>{''.join(lines)}</SegmentTimeline>"
    if mode == "timed list":
        urls = "".join(f'<SegmentURL media="{index}"/>' for index in range(count))
        return "SegmentList", f"<SegmentList {common}>{timeline}{urls}</SegmentList>"
    media = "$Number$.m4s" if mode == "number" else "$Time$.m4s"
    number = draw(st.integers(0, 9))
    return (
        "SegmentTemplate",
        f'<SegmentTemplate {common} startNumber="{number}" media="{media}">{timeline}'
        "</SegmentTemplate>",
    )


def split(kind: str, text: str, *, but: str = "") -> tuple[str, str]:
    """Half of the attributes one level up, and the rest where it was."""
    element = etree.fromstring(text)
    above = etree.Element(kind)
    for name in list(element.attrib)[::2]:
        if name != but:
            above.set(name, element.attrib.pop(name))
    return etree.tostring(above).decode(), etree.tostring(element).decode()


@st.composite
def mpds(draw: st.DrawFn) -> bytes:
    is_open = draw(st.booleans())
    parts = []
    above = ""
    for number, kind in enumerate(("video", "audio")):
        name, text = draw(information(is_open=is_open))
        level = draw(st.sampled_from(("Representation", "AdaptationSet", "split", "Period")))
        on_set, on_representation = "", ""
        if level == "Representation":
            on_representation = text
        elif level == "split":
            on_set, on_representation = split(name, text)
        elif level == "Period" and number == 0:
            # The other set inherits it too, so nothing that its timeline would contradict.
            above, on_set = split(name, text, but="duration")
        else:
            on_set = text
        rate = draw(st.sampled_from(("", 'frameRate="25"', 'frameRate="30000/1001"')))
        parts.append(
            f'<AdaptationSet id="{number}" mimeType="{kind}/mp4">{on_set}'
            f'<Representation id="{kind}" bandwidth="1" {rate if kind == "video" else ""}>'
            f"<BaseURL>{kind}/</BaseURL>{on_representation}</Representation></AdaptationSet>"
        )
    return (
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p:x" minBufferTime="PT4S"'
        f' {ROOTS[is_open]}><Period id="P" start="PT0S">{above}{"".join(parts)}</Period></MPD>'
    ).encode()


@settings(max_examples=150, deadline=None)
@given(body=mpds(), at=st.decimals(1, HORIZON - 1, places=6))
def test_both_halves_have_the_segments_that_the_period_had_where_it_had_them(
    body: bytes, at: Decimal
) -> None:
    mpd = read_mpd(body, url=URL)
    period = mpd.periods[0]
    tau = cut_point(period, at)
    assert tau is not None
    origin = expand(plain(body), Fraction(HORIZON))
    parts = {
        "first": Part(period=period, id="P", start=Decimal(0), end=tau),
        "second": Part(period=period, id="P~b", start=tau, begin=tau, after="P"),
    }
    for name, part in parts.items():
        text = paste(mpd, write_part(part, dressing_of(mpd)))
        end = Fraction(tau) if name == "first" else Fraction(HORIZON)
        found = expand(plain(text), end)
        for key, (scale, listed) in origin.items():
            low, high = (None, tau) if name == "first" else (tau, None)
            expected = [
                one
                for one in listed
                if (low is None or one.end > low) and (high is None or one.start < high)
            ]
            halves = found[key][1]
            if period.end is None:  # S may tell of more than a negative @r is counted for here
                halves = [one for one in halves if one.start < HORIZON]
                expected = [one for one in expected if one.start < HORIZON]
            assert [one.url for one in halves] == [one.url for one in expected]
            for one, other in zip(halves, expected, strict=True):
                moved = abs(one.start - other.start) * scale
                assert moved == 0 if (Fraction(tau) * scale).denominator == 1 else moved < 1


@settings(max_examples=60, deadline=None)
@given(body=mpds(), at=st.decimals(1, HORIZON - 1, places=6), later=st.decimals(1, 20, places=3))
def test_an_insertion_moves_the_second_half_by_what_was_inserted(
    body: bytes, at: Decimal, later: Decimal
) -> None:
    mpd = read_mpd(body, url=URL)
    tau = cut_point(mpd.periods[0], at)
    assert tau is not None
    here = Part(period=mpd.periods[0], id="x", start=tau, begin=tau)
    there = Part(period=mpd.periods[0], id="x", start=tau + later, begin=tau)
    one, other = (
        expand(plain(paste(mpd, write_part(part, dressing_of(mpd)))), end)
        for part, end in (
            (here, Fraction(HORIZON)),
            (there, Fraction(HORIZON) + Fraction(later)),
        )
    )
    for key, (_, listed) in one.items():
        moved = [(found.url, found.start + Fraction(later)) for found in listed]
        assert [(found.url, found.start) for found in other[key][1]] == moved
