"""Reading a creative's source: a progressive MP4, MOV or WebM file, and nothing else.

FFmpeg gets bytes or an open file and the format that the first bytes show. It never gets a path or
a URL, and never guesses: a playlist would make it fetch what is named inside (threat 5).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import av

from packager.packaging.deinterlace import Deinterlacer
from packager.packaging.errors import CreativeFailed, CreativeRefused
from packager.packaging.settings import SourceLimits
from packager.packaging.streams import common_rate

__all__ = [
    "Picture",
    "Sound",
    "Source",
    "SourceFacts",
    "SourceLimits",
    "container_format",
    "open_source",
]

_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_MATROSKA = b"\x1a\x45\xdf\xa3"
_KNOWN_OTHERS = (
    (b"#EXTM3U", "an HLS playlist"),
    (b"<", "HTML or XML"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a RIFF file (AVI, WAV or WebP)"),
    (b"ID3", "an audio file"),
    (b"\xff\xf1", "an audio file"),
    (b"\xff\xfb", "an audio file"),
    (b"OggS", "an Ogg file"),
    (b"FLV", "a Flash video"),
    (b"G", "perhaps an MPEG transport stream"),
)
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}  # H.273
_SHORTEST_S = Fraction(1, 10)
_LOST_S = Fraction(1, 2)  # missing at the end: the file was cut off
_BAD_PACKETS = Fraction(1, 20)  # more than these make a source useless


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture."""

    frame: av.VideoFrame
    at: Fraction  # seconds since the first picture


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of decoded sound."""

    frame: av.AudioFrame
    at: Fraction  # seconds since the first picture; may be negative


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a look at every packet shows, without decoding."""

    start: Fraction  # seconds: of the first picture on the file's own clock
    duration: Fraction  # seconds of video
    packets: int  # of video
    has_audio: bool


class Source:
    """An open source. Read it once: `facts` first, then `pictures_and_sounds`."""

    def __init__(self, container: Any, limits: SourceLimits) -> None:
        self._container = container
        streams = container.streams
        videos = [s for s in streams.video if not _is_cover(s)]
        if not videos:
            raise CreativeRefused("the file has no video track")
        self._video = videos[0]
        self._audio = next(iter(streams.audio), None)
        codec = self._video.codec_context
        if codec is None:
            raise CreativeRefused("the video track's codec is not known")
        if not 0 < codec.width * codec.height <= limits.pixels:
            raise CreativeRefused(f"{codec.width}x{codec.height} is not a size that is packaged")
        if transfer := _HDR_TRANSFERS.get(int(codec.color_trc)):
            raise CreativeRefused(f"the video is HDR ({transfer}), the ladder is not")
        self.pixel_aspect = Fraction(self._video.sample_aspect_ratio or 1)
        self.facts = self._look(limits)

    @property
    def size(self) -> tuple[int, int, Fraction, Fraction]:
        """Width and height as shown, in pixels, frames per second, and seconds."""
        codec = self._video.codec_context
        rate = common_rate(Fraction(self._video.average_rate or 25))
        return round(codec.width * self.pixel_aspect), codec.height, rate, self.facts.duration

    def pictures_and_sounds(self) -> Iterator[Picture | Sound]:
        """Decode everything, in the order of the file.

        Raises:
            CreativeFailed: Too little of it can be decoded.
        """
        self._video.thread_type = "AUTO"
        tracks = [self._video] if self._audio is None else [self._video, self._audio]
        deinterlacer = Deinterlacer()
        pictures, step = 0, 1 / Fraction(self._video.average_rate or 25)
        last = -step
        for frame in chain(self._frames(tracks), (None,)):
            if isinstance(frame, av.AudioFrame):
                yield Sound(frame, self._time(frame, Fraction(0)))
                continue
            for picture in deinterlacer.finish() if frame is None else deinterlacer.feed(frame):
                last = self._time(picture, last + step)
                pictures += 1
                yield Picture(picture, last)
        if not pictures:
            raise CreativeFailed("no picture can be decoded")

    def _time(self, frame: av.VideoFrame | av.AudioFrame, otherwise: Fraction) -> Fraction:
        """Return the seconds since the first picture."""
        if frame.pts is None or frame.time_base is None:
            return otherwise
        return Fraction(frame.pts * frame.time_base) - self.facts.start

    def _frames(self, tracks: list[Any]) -> Iterator[av.VideoFrame | av.AudioFrame]:
        bad = 0
        for packet in self._container.demux(tracks):
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                bad += 1
                if bad > 2 + self.facts.packets * _BAD_PACKETS:
                    raise CreativeFailed(f"the video cannot be decoded: {error}") from error
                continue
            yield from frames

    def sounds(self) -> Iterator[av.AudioFrame]:
        """Decode the sound alone."""
        if self._audio is None:
            return
        for packet in self._container.demux(self._audio):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                continue  # measured without it; `pictures_and_sounds` counts it

    def _look(self, limits: SourceLimits) -> SourceFacts:
        """Read every packet's times: headers may lie, and a file may be cut off."""
        step = 1 / Fraction(self._video.average_rate or 25)
        starts, end, end_of_all, packets = [], Fraction(0), Fraction(0), 0
        for packet in self._container.demux():
            if packet.pts is None or packet.is_discard:
                continue
            start = packet.pts * packet.time_base
            duration = Fraction(packet.duration or 0) * packet.time_base
            if packet.stream is self._video:
                duration = duration or step
                packets += 1
                starts.append(start)
                end = max(end, start + duration)
            end_of_all = max(end_of_all, start + duration)
        if not starts:
            raise CreativeRefused("the video track is empty")
        start = min(starts)
        announced = Fraction(self._container.duration or 0, av.time_base)
        lost = announced - end_of_all + min(start, 0)
        if self._video.duration is not None:
            lost = max(lost, self._video.duration * self._video.time_base - (end - start))
        if lost > _LOST_S:
            raise CreativeRefused(f"the file is cut off: {float(lost):.1f} s of it are missing")
        if end - start < _SHORTEST_S:
            raise CreativeRefused("the video is shorter than a tenth of a second")
        if end - start > limits.duration_s:
            raise CreativeRefused(
                f"the video lasts {float(end - start):.0f} s, more than {limits.duration_s} s"
            )
        self._container.seek(0)
        return SourceFacts(start, end - start, packets, self._audio is not None)


def size_of(source: Path) -> tuple[int, int, Fraction, Fraction]:
    """Return a source's width, height, frames per second, and seconds.

    Raises:
        CreativeRefused: It is not a source.
    """
    with open_source(source, SourceLimits()) as opened:
        return opened.size


@contextmanager
def open_source(source: bytes | Path, limits: SourceLimits) -> Iterator[Source]:
    """Open a source.

    Args:
        source: The file's bytes, or where it is on this machine.
        limits: What is not even tried.

    Raises:
        CreativeRefused: It is not a progressive MP4, MOV or WebM with a video track.
    """
    with ExitStack() as stack:
        file = (
            BytesIO(source) if isinstance(source, bytes) else stack.enter_context(source.open("rb"))
        )
        format_name = container_format(file.read(64))
        file.seek(0)
        try:
            container = stack.enter_context(
                av.open(file, format=format_name, metadata_errors="replace")
            )
            opened = Source(container, limits)
        except av.FFmpegError as error:
            raise CreativeRefused(
                f"the file looks like {format_name} and cannot be read, cut off or damaged: {error}"
            ) from error
        yield opened


def container_format(head: bytes) -> str:
    """Return FFmpeg's name for the format that a file's first bytes show.

    Raises:
        CreativeRefused: It is none of those that are read; the text says what it seems to be.
    """
    if head[4:8] in _MP4_BOXES:
        return "mp4"
    if head.startswith(_MATROSKA):
        return "matroska"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    seems = next(
        (name for magic, name in _KNOWN_OTHERS if text.startswith(magic)), "something else"
    )
    if not head:
        seems = "an empty file"
    raise CreativeRefused(f"MP4, MOV or WebM is needed, this is {seems}")


def _is_cover(stream: Any) -> bool:
    """Tell whether a video stream is the picture on an audio file."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
