"""An answer cut into pieces: which part of which origin Period each Period is, or which ad."""

from dataclasses import dataclass
from fractions import Fraction

from dash_record import Facts
from mpd_text import Period, Text


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One Period of an answer; `a` and `b` are on the origin's timeline."""

    period: Period
    is_last: bool
    ad: str | None  # prefix of the creative's URLs
    a: Fraction
    b: Fraction | None  # None: not known yet
    shift: Fraction  # what was inserted before
    source: Period | None  # of the origin; None for ads
    before: Fraction | None = None  # where the part before it ended, if it is in the answer

    @property
    def is_later_part(self) -> bool:
        """Whether an earlier part of the same origin Period is before it."""
        return self.source is not None and self.a > self.source.start


def cut(text: Text, origin: Text, facts: Facts) -> tuple[Piece, ...]:
    """The Periods of an answer as pieces."""
    shift = Fraction(0)
    found: list[Piece] = []
    for period in text.periods:
        ad = prefix_of(period, facts)
        is_last = period is text.periods[-1]
        a, b = period.start - shift, None if period.end is None else period.end - shift
        if ad is not None:
            if facts.insertion and b is not None:
                shift += b - a
                b = a
            piece = Piece(period=period, is_last=is_last, ad=ad, a=a, b=b, shift=shift, source=None)
            found.append(piece)
            continue
        source = next(
            (
                one
                for one in reversed(origin.periods)
                if one.start <= a and (one.end is None or a < one.end)
            ),
            None,
        )
        if source is not None and source.end is not None:
            b = source.end if b is None else min(b, source.end)
        content = [one for one in found if one.source is not None]
        before = content[-1].b if content and content[-1].source is source else None
        found.append(
            Piece(
                period=period,
                is_last=is_last,
                ad=None,
                a=a,
                b=b,
                shift=shift,
                source=source,
                before=before,
            )
        )
    return tuple(found)


def prefix_of(period: Period, facts: Facts) -> str | None:
    """The creative that a Period shows; None: it shows content."""
    for track in period.tracks:
        for url in (track.init, *(one.url for one in track.segments[:1]), track.bases[0][0]):
            folder = url or ""
            while "/" in folder:
                folder = folder[: folder.rindex("/")]
                if folder + "/" in facts.ads:
                    return folder + "/"
    return None
