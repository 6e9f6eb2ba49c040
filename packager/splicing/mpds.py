"""A plan spliced into an MPD: its Periods, and the creatives as Periods between them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from manifests.break_log import BreakLog, CueSettings
from manifests.creative import Creative
from manifests.dash.arrangement import AdPart, arrange
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.content_clock import Listed, computes, listed
from manifests.dash.model import AdaptationSet, Mpd, Representation
from manifests.dash.periods.cut_point import cut_refusal
from manifests.dash.periods.part import Part
from manifests.dash.rendering import Renderer
from manifests.errors import SpliceError
from manifests.splicing.timeline import FRAME_S, Splice
from packager.splicing.creatives import RUNG, is_for_mpd
from packager.splicing.layout import laid_out
from packager.splicing.placing import Content, Filling, place_breaks
from packager.splicing.plan import FilePlan
from packager.splicing.values import PlanError

KINDS = ("video", "audio")


def spliced_mpd(mpd: Mpd, plan: FilePlan) -> bytes:
    """An MPD with a plan's breaks filled.

    Args:
        mpd: Gets the creatives.
        plan: Says where and which.

    Raises:
        PlanError: The plan does not suit the MPD.
        ManifestError: Nothing can be spliced into the MPD.
    """
    _check_creatives(mpd, plan)
    plan = _beside(mpd, plan)
    now = _now(mpd, plan)
    fillings: tuple[Filling, ...]
    if plan.from_cues:
        rules = DashRules(cues=CueSettings())
        channel = DashChannel(rules=rules).advance(mpd, now=now)
        cued = plan.breaks[0]
        fillings = tuple(Filling(cued.where, one, cued.creatives) for one in channel.log.breaks)
        if not fillings:
            raise SpliceError("there are no cues; leave out from_cues and say where breaks are")
        splices = [*_splices(channel, fillings)]
    else:
        rules = DashRules(cues=None, removes_cues=False)
        fillings = place_breaks(plan, _content(mpd, listed(mpd, now)))
        log = BreakLog(tuple(one.ad_break for one in fillings))
        channel = DashChannel(rules=rules, log=log).advance(mpd, now=now)
        for filling in fillings:
            _check_place(channel, filling, is_live=mpd.is_dynamic)
        splices = [*_splices(channel, fillings)]
    parts = arrange(channel, splices).parts
    _check_names(parts)
    text = Renderer(rules=rules, rung_of=_rung_of).render(channel, splices)
    if text.left_out:
        raise SpliceError("; ".join(text.left_out.values()))
    ads = {part.id for part in parts if isinstance(part, AdPart)}
    return laid_out(text.filled(location=None), ads)


def _check_creatives(mpd: Mpd, plan: FilePlan) -> None:
    """Creatives are told as MPDs want them, and stand beside something of the content."""
    names = {*KINDS}
    for period in mpd.periods:
        names.update(one.id for kind, one in period.representations() if kind.kind in KINDS)
    for creative in plan.creatives:
        if not is_for_mpd(creative):
            raise PlanError(
                f"creative {creative.id!r}: segments are for playlists; give renditions: "
                "video, audio or both"
            )
        for name in creative.renditions:
            if name not in names:
                known = ", ".join(sorted(names - {*KINDS})[:8])
                raise PlanError(
                    f"creative {creative.id!r}: the MPD has no Representation {name[:40]!r}; "
                    f"say video, audio, or one of its ids: {known}"
                )


def _beside(mpd: Mpd, plan: FilePlan) -> FilePlan:
    """The plan with renditions by the Representation that they stand beside."""
    representations = {
        _rung_of(one, representation): (one.kind, representation.id)
        for period in mpd.periods
        for one, representation in period.representations()
        if one.kind in KINDS
    }

    def beside(creative: Creative) -> Creative:
        told = creative.renditions
        found = {
            rung: told[name]
            for rung, (kind, name_of_one) in representations.items()
            if (name := name_of_one if name_of_one in told else kind) in told
        }
        clock = told.get("video") or next(iter(told.values()))
        return replace(creative, renditions={RUNG: clock, **found})

    return replace(
        plan,
        breaks=tuple(
            replace(one, creatives=tuple(map(beside, one.creatives))) for one in plan.breaks
        ),
    )


def _rung_of(one: AdaptationSet, representation: Representation) -> str:
    return f"{one.kind}/{representation.id}"


def _now(mpd: Mpd, plan: FilePlan) -> Decimal:
    """When the MPD is looked at; what is listed is there at any time."""
    if plan.now is not None:
        return plan.now
    if mpd.is_dynamic and any(computes(period) for period in mpd.periods):
        raise PlanError(
            "now is missing: players compute this live MPD's segments, so how far it goes "
            'depends on the time; give a date as in "2026-01-01T00:10:18Z"'
        )
    return mpd.publish_time or Decimal(0)


def _content(mpd: Mpd, window: Listed | None) -> Content:
    if window is None or window.end <= window.start:
        raise SpliceError("no segments are listed, or nobody says where they end")
    return Content(
        manifest="MPD",
        start=window.start,
        end=window.end,
        is_dated=mpd.is_dynamic,
        is_finished=not mpd.is_dynamic,
    )


def _check_place(channel: DashChannel, filling: Filling, *, is_live: bool) -> None:
    """The content can be left and found again, and there is enough of it."""
    ad_break = filling.ad_break
    if reason := _refusal(channel, filling):
        raise PlanError(f"{filling.where}: {reason}")
    if ad_break.is_point or is_live or channel.listed is None:
        return
    left = (channel.listed.end - ad_break.start).normalize()
    length = _length(filling)
    if length > left + FRAME_S:
        raise PlanError(
            f"{filling.where}: its creatives last {length} s, and {left:f} s of content are left"
        )


def _length(filling: Filling) -> Decimal:
    return sum((one.duration for one in filling.creatives), Decimal(0))


def _refusal(channel: DashChannel, filling: Filling) -> str | None:
    """Why viewers cannot leave the content for a break, or not come back."""
    ad_break = filling.ad_break
    places = [ad_break.out_at, ad_break.in_at]
    filled_until = ad_break.out_at + _length(filling)
    if ad_break.in_at is not None and filled_until < ad_break.in_at - FRAME_S:
        places.append(filled_until)  # rule D-53: the rest is content
    for at in places:
        period = None if at is None else channel.period_at(at)
        if period is not None and at not in channel.cuts and (reason := cut_refusal(period)):
            return reason
    return None if ad_break.out_at in channel.cuts else "its place is not listed"


def _splices(channel: DashChannel, fillings: Iterable[Filling]) -> Iterator[Splice]:
    """Splices of the breaks that can be filled."""
    is_live = channel.mpd is not None and channel.mpd.is_dynamic
    for filling in fillings:
        ad_break, creatives = filling.ad_break, filling.creatives
        if _refusal(channel, filling) is not None:
            continue
        if not ad_break.is_point:
            one = channel.splice_of(ad_break, creatives, RUNG)
            if one is not None:
                yield one
        elif not is_live:  # an insertion would fall behind the live edge
            yield channel.insertion_of(ad_break.start, creatives, RUNG, break_id=ad_break.id)


def _check_names(parts: Iterable[Part | AdPart]) -> None:
    """No two Periods have one id (rule B-05)."""
    for name, count in Counter(part.id for part in parts).items():
        if count > 1:
            raise PlanError(f"two Periods would have the id {name!r}; give the break another id")
