"""Where a Period may be cut: instants that every Representation can tell exactly (B-10, B-33)."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import gcd

from lxml import etree

from manifests.dash.model import NAMESPACE, AdaptationSet, Period, Representation
from manifests.dash.periods.part import is_sidecar
from manifests.dash.periods.timeline_cut import nearest_border

TOLERANCE = Fraction(1, 50)  # seconds; half a video frame where its rate is known
DIGITS = 12  # after the point, at most: an instant is written as a decimal number
COARSE = 1000  # ticks a second; a finer tick may be rounded without anybody hearing it
SEQUENCES = etree.XPath(
    "boolean(.//mpd:SegmentTimeline/mpd:S[@k[normalize-space() != '1'] or @p])",
    namespaces={"mpd": NAMESPACE},
)


def cut_point(
    period: Period, at: Decimal, *, counted_from: Decimal | None = None
) -> Decimal | None:
    """The instant nearest to `at` where a Period may be cut.

    In this order: the Period's borders, which every Period has; a border of the first video
    set's segments; the nearest video frame; each only if it is within half a frame, and brought
    onto the grid of instants that all Representations have a tick for. If that grid is coarser
    than a frame, it is the video's alone, and other Representations are cut less than a tick away.

    Args:
        period: Of the origin.
        at: Seconds into the Period.
        counted_from: Where a frame begins, in seconds into the Period: the same is found whatever
            segments are listed. None: that is looked up among the segments.

    Returns:
        Seconds into the Period, exact; None if it cannot be cut (`cut_refusal` says why).
    """
    frame = _frame(period)
    tolerance = frame / 2 if frame is not None else TOLERANCE
    wanted = Fraction(at)
    if (end := _end(period, wanted, tolerance)) is not None:
        return end
    if cut_refusal(period) is not None:
        return None
    grid = _grid(period, tolerance)
    border = _border(period, wanted) if counted_from is None else Fraction(counted_from)
    if frame is not None:
        wanted = border + round((wanted - border) / frame) * frame
    found = Fraction(round(wanted * grid), grid)
    # Looked at again, so that the cut point of a cut point is the same.
    if (border * grid).denominator == 1 and abs(border - found) <= tolerance:
        found = border
    end = _end(period, found, tolerance)
    return _decimal(found) if end is None else end


def _end(period: Period, at: Fraction, tolerance: Fraction) -> Decimal | None:
    """The Period's start or end, if that is where an instant is; nothing is cut there."""
    if at <= tolerance:
        return Decimal(0)
    if period.end is not None and at >= Fraction(period.end - period.start) - tolerance:
        return period.end - period.start
    return None


def cut_refusal(period: Period) -> str | None:
    """Why a Period cannot be cut, in words for the operator; None if it can."""
    for one, representation in period.representations():
        addressing = representation.addressing
        if is_sidecar(one, representation):
            continue  # is in the first part only (B-17)
        if addressing is None:
            if one.kind in ("video", "audio"):
                return f"Representation {representation.id!r} has no segments"
        elif addressing.mode == "duration" and addressing.by_time:
            return "$Time$ with @duration cannot be cut (B-13)"
    if SEQUENCES(period.element):
        return "a SegmentTimeline with sequences (S@k) or patterns (S@p) cannot be cut"
    return None


def _segmented(period: Period) -> Iterator[tuple[AdaptationSet, Representation, int]]:
    """What decides on cut points, with timescales; trick play and images follow."""
    for one, representation in period.representations():
        if is_sidecar(one, representation) or representation.addressing is None:
            continue
        if one.kind in ("video", "audio", "text"):
            yield one, representation, representation.addressing.timescale


def _leading(period: Period) -> AdaptationSet | None:
    """The first video set, else the first audio set."""
    for kind in ("video", "audio"):
        for one in period.sets:
            if one.kind == kind and not one.is_trick_mode:
                return one
    return None


def _grid(period: Period, tolerance: Fraction) -> int:
    """How many instants a second there are to cut at, all of them finite decimals."""
    found = list(_segmented(period))
    grid = _decimal_part(gcd(*[scale for _, _, scale in found]))
    if grid * tolerance * 2 >= 1:
        return grid
    leading = _leading(period)
    return _decimal_part(
        gcd(*[scale for one, _, scale in found if one is leading or scale < COARSE])
    )


def _decimal_part(number: int) -> int:
    """The largest divisor that has no other factors than 2 and 5, within `DIGITS`."""
    part = 1
    for factor in (2, 5):
        for _ in range(DIGITS):
            if number % factor == 0 and number:
                number //= factor
                part *= factor
    return part


def _frame(period: Period) -> Fraction | None:
    """Seconds that a frame of the first video set lasts; of the slowest Representation."""
    leading = _leading(period)
    if leading is None:
        return None
    rates = [r.frame_rate for r in leading.representations if r.frame_rate]
    return 1 / min(rates) if rates else None


def _border(period: Period, at: Fraction) -> Fraction:
    """The border of the leading set's segments that is nearest to an instant.

    Returns:
        Seconds into the Period; the Period's start where nothing tells of borders.
    """
    leading = _leading(period)
    for representation in leading.representations if leading else ():
        addressing = representation.addressing
        if addressing is not None:
            time = addressing.pto + at * addressing.timescale
            border = nearest_border(addressing, time)
            return Fraction(0) if border is None else addressing.seconds(border)
    return Fraction(0)


def _decimal(exact: Fraction) -> Decimal:
    """A fraction whose denominator has no other factors than 2 and 5."""
    return Decimal(f"{int(exact * 10**DIGITS)}E-{DIGITS}").normalize() + 0
