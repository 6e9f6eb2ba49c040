"""Subtitles of a presentation, read from its segments and written into ours."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.packaging.subtitle_cues import Subtitles, TextCue, read_subtitles, write_segment

HEAD = b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:180000\n\n"


def test_cues_are_where_the_timestamp_map_says() -> None:
    """RFC 8216bis, 3.1.4: LOCAL is at MPEGTS; here a second later than the cues' own times."""
    data = HEAD + b"intro\n01:02.500 --> 00:01:04.000 align:start\nTwo\nlines\n\n"
    found = read_subtitles([data], origin=0)
    assert found.cues == (TextCue(Fraction("63.5"), Fraction(65), "align:start", "Two\nlines"),)
    assert read_subtitles([data], origin=90_000).cues[0].start == Fraction("62.5")


def test_a_cue_over_a_border_stands_on_both_sides_and_is_read_once() -> None:
    cue = b"00:01.000 --> 00:03.000\nHello\n"
    subtitles = read_subtitles([b"WEBVTT\n\n" + cue, b"WEBVTT\r\n\r\n" + cue], origin=0)
    assert len(subtitles.cues) == 1
    texts = [
        write_segment(subtitles, Fraction(at), Fraction(at + 2), origin=900_000).decode()
        for at in (0, 2, 4)
    ]
    assert ["Hello" in text for text in texts] == [True, True, False]
    assert all(text.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,") for text in texts)


def test_styles_stand_in_every_segment() -> None:
    data = b"WEBVTT\n\nSTYLE\n::cue {color: red}\n\nNOTE no\n\n00:01.000 --> 00:02.000\nx\n"
    text = write_segment(read_subtitles([data], origin=0), Fraction(5), Fraction(6), origin=0)
    assert b"::cue {color: red}" in text
    assert b"NOTE" not in text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<tt/>",
        b"WEBVTT\n\n00:02.000 --> 00:01.000\nbackwards",
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n\n",
        b"WEBVTT\n\n99:99.000 --> 00:02.000\nno time",
    ],
)
def test_what_is_no_cue_is_left_out(data: bytes) -> None:
    assert read_subtitles([data], origin=0) == Subtitles()


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    read_subtitles([data, b"WEBVTT\n\n" + data], origin=0)


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


@given(st.integers(0, 10**7), st.integers(1, 10**6), _TEXTS)
def test_what_is_written_is_read_back(start: int, length: int, text: str) -> None:
    if not text.strip() or "-->" in text or text.startswith(("STYLE", "REGION")):
        return
    cue = TextCue(Fraction(start, 1000), Fraction(start + length, 1000), "", text)
    data = write_segment(Subtitles((cue,)), cue.start, cue.end, origin=123)
    assert read_subtitles([data], origin=123).cues == (cue,)
