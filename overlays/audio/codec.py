"""AAC frames to samples and back, by FFmpeg's decoder and encoder; no file, no address.

A frame is coded over two blocks of 1024 samples, its own and the next one, and a block is heard
from two frames. So a run of frames that replaces others needs the samples of one block more, and
sounds with its old neighbours as they did with what it replaces: what the last frame of a run gives
to the block behind it is decoded too, though half of it is missing. Encoded again, it gives the
same, for the halves are such that they fold upon each other.

Only worker processes import this.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import av
import numpy as np

from overlays.audio.configuration import FRAME, AacConfiguration, read_configuration
from overlays.audio.stem import Planes
from overlays.errors import EncodingFailed, Refusal, SegmentRefused

_SILENT_RATE = 64_000
# What follows the waveform best, at a third of the time: noise that is put in the place of noise
# would be another at each border.
_OPTIONS = {"aac_coder": "fast", "aac_pns": "0", "aac_is": "0"}


def decode(configuration: AacConfiguration, frames: Sequence[bytes]) -> Planes:
    """Decode frames that follow each other.

    Returns:
        A block of 1024 samples for each frame, and one more: what the last frame gives to it.

    Raises:
        SegmentRefused: SOUND_CODEC: there is more in the frames than AAC-LC.
        EncodingFailed: They are damaged.
    """
    codec: Any = av.CodecContext.create("aac", "r")
    codec.extradata = configuration.write()
    silent = silent_frame(configuration)
    try:
        decoded = [codec.decode(av.Packet(data)) for data in (*frames, silent)]
    except av.FFmpegError as error:
        raise EncodingFailed(f"the original cannot be decoded: {error}") from None
    blocks = [block for given in decoded for block in given]
    if any(
        (block.sample_rate, block.samples) != (configuration.rate, FRAME)
        or block.layout.name != configuration.layout
        for block in blocks
    ):
        raise SegmentRefused(Refusal.SOUND_CODEC, "frames have more than they announce")
    if not decoded[-1] or any(len(given) > 1 for given in decoded):
        raise EncodingFailed("the original's frames are damaged")
    # A frame that has nothing but fill bits in it gives nothing.
    nothing = np.zeros((blocks[-1].layout.nb_channels, FRAME), np.float32)
    return np.concatenate(
        [given[0].to_ndarray() if given else nothing for given in decoded], axis=1
    )


def encode(configuration: AacConfiguration, planes: Planes, bit_rate: int) -> tuple[bytes, ...]:
    """Encode blocks of 1024 samples.

    Returns:
        A frame for each block but the last: coded over the block and the next one.

    Raises:
        SegmentRefused: SOUND_DIFFERS: the encoder makes frames for another decoder.
        EncodingFailed: The encoder did not do as told.
    """
    codec: Any = av.CodecContext.create("aac", "w")
    codec.sample_rate, codec.layout = configuration.rate, configuration.layout
    codec.format, codec.bit_rate, codec.options = "fltp", bit_rate, _OPTIONS
    packets = []
    try:
        codec.open()
        if read_configuration(bytes(codec.extradata or b"")) != configuration:
            raise SegmentRefused(Refusal.SOUND_DIFFERS)
        for first in range(0, planes.shape[1], FRAME):
            block = np.ascontiguousarray(planes[:, first : first + FRAME], np.float32)
            frame = av.AudioFrame.from_ndarray(block, "fltp", configuration.layout)
            frame.sample_rate, frame.pts = configuration.rate, first
            packets += codec.encode(frame)
        packets += codec.encode(None)
    except av.FFmpegError as error:
        raise EncodingFailed(f"the encoder failed: {error}") from None
    blocks = planes.shape[1] // FRAME
    # One frame comes before all samples: it is coded over nothing and the first block.
    if [packet.pts for packet in packets[:blocks]] != [FRAME * n for n in range(-1, blocks - 1)]:
        raise EncodingFailed("the encoder does not begin one frame ahead of its samples")
    return tuple(bytes(packet) for packet in packets[1:blocks])


@lru_cache(maxsize=8)
def silent_frame(configuration: AacConfiguration) -> bytes:
    """A frame that adds nothing to what the one before gives to its block."""
    blocks = np.zeros(
        (int(av.AudioLayout(configuration.layout).nb_channels), 4 * FRAME), np.float32
    )
    return encode(configuration, blocks, _SILENT_RATE)[1]
