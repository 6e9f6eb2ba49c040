"""Parameter sets of our own beside the original's, where slices cannot be made for those.

They have a number that the original does not use: an init section with both, given from the start,
serves original and replaced segments alike, without a discontinuity.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import av

from overlays.errors import MediaMalformed, Refusal, RetargetRefused, SegmentRefused
from overlays.h264.avcc import read_avcc, write_avcc
from overlays.h264.nal import PPS, SPS, nal_type
from overlays.h264.parameter_sets import ParameterSets, read_pps, read_sps
from overlays.h264.retarget import Demands, check_pictures
from overlays.mp4.init import read_init, replace_avcc, video_track
from overlays.segment.encode import encode
from overlays.segment.profile import Profile

_NUMBERS = 32  # of sequence parameter sets; there may be more of the others


@dataclass(frozen=True, slots=True)
class OwnSets:
    """Parameter sets, the number that both have, and whether they are sent beside the pictures."""

    number: int
    nals: tuple[bytes, bytes]
    in_band: bool = False


def augmented_init(init: bytes) -> bytes:
    """Return an init section that has our parameter sets too; the same bytes for the same init.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: Its video is not to be overlaid, or no number is free.
    """
    track = video_track(read_init(init))
    configuration = read_avcc(track.avcc or b"")
    own = make_own_sets(configuration.sets)
    return replace_avcc(init, track, write_avcc(configuration.with_sets(own.nals)))


def make_own_sets(nals: Iterable[bytes], *, in_band: bool = False) -> OwnSets:
    """Make parameter sets beside others, for pictures of the same size, level and tools.

    Raises:
        SegmentRefused: There are no others, their pictures are refused, or no number is free.
    """
    taken: dict[int, dict[int, bytes]] = {SPS: {}, PPS: {}}
    for nal in nals:
        kind = nal_type(nal)
        number = read_sps(nal).number if kind == SPS else read_pps(nal).number
        taken[kind][number] = nal
    free = [n for n in range(_NUMBERS) if n not in taken[SPS] and n not in taken[PPS]]
    if not taken[SPS] or not taken[PPS]:
        raise SegmentRefused(Refusal.SETS_MISSING)
    if not free:
        raise RetargetRefused(Refusal.SETS_FULL)
    pps = read_pps(next(iter(taken[PPS].values())))
    if pps.sps_number not in taken[SPS]:
        raise MediaMalformed("a picture parameter set names a sequence that is nowhere")
    demands = own_demands(ParameterSets(read_sps(taken[SPS][pps.sps_number]), pps))
    frame = av.VideoFrame(demands.width, demands.height, "yuv420p")
    encoded = encode(
        [frame],
        [0],
        demands,
        Profile(),
        idr_qp=51,
        allowed_bytes=1 << 30,
        sets_number=free[0],
    )
    return OwnSets(free[0], encoded.set_nals, in_band)


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
