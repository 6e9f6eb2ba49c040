"""Openings: the breaks that one session may see in a channel, with the rule that fills each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from manifests.breaks import PREROLL_ID, AdBreak, joined_break
from manifests.splicing.content import Content
from manifests.splicing.timeline import FRAME_S
from packager.config.break_settings import BreakRule, CueBreaks, ScheduledBreak, VmapBreaks
from packager.config.show_settings import Show
from packager.decisions.request import BreakPosition
from packager.decisions.vmap import Place, PlaceKind, VmapBreak
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.session import Session


@dataclass(frozen=True, slots=True)
class Opening:
    """A break of a presentation and the rule that fills it."""

    ad_break: AdBreak
    rule: BreakRule
    position: BreakPosition = BreakPosition.MID_ROLL
    vmap: VmapBreak | None = None  # what a VMAP says of it; looked up only where it is filled
    linear: bool = True  # False: nothing is played in it, only drawn (D-40)
    by_us: bool = False  # what is drawn, Weft draws into the picture

    @property
    def longest(self) -> Decimal | None:
        """Configured length of a scheduled break."""
        return self.rule.seconds if isinstance(self.rule, ScheduledBreak) else None


def is_live(session: Session, presentation: Presentation) -> bool:
    """Whether a session's breaks replace content: also when its live channel has ended since."""
    return presentation.live or session.started_at_edge is not None


def cue_rule(show: Show) -> CueBreaks | None:
    """The rule for breaks that the content's cues open."""
    return next((rule for rule in show.breaks if isinstance(rule, CueBreaks)), None)


def openings_of(
    session: Session,
    presentation: Presentation,
    channel: Content,
    *,
    since: int = 0,
    places: Sequence[Place] = (),
    now: Decimal,
) -> tuple[Opening, ...]:
    """The session's breaks whose out point is listed, in order, with their rules.

    Args:
        session: Whose.
        presentation: What it watches.
        channel: As it is now.
        since: Leave out so many of the channel's breaks, the oldest ones.
        places: Where the session's VMAP has breaks.
        now: Seconds since 1970.
    """
    show, started = presentation.show, session.started_at_edge
    live = is_live(session, presentation)
    openings = []
    by_cue = cue_rule(show)
    placed = {place.break_id for place in places if place.kind == "film"}
    if by_cue is not None:
        for ad_break in channel.log.breaks[since:]:
            if ad_break.id in placed:
                continue  # the VMAP has ads for it
            if ad_break.is_point and live:
                continue  # an insertion would fall behind the live edge
            if started is not None and ad_break.in_at is not None and ad_break.in_at <= started:
                continue  # it was over when the session began
            if ad_break.is_point or channel.out_border(ad_break) is not None:
                openings.append(Opening(ad_break, by_cue))
    if live and (opening := _joining(session, presentation, channel, now)) is not None:
        openings.append(opening)
        openings.sort(key=lambda one: one.ad_break.out_at)
    if not live:
        openings += _scheduled(show, channel)
        openings += placed_openings(show, channel, places, "film")
        # D-43: at one border in the order of the document, whatever the offsets were.
        openings.sort(key=lambda one: one.ad_break.out_at)
    return tuple(openings)


def announced_of(presentation: Presentation, channel: Content) -> tuple[Opening, ...]:
    """Breaks of live content that are known, and whose place is not listed yet; the next first."""
    if not presentation.live or channel.window is None:
        return ()
    by_cue = cue_rule(presentation.show)
    found: list[Opening] = []
    for ad_break in reversed(channel.log.breaks):
        if by_cue is None or ad_break.out_at <= channel.window[1]:
            break
        if not ad_break.is_point and channel.out_border(ad_break) is None:
            found.append(Opening(ad_break, by_cue))
    return tuple(reversed(found))


def preroll_rule(show: Show) -> ScheduledBreak | None:
    """The rule for pre-rolls, of live sessions too."""
    return next(
        (rule for rule in show.breaks if isinstance(rule, ScheduledBreak) and rule.at == 0), None
    )


def preroll_s(show: Show, rule: ScheduledBreak) -> Decimal:
    """Most seconds that a pre-roll may last."""
    return rule.seconds or show.limits.max_break_s


def preroll_of(presentation: Presentation, channel: Content, now: Decimal) -> Opening | None:
    """The pre-roll of a live session that begins now; None: it has none."""
    rule = preroll_rule(presentation.show)
    if rule is None or not presentation.live:
        return None
    ad_break = channel.join_of(preroll_s(presentation.show, rule), now)
    return None if ad_break is None else Opening(ad_break, rule, BreakPosition.PRE_ROLL)


def _joining(
    session: Session, presentation: Presentation, channel: Content, now: Decimal
) -> Opening | None:
    """A live session's pre-roll, until nothing of it is listed any more."""
    rule, window = preroll_rule(presentation.show), channel.window
    if rule is None or window is None or session.started_at_edge is None:
        return None
    decision = session.decisions.get(PREROLL_ID)
    if decision is None:
        is_new = window[0] <= session.started_at_edge + channel.pace_s
        return preroll_of(presentation, channel, now) if is_new else None
    if not channel.recalls(decision.in_at):
        return None
    ad_break = joined_break(decision.out_at, decision.in_at)
    return Opening(ad_break, rule, BreakPosition.PRE_ROLL)


def refusal_of(
    opening: Opening, presentation: Presentation, channel: Content, *, live: bool
) -> Reason | None:
    """Why a break is left alone, whatever an ad server would say."""
    if not opening.linear:
        return None  # the content is not left
    if presentation.ladder is None:
        return Reason.LADDER_UNMATCHED
    ad_break = opening.ad_break
    if ad_break.is_point:
        return None if channel.is_aligned(ad_break) else Reason.BREAK_REFUSED_ALIGNMENT
    window, out_at = channel.window, channel.out_border(ad_break)
    if ad_break.length == 0 or window is None or out_at is None:
        return Reason.BREAK_TOO_LATE
    if ad_break.joins:
        if _is_beside_another(ad_break, channel):
            return Reason.PREROLL_GAVE_WAY
        return None if channel.is_aligned(ad_break) else Reason.BREAK_REFUSED_ALIGNMENT
    if live and not channel.can_hold(ad_break) and out_at <= window[1]:
        return Reason.BREAK_TOO_LATE  # rule B-30: players have what is behind it
    if live and out_at < window[0]:
        return Reason.BREAK_TOO_LATE  # rule A-18: no break without its beginning
    if not channel.is_aligned(ad_break):
        return Reason.BREAK_REFUSED_ALIGNMENT
    return None


def _is_beside_another(ad_break: AdBreak, channel: Content) -> bool:
    """Whether a break of the content's is, or may be, where a pre-roll would be."""
    if ad_break.in_at is None:
        return False
    begin, end = ad_break.out_at - FRAME_S, channel.return_of(ad_break.in_at) + FRAME_S
    return any(
        one.out_at <= end and (one.in_at is None or one.in_at >= begin) and not one.is_point
        for one in channel.log.breaks[channel.over :]
    )


def _scheduled(show: Show, channel: Content) -> Iterator[Opening]:
    """Breaks at configured times, in the order of the configuration; none beyond the end."""
    rules = [rule for rule in show.breaks if isinstance(rule, ScheduledBreak)]
    if not rules or channel.window is None:
        return
    begin, end = channel.window
    for number, rule in enumerate(rules):
        at = end if rule.at == "end" else begin + Decimal(rule.at)
        if at <= end:
            yield _opening(channel, rule, _point_at(channel, f"s{number}", at))


def placed_openings(
    show: Show, channel: Content, places: Sequence[Place], kind: PlaceKind
) -> Iterator[Opening]:
    """Breaks where a VMAP has them: between segments, or in the place of one that a cue makes.

    Args:
        show: Has a VMAP, or there are none.
        channel: As it is now.
        places: Where they are.
        kind: Which of them; they are given in the order of the document.
    """
    rule = next((rule for rule in show.breaks if isinstance(rule, VmapBreaks)), None)
    if rule is None or channel.window is None:
        return
    cues = {one.id: one for one in channel.log.breaks}
    wanted = (place for place in places if place.kind == kind)
    for place in sorted(wanted, key=lambda place: place.number):
        at = channel.window[0] + place.at
        point = _point_at(channel, place.break_id, at)
        opening = _opening(channel, rule, cues.get(place.break_id, point))
        yield replace(opening, linear=kind != "overlay")


def _point_at(channel: Content, break_id: str, at: Decimal) -> AdBreak:
    """A break that takes nothing away, at the border nearest to an instant (D-43)."""
    at = channel.nearest_border(at)
    return AdBreak(id=break_id, start=at, out_at=at, planned_end=at, source="schedule")


def _opening(channel: Content, rule: BreakRule, ad_break: AdBreak) -> Opening:
    begin, end = channel.window or (ad_break.start, ad_break.start)
    return Opening(ad_break, rule, _position(ad_break.start, begin, end))


def _position(at: Decimal, begin: Decimal, end: Decimal) -> BreakPosition:
    if at <= begin + FRAME_S:
        return BreakPosition.PRE_ROLL
    return BreakPosition.POST_ROLL if at >= end - FRAME_S else BreakPosition.MID_ROLL
