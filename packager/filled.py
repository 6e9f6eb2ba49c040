"""How a break was filled: the decision, and what came of everything that was offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from manifests.splicing.content import Content
from packager.decisions import Omission
from packager.decisions.ads import Ad
from packager.decisions.fill import Fill
from packager.decisions.fill import PodEntry as FillEntry
from packager.decisions.offers import Decided, Offer
from packager.decisions.pictures import picture_of
from packager.decisions.vast_errors import NO_PICTURE, ErrorCall, code_of, error_calls
from packager.decisions.vmap import VmapBreak
from packager.decisions.vmap.breaks import CODES as VMAP_CODES
from packager.openings import Opening
from packager.reasons import Reason
from packager.stores.records import Decision, PodEntry
from packager.tracking.events import break_borders, events_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A decision, and what an operator should know of how it came about."""

    decision: Decision
    decided: Decided
    chosen: Fill
    ads: tuple[Ad | None, ...]  # of the pod's entries; None: somebody else's than an ad server's
    overlays: tuple[Ad, ...] = ()  # that are drawn: by the session's player, or by us (D-10)
    by_us: bool = False
    vmap: VmapBreak | None = None  # what a VMAP says of the break

    @property
    def has_ads(self) -> bool:
        """Whether anything that an ad server said is for the viewer, played or drawn."""
        return any(self.ads) or bool(self.overlays)

    @property
    def errors(self) -> tuple[ErrorCall, ...]:
        """Whom to tell of ads that do not play, but for those that were only not needed (E-07)."""
        calls = [*self.decided.answer_errors]
        dropped = [(self.decided.offers[one.candidate], one.reason) for one in self.chosen.dropped]
        has_gap = any(not offer.substitute for offer, _ in dropped)
        for offer, reason in dropped:
            if offer.ad in self.overlays:
                continue
            code = self._code(offer, reason)
            is_spare = offer.substitute and (offer.refusal is None or not has_gap)
            if code is not None and not is_spare:
                calls += error_calls(offer.ad.error_urls, code)
        return tuple(dict.fromkeys([*calls, *self._break_errors]))

    def _code(self, offer: Offer, reason: Reason | Omission) -> int | None:
        """Of VAST; None: nothing is wrong with the ad."""
        if self.by_us and reason is Omission.NOT_VIDEO and offer.ad.nonlinears:
            return NO_PICTURE if picture_of(offer.ad) is None else None
        return code_of(reason)

    @property
    def _break_errors(self) -> tuple[ErrorCall, ...]:
        """Whom a VMAP names to be told that a break has no ads because something failed (D-42)."""
        if self.vmap is None or self.has_ads:
            return ()
        codes = [VMAP_CODES[reason] for reason in self.decided.reasons if reason in VMAP_CODES]
        return self.vmap.errors(codes[0]) if codes else ()


def outcome_of(
    channel: Content, one: Opening, decided: Decided, chosen: Fill, *, by_player: bool
) -> Filled:
    """Put together what was decided and what was chosen of it.

    Args:
        channel: As it is now.
        one: The break.
        decided: What it could play.
        chosen: What it plays.
        by_player: The session's player reports, so that it can be trusted with overlays.
    """
    ads = tuple(_ad_of(decided, entry) for entry in chosen.pod)
    overlays: tuple[Ad, ...] = ()
    if one.by_us:
        overlays = _pictured(decided)
    elif by_player:
        overlays = _overlays(decided)
    return Filled(
        decision=_decision(channel, one, decided, chosen, ads, has_overlays=bool(overlays)),
        decided=decided,
        chosen=chosen,
        ads=ads,
        overlays=overlays,
        by_us=one.by_us,
        vmap=one.vmap,
    )


def _ad_of(decided: Decided, entry: FillEntry) -> Ad | None:
    """What an ad server said of an entry of the pod."""
    if entry.candidate is None:
        return None
    ad = decided.offers[entry.candidate].ad
    return None if ad.linear is None else ad  # an asset of the house's


def _overlays(decided: Decided) -> tuple[Ad, ...]:
    """Ads that are only drawn; those that would stand in for films are not (D-05)."""
    return tuple(
        offer.ad
        for offer in decided.offers
        if offer.refusal is Omission.NOT_VIDEO and offer.ad.nonlinears and not offer.substitute
    )


def _pictured(decided: Decided) -> tuple[Ad, ...]:
    """The first ad that has a picture; what is left of a pod has no other place."""
    ads = (offer.ad for offer in decided.offers if offer.refusal is Omission.NOT_VIDEO)
    return tuple(islice((ad for ad in ads if picture_of(ad) is not None), 1))


def _is_tracked(ad: Ad) -> bool:
    return any(event.server for event in events_of(ad, Decimal(1)))


def _decision(
    channel: Content,
    one: Opening,
    decided: Decided,
    chosen: Fill,
    ads: Sequence[Ad | None],
    *,
    has_overlays: bool,
) -> Decision:
    ad_break = one.ad_break
    out_at = channel.out_border(ad_break) or ad_break.out_at
    # A break that is told of begins with its first ad and ends with its last (D-42).
    borders = break_borders(ads) if one.vmap is not None and one.vmap.is_told else ()
    pod = tuple(
        PodEntry(
            entry.creative_id, entry.kind, ad is not None and (index in borders or _is_tracked(ad))
        )
        for index, (entry, ad) in enumerate(zip(chosen.pod, ads, strict=True))
    )
    dropped = [d.reason for d in chosen.dropped if isinstance(d.reason, Reason)]
    reasons = (*decided.reasons, *dropped, Reason.BREAK_UNFILLED)
    return Decision(
        break_id=ad_break.id,
        out_at=out_at,
        in_at=ad_break.in_at or out_at,
        outcome="fill" if pod else "content",
        pod=pod,
        reason="" if pod or has_overlays else reasons[0],
    )
