"""A segment rendered with overlays: bytes of an init section and a segment in, a segment out.

The result decodes under the original's own parameter sets and init section and stands at the same
times, so that a manifest only names another URL. GOPs that no overlay touches are copied.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

from overlays.errors import Refusal, SegmentRefused
from overlays.frames.colour import Colours, colours_of
from overlays.h264.parameter_sets import Sps
from overlays.h264.retarget import check_same_meaning, demands_of, retarget_picture
from overlays.segment.cmaf import Pictures, open_cmaf
from overlays.segment.decode import Decoded, decode_gop
from overlays.segment.draw import Painter, Showing
from overlays.segment.encode import encode_gop, idr_qp_like
from overlays.segment.gops import Gop
from overlays.segment.profile import Profile

_OVERHEAD = 12  # bytes that a container may need more for each picture


class Film(Protocol):
    """The video of a segment, whatever the container."""

    @property
    def gops(self) -> tuple[Gop, ...]:
        """In the order of decoding."""

    def time_of(self, pts: int) -> Fraction:
        """Return the time of presentation in seconds."""


def render_segment(
    init: bytes, segment: bytes, showings: Sequence[Showing], profile: Profile | None = None
) -> bytes:
    """Render a CMAF segment with overlays; see `render_variants`."""
    return render_variants(init, segment, [showings], profile)[0]


def render_variants(
    init: bytes,
    segment: bytes,
    variants: Sequence[Sequence[Showing]],
    profile: Profile | None = None,
) -> tuple[bytes, ...]:
    """Render a CMAF segment with several sets of overlays; it is decoded once.

    Args:
        init: Init section of the rendition.
        segment: One media segment, with one or more fragments.
        variants: Each has its overlays in z-order, the lowest first.
        profile: How hard to try.

    Returns:
        A segment for each variant: as many samples, the same start times, durations, set of
        presentation times, other tracks and boxes (an index is left out), and at most
        `profile.rate` times as many bytes. The original's bytes where nothing is to be seen.

    Raises:
        MediaMalformed: The bytes are not such media.
        SegmentRefused: The original is to be served, for the reason given; where it is a
            RetargetRefused, an augmented init section would help.
        EncodingFailed: Decoder or encoder failed.
    """
    profile = profile or Profile()
    film = open_cmaf(init, segment)
    replaced = render_gops(film, variants, profile)
    rendered = tuple(film.write(pictures) if pictures else segment for pictures in replaced)
    if any(len(data) > max(profile.rate, 1) * len(segment) for data in rendered):
        raise SegmentRefused(Refusal.TOO_MANY_BYTES)
    return rendered


def render_gops(
    film: Film, variants: Sequence[Sequence[Showing]], profile: Profile
) -> tuple[dict[int, Pictures], ...]:
    """Return, for each variant, the pictures of the GOPs that it touches, by their place."""
    colours = _colours(film.gops[0].sets.sps)
    rendering = [_Variant(Painter(showings, colours), profile) for showings in variants]
    for index, gop in enumerate(film.gops):
        times = [film.time_of(pts) for pts in gop.times]
        decoded = None
        for variant in rendering:
            if variant.painter.touches(times):
                decoded = decoded or decode_gop(gop)
                variant.render(index, gop, decoded, times)
    return tuple(variant.replaced for variant in rendering)


class _Variant:
    """One set of overlays on its way through a segment; what a GOP leaves, the next may use."""

    def __init__(self, painter: Painter, profile: Profile) -> None:
        self.painter = painter
        self.replaced: dict[int, Pictures] = {}
        self._profile = profile
        self._left_bytes = 0.0
        self._coarser = 0.0  # QP steps that the last GOP needed

    def render(self, index: int, gop: Gop, decoded: Decoded, times: Sequence[Fraction]) -> None:
        """Render the GOP in place `index`."""
        demands = demands_of(gop.sets)
        drawn = [
            self.painter.draw(frame, time)
            for frame, time in zip(decoded.frames, times, strict=True)
        ]
        allowed = self._profile.rate * gop.size + self._left_bytes
        beside = _size(gop.dressed([()] * len(drawn))) + _OVERHEAD * len(drawn)
        idr_qp = idr_qp_like(decoded.idr_qp, decoded.mean_qp) + self._coarser
        encoded = encode_gop(
            drawn, demands, self._profile, idr_qp=idr_qp, allowed_bytes=int(allowed - beside)
        )
        check_same_meaning(encoded.sets, gop.sets)
        slices = [
            retarget_picture(
                nals,
                source=encoded.sets,
                target=gop.sets,
                number=number,
                idr_pic_id=gop.idr_pic_id,
            )
            for number, nals in enumerate(encoded.pictures)
        ]
        self.replaced[index] = pictures = gop.dressed(slices)
        self._left_bytes = allowed - _size(pictures) - _OVERHEAD * len(drawn)
        self._coarser = max(0.0, self._coarser + encoded.coarser - 1)


def _size(pictures: Pictures) -> int:
    return sum(len(nal) for nals in pictures for nal in nals)


def _colours(sps: Sps) -> Colours:
    return colours_of(sps.colour[2], full_range=sps.full_range, height=sps.height)
