"""Pictures encoded anew by x264 for the parameter sets of the original, at the original's bytes.

The original's own QPs say how coarse the replacement has to be: its IDR picture is given a QP from
them, and the pictures after it are steered to the bytes that are left. Only worker processes import
this.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.video.frame import PictureType

from overlays.errors import EncodingFailed, Refusal, SegmentRefused
from overlays.h264.nal import IDR, PPS, SLICE, SPS, nal_type, split_stream
from overlays.h264.parameter_sets import ParameterSets, read_pps, read_sps
from overlays.h264.retarget import Demands
from overlays.segment.profile import Profile

_IDR_FINER = 4  # QP steps by which an IDR picture is finer than the mean: others refer to it
_AIM = 0.965  # share of the bytes allowed: most encodings then need no second one
_TOLERANCE = 0.1  # how fast the encoder mends a rate that is off
_QP_FOR_HALF = 12  # QP steps that halve the bytes of an IDR picture, even of flat content
_RATE = 25  # pictures per second, of whatever film: bytes are counted by pictures


@dataclass(frozen=True, slots=True)
class Encoded:
    """Closed GOPs in which every picture refers to the one before, in the order of encoding."""

    pictures: tuple[tuple[bytes, ...], ...]  # slices of each
    set_nals: tuple[bytes, bytes]
    sets: ParameterSets

    @property
    def size(self) -> int:
        """Bytes of the slices."""
        return sum(len(nal) for nals in self.pictures for nal in nals)


def encode(
    frames: Sequence[Any],
    starts: Sequence[int],
    demands: Demands,
    profile: Profile,
    *,
    idr_qp: float,
    allowed_bytes: int,
) -> Encoded:
    """Encode pictures, again and coarser until they are small enough.

    Args:
        frames: av.VideoFrame, of 4:2:0, in the order they are shown; they are numbered anew.
        starts: Which of them become IDR pictures; the first one does.
        demands: Of the parameter sets that the slices are for.
        profile: How hard to try.
        idr_qp: For the IDR pictures; see `idr_qp_like`.
        allowed_bytes: For all slices.

    Raises:
        SegmentRefused: TOO_MANY_BYTES.
        EncodingFailed: The encoder did not do as told.
    """
    aim = _AIM * allowed_bytes
    for _ in range(profile.tries):
        parameters = _x264_parameters(demands, starts, idr_qp)
        encoded = _encode(frames, starts, demands, profile.preset, aim, parameters)
        excess = encoded.size / max(allowed_bytes, 1)
        if excess <= 1:
            return encoded
        aim *= 0.98 / excess
        idr_qp += 1 + _QP_FOR_HALF * math.log2(excess)
    raise SegmentRefused(Refusal.TOO_MANY_BYTES)


def idr_qp_like(idr_qp: float, mean_qp: float) -> float:
    """Return a QP for the IDR pictures of a replacement.

    Originals of slow encoders have very fine IDR pictures, which B-frames pay back. Where all
    others are P pictures, some steps below the mean are best.

    Args:
        idr_qp: Of the original's IDR pictures.
        mean_qp: Of all its pictures.
    """
    return max(idr_qp, mean_qp - _IDR_FINER)


def _encode(
    frames: Sequence[Any],
    starts: Sequence[int],
    demands: Demands,
    preset: str,
    aim_bytes: float,
    parameters: str,
) -> Encoded:
    codec: Any = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = demands.width, demands.height
    codec.pix_fmt = frames[0].format.name
    codec.framerate, codec.time_base = Fraction(_RATE), Fraction(1, _RATE)
    codec.thread_count = 1
    codec.bit_rate = max(1000, int(8 * aim_bytes * _RATE / len(frames)))
    codec.options = {
        "preset": preset,
        "tune": "psnr",
        "forced-idr": "1",
        "x264-params": parameters,
    }
    packets = []
    try:
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, codec.time_base
            frame.pict_type = PictureType.I if number in starts else PictureType.NONE
            packets += codec.encode(frame)
        packets += codec.encode(None)
    except av.FFmpegError as error:
        raise EncodingFailed(f"the encoder failed: {error}") from None
    if [packet.pts for packet in packets] != list(range(len(frames))):
        raise EncodingFailed("the encoder did not give one picture for each, in order")
    return _take_apart([split_stream(bytes(packet)) for packet in packets], starts)


def _x264_parameters(demands: Demands, starts: Sequence[int], idr_qp: float) -> str:
    qp = min(max(round(idr_qp), demands.min_qp), 51)
    values = {
        "bframes": 0,
        "ref": 1,
        "weightp": 0,
        "stitchable": 1,
        "keyint": "infinite",
        "scenecut": 0,
        "threads": 1,
        "cabac": int(demands.cabac),
        "8x8dct": int(demands.transform_8x8),
        "constrained-intra": int(demands.constrained_intra),
        "chroma-qp-offset": demands.chroma_qp_offset,
        "deblock": "0,0",
        # the original has been quantised before: rounding to nearly the nearest keeps what it has
        "deadzone-inter": 5,
        "deadzone-intra": 3,
        "level": demands.level,
        "qpmin": demands.min_qp,
        "ratetol": _TOLERANCE,
        "zones": "/".join(f"{start},{start},q={qp}" for start in starts),
        "fullrange": "on" if demands.full_range else "off",
    }
    return ":".join(f"{name}={value}" for name, value in values.items())


def _take_apart(pictures: Sequence[Sequence[bytes]], starts: Sequence[int]) -> Encoded:
    first = {nal_type(nal): nal for nal in pictures[0]}
    slices = tuple(tuple(nal for nal in nals if nal_type(nal) in (SLICE, IDR)) for nals in pictures)
    idrs = [number for number, nals in enumerate(slices) if nal_type(nals[0]) == IDR]
    if not {SPS, PPS} <= first.keys() or idrs != list(starts):
        raise EncodingFailed("the encoder did not make IDR pictures where it was told to")
    set_nals = first[SPS], first[PPS]
    return Encoded(slices, set_nals, ParameterSets(read_sps(set_nals[0]), read_pps(set_nals[1])))
