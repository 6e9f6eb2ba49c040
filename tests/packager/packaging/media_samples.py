"""Small sources made on the spot, and a player's eye on what came of them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile

import av
import numpy as np

from packager.packaging.encode import AudioSource, EncodedRendition, VideoSource
from packager.packaging.ladder import TS_ORIGIN, AudioSpec, Rung, VideoSpec

SHARED = Path(__file__).parents[3] / ".." / "shared" / "media"

AAC_48K = AudioSpec(sample_rate=48_000, channels=2, bitrate=96_000)
AAC_FRAME_S = Fraction(1024, 48_000)
FORMATS = {"cmaf": "mp4", "ts": "mpegts", "packed-aac": "aac"}
LEVEL_STEP = 2  # of luma, from picture to picture


def video_spec(width: int = 160, height: int = 90, rate: Fraction | int = 25) -> VideoSpec:
    return VideoSpec(width=width, height=height, frame_rate=Fraction(rate), bitrate=400_000)


def rung(
    kind: str,
    container: str,
    *,
    video: VideoSpec | None = None,
    audio: AudioSpec | None = None,
    segment: Fraction | int = 1,
    grid: Fraction | int = 25,
) -> Rung:
    if kind in ("video", "muxed"):
        video = video or video_spec()
    if kind in ("audio", "muxed"):
        audio = audio or AAC_48K
    return Rung(
        kind=kind,  # type: ignore[arg-type]
        container=container,  # type: ignore[arg-type]
        segment_s=Fraction(segment),
        frame_grid=Fraction(grid),
        video=video,
        audio=audio,
        timestamp_origin=0 if container == "cmaf" else TS_ORIGIN,
    )


EVERY_CONTAINER = (
    rung("video", "cmaf"),
    rung("audio", "cmaf"),
    rung("muxed", "cmaf"),
    rung("muxed", "ts"),
    rung("video", "ts"),
    rung("audio", "ts"),
    rung("audio", "packed-aac"),
    rung("subtitles", "webvtt"),
)


def picture(number: int, width: int = 160, height: int = 90) -> np.ndarray:
    """A grey picture whose level tells its number."""
    return np.full((height, width, 3), 20 + number * LEVEL_STEP % 200, np.uint8)


def number_of(level: float) -> int:
    """The number of the picture with this luma (BT.709, limited range)."""
    return round(((level - 16) * 255 / 219 - 20) / LEVEL_STEP)


def video_source(frames: int, rate: Fraction | int = 25) -> VideoSource:
    return VideoSource(160, 90, Fraction(rate), (picture(number) for number in range(frames)))


def beeps(
    seconds: float, at: tuple[float, ...], rate: int = 48_000, channels: int = 2
) -> np.ndarray:
    """Silence with a click of 4 ms at each of `at`; shape (n, channels)."""
    samples = np.zeros((int(seconds * rate), channels), np.float32)
    for start in at:
        samples[int(start * rate) : int(start * rate) + rate // 250] = 0.8
    return samples


def audio_source(samples: np.ndarray, rate: int = 48_000) -> AudioSource:
    def pieces() -> Iterator[np.ndarray]:
        for first in range(0, len(samples), 3000):
            yield samples[first : first + 3000]

    return AudioSource(rate, samples.shape[1], pieces())


def make_file(
    *,
    frames: int = 50,
    rate: Fraction | int = 25,
    size: tuple[int, int] = (160, 90),
    pictures: list[np.ndarray] | None = None,
    times: list[int] | None = None,
    time_base: Fraction | None = None,
    samples: np.ndarray | None = None,
    sample_rate: int = 48_000,
    format_name: str = "mp4",
    video_codec: str = "libx264",
    audio_codec: str = "aac",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    colour_transfer: int = 1,
    pixel_aspect: Fraction | None = None,
    index_first: bool = False,
) -> bytes:
    """A source file; `times` in ticks of `time_base` make its frame rate vary."""
    flags = {"movflags": "faststart"} if index_first else {}
    with (
        NamedTemporaryFile() as out,
        av.open(out.name, "w", format=format_name, options=flags) as file,
    ):
        video = file.add_stream(video_codec, rate=Fraction(rate), options=options or {})
        video.width, video.height, video.pix_fmt = *size, pixel_format
        video.codec_context.time_base = time_base or 1 / Fraction(rate)
        video.codec_context.color_trc = colour_transfer
        video.codec_context.color_primaries = video.codec_context.colorspace = 1
        if pixel_aspect:
            video.codec_context.sample_aspect_ratio = pixel_aspect
        audio = None
        if samples is not None:
            audio = file.add_stream(audio_codec, rate=sample_rate)
            audio.layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
        for number in range(frames):
            pixels = pictures[number % len(pictures)] if pictures else picture(number, *size)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = times[number] if times else number
            frame.time_base = video.codec_context.time_base
            file.mux(video.encode(frame.reformat(format=pixel_format, dst_colorspace=1)))
        file.mux(video.encode(None))
        if audio is not None and samples is not None:
            sound = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples.T), format="fltp", layout=audio.layout.name
            )
            sound.sample_rate, sound.pts = sample_rate, 0
            sound.time_base = Fraction(1, sample_rate)
            file.mux(audio.encode(sound))
            file.mux(audio.encode(None))
        file.close()
        return out.read()


@dataclass
class Played:
    """What a player gets out of one track."""

    times: list[Fraction] = field(default_factory=list)  # seconds, of each frame
    levels: list[float] = field(default_factory=list)  # mean luma of pictures
    sizes: set[tuple[int, int]] = field(default_factory=set)
    clicks: list[float] = field(default_factory=list)  # seconds at which a click begins
    end: Fraction = Fraction(0)  # seconds
    corners: list[float] = field(default_factory=list)  # luma of the top left corner
    stripes: list[float] = field(default_factory=list)  # mean difference of neighbouring lines


def play(media: bytes, format_name: str) -> dict[str, Played]:
    """Decode everything, as strictly as FFmpeg can."""
    tracks: dict[str, Played] = {}
    loud_until = -1.0
    options = {"err_detect": "explode"}
    with av.open(io.BytesIO(media), format=format_name, options=options) as container:
        for packet in container.demux():
            for frame in packet.decode():
                assert not getattr(frame, "is_corrupt", False)
                played = tracks.setdefault(packet.stream.type, Played())
                at = frame.pts * frame.time_base
                played.times.append(at)
                if isinstance(frame, av.VideoFrame):
                    luma = np.frombuffer(bytes(frame.planes[0]), np.uint8)
                    luma = luma.reshape(frame.height, frame.planes[0].line_size)[:, : frame.width]
                    played.levels.append(float(luma.mean()))
                    played.corners.append(float(luma[1, 1]))
                    lines = luma.astype(float)
                    played.stripes.append(float(np.abs(lines[1:] - lines[:-1]).mean()))
                    played.sizes.add((frame.width, frame.height))
                    played.end = max(played.end, at)
                else:
                    loud = np.abs(frame.to_ndarray()).max(axis=0) > 0.4
                    for index in np.flatnonzero(loud):
                        second = float(at) + index / frame.sample_rate
                        if second > loud_until + 0.1:
                            played.clicks.append(second)
                        loud_until = second
                    played.end = max(played.end, at + Fraction(frame.samples, frame.sample_rate))
    return tracks


def media_of(rendition: EncodedRendition, *numbers: int) -> bytes:
    """The init section and segments (0-based; all if none is named) of a rendition."""
    init = (rendition.folder / rendition.init).read_bytes() if rendition.init else b""
    segments = [rendition.segments[n] for n in numbers] if numbers else rendition.segments
    return init + b"".join((rendition.folder / segment.name).read_bytes() for segment in segments)


def play_rendition(rendition: EncodedRendition, *numbers: int) -> dict[str, Played]:
    return play(media_of(rendition, *numbers), FORMATS[rendition.rung.container])
