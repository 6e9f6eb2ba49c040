"""Pictures to H.264: scaled into a rung's frame, paced at its rate, an IDR at each border.

There are no B-frames: every GOP is closed, the first picture has decoding and display time 0, and
neither edit lists nor composition offsets are needed (G-03, G-06).
"""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
from av.codec.context import Flags
from av.video.frame import PictureType

from packager.packaging.ladder import VideoSpec
from packager.packaging.segmentation import SegmentPlan
from packager.packaging.tracks import Sample, VideoTrack

_MATRICES = {1: "bt709", 5: "bt601", 6: "bt601"}  # H.273 matrix → name in the scale filter
_UNKNOWN = 2  # H.273: unspecified
_FULL_RANGE = 2  # of a frame's colour range


class VideoEncoder:
    """Encodes one track. Pictures come in display order and are shown until the next one."""

    def __init__(
        self,
        spec: VideoSpec,
        plan: SegmentPlan,
        *,
        annex_b: bool,
        preset: str,
        crf: int,
        threads: int,
        pixel_aspect: Fraction = Fraction(1),
    ) -> None:
        """`annex_b`: start codes and parameter sets in the samples, as TS needs.

        `pixel_aspect`: width through height of a pixel of the pictures that will come.
        """
        self._spec = spec
        self._plan = plan
        self._codec = _open_encoder(
            spec,
            annex_b=annex_b,
            preset=preset,
            crf=crf,
            threads=threads,
            segment_s=plan.step / plan.grid,
        )
        rate = spec.frame_rate
        timescale = 90_000 if 90_000 % rate.numerator == 0 else rate.numerator * 1000
        self._sample_ticks = int(timescale / rate)
        self.track = VideoTrack(spec, timescale, self._codec.extradata or b"")
        self.start = plan.sample(0, rate)  # number of the first picture
        self.next = self.start  # number of the picture that is encoded next
        self._segment = 0  # number of the segment that starts next
        self._scaler = Scaler(spec, pixel_aspect)

    def encode(self, picture: av.VideoFrame, end: int) -> list[Sample]:
        """Show `picture` up to frame number `end`; does nothing if it is not shown at all."""
        if end <= self.next:
            return []
        frame = self._scaler.scale(picture)
        frame.time_base = 1 / self._spec.frame_rate
        samples = []
        for number in range(self.next, end):
            starts_segment = number == self._plan.sample(self._segment, self._spec.frame_rate)
            if starts_segment:
                self._segment += 1
            frame.pts = number - self.start
            frame.pict_type = PictureType.I if starts_segment else PictureType.NONE
            samples += self._codec.encode(frame)
        self.next = end
        return [self._sample(packet) for packet in samples]

    def finish(self) -> list[Sample]:
        """Return what the encoder still holds."""
        return [self._sample(packet) for packet in self._codec.encode(None)]

    def _sample(self, packet: Any) -> Sample:
        return Sample(bytes(packet), self._sample_ticks, bool(packet.is_keyframe))


class Scaler:
    """Fits pictures into the frame of a rung; bars at the sides keep their aspect ratio."""

    def __init__(self, spec: VideoSpec, pixel_aspect: Fraction = Fraction(1)) -> None:
        self._spec = spec
        self._pixel_aspect = pixel_aspect
        self._graph: Any = None
        self._made_for: tuple[object, ...] = ()

    def scale(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return the picture upright, at the rung's size, in its pixel format and colours."""
        shape = (
            picture.width,
            picture.height,
            picture.format.name,
            picture.rotation,
            picture.colorspace,
            picture.color_range,
        )
        if shape != self._made_for:  # the size may change in the middle of a file
            self._graph, self._made_for = self._make_graph(picture), shape
        self._graph.push(picture)
        frame: av.VideoFrame = self._graph.pull()
        return frame

    def _make_graph(self, picture: av.VideoFrame) -> Any:
        spec = self._spec
        graph = av.filter.Graph()
        nodes = [
            graph.add_buffer(
                width=picture.width,
                height=picture.height,
                format=picture.format,
                time_base=picture.time_base,
            )
        ]
        turn = picture.rotation % 360  # degrees counterclockwise that show it upright
        if turn in (90, 270):
            nodes.append(graph.add("transpose", "cclock" if turn == 90 else "clock"))
        elif turn == 180:
            nodes += [graph.add("hflip"), graph.add("vflip")]
        shape = Fraction(picture.width, picture.height) * self._pixel_aspect
        width, height = fit(1 / shape if turn in (90, 270) else shape, spec.width, spec.height)
        matrix = picture.colorspace
        if matrix == _UNKNOWN and picture.format.name != "rgb24":
            matrix = 1 if picture.height >= 720 else 6  # what players assume
        arguments = f"w={width}:h={height}:flags=bicubic:out_range=tv"
        arguments += f":out_color_matrix={_MATRICES[spec.colour[2]]}"
        if matrix in _MATRICES:
            arguments += f":in_color_matrix={_MATRICES[matrix]}"
        if picture.color_range == _FULL_RANGE:
            arguments += ":in_range=pc"
        nodes.append(graph.add("scale", arguments))
        nodes.append(graph.add("format", spec.pixel_format))
        if (width, height) != (spec.width, spec.height):
            nodes.append(graph.add("pad", f"{spec.width}:{spec.height}:-1:-1:black"))
        nodes += [graph.add("setsar", "1"), graph.add("buffersink")]
        for before, after in pairwise(nodes):
            before.link_to(after)
        graph.configure()
        return graph


def fit(aspect: Fraction, width: int, height: int) -> tuple[int, int]:
    """Return the largest even size of about this aspect ratio inside width x height.

    Bars of one pixel are not worth having: an aspect ratio close to the frame's fills it.
    """
    wide = min(width, round(height * aspect / 2) * 2)
    high = min(height, round(width / aspect / 2) * 2)
    if width - wide <= 4 and height - high <= 4:
        return width, height
    return max(2, wide), max(2, high)


def _open_encoder(
    spec: VideoSpec, *, annex_b: bool, preset: str, crf: int, threads: int, segment_s: Fraction
) -> Any:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = spec.width, spec.height
    codec.pix_fmt = spec.pixel_format
    codec.framerate, codec.time_base = spec.frame_rate, 1 / spec.frame_rate
    codec.sample_aspect_ratio = Fraction(1)
    codec.color_primaries, codec.color_trc, codec.colorspace = spec.colour
    codec.color_range = 1
    codec.thread_count = threads
    if not annex_b:
        codec.flags |= Flags.global_header  # parameter sets in the init section
    # A window of one segment holds at most max_rate * segment_s + buffer bits.
    max_rate = spec.bitrate * 3 // 4
    buffer = int(spec.bitrate * min(segment_s, Fraction(4))) // 4
    x264 = f"annexb={int(annex_b)}:aud={int(annex_b)}:bframes=0:scenecut=0:keyint=infinite"
    codec.options = {
        "preset": preset,
        "profile": spec.profile,
        "crf": str(crf),
        "maxrate": str(max_rate),
        "bufsize": str(buffer),
        "forced-idr": "1",
        "x264-params": x264,
        **({"level": f"{spec.level // 10}.{spec.level % 10}"} if spec.level else {}),
    }
    codec.open()
    return codec
