"""Pictures encoded anew by x264 for the parameter sets of the original, at the original's bytes.

The original's own QPs say how coarse the replacement has to be: its IDR picture is given a QP from
them, and the pictures after it are steered to the bytes that are left. Only worker processes import
this.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """A GOP in which every picture refers to the one before, in the order of encoding."""

    pictures: tuple[tuple[bytes, ...], ...]  # slices of each
    set_nals: tuple[bytes, bytes]
    sets: ParameterSets
    coarser: float = 0.0  # QP steps of the first picture beyond what was asked, to be small enough

    @property
    def size(self) -> int:
        """Bytes of the slices."""
        return sum(len(nal) for nals in self.pictures for nal in nals)


def encode_gop(
    frames: Sequence[Any],
    demands: Demands,
    profile: Profile,
    *,
    idr_qp: float,
    allowed_bytes: int,
    sets_number: int = 0,
) -> Encoded:
    """Encode a GOP, again and coarser until it is small enough.

    Args:
        frames: av.VideoFrame, of 4:2:0, in the order they are shown; they are numbered anew.
        demands: Of the parameter sets that the slices are for.
        profile: How hard to try.
        idr_qp: For the first picture; see `idr_qp_like`.
        allowed_bytes: For all slices.
        sets_number: Of the encoder's own parameter sets.

    Raises:
        SegmentRefused: TOO_MANY_BYTES.
        EncodingFailed: The encoder did not do as told.
    """
    aim, coarser = _AIM * allowed_bytes, 0.0
    for _ in range(profile.tries):
        encoded = _encode(frames, demands, profile, aim, idr_qp + coarser, sets_number)
        excess = encoded.size / max(allowed_bytes, 1)
        if excess <= 1:
            return replace(encoded, coarser=coarser)
        aim *= 0.98 / excess
        coarser += 1 + _QP_FOR_HALF * math.log2(excess)
    raise SegmentRefused(Refusal.TOO_MANY_BYTES)


def idr_qp_like(idr_qp: float, mean_qp: float) -> float:
    """Return a QP for the first picture of a replacement.

    Originals of slow encoders have very fine IDR pictures, which B-frames pay back. Where every
    picture is a P picture, some steps below the mean are best.

    Args:
        idr_qp: Of the original's IDR picture.
        mean_qp: Of all its pictures.
    """
    return max(idr_qp, mean_qp - _IDR_FINER)


def _encode(
    frames: Sequence[Any],
    demands: Demands,
    profile: Profile,
    aim: float,
    idr_qp: float,
    sets_number: int,
) -> Encoded:
    codec: Any = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = demands.width, demands.height
    codec.pix_fmt = frames[0].format.name
    codec.framerate, codec.time_base = Fraction(_RATE), Fraction(1, _RATE)
    codec.thread_count = 1
    codec.bit_rate = max(1000, int(8 * aim * _RATE / len(frames)))
    codec.options = {
        "preset": profile.preset,
        "tune": "psnr",
        "x264-params": _x264_parameters(demands, idr_qp, sets_number),
    }
    packets = []
    try:
        for index, frame in enumerate(frames):
            frame.pts, frame.time_base = index, codec.time_base
            frame.pict_type = PictureType.NONE if index else PictureType.I
            packets += codec.encode(frame)
        packets += codec.encode(None)
    except av.FFmpegError as error:
        raise EncodingFailed(f"the encoder failed: {error}") from None
    if [packet.pts for packet in packets] != list(range(len(frames))):
        raise EncodingFailed("the encoder did not give one picture for each, in order")
    return _take_apart([split_stream(bytes(packet)) for packet in packets])


def _x264_parameters(demands: Demands, idr_qp: float, sets_number: int) -> str:
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
        "level": demands.level,
        "qpmin": demands.min_qp,
        "ratetol": _TOLERANCE,
        "zones": f"0,0,q={qp}",
        "sps-id": sets_number,
        "fullrange": "on" if demands.full_range else "off",
    }
    return ":".join(f"{name}={value}" for name, value in values.items())


def _take_apart(pictures: Sequence[Sequence[bytes]]) -> Encoded:
    first = {nal_type(nal): nal for nal in pictures[0]}
    slices = tuple(tuple(nal for nal in nals if nal_type(nal) in (SLICE, IDR)) for nals in pictures)
    idr = [any(nal_type(nal) == IDR for nal in nals) for nals in slices]
    if not {SPS, PPS} <= first.keys() or idr != [True] + [False] * (len(idr) - 1):
        raise EncodingFailed("the encoder did not begin with an IDR picture, and only there")
    set_nals = first[SPS], first[PPS]
    return Encoded(slices, set_nals, ParameterSets(read_sps(set_nals[0]), read_pps(set_nals[1])))
