"""The sums of an ad break: which ads and how much slate fill it (splice rules D-50 to D-57, H-14).

All times are exact `Fraction` seconds, measured on conditioned media (D-50).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from packager.decisions import Omission
from packager.decisions.slates import SlateOption, slate_instead, slates_in
from packager.reasons import Reason

Name = tuple[str, str]  # what is counted (creative, advertiser or category), and which


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An ad that may go into the break, or that would have had a place in it."""

    id: str  # of the creative
    duration: Fraction  # seconds; 0 where there is a refusal
    ad_id: str = ""  # the ad server's name, for explanations
    substitute: bool = False  # stands in for an ad of the pod that does not play (D-05)
    refusal: Reason | Omission | None = None  # why it cannot play, whatever the break
    identities: frozenset[str] = frozenset()  # names that the same ad has elsewhere (D-56)
    advertiser: str = ""
    categories: frozenset[str] = frozenset()  # authority and value, in small letters

    @property
    def names(self) -> frozenset[Name]:
        """What caps count it by."""
        creatives = {("creative", name) for name in (self.id, *self.identities)}
        advertisers = {("advertiser", self.advertiser)} if self.advertiser else set()
        return frozenset(creatives | advertisers | {("category", c) for c in self.categories})


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRules:
    """How a show wants its breaks filled.

    An insertion takes no content away: nothing limits it but a length given, it has no rest, and it
    may be longer by `overrun`. A replacement never is (D-51).
    """

    insertion: bool = False
    max_length: Fraction | None = None  # needed for a replacement of unknown length (D-55)
    overrun: Fraction = Fraction(0)
    reorder: bool = False  # an ad that is too long lets later ones pass (D-51)
    allow_repeats: bool = False
    allow_same_advertiser: bool = False  # of two ads in a row, as the next
    allow_same_category: bool = False
    blocked_categories: frozenset[str] = frozenset()  # with all that is below them: iab7, iab7-39
    allowances: Mapping[Name, int] = field(default_factory=dict)  # how often each may come
    max_unfilled: Fraction | None = None  # with more seconds without ads, no ad plays (D-53)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodEntry:
    """A creative and its place in the break; times in seconds since the break's start."""

    creative_id: str
    kind: Literal["ad", "slate", "bumper"]
    start: Fraction
    duration: Fraction
    ad_id: str = ""
    candidate: int | None = None  # which of those that were offered; None: the house's


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A candidate that does not play, and why."""

    candidate: int  # which of those that were offered
    creative_id: str
    ad_id: str
    reason: Reason | Omission


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What a break plays; every candidate is either in the pod or dropped.

    `rest` is what the content shows: the break's length less the pod's, negative by at most the
    tolerance; 0 for an insertion.
    """

    pod: tuple[PodEntry, ...]
    rest: Fraction
    dropped: tuple[Dropped, ...] = ()

    @property
    def duration(self) -> Fraction:
        """Seconds that the pod plays."""
        return self.pod[-1].start + self.pod[-1].duration if self.pod else Fraction(0)


def fill(
    break_length: Fraction | None,
    candidates: Sequence[Candidate],
    *,
    tolerance: Fraction,
    slates: Sequence[SlateOption] = (),
    rules: FillRules | None = None,
) -> Fill:
    """Fill a break with the longest prefix of the pod that fits, then with slate (D-51, D-53).

    An ad of the pod that does not play gives its place to the first substitute that fits (D-05). An
    insertion, which has no rest, shows slate only in place of ads: once, and whole.

    Args:
        break_length: Seconds to be filled; None: unknown, `rules.max_length` counts (D-55).
        candidates: The pod in playing order, and substitutes.
        tolerance: One video frame in seconds: the pod may be longer or shorter by so much.
        slates: What fills the rest: the first as often as it fits, then the next; at last the
            content does.
        rules: What the show's configuration says.

    Raises:
        ValueError: A replacement has neither length nor maximum, or a candidate no duration.
    """
    rules = rules or FillRules()
    lengths = [length for length in (break_length, rules.max_length) if length is not None]
    if not lengths and not rules.insertion:
        raise ValueError("a replacement needs a length or a maximum")
    if any(ad.duration <= 0 and ad.refusal is None for ad in candidates):
        raise ValueError("a candidate has no duration")
    limit = min(lengths) + (rules.overrun if rules.insertion else 0) if lengths else None
    choice = _Choice(None if limit is None else limit + tolerance, rules)
    choice.offer(candidates)
    if rules.insertion or limit is None:
        stand_in = () if choice.ads else slate_instead(slates, choice.limit)
        pod = _in_a_row(choice.ads, stand_in)
        return Fill(pod=pod, rest=Fraction(0), dropped=tuple(choice.dropped))
    if rules.max_unfilled is not None and limit - choice.filled > rules.max_unfilled:
        choice.drop_all(Omission.UNDERFILLED)
        slates = ()
    pod = _in_a_row(choice.ads, slates_in(limit - choice.filled, slates, tolerance))
    rest = (limit if break_length is None else break_length) - sum(e.duration for e in pod)
    return Fill(pod=pod, rest=rest, dropped=tuple(choice.dropped))


_Offered = tuple[int, Candidate]  # with its number


class _Choice:
    """The ads chosen so far; lives as long as one call of `fill`."""

    def __init__(self, limit: Fraction | None, rules: FillRules) -> None:
        self.ads: list[_Offered] = []
        self.dropped: list[Dropped] = []
        self.filled = Fraction(0)
        self._counts: Counter[Name] = Counter()
        self.limit = limit  # with tolerance
        self._rules = rules

    def offer(self, candidates: Sequence[Candidate]) -> None:
        """Take or drop each candidate."""
        offered = list(enumerate(candidates))
        substitutes = [one for one in offered if one[1].substitute]
        tail = False  # behind an ad that was too long
        for ad in offered:
            if ad[1].substitute:
                continue
            reason = self._obstacle(ad) or (Omission.AFTER_TOO_LONG if tail else None)
            if reason is None:
                self._take(ad)
                continue
            self._drop(ad, reason)
            tail = tail or (reason is Reason.CREATIVE_TOO_LONG and not self._rules.reorder)
            stand_in = next((ad for ad in substitutes if self._obstacle(ad) is None), None)
            if stand_in is not None:
                substitutes.remove(stand_in)
                self._take(stand_in)
        for ad in substitutes:
            self._drop(ad, self._obstacle(ad) or Omission.SPARE)

    def drop_all(self, reason: Omission) -> None:
        """Take back every ad."""
        for ad in self.ads:
            self._drop(ad, reason)
        self.ads.clear()
        self.filled = Fraction(0)

    def _obstacle(self, offered: _Offered) -> Reason | Omission | None:
        _, ad = offered
        if ad.refusal is not None:
            return ad.refusal
        if _is_blocked(ad, self._rules.blocked_categories):
            return Omission.BLOCKED
        allowances = self._rules.allowances
        if any(self._counts[name] >= allowances[name] for name in ad.names if name in allowances):
            return Omission.CAPPED
        if not self._rules.allow_repeats and any(_same(ad, other) for _, other in self.ads):
            return Omission.REPEATED
        if self.ads and self._compete(ad, self.ads[-1][1]):
            return Omission.COMPETING
        if self.limit is not None and self.filled + ad.duration > self.limit:
            return Reason.CREATIVE_TOO_LONG
        return None

    def _compete(self, one: Candidate, other: Candidate) -> bool:
        if not self._rules.allow_same_advertiser and one.advertiser == other.advertiser != "":
            return True
        return not self._rules.allow_same_category and bool(one.categories & other.categories)

    def _take(self, offered: _Offered) -> None:
        self.ads.append(offered)
        self._counts.update(offered[1].names)
        self.filled += offered[1].duration

    def _drop(self, offered: _Offered, reason: Reason | Omission) -> None:
        number, ad = offered
        self.dropped.append(
            Dropped(candidate=number, creative_id=ad.id, ad_id=ad.ad_id, reason=reason)
        )


def _same(one: Candidate, other: Candidate) -> bool:
    return one.id == other.id or not one.identities.isdisjoint(other.identities)


def _is_blocked(ad: Candidate, blocked: frozenset[str]) -> bool:
    if not blocked:
        return False
    values = (category.rpartition(" ")[2] for category in ad.categories)
    return any(value == one or value.startswith(f"{one}-") for value in values for one in blocked)


def _in_a_row(
    ads: Sequence[_Offered], slates: Sequence[tuple[str, Fraction]] = ()
) -> tuple[PodEntry, ...]:
    entries: list[PodEntry] = []
    start = Fraction(0)
    for number, ad in ads:
        entries.append(
            PodEntry(
                creative_id=ad.id,
                kind="ad",
                start=start,
                duration=ad.duration,
                ad_id=ad.ad_id,
                candidate=number,
            )
        )
        start += ad.duration
    for creative_id, duration in slates:
        entries.append(
            PodEntry(creative_id=creative_id, kind="slate", start=start, duration=duration)
        )
        start += duration
    return tuple(entries)
