"""Segments rendered with overlays: bytes of a segment in, bytes of its replacement out.

The result decodes under the original's own parameter sets and init section and stands at the same
times, so that a manifest only names another URL. GOPs that no overlay touches are copied.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, chain, pairwise
from statistics import fmean
from typing import Any, Protocol

from overlays.errors import Refusal, RetargetRefused, SegmentRefused
from overlays.frames.colour import Colours, colours_of
from overlays.h264.parameter_sets import Sps
from overlays.h264.retarget import check_same_meaning, demands_of, retarget_picture
from overlays.segment.cmaf import open_cmaf
from overlays.segment.decode import Decoded, decode_gop
from overlays.segment.draw import Painter, Showing
from overlays.segment.encode import encode, idr_qp_like
from overlays.segment.gops import Gop, Pictures
from overlays.segment.own_sets import OwnSets, make_own_sets, own_demands, own_sets_beside
from overlays.segment.profile import Profile
from overlays.segment.transport import open_transport

_OVERHEAD = 12  # bytes that a container may need more for each picture
_MB_BYTES = 384  # of a macroblock in 4:2:0
_MOST_BYTES = 1 << 30  # of decoded pictures: 14 s of 1080p at 25 pictures per second
_RUN = 48  # pictures that are encoded in one go, where GOPs are shorter


class Film(Protocol):
    """The video of a segment, whatever the container."""

    @property
    def gops(self) -> tuple[Gop, ...]:
        """In the order of decoding."""

    @property
    def reserve_bytes(self) -> int:
        """What the container may need more than it had."""

    def time_of(self, pts: int) -> Fraction:
        """Return the time of presentation in seconds."""

    def write(self, replaced: Mapping[int, Pictures]) -> bytes:
        """Write the segment with other pictures in some GOPs, by their place."""


def render_cmaf(
    init: bytes,
    segment: bytes,
    variants: Sequence[Sequence[Showing]],
    profile: Profile | None = None,
    *,
    starts_at: Fraction | None = None,
    augmented: bool = False,
) -> tuple[bytes, ...]:
    """Render a CMAF segment with several sets of overlays; it is decoded once.

    Args:
        init: Init section of the rendition.
        segment: One media segment, with one or more fragments.
        variants: Each has its overlays in z-order, the lowest first.
        profile: How hard to try.
        starts_at: When the segment's first picture is shown, on the clock of the overlays, in
            seconds; None: as its timestamps and the edit list say.
        augmented: Whether players are given the init section of `augmented_init`, where there is
            one.

    Returns:
        A segment for each variant: as many samples, the same start times, durations, set of
        presentation times, other tracks and boxes (an index is left out), and at most
        `profile.rate` times as many bytes. The original's bytes where nothing is to be seen.

    Raises:
        MediaMalformed: The bytes are not such media.
        SegmentRefused: The original is to be served, for the reason given; where it is a
            RetargetRefused, `augmented` would help.
        EncodingFailed: Decoder or encoder failed.
    """
    film = open_cmaf(init, segment)
    own_sets = own_sets_beside(film.configuration.sets) if augmented else None
    return _render_film(film, segment, variants, profile or Profile(), starts_at, own_sets)


def render_transport(
    segment: bytes,
    variants: Sequence[Sequence[Showing]],
    profile: Profile | None = None,
    *,
    starts_at: Fraction | None = None,
) -> tuple[bytes, ...]:
    """Render a segment of a transport stream; as `render_cmaf`.

    Where retargeting refuses, parameter sets of our own are sent beside the pictures. Tables,
    clocks and other streams stay, and continuity counters end where they did.
    """
    film = open_transport(segment)
    profile = profile or Profile()
    try:
        return _render_film(film, segment, variants, profile, starts_at, None)
    except RetargetRefused:
        own_sets = make_own_sets(film.set_nals, in_band=True)
        return _render_film(film, segment, variants, profile, starts_at, own_sets)


def _render_film(
    film: Film,
    segment: bytes,
    variants: Sequence[Sequence[Showing]],
    profile: Profile,
    starts_at: Fraction | None,
    own_sets: OwnSets | None,
) -> tuple[bytes, ...]:
    colours = _colours(film.gops[0].sets.sps)
    painters = [Painter(showings, colours) for showings in variants]
    replaced: list[dict[int, Pictures]] = [{} for _ in variants]
    first = film.time_of(film.gops[0].times[0])
    shift = Fraction() if starts_at is None else starts_at - first
    for run in _runs(film.gops):
        times = {
            index: [film.time_of(pts) + shift for pts in film.gops[index].times] for index in run
        }
        _check_memory([film.gops[index] for index in run])
        touched = [
            [index for index in run if painter.touches(times[index])] for painter in painters
        ]
        uses = Counter(chain.from_iterable(touched))
        decoded = {index: decode_gop(film.gops[index]) for index in sorted(uses)}
        for painter, indexes, pictures in zip(painters, touched, replaced, strict=True):
            if not indexes:
                continue
            uses.subtract(indexes)
            frames = [
                painter.draw(frame, time, in_place=not uses[index])  # nobody needs it afterwards
                for index in indexes
                for frame, time in zip(decoded[index].frames, times[index], strict=True)
            ]
            rendered = _render(
                [film.gops[index] for index in indexes],
                frames,
                _idr_qp([decoded[index] for index in indexes]),
                profile,
                own_sets,
                0 if pictures else film.reserve_bytes,
            )
            pictures |= zip(indexes, rendered, strict=True)
    results = tuple(film.write(pictures) if pictures else segment for pictures in replaced)
    if any(len(data) > max(profile.rate, 1) * len(segment) for data in results):
        raise SegmentRefused(Refusal.TOO_MANY_BYTES)
    return results


def _runs(gops: Sequence[Gop]) -> Iterator[list[int]]:
    """Group short GOPs: an encoder needs some pictures to come to the bytes it is given."""
    run: list[int] = []
    for index, gop in enumerate(gops):
        if run and (
            sum(len(gops[other].units) for other in run) >= _RUN
            or gops[run[0]].set_nals != gop.set_nals
        ):
            yield run
            run = []
        run.append(index)
    yield run


def _check_memory(gops: Sequence[Gop]) -> None:
    sps = gops[0].sets.sps
    pictures = sum(len(gop.units) for gop in gops)
    if pictures * sps.width_mbs * sps.height_mbs * _MB_BYTES > _MOST_BYTES:
        raise SegmentRefused(Refusal.TOO_LONG)


def _idr_qp(decoded: Sequence[Decoded]) -> float:
    qps = [qp for gop in decoded for qp in gop.qps]
    return idr_qp_like(fmean(gop.qps[0] for gop in decoded), fmean(qps))


def _render(
    gops: Sequence[Gop],
    frames: Sequence[Any],
    idr_qp: float,
    profile: Profile,
    own_sets: OwnSets | None,
    reserve_bytes: int,
) -> list[Pictures]:
    """Encode pictures for GOPs of the same parameter sets, and dress them as the old ones were."""
    sets = gops[0].sets
    sent_sets = own_sets.nals if own_sets and own_sets.in_band else ()
    beside = sum(_size(gop.dressed([()] * len(gop.units), sent_sets)) for gop in gops)
    beside += _OVERHEAD * len(frames) + reserve_bytes
    starts = [0, *accumulate(len(gop.units) for gop in gops)]
    encoded = encode(
        frames,
        starts[:-1],
        own_demands(sets) if own_sets else demands_of(sets),
        profile,
        idr_qp=idr_qp,
        allowed_bytes=int(profile.rate * sum(gop.size for gop in gops)) - beside,
    )
    target = own_sets.sets if own_sets else sets
    check_same_meaning(encoded.sets, target)
    return [
        gop.dressed(
            [
                retarget_picture(
                    nals,
                    source=encoded.sets,
                    target=target,
                    number=number,
                    idr_pic_id=gop.idr_pic_id,
                )
                for number, nals in enumerate(encoded.pictures[start:end])
            ],
            sent_sets,
        )
        for gop, (start, end) in zip(gops, pairwise(starts), strict=True)
    ]


def _size(pictures: Pictures) -> int:
    return sum(len(nal) for nals in pictures for nal in nals)


def _colours(sps: Sps) -> Colours:
    return colours_of(sps.colour[2], full_range=sps.full_range, height=sps.height)
