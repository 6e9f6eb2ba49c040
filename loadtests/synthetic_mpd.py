"""Synthetic MPDs of any length, static and live, and creatives for them.

As packagers write them that give every Representation its own timeline: segments of about 4 s whose
durations alternate, so that no two S elements become one. Audio's borders are not video's.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from loadtests.synthetic import MEDIA, creative
from manifests.creative import CmafMedia, Creative, CreativeRendition
from manifests.scte35.model import SpliceInfo, SpliceInsert
from manifests.scte35.writer import write_splice_info

MPD_URL = "https://origin.example/show/index.mpd"
SEGMENT_S = 4  # on average: two segments are exactly twice as long
MIDNIGHT = 1_767_225_600  # availabilityStartTime: 2026-01-01T00:00:00Z


@dataclass(frozen=True, slots=True)
class Track:
    """One Representation."""

    id: str
    timescale: int
    durations: tuple[int, int]  # ticks of even and of odd segments
    bandwidth: int
    codecs: str
    size: tuple[int, int] | None = None  # of the picture


VIDEO = tuple(
    Track(f"v{height}", 90_000, (358_200, 361_800), rate, codecs, (width, height))
    for height, width, rate, codecs in (
        (360, 640, 900_000, "avc1.64001e"),
        (480, 854, 1_600_000, "avc1.64001f"),
        (720, 1280, 3_000_000, "avc1.640020"),
        (900, 1600, 4_500_000, "avc1.640028"),
        (1080, 1920, 6_000_000, "avc1.640028"),
    )
)
AUDIO = (Track("a128", 48_000, (190_464, 193_536), 128_000, "mp4a.40.2"),)
TRACKS = (*VIDEO, *AUDIO)


def segments_for(size_bytes: int) -> int:
    """How many segments a static MPD has that is about so large; an even number."""
    short = len(vod_mpd(10))
    each = (len(vod_mpd(1010)) - short) / 1000
    return max(2, 2 * round((size_bytes - short) / each / 2) + 10)


def vod_mpd(segments: int) -> bytes:
    """A static presentation of one Period.

    Args:
        segments: Of each Representation; an even number.
    """
    length = f'mediaPresentationDuration="PT{segments * SEGMENT_S}S"'
    return _mpd(f'type="static" {length}', 0, segments)


def live_mpd(first: int, segments: int, breaks: Sequence[tuple[int, int]] = ()) -> bytes:
    """A live window.

    Args:
        first: Index of the first segment that is listed; segment 0 began at midnight; even.
        segments: How many are listed; an even number.
        breaks: For each break, the seconds after midnight where it begins and how many it lasts.
    """
    depth = segments * SEGMENT_S
    end = (first + segments) * SEGMENT_S
    hours, rest = divmod(end, 3600)
    days, hours = divmod(hours, 24)
    published = f"2026-01-{days + 1:02}T{hours:02}:{rest // 60:02}:{rest % 60:02}Z"
    head = (
        f'type="dynamic" id="show" availabilityStartTime="2026-01-01T00:00:00Z" '
        f'publishTime="{published}" minimumUpdatePeriod="PT{SEGMENT_S}S" '
        f'timeShiftBufferDepth="PT{depth}S" maxSegmentDuration="PT5S"'
    )
    events = "".join(_event(at, seconds) for at, seconds in breaks)
    stream = (
        f'<EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin" timescale="1">{events}'
        "</EventStream>"
    )
    return _mpd(head, first, segments, stream if breaks else "")


def _mpd(head: str, first: int, segments: int, events: str = "") -> bytes:
    sets = "".join(
        f'<AdaptationSet id="{number}" contentType="{kind}" mimeType="{kind}/mp4" '
        f'segmentAlignment="true" startWithSAP="1">'
        f"{''.join(_representation(track, first, segments) for track in tracks)}</AdaptationSet>"
        for number, (kind, tracks) in enumerate((("video", VIDEO), ("audio", AUDIO)), start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
        f'profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT4S" {head}>'
        f'<Period id="P0" start="PT0S">{events}{sets}</Period></MPD>\n'
    ).encode()


def _representation(track: Track, first: int, segments: int) -> str:
    size = "" if track.size is None else f' width="{track.size[0]}" height="{track.size[1]}"'
    even, odd = track.durations
    start = first // 2 * (even + odd)
    rows = []
    for _ in range(segments // 2):
        rows.append(f'<S t="{start}" d="{even}"/><S t="{start + even}" d="{odd}"/>')
        start += even + odd
    return (
        f'<Representation id="{track.id}" bandwidth="{track.bandwidth}" codecs="{track.codecs}"'
        f'{size}><SegmentTemplate timescale="{track.timescale}" presentationTimeOffset="0" '
        f'startNumber="{first + 1}" initialization="{track.id}/init.mp4" '
        f'media="{track.id}/$Number$.m4s"><SegmentTimeline>{"".join(rows)}'
        "</SegmentTimeline></SegmentTemplate></Representation>"
    )


def _event(at: int, seconds: int) -> str:
    command = SpliceInsert(
        event_id=at % 2**32,
        out_of_network=True,
        pts_ticks=at * 90_000 % 2**33,
        duration_ticks=seconds * 90_000,
    )
    message = base64.b64encode(write_splice_info(SpliceInfo(command=command))).decode()
    return (
        f'<Event id="{at}" presentationTime="{at}" duration="{seconds}">'
        '<Signal xmlns="http://www.scte.org/schemas/35/2016">'
        f"<Binary>{message}</Binary></Signal></Event>"
    )


def dash_creative(name: str, seconds: int, *, segment_s: int = 5) -> Creative:
    """An ad of `seconds` in segments of `segment_s`, with a rendition for every Representation."""
    hls = creative(name, seconds, segment_s=segment_s)
    lengths = [one.duration for one in next(iter(hls.renditions.values())).segments]
    renditions = {
        track.id: CreativeRendition(
            segments=next(iter(hls.renditions.values())).segments,
            cmaf=CmafMedia(
                base=f"{MEDIA}/{name}/{track.id}/",
                initialization="init.mp4",
                media="$Number$.m4s",
                start_number=1,
                timescale=track.timescale,
                durations=tuple(int(length * track.timescale) for length in lengths),
                mime_type="video/mp4" if track.size else "audio/mp4",
                codecs=track.codecs,
                bandwidth=track.bandwidth,
                width=track.size[0] if track.size else None,
                height=track.size[1] if track.size else None,
                sample_rate=None if track.size else 48_000,
            ),
        )
        for track in TRACKS
    }
    return Creative(id=name, duration=Decimal(seconds), renditions=renditions)


def dash_catalogue(count: int, seconds: int) -> tuple[Creative, ...]:
    """`count` different creatives of one length."""
    return tuple(dash_creative(f"{number:032x}", seconds) for number in range(count))
