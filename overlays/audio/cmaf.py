"""A CMAF segment with music under its sound: frames written in the place of those that change.

Times, number and durations of samples stay, and the init section fits as before, so that a manifest
only names another URL. Frames before the music begins and after it ends are the original's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from overlays.audio.codec import decode, encode
from overlays.audio.configuration import FRAME, AacConfiguration, read_esds
from overlays.audio.mix import Mix, mixed
from overlays.audio.stem import Planes
from overlays.audio.windows import SINE, slope_behind, turned, with_slope
from overlays.errors import OverlayError, Refusal, SegmentRefused
from overlays.mp4.init import Movie, Track, audio_track, read_init
from overlays.mp4.rewrite import replace_samples
from overlays.mp4.samples import Sample, read_segment

RATE = 1.1  # bytes of the sound, at most, as a share of the original's
# Frames of the neighbours: after so many the encoder is as good as it will be, and after two the
# decoder is; behind the segment it looks ahead.
_LEAD, _TAIL = 16, 2
_TRIES = 4
_LEAST_BYTES = 1000  # a second, below which there is no sound worth the name
_MOST_FRAMES = 6000  # of a segment: two minutes


@dataclass(frozen=True, slots=True)
class _Sound:
    """The sound of a segment and what is around it."""

    frames: tuple[bytes, ...]
    before: int  # frames of the segment before
    own: int  # frames of the segment
    first: int  # sample, on the track's clock, with which the segment begins


def sound_configuration(init: bytes) -> AacConfiguration:
    """What the sound of a rendition is.

    Raises:
        MediaMalformed: The init section cannot be read.
        SegmentRefused: Its sound cannot be mixed.
    """
    return read_esds(audio_track(read_init(init)).esds or b"").configuration


def mix_cmaf(
    init: bytes, segment: bytes, mixes: Sequence[Mix], *, before: bytes = b"", after: bytes = b""
) -> bytes:
    """Mix music under the sound of a CMAF segment.

    Args:
        init: Init section of the rendition.
        segment: One media segment, with one or more fragments.
        mixes: The music, at the sound's rate and with its channels.
        before: The segment before; empty: there is none.
        after: The segment after; empty: there is none, or none yet.

    Returns:
        A segment with as many samples at the same times, other tracks and boxes as they were (an
        index is left out), and at most `RATE` times as many bytes of sound. The original's bytes
        where nothing is to be heard.

    Raises:
        MediaMalformed: The bytes are not such media.
        SegmentRefused: The original is to be served, for the reason given.
        EncodingFailed: Decoder or encoder failed.
    """
    movie = read_init(init)
    track = audio_track(movie)
    esds = read_esds(track.esds or b"")
    configuration = esds.configuration
    content = read_segment(segment, movie)
    own = content.samples(track.number)
    sound = _sound(own, track, movie, configuration, before, after)
    plain = decode(configuration, sound.frames)
    start = sound.first - sound.before * FRAME
    music = mixed(plain, mixes, rate=configuration.rate, first=start, zero=sound.first)
    blocks = np.flatnonzero((music != plain).any(axis=0).reshape(-1, FRAME).any(axis=1))
    if not len(blocks):
        return segment
    # The frame before a block is heard in it too.
    first = max(int(blocks[0]) - 1, sound.before)
    end = min(int(blocks[-1]) + 1, sound.before + sound.own)
    if first >= end:
        return segment
    lead = max(first - _LEAD, 0)
    bytes_now = sum(len(one.data) for one in own)
    seconds = sound.own * FRAME / configuration.rate
    # What is silent in the original has few bytes, and music needs what the track has on average.
    rate = max(bytes_now / seconds, esds.bit_rate / 8)
    kept = bytes_now - sum(len(frame) for frame in sound.frames[first:end])
    replaced_s = (end - first) * FRAME / configuration.rate
    encode_some = partial(
        _encoded,
        configuration,
        kept=slice(first - lead, end - lead),
        byte_rate=(rate * seconds - kept) / replaced_s,
        allowed_bytes=int(RATE * rate * seconds) - kept,
    )
    planes = music[:, lead * FRAME : (end + _TAIL) * FRAME]
    if lead < first and _ends_in_sines(configuration, sound.frames[first - 1]):
        _turn(planes, first - lead)
    if _ends_in_sines(configuration, sound.frames[end - 1]):
        straight = planes.copy()
        _turn(planes, end - lead)
        encoded = encode_some(planes)
        last = with_slope(encoded[-1], SINE)
        encoded = encode_some(straight) if last is None else (*encoded[:-1], last)
    else:
        encoded = encode_some(planes)
    samples = list(own)
    for index, data in enumerate(encoded, first - sound.before):
        samples[index] = replace(own[index], data=data)
    return replace_samples(content, track.number, samples)


def _sound(
    own: Sequence[Sample],
    track: Track,
    movie: Movie,
    configuration: AacConfiguration,
    before: bytes,
    after: bytes,
) -> _Sound:
    if not own:
        raise SegmentRefused(Refusal.NO_SOUND)
    lengths = {one.duration * configuration.rate for one in own[:-1]}
    if lengths - {FRAME * track.timescale} or len(own) > _MOST_FRAMES:
        raise SegmentRefused(Refusal.SOUND_LAYOUT, "samples are not single frames")
    leading = _neighbours(before, movie, track)[-_LEAD:]
    if leading and leading[-1].dts + leading[-1].duration != own[0].dts:
        leading = ()
    following = _neighbours(after, movie, track)[:_TAIL]
    if following and following[0].dts != own[-1].dts + own[-1].duration:
        following = ()
    return _Sound(
        frames=tuple(one.data for one in (*leading, *own, *following)),
        before=len(leading),
        own=len(own),
        first=round(own[0].dts * configuration.rate / track.timescale),
    )


def _ends_in_sines(configuration: AacConfiguration, frame: bytes) -> bool:
    """Whether what follows a frame of the original is folded otherwise than our encoder does it."""
    return configuration.channels <= 2 and slope_behind(frame) == SINE


def _turn(planes: Planes, block: int) -> None:
    here = slice(block * FRAME, (block + 1) * FRAME)
    planes[:, here] = turned(planes[:, here])


def _neighbours(data: bytes, movie: Movie, track: Track) -> tuple[Sample, ...]:
    """The samples of a segment that is of help, but not needed."""
    try:
        return read_segment(data, movie).samples(track.number)
    except OverlayError:
        return ()


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
