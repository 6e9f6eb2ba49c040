"""Video as closed groups of pictures: the least that can be replaced, whatever the container."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from overlays.errors import Refusal, SegmentRefused
from overlays.h264.nal import DELIMITER, IDR, PPS, SEI, SPS, nal_type
from overlays.h264.parameter_sets import ParameterSets, read_pps, read_sps
from overlays.h264.retarget import check_pictures
from overlays.h264.sei import kept_messages, write_sei
from overlays.h264.slice_header import named_sets, read_idr_pic_id

Pictures = Sequence[tuple[bytes, ...]]
"""The NAL units of each picture of a GOP, sent in the order they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """One picture as it is sent; times in ticks of its track."""

    nals: tuple[bytes, ...]
    dts: int
    pts: int
    is_sync: bool  # as the container says; an IDR picture always is

    @property
    def is_idr(self) -> bool:
        """Whether nothing after it refers to anything before it."""
        return any(nal_type(nal) == IDR for nal in self.nals)

    @property
    def size(self) -> int:
        """Bytes of its NAL units."""
        return sum(map(len, self.nals))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gop:
    """From an IDR picture up to the next one, in the order of decoding."""

    units: tuple[AccessUnit, ...]
    set_nals: tuple[bytes, bytes]  # SPS and PPS that its slices name
    sets: ParameterSets
    idr_pic_id: int

    @property
    def times(self) -> tuple[int, ...]:
        """When pictures are shown, in order."""
        return tuple(sorted(unit.pts for unit in self.units))

    @property
    def size(self) -> int:
        """Bytes of its NAL units."""
        return sum(unit.size for unit in self.units)

    def dressed(
        self, pictures: Sequence[Sequence[bytes]], set_nals: Sequence[bytes] = ()
    ) -> tuple[tuple[bytes, ...], ...]:
        """Put into new pictures what the old ones had beside their slices.

        Delimiters and parameter sets stay in the place where they were sent; captions stay with
        the instant at which they are shown.

        Args:
            pictures: NAL units of slices; as many as `units`, sent in the order they are shown.
            set_nals: Sent before the first one, beside the sets that were there.
        """
        captions = {unit.pts: b"".join(_captions(unit.nals)) for unit in self.units}
        dressed = []
        for unit, pts, slices in zip(self.units, self.times, pictures, strict=True):
            nals: list[bytes] = []
            if any(nal_type(nal) == DELIMITER for nal in unit.nals):
                nals.append(bytes([DELIMITER, 0x10 if unit.is_idr else 0x30]))
            nals += [nal for nal in unit.nals if nal_type(nal) in (SPS, PPS)]
            nals += set_nals if unit.is_idr else ()
            if captions[pts]:
                nals.append(write_sei(captions[pts]))
            dressed.append((*nals, *slices))
        return tuple(dressed)


def read_gops(units: Iterable[AccessUnit], set_nals: Iterable[bytes]) -> tuple[Gop, ...]:
    """Group the pictures of a segment.

    Args:
        units: In the order of decoding.
        set_nals: Parameter sets that are known before them, from an avcC.

    Raises:
        SegmentRefused: NO_VIDEO, OPEN_GOP, TIMES, SETS_MISSING, SETS_CHANGE, or pictures that
            `check_pictures` refuses.
        MediaMalformed: A parameter set or a slice cannot be read.
    """
    active = _Sets()
    for nal in set_nals:
        active.take(nal)
    groups: list[list[AccessUnit]] = []
    opened: list[tuple[tuple[bytes, bytes], ParameterSets, int]] = []
    for unit in units:
        if unit.is_idr:
            for nal in unit.nals:
                active.take(nal)
            groups.append([unit])
            opened.append(active.of_idr(unit))
        elif unit.is_sync or not groups:
            raise SegmentRefused(Refusal.OPEN_GOP)
        else:
            if any(active.take(nal) for nal in unit.nals):
                raise SegmentRefused(Refusal.SETS_CHANGE)
            groups[-1].append(unit)
    if not groups:
        raise SegmentRefused(Refusal.NO_VIDEO)
    gops = tuple(
        Gop(units=tuple(group), set_nals=nals, sets=sets, idr_pic_id=idr_pic_id)
        for group, (nals, sets, idr_pic_id) in zip(groups, opened, strict=True)
    )
    if any(one.times[-1] >= other.times[0] for one, other in pairwise(gops)) or any(
        len(set(gop.times)) != len(gop.times) for gop in gops
    ):
        raise SegmentRefused(Refusal.TIMES)
    return gops


class _Sets:
    """The parameter sets known so far, by their numbers."""

    def __init__(self) -> None:
        self._nals: dict[tuple[int, int], bytes] = {}

    def take(self, nal: bytes) -> bool:
        """Know a unit if it is a set; whether it replaces one that said something else."""
        kind = nal_type(nal)
        if kind == SPS:
            key = kind, read_sps(nal).number
        elif kind == PPS:
            key = kind, read_pps(nal).number
        else:
            return False
        before = self._nals.get(key)
        self._nals[key] = nal
        return before is not None and before != nal

    def of_idr(self, unit: AccessUnit) -> tuple[tuple[bytes, bytes], ParameterSets, int]:
        """Return what an IDR picture's slices name, and its idr_pic_id."""
        slice_nal = next(nal for nal in unit.nals if nal_type(nal) == IDR)
        pps_nal = self._nals.get((PPS, named_sets(slice_nal)))
        pps = read_pps(pps_nal) if pps_nal else None
        sps_nal = self._nals.get((SPS, pps.sps_number)) if pps else None
        if pps_nal is None or pps is None or sps_nal is None:
            raise SegmentRefused(Refusal.SETS_MISSING)
        sets = ParameterSets(read_sps(sps_nal), pps)
        check_pictures(sets.sps)
        return (sps_nal, pps_nal), sets, read_idr_pic_id(slice_nal, sets)


def _captions(nals: Iterable[bytes]) -> Iterable[bytes]:
    return (kept_messages(nal) for nal in nals if nal_type(nal) == SEI)
