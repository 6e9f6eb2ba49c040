"""Pictures of a GOP, decoded by PyAV from NAL units alone; no file, no address.

Only worker processes import this: wrong use of PyAV can end an interpreter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer

from overlays.errors import EncodingFailed
from overlays.h264.nal import join_stream
from overlays.segment.gops import Gop

_HEADER = "=I4xQQii"  # AVVideoEncParams: number, offset and size of blocks, type, QP
_DELTA = 4  # place of the QP among the 32-bit fields of a block (AVVideoBlockParams)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The pictures of a GOP in the order they are shown; shared, so not to be written to."""

    frames: tuple[Any, ...]  # av.VideoFrame, yuv420p
    qps: tuple[float, ...]  # of each, the mean over its macroblocks: how coarse the original is


def decode_gop(gop: Gop) -> Decoded:
    """Decode a GOP.

    Raises:
        EncodingFailed: Pictures are damaged, missing or not where their times say.
    """
    codec = av.CodecContext.create("h264", "r")
    codec.thread_count = 1
    codec.options = {"export_side_data": "venc_params"}
    frames: list[Any] = []
    try:
        for index, unit in enumerate(gop.units):
            nals = (*gop.set_nals, *unit.nals) if index == 0 else unit.nals
            packet = av.Packet(join_stream(nals))
            packet.pts, packet.dts = unit.pts, unit.dts
            frames += codec.decode(packet)
        frames += codec.decode(None)
    except av.FFmpegError as error:
        raise EncodingFailed(f"the original cannot be decoded: {error}") from None
    if tuple(frame.pts for frame in frames) != gop.times or any(
        frame.is_corrupt or frame.format.name not in ("yuv420p", "yuvj420p") for frame in frames
    ):
        raise EncodingFailed("the original's pictures are damaged or not where their times say")
    qps = tuple(qp for frame in frames for qp in _qps(frame))
    if len(qps) != len(frames):
        raise EncodingFailed("the decoder does not tell how coarse the original is")
    return Decoded(tuple(frames), qps)


def _qps(frame: Any) -> Iterator[float]:
    # `frame.side_data` would be a circle, in which the frame waits for the collector
    for data in SideDataContainer(frame):  # type: ignore[call-arg]  # stubs do not have it
        if data.type.name == "VIDEO_ENC_PARAMS":
            yield _mean_qp(bytes(data))


def _mean_qp(parameters: bytes) -> float:
    """Read an AVVideoEncParams: a header, then one block for each macroblock."""
    blocks, offset, size, _, qp = unpack_from(_HEADER, parameters)
    table = np.frombuffer(parameters, np.int32, offset=offset, count=blocks * size // 4)
    return float(qp + table.reshape(blocks, -1)[:, _DELTA].mean()) if blocks else float(qp)
