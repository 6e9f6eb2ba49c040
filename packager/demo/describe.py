"""From a rendition that was encoded to what the demo's origin has to know of it."""

from fractions import Fraction

from packager.demo.boxes import h264_codecs, timescale
from packager.demo.media import LoopRendition
from packager.packaging.encode import EncodedRendition


def describe(name: str, encoded: EncodedRendition, *, bandwidth: int) -> LoopRendition:
    """Describe a CMAF rendition with one track.

    Args:
        name: For URLs, and of the folder that its files will lie in.
        encoded: What was encoded; its init section is read from the disk.
        bandwidth: What it was allowed to need, bit/s; a segment that needs more raises it.
    """
    init = (encoded.folder / (encoded.init or "")).read_bytes()
    scale = timescale(init)
    video, audio = encoded.rung.video, encoded.rung.audio
    rates = [segment.size * 8 / segment.duration for segment in encoded.segments]
    length = sum(segment.duration for segment in encoded.segments)
    return LoopRendition(
        name=name,
        kind=encoded.rung.kind,
        codecs=h264_codecs(init) if video else "mp4a.40.2",
        timescale=scale,
        durations=tuple(round(segment.duration * scale) for segment in encoded.segments),
        bandwidth=max(bandwidth, round(max(rates))),
        average_bandwidth=round(sum(segment.size for segment in encoded.segments) * 8 / length),
        width=video.width if video else 0,
        height=video.height if video else 0,
        frame_rate=video.frame_rate if video else Fraction(0),
        channels=audio.channels if audio else 0,
        init=encoded.init or "",
        segments=tuple(segment.name for segment in encoded.segments),
    )
