"""The breaks of a plan on the content clock: where its places lie in what a manifest lists."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.splicing.timeline import FRAME_S
from packager.splicing.plan import FilePlan, PlannedBreak
from packager.splicing.values import PlanError


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a manifest lists; instants on the content clock."""

    manifest: str  # "playlist" or "MPD"
    start: Decimal
    end: Decimal
    is_dated: bool  # the content clock has seconds since 1970
    is_finished: bool  # nothing will follow


@dataclass(frozen=True, slots=True)
class Filling:
    """A break, and what fills it."""

    where: str  # in the plan
    ad_break: AdBreak
    creatives: tuple[Creative, ...]


def place_breaks(plan: FilePlan, content: Content) -> tuple[Filling, ...]:
    """Place a plan's breaks.

    Returns:
        By time; breaks at the same time in the order of the plan.

    Raises:
        PlanError: A break lies outside of what is listed, overlaps another, or is too short.
    """
    found = [_place(one, content) for one in plan.breaks]
    found.sort(key=lambda one: one.ad_break.start)
    for before, after in pairwise(found):
        ends = before.ad_break.in_at
        if ends is not None and after.ad_break.start < ends:
            raise PlanError(f"{after.where}: begins before {before.where} ends")
    return tuple(found)


def _place(one: PlannedBreak, content: Content) -> Filling:
    where, manifest = one.where, content.manifest
    start = _start(one, content)
    if not one.duration and not content.is_finished:
        raise PlanError(
            f"{where}: the {manifest} goes on, so creatives can only replace content; "
            "give a duration"
        )
    if not content.start <= start + FRAME_S:
        raise PlanError(f"{where}: begins before the {manifest}'s first segment")
    if start > content.end + FRAME_S or (one.duration and start >= content.end - FRAME_S):
        length = (content.end - content.start).normalize()
        raise PlanError(f"{where}: begins behind the {manifest}'s end, {length:f} s")
    if one.duration and one.length > one.duration + FRAME_S:
        raise PlanError(
            f"{where}: its creatives last {one.length} s, longer than its duration, "
            f"{one.duration} s; leave one out (rule D-51)"
        )
    ad_break = AdBreak(
        id=one.id,
        start=start,
        out_at=start,
        planned_end=start + one.duration,
        source="schedule",
    )
    return Filling(where, ad_break, one.creatives)


def _start(one: PlannedBreak, content: Content) -> Decimal:
    if one.start is None:
        return content.end if one.at is None else content.start + one.at
    if not content.is_dated:
        raise PlanError(
            f"{one.where}.start: the {content.manifest} has no dates; give at, in seconds"
        )
    return one.start
