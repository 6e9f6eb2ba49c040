"""Samples of a media segment, with everything that its fragments say of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import error, unpack_from

from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.mp4.boxes import Box, children, read_boxes
from overlays.mp4.init import Defaults, Movie

DATA_OFFSET, FIRST_FLAGS, DURATION, SIZE, FLAGS, CTS = 0x1, 0x4, 0x100, 0x200, 0x400, 0x800
PER_SAMPLE = (DURATION, SIZE, FLAGS, CTS)  # in the order of a trun's columns
NON_SYNC = 0x10000
_BASE_GIVEN, _BASE_IS_MOOF = 0x1, 0x20000
_ENCRYPTION = frozenset({b"senc", b"saiz", b"saio"})
_MOST_SAMPLES = 100_000  # of a segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One access unit; times in ticks of its track."""

    data: bytes
    dts: int
    duration: int
    cts: int  # from decoding to presentation; may be negative
    flags: int

    @property
    def pts(self) -> int:
        """When it is shown."""
        return self.dts + self.cts

    @property
    def is_sync(self) -> bool:
        """Whether a player may begin here."""
        return not self.flags & NON_SYNC


@dataclass(frozen=True, slots=True)
class Run:
    """A trun: samples that follow each other, in time and in bytes."""

    track: int
    moof: Box
    traf: Box
    box: Box
    start: int  # of its samples, in the segment
    samples: tuple[Sample, ...]

    @property
    def end(self) -> int:
        """Where its last sample ends."""
        return self.start + sum(len(sample.data) for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Segment:
    """A media segment that has been read."""

    data: bytes
    boxes: tuple[Box, ...]
    runs: tuple[Run, ...]  # of all tracks, as written

    def samples(self, track: int) -> tuple[Sample, ...]:
        """Return the samples of a track, in the order of decoding."""
        return tuple(s for run in self.runs if run.track == track for s in run.samples)


def read_segment(data: bytes, movie: Movie) -> Segment:
    """Read a media segment of one or more fragments.

    Args:
        data: From styp, sidx, emsg, prft or moof on, as they come.
        movie: Of its init section.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: ENCRYPTED or LAYOUT.
    """
    boxes = read_boxes(data)
    try:
        runs = tuple(
            run for box in boxes if box.kind == b"moof" for run in _read_moof(data, box, movie)
        )
    except (error, IndexError) as problem:
        raise MediaMalformed(f"a fragment cannot be read: {problem}") from None
    return Segment(data, boxes, runs)


def _read_moof(data: bytes, moof: Box, movie: Movie) -> Iterator[Run]:
    fragments = [box for box in children(data, moof) if box.kind == b"traf"]
    for traf in fragments:
        inside = children(data, traf)
        if any(box.kind in _ENCRYPTION for box in inside):
            raise SegmentRefused(Refusal.ENCRYPTED)
        header = next((box for box in inside if box.kind == b"tfhd"), None)
        clock = next((box for box in inside if box.kind == b"tfdt"), None)
        if header is None or clock is None:
            raise SegmentRefused(Refusal.LAYOUT, "a fragment without tfhd or tfdt")
        flags, number = unpack_from(">II", data, header.content)
        if number not in movie:
            raise MediaMalformed(f"the init section has no track {number}")
        if flags & _BASE_GIVEN or (not flags & _BASE_IS_MOOF and len(fragments) > 1):
            raise SegmentRefused(Refusal.LAYOUT, "the base of offsets is not the moof")
        defaults = _defaults(data, header, flags, movie[number].defaults)
        (dts,) = unpack_from(">Q" if data[clock.content] else ">I", data, clock.content + 4)
        position = moof.start
        for box in inside:
            if box.kind == b"trun":
                run = _read_run(data, Run(number, moof, traf, box, position, ()), dts, defaults)
                dts += sum(sample.duration for sample in run.samples)
                position = run.end
                yield run


def _defaults(data: bytes, header: Box, flags: int, of_track: Defaults) -> Defaults:
    position = header.content + 8 + 4 * bool(flags & 0x2)
    values = [of_track.duration, of_track.size, of_track.flags]
    for index, flag in enumerate((0x8, 0x10, 0x20)):
        if flags & flag:
            (values[index],) = unpack_from(">I", data, position)
            position += 4
    return Defaults(*values)


def _read_run(data: bytes, run: Run, dts: int, defaults: Defaults) -> Run:
    version_flags, count = unpack_from(">II", data, run.box.content)
    version, flags = version_flags >> 24, version_flags & 0xFFFFFF
    if count > _MOST_SAMPLES:
        raise MediaMalformed(f"a run of {count} samples")
    position = run.box.content + 8
    start, first_flags = run.start, defaults.flags
    if flags & DATA_OFFSET:
        start = run.moof.start + unpack_from(">i", data, position)[0]
        position += 4
    if flags & FIRST_FLAGS:
        (first_flags,) = unpack_from(">I", data, position)
        position += 4
    columns = [flag for flag in PER_SAMPLE if flags & flag]
    if position + 4 * len(columns) * count > run.box.end:
        raise MediaMalformed("a run has fewer entries than it says")
    samples, where = [], start
    for index in range(count):
        entry = {
            DURATION: defaults.duration,
            SIZE: defaults.size,
            FLAGS: defaults.flags if index else first_flags,
            CTS: 0,
        }
        entry |= zip(columns, unpack_from(f">{len(columns)}I", data, position), strict=True)
        position += 4 * len(columns)
        cts = entry[CTS] - (1 << 32) if version and entry[CTS] >> 31 else entry[CTS]
        sample = Sample(
            data=data[where : where + entry[SIZE]],
            dts=dts,
            duration=entry[DURATION],
            cts=cts,
            flags=entry[FLAGS],
        )
        where += entry[SIZE]
        dts += entry[DURATION]
        samples.append(sample)
    if not 0 <= start <= where <= len(data):
        raise MediaMalformed("samples lie outside the segment")
    return Run(run.track, run.moof, run.traf, run.box, start, tuple(samples))
