import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import ManifestError, ManifestLimitError, PlaylistSyntaxError
from manifests.hls.lexer import Limits, read_lines, tag_name

IMPOSTORS = {
    "empty": (b"", "empty"),
    "blank": (b" \r\n ", "empty"),
    "html": (b"<!DOCTYPE html><html>", "HTML"),
    "html without doctype": (b"\n<HTML><body>Log in", "HTML"),
    "mpd": (b'<?xml version="1.0"?>\n<MPD>', "MPD"),
    "xml": (b'<?xml version="1.0"?>\n<VAST/>', "XML"),
    "json": (b'{"error": "not_found"}', "JSON"),
    "gzip": (b"\x1f\x8b\x08\x00\x00", "binary"),
    "headless": (b"#EXT-X-VERSION:3\n", "first line"),
    "a longer word": (b"#EXTM3U8\n", "first line"),
    "a blank line first": (b"\n#EXTM3U\n", "first line"),
    "text": (b"Not Found", "plain text"),
}


@pytest.mark.parametrize(("data", "words"), IMPOSTORS.values(), ids=IMPOSTORS)
def test_what_is_no_playlist_is_told_by_what_it_looks_like(data: bytes, words: str) -> None:
    with pytest.raises(PlaylistSyntaxError, match=words):
        read_lines(data)
    with pytest.raises(PlaylistSyntaxError, match=words):
        read_lines(data.decode("utf-8", "replace"))


@pytest.mark.parametrize("separator", "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r")
def test_threat_13_only_a_line_feed_ends_a_line(separator: str) -> None:
    assert read_lines(f"#EXTM3U\na{separator}b\n").lines == ("#EXTM3U", f"a{separator}b")


def test_line_endings_are_one_kind_or_stay_in_the_lines() -> None:
    assert read_lines("#EXTM3U\r\na\r\n").lines == ("#EXTM3U", "a")
    assert read_lines("#EXTM3U\r\na\n").lines == ("#EXTM3U\r", "a")
    assert read_lines("#EXTM3U\r\na\r").lines == ("#EXTM3U", "a\r")


def test_bytes_that_are_not_utf_8_are_an_error_that_names_the_line() -> None:
    with pytest.raises(PlaylistSyntaxError, match="line 3: not UTF-8"):
        read_lines(b"#EXTM3U\na\nb\xff\n")
    with pytest.raises(PlaylistSyntaxError, match="line 2: half a surrogate"):
        read_lines("#EXTM3U\n\ud800\n")


@pytest.mark.parametrize(
    ("limits", "fits", "exceeds"),
    [
        (Limits(size_bytes=10), "#EXTM3U\na\n", "#EXTM3U\nab\n"),
        (Limits(size_bytes=10), "#EXTM3U\né", "#EXTM3U\néa"),
        (Limits(lines=2), "#EXTM3U\na\n", "#EXTM3U\na\nb"),
        (Limits(lines=2), "#EXTM3U\na", "#EXTM3U\na\n\n"),
        (Limits(line_length=8), "#EXTM3U\n12345678", "#EXTM3U\n123456789"),
    ],
)
def test_limits_are_kept(limits: Limits, fits: str, exceeds: str) -> None:
    read_lines(fits, limits)
    read_lines(fits.encode(), limits)
    with pytest.raises(ManifestLimitError):
        read_lines(exceeds, limits)
    with pytest.raises(ManifestLimitError):
        read_lines(exceeds.encode(), limits)


@given(st.binary() | st.text(), st.booleans())
def test_anything_is_lines_or_a_manifest_error(text: str | bytes, headed: bool) -> None:
    if headed:
        text = b"#EXTM3U\n" + text if isinstance(text, bytes) else "#EXTM3U\n" + text
    try:
        source = read_lines(text)
    except ManifestError:
        return
    joined = source.newline.join(source.lines) + (source.newline if source.final_newline else "")
    assert joined == (text if isinstance(text, str) else text.decode())


def test_the_name_of_a_tag_is_what_stands_before_the_colon() -> None:
    assert tag_name(" #EXT-X-KEY:METHOD=NONE\r") == "EXT-X-KEY"
    assert tag_name("#EXT-X-GAP") == "EXT-X-GAP"
    assert tag_name("# a comment") is None
    assert tag_name("a.ts") is None
