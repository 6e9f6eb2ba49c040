"""The worked examples of rules A-12 and A-38: what a correct splice looks like, row by row."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from manifests.creative import Creative, CreativeRendition, CreativeSegment
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.reader import read_media_playlist
from manifests.splicing.timeline import Splice

MIDNIGHT = "2026-01-01T00"


def creative(name: str, *durations: str, init: bool = True) -> Creative:
    segments = tuple(
        CreativeSegment(f"https://ads.example/{name}/v3/{i}.m4s", Decimal(d))
        for i, d in enumerate(durations, 1)
    )
    rendition = CreativeRendition(
        segments, f"https://ads.example/{name}/v3/init.mp4" if init else None
    )
    return Creative(id=name, duration=sum(map(Decimal, durations)), renditions={"v": rendition})


A = creative("A", "4.000", "4.000", "2.000")
B = creative("B", "4.000", "4.000")


def origin(
    first: int, last: int, *, dsn: int = 0, tags: tuple[int, ...] = (), key: bool = False
) -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6" if key else "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:6",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{dsn}",
    ]
    if key:
        lines += ['#EXT-X-MAP:URI="init.mp4"', '#EXT-X-KEY:METHOD=AES-128,URI="/k1"']
    for n in range(first, last + 1):
        if n in tags:
            lines.append("#EXT-X-DISCONTINUITY")
        if n == 103:
            lines.append("#EXT-X-CUE-OUT:18")
        if n == 106:
            lines.append("#EXT-X-CUE-IN")
        minutes, seconds = divmod(6 * n, 60)
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{MIDNIGHT}:{minutes:02}:{seconds:02}.000Z")
        lines += ["#EXTINF:6.000,", f"{n}.m4s"]
    return "\n".join(lines) + "\n"


def replay(
    rows: list[tuple[int, int]], **how: object
) -> Callable[[int], tuple[Channel, list[Splice]]]:
    """Poll the origin at each of its windows; give the channel and the splices at a row."""
    states = []
    channel = Channel(reference="0", rules=ChannelRules())
    for first, last in rows:
        offset = {}
        if "tags" in how:  # the origin's own header counts what slid away
            gone = sum(1 for tag in how["tags"] if tag < first)  # type: ignore[attr-defined]
            offset = {"dsn": 7 + gone}
        text = origin(first, last, **{**how, **offset})  # type: ignore[arg-type]
        channel = channel.advance(
            {"0": read_media_playlist(text, url="https://o.example/c/v3.m3u8")}
        )
        splices = [
            splice
            for ad_break in channel.log.breaks
            if (splice := channel.splice_of(ad_break, (A, B), "v")) is not None
        ]
        states.append((channel, splices))
    return lambda row: states[row]


def answer(channel: Channel, splices: list[Splice]) -> str:
    over = {one.id for one in channel.log.breaks[: channel.over]}
    past = [one for one in splices if one.break_id in over]
    rest = [one for one in splices if one.break_id not in over]
    return channel.playlist("0", rest, "v", past=channel.effect("0", past, "v")).decode()


def short(text: str) -> tuple[int, int, str]:
    """The table's notation: MEDIA-SEQUENCE, DISCONTINUITY-SEQUENCE, entries."""
    msn = number = int(re.search(r"MEDIA-SEQUENCE:(\d+)", text)[1])  # type: ignore[index]
    dsn = int(re.search(r"DISCONTINUITY-SEQUENCE:(\d+)", text)[1])  # type: ignore[index]
    entries, mark = [], ""
    for line in text.splitlines():
        if line == "#EXT-X-DISCONTINUITY":
            mark = "[D]"
        elif line and not line.startswith("#"):
            name = re.sub(r"https://ads.example/(.)/v3/(\d).m4s", r"\1\2", line)
            name = re.sub(r"https://o.example/c/(\d+).m4s", r"\1", name)
            entries.append(f"{mark}{name}#{number}")
            number, mark = number + 1, ""
    return msn, dsn, " ".join(entries)


WINDOWS = [(100, 104), (102, 106), (103, 107), (104, 108), (105, 109), (107, 111)]
EXAMPLE_1 = [
    (100, 0, "100#100 101#101 102#102 [D]A1#103 A2#104 A3#105"),
    (102, 0, "102#102 [D]A1#103 A2#104 A3#105 [D]B1#106 B2#107 [D]106#108"),
    (103, 0, "[D]A1#103 A2#104 A3#105 [D]B1#106 B2#107 [D]106#108 107#109"),
    (104, 1, "A2#104 A3#105 [D]B1#106 B2#107 [D]106#108 107#109 108#110"),
    (106, 1, "[D]B1#106 B2#107 [D]106#108 107#109 108#110 109#111"),
    (109, 3, "107#109 108#110 109#111 110#112 111#113"),
]


@pytest.mark.parametrize("row", range(6))
def test_worked_example_1_live_replacement(row: int) -> None:
    """A-10, A-12, A-17."""
    assert short(answer(*replay(WINDOWS)(row))) == EXAMPLE_1[row]


@pytest.mark.parametrize("row", range(6))
def test_worked_example_2_origin_discontinuities(row: int) -> None:
    """A-12, A-16: C=2, K=3; the origin's tag before 104 never reaches the output."""
    msn, _, entries = EXAMPLE_1[row]
    expected_dsn = {0: 7, 1: 7, 2: 7, 3: 8, 4: 8, 5: 10}[row]
    got = short(answer(*replay(WINDOWS, tags=(104, 106))(row)))
    assert got == (msn, expected_dsn, entries)


def test_worked_example_3_insertion() -> None:
    """A-12, A-33: nothing is removed, and dates are written nowhere."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:6", "#EXT-X-PLAYLIST-TYPE:VOD"]
    for n in range(4):
        lines += ["#EXTINF:6.000,", f"{n}.m4s"]
    text = "\n".join([*lines, "#EXT-X-ENDLIST", ""])
    channel = Channel(reference="0").advance(
        {"0": read_media_playlist(text, url="https://o.example/c/v3.m3u8")}
    )
    ads = creative("A", "4.000", "4.000", "2.000", init=False)
    splice = channel.insertion_of(Decimal(12), [ads], "v", break_id="mid")
    out = channel.playlist("0", [splice], "v").decode()
    assert [line for line in out.splitlines() if not line.startswith(("#EXTINF", "#EXT-X-V"))] == [
        "#EXTM3U",
        "#EXT-X-TARGETDURATION:6",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "https://o.example/c/0.m4s",
        "https://o.example/c/1.m4s",
        "#EXT-X-DISCONTINUITY",
        "https://ads.example/A/v3/1.m4s",
        "https://ads.example/A/v3/2.m4s",
        "https://ads.example/A/v3/3.m4s",
        "#EXT-X-DISCONTINUITY",
        "https://o.example/c/2.m4s",
        "https://o.example/c/3.m4s",
        "#EXT-X-ENDLIST",
    ]


def test_second_row_with_a_clear_map_and_aes_128_without_iv() -> None:
    """A-37 to A-41: the text of the worked example."""
    text = answer(*replay(WINDOWS[:2], key=True)(1))
    assert text == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:6\n"
        "#EXT-X-TARGETDURATION:6\n"
        "#EXT-X-MEDIA-SEQUENCE:102\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
        '#EXT-X-MAP:URI="https://o.example/c/init.mp4"\n'
        '#EXT-X-KEY:METHOD=AES-128,URI="https://o.example/k1",'
        "IV=0x00000000000000000000000000000066\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:10:12.000Z\n"
        "#EXTINF:6.000,\n"
        "https://o.example/c/102.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        "#EXT-X-KEY:METHOD=NONE\n"
        '#EXT-X-MAP:URI="https://ads.example/A/v3/init.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:10:18.000Z\n"
        "#EXTINF:4.000,\n"
        "https://ads.example/A/v3/1.m4s\n"
        "#EXTINF:4.000,\n"
        "https://ads.example/A/v3/2.m4s\n"
        "#EXTINF:2.000,\n"
        "https://ads.example/A/v3/3.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        '#EXT-X-MAP:URI="https://ads.example/B/v3/init.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:10:28.000Z\n"
        "#EXTINF:4.000,\n"
        "https://ads.example/B/v3/1.m4s\n"
        "#EXTINF:4.000,\n"
        "https://ads.example/B/v3/2.m4s\n"
        "#EXT-X-DISCONTINUITY\n"
        '#EXT-X-MAP:URI="https://o.example/c/init.mp4"\n'
        '#EXT-X-KEY:METHOD=AES-128,URI="https://o.example/k1",'
        "IV=0x0000000000000000000000000000006a\n"
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:10:36.000Z\n"
        "#EXTINF:6.000,\n"
        "https://o.example/c/106.m4s\n"
    )


def test_dateranges_of_the_content_around_a_break_stay_and_those_inside_it_go() -> None:
    """A-61: also where the origin wrote them on segments that the break removes."""

    def tag(name: str, minute: int, second: int) -> str:
        return f'#EXT-X-DATERANGE:ID="{name}",START-DATE="{MIDNIGHT}:{minute:02}:{second:02}.000Z"'

    inside = [tag("chapter", 10, 0), tag("scene", 10, 24), tag("next", 10, 42)]
    text = origin(102, 107).replace("#EXT-X-CUE-OUT:18", "\n".join(["#EXT-X-CUE-OUT:18", *inside]))
    channel = Channel(reference="0").advance(
        {"0": read_media_playlist(text, url="https://o.example/c/v3.m3u8")}
    )
    splice = channel.splice_of(channel.log.breaks[0], (A, B), "v")
    assert splice is not None
    out = channel.playlist("0", [splice], "v").decode()
    assert inside[0] in out
    assert inside[1] not in out
    assert inside[2] in out
    assert out.index(inside[0]) < out.index("/A/v3/1.m4s")
