import pytest

from manifests.errors import PlaylistSyntaxError
from manifests.hls.rehosting import rehost_line
from manifests.hls.uris import Resolver
from manifests.hls.variables import Variables


def rehost(line: str) -> str:
    return rehost_line(
        line,
        variables=Variables({"v": "x"}.items()),
        resolver=Resolver("https://o.example/a/i.m3u8"),
        number=5,
    )


CASES = {
    "session data": (
        '#EXT-X-SESSION-DATA:DATA-ID="d",URI="d.json"',
        '#EXT-X-SESSION-DATA:DATA-ID="d",URI="https://o.example/a/d.json"',
    ),
    "interstitial": (
        '#EXT-X-DATERANGE:ID="{$v}",X-ASSET-LIST="l.json",X-COM="a,URI="',
        '#EXT-X-DATERANGE:ID="x",X-ASSET-LIST="https://o.example/a/l.json",X-COM="a,URI="',
    ),
    "preload": (
        '#EXT-X-DATERANGE:ID="1",X-URI="p",X-ASSET-URI="q"',
        '#EXT-X-DATERANGE:ID="1",X-URI="https://o.example/a/p",X-ASSET-URI="https://o.example/a/q"',
    ),
    "unknown tag with a URI": (
        '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="/t.m3u8"',
        '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=1,URI="https://o.example/t.m3u8"',
    ),
}


@pytest.mark.parametrize(("line", "rehosted"), CASES.values(), ids=CASES)
def test_a_36_a_47_variables_are_resolved_and_uris_absolute(line: str, rehosted: str) -> None:
    assert rehost(line) == rehosted
    assert rehost(rehosted) == rehosted


@pytest.mark.parametrize(
    "line",
    [
        "# a comment with {$v} and URI=",
        '#EXT-X-DATERANGE:ID="1",  X-SPACED = 1',
        '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES, URI="skd://one"',
        "#EXT-X-CUE-OUT:DURATION=30",
        '#EXT-X-UNKNOWN:{$v},URI="odd',
        '#EXT-X-UNKNOWN:URI="a\tb"',
        "#EXT-X-UNKNOWN",
        "",
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert rehost(line) == line


@pytest.mark.parametrize(
    "value", ['ID="{$w}"', 'ID="1",X-ASSET-URI=""', 'ID="1",X-URI="a\tb"', 'ID="1,X-URI="b"']
)
def test_a_tag_that_we_know_must_make_sense(value: str) -> None:
    with pytest.raises(PlaylistSyntaxError, match="line 5: "):
        rehost("#EXT-X-DATERANGE:" + value)
