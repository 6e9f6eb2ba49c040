"""What deciders say: ads with a creative that they can play, or with why they cannot."""

from dataclasses import dataclass, replace
from fractions import Fraction

from manifests.creative import Creative
from packager.decisions import Omission
from packager.decisions.ads import Ad
from packager.decisions.fill import Candidate
from packager.decisions.vast_errors import ErrorCall, code_of, error_calls
from packager.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An ad of the answer: with a creative it can play, with a refusal it cannot."""

    ad: Ad
    substitute: bool = False  # D-05
    creative: Creative | None = None
    refusal: Reason | Omission | None = None

    @classmethod
    def of(
        cls, ad: Ad, result: Creative | Reason | Omission | None, *, substitute: bool = False
    ) -> "Offer":
        """Make the offer of an ad; `result` is its creative, or why it has none (yet)."""
        if isinstance(result, Creative):
            return cls(ad=ad, creative=result, substitute=substitute)
        return cls(ad=ad, refusal=result or Reason.AD_NOT_CONDITIONED, substitute=substitute)

    @property
    def errors(self) -> tuple[ErrorCall, ...]:
        """Whom to tell that an ad that could be had cannot be played."""
        code = None if self.refusal is None else code_of(self.refusal)
        return () if code is None else error_calls(self.ad.error_urls, code)

    @property
    def candidate(self) -> Candidate:
        """The ad as `fill` takes it."""
        if self.creative is None:
            return Candidate(
                id="",
                duration=Fraction(0),
                ad_id=self.ad.id,
                substitute=self.substitute,
                refusal=self.refusal,
            )
        ad_id = self.ad.creative_ad_id
        names = {f"{name.registry} {name.value}" for name in self.ad.universal_ad_ids}
        return Candidate(
            id=self.creative.id,
            duration=Fraction(self.creative.duration),  # D-50: measured, not announced
            ad_id=self.ad.id,
            substitute=self.substitute,
            identities=frozenset(names | ({f"adId {ad_id}"} if ad_id else set())),
            advertiser=(self.ad.advertiser_id or self.ad.advertiser).casefold(),
            categories=frozenset(
                f"{category.authority} {category.value}".casefold()
                for category in self.ad.categories
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a break could play: the pod in playing order, then substitutes."""

    offers: tuple[Offer, ...] = ()
    reasons: tuple[Reason, ...] = ()  # what was wrong with the answer as a whole
    detail: str = ""  # the same in words, for the log; names hosts and numbers, no URL
    answer_errors: tuple[ErrorCall, ...] = ()  # whom to tell what was wrong with the answer

    @property
    def errors(self) -> tuple[ErrorCall, ...]:
        """Whom to tell what went wrong, each once; nobody was told yet."""
        of_offers = [error for offer in self.offers for error in offer.errors]
        return tuple(dict.fromkeys([*self.answer_errors, *of_offers]))

    def after(self, earlier: "Decided") -> "Decided":
        """The same, asked for once more: what was wrong at first counts if nothing came now."""
        errors = tuple(dict.fromkeys([*earlier.errors, *self.answer_errors]))
        if self.offers:
            return replace(self, answer_errors=errors)
        return replace(
            self,
            answer_errors=errors,
            reasons=tuple(dict.fromkeys([*earlier.reasons, *self.reasons])),
            detail="; ".join(filter(None, dict.fromkeys([earlier.detail, self.detail]))),
        )

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The offers as `fill` takes them."""
        return tuple(offer.candidate for offer in self.offers)

    @property
    def creatives(self) -> dict[str, Creative]:
        """The creatives offered, by id."""
        return {offer.creative.id: offer.creative for offer in self.offers if offer.creative}
