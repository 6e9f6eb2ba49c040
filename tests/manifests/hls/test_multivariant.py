from decimal import Decimal
from pathlib import Path

import pytest

from manifests.errors import PlaylistSyntaxError
from manifests.hls.model import MultivariantPlaylist
from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist

CASES = Path(__file__).parents[2] / "cases" / "manifests"
URL = "https://o.example/vod/index.m3u8"


def read_case(name: str) -> MultivariantPlaylist:
    return read_multivariant_playlist((CASES / f"{name}.m3u8").read_bytes(), url=URL)


def test_variants_are_read_with_what_they_say() -> None:
    playlist = read_case("multivariant-demuxed")
    assert (playlist.version, playlist.independent_segments) == (6, True)
    first, second, third, iframes = playlist.variants
    assert first.uri == second.uri == "https://o.example/vod/v/1080.m3u8"  # both are kept
    assert (first.bandwidth, first.average_bandwidth) == (6_000_000, 5_200_000)
    assert first.codecs == ("avc1.640028", "mp4a.40.2")
    assert (first.resolution, first.frame_rate) == ((1920, 1080), Decimal("59.940"))
    assert (first.audio, first.subtitles, first.closed_captions) == ("aac", "subs", "cc")
    assert (first.video_range, first.video, first.pathway_id) == ("SDR", None, None)
    assert first.attributes[-2:] == (("SCORE", "2.0"), ("STABLE-VARIANT-ID", '"v1"'))
    assert second.audio == "ec3"
    assert third.average_bandwidth is None
    assert third.closed_captions == "NONE"
    assert playlist.lines[third.line].startswith("#EXT-X-STREAM-INF:BANDWIDTH=900000")
    assert playlist.lines[third.uri_line] == "v/360.m3u8"
    assert iframes.iframe
    assert iframes.uri == "https://o.example/vod/i/1080.m3u8"
    assert iframes.line == iframes.uri_line


def test_renditions_are_read_with_what_they_say() -> None:
    renditions = read_case("multivariant-demuxed").renditions
    assert [(r.type, r.group_id, r.name, r.language, r.default) for r in renditions] == [
        ("AUDIO", "aac", "English", "en", True),
        ("AUDIO", "aac", "Deutsch", "de", False),
        ("AUDIO", "ec3", "English", "en", True),
        ("SUBTITLES", "subs", "English", "en", False),
        ("CLOSED-CAPTIONS", "cc", "CC1", "en", False),
    ]
    assert renditions[0].uri == "https://o.example/vod/a/en.m3u8"
    assert renditions[0].channels == "2"
    assert renditions[0].attributes[-2:] == (
        ("URI", '"https://o.example/vod/a/en.m3u8"'),
        ("X-VENDOR", '"kept, too"'),
    )
    assert renditions[4].uri is None


def test_a_36_variables_are_resolved_in_uris_and_attributes() -> None:
    playlist = read_case("multivariant-sessions-and-variables")
    assert playlist.variants[0].uri == "https://cdn.example/ladder/video.m3u8"
    assert dict(playlist.variables)["ladder"] == "https://cdn.example/ladder"


def test_variables_may_come_from_the_query() -> None:
    text = '#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="t"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8?{$t}\n'
    for arguments in ({"url": URL + "?t=1"}, {"url": URL, "query": {"t": "1"}}):
        playlist = read_multivariant_playlist(text, **arguments)
        assert playlist.variants[0].uri == "https://o.example/vod/v.m3u8?1"


STREAM = "#EXT-X-STREAM-INF:BANDWIDTH=1"
BROKEN = {
    "media playlist": ("#EXT-X-TARGETDURATION:6\n#EXTINF:6,\na.ts", 2, "media playlist"),
    "mixed": (f"{STREAM}\nv\n#EXTINF:6,\na.ts", 4, "media playlist"),
    "nothing in it": ("#EXT-X-VERSION:3", 1, "no tag of a multivariant"),
    "cut after STREAM-INF": (STREAM, 2, "without a URI"),
    "two STREAM-INF": (f"{STREAM}\n{STREAM}\nv", 3, "no URI"),
    "URI of nothing": (f"{STREAM}\nv\nw", 4, "without EXT-X-STREAM-INF"),
    "no bandwidth": ('#EXT-X-STREAM-INF:CODECS="a"\nv', 2, "BANDWIDTH"),
    "bad bandwidth": ("#EXT-X-STREAM-INF:BANDWIDTH=1.5\nv", 2, "not an integer"),
    "bad resolution": (f"{STREAM},RESOLUTION=HD\nv", 2, "not a resolution"),
    "bad frame rate": (f"{STREAM},FRAME-RATE=30000/1001\nv", 2, "not a number"),
    "media without a name": ('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a"', 2, "NAME"),
    "I-frames without a URI": ("#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1", 2, "no URI"),
    "two versions": ("#EXT-X-VERSION:3\n#EXT-X-VERSION:4", 3, "another"),
    "import": ('#EXT-X-DEFINE:IMPORT="a"', 2, "IMPORT"),
    "unknown variable": (STREAM + "\n{$a}", 3, "unknown variable"),
    "unknown variable, passed": ('#EXT-X-SESSION-DATA:DATA-ID="{$a}"', 2, "unknown variable"),
}


@pytest.mark.parametrize(("body", "line", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_an_error_that_names_the_line(
    body: str, line: int, reason: str
) -> None:
    with pytest.raises(PlaylistSyntaxError, match=reason) as caught:
        read_multivariant_playlist(f"#EXTM3U\n{body}\n", url=URL)
    assert caught.value.line == line


def test_a_text_is_multivariant_if_a_line_of_it_is() -> None:
    assert is_multivariant("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv")
    assert is_multivariant(b"#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO\r\n")
    assert not is_multivariant("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n")
    assert not is_multivariant("#EXTM3U\n# no #EXT-X-STREAM-INF: here\n")
    assert not is_multivariant(b"\xff")
