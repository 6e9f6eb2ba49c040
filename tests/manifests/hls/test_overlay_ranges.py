"""A-60: overlays that players draw, as playlists tell of them."""

from dataclasses import replace
from decimal import Decimal

from manifests.guided_overlay import GuidedOverlay
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.cues.dateranges import is_scte35
from manifests.hls.fragments import Dressing
from manifests.hls.overlay_ranges import with_ranges, write_overlay_range
from manifests.hls.reader import read_media_playlist

ONE = GuidedOverlay(
    begins=Decimal("5.5"), ends=Decimal("11.25"), url="/tm/a/b/s.png", size=(1920, 1080)
)


def test_a_range_has_what_shaka_asks_for_and_nothing_that_changes() -> None:
    assert write_overlay_range(ONE) == (
        f'#EXT-X-DATERANGE:ID="overlay-{ONE.number}",CLASS="com.apple.hls.overlay",'
        'START-DATE="1970-01-01T00:00:05.500Z",DURATION=5.75,'
        f'X-OVERLAY-ID="overlay-{ONE.number}",X-ASSET-URI="/tm/a/b/s.png",'
        'X-ASSET-MIMETYPE="image/png",X-VIEWPORT="1920x1080"'
    )
    assert not is_scte35(write_overlay_range(ONE))


def test_an_l_frame_says_how_much_of_the_frame_is_left() -> None:
    text = write_overlay_range(replace(ONE, film=(0, 120, 1440, 810)))
    assert text.endswith('X-SQUEEZECURRENT="0.75",X-SQUEEZECURRENT-POSITION="0x120"')


def test_numbers_follow_from_time_and_picture() -> None:
    assert replace(ONE, begins=Decimal("5.50"), film=(0, 0, 9, 9)).number == ONE.number
    others = (
        replace(ONE, begins=Decimal(6)),
        replace(ONE, ends=Decimal(12)),
        replace(ONE, url="/tm/c/b/s.png"),
    )
    assert len({ONE.number, *(one.number for one in others)}) == 4


def test_ranges_stand_before_their_segments_and_leave_the_rest() -> None:
    text = "\n".join(
        [
            "#EXTM3U",
            "#EXT-X-TARGETDURATION:2",
            "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z",
            *(line for n in range(3) for line in ("#EXTINF:2,", f"{n}.ts")),
            "#EXT-X-ENDLIST",
            "",
        ]
    )
    playlist = read_media_playlist(text, url="https://o.example/a.m3u8")
    empty = Channel(reference="v", rules=ChannelRules(dressing=Dressing()))
    strip = empty.advance({"v": playlist}).strips["v"]
    told = with_ranges(strip, {"https://o.example/1.ts": "#EXT-X-DATERANGE:X"})
    before, with_tag, after = told.fragments
    assert with_tag == b"#EXT-X-DATERANGE:X\n" + strip.fragments[1]
    assert (before, after) == (strip.fragments[0], strip.fragments[2])
    assert told.body == b"".join(told.fragments)
    assert told.offsets[-1] == len(told.body)
    assert with_ranges(strip, {"https://o.example/9.ts": "#X"}) is strip
