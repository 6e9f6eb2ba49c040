"""A segment of a transport stream as GOPs, and written again with some of them replaced."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from overlays.errors import Refusal, SegmentRefused
from overlays.h264.nal import DELIMITER, PPS, SPS, join_stream, nal_type, split_stream
from overlays.segment.gops import AccessUnit, Gop, Pictures, read_gops
from overlays.ts.packets import SIZE as PACKET
from overlays.ts.pes import TICKS_PER_S, after
from overlays.ts.rewrite import Stream, read_stream, replace_units


@dataclass(frozen=True, slots=True)
class TransportFilm:
    """The video of one segment."""

    stream: Stream
    gops: tuple[Gop, ...]
    reserve_bytes: int = 16 * PACKET  # counters may have to go on to where they were

    @property
    def set_nals(self) -> tuple[bytes, ...]:
        """Every parameter set that is sent in the segment."""
        nals = (nal for gop in self.gops for unit in gop.units for nal in unit.nals)
        return tuple(dict.fromkeys(nal for nal in nals if nal_type(nal) in (SPS, PPS)))

    def time_of(self, pts: int) -> Fraction:
        """Return the time of presentation in seconds."""
        return Fraction(pts, TICKS_PER_S)

    def write(self, replaced: Mapping[int, Pictures]) -> bytes:
        """Write the segment with other pictures in some GOPs, by the place of the GOP."""
        units, first = {}, 0
        for index, gop in enumerate(self.gops):
            for number, (pts, nals) in enumerate(
                zip(gop.times, replaced.get(index, ()), strict=index in replaced)
            ):
                old = self.stream.units[first + number]
                units[first + number] = replace(old, pts=pts, data=join_stream(nals))
            first += len(gop.units)
        return replace_units(self.stream, units)


def open_transport(data: bytes) -> TransportFilm:
    """Read the video of a segment, which has its parameter sets before each IDR picture.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: The segment cannot be overlaid.
    """
    stream = read_stream(data)
    if not stream.units:
        raise SegmentRefused(Refusal.NO_VIDEO)
    units, reference = [], stream.units[0].dts
    for pes in stream.units:
        nals = split_stream(pes.data)
        if sum(nal_type(nal) == DELIMITER for nal in nals) > 1:
            raise SegmentRefused(Refusal.LAYOUT, "several pictures in one packet")
        reference = after(pes.dts, reference)
        pts = after(pes.pts, reference)
        units.append(AccessUnit(nals=nals, dts=reference, pts=pts, is_sync=False))
    return TransportFilm(stream, read_gops(units, ()))
