from collections.abc import Callable
from pathlib import Path

import pytest

from manifests.errors import ManifestError
from manifests.hls.model import MultivariantPlaylist, Rendition, Variant
from manifests.hls.multivariant import read_multivariant_playlist
from manifests.hls.session_template import SessionTemplate, prepare_multivariant

CASES = Path(__file__).parents[2] / "cases" / "manifests"
URL = "https://o.example/vod/index.m3u8"


def read_case(name: str) -> MultivariantPlaylist:
    return read_multivariant_playlist((CASES / f"{name}.m3u8").read_bytes(), url=URL)


def session_uri(entry: Variant | Rendition) -> str:
    return f"/v1/manifest/t/{{key}}/{entry.line}.m3u8"


def without_subtitles(entry: Variant | Rendition) -> str | None:
    is_subtitle = isinstance(entry, Rendition) and entry.type == "SUBTITLES"
    return None if is_subtitle else session_uri(entry)


def rendered(template: SessionTemplate, key: str = "K") -> list[str]:
    text = template.render(key).decode()
    assert text.endswith("\n")
    return text.removesuffix("\n").split("\n")


def test_a_58_only_uris_change_and_everything_else_keeps_its_place() -> None:
    playlist = read_case("multivariant-demuxed")
    lines = rendered(prepare_multivariant(playlist, uri_for=session_uri))
    assert len(lines) == len(playlist.lines)
    changed = {index: line for index, line in enumerate(lines) if line != playlist.lines[index]}
    assert changed == {
        6: '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",LANGUAGE="en",DEFAULT=YES,'
        'AUTOSELECT=YES,CHANNELS="2",URI="/v1/manifest/t/K/6.m3u8",X-VENDOR="kept, too"',
        **{
            index: playlist.lines[index].rpartition('URI="')[0]
            + f'URI="/v1/manifest/t/K/{index}.m3u8"'
            for index in (7, 8, 9, 18)
        },
        12: "/v1/manifest/t/K/11.m3u8",
        14: "/v1/manifest/t/K/13.m3u8",
        17: "/v1/manifest/t/K/15.m3u8",
        # not understood, but its URI must not lead to our host
        19: '#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=9000,RESOLUTION=320x180,CODECS="jpeg",'
        'URI="https://o.example/vod/t/thumbs.m3u8"',
    }


def test_a_57_a_48_a_45_tags_are_left_out_when_asked() -> None:
    playlist = read_case("multivariant-demuxed")
    without = {"EXT-X-I-FRAME-STREAM-INF", "EXT-X-START", "EXT-X-INDEPENDENT-SEGMENTS"}
    lines = rendered(prepare_multivariant(playlist, uri_for=session_uri, without=without))
    kept = [line for line in lines if line.startswith("#EXT")]
    assert not [line for line in kept if line[1:].partition(":")[0] in without]
    assert len(lines) == len(playlist.lines) - 3


def test_a_dropped_variant_takes_its_uri_and_the_renditions_that_only_it_names_along() -> None:
    playlist = read_case("multivariant-demuxed")

    def uri_for(entry: Variant | Rendition) -> str | None:
        dropped = isinstance(entry, Variant) and entry.audio == "ec3"
        return None if dropped else session_uri(entry)

    text = "\n".join(rendered(prepare_multivariant(playlist, uri_for=uri_for)))
    assert "ec3" not in text
    assert "/13.m3u8" not in text
    assert text.count('GROUP-ID="aac"') == 2
    assert text.count('GROUP-ID="subs"') == 1  # another variant names it, too
    assert "# between a tag and its URI" in text


def test_a_variant_loses_the_name_of_a_group_of_which_nothing_is_left() -> None:
    playlist = read_case("multivariant-demuxed")
    lines = rendered(prepare_multivariant(playlist, uri_for=without_subtitles))
    text = "\n".join(lines)
    assert "SUBTITLES" not in text
    assert 'AUDIO="aac",CLOSED-CAPTIONS="cc",SCORE=2.0' in text
    assert 'TYPE=CLOSED-CAPTIONS,GROUP-ID="cc"' in text  # has no URI: never asked about


def test_a_group_stays_as_long_as_something_of_it_is_left() -> None:
    playlist = read_case("multivariant-demuxed")

    def uri_for(entry: Variant | Rendition) -> str | None:
        german = isinstance(entry, Rendition) and entry.language == "de"
        return None if german else session_uri(entry)

    text = "\n".join(rendered(prepare_multivariant(playlist, uri_for=uri_for)))
    assert "Deutsch" not in text
    assert text.count('AUDIO="aac"') == 2


def test_without_any_media_tag_no_group_is_named() -> None:
    playlist = read_case("multivariant-demuxed")
    text = "\n".join(
        rendered(prepare_multivariant(playlist, uri_for=session_uri, without={"EXT-X-MEDIA"}))
    )
    assert "AUDIO" not in text
    assert "CLOSED-CAPTIONS=NONE" in text


@pytest.mark.parametrize(
    ("pathway", "host", "group"), [(None, "b", "a-b"), ("CDN-B", "b", "a-b"), ("CDN-A", "a", "a-a")]
)
def test_a_91_one_pathway_is_kept_and_the_steering_dropped(
    pathway: str | None, host: str, group: str
) -> None:
    playlist = read_case("multivariant-content-steering")
    asked: list[str | None] = []

    def uri_for(entry: Variant | Rendition) -> str:
        asked.append(entry.uri)
        return session_uri(entry)

    text = "\n".join(rendered(prepare_multivariant(playlist, uri_for=uri_for, pathway=pathway)))
    assert asked == [f"https://{host}.example/video.m3u8", f"https://{host}.example/audio.m3u8"]
    assert text.count("GROUP-ID") == 1
    assert f'GROUP-ID="{group}"' in text
    assert f'AUDIO="{group}"' in text
    assert "STEERING" not in text
    assert "PATHWAY-ID" not in text


STEERED = '#EXTM3U\n{steering}#EXT-X-STREAM-INF:BANDWIDTH=1,PATHWAY-ID="P"\np\n'
STEERED += "#EXT-X-STREAM-INF:BANDWIDTH=1\nd\n"


@pytest.mark.parametrize(
    ("steering", "kept"),
    [
        ('#EXT-X-CONTENT-STEERING:SERVER-URI="s"\n', "d"),
        ('#EXT-X-CONTENT-STEERING:SERVER-URI="s",PATHWAY-ID="P"\n', "p"),
        ('#EXT-X-CONTENT-STEERING:SERVER-URI="s",PATHWAY-ID="gone"\n', "p"),
        ("", "p"),
    ],
    ids=["the pathway without a name", "named", "named but not there", "no steering"],
)
def test_a_91_without_a_choice_the_pathway_is_where_clients_begin(steering: str, kept: str) -> None:
    playlist = read_multivariant_playlist(STEERED.format(steering=steering), url=URL)
    template = prepare_multivariant(playlist, uri_for=lambda entry: f"{entry.uri}?s={{key}}")
    uris = [line for line in rendered(template) if not line.startswith("#")]
    assert uris == [f"https://o.example/vod/{kept}?s=K"]


def test_a_36_a_59_definitions_are_dropped_and_session_tags_absolute() -> None:
    playlist = read_case("multivariant-sessions-and-variables")
    assert rendered(prepare_multivariant(playlist, uri_for=session_uri)) == [
        "#EXTM3U",
        "#EXT-X-VERSION:12",
        # Only in URIs that we make does `{key}` mean something: no session key gets in here.
        '#EXT-X-SESSION-DATA:DATA-ID="com.example.title",VALUE="A {key} title",LANGUAGE="en"',
        '#EXT-X-SESSION-DATA:DATA-ID="com.example.lyrics",URI="https://o.example/vod/lyrics.json"',
        '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="https://o.example/vod/keys/1?c=https://cdn.example",'
        'KEYFORMAT="identity"',
        '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://one",'
        'KEYFORMAT="com.apple.streamingkeydelivery"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="hvc1.2.4.L123.B0",REQ-VIDEO-LAYOUT="CH-STEREO",'
        "VIDEO-RANGE=PQ",
        "/v1/manifest/t/K/8.m3u8",
    ]


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        (6, ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]),
        (8, ["#EXTM3U", "#EXT-X-VERSION:8", "#EXT-X-INDEPENDENT-SEGMENTS"]),
    ],
)
def test_a_46_the_version_is_raised_and_never_lowered(version: int, lines: list[str]) -> None:
    playlist = read_case("multivariant-demuxed")
    template = prepare_multivariant(playlist, uri_for=session_uri, version=version)
    assert rendered(template)[:3] == lines


def test_a_version_is_written_where_there_was_none() -> None:
    template = prepare_multivariant(read_case("multivariant-muxed"), uri_for=session_uri, version=3)
    assert rendered(template)[:2] == ["#EXTM3U", "#EXT-X-VERSION:3"]


def test_every_session_has_its_own_key_in_the_same_places() -> None:
    template = prepare_multivariant(read_case("multivariant-muxed"), uri_for=session_uri)
    assert len(template.pieces) == 4
    assert template.render("one").replace(b"/one/", b"/two/") == template.render("two")


def test_the_session_may_stand_several_times_in_a_uri_or_not_at_all() -> None:
    uris = iter(["{key}", "a/{key}?again={key}", "shared.m3u8"])
    playlist = read_case("multivariant-muxed")
    template = prepare_multivariant(playlist, uri_for=lambda _: next(uris))
    lines = [line for line in rendered(template) if not line.startswith("#")]
    assert lines == ["K", "a/K?again=K", "shared.m3u8"]


@pytest.mark.parametrize("key", ["", "a b", "a/b", 'a"', "a\n#EXT-X-ENDLIST", "é", "{key}", "a%2F"])
def test_threat_12_a_key_cannot_leave_its_place(key: str) -> None:
    template = prepare_multivariant(read_case("multivariant-muxed"), uri_for=session_uri)
    with pytest.raises(ValueError, match="session key"):
        template.render(key)


@pytest.mark.parametrize("uri", ["", "a b", 'a"b', "a\nb", "{other}", "é"])
def test_threat_12_a_uri_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="URI reference"):
        prepare_multivariant(read_case("multivariant-muxed"), uri_for=lambda _: uri)


NOTHING_LEFT: dict[str, tuple[Callable[[Variant | Rendition], str | None], str | None]] = {
    "all variants dropped": (lambda _: None, None),
    "I-frames alone": (lambda e: "i" if isinstance(e, Variant) and e.iframe else None, None),
    "no such pathway": (session_uri, "CDN-Z"),
}


@pytest.mark.parametrize(("uri_for", "pathway"), NOTHING_LEFT.values(), ids=NOTHING_LEFT)
def test_a_playlist_without_variants_is_not_made(
    uri_for: Callable[[Variant | Rendition], str | None], pathway: str | None
) -> None:
    with pytest.raises(ManifestError, match="no variant is left"):
        prepare_multivariant(read_case("multivariant-demuxed"), uri_for=uri_for, pathway=pathway)


def test_line_endings_stay_and_a_byte_order_mark_goes() -> None:
    text = "\ufeff#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\nv.m3u8"
    playlist = read_multivariant_playlist(text, url=URL)
    template = prepare_multivariant(playlist, uri_for=session_uri)
    assert template.render("K") == (
        b"#EXTM3U\r\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\n/v1/manifest/t/K/1.m3u8\r\n"
    )
