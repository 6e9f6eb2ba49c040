"""What is known while wrappers are followed, and what comes of it, as values (D-02 to D-05)."""

from collections.abc import Iterable
from dataclasses import dataclass

from packager.decisions.ads import Ad, Category, Failure, Wrapper
from packager.decisions.vast_errors import ErrorCall


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLimits:
    """How far wrappers are followed."""

    depth: int = 5  # wrappers in a row (D-02)
    calls: int = 32  # of ad servers, for one decision
    ads: int = 100  # that are looked at, in all answers together
    concurrency: int = 8  # of them at a time
    total_s: float = 2.5  # for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is taken of an answer that no wrapper asked for (D-41)."""

    allow_multiple: bool = True  # a pod
    follow_wrappers: bool = True


TAKES_ALL = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What plays in the place of an ad or an answer; every ad is merged (D-04)."""

    pod: tuple[Ad | Failure, ...] = ()  # in playing order; a substitute may stand in for a failure
    substitutes: tuple[Ad, ...] = ()
    skipped: tuple[Failure, ...] = ()  # that nothing stands in for

    @property
    def ads(self) -> tuple[Ad, ...]:
        """Every ad that can be used."""
        return (*(ad for ad in self.pod if isinstance(ad, Ad)), *self.substitutes)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Every ad that cannot be used."""
        return (*(ad for ad in self.pod if isinstance(ad, Failure)), *self.skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(Found):
    """What a first answer offers once its wrappers were followed."""

    errors: tuple[ErrorCall, ...] = ()  # whom to tell what went wrong, each once
    flaws: tuple[str, ...] = ()  # what went wrong, in words
    truncated: bool = False  # there were more ads than are considered


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How one came to an answer."""

    wrappers: tuple[Wrapper, ...] = ()  # outermost first
    urls: frozenset[str] = frozenset()
    place: tuple[int, ...] = ()  # which ad of each answer; tells calls to one URL apart
    blocked: tuple[Category, ...] = ()
    terms: Terms = TAKES_ALL  # of who asked for the first answer

    @property
    def allows_multiple(self) -> bool:
        """Whether the answer may be a pod."""
        return self.wrappers[-1].allow_multiple if self.wrappers else self.terms.allow_multiple

    @property
    def follows_wrappers(self) -> bool:
        """Whether an ad of the answer may be a wrapper."""
        return self.wrappers[-1].follow_additional if self.wrappers else self.terms.follow_wrappers

    @property
    def levels(self) -> tuple[Ad, ...]:
        """What the wrappers say, as `merged` takes it."""
        return tuple(wrapper.level for wrapper in self.wrappers)

    def blocks(self, ad: Ad) -> bool:
        """Whether an ad is of a category that nobody wants here (D-12)."""
        return any(_is_blocked(category, self.blocked) for category in ad.categories)

    def below(self, wrapper: Wrapper, index: int) -> "Chain":
        """The chain with the wrapper that is ad `index` of the answer."""
        return Chain(
            wrappers=(*self.wrappers, wrapper),
            urls=self.urls | {wrapper.ad_tag_url},
            place=(*self.place, index),
            blocked=tuple(dict.fromkeys((*self.blocked, *wrapper.level.blocked_categories))),
            terms=self.terms,
        )


def _is_blocked(category: Category, blocked: Iterable[Category]) -> bool:
    """D-12: equal words of one authority, or of one that is not named."""
    words = {word.strip().casefold() for word in category.value.split(",")}
    authority = category.authority.casefold()
    return any(
        other.value.casefold() in words
        and (not authority or other.authority.casefold() in ("", authority))
        for other in blocked
    )
