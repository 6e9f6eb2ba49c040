from collections.abc import Mapping
from dataclasses import replace

import pytest

from manifests.content_segment import Source
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.fragments import Dressing
from manifests.hls.reader import read_media_playlist
from manifests.hls.replaced import latest_segments, name_of, with_replaced

URL = "https://o.example/live/v.m3u8"


def playlist(*segments: str, head: str = '#EXT-X-MAP:URI="init.mp4"') -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", "#EXT-X-MEDIA-SEQUENCE:7"]
    return "\n".join([*lines, head, *segments, ""])


def seg(name: str, *before: str) -> str:
    return "\n".join([*before, "#EXTINF:4,", name])


def channel(text: str, dressing: Dressing | None = None) -> Channel:
    rules = ChannelRules(dressing=dressing or Dressing())
    empty = Channel(reference="v", rules=rules)
    return empty.advance({"v": read_media_playlist(text, url=URL)})


def written(
    text: str,
    replacements: Mapping[str, str],
    dressing: Dressing | None = None,
    inits: Mapping[str, str] | None = None,
) -> str:
    one = channel(text, dressing)
    strip = with_replaced(one.strips["v"], replacements, inits)
    return one.playlist("v", (), "", strip=strip).decode()


def test_a_replacement_changes_the_uri_and_nothing_else() -> None:
    text = playlist(seg("1.m4s"), seg("2.m4s", "#EXT-X-DISCONTINUITY"), seg("3.m4s"))
    plain = channel(text).playlist("v", (), "").decode()
    for name in "123":
        uri = f"https://o.example/live/{name}.m4s"
        assert written(text, {uri: "/tm/x/1.m4s"}) == plain.replace(uri, "/tm/x/1.m4s")


def test_an_init_section_is_replaced_wherever_it_stands() -> None:
    uri = "https://o.example/live/init.mp4"
    text = playlist(seg("1.m4s"), seg("2.m4s", "#EXT-X-DISCONTINUITY"), seg("3.m4s"))
    plain = channel(text).playlist("v", (), "").decode()
    assert written(text, {}, inits={uri: "/own.mp4"}) == plain.replace(uri, "/own.mp4")
    assert written(text, {}, inits={"https://o.example/other.mp4": "/own.mp4"}) == plain
    part = playlist(seg("1.m4s"), head='#EXT-X-MAP:URI="init.mp4",BYTERANGE="9@0"')
    assert "/own.mp4" not in written(part, {}, inits={uri: "/own.mp4"})


def test_a_range_is_replaced_by_a_whole_resource() -> None:
    text = playlist(
        seg("all.mp4", "#EXT-X-BYTERANGE:100@0"),
        seg("all.mp4", "#EXT-X-BYTERANGE:200"),
        seg("all.mp4", "#EXT-X-BYTERANGE:300"),
    )
    names = [name_of(one) for one in channel(text).tracks["v"].segments]
    assert names[1] == "https://o.example/live/all.mp4#bytes=100-299"
    lines = written(text, {names[1]: "/tm/x/1.m4s"}).splitlines()
    at = lines.index("/tm/x/1.m4s")
    assert lines[at - 1] == "#EXTINF:4,"
    # the next range says where it begins, whatever stands before it.
    assert lines[at + 1 : at + 4] == [
        "#EXTINF:4,",
        "#EXT-X-BYTERANGE:300@300",
        "https://o.example/live/all.mp4",
    ]


def test_encrypted_segments_stay() -> None:
    text = playlist(seg("1.m4s", '#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1'), seg("2.m4s"))
    one = channel(text)
    names = {name_of(segment): "/tm/x" for segment in one.tracks["v"].segments}
    assert with_replaced(one.strips["v"], names) is one.strips["v"]


def test_what_is_not_listed_does_not_matter() -> None:
    strip = channel(playlist(seg("1.m4s"))).strips["v"]
    assert with_replaced(strip, {"https://o.example/live/9.m4s": "/tm/x"}) is strip
    assert with_replaced(strip, {}) is strip


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_run_may_begin_with_a_replacement(first: int) -> None:
    one = channel(playlist(seg("1.m4s"), seg("2.m4s"), seg("3.m4s")))
    old = one.tracks["v"].segments[first].uri
    strip = with_replaced(one.strips["v"], {old: "/tm/x/1.m4s"})
    text = b"".join(strip.run(first, 3)).decode()
    plain = b"".join(one.strips["v"].run(first, 3)).decode()
    assert text.startswith('#EXT-X-MAP:URI="https://o.example/live/init.mp4"')
    assert text == plain.replace(old, "/tm/x/1.m4s")


def test_a_host_for_content_is_not_a_host_for_replacements() -> None:
    dressing = Dressing(content_base=("https://o.example/", "https://cdn.example/"))
    text = playlist(seg("1.m4s"), seg("2.m4s"))
    lines = written(text, {"https://o.example/live/1.m4s": "/tm/x"}, dressing).splitlines()
    assert [one for one in lines if not one.startswith("#")] == [
        "/tm/x",
        "https://cdn.example/live/2.m4s",
    ]


def test_fragments_that_stay_are_those_of_the_strip() -> None:
    strip = channel(playlist(*(seg(f"{n}.m4s") for n in range(1, 9)))).strips["v"]
    other = with_replaced(strip, {"https://o.example/live/5.m4s": "/tm/x"})
    same = [a is b for a, b in zip(strip.fragments, other.fragments, strict=True)]
    assert same == [False, True, True, True, False, True, True, True]
    assert replace(other.track, segments=strip.track.segments) == strip.track


def test_segments_are_told_with_all_that_it_takes_to_have_them() -> None:
    text = playlist(
        seg("0.m4s", "#EXT-X-GAP"),
        seg("all.mp4", "#EXT-X-BYTERANGE:100@50"),
        seg("2.m4s"),
        seg("3.m4s", '#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1'),
        head='#EXT-X-MAP:URI="init.mp4",BYTERANGE="20@4"',
    )
    last, first = latest_segments(channel(text).tracks["v"])
    assert first.media == Source("https://o.example/live/all.mp4", 50, 149)
    assert first.name == "https://o.example/live/all.mp4#bytes=50-149"
    assert last.media == Source("https://o.example/live/2.m4s")
    assert first.init == last.init == Source("https://o.example/live/init.mp4", 4, 23)
    assert first.end == last.start == first.start + 4
