"""All cues of an MPD: the events of its Periods, SCTE 35 or named (rules B-50 to B-52, A-79)."""

from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal

from manifests.breaks import Cue, CueKind
from manifests.cues.rules import CueRules
from manifests.dash.content_clock import origin_of
from manifests.dash.cues.break_periods import PeriodCues, ends_of_periods, times_of
from manifests.dash.cues.event_cues import cues_of_event, is_cue_scheme, own_cue, read_bodies
from manifests.dash.model import Event, EventStream, Mpd, Period
from manifests.errors import ManifestError
from manifests.splicing.timeline import FRAME_S
from manifests.timing import to_seconds

_DEFAULT_RULES = CueRules()
_UNKNOWN_TICKS = 0xFFFF_FFFF  # what an event in a segment has as duration that does not know it


def read_cues(mpd: Mpd, *, rules: CueRules = _DEFAULT_RULES) -> tuple[Cue, ...]:
    """Find the cues of an MPD.

    An event that two Periods have is told twice. A break without duration that is a Period of its
    own ends with that Period. Whatever cannot be read is left out; no event is an error.

    Args:
        mpd: The origin's.
        rules: Which signals count; their tags and classes are those of playlists, their schemes
            those of events beside SCTE 35.

    Returns:
        Cues on the content clock, by their time; a cancellation stands behind what it cancels.
    """
    clock = origin_of(mpd)
    told = [_cues_of_period(period, clock, rules) for period in mpd.periods]
    return tuple(_in_order([*(cue for one in told for cue in one.cues), *ends_of_periods(told)]))


def _cues_of_period(period: Period, clock: Decimal, rules: CueRules) -> PeriodCues:
    start = clock + period.start
    end = None if period.end is None else clock + period.end
    cues = tuple(
        cue
        for stream in period.event_streams
        for event in stream.events
        for cue in _cues(stream, event, start, end, rules)
    )
    return PeriodCues(start, end, cues)


def _cues(
    stream: EventStream, event: Event, start: Decimal, end: Decimal | None, rules: CueRules
) -> Iterator[Cue]:
    is_scte35 = is_cue_scheme(stream.scheme)
    if not is_scte35 and stream.scheme.strip() not in rules.schemes:
        return
    try:
        at = start + to_seconds(event.at)
        duration = _duration(stream, event)
    except ManifestError:
        return  # in another age
    if end is not None and at > end + FRAME_S:
        return  # the Period was cut short, and the event with it
    if is_scte35:
        messages = read_bodies(event.element, at, rules)
        yield from cues_of_event(messages, at=at, duration=duration, event_id=event.id)
    else:
        yield own_cue(stream.scheme, at=at, duration=duration, event_id=event.id)


def _duration(stream: EventStream, event: Event) -> Decimal | None:
    if event.duration is None or event.duration * stream.timescale == _UNKNOWN_TICKS:
        return None
    return to_seconds(event.duration)


def _in_order(cues: list[Cue]) -> list[Cue]:
    """By time, ends first. In which order they were announced (C-11) an MPD does not tell."""
    starts = times_of(CueKind.OUT, cues)

    def place(cue: Cue) -> tuple[Decimal, int]:
        if cue.kind is not CueKind.CANCEL:
            return cue.at, int(cue.kind is not CueKind.IN)
        times = starts.get(cue.event_id, ())
        index = bisect_left(times, cue.at)
        return (times[index] if index < len(times) else cue.at), 2

    return sorted(cues, key=place)
