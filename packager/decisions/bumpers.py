"""Bumpers: house media before the first ad of a break and after its last.

They are part of the break, so they take of its time (D-51). A break without an ad has none, and
where a break has room for an ad or for bumpers, it has the ad.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from packager.decisions.fill import Candidate, Fill, FillRules, PodEntry, fill
from packager.decisions.slates import SlateOption


@dataclass(frozen=True, slots=True)
class Bumper:
    """A bumper that is packaged."""

    creative_id: str
    duration: Fraction  # seconds


def fill_between(
    break_length: Fraction | None,
    candidates: Sequence[Candidate],
    *,
    before: Bumper | None = None,
    after: Bumper | None = None,
    tolerance: Fraction,
    slates: Sequence[SlateOption] = (),
    rules: FillRules | None = None,
) -> Fill:
    """Fill a break as `fill` does, between bumpers.

    Args:
        break_length: As `fill` takes it.
        candidates: See there.
        before: Plays before the first ad; None: nothing does.
        after: Plays after the last ad.
        tolerance: See there.
        slates: See there.
        rules: See there.

    Raises:
        ValueError: As `fill`.
    """
    rules = rules or FillRules()
    extra = sum((one.duration for one in (before, after) if one is not None), Fraction(0))
    found: Fill | None = None
    if extra and all(one is None or one > extra for one in (break_length, rules.max_length)):
        found = fill(
            None if break_length is None else break_length - extra,
            candidates,
            tolerance=tolerance,
            slates=slates,
            rules=replace(
                rules, max_length=None if rules.max_length is None else rules.max_length - extra
            ),
        )
    if found is None or not any(entry.kind == "ad" for entry in found.pod):
        return fill(break_length, candidates, tolerance=tolerance, slates=slates, rules=rules)
    ads = [entry for entry in found.pod if entry.kind == "ad"]
    others = [entry for entry in found.pod if entry.kind != "ad"]
    return replace(found, pod=_in_a_row([*_entry(before), *ads, *_entry(after), *others]))


def _entry(bumper: Bumper | None) -> Sequence[PodEntry]:
    if bumper is None:
        return ()
    start = Fraction(0)
    return (
        PodEntry(
            creative_id=bumper.creative_id, kind="bumper", start=start, duration=bumper.duration
        ),
    )


def _in_a_row(entries: Sequence[PodEntry]) -> tuple[PodEntry, ...]:
    placed: list[PodEntry] = []
    at = Fraction(0)
    for entry in entries:
        placed.append(replace(entry, start=at))
        at += entry.duration
    return tuple(placed)
