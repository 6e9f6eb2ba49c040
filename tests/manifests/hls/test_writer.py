from pathlib import Path

import pytest

from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from manifests.hls.writer import write_media_playlist, write_multivariant_playlist

CASES = sorted((Path(__file__).parents[2] / "cases" / "manifests").glob("*.m3u8"))
URL = "https://o.example/live/a/index.m3u8?token=1"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_is_written_back_to_the_byte(path: Path) -> None:
    data = path.read_bytes()
    assert is_multivariant(data) is is_multivariant(data.decode())
    assert is_multivariant(data) is path.stem.startswith("multivariant")
    if is_multivariant(data):
        text = write_multivariant_playlist(read_multivariant_playlist(data, url=URL))
    else:
        playlist = read_media_playlist(data, url=URL, imports={"show": "cup"})
        text = write_media_playlist(playlist)
        assert playlist.byte_order_mark is data.startswith(b"\xef\xbb\xbf")
        assert playlist.header[0].startswith("#EXTM3U")
        lines = text.removeprefix("\ufeff").split(playlist.newline)
        for segment in playlist.segments:
            first = segment.first_line - 1
            assert tuple(lines[first : first + len(segment.lines)]) == segment.lines
            assert lines[first + len(segment.lines)] == segment.uri_line
    assert text.encode() == data
