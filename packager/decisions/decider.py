"""Deciders: what a break could play, asked of an ad server or fixed in the configuration.

A decider never raises for what an ad server does: every failure is a reason in its decision, and
the break shows content or slate (failures.md, rows 11 to 17). How much of what it offers fits is
`packager.decisions.fill`'s to say.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from manifests.creative import Creative
from packager.decisions import Omission
from packager.decisions.ad_xml import MAX_BYTES
from packager.decisions.ads import Ad, Category, Failure, MediaFile, Vast
from packager.decisions.call_errors import reason_of
from packager.decisions.calls import AdCall, CallTemplate
from packager.decisions.chains import TAKES_ALL, ChainLimits, Resolved, Terms
from packager.decisions.macros import expand_macros
from packager.decisions.media_files import choose_media_files
from packager.decisions.offers import Decided, Offer
from packager.decisions.request import DecisionRequest
from packager.decisions.vast import VastError, read_vast
from packager.decisions.vmap.breaks import AdSource
from packager.decisions.wrappers import follow
from packager.outbound import Limits, OutboundError
from packager.packaging.ladder import Ladder
from packager.reasons import Reason
from packager.xml_thread import XmlThread

AD_LIMITS = Limits(total_s=2.5, read_s=2.5, max_bytes=MAX_BYTES)  # for who binds `Fetch`

_RETIRE_BYTES = 16 << 20  # of documents read by one thread
_CHAIN_LIMITS = ChainLimits()
_GRACE_S = 0.1  # for looking up creatives, after the last call
_MAX_DETAIL = 2000  # characters of what is said of one answer


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


class AdDecider(Protocol):
    """What can say what a break could play."""

    async def decide(self, request: DecisionRequest) -> Decided:
        """Decide; takes bounded time, may be cancelled, and asks anew each time it is called.

        That a session is decided for once per break is for the caller's single flight and store.
        """
        ...

    async def renewed(self, decided: Decided, ladder: Ladder) -> Decided:
        """What was decided some time ago, with the creatives that are ready by now (D-57)."""
        ...


class FixedDecider:
    """Plays configured assets, in the order of the configuration."""

    def __init__(
        self,
        assets: tuple[str, ...],
        ready: Callable[[str, DecisionRequest], Creative | Reason | None],
    ) -> None:
        """Make a decider; `ready` gives the asset of a name as it is packaged for a request."""
        self._assets = assets
        self._ready = ready

    async def decide(self, request: DecisionRequest) -> Decided:
        """Offer every asset."""
        offers = [Offer.of(Ad(id=name), self._ready(name, request)) for name in self._assets]
        return Decided(offers=tuple(offers))

    async def renewed(self, decided: Decided, ladder: Ladder) -> Decided:
        """The same: nobody is called for an asset, so it can as well be decided on anew."""
        return decided


class VastDecider:
    """Asks an ad server that answers in VAST, and those that its wrappers name."""

    def __init__(
        self,
        call: CallTemplate,
        fetch: Fetch,
        condition: Condition,
        *,
        timeout_s: float = 2.5,
        allow_skippable: bool = False,
        chain_limits: ChainLimits = _CHAIN_LIMITS,
    ) -> None:
        """Make a decider.

        Args:
            call: How ad servers are called.
            fetch: Calls them.
            condition: Gives creatives for media files.
            timeout_s: Longest time for all calls of a decision.
            allow_skippable: Play skippable ads as if they were not (D-09).
            chain_limits: How far wrappers are followed, within `timeout_s`.
        """
        self._call = call
        self._fetch = fetch
        self._condition = condition
        self._xml = XmlThread("vast", retire_bytes=_RETIRE_BYTES)
        self._timeout_s = timeout_s
        self._allow_skippable = allow_skippable
        self._chain_limits = chain_limits

    async def decide(self, request: DecisionRequest) -> Decided:
        """Ask the ad servers, and for the creative of every ad that can be stitched."""
        now = asyncio.get_running_loop().time
        deadline = now() + self._timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                vast, asked = await self._first(request)
            resolved = await follow(
                vast,
                lambda url: self._answer(self._call.further(url, request)),
                limits=replace(self._chain_limits, total_s=deadline - now()),
                macros=request.macros,
                asked=asked,
                blocked=tuple(Category("", name) for name in request.blocked_categories),
                terms=_terms(request.source),
            )
            # What came in the last moment is used, too.
            async with asyncio.timeout_at(deadline + _GRACE_S):
                return await self._offers(resolved, request.ladder if request.linear else None)
        except TimeoutError:
            return Decided(
                reasons=(Reason.AD_TIMEOUT,), detail=f"undecided after {self._timeout_s:g} s"
            )
        except OutboundError as error:
            return Decided(reasons=(reason_of(error),), detail=str(error))
        except VastError as error:
            return Decided(reasons=(error.reason,), detail=str(error))

    async def renewed(self, decided: Decided, ladder: Ladder) -> Decided:
        """Look up the creatives that were not ready; nobody is called."""
        offers = [
            await self._offer(one.ad, one.substitute, ladder)
            if one.refusal is Reason.AD_NOT_CONDITIONED
            else one
            for one in decided.offers
        ]
        return replace(decided, offers=tuple(offers))

    async def _first(self, request: DecisionRequest) -> tuple[Vast, tuple[str, ...]]:
        """The first answer, and what was asked for it; a VMAP's break may bring its own (D-41)."""
        source = request.source
        if source is None:
            call = self._call.first(request)
        elif source.vast is not None:
            return source.vast, ()
        else:
            call = self._call.further(expand_macros(source.tag_url, request.macros), request)
        return await self._answer(call), (call.url,)

    async def _answer(self, call: AdCall) -> Vast:
        body = (await self._fetch(call)).body
        # An empty body is as good as an empty document: there is no ad.
        return await self._xml.run(read_vast, body) if body.strip() else Vast(version="")

    async def _offers(self, resolved: Resolved, ladder: Ladder | None) -> Decided:
        offers = [await self._offer(ad, False, ladder) for ad in resolved.pod]
        offers += [await self._offer(ad, True, ladder) for ad in resolved.substitutes]
        offers += [await self._offer(ad, True, ladder) for ad in resolved.skipped]
        return Decided(
            offers=tuple(offers),
            reasons=_reasons(resolved),
            detail="; ".join(resolved.flaws)[:_MAX_DETAIL],
            answer_errors=resolved.errors,
        )

    async def _offer(self, ad: Ad | Failure, substitute: bool, ladder: Ladder | None) -> Offer:
        if isinstance(ad, Failure):
            return Offer(ad=ad.ad, substitute=substitute, refusal=ad.reason)
        return Offer.of(ad, await self._creative(ad, ladder), substitute=substitute)

    async def _creative(self, ad: Ad, ladder: Ladder | None) -> Creative | Reason | Omission | None:
        """Give the ad's creative, or why it has none; without a ladder no film is asked for."""
        if ad.conditional:
            return Omission.CONDITIONAL
        if ladder is None or ad.linear is None or ad.kind == "audio":
            return Omission.NOT_VIDEO
        if ad.linear.skip_offset is not None and not self._allow_skippable:
            return Omission.SKIPPABLE
        if not ad.linear.duration:
            return Omission.NO_DURATION
        result: Creative | Reason | None = Reason.AD_NO_MEDIA_FILE
        for file in choose_media_files(ad, ladder_max_height=ladder.max_height):
            result = await self._condition(file, ad, ladder)
            if not isinstance(result, Reason):  # another file is worth a try where one failed
                break
        return result


def _terms(source: AdSource | None) -> Terms:
    if source is None:
        return TAKES_ALL
    return Terms(allow_multiple=source.allow_multiple, follow_wrappers=source.follow_redirects)


def _reasons(resolved: Resolved) -> tuple[Reason, ...]:
    """What is wrong with an answer as a whole."""
    reasons = [Reason.AD_TRUNCATED_TO_LIMIT] if resolved.truncated else []
    if not resolved.ads:
        failed = {failure.reason for failure in resolved.failures}
        if failed <= {Reason.AD_WRAPPER_EMPTY, Reason.AD_CATEGORY_BLOCKED}:
            reasons.append(Reason.AD_EMPTY)
        elif failed == {Reason.AD_MALFORMED}:
            reasons.append(Reason.AD_UNPARSEABLE)
        else:
            reasons.append(Reason.AD_WRAPPER_FAILED)
    return tuple(reasons)
