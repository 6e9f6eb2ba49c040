"""A media segment written again with other samples in one track.

Fragments, their order and their numbers, start times, durations, other tracks and every box that is
not known stay. What speaks of bytes is told anew (sizes, offsets) or left out: indexes (sidx, ssix,
mfra), parts of samples (subs) and the table of dependencies that flags tell of too (sdtp).
"""

from collections.abc import Mapping, Sequence
from struct import pack, unpack_from

from overlays.errors import Refusal, SegmentRefused
from overlays.mp4.boxes import Box, children, edit, write_box, write_full_box
from overlays.mp4.samples import (
    CTS,
    DATA_OFFSET,
    FIRST_FLAGS,
    FLAGS,
    PER_SAMPLE,
    SIZE,
    Run,
    Sample,
    Segment,
)

_INDEXES = frozenset({b"sidx", b"ssix", b"mfra"})
_OF_OLD_SAMPLES = frozenset({b"subs", b"sdtp"})

_Runs = Mapping[Box, tuple[Run, tuple[Sample, ...]]]  # by their truns; with the new samples


def replace_samples(segment: Segment, track: int, samples: Sequence[Sample]) -> bytes:
    """Write a segment whose track has other samples.

    Args:
        segment: As it was.
        track: Number of the track.
        samples: As many as it had, with the same decode times and durations.

    Raises:
        SegmentRefused: LAYOUT: samples lie across each other or not in an mdat.
    """
    runs, position = {}, 0
    for run in segment.runs:
        new = run.samples
        if run.track == track:
            new = tuple(samples[position : position + len(run.samples)])
            position += len(run.samples)
        runs[run.box] = (run, new)
    if position != len(samples) or any(
        (old.dts, old.duration) != (new.dts, new.duration)
        for run, after in runs.values()
        for old, new in zip(run.samples, after, strict=True)
    ):
        raise ValueError("the samples do not stand at the times of those that they replace")
    payloads = _payloads(segment, runs)
    boxes = [box for box in segment.boxes if box.kind not in _INDEXES]
    # sizes first: they do not depend on what the offsets turn out to be
    nowhere = dict.fromkeys(runs, 0)
    starts, position = {}, 0
    for box in boxes:
        starts[box] = position
        if box.kind == b"moof":
            position += len(_moof(segment, box, track, runs, nowhere))
        elif box in payloads:
            position += 8 + len(payloads[box][0])
        else:
            position += box.end - box.start
    offsets = {
        trun: starts[mdat] + 8 + offset - starts[runs[trun][0].moof]
        for mdat, (_, places) in payloads.items()
        for trun, offset in places.items()
    }
    parts = []
    for box in boxes:
        if box.kind == b"moof":
            parts.append(_moof(segment, box, track, runs, offsets))
        elif box in payloads:
            parts.append(write_box(b"mdat", payloads[box][0]))
        else:
            parts.append(segment.data[box.start : box.end])
    return b"".join(parts)


def _payloads(segment: Segment, runs: _Runs) -> dict[Box, tuple[bytes, dict[Box, int]]]:
    """Return the new content of each mdat, and where in it each run begins."""
    left = sorted(runs.items(), key=lambda item: (item[1][0].start, item[1][0].end))
    payloads = {}
    for mdat in segment.boxes:
        if mdat.kind != b"mdat":
            continue
        parts, places = [], {}
        position, size = mdat.content, 0
        while left and mdat.content <= left[0][1][0].start <= mdat.end:
            trun, (run, samples) = left.pop(0)
            if run.start < position or run.end > mdat.end:
                raise SegmentRefused(Refusal.LAYOUT, "samples lie across each other")
            between = segment.data[position : run.start]  # nobody's bytes, kept
            data = b"".join(sample.data for sample in samples)
            parts += [between, data]
            places[trun] = size + len(between)
            size += len(between) + len(data)
            position = run.end
        parts.append(segment.data[position : mdat.end])
        payloads[mdat] = (b"".join(parts), places)
    if left:
        raise SegmentRefused(Refusal.LAYOUT, "samples lie in no mdat")
    return payloads


def _moof(
    segment: Segment, moof: Box, track: int, runs: _Runs, offsets: Mapping[Box, int]
) -> bytes:
    changed = {run.traf for run, _ in runs.values() if run.track == track}
    within = {
        box
        for traf in changed
        for box in children(segment.data, traf)
        if box.kind in _OF_OLD_SAMPLES
    }

    def change(box: Box) -> bytes | None:
        if box in within:
            return b""
        if box.kind == b"trun":
            return _trun(segment.data, *runs[box], offsets[box])
        return None

    return edit(
        segment.data, moof, change, lambda box: 0 if box.kind in (b"moof", b"traf") else None
    )


def _trun(data: bytes, run: Run, samples: tuple[Sample, ...], offset: int) -> bytes:
    """Write a run with the columns that it had, and those that it now needs."""
    (version_flags,) = unpack_from(">I", data, run.box.content)
    version, flags = version_flags >> 24, version_flags & 0xFFFFFF | DATA_OFFSET
    pairs = list(zip(run.samples, samples, strict=True))
    if any(len(old.data) != len(new.data) for old, new in pairs):
        flags |= SIZE
    if any(new.cts for new in samples):
        flags |= CTS
    if any(new.cts < 0 for new in samples):
        version = 1
    if any(old.flags != new.flags for old, new in pairs):
        flags = (flags | FLAGS) & ~FIRST_FLAGS
    head = pack(">Ii", len(samples), offset)
    if flags & FIRST_FLAGS:
        head += pack(">I", samples[0].flags if samples else 0)
    columns = [flag for flag in PER_SAMPLE if flags & flag]
    rows = b"".join(
        pack(">I", value & 0xFFFFFFFF)
        for sample in samples
        for flag, value in zip(
            PER_SAMPLE, (sample.duration, len(sample.data), sample.flags, sample.cts), strict=True
        )
        if flag in columns
    )
    return write_full_box(b"trun", version, flags, head, rows)
