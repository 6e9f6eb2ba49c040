"""The playlists of the demo's channel and of its VOD, as text (RFC 8216bis)."""

from collections.abc import Iterator
from fractions import Fraction

from manifests.scte35 import to_base64, to_hex
from packager.demo.media import DemoMedia, LoopRendition
from packager.demo.schedule import DemoBreak, Dialect, Offer, Schedule
from packager.demo.signals import offer_message

_AHEAD = 2  # segments before its break in which a DATERANGE is already there


def multivariant_playlist(media: DemoMedia, *, max_height: int | None = None) -> str:
    """Write the multivariant playlist, the largest variant first.

    Args:
        media: What there is.
        max_height: Leaves out larger variants, though never the smallest one.
    """
    audio, smallest = media.audio, media.videos[-1]
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Programme",LANGUAGE="en",DEFAULT=YES,'
        f'AUTOSELECT=YES,CHANNELS="{audio.channels}",URI="{audio.name}.m3u8"',
    ]
    for video in media.videos:
        if video is smallest or max_height is None or video.height <= max_height:
            lines += [
                f"#EXT-X-STREAM-INF:BANDWIDTH={video.bandwidth + audio.bandwidth},"
                f"AVERAGE-BANDWIDTH={video.average_bandwidth + audio.average_bandwidth},"
                f'CODECS="{video.codecs},{audio.codecs}",'
                f"RESOLUTION={video.width}x{video.height},"
                f'FRAME-RATE={float(video.frame_rate):.3f},AUDIO="{audio.name}"',
                f"{video.name}.m3u8",
            ]
    return _text(lines)


def live_playlist(schedule: Schedule, rendition: LoopRendition, now: Fraction) -> str | None:
    """Write a live media playlist as it is `now` seconds after the epoch.

    Returns:
        The text; None while not even the first segment is complete.
    """
    window = schedule.published(now)
    if not window:
        return None
    dialect = schedule.settings.dialect
    lines = [*_header(schedule, rendition), f"#EXT-X-MEDIA-SEQUENCE:{window.start}"]
    lines.append(_map(rendition))
    if dialect in (Dialect.DATERANGE, Dialect.BOTH):
        for item in schedule.breaks(window.start, window.stop + _AHEAD):
            lines += _dateranges(schedule, item, window)
    for number in window:
        if dialect is not Dialect.DATERANGE:
            lines += _cues(schedule, number)
        at = schedule.date(schedule.start(number, rendition))
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", *_segment(schedule, rendition, number)]
    return _text(lines)


def vod_playlist(schedule: Schedule, rendition: LoopRendition) -> str:
    """Write the VOD's media playlist: the loop, as often as the settings say, without cues."""
    lines = [*_header(schedule, rendition), "#EXT-X-PLAYLIST-TYPE:VOD", _map(rendition)]
    for number in range(schedule.vod_segments):
        lines += _segment(schedule, rendition, number)
    return _text([*lines, "#EXT-X-ENDLIST"])


def _header(schedule: Schedule, rendition: LoopRendition) -> tuple[str, ...]:
    longest = max(schedule.duration(n, rendition) for n in range(schedule.length))
    target = int(longest + Fraction(1, 2))  # every EXTINF, rounded, is at most this
    return "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{target}"


def _map(rendition: LoopRendition) -> str:
    return f'#EXT-X-MAP:URI="{rendition.name}/init.mp4"'


def _segment(schedule: Schedule, rendition: LoopRendition, number: int) -> Iterator[str]:
    yield f"#EXTINF:{float(schedule.duration(number, rendition)):.6f},"
    yield f"{rendition.name}/{number}.m4s"


def _cues(schedule: Schedule, number: int) -> Iterator[str]:
    """The tags before a segment that begins, continues or ends a break (A-71, A-72)."""
    item = schedule.break_of(number)
    if item is None or number > item.back:
        return
    if number == item.back:
        yield "#EXT-X-CUE-IN"
        return
    elapsed = f"{float(schedule.start(number) - item.start):.3f}"
    if schedule.settings.dialect is Dialect.ENHANCED:
        message = to_base64(offer_message(Offer.ADS, item.event_id, announced_s=item.announced_s))
        if number == item.out:
            yield f"#EXT-OATCLS-SCTE35:{message}"
            yield f"#EXT-X-ASSET:CAID=demo-{item.event_id}"
            yield f"#EXT-X-CUE-OUT:{item.announced_s}"
        else:
            yield (
                f"#EXT-X-CUE-OUT-CONT:ElapsedTime={elapsed},"
                f"Duration={item.announced_s},SCTE35={message}"
            )
    elif number == item.out:
        yield f"#EXT-X-CUE-OUT:{item.announced_s}"
    else:
        yield f"#EXT-X-CUE-OUT-CONT:{elapsed}/{item.announced_s}"


def _dateranges(schedule: Schedule, item: DemoBreak, window: range) -> Iterator[str]:
    """The tags of a break: what was announced, and its end once that is in the window (A-62)."""
    tag = f'#EXT-X-DATERANGE:ID="demo-{item.event_id}",START-DATE="{schedule.date(item.start)}"'
    offer = schedule.settings.offer
    out = to_hex(offer_message(offer, item.event_id, announced_s=item.announced_s))
    yield f"{tag},PLANNED-DURATION={item.announced_s},SCTE35-OUT={out}"
    if item.back < window.stop:
        back = to_hex(offer_message(offer, item.event_id, announced_s=None))
        yield f"{tag},DURATION={float(item.end - item.start):.3f},SCTE35-IN={back}"


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
