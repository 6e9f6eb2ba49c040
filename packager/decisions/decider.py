"""Deciders: what a break could play, asked of an ad server or fixed in the configuration.

A decider never raises for what an ad server does: every failure is a reason in its decision, and
the break shows content or slate (failures.md, rows 11 to 17). How much of what it offers fits is
`packager.decisions.fill`'s to say.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from manifests.creative import Creative
from packager.decisions import Omission
from packager.decisions.ads import (
    Ad,
    Failure,
    MediaFile,
    Vast,
    Wrapper,
)
from packager.decisions.calls import AdCall, CallTemplate
from packager.decisions.fill import Candidate
from packager.decisions.media_files import rank_media_files
from packager.decisions.pods import level_of, pod_and_substitutes
from packager.decisions.request import DecisionRequest
from packager.decisions.vast import MAX_BYTES, VastError, read_vast
from packager.outbound import (
    BadStatus,
    Limits,
    OutboundError,
    Oversize,
    RatioExceeded,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)
from packager.packaging.ladder import Ladder
from packager.reasons import Reason
from packager.xml_thread import XmlThread

AD_LIMITS = Limits(total_s=2.5, read_s=2.5, max_bytes=MAX_BYTES)  # for who binds `Fetch`

_RETIRE_BYTES = 16 << 20  # of documents read by one thread

_REASONS: Mapping[type[OutboundError], Reason] = {
    Refused: Reason.AD_REFUSED,
    Unreachable: Reason.AD_UNREACHABLE,
    TimedOut: Reason.AD_TIMEOUT,
    BadStatus: Reason.AD_STATUS,
    Oversize: Reason.AD_OVERSIZE,
    RatioExceeded: Reason.AD_OVERSIZE,
    Truncated: Reason.AD_UNPARSEABLE,
}


class Answer(Protocol):
    """The answer of a server, status 2xx."""

    @property
    def body(self) -> bytes:
        """Everything it sent, inflated."""
        ...


# Calls an ad server, within AD_LIMITS, and raises an OutboundError where it has no answer.
Fetch = Callable[[AdCall], Awaitable[Answer]]

# Gives the creative packaged for a ladder; None: it is not yet, and packaging has been started
# (D-57); a reason: it cannot be.
Condition = Callable[[MediaFile, Ad, Ladder], Awaitable[Creative | Reason | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An ad of the answer: with a creative it can play, with a refusal it cannot."""

    ad: Ad
    substitute: bool = False  # D-05
    creative: Creative | None = None
    refusal: Reason | Omission | None = None

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
    error_urls: tuple[str, ...] = ()  # to be told that there was no ad (D-01)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The offers as `fill` takes them."""
        return tuple(offer.candidate for offer in self.offers)

    @property
    def creatives(self) -> dict[str, Creative]:
        """The creatives offered, by id."""
        return {offer.creative.id: offer.creative for offer in self.offers if offer.creative}


class AdDecider(Protocol):
    """What can say what a break could play."""

    async def decide(self, request: DecisionRequest) -> Decided:
        """Decide; takes bounded time, may be cancelled, and asks anew each time it is called.

        That a session is decided for once per break is for the caller's single flight and store.
        """
        ...


class FixedDecider:
    """Plays configured assets, in the order of the configuration."""

    def __init__(
        self,
        assets: tuple[str, ...],
        ready: Callable[[str, Ladder], Awaitable[Creative | Reason | None]],
    ) -> None:
        """Make a decider; `ready` gives the asset of a name as packaged for a ladder."""
        self._assets = assets
        self._ready = ready

    async def decide(self, request: DecisionRequest) -> Decided:
        """Offer every asset."""
        return Decided(
            offers=tuple(
                [
                    _offer(Ad(id=name), False, await self._ready(name, request.ladder))
                    for name in self._assets
                ]
            )
        )


class VastDecider:
    """Asks an ad server that answers in VAST; one call, wrappers are not followed."""

    def __init__(
        self,
        template: CallTemplate,
        fetch: Fetch,
        condition: Condition,
        *,
        timeout_s: float = 2.5,
        allow_skippable: bool = False,
    ) -> None:
        """Make a decider.

        Args:
            template: How the ad server is called.
            fetch: Calls it.
            condition: Gives creatives for media files.
            timeout_s: Longest time for the whole decision.
            allow_skippable: Play skippable ads as if they were not (D-09).
        """
        self._template = template
        self._fetch = fetch
        self._condition = condition
        self._xml = XmlThread("vast", retire_bytes=_RETIRE_BYTES)
        self._timeout_s = timeout_s
        self._allow_skippable = allow_skippable

    async def decide(self, request: DecisionRequest) -> Decided:
        """Ask the ad server, and for the creative of every ad that can be stitched."""
        try:
            async with asyncio.timeout(self._timeout_s):
                body = (await self._fetch(self._template.first(request))).body
                # An empty body is as good as an empty document: there is no ad.
                vast = await self._xml.run(read_vast, body) if body.strip() else Vast(version="")
                return await self._offers(vast, request.ladder)
        except TimeoutError:
            return Decided(
                reasons=(Reason.AD_TIMEOUT,), detail=f"undecided after {self._timeout_s:g} s"
            )
        except OutboundError as error:
            reason = _REASONS.get(type(error), Reason.AD_UNREACHABLE)
            return Decided(reasons=(reason,), detail=str(error))
        except VastError as error:
            return Decided(reasons=(error.reason,), detail=str(error))

    async def _offers(self, vast: Vast, ladder: Ladder) -> Decided:
        reasons = []
        if vast.truncated:
            reasons.append(Reason.AD_TRUNCATED_TO_LIMIT)
        if not vast.ads:
            reasons.append(Reason.AD_UNPARSEABLE if vast.flaws else Reason.AD_EMPTY)
        pod, substitutes = pod_and_substitutes(vast.ads)
        offers = [_offer(level_of(ad), False, await self._creative(ad, ladder)) for ad in pod]
        offers += [
            _offer(level_of(ad), True, await self._creative(ad, ladder)) for ad in substitutes
        ]
        return Decided(
            offers=tuple(offers),
            reasons=tuple(reasons),
            detail="; ".join(vast.flaws),
            error_urls=vast.errors,
        )

    async def _creative(
        self, ad: Ad | Wrapper | Failure, ladder: Ladder
    ) -> Creative | Reason | Omission | None:
        """Give the ad's creative, or why it has none."""
        if not isinstance(ad, Ad):
            return Omission.WRAPPER
        if ad.conditional:
            return Omission.CONDITIONAL
        if ad.linear is None or ad.kind == "audio":
            return Omission.NOT_VIDEO
        if ad.linear.skip_offset is not None and not self._allow_skippable:
            return Omission.SKIPPABLE
        if not ad.linear.duration:
            return Omission.NO_DURATION
        heights = [rung.video.height for rung in ladder.rungs if rung.video is not None]
        files = rank_media_files(ad, ladder_max_height=max(heights, default=0))
        if not files:
            return Reason.AD_NO_MEDIA_FILE
        return await self._condition(files[0], ad, ladder)


def _offer(ad: Ad, substitute: bool, result: Creative | Reason | Omission | None) -> Offer:
    if isinstance(result, Creative):
        return Offer(ad=ad, substitute=substitute, creative=result)
    return Offer(ad=ad, substitute=substitute, refusal=result or Reason.AD_NOT_CONDITIONED)
