"""Filling one break for one session: ask who decides, do the sums, and say what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.splicing.content import Content
from manifests.splicing.timeline import FRAME_S
from packager.clock import Clock
from packager.config.break_settings import BreakRule, SlateFill
from packager.config.show_settings import Show
from packager.decisions.ads import Ad
from packager.decisions.bumpers import Bumper, fill_between
from packager.decisions.decider import AdDecider
from packager.decisions.disclosure import session_for_break
from packager.decisions.fill import Fill, FillRules, SlateOption
from packager.decisions.fill import PodEntry as FillEntry
from packager.decisions.frequency import Exposures
from packager.decisions.offers import Decided
from packager.decisions.request import DecisionRequest
from packager.decisions.vast_errors import ErrorCall, code_of, error_calls
from packager.decisions.vmap import VmapBreak
from packager.decisions.vmap.breaks import CODES as VMAP_CODES
from packager.facts.moment import Facts
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening
from packager.packaging.ladder import Ladder
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.sessions import Session
from packager.stores.records import Decision, PodEntry
from packager.tracking.events import break_borders, events_of
from packager.viewer import Viewer

TOLERANCE = Fraction(FRAME_S)
_LAST_WORDS = frozenset({Reason.AD_EMPTY, Reason.AD_TIMEOUT})  # of ad servers that gave no ad


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The operator's own media, as packaged for a ladder; None while it is not."""

    creative: Callable[[str], Creative | None]  # by id
    slate: Callable[[Show, Ladder], SlateOption | None]
    asset: Callable[[Show, str, Ladder], Creative | Reason | None]  # by name
    media_base: str = "/tm/"  # what URIs of all creatives begin with

    def bumper(self, show: Show, name: str | None, ladder: Ladder) -> Bumper | None:
        """A bumper, if one is named and packaged."""
        found = None if name is None else self.asset(show, name, ladder)
        if not isinstance(found, Creative):
            return None
        return Bumper(found.id, Fraction(found.duration))

    def placed(self, creative_id: str, place: str) -> Creative | None:
        """A creative whose segments are asked for at a place; where they are, without one."""
        creative = self.creative(creative_id)
        if creative is None or not place:
            return creative
        return creative.placed(place, base=self.media_base)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A decision, and what an operator should know of how it came about."""

    decision: Decision
    decided: Decided
    chosen: Fill
    ads: tuple[Ad | None, ...]  # of the pod's entries; None: somebody else's than an ad server's
    vmap: VmapBreak | None = None  # what a VMAP says of the break

    @property
    def errors(self) -> tuple[ErrorCall, ...]:
        """Whom to tell of ads that do not play, but for those that were only not needed (E-07)."""
        calls = [*self.decided.answer_errors]
        dropped = [(self.decided.offers[one.candidate], one.reason) for one in self.chosen.dropped]
        has_gap = any(not offer.substitute for offer, _ in dropped)
        for offer, reason in dropped:
            code = code_of(reason)
            is_spare = offer.substitute and (offer.refusal is None or not has_gap)
            if code is not None and not is_spare:
                calls += error_calls(offer.ad.error_urls, code)
        return tuple(dict.fromkeys([*calls, *self._break_errors]))

    @property
    def _break_errors(self) -> tuple[ErrorCall, ...]:
        """Whom a VMAP names to be told that a break has no ads because something failed (D-42)."""
        if self.vmap is None or any(self.ads):
            return ()
        codes = [VMAP_CODES[reason] for reason in self.decided.reasons if reason in VMAP_CODES]
        return self.vmap.errors(codes[0]) if codes else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """What deciding needs."""

    house: House
    decider_for: Callable[[Show, BreakRule], AdDecider]
    session_digest: Callable[[str], str]  # what ad servers are told of a session's id
    facts: Facts
    clock: Clock
    metrics: Metrics
    exposures: Exposures = field(default_factory=Exposures)

    async def fill(
        self,
        session: Session,
        presentation: Presentation,
        ladder: Ladder,
        channel: Content,
        one: Opening,
        viewer: Viewer,
        *,
        answer: Decided | None = None,
        spread_s: float = 0.0,
    ) -> Filled:
        """Decide what a session sees in a break; nothing is stored or reported by this.

        Args:
            session: As it stands.
            presentation: What it watches.
            ladder: The presentation's.
            channel: As it is now.
            one: The break.
            viewer: Who asked first; ad servers are told of them as far as they consent.
            answer: What was asked for ahead (`ask`); None, or where that failed: it is asked now.
            spread_s: As `ask` takes it.
        """
        length = _length(channel, one.ad_break)
        if answer is not None and _stands(answer):
            decider = self.decider_for(presentation.show, one.rule)
            decided = await decider.renewed(answer, ladder)
        else:
            decided = await self.ask(
                session, presentation, ladder, channel, one, viewer, spread_s=spread_s
            )
            decided = decided if answer is None else decided.after(answer)
        chosen = self._choose(session, presentation.show, ladder, one, decided, length)
        ads = tuple(_ad_of(decided, entry) for entry in chosen.pod)
        return Filled(
            decision=_decision(channel, one, decided, chosen, ads),
            decided=decided,
            chosen=chosen,
            ads=ads,
            vmap=one.vmap,
        )

    def report(self, session: Session, one: Opening, filled: Filled) -> None:
        """Everything that a viewer got less than planned has its reason (P9)."""
        decided, chosen = filled.decided, filled.chosen
        said = {"session_id": session.sid, "ad_break_id": one.ad_break.id}
        for reason in decided.reasons:
            report(reason, "ad_call_failed", self.metrics, detail=decided.detail, **said)
        for dropped in chosen.dropped:
            if isinstance(dropped.reason, Reason):
                report(dropped.reason, "ad_dropped", self.metrics, ad_id=dropped.ad_id, **said)
        if not isinstance(one.rule.fill, SlateFill):
            failed = any(reason is not Reason.AD_EMPTY for reason in decided.reasons)
            has_ads = any(entry.kind == "ad" for entry in chosen.pod)
            self.metrics.ad_request("filled" if has_ads else "failed" if failed else "empty")
        slate = sum(float(entry.duration) for entry in chosen.pod if entry.kind == "slate")
        missing = float(max(chosen.rest, Fraction(0))) + slate
        if missing > float(TOLERANCE):
            self.metrics.unfilled(missing)
            report(
                Reason.BREAK_UNFILLED,
                "ad_break_underfilled",
                self.metrics,
                missing_s=round(missing, 3),
                **said,
            )

    async def ask(
        self,
        session: Session,
        presentation: Presentation,
        ladder: Ladder,
        channel: Content,
        one: Opening,
        viewer: Viewer,
        *,
        spread_s: float = 0.0,
    ) -> Decided:
        """Ask who decides what a break could play; the sums are done when its place is listed.

        Args:
            session: As `fill` takes it, and what follows.
            presentation: See there.
            ladder: See there.
            channel: See there.
            one: See there.
            viewer: See there.
            spread_s: Seconds that there are before the answer is waited for.
        """
        if isinstance(one.rule.fill, SlateFill):
            return Decided()
        length = _length(channel, one.ad_break)
        show = presentation.show
        begin = channel.window[0] if channel.window else one.ad_break.start
        limit = length if length is not None else one.longest or show.limits.max_break_s
        request = replace(
            self.request(session, presentation, one, viewer),
            length=Fraction(limit),
            playhead=None if presentation.live else one.ad_break.start - begin,
            ladder=ladder,
            spread_s=spread_s,
        )
        return await self.decider_for(show, one.rule).decide(request)

    def request(
        self, session: Session, presentation: Presentation, one: Opening, viewer: Viewer
    ) -> DecisionRequest:
        """What is asked with, but for where the break is and how long.

        Args:
            session: As `fill` takes it, and what follows.
            presentation: See there.
            one: See there.
            viewer: See there.
        """
        show = presentation.show
        told, params = show.consent.rules.disclose(viewer, session.record.parameters.ads)
        digest = self.session_digest(session.sid)
        return DecisionRequest(
            show=show.name,
            session=session_for_break(digest, one.ad_break.id) if told.is_anonymous else digest,
            ad_break=one.ad_break,
            length=None,
            now=self.clock.now(),
            live=presentation.live,
            position=one.position,
            viewer=told,
            params=params,
            facts=self.facts.told(
                show,
                session.record.facts,
                self.clock.now(),
                anonymous=told.is_anonymous,
            ),
            blocked_categories=show.ads.blocked_categories,
            ladder=presentation.ladder or Ladder(entries=()),
            source=None if one.vmap is None else one.vmap.source,
        )

    def _choose(
        self,
        session: Session,
        show: Show,
        ladder: Ladder,
        one: Opening,
        decided: Decided,
        length: Decimal | None,
    ) -> Fill:
        """Do the sums; without an await, so that breaks decided at one time know of each other."""
        rules = _rules(show, longest=one.longest)
        caps, break_id, at = show.ads.frequency.caps, one.ad_break.id, one.ad_break.out_at
        if not caps:
            return self._sums(show, ladder, one, decided, length, rules)
        allowed = self.exposures.allowances(session, break_id, at, caps, decided.candidates)
        rules = replace(rules, allowances=allowed)
        chosen = self._sums(show, ladder, one, decided, length, rules)
        given = [entry.creative_id for entry in chosen.pod if entry.kind == "ad"]
        self.exposures.note(session, break_id, at, given)
        return chosen

    def _sums(
        self,
        show: Show,
        ladder: Ladder,
        one: Opening,
        decided: Decided,
        length: Decimal | None,
        rules: FillRules,
    ) -> Fill:
        slate_only = isinstance(one.rule.fill, SlateFill)
        named = one.rule.bumpers
        before = self.house.bumper(show, named.before, ladder)
        after = self.house.bumper(show, named.after, ladder)
        wants_slate = slate_only or one.rule.otherwise == "slate"
        if one.ad_break.is_point and not slate_only:
            rules = replace(rules, insertion=True, overrun=Fraction(show.limits.overrun_s))
            length, wants_slate = None, False
        elif one.ad_break.is_point:
            length = one.longest
        return fill_between(
            None if length is None else Fraction(length),
            decided.candidates,
            before=before,
            after=after,
            tolerance=TOLERANCE,
            slate=self.house.slate(show, ladder) if wants_slate else None,
            rules=rules,
        )


def _stands(answer: Decided) -> bool:
    """Whether an answer from before the break is the last word.

    What failed may work by now; but what had more time than there is left would take too long.
    """
    return bool(answer.offers) or not {*answer.reasons}.isdisjoint(_LAST_WORDS)


def _rules(show: Show, *, longest: Decimal | None) -> FillRules:
    """What a show says of its ads, whatever the break (D-51, D-53, D-56)."""
    ads = show.ads
    most = ads.max_unfilled_s
    return FillRules(
        max_length=Fraction(longest or show.limits.max_break_s),
        reorder=ads.reorder,
        allow_repeats=not ads.separation.creative,
        allow_same_advertiser=not ads.separation.advertiser,
        allow_same_category=not ads.separation.category,
        blocked_categories=frozenset(one.casefold() for one in ads.blocked_categories),
        max_unfilled=None if most is None else Fraction(most),
    )


def _length(channel: Content, ad_break: AdBreak) -> Decimal | None:
    """Seconds to fill from where viewers leave, so that no ad starts that cannot end (D-52)."""
    if ad_break.is_point or ad_break.in_at is None:
        return None
    out_at = channel.out_border(ad_break) or ad_break.out_at
    return max(ad_break.in_at - out_at, Decimal(0))


def _ad_of(decided: Decided, entry: FillEntry) -> Ad | None:
    """What an ad server said of an entry of the pod."""
    if entry.candidate is None:
        return None
    ad = decided.offers[entry.candidate].ad
    return None if ad.linear is None else ad  # an asset of the house's


def _is_tracked(ad: Ad) -> bool:
    return any(event.server for event in events_of(ad, Decimal(1)))


def _decision(
    channel: Content,
    one: Opening,
    decided: Decided,
    chosen: Fill,
    ads: Sequence[Ad | None],
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
        reason="" if pod else reasons[0],
    )
