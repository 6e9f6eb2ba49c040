"""Small films made on the spot, a player's eye on what became of them, and things to lay over."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from overlays.layers import Picture
from overlays.mp4.boxes import read_boxes
from overlays.mp4.init import read_init, video_track
from overlays.mp4.samples import Sample, read_segment
from overlays.segment.draw import Showing
from overlays.testcard import Card, CardPainter

SHARED = Path(__file__).parents[3] / ".." / "shared" / "media"
SIZE = (192, 108)
FRAGMENTED = "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"
CARD = Card(code="content", title="Film", clock=True, duration_s=8)


@dataclass(frozen=True)
class Film:
    """A rendition: its init section and its segments."""

    init: bytes
    segments: tuple[bytes, ...]

    def samples(self, data: bytes) -> tuple[Sample, ...]:
        movie = read_init(self.init)
        return read_segment(data, movie).samples(video_track(movie).number)


@cache
def make_film(
    x264: str = "",
    *,
    codec: str = "libx264",
    rate: Fraction = Fraction(25),
    frames: int = 24,
    gop: int = 12,
    segment_gops: int = 1,
    size: tuple[int, int] = SIZE,
    fragments: str = "frag_keyframe",
    with_sound: bool = False,
    pix_fmt: str = "yuv420p",
    preset: str = "veryfast",
) -> Film:
    """Encode a moving card; each segment has `segment_gops` GOPs."""
    painter = CardPainter(CARD, size)
    buffer = io.BytesIO()
    options = {"movflags": FRAGMENTED.replace("frag_keyframe", fragments)}
    with av.open(buffer, "w", format="mp4", options=options) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.gop_size = gop
        if codec == "libx264":
            x264 = f"keyint={gop}:scenecut=0:open-gop=0:{x264}"
            stream.options = {"preset": preset, "crf": "20", "x264-params": x264}
        sound = out.add_stream("aac", rate=48_000, layout="stereo") if with_sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(painter.frame(number, float(rate)), "yuv420p")
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
            if sound is not None:
                _beep(out, sound, number, rate)
        out.mux(stream.encode(None))
        if sound is not None:
            out.mux(sound.encode(None))
    return _cut(buffer.getvalue(), segment_gops)


@cache
def real_film(name: str, gops: range) -> Film:
    """GOPs of a progressive film, not encoded again; each is a segment."""
    buffer = io.BytesIO()
    with (
        av.open(str(SHARED / name)) as source,
        av.open(buffer, "w", format="mp4", options={"movflags": FRAGMENTED}) as out,
    ):
        video = source.streams.video[0]
        stream = out.add_stream_from_template(video)
        gop = -1
        for packet in source.demux(video):
            gop += packet.is_keyframe
            if gop in gops and packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return _cut(buffer.getvalue(), 1)


def _beep(out: object, sound: object, number: int, rate: Fraction) -> None:
    first, end = (int(n * 48_000 / rate) for n in (number, number + 1))
    tone = np.sin(np.arange(first, end) * 0.05).astype(np.float32) * 0.2
    frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), "fltp", "stereo")
    frame.sample_rate, frame.pts = 48_000, first
    out.mux(sound.encode(frame))  # type: ignore[attr-defined]


def _cut(data: bytes, segment_gops: int) -> Film:
    """Take a fragmented file apart, at every so many fragments that begin with an IDR picture."""
    boxes = [(box.kind, data[box.start : box.end]) for box in read_boxes(data)]
    init = b"".join(content for kind, content in boxes if kind in (b"ftyp", b"moov"))
    movie = read_init(init)
    track = video_track(movie).number
    segments: list[bytes] = []
    gops = 0
    for (kind, content), (_, media) in zip(boxes, [*boxes[1:], (b"", b"")], strict=True):
        if kind != b"moof":
            continue
        samples = read_segment(content + media, movie).samples(track)
        if samples and samples[0].is_sync:
            if gops % segment_gops == 0:
                segments.append(b"")
            gops += 1
        segments[-1] += content + media
    return Film(init, tuple(segments))


def decode(init: bytes, samples: Sequence[Sample]) -> list[np.ndarray]:
    """Decode as a player does, under the sets of an init section; planes of each picture."""
    track = video_track(read_init(init))
    codec = av.CodecContext.create("h264", "r")
    codec.extradata = track.avcc
    codec.thread_count = 1
    frames = []
    for sample in samples:
        packet = av.Packet(sample.data)
        packet.pts, packet.dts = sample.pts, sample.dts
        frames += codec.decode(packet)
    frames += codec.decode(None)
    assert not any(frame.is_corrupt for frame in frames)
    assert [frame.pts for frame in frames] == sorted(sample.pts for sample in samples)
    return [np.asarray(frame.to_ndarray()) for frame in frames]


def luma_psnr(one: Sequence[np.ndarray], other: Sequence[np.ndarray], outside: tuple) -> float:
    """PSNR of Y outside a box of (left, top, width, height), over all pictures."""
    left, top, width, height = outside
    rows = one[0].shape[0] * 2 // 3
    kept = np.ones((rows, one[0].shape[1]), bool)
    kept[top : top + height, left : left + width] = False
    errors = [
        np.square(a[:rows].astype(int) - b[:rows])[kept].mean()
        for a, b in zip(one, other, strict=True)
    ]
    return float(10 * np.log10(255**2 / max(np.mean(errors), 1e-9)))


@dataclass(frozen=True)
class Bug:
    """A still red box with a soft edge."""

    picture: Picture

    def at(self, time: Fraction) -> Picture | None:
        return self.picture


def bug(left: int = 20, top: int = 10, width: int = 40, height: int = 20) -> Bug:
    pixels = np.full((height, width, 4), (220, 20, 30, 255), np.uint8)
    pixels[[0, -1], :, 3] = 120
    return Bug(Picture(pixels, left, top))


def shown(layer: object, begins_at: float = 0, ends_at: float | None = None) -> Showing:
    end = None if ends_at is None else Fraction(ends_at)
    return Showing(content=layer, begins_at=Fraction(begins_at), ends_at=end)  # type: ignore[arg-type]
