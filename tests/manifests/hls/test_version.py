from pathlib import Path

import pytest

from manifests.errors import PlaylistSyntaxError
from manifests.hls.version import needed_version

CASES = Path(__file__).parents[2] / "cases" / "manifests"

NEEDS = {  # rule A-46
    "nothing special": (1, ["#EXTM3U", "#EXTINF:6,with 1.5 in its title", "a.ts", "# {$x}", ""]),
    "IV": (2, ['#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1']),
    "key without IV": (1, ['#EXT-X-KEY:METHOD=AES-128,URI="IV=0"']),
    "fraction": (3, ["#EXTINF:6.0,"]),
    "byte range": (4, ["#EXT-X-BYTERANGE:1@2"]),
    "I-frames": (4, ["#EXT-X-I-FRAMES-ONLY"]),
    "SAMPLE-AES": (5, ['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"']),
    "SAMPLE-AES in a session key": (5, ['#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES-CTR,URI="k"']),
    "key format": (5, ['#EXT-X-KEY:METHOD=AES-128,URI="k",KEYFORMAT="identity"']),
    "map among I-frames": (5, ["#EXT-X-I-FRAMES-ONLY", '#EXT-X-MAP:URI="i"']),
    "map": (6, ['#EXT-X-MAP:URI="i"']),
    "service": (7, ['#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,INSTREAM-ID="SERVICE1"']),
    "captions": (1, ['#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,INSTREAM-ID="CC1"']),
    "audio": (1, ['#EXT-X-MEDIA:TYPE=AUDIO,URI="a"']),
    "definition": (8, ['#EXT-X-DEFINE:NAME="a",VALUE="b"']),
    "reference in a URI": (8, ["{$a}.ts"]),
    "reference in a tag": (8, ['#EXT-X-DATERANGE:ID="{$a}"']),
    "delta": (9, ["#EXT-X-SKIP:SKIPPED-SEGMENTS=3"]),
    "delta of dates": (10, ['#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES="a"']),
    "query parameter": (11, ['#EXT-X-DEFINE:QUERYPARAM="a"']),
    "requirement": (12, ['#EXT-X-STREAM-INF:BANDWIDTH=1,REQ-VIDEO-LAYOUT="CH-STEREO"']),
    "no requirement": (1, ["#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=i"]),
    "in-stream audio": (13, ['#EXT-X-MEDIA:TYPE=AUDIO,INSTREAM-ID="1"']),
}


@pytest.mark.parametrize(("version", "lines"), NEEDS.values(), ids=NEEDS)
def test_a_46_the_lowest_version_that_allows_all_features(version: int, lines: list[str]) -> None:
    assert needed_version(lines) == version
    assert needed_version(["#EXT-X-MEDIA:INSTREAM-ID=1", *lines]) == 13


def test_an_attribute_list_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(PlaylistSyntaxError, match="line 2: "):
        needed_version(["#EXTM3U", "#EXT-X-KEY:METHOD"])
