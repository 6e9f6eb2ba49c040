"""Synthetic shows: media playlists of any length, and creatives to splice into them.

The text is what packagers write today: CMAF, one EXT-X-MAP, a program date-time on every segment
in live. All numbers are given by arguments, so the same call gives the same text anywhere.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle, permutations

from manifests.creative import Creative, CreativeRendition, CreativeSegment

SEGMENT_S = 6
RUNG = "v"  # the one rung of all creatives
ORIGIN = "https://origin.example/show/1080p/index.m3u8"
MEDIA = "https://media.example/tm"
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


def vod_text(count: int) -> str:
    """A finished presentation of `count` segments, without dates."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-MEDIA-SEQUENCE:0",
        '#EXT-X-MAP:URI="init.mp4"',
    ]
    for number in range(count):
        lines += [f"#EXTINF:{SEGMENT_S}.000,", f"segment-{number:06}.m4s"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def live_text(first: int, count: int, breaks: Sequence[tuple[int, int]] = ()) -> str:
    """A live window of `count` segments from media sequence number `first` on.

    Args:
        first: Number of the first segment listed; segment 0 begins at midnight.
        count: How many are listed.
        breaks: For each break, the number of the segment where it begins and how many it has.
    """
    outs = dict(breaks)
    ins = {begin + length for begin, length in breaks}
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        '#EXT-X-MAP:URI="init.mp4"',
    ]
    for number in range(first, first + count):
        if number in outs:
            lines.append(f"#EXT-X-CUE-OUT:{outs[number] * SEGMENT_S}")
        if number in ins:
            lines.append("#EXT-X-CUE-IN")
        at = MIDNIGHT + timedelta(seconds=number * SEGMENT_S)
        lines += [
            f"#EXT-X-PROGRAM-DATE-TIME:{at:%Y-%m-%dT%H:%M:%S}.000Z",
            f"#EXTINF:{SEGMENT_S}.000,",
            f"segment-{number:06}.m4s",
        ]
    return "\n".join([*lines, ""])


def creative(name: str, seconds: int, *, segment_s: int = 5) -> Creative:
    """An ad of `seconds` in segments of `segment_s`, in one rendition."""
    begins = range(0, seconds, segment_s)
    segments = tuple(
        CreativeSegment(f"{MEDIA}/{name}/{RUNG}/{n}.m4s", Decimal(min(segment_s, seconds - begin)))
        for n, begin in enumerate(begins)
    )
    rendition = CreativeRendition(segments, f"{MEDIA}/{name}/{RUNG}/init.mp4")
    return Creative(id=name, duration=Decimal(seconds), renditions={RUNG: rendition})


def catalogue(count: int, seconds: int) -> tuple[Creative, ...]:
    """`count` different creatives of one length."""
    return tuple(creative(f"{number:032x}", seconds) for number in range(count))


def pods(creatives: Sequence[Creative], size: int) -> Iterator[tuple[Creative, ...]]:
    """Pods of `size` creatives for ever: every order of every choice before one comes again."""
    return cycle(permutations(creatives, size))
