"""What shows where a break has no ad: slate, or any asset of the house's (splice rule D-53)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Slate = tuple[str, Fraction]  # a creative, and its seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SlateOption:
    """House media that can be shown over and over.

    `cut` gives the creative of a slate of the length asked for, and its own length, which is at
    most the tolerance longer; None where there is none (yet), or it is never cut.
    """

    id: str
    duration: Fraction  # seconds of the whole slate
    cut: Callable[[Fraction], Slate | None] = lambda _: None
    minimum: Fraction = Fraction(1, 2)  # a shorter rest is not worth a splice

    def __post_init__(self) -> None:
        if not 0 < self.minimum <= self.duration:
            raise ValueError("a slate is at least as long as the shortest rest that it fills")


def slates_in(
    open_s: Fraction, slates: Sequence[SlateOption], tolerance: Fraction
) -> tuple[Slate, ...]:
    """Fill so many seconds: with each in turn as often as it fits whole, then cut if it can be."""
    found: list[Slate] = []
    for slate in slates:
        if open_s <= tolerance or open_s < slate.minimum:
            continue
        whole = int((open_s + tolerance) // slate.duration)
        found += [(slate.id, slate.duration)] * whole
        open_s -= whole * slate.duration
        if open_s > tolerance and open_s >= slate.minimum:
            cut = slate.cut(open_s)
            if cut is not None and 0 < cut[1] <= open_s + tolerance:
                found.append(cut)
                open_s -= cut[1]
    return tuple(found)


def slate_instead(slates: Sequence[SlateOption], limit: Fraction | None) -> tuple[Slate, ...]:
    """Stand in for ads where there is nothing to fill: the first that fits, once and whole.

    Args:
        slates: What there is.
        limit: Most seconds, with tolerance; None: there is no such.
    """
    fitting = (one for one in slates if limit is None or one.duration <= limit)
    return tuple((one.id, one.duration) for one in fitting)[:1]
