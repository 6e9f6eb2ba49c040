"""Parameter sets of our own beside the original's, where slices cannot be made for those.

They have a number that the original does not use: an init section with both, given from the start,
serves original and replaced segments alike, without a discontinuity.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from overlays.errors import Refusal, RetargetRefused, SegmentRefused
from overlays.h264.avcc import read_avcc, write_avcc
from overlays.h264.nal import PPS, SPS, nal_type
from overlays.h264.parameter_sets import ParameterSets, read_pps, read_sps
from overlays.h264.retarget import Demands, check_pictures, demands_of
from overlays.h264.write_sets import write_sets
from overlays.mp4.init import read_init, replace_avcc, video_track

_NUMBERS = 32  # of sequence parameter sets; there may be more of the others


@dataclass(frozen=True, slots=True)
class OwnSets:
    """Parameter sets, the number that both have, and whether they are sent beside the pictures."""

    number: int
    nals: tuple[bytes, bytes]
    in_band: bool = False

    @property
    def sets(self) -> ParameterSets:
        """What they say."""
        return ParameterSets(read_sps(self.nals[0]), read_pps(self.nals[1]))


def augmented_init(init: bytes) -> bytes | None:
    """Return an init section that has our parameter sets too; None where the original's own do.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: Its video is not to be overlaid, or no number is free.
    """
    track = video_track(read_init(init))
    configuration = read_avcc(track.avcc or b"")
    own = own_sets_beside(configuration.sets)
    if own is None:
        return None
    return replace_avcc(init, track, write_avcc(configuration.with_sets(own.nals)))


def own_sets_beside(nals: Iterable[bytes]) -> OwnSets | None:
    """Return parameter sets of ours where slices cannot be made for one of these; None else.

    Raises:
        MediaMalformed: They cannot be read.
        SegmentRefused: See `make_own_sets`.
    """
    nals = tuple(nals)
    return None if all(map(_serve, _pairs(nals))) else make_own_sets(nals)


def _serve(sets: ParameterSets) -> bool:
    """Whether slices can be made for parameter sets."""
    try:
        demands_of(sets)
    except RetargetRefused:
        return False
    return sets.sps.reference_frames > 0


def make_own_sets(nals: Iterable[bytes], *, in_band: bool = False) -> OwnSets:
    """Make parameter sets beside others, for pictures of the same size, level and tools.

    Raises:
        SegmentRefused: There are no others, their pictures are refused, or no number is free.
    """
    nals = tuple(nals)
    sets = next(_pairs(nals), None)
    if sets is None:
        raise SegmentRefused(Refusal.SETS_MISSING)
    taken = {read_sps(nal).number if nal_type(nal) == SPS else read_pps(nal).number for nal in nals}
    free = next((number for number in range(_NUMBERS) if number not in taken), None)
    if free is None:
        raise RetargetRefused(Refusal.SETS_FULL)
    return OwnSets(free, write_sets(free, sets.sps, own_demands(sets)), in_band)


def _pairs(nals: tuple[bytes, ...]) -> Iterator[ParameterSets]:
    """All that slices may be decoded under."""
    sequences = {sps.number: sps for sps in map(read_sps, _of(SPS, nals))}
    for pps in map(read_pps, _of(PPS, nals)):
        if pps.sps_number in sequences:
            yield ParameterSets(sequences[pps.sps_number], pps)


def _of(kind: int, nals: Iterable[bytes]) -> Iterator[bytes]:
    return (nal for nal in nals if nal_type(nal) == kind)


def own_demands(sets: ParameterSets) -> Demands:
    """Return demands that keep to the coding tools of the original, and so to its profile."""
    check_pictures(sets.sps)
    return Demands(
        width=sets.sps.width,
        height=sets.sps.height,
        level=sets.sps.level,
        cabac=sets.pps.cabac,
        transform_8x8=sets.pps.transform_8x8,
        constrained_intra=False,
        chroma_qp_offset=0,
        min_qp=1,
        full_range=sets.sps.full_range,
    )
