"""Channels over time: one plain case for each thing that a random history once found."""

import re
from collections.abc import Iterable
from decimal import Decimal

from manifests.creative import Creative, CreativeRendition, CreativeSegment
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.reader import read_media_playlist

RULES = ChannelRules()


def creative(name: str, *durations: str) -> Creative:
    segments = tuple(
        CreativeSegment(f"https://ads.example/{name}{i}.ts", Decimal(duration))
        for i, duration in enumerate(durations)
    )
    return Creative(
        id=name,
        duration=sum(map(Decimal, durations)),
        renditions={rung: CreativeRendition(segments) for rung in "va"},
    )


def origin(
    numbers: Iterable[int],
    *,
    name: str = "v",
    said: dict[int, list[str]] | None = None,
    offset: int = 0,
    dsn: int = 0,
    head: Iterable[str] = (),
    tail: Iterable[str] = (),
    epoch: str = "",
    dates: bool = True,
    lengths: dict[int, str] | None = None,
) -> str:
    """Segments of 6 s; number n covers [6n, 6n + 6) unless `lengths` say otherwise."""
    numbers = list(numbers)
    lengths = lengths or {}
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:6", *head]
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{numbers[0] + offset}")
    lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{dsn}")
    for n in numbers:
        lines += (said or {}).get(n, [])
        if dates:
            start = sum(Decimal(lengths.get(i, "6")) for i in range(n))
            minutes, seconds = divmod(start, 60)
            lines.append(
                f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:{int(minutes):02}:{seconds:06.3f}Z"
            )
        lines += [f"#EXTINF:{lengths.get(n, '6')},", f"{epoch}{n}.ts"]
    return "\n".join([*lines, *tail, ""])


def advance(channel: Channel, **texts: str) -> Channel:
    return channel.advance(
        {
            name: read_media_playlist(text, url=f"https://o.example/{name}/i.m3u8")
            for name, text in texts.items()
        }
    )


def answer(channel: Channel, name: str, pods: dict[int, tuple[Creative, ...]]) -> str:
    """In short: `[D]` a discontinuity, `#` the number of the first entry, then URIs."""
    splices = []
    for number, ad_break in enumerate(channel.log.breaks):
        pod = pods.get(number, ())
        splice = channel.splice_of(ad_break, pod, "v") if pod else None
        if splice is not None:
            splices.append(splice)
    past = [one for one in splices if channel.is_past(name, one)]
    rest = [one for one in splices if not channel.is_past(name, one)]
    text = channel.playlist(name, rest, name, past=channel.effect(name, past, name)).decode()
    return short(text)


def short(text: str) -> str:
    """MEDIA-SEQUENCE/DISCONTINUITY-SEQUENCE, then the entries."""
    msn = re.search(r"MEDIA-SEQUENCE:(\d+)", text)
    dsn = re.search(r"DISCONTINUITY-SEQUENCE:(\d+)", text)
    assert msn is not None
    assert dsn is not None
    said, mark = [f"{msn[1]}/{dsn[1]}"], ""
    for line in text.splitlines():
        if line == "#EXT-X-DISCONTINUITY":
            mark += "[D]"
        elif line and line[0] != "#":
            said.append(mark + line.rpartition("/")[2].removesuffix(".ts"))
            mark = ""
    return " ".join(said)


def test_a_rendition_that_slept_through_a_break_returns_where_the_others_do() -> None:
    """A-29: what it missed is what the reference saw."""
    cues = {3: ["#EXT-X-CUE-OUT:18"], 6: ["#EXT-X-CUE-IN"]}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(4), said=cues), a=origin(range(3), offset=100))
    for end in (5, 6, 7, 8, 9, 10, 11):
        channel = advance(channel, v=origin(range(end - 4, end), said=cues))
    channel = advance(channel, a=origin(range(7, 11), offset=100))
    pods = {0: (creative("x", "6", "6", "6"),)}
    assert answer(channel, "v", pods) == "7/2 7 8 9 10"
    assert answer(channel, "a", pods) == "107/2 7 8 9 10"
