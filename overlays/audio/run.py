"""The frames of a segment with music under them, whatever the container.

Only frames that change are written: those before the music begins and after it ends are the
original's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from overlays.audio.codec import decode, encode
from overlays.audio.configuration import FRAME, AacConfiguration
from overlays.audio.mix import Mix, mixed
from overlays.audio.stem import Planes
from overlays.audio.windows import SINE, slope_behind, turned, with_slope
from overlays.errors import Refusal, SegmentRefused

RATE = 1.1  # bytes of the sound, at most, as a share of the original's
# Frames of the neighbours: after so many the encoder is as good as it will be, and after two the
# decoder is; behind the segment it looks ahead.
LEAD, TAIL = 16, 2
_TRIES = 4
_LEAST_BYTES = 1000  # a second, below which there is no sound worth the name
_MOST_FRAMES = 6000  # of a segment: two minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """The sound of a segment and what is around it."""

    configuration: AacConfiguration
    bit_rate: int  # on average; 0: not known
    own: Sequence[bytes]  # raw frames of the segment
    before: Sequence[bytes]  # the last frames of the segment before, no more than `LEAD`
    after: Sequence[bytes]  # the first frames of the segment after, no more than `TAIL`
    first: int  # sample, on the track's clock, with which the segment begins


def mix_frames(sound: Sound, mixes: Sequence[Mix]) -> Mapping[int, bytes]:
    """Mix music under the sound of a segment.

    Args:
        sound: The segment's.
        mixes: The music, at the sound's rate and with its channels.

    Returns:
        The frames that change, by their place in the segment; with them the sound has at most
        `RATE` times as many bytes. None where nothing is to be heard.

    Raises:
        SegmentRefused: The original is to be served, for the reason given.
        EncodingFailed: Decoder or encoder failed.
    """
    if not sound.own:
        raise SegmentRefused(Refusal.NO_SOUND)
    if len(sound.own) > _MOST_FRAMES:
        raise SegmentRefused(Refusal.SOUND_LAYOUT, "the segment has too many frames")
    configuration, before = sound.configuration, len(sound.before)
    frames = (*sound.before, *sound.own, *sound.after)
    plain = decode(configuration, frames)
    start = sound.first - before * FRAME
    music = mixed(plain, mixes, rate=configuration.rate, first=start, zero=sound.first)
    blocks = np.flatnonzero((music != plain).any(axis=0).reshape(-1, FRAME).any(axis=1))
    if not len(blocks):
        return {}
    # The frame before a block is heard in it too.
    first = max(int(blocks[0]) - 1, before)
    end = min(int(blocks[-1]) + 1, before + len(sound.own))
    if first >= end:
        return {}
    lead = max(first - LEAD, 0)
    bytes_now = sum(map(len, sound.own))
    seconds = len(sound.own) * FRAME / configuration.rate
    # What is silent in the original has few bytes, and music needs what the track has on average.
    rate = max(bytes_now / seconds, sound.bit_rate / 8)
    kept = bytes_now - sum(map(len, frames[first:end]))
    encode_some = partial(
        _encoded,
        configuration,
        kept=slice(first - lead, end - lead),
        byte_rate=(rate * seconds - kept) * configuration.rate / ((end - first) * FRAME),
        allowed_bytes=int(RATE * rate * seconds) - kept,
    )
    planes = music[:, lead * FRAME : (end + TAIL) * FRAME]
    if lead < first and _ends_in_sines(configuration, frames[first - 1]):
        _turn(planes, first - lead)
    if _ends_in_sines(configuration, frames[end - 1]):
        straight = planes.copy()
        _turn(planes, end - lead)
        encoded = encode_some(planes)
        last = with_slope(encoded[-1], SINE)
        encoded = encode_some(straight) if last is None else (*encoded[:-1], last)
    else:
        encoded = encode_some(planes)
    return dict(enumerate(encoded, first - before))


def _ends_in_sines(configuration: AacConfiguration, frame: bytes) -> bool:
    """Whether what follows a frame of the original is folded otherwise than our encoder does it."""
    return configuration.channels <= 2 and slope_behind(frame) == SINE


def _turn(planes: Planes, block: int) -> None:
    here = slice(block * FRAME, (block + 1) * FRAME)
    planes[:, here] = turned(planes[:, here])


def _encoded(
    configuration: AacConfiguration,
    planes: Planes,
    *,
    kept: slice,
    byte_rate: float,
    allowed_bytes: int,
) -> tuple[bytes, ...]:
    """Encode, again and coarser until it is small enough."""
    aim = byte_rate
    for _ in range(_TRIES):
        if aim < _LEAST_BYTES:
            break
        frames = encode(configuration, planes, int(8 * aim))[kept]
        size = sum(map(len, frames))
        if size <= allowed_bytes:
            return frames
        aim *= 0.95 * max(allowed_bytes, 1) / size
    raise SegmentRefused(Refusal.TOO_MANY_BYTES)
