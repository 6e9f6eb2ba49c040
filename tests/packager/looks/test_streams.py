"""What of a show's renditions can be drawn on or mixed."""

from decimal import Decimal

import pytest
from test_music import HEARD

from manifests.content_segment import ContentSegment, Source
from manifests.hls.multivariant import read_multivariant_playlist
from packager.hls.rendition_streams import streams_of
from packager.looks.frames import Frames
from packager.looks.streams import Streams

AAC = "mp4a.40.2"
APART = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="a.m3u8"\n'
BESIDE = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en"\n'
TEXT = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="en",URI="t.m3u8"\n'


def variant(uri: str, codecs: str = "", group: str = "") -> str:
    told = f',CODECS="{codecs}"' * bool(codecs) + f',AUDIO="{group}"' * bool(group)
    return f"#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=640x360{told}\n{uri}\n"


# By what is written: (has pictures, has sound) of each playlist.
CASES = {
    "muxed": (variant("v", f"avc1.4d401e,{AAC}"), {"v": (True, True)}),
    "not said": (variant("v"), {"v": (True, True)}),
    "sound apart": (
        APART + variant("v", f"avc1.4d401e,{AAC}", "a"),
        {"v": (True, False), "a.m3u8": (False, True)},
    ),
    "sound named, but in the variant": (
        BESIDE + variant("v", f"avc1.4d401e,{AAC}", "a"),
        {"v": (True, True)},
    ),
    "sound alone": (variant("v", AAC), {"v": (False, True)}),
    "pictures alone": (variant("v", "avc1.4d401e"), {"v": (True, False)}),
    "HE-AAC": (variant("v", "avc1.4d401e,mp4a.40.5"), {"v": (True, False)}),
    "HEVC": (variant("v", f"hvc1.1.6.L93.B0,{AAC}"), {"v": (False, True)}),
    "a group with other sound too": (
        APART + variant("v", f"avc1.4d401e,{AAC}", "a") + variant("w", "avc1.4d401e,ec-3", "a"),
        {"v": (True, False), "w": (True, False), "a.m3u8": (False, False)},
    ),
    "subtitles": (TEXT + variant("v", f"avc1.4d401e,{AAC}"), {"v": (True, True)}),
}


@pytest.mark.parametrize(("text", "streams"), CASES.values(), ids=CASES)
def test_a_multivariant_playlist_tells(text: str, streams: dict[str, tuple[bool, bool]]) -> None:
    playlist = read_multivariant_playlist(f"#EXTM3U\n{text}".encode(), url="https://o.example/i")
    uris = [one.uri for one in (*playlist.variants, *playlist.renditions) if one.uri]
    numbers = {uri: number for number, uri in enumerate(dict.fromkeys(uris))}
    found = streams_of(playlist, numbers)
    told = {
        uri.removeprefix("https://o.example/"): (one.frames is not None, one.has_sound)
        for uri, number in numbers.items()
        if (one := found.get(number)) is not None
    }
    assert told == streams


@pytest.mark.parametrize(
    ("name", "is_mixed"), [("a.m4s", True), ("a.ts?t=1", True), ("a.aac?t=1", False)]
)
def test_packed_sound_is_not_mixed(name: str, is_mixed: bool) -> None:
    url = f"https://o.example/{name}"
    segment = ContentSegment(
        name=url, media=Source(url), init=None, start=Decimal(0), duration=Decimal(2)
    )
    assert Streams(has_sound=True).takes(HEARD, segment) is is_mixed
    assert not Streams(frames=Frames()).takes(HEARD, segment)
