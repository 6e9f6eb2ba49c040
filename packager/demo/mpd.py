"""The MPDs of the demo's channel and of its VOD, as text (ISO/IEC 23009-1).

They list the segments of the playlists (`packager.demo.playlists`), numbered alike, in one Period
that began with the channel: media time 0 is the epoch, so no @presentationTimeOffset is needed.
Breaks are in `packager.demo.mpd_events`.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from xml.sax.saxutils import quoteattr

from packager.demo.media import DemoMedia, LoopRendition
from packager.demo.mpd_events import announced, event_stream
from packager.demo.schedule import Addressing, Schedule

_DELAY = 3  # segments that players stay behind the live edge
_UPDATE = "PT1S"
_UNEVEN_S = Fraction(1, 25)  # how far a segment may lie beside the grid of @duration
_SCHEMA = "urn:mpeg:dash:schema:mpd:2011"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"


def live_mpd(schedule: Schedule, now: Fraction, *, time_url: str) -> str | None:
    """Write the channel's MPD as it is `now` seconds after the epoch.

    Args:
        schedule: The channel.
        now: What is complete by then is listed.
        time_url: Absolute; answers the time as ISO 8601 text.

    Returns:
        The text; None while not even the first segment is complete.

    Raises:
        ValueError: As `even_segment_s`, where its settings ask for that.
    """
    window = schedule.published(now)
    if not window:
        return None
    settings = schedule.settings
    listed = range(max(0, window.start - 1), window.stop)  # whole for MPDs a second old too (B-04)
    attributes = [
        'id="demo-live" type="dynamic"',
        f'availabilityStartTime="{schedule.date(Fraction(0))}"',
        f'publishTime="{schedule.date(_changed_at(schedule, window.stop))}"',
        f'minimumUpdatePeriod="{_UPDATE}"',
        f'timeShiftBufferDepth="PT{settings.window_s}S"',
        f'suggestedPresentationDelay="{_duration(_DELAY * _longest(schedule))}"',
    ]
    timing = (
        f'<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value={quoteattr(time_url)}/>'
    )
    return _document(
        schedule,
        attributes,
        '<Period id="P0" start="PT0S">',
        event_stream(announced(schedule, window.stop), settings.offer),
        listed,
        timing,
    )


def vod_mpd(schedule: Schedule) -> str:
    """Write the VOD's MPD: the loop, as often as the settings say, without Events.

    Raises:
        ValueError: As `even_segment_s`, where its settings ask for that.
    """
    length = _duration(schedule.start(schedule.vod_segments))
    return _document(
        schedule,
        ['id="demo-vod" type="static"', f'mediaPresentationDuration="{length}"'],
        f'<Period id="P0" start="PT0S" duration="{length}">',
        (),
        range(schedule.vod_segments),
    )


def even_segment_s(media: DemoMedia) -> Fraction:
    """The duration, in seconds, that every segment of every rendition has, or nearly has.

    AAC frames end beside the grid of the pictures, and a segment of `SegmentTemplate@duration` may
    do so too (DASH-IF timing model: simple addressing); the grid itself keeps to the media.

    Raises:
        ValueError: A rendition has segments of several durations, or none in whole ticks.
    """
    segment_s = media.loop_s / len(media.videos[0].durations)
    for rendition in media.renditions:
        at = Fraction(0)
        for number, ticks in enumerate(rendition.durations):
            if abs(at - number * segment_s) > _UNEVEN_S:
                raise ValueError(f"{rendition.name} has segments of several durations")
            at += Fraction(ticks, rendition.timescale)
        if (segment_s * rendition.timescale).denominator != 1:
            raise ValueError(f"{rendition.name} has no segments of whole ticks")
    return segment_s


def _document(
    schedule: Schedule,
    attributes: Sequence[str],
    period: str,
    events: Sequence[str],
    listed: range,
    timing: str = "",
) -> str:
    head = [f'<MPD xmlns="{_SCHEMA}"', f'profiles="{_PROFILE}"', *attributes]
    longest = _duration(_longest(schedule))
    head.append(f'maxSegmentDuration="{longest}" minBufferTime="{longest}">')
    body = [*events, *_video_set(schedule, listed), *_audio_set(schedule, listed)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "\n    ".join(head),
        f"  {period}",
        *(f"    {line}" for line in body),
        "  </Period>",
    ]
    return "\n".join([*lines, *([f"  {timing}"] if timing else []), "</MPD>", ""])


def _video_set(schedule: Schedule, listed: range) -> Iterator[str]:
    videos = schedule.media.videos
    widest, tallest = max(v.width for v in videos), max(v.height for v in videos)
    rates = {video.frame_rate for video in videos}
    yield (
        '<AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" '
        f'startWithSAP="1" maxWidth="{widest}" maxHeight="{tallest}" '
        f'maxFrameRate="{_rate(max(rates))}">'
    )
    yield '  <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>'
    shared = len({(video.timescale, video.durations) for video in videos}) == 1
    if shared:
        yield from (f"  {line}" for line in _template(schedule, videos[0], listed))
    for video in videos:
        tag = (
            f'<Representation id="{video.name}" bandwidth="{video.bandwidth}" '
            f'codecs="{video.codecs}" width="{video.width}" height="{video.height}" '
            f'frameRate="{_rate(video.frame_rate)}" sar="1:1"'
        )
        if shared:
            yield f"  {tag}/>"
        else:
            yield f"  {tag}>"
            yield from (f"    {line}" for line in _template(schedule, video, listed))
            yield "  </Representation>"
    yield "</AdaptationSet>"


def _audio_set(schedule: Schedule, listed: range) -> Iterator[str]:
    audio = schedule.media.audio
    yield (
        '<AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en" '
        'segmentAlignment="true" startWithSAP="1">'
    )
    yield '  <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>'
    yield from (f"  {line}" for line in _template(schedule, audio, listed))
    yield (
        f'  <Representation id="{audio.name}" bandwidth="{audio.bandwidth}" '
        f'codecs="{audio.codecs}" audioSamplingRate="{audio.timescale}">'
    )
    yield f'    <AudioChannelConfiguration schemeIdUri="{_CHANNELS}" value="{audio.channels}"/>'
    yield "  </Representation>"
    yield "</AdaptationSet>"


def _template(schedule: Schedule, rendition: LoopRendition, listed: range) -> Iterator[str]:
    tag = (
        f'<SegmentTemplate timescale="{rendition.timescale}" '
        'initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s"'
    )
    if schedule.settings.addressing is Addressing.NUMBER:
        ticks = even_segment_s(schedule.media) * rendition.timescale
        yield f'{tag} startNumber="0" duration="{ticks}"/>'
        return
    yield f'{tag} startNumber="{listed.start}">'
    yield "  <SegmentTimeline>"
    yield from (f"    {run}" for run in _timeline(schedule, rendition, listed))
    yield "  </SegmentTimeline>"
    yield "</SegmentTemplate>"


def _timeline(schedule: Schedule, rendition: LoopRendition, listed: range) -> Iterator[str]:
    """The S elements; @t on the first one, and where the loop's sound is not as long as it is."""
    runs: list[tuple[int | None, int, int]] = []  # @t, @d, @r
    expected = None
    for number in listed:
        start = schedule.ticks(number, rendition)
        ticks = rendition.durations[number % schedule.length]
        at = None if start == expected else start
        if at is None and runs[-1][1] == ticks:
            runs[-1] = (runs[-1][0], ticks, runs[-1][2] + 1)
        else:
            runs.append((at, ticks, 0))
        expected = start + ticks
    for at, ticks, repeat in runs:
        time = "" if at is None else f't="{at}" '
        more = f' r="{repeat}"' if repeat else ""
        yield f'<S {time}d="{ticks}"{more}/>'


def _longest(schedule: Schedule) -> Fraction:
    return max(
        schedule.duration(number, rendition)
        for rendition in schedule.media.renditions
        for number in range(schedule.length)
    )


def _rate(rate: Fraction) -> str:
    return f"{rate.numerator}" if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}"


def _duration(seconds: Fraction) -> str:
    return f"PT{float(seconds):.6f}".rstrip("0").rstrip(".") + "S"


def _changed_at(schedule: Schedule, stop: int) -> Fraction:
    """When the MPD became what it is with segment `stop` on air (B-41)."""
    if schedule.settings.addressing is Addressing.NUMBER:  # then only Events come and go
        events = announced(schedule, stop)
        while stop > 1 and announced(schedule, stop - 1) == events:
            stop -= 1
    return schedule.start(stop)
