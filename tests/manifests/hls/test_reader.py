from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import ManifestError, ManifestLimitError, PlaylistSyntaxError
from manifests.hls.lexer import Limits
from manifests.hls.model import ByteRange, MediaPlaylist
from manifests.hls.multivariant import read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from manifests.hls.writer import write_media_playlist, write_multivariant_playlist

CASES = Path(__file__).parents[2] / "cases" / "manifests"
URL = "https://o.example/live/a/index.m3u8"
TOP = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"


def read_case(name: str, url: str = URL) -> MediaPlaylist:
    return read_media_playlist((CASES / f"{name}.m3u8").read_bytes(), url=url)


def read(body: str) -> MediaPlaylist:
    return read_media_playlist(TOP + body, url=URL)


def test_a_vod_playlist_is_read() -> None:
    playlist = read_case("vod-ts-version-3")
    assert playlist.url == URL
    assert (playlist.version, playlist.target_duration, playlist.media_sequence) == (3, 6, 0)
    assert (playlist.playlist_type, playlist.ended) == ("VOD", True)
    assert [(s.uri, str(s.duration), s.msn, s.dsn) for s in playlist.segments] == [
        ("https://o.example/live/a/seg0.ts", "6.006", 0, 0),
        ("https://o.example/live/a/seg1.ts", "6.006", 1, 0),
        ("https://o.example/root/seg2.ts", "3.003", 2, 0),
    ]
    assert playlist.header == (
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:6",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    )
    second = playlist.segments[1]
    assert (second.lines, second.uri_line) == (("#EXTINF:6.006,Second, with a title",), "seg1.ts")
    assert second.first_line == 8
    assert playlist.trailer == ("#EXT-X-ENDLIST",)


def test_a_11_discontinuity_sequence_is_the_header_plus_all_tags_before() -> None:
    playlist = read_case("live-discontinuity-at-window-front")
    assert playlist.has_discontinuity_sequence
    assert playlist.discontinuity_sequence == 7
    assert [(s.msn, s.dsn, s.discontinuity) for s in playlist.segments] == [
        (103, 8, True),
        (104, 8, False),
        (105, 10, True),  # two tags in a row count twice
    ]


def test_a_30_a_date_belongs_to_the_segment_where_it_stands() -> None:
    playlist = read_case("live-discontinuity-at-window-front")
    assert [s.program_date_time for s in playlist.segments] == [
        Decimal("1767226218"),
        None,
        Decimal("1767226230"),
    ]


def test_a_41_a_map_has_the_keys_in_force_where_its_tag_stands() -> None:
    first, second, third = read_case("map-before-key").segments
    assert first.map is not None
    assert first.map.keys == ()
    assert [(k.method, k.uri, k.iv) for k in first.keys] == [
        ("AES-128", "https://o.example/k1", None)  # no IV is made up
    ]
    assert second.map is not None
    assert second.map.keys == second.keys
    assert second.map.byterange == ByteRange(720, 0)
    assert second.keys[0].iv == "0x0000000000000000000000000000006A"
    assert third.keys == ()
    assert third.map == second.map


def test_a_37_keys_of_several_formats_are_in_force_at_once() -> None:
    first, second = read_case("two-key-formats-in-force").segments
    assert [(k.keyformat, k.uri) for k in first.keys] == [
        ("com.apple.streamingkeydelivery", "skd://asset/1"),
        (
            "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
            "data:text/plain;base64,AAAAPnBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7Q==",
        ),
    ]
    assert [k.uri for k in second.keys] == ["skd://asset/2", first.keys[1].uri]
    assert first.keys[1].attributes[-1] == ("X-VENDOR", '"kept"')
    assert first.map is not None
    assert first.map.keys == ()


def test_a_key_among_attributes_is_absolute() -> None:
    playlist = read('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1\n#EXTINF:6,\na.ts\n')
    assert playlist.segments[0].keys[0].attributes == (
        ("METHOD", "AES-128"),
        ("URI", '"https://o.example/live/a/k"'),
        ("IV", "0x1"),
    )


def test_a_42_byte_ranges_become_explicit() -> None:
    playlist = read_case("byteranges-without-offsets")
    assert [s.byterange for s in playlist.segments] == [
        ByteRange(1000, 812),
        ByteRange(2000, 1812),
        ByteRange(500, 3812),
    ]


@pytest.mark.parametrize(
    "before",
    ["", "#EXTINF:6,\na.ts\n", "#EXTINF:6,\n#EXT-X-BYTERANGE:9@0\nother.ts\n"],
    ids=["first segment", "no range before", "other resource before"],
)
def test_a_42_a_byte_range_that_continues_nothing_is_an_error(before: str) -> None:
    with pytest.raises(PlaylistSyntaxError, match="no offset"):
        read(before + "#EXTINF:6,\n#EXT-X-BYTERANGE:9\na.ts\n")


def test_a_43_a_44_bitrate_holds_and_gap_does_not() -> None:
    segments = read_case("gap-and-bitrate").segments
    assert [(s.bitrate, s.gap) for s in segments] == [(1500, False), (1500, True), (900, False)]


def test_a_36_variables_come_from_the_playlist_its_url_and_its_multivariant() -> None:
    playlist = read_media_playlist(
        (CASES / "variables.m3u8").read_bytes(), url=URL + "?token=t%201", imports={"show": "cup"}
    )
    assert [s.uri for s in playlist.segments] == [
        "https://cdn.example/cup/1.m4s?t=t%201",
        "https://o.example/live/a/2-cup.m4s",
    ]
    first = playlist.segments[0]
    assert first.map is not None
    assert first.map.uri == "https://cdn.example/cup/init.mp4?t=t%201"
    assert first.uri_line == "{$host}/{$show}/1.m4s?t={$token}"
    assert playlist.variables == (
        ("host", "https://cdn.example"),
        ("token", "t 1"),
        ("show", "cup"),
    )


def test_a_36_parameters_may_be_given_in_place_of_those_of_the_url() -> None:
    text = TOP + '#EXT-X-DEFINE:QUERYPARAM="t"\n#EXTINF:6,\n{$t}.ts\n'
    playlist = read_media_playlist(text, url=URL + "?t=1", query={"t": "2"})
    assert playlist.segments[0].uri.endswith("/2.ts")
    with pytest.raises(PlaylistSyntaxError, match="line 3: variable t is not there"):
        read_media_playlist(text, url=URL + "?t=1", query={})


@pytest.mark.parametrize(
    "line",
    ["{$a}.ts", '#EXT-X-MAP:URI="{$a}"', '#EXT-X-DATERANGE:ID="{$a}"', "#EXT-X-PART:URI={$a}"],
)
def test_a_36_an_unknown_variable_is_an_error_wherever_it_stands(line: str) -> None:
    with pytest.raises(PlaylistSyntaxError, match="line 4: unknown variable a"):
        read(f"#EXTINF:6,\n{line}\nb.ts\n")


def test_a_49_the_end_is_seen_anywhere_and_sequence_tags_count_for_all_segments() -> None:
    playlist = read_case("end-and-sequence-in-odd-places")
    assert playlist.ended
    assert (playlist.version, playlist.playlist_type) == (3, "VOD")
    assert (playlist.media_sequence, playlist.discontinuity_sequence) == (40, 3)
    assert [(s.msn, s.dsn) for s in playlist.segments] == [(40, 3), (41, 4), (42, 4)]


def test_i_frame_and_event_playlists_are_read() -> None:
    iframes = read_case("i-frames-of-a-transport-stream")
    assert iframes.iframes_only
    assert iframes.segments[1].byterange == ByteRange(7144, 47000)
    event = read_case("packed-audio-event")
    assert (event.playlist_type, event.ended, event.independent_segments) == ("EVENT", False, True)
    assert str(event.segments[0].duration) == "5.99467"


def test_a_47_uris_of_segments_are_absolute() -> None:
    playlist = read_case("webvtt-with-query-and-dot-segments")
    assert [s.uri for s in playlist.segments] == [
        "https://o.example/live/subs/en/0.vtt?token=a/../b",
        "https://o.example/live/a/1.vtt",
        "https://cdn.example/subs/2.vtt",
    ]


def test_a_playlist_without_segments_is_all_header() -> None:
    playlist = read_case("no-segments-yet")
    assert (playlist.segments, playlist.trailer) == ((), ())
    assert len(playlist.header) == 4


def test_the_header_ends_after_the_last_playlist_tag_and_the_comments_that_follow() -> None:
    playlist = read_case("unknown-tags-and-comments")
    assert playlist.header[-1] == "# a comment of the header"
    assert playlist.segments[0].lines == ('#EXT-X-VENDOR-MARK:A=1,"odd', "#EXTINF:6.0,")
    assert playlist.segments[1].lines == (
        "",
        "# a comment of the second segment",
        "#EXT-X-FOO",
        "#EXTINF:6.0,",
    )
    assert playlist.trailer == ("# a comment at the end",)


@pytest.mark.parametrize(
    "line",
    [
        "#EXT-X-CUE-OUT:30",
        "# EXT-X-CUE-OUT:30",
        "#EXT-OATCLS-SCTE35:AA==",
        '#EXT-X-DATERANGE:ID="1"',
        '#EXT-X-MAP:URI="i"',
        "#EXT-X-PART:X=1",
        "#EXT-X-UNKNOWN",
    ],
)
def test_cues_dates_and_unknown_tags_belong_to_the_first_segment(line: str) -> None:
    playlist = read(f"{line}\n# more\n#EXTINF:6,\na.ts\n")
    assert playlist.header == ("#EXTM3U", "#EXT-X-TARGETDURATION:6")
    assert playlist.segments[0].lines[0] == line
    assert playlist.segments[0].first_line == 3


def test_parts_and_hints_are_raw_lines() -> None:
    playlist = read_case("low-latency-parts")
    assert len(playlist.segments) == 2
    assert playlist.segments[1].lines[0].startswith("#EXT-X-PART:")
    assert len(playlist.trailer) == 3


def test_blanks_around_lines_mean_nothing() -> None:
    playlist = read_case("blanks-around-lines")
    assert [(s.uri, str(s.duration)) for s in playlist.segments] == [
        ("https://o.example/live/a/a.ts", "6.5")
    ]


def test_threat_13_unicode_line_separators_stay_inside_their_line() -> None:
    first, second = read_case("unicode-line-separators-in-uris").segments
    assert first.uri == "https://o.example/live/a/%E2%80%A8seg%E2%80%A9.ts"
    assert second.uri == "https://o.example/live/a/spaced%20name%20%C3%A9.ts"


BROKEN = {
    "no target duration": ("#EXTM3U\n#EXTINF:6,\na.ts\n", 3, "TARGETDURATION"),
    "cut after EXTINF": (TOP + "#EXTINF:6,\n", 3, "EXTINF without a URI"),
    "two EXTINF": (TOP + "#EXTINF:6,\n#EXTINF:6,\na.ts\n", 4, "no URI"),
    "no EXTINF": (TOP + "a.ts\n", 3, "without EXTINF"),
    "EXTINF without a value": (TOP + "#EXTINF\na.ts\n", 4, "without EXTINF"),
    "live stream of unknown length": (TOP + "#EXTINF:-1,\na.ts\n", 3, "not a number"),
    "exponent": (TOP + "#EXTINF:1e9,\na.ts\n", 3, "not a number"),
    "not a number": (TOP + "#EXTINF:NaN,\na.ts\n", 3, "not a number"),
    "target with a fraction": ("#EXTM3U\n#EXT-X-TARGETDURATION:6.0\n", 2, "not an integer"),
    "digits of another script": ("#EXTM3U\n#EXT-X-TARGETDURATION:٦\n", 2, "not an integer"),
    "endless number": (TOP + "#EXT-X-MEDIA-SEQUENCE:" + "9" * 5000, 3, "not an integer"),
    "two targets": (TOP + "#EXT-X-TARGETDURATION:7\n", 3, "after '6'"),
    "two types": (TOP + "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-PLAYLIST-TYPE:EVENT\n", 4, "after"),
    "unknown type": (TOP + "#EXT-X-PLAYLIST-TYPE:LIVE\n", 3, "PLAYLIST-TYPE"),
    "delta": (TOP + "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", 3, "delta"),
    "multivariant": ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", 2, "multivariant"),
    "bad date": (TOP + "#EXT-X-PROGRAM-DATE-TIME:yesterday\n", 3, "date"),
    "bad range": (TOP + "#EXT-X-BYTERANGE:@1\n", 3, "BYTERANGE"),
    "bad bitrate": (TOP + "#EXT-X-BITRATE:fast\n", 3, "not an integer"),
    "key without a method": (TOP + '#EXT-X-KEY:URI="k"\n', 3, "METHOD"),
    "key without a URI": (TOP + "#EXT-X-KEY:METHOD=AES-128\n", 3, "KEY has no URI"),
    "map without a URI": (TOP + '#EXT-X-MAP:BYTERANGE="1@0"\n', 3, "MAP has no URI"),
    "map without an offset": (TOP + '#EXT-X-MAP:URI="i",BYTERANGE="9"\n', 3, "BYTERANGE of a MAP"),
    "control in a URI": (TOP + "#EXTINF:6,\na\tb.ts\n", 4, "control character"),
}


@pytest.mark.parametrize(("text", "line", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_an_error_that_names_the_line(
    text: str, line: int, reason: str
) -> None:
    with pytest.raises(PlaylistSyntaxError, match=reason) as caught:
        read_media_playlist(text, url=URL)
    assert caught.value.line == line


def test_a_tag_that_is_said_twice_with_the_same_words_is_forgiven() -> None:
    twice = "#EXT-X-TARGETDURATION:6\n" + "#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-VERSION:3\n" * 2
    playlist = read(twice)
    assert (playlist.version, playlist.discontinuity_sequence) == (3, 3)


def test_limits_on_segments_attributes_and_keys_are_kept() -> None:
    two = TOP + "#EXTINF:6,\na.ts\n" * 2
    assert len(read_media_playlist(two, url=URL, limits=Limits(segments=2)).segments) == 2
    with pytest.raises(ManifestLimitError, match="more than 1 segments"):
        read_media_playlist(two, url=URL, limits=Limits(segments=1))
    with pytest.raises(ManifestLimitError, match="attributes"):
        read_media_playlist(TOP + "#EXT-X-KEY:A=1,B=2\n", url=URL, limits=Limits(attributes=1))
    # Else each segment would hold all keys before it: quadratic.
    keys = "".join(f'#EXT-X-KEY:METHOD=X,URI="k",KEYFORMAT="{n}"\n' for n in range(33))
    with pytest.raises(ManifestLimitError, match="line 35: more than 32 keys"):
        read(keys)


@pytest.mark.parametrize(
    "line",
    [
        "#EXTINF:" + " " * 16_000,
        "#EXT-X-CUE-OUT:" + " " * 16_000 + "x",
        "#" + " " * 16_000 + "EXT",
        "#EXT-X-KEY:" + " " * 16_000 + "=",
        "#EXT-X-MAP:URI=" + "\t" * 16_000 + '"',
        "#EXT-X-PROGRAM-DATE-TIME:" + "2" * 16_000,
        "{$" * 8_000,
        "/." * 8_000,
    ],
)
def test_threat_21_odd_lines_are_read_in_linear_time(line: str) -> None:
    start = perf_counter()
    for _ in range(100):
        with suppress(PlaylistSyntaxError):
            read(line + "\n")
    assert perf_counter() - start < 5  # 20 ms each; quadratic work needs a second and more


lines = st.sampled_from(
    [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:6",
        "#EXT-X-MEDIA-SEQUENCE:7",
        "#EXT-X-DISCONTINUITY-SEQUENCE:2",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-ENDLIST",
        "#EXT-X-GAP",
        "#EXT-X-BITRATE:1",
        "#EXT-X-BYTERANGE:5@7",
        "#EXT-X-BYTERANGE:5",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z",
        '#EXT-X-KEY:METHOD=AES-128,URI="k"',
        "#EXT-X-KEY:METHOD=NONE",
        '#EXT-X-MAP:URI="i",BYTERANGE="1@2"',
        '#EXT-X-DEFINE:NAME="a",VALUE="1"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="n",URI="{$a}"',
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i"',
        "#EXT-X-STREAM-INF:BANDWIDTH=1",
        "#EXT-X-CUE-OUT:30",
        "#EXT-X-UNKNOWN:\u2028",
        "# comment",
        "",
        " \t",
        "#EXTINF:6.000,\na.ts",
        "#EXTINF:5,title",
        "b.ts?{$a}",
    ]
)
bodies = st.lists(lines | st.text(st.characters(exclude_categories=["Cs"]), max_size=30))


@given(bodies, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.sampled_from(["", "\ufeff"]))
def test_what_is_read_is_written_back(
    body: list[str], newline: str, final_newline: bool, mark: str
) -> None:
    text = mark + newline.join(["#EXTM3U", "#EXT-X-TARGETDURATION:6", *body])
    text += newline if final_newline else ""
    for data in (text, text.encode()):
        try:
            playlist = read_media_playlist(data, url=URL)
        except ManifestError:
            continue
        assert write_media_playlist(playlist) == text
        numbers = [s.msn for s in playlist.segments]
        assert numbers == list(
            range(playlist.media_sequence, playlist.media_sequence + len(numbers))
        )


@given(bodies)
def test_a_multivariant_playlist_is_written_back(body: list[str]) -> None:
    text = "\n".join(["#EXTM3U", "#EXT-X-STREAM-INF:BANDWIDTH=9", "v.m3u8", *body])
    try:
        playlist = read_multivariant_playlist(text, url=URL)
    except ManifestError:
        return
    assert write_multivariant_playlist(playlist) == text


@given(st.binary() | st.text() | st.text().map(lambda text: TOP + text))
def test_anything_is_read_or_raises_a_manifest_error(text: str | bytes) -> None:
    for read_any in (read_media_playlist, read_multivariant_playlist):
        try:
            read_any(text, url=URL)
        except ManifestError:
            continue
