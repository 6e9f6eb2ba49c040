"""A real file as the demo's content, in place of the one that is drawn: ``weft demo --media``."""

from fractions import Fraction
from pathlib import Path

from packager.demo.content import AUDIO_BPS, LADDER, SAMPLE_RATE, SEGMENT_S
from packager.demo.describe import describe
from packager.demo.media import LoopRendition
from packager.packaging.condition import Part, condition
from packager.packaging.encode import Progress
from packager.packaging.errors import CreativeRefused
from packager.packaging.ladder import AudioSpec, Rung, VideoSpec, whole_segment
from packager.packaging.settings import ConditionSettings, EncodeSettings, SourceLimits
from packager.packaging.source import container_format

LONGEST_S = 64  # of a file is used: a first start must not take minutes
_SMALL_BPS = 500_000
_SETTINGS = ConditionSettings(
    encode=EncodeSettings(preset="ultrafast"), limits=SourceLimits(duration_s=6 * 3600)
)


def make_file_loop(folder: Path, file: Path, progress: Progress) -> tuple[LoopRendition, ...]:
    """Package the beginning of a file as the loop, in this process.

    Its frame rate stays, its picture is not enlarged, and a last part that is shorter than a
    segment is left out.

    Args:
        folder: Gets a folder for each rendition.
        file: A progressive MP4, MOV or WebM file.
        progress: Told of the share that is done, 0 to 1.

    Raises:
        CreativeRefused: The file is not such a video, or shorter than a segment.
        CreativeFailed: It cannot be decoded.
    """
    size, rate, duration = _look(file)
    segment = whole_segment(Fraction(SEGMENT_S), rate)
    segments = int(min(duration, Fraction(LONGEST_S)) // segment)
    if not segments:
        raise CreativeRefused(f"{float(duration):.1f} s are too short for a channel")
    ladder = [
        (name, height, bps) for name, ((_, height), bps) in LADDER.items() if height <= size[1]
    ]
    named: dict[str, Rung] = {}
    for name, height, bps in ladder or [("sd", size[1] // 2 * 2, _SMALL_BPS)]:
        width = round(Fraction(size[0] * height, 2 * size[1])) * 2
        video = VideoSpec(width=width, height=height, frame_rate=rate, bitrate=bps)
        named[name] = Rung(
            kind="video", container="cmaf", segment_s=segment, frame_grid=rate, video=video
        )
    sound = AudioSpec(sample_rate=SAMPLE_RATE, channels=2, bitrate=AUDIO_BPS)
    named["audio"] = Rung(
        kind="audio", container="cmaf", segment_s=segment, frame_grid=rate, audio=sound
    )
    part = Part(first=0, end=int(segments * segment * rate), first_number=1, counters={})
    encoded = condition(
        file, tuple(named.values()), folder, settings=_SETTINGS, progress=progress, part=part
    )
    renditions = []
    for name, item in zip(named, encoded, strict=True):
        bps = item.rung.video.bitrate if item.rung.video else AUDIO_BPS
        renditions.append(describe(name, item, bandwidth=bps))
        item.folder.rename(folder / name)
    return tuple(renditions)


def _look(file: Path) -> tuple[tuple[int, int], Fraction, Fraction]:
    """The size of the pictures as shown, their rate, and the duration of a file."""
    import av  # only here and in packaging: the wheel is large

    with file.open("rb") as opened:
        container = container_format(opened.read(64))
        opened.seek(0)
        with av.open(opened, "r", format=container) as source:
            if not source.streams.video:
                raise CreativeRefused("the file has no video track")
            video = source.streams.video[0]
            shape = video.width * Fraction(video.sample_aspect_ratio or 1)
            rate = Fraction(video.average_rate or 25).limit_denominator(1001)
            duration = Fraction(source.duration or 0, av.time_base)
            return (round(shape), video.height), rate, duration
