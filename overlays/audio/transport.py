"""A segment of a transport stream with music under its sound; all else is as it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from overlays.audio.adts import AdtsFrame, read_adts
from overlays.audio.configuration import FRAME, AacConfiguration
from overlays.audio.mix import Mix
from overlays.audio.run import LEAD, TAIL, Sound, mix_frames
from overlays.errors import OverlayError, Refusal, SegmentRefused
from overlays.ts.pes import TICKS_PER_S, after
from overlays.ts.programme import aac_pid
from overlays.ts.rewrite import Stream, read_stream, replace_units


@dataclass(frozen=True, slots=True)
class _Film:
    """The sound of one segment."""

    stream: Stream
    units: tuple[tuple[AdtsFrame, ...], ...]  # the frames of each access unit

    @property
    def frames(self) -> tuple[AdtsFrame, ...]:
        return tuple(frame for unit in self.units for frame in unit)

    def end(self, rate: int) -> int:
        """When the last frame ends, in ticks."""
        return self.stream.units[-1].pts + FRAME * len(self.units[-1]) * TICKS_PER_S // rate


def transport_configuration(segment: bytes) -> AacConfiguration:
    """What the sound of a segment is.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: Its sound cannot be mixed.
    """
    return _open(segment).frames[0].configuration


def mix_transport(
    segment: bytes, mixes: Sequence[Mix], *, before: bytes = b"", after: bytes = b""
) -> bytes:
    """Mix music under the sound of a segment of a transport stream; as `mix_cmaf`.

    Every packet of another stream stays, and so do clocks; continuity counters end where they did.
    """
    film = _open(segment)
    configurations = {frame.configuration for frame in film.frames}
    if len(configurations) > 1:
        raise SegmentRefused(Refusal.SOUND_LAYOUT, "the sound changes within the segment")
    (configuration,) = configurations
    rate, pts = configuration.rate, film.stream.units[0].pts
    leading, following = _beside(before), _beside(after)
    if leading is not None and not _meet(leading.end(rate), pts, rate):
        leading = None
    if following is not None and not _meet(film.end(rate), following.stream.units[0].pts, rate):
        following = None
    sound = Sound(
        configuration=configuration,
        bit_rate=0,
        own=[frame.data for frame in film.frames],
        before=[] if leading is None else [one.data for one in leading.frames[-LEAD:]],
        after=[] if following is None else [one.data for one in following.frames[:TAIL]],
        first=round(pts * rate / TICKS_PER_S),
    )
    changed = mix_frames(sound, mixes)
    units, number = {}, 0
    for place, (pes, frames) in enumerate(zip(film.stream.units, film.units, strict=True)):
        mine = range(number, number + len(frames))
        number += len(frames)
        if any(index in changed for index in mine):
            data = b"".join(
                frame.write(changed.get(index, frame.data))
                for index, frame in zip(mine, frames, strict=True)
            )
            units[place] = replace(pes, data=data)
    return replace_units(film.stream, units) if units else segment


def _open(data: bytes) -> _Film:
    stream = read_stream(data, aac_pid)
    units = tuple(tuple(read_adts(pes.data)) for pes in stream.units)
    if not any(units):
        raise SegmentRefused(Refusal.NO_SOUND)
    return _Film(stream, units)


def _beside(data: bytes) -> _Film | None:
    """A segment that is of help, but not needed."""
    try:
        return _open(data)
    except OverlayError:
        return None


def _meet(end: int, start: int, rate: int) -> bool:
    """Whether a segment begins where another ends, to within half a frame."""
    return abs(after(end, start) - start) * 2 * rate < FRAME * TICKS_PER_S
