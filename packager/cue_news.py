"""What is odd about a channel's cues, for operators: told once, when it happens."""

from collections.abc import Iterator

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import AdBreak
from packager.reasons import Reason


def oddities(
    before: BreakLog, after: BreakLog, cues: CueSettings | None, *, live: bool
) -> Iterator[tuple[Reason, AdBreak]]:
    """What is odd about breaks that was not so when they were last looked at."""
    if after is before:
        return
    known = {one.id: one for one in before.breaks}
    for one in after.breaks:
        for reason in _oddities(known.get(one.id), one, after, cues, live=live):
            yield reason, one


def _oddities(
    old: AdBreak | None, new: AdBreak, after: BreakLog, cues: CueSettings | None, *, live: bool
) -> Iterator[Reason]:
    if new.is_point and live and (old is None or not old.is_point):
        yield Reason.BREAK_INSERT_IN_LIVE
    ended_now = new.end is not None and (old is None or old.end is None)
    if ended_now and any(one.start == new.end for one in after.breaks if one is not new):
        yield Reason.CUE_NESTED
    elif ended_now and new.planned_end is not None and new.in_at != new.planned_end:
        yield Reason.CUE_IN_EARLY
    if old is not None and _ended_by_maximum(old, new, cues):
        yield Reason.CUE_IN_MISSING


def _ended_by_maximum(old: AdBreak, new: AdBreak, settings: CueSettings | None) -> bool:
    if old.planned_end is not None or new.planned_end is None or settings is None:
        return False
    return new.end is None and new.planned_end >= new.start + settings.max_break_s
