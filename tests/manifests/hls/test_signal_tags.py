"""EXT-X-DATERANGE tags that tell of ads in playlists (A-30, A-33, A-35, A-60, A-61, E-12)."""

from base64 import b64decode
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from manifests.creative import Creative, CreativeRendition, CreativeSegment
from manifests.hls.attributes import read_attributes, unquote
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.fragments import Dressing
from manifests.hls.reader import read_media_playlist
from manifests.splicing.signalling import SCHEME, Signalling
from manifests.splicing.timeline import Splice
from manifests.timing import read_date_time

TEXTS = ('{"about":"A"}', '{"about":"B"}')


def creative(name: str, *durations: str) -> Creative:
    segments = tuple(
        CreativeSegment(f"https://ads.example/{name}/{i}.m4s", Decimal(d))
        for i, d in enumerate(durations, 1)
    )
    rendition = CreativeRendition(segments, f"https://ads.example/{name}/init.mp4")
    # An audio frame off, as other renditions may be.
    sound = tuple(replace(one, duration=one.duration + Decimal("0.016")) for one in segments)
    return Creative(
        id=name,
        duration=sum(map(Decimal, durations)),
        renditions={"v": rendition, "a": CreativeRendition(sound, rendition.init_uri)},
    )


A = creative("A", "4.000", "4.000", "2.000")
B = creative("B", "4.000", "4.000")


def origin(first: int, end: int, *, dated: bool = True, vod: bool = False) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:6"]
    lines += [f"#EXT-X-MEDIA-SEQUENCE:{first}", '#EXT-X-MAP:URI="init.mp4"']
    for n in range(first, end):
        lines += ["#EXT-X-CUE-OUT:18"] * (n == 103) + ["#EXT-X-CUE-IN"] * (n == 106)
        minutes, seconds = divmod(6 * n, 60)
        date = f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:{minutes:02}:{seconds:02}.000Z"
        lines += [date] * dated + ["#EXTINF:6.000,", f"{n}.m4s"]
    return "\n".join([*lines, *["#EXT-X-ENDLIST"] * vod, ""])


def channel_of(*versions: str, rules: ChannelRules | None = None) -> Channel:
    channel = Channel(reference="v", rules=rules or ChannelRules())
    for text in versions:
        playlist = read_media_playlist(text, url="https://o.example/c/v.m3u8")
        channel = channel.advance({"v": playlist, "a": playlist})
    return channel


def splices_of(
    channel: Channel, *texts: str | None, live: bool = True, at: tuple[int, ...] = ()
) -> list[Splice]:
    signalling = Signalling(texts=texts, live=live)
    found = [channel.splice_of(one, (A, B), "v") for one in channel.log.breaks]
    found += [
        channel.insertion_of(Decimal(place), (A, B), "v", break_id=f"s{place}") for place in at
    ]
    found.sort(key=lambda one: Decimal(0) if one is None else one.out_at)
    return [replace(one, signalling=signalling) for one in found if one is not None]


def tags_in(text: bytes) -> dict[str, dict[str, str]]:
    found = {}
    for line in text.decode().splitlines():
        if line.startswith("#EXT-X-DATERANGE:"):
            one = dict(read_attributes(line.partition(":")[2], line=1))
            assert found.setdefault(unquote(one["ID"]), one) == one
    return found


def playlist(channel: Channel, splices: list[Splice], rendition: str = "v") -> bytes:
    return channel.playlist(rendition, splices, rendition)


def test_each_ad_is_told_of_before_its_first_segment() -> None:
    channel = channel_of(origin(100, 108))
    (one,) = splices_of(channel, *TEXTS)
    text = playlist(channel, [one]).decode()
    tags = tags_in(text.encode())
    assert list(tags) == [f"{one.break_id}.0", f"{one.break_id}.1"]
    for tag, asset, start, about in zip(
        tags.values(), (A, B), (0, Decimal(10)), TEXTS, strict=True
    ):
        assert unquote(tag["CLASS"]) == SCHEME
        assert read_date_time(unquote(tag["START-DATE"])) == one.out_at + start
        assert Decimal(tag["PLANNED-DURATION"]) == asset.duration
        assert b64decode(unquote(tag["X-AD-CREATIVE-SIGNALING"])).decode() == about
        assert "DURATION" not in tag  # nor END-DATE: the content may come back earlier
        before = text[: text.index(unquote(tag["X-AD-CREATIVE-SIGNALING"]))]
        assert f"/{asset.id}/1.m4s" not in before
        assert before.count("#EXTINF") == (3 if asset is A else 6)


def test_playlists_are_the_same_but_for_the_tags() -> None:
    channel = channel_of(origin(100, 108))
    splices = splices_of(channel, *TEXTS)
    told = playlist(channel, splices).splitlines(keepends=True)
    untold = playlist(channel, [replace(one, signalling=None) for one in splices])
    assert b"".join(line for line in told if not line.startswith(b"#EXT-X-DATERANGE")) == untold


def test_renditions_say_the_same_whatever_their_segments_last() -> None:
    """A-61."""
    channel = channel_of(origin(100, 108))
    splices = splices_of(channel, *TEXTS)
    assert tags_in(playlist(channel, splices, "v")) == tags_in(playlist(channel, splices, "a"))


@pytest.mark.parametrize(
    ("first", "left"),
    [(103, "01"), (104, "01"), (105, "1"), (106, "")],
)
def test_what_is_told_stays_as_long_as_anything_of_the_ad_is_listed(first: int, left: str) -> None:
    """A-61: it is said again where the ad's beginning has left the window."""
    channel = channel_of(origin(100, 108), origin(first, 112))
    (one,) = splices_of(channel, *TEXTS)
    text = playlist(channel, [one])
    assert [name.rpartition(".")[2] for name in tags_in(text)] == list(left)
    assert (
        tags_in(text).items() <= tags_in(playlist(channel_of(origin(100, 108)), [one])).items()
    )  # nothing of it changes


def test_an_ad_that_is_cut_short_is_told_of_as_before() -> None:
    """A-60: what is known by then may be added, and nothing is."""
    channel = channel_of(origin(100, 108))
    (one,) = splices_of(channel, *TEXTS)
    cut = replace(one, limit=one.out_at + 4, in_at=one.out_at + 6)
    tags = tags_in(playlist(channel, [one]))
    assert tags_in(playlist(channel, [cut])) == {f"{one.break_id}.0": tags[f"{one.break_id}.0"]}


def test_of_what_is_no_ad_nothing_is_told() -> None:
    channel = channel_of(origin(100, 108))
    (one,) = splices_of(channel, None, TEXTS[1])
    assert list(tags_in(playlist(channel, [one]))) == [f"{one.break_id}.1"]


def test_a_live_playlist_without_dates_tells_nothing() -> None:
    """A-60: a DATERANGE needs a date to stand on, and nobody knows the channel's."""
    channel = channel_of(origin(100, 108, dated=False))
    splices = splices_of(channel, *TEXTS)
    assert splices
    text = playlist(channel, splices)
    assert b"DATERANGE" not in text
    assert b"PROGRAM-DATE-TIME" not in text


@pytest.mark.parametrize("dated", [True, False])
def test_vod_with_insertions_has_a_clock_of_its_own(dated: bool) -> None:
    """A-33, A-35: it starts at 0, and an ad begins where players count on to."""
    rules = ChannelRules(cues=None, dressing=Dressing(dates=False))
    channel = channel_of(origin(0, 5, dated=dated, vod=True), rules=rules)
    start = int(channel.tracks["v"].starts[0])
    splices = splices_of(channel, *TEXTS, live=False, at=(start, start + 12))
    text = playlist(channel, splices)
    lines = text.decode().splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("#EXTINF"))
    date = "#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z"
    assert date in lines[:first]
    assert lines.count(date) == sum("PROGRAM-DATE-TIME" in line for line in lines) == 1
    assert starts_in(text) == counted(lines)
    assert [int(float(tag["DURATION"])) for tag in tags_in(text).values()] == [10, 8, 10, 8]
    assert date in playlist(channel, splices, "a").decode()  # in all, or in none


def test_where_a_pod_is_not_as_long_as_what_it_replaces_later_ads_are_still_told_of_exactly() -> (
    None
):
    text = origin(100, 115, dated=False, vod=True).replace(
        "#EXTINF:6.000,\n110.m4s", "#EXT-X-CUE-OUT:18\n#EXTINF:6.000,\n110.m4s"
    )
    channel = channel_of(text)
    splices = splices_of(channel, *TEXTS, live=False)
    short = [replace(one, pod=(A,), ends=one.ends[:3], in_at=one.out_at + 12) for one in splices]
    assert len(short) == 2
    written = playlist(channel, short)
    assert starts_in(written) == counted(written.decode().splitlines())


def starts_in(text: bytes) -> list[Decimal]:
    return [read_date_time(unquote(tag["START-DATE"])) for tag in tags_in(text).values()]


def counted(lines: list[str]) -> list[Decimal]:
    """Where ads begin by the sum of all segments before."""
    at, found = Decimal(0), []
    for line, uri in pairwise(lines):
        if line.startswith("#EXTINF:"):
            if uri.startswith("https://ads.example/") and uri.endswith("/1.m4s"):
                found.append(at)
            at += Decimal(line.removeprefix("#EXTINF:").rstrip(","))
    return found


def test_what_is_told_tells_splices_apart() -> None:
    channel = channel_of(origin(100, 108))
    ((one,), (other,), (again,)) = (
        splices_of(channel, *TEXTS),
        splices_of(channel, TEXTS[1], TEXTS[0]),
        splices_of(channel, *TEXTS),
    )
    assert one.key == again.key
    assert len({one.key, other.key, replace(one, signalling=None).key}) == 3
