"""Which segment of a Representation is looked at."""

from fractions import Fraction

import pytest

from manifests.dash.model import AdaptationSet, Representation
from manifests.dash.reading.reader import read_mpd
from packager.packaging.mpd_excerpt import HEAD_BYTES, ExcerptPlace, excerpt_place

PROTECTION = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011"/>'
HOST = "https://o.example/a/"


def read(segments: str, more: str = "") -> tuple[AdaptationSet, Representation]:
    text = (
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"'
        ' profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT60S">'
        f'<Period id="p" start="PT0S"><AdaptationSet mimeType="video/mp4">{more}'
        f'<Representation id="v" bandwidth="1">{segments}</Representation>'
        "</AdaptationSet></Period></MPD>"
    )
    (period,) = read_mpd(text.encode(), url=f"{HOST}i.mpd").periods
    ((one, representation),) = period.representations()
    return one, representation


NUMBERS = (
    '<SegmentTemplate initialization="$RepresentationID$/i.mp4" media="$RepresentationID$/$Number$"'
    ' timescale="10" duration="20" startNumber="7" presentationTimeOffset="100"{}/>'
)
TIMES = (
    '<SegmentTemplate initialization="i.mp4" media="{}" timescale="10" startNumber="3"'
    ' presentationTimeOffset="1000"><SegmentTimeline><S t="990" d="20" r="2"/><S d="15" r="1"/>'
    "</SegmentTimeline></SegmentTemplate>"
)
LIST = (
    '<SegmentList timescale="1" duration="2"><Initialization sourceURL="i.mp4"/>'
    '<SegmentURL media="a"/><SegmentURL media="b"/></SegmentList>'
)
PLACES = {
    "numbers, the first": (NUMBERS.format(""), "0", "v/i.mp4", "v/7"),
    "numbers, before the first has ended": (NUMBERS.format(""), "1.9", "v/i.mp4", "v/7"),
    "numbers, the second has just ended": (NUMBERS.format(""), "4", "v/i.mp4", "v/8"),
    "numbers that end": (NUMBERS.format(' endNumber="8"'), "50", "v/i.mp4", "v/8"),
    "numbers that begin early": (NUMBERS.format(' eptDelta="-10"'), "3", "v/i.mp4", "v/8"),
    "a timeline, the first": (TIMES.format("$Time$"), "0", "i.mp4", "990"),
    "a timeline, the first has ended": (TIMES.format("$Time$"), "1.5", "i.mp4", "990"),
    "a timeline, the third has ended": (TIMES.format("$Time$"), "5.5", "i.mp4", "1030"),
    "a timeline, in the second run": (TIMES.format("$Time$"), "7", "i.mp4", "1050"),
    "a timeline of numbers, its end": (TIMES.format("$Number$"), "60", "i.mp4", "7"),
    "a list": (LIST, "5", "i.mp4", "b"),
    "one segment": ('<SegmentTemplate media="$Number$-all"/>', "9", None, "1-all"),
}


@pytest.mark.parametrize(("segments", "at", "init", "media"), PLACES.values(), ids=PLACES)
def test_it_is_the_last_segment_that_has_ended_or_the_first(
    segments: str, at: str, init: str | None, media: str
) -> None:
    place = excerpt_place(*read(segments), at=Fraction(at))
    assert place == ExcerptPlace(init and HOST + init, HOST + media)


def test_of_encrypted_media_the_init_section_is_enough() -> None:
    place = excerpt_place(*read(NUMBERS.format(""), PROTECTION), at=Fraction(0))
    assert place == ExcerptPlace(f"{HOST}v/i.mp4", None)


BASE = '<BaseURL>v.mp4</BaseURL><SegmentBase indexRange="9-20">{}</SegmentBase>'
FILES = {
    "an index": (BASE.format(""), None),
    "an init section in it": (BASE.format('<Initialization range="0-8"/>'), None),
    "an init section apart": (BASE.format('<Initialization sourceURL="i.mp4"/>'), "i.mp4"),
}


@pytest.mark.parametrize(("segments", "init"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("more", ["", PROTECTION], ids=["clear", "encrypted"])
def test_of_a_file_the_head_is_enough(segments: str, init: str | None, more: str) -> None:
    one, representation = read(segments, more)
    place = excerpt_place(one, representation, at=Fraction(0))
    assert place is not None
    if init is None:
        assert place == ExcerptPlace(None, f"{HOST}v.mp4", HEAD_BYTES)
    else:
        name = representation.addressing and representation.addressing.initialization
        assert name == init
        assert place.init is not None
        assert place.init.endswith(init)
        assert (place.media is None) == bool(more)


def test_what_has_no_segments_has_no_excerpt() -> None:
    assert excerpt_place(*read(""), at=Fraction(0)) is None
