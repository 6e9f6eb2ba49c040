"""A show's MPD as Weft knows it, carried on from refresh to refresh.

The channel holds what is the same for all sessions: the latest MPD, the breaks that its events
opened, and where the content may be cut for them. It is a value: `advance` gives the next one.
An MPD's own times never change (B-04), so unlike HLS nothing has to be counted: a session's Periods
follow from the origin's MPD and the session's splices alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import AdBreak, Cue, joined_break
from manifests.creative import Creative
from manifests.cues.rules import CueRules
from manifests.dash.content_clock import Listed, computes, listed, origin_of
from manifests.dash.cues import read_cues
from manifests.dash.cuts import can_cut_within, cut_at, period_at
from manifests.dash.joining import join_delay_s
from manifests.dash.late_sets import Late, is_awaited, late_at
from manifests.dash.model import Mpd, Period
from manifests.dash.periods.cut_point import cut_refusal
from manifests.dash.periods.detour import Detour
from manifests.dash.stale_copies import is_stale
from manifests.errors import SpliceError
from manifests.splicing.timeline import FRAME_S, Splice, fitting, preroll_splice, splice

_MILLISECOND = Decimal("0.001")
_CUTS = 256  # remembered, beside those of the breaks in the log
# What players compute has begun up to here behind their clock: cuts are a frame or two off.
_BEGUN_S = 3 * FRAME_S


@dataclass(frozen=True, slots=True, kw_only=True)
class DashRules:
    """How a show reads cues and writes content."""

    # None: breaks come from the schedule alone
    cues: CueSettings | None = field(default_factory=CueSettings)
    signals: CueRules = field(default_factory=CueRules)
    spliced: bool = True  # the show may have breaks
    removes_cues: bool = True  # SCTE 35 does not reach players (B-52)
    content_base: tuple[str, str] | None = None  # prefix of content's URLs and what replaces it
    detour: Detour | None = None  # of what comes of that, for what may be drawn on or mixed
    sound: str | None = None  # that players begin with (`preferred_sound`)
    asset_id: str | None = None  # of the content, where it has none of its own (B-19)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashChannel:
    """One origin presentation."""

    rules: DashRules = field(default_factory=DashRules)
    mpd: Mpd | None = None
    log: BreakLog = field(default_factory=BreakLog)
    inband: tuple[Cue, ...] = ()  # cues from segments, as far as they were taken in
    listed: Listed | None = None
    seen_edge: Decimal | None = None  # nobody was shown content behind it
    # Where the content is cut for what a cue says: found once, while the place is listed.
    cuts: Mapping[Decimal, Decimal] = field(default_factory=dict)
    # By such a cut: where the Period began that it was found in, as the origin had it then.
    cut_in: Mapping[Decimal, Decimal] = field(default_factory=dict)
    # By such a cut: what lacked something before it, and never gets that (B-04).
    late: Mapping[Decimal, Late] = field(default_factory=dict)
    awaited_at: Decimal | None = None  # a cut where content stands still for what is late
    # Of the MPD, and later with each that differs, whatever the origin says (B-41); None: static.
    published_at: Decimal | None = None
    forgotten: int = 0  # breaks that are no longer in the log
    makes_periods: bool = False  # the origin has had several
    version: int = 0  # rises with every change
    # How many of the log's breaks are past: nothing of them is listed any more.
    over: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Count the breaks that are over, with room for returns that differ by a segment."""
        if self.listed is not None and self.mpd is not None and self.mpd.is_dynamic:
            before = self.listed.start - 2 * self.pace_s
            object.__setattr__(self, "over", self.log.back_before(before))

    def advance(self, mpd: Mpd, *, now: Decimal, inband: Iterable[Cue] = ()) -> "DashChannel":
        """Take in the MPD that was just fetched.

        Args:
            mpd: The origin's; older than the one that is known: it is ignored.
            now: Seconds since 1970.
            inband: All that segments told and that is not past (C-11), in the order of telling.

        Raises:
            ManifestError: Its cues cannot be placed, or it has no Periods.
        """
        if not mpd.periods:
            raise SpliceError("an MPD without Periods that have a start")
        if self.mpd is not None and is_stale(mpd, self.mpd, self.listed):
            mpd = self.mpd  # what players compute goes on with the clock
        window = listed(mpd, now)
        inband = tuple(inband)
        if mpd is self.mpd and window == self.listed and inband == self.inband:
            return self
        log = self._observed(mpd, window, inband)
        known = self.log.breaks
        first = log.breaks[0].start if log.breaks else None
        following = replace(
            self,
            mpd=mpd,
            log=log,
            inband=inband,
            listed=window,
            version=self.version + 1,
            seen_edge=self._seen_edge(mpd, window),
            published_at=self._published_at(mpd, now),
            forgotten=self.forgotten + sum(first is not None and b.start < first for b in known),
            makes_periods=self.makes_periods or len(mpd.periods) > 1,
        )
        return following._with_cuts()._with_late()

    def _seen_edge(self, mpd: Mpd, window: Listed | None) -> Decimal | None:
        """Up to where viewers may have been shown what they cannot be told otherwise (B-06)."""
        if window is None:
            return self.seen_edge
        edge = window.furthest + (_BEGUN_S if computes(mpd.periods[-1]) else 0)
        return edge if self.seen_edge is None else max(self.seen_edge, edge)

    def _published_at(self, mpd: Mpd, now: Decimal) -> Decimal | None:
        if not mpd.is_dynamic:
            return None
        at = round(now, 3) if mpd.publish_time is None else mpd.publish_time
        if self.log.breaks and computes(mpd.periods[-1]):
            at = max(at, round(now, 3))  # breaks come and go by the clock, not by the origin's MPD
        elif self.published_at is not None and mpd is self.mpd:
            return self.published_at
        if self.published_at is None:
            return at
        return max(at, self.published_at + (_MILLISECOND if self.mpd is not None else 0))

    @property
    def turns(self) -> int:
        """How many breaks have come back on air, and how many have left the window, so far.

        Both change a session's MPD without the origin's doing; the number only rises.
        """
        if self.listed is None:
            return 2 * self.forgotten
        back = self.log.back_by(self.listed.end)
        gone = self.log.back_by(self.listed.start)
        return 2 * self.forgotten + back + gone

    def _observed(self, mpd: Mpd, window: Listed | None, inband: Iterable[Cue]) -> BreakLog:
        if self.rules.cues is None or window is None:
            return self.log
        cues = [*read_cues(mpd, rules=self.rules.signals), *inband]
        settings = replace(self.rules.cues, near_s=Decimal(_pace_s(mpd)) / 2)
        # A static MPD is seen whole: no cue in it is late.
        seen = self.seen_edge if mpd.is_dynamic else None
        return self.log.observe(cues, edge=window.end, seen_edge=seen, settings=settings)

    def _with_cuts(self) -> "DashChannel":
        """With cut points of the log's breaks; once found they stay (B-04, B-06)."""
        wanted = [at for one in self.log.breaks for at in (one.out_at, one.in_at) if at is not None]
        # Also for what is not announced at the moment, and may be announced again.
        since = Decimal(0) if self.listed is None else self.listed.start
        found = dict([pair for pair in self.cuts.items() if pair[0] >= since][-_CUTS:])
        cut_in: dict[Decimal, Decimal] = {}
        for at in wanted:
            cut = self.cuts.get(at)
            if cut is None:
                cut = self._cut(at)
                period = self.period_at(at)
                if cut is not None and period is not None and self.mpd is not None:
                    cut_in[cut] = origin_of(self.mpd) + period.start
            if cut is not None:
                found[at] = cut
        known = {cut: self.cut_in[cut] for cut in found.values() if cut in self.cut_in}
        return replace(self, cuts=found, cut_in={**cut_in, **known})

    def _with_late(self) -> "DashChannel":
        """What is late where content is left; once it is given up, it stays so."""
        late: dict[Decimal, Late] = {}
        awaited_at: Decimal | None = None
        for one in self.log.breaks[self.over :]:
            cut = self.cuts.get(one.out_at)
            if cut is None or self.mpd is None or self.listed is None:
                continue
            found = self.late.get(cut)
            if found is None:
                found = late_at(self.mpd, cut)
                if is_awaited(found, self.listed):
                    awaited_at = cut if awaited_at is None else min(awaited_at, cut)
                    continue
            if found:
                late[cut] = found
        return replace(self, late=late, awaited_at=awaited_at)

    def _cut(self, at: Decimal, *, counted_from: Decimal | None = None) -> Decimal | None:
        """Where the content may be cut at about an instant (`cut_at`); None also: no content."""
        if self.mpd is None or self.listed is None:
            return None
        return cut_at(self.mpd, self.listed, at, counted_from=counted_from)

    def period_at(self, at: Decimal) -> Period | None:
        """The Period that an instant lies in; the last one also before it goes on."""
        return None if self.mpd is None else period_at(self.mpd, at)

    def cues(self, rules: CueRules) -> tuple[Cue, ...]:
        """The cues that the MPD has, by other rules than for breaks."""
        return () if self.mpd is None else read_cues(self.mpd, rules=rules)

    @property
    def window(self) -> tuple[Decimal, Decimal] | None:
        """Where what is listed starts and ends; None: nothing is listed."""
        return None if self.listed is None else (self.listed.start, self.listed.end)

    @property
    def pace_s(self) -> int:
        """The longest segment, in whole seconds."""
        return 1 if self.mpd is None else _pace_s(self.mpd)

    def forget_before(self, instant: Decimal) -> "DashChannel":
        """Drop breaks that ended before an instant."""
        log = self.log.forget_before(instant)
        if log is self.log:
            return self
        kept = {at for one in log.breaks for at in (one.out_at, one.in_at)}
        return replace(
            self,
            log=log,
            cuts={at: cut for at, cut in self.cuts.items() if at in kept or at >= instant},
            forgotten=self.forgotten + len(self.log.breaks) - len(log.breaks),
        )

    def out_border(self, ad_break: AdBreak) -> Decimal | None:
        """Where viewers leave the content for a break; None if that is not listed yet."""
        if ad_break.joins:
            return ad_break.out_at
        cut = self.cuts.get(ad_break.out_at)
        if cut is None and self._refusal(ad_break.out_at) is not None:
            return ad_break.out_at  # nobody leaves there: `is_aligned`
        return cut

    def join_of(self, seconds: Decimal, now: Decimal) -> AdBreak | None:
        """The pre-roll of a session that begins now, with so many seconds at most."""
        if self.mpd is None or self.listed is None or not self.mpd.is_dynamic:
            return None
        begin = max(now - join_delay_s(self.mpd, self.pace_s, seconds), self.listed.start)
        out_at = self._cut(begin)
        if out_at is None:
            return None
        in_at = self._cut(min(out_at + seconds, self.listed.last_start))
        return None if in_at is None or in_at <= out_at else joined_break(out_at, in_at)

    def return_of(self, at: Decimal) -> Decimal:
        """Where content comes back when a pre-roll ends at an instant."""
        return self._cut(at) or at

    def recalls(self, in_at: Decimal) -> bool:
        """Whether the Period is listed that content comes back in: its part keeps its name."""
        return self.mpd is not None and in_at >= origin_of(self.mpd) + self.mpd.periods[0].start

    def is_aligned(self, ad_break: AdBreak) -> bool:
        """Whether the content can be cut where the break begins and, if that is known, ends."""
        if ad_break.is_point:
            return self._cut(ad_break.out_at) is not None
        if ad_break.joins:
            # Content can go on from anywhere in it: only its pod says where.
            return (
                self.mpd is not None
                and ad_break.in_at is not None
                and can_cut_within(self.mpd, ad_break.out_at, ad_break.in_at)
            )
        return all(
            self._refusal(at) is None for at in (ad_break.out_at, ad_break.in_at) if at is not None
        )

    def can_hold(self, ad_break: AdBreak) -> bool:
        """Whether content can end at a break that is being decided: where segments are listed."""
        period = self.period_at(ad_break.out_at)
        return period is None or not computes(period)

    def _refusal(self, at: Decimal) -> str | None:
        if at in self.cuts:
            return None  # also at the borders of a Period that cannot be cut
        period = self.period_at(at)
        return None if period is None else cut_refusal(period)

    def splice_of(self, ad_break: AdBreak, pod: Iterable[Creative], rung: str) -> Splice | None:
        """A session's decision for a break as a splice, as far as it is known now."""
        if ad_break.joins:
            return preroll_splice(ad_break, pod, rung)
        out_at = self.cuts.get(ad_break.out_at)
        if out_at is None or self.listed is None:
            return None
        planned = ad_break.in_at
        if planned is not None and (
            planned <= out_at + FRAME_S or self.cuts.get(planned, planned) <= out_at
        ):
            return None  # found when it was over: nothing of it is left
        pod = fitting(pod, ad_break, out_at)
        if not pod:
            return None
        one = splice(
            break_id=ad_break.id, out_at=out_at, in_at=None, pod=pod, rung=rung, limit=None
        )
        filled_until = out_at + sum((creative.duration for creative in one.pod), Decimal(0))
        if planned is None or filled_until < self.cuts.get(planned, planned) - FRAME_S:
            # D-53: the rest is content, and begins at the same frame when its segment has gone.
            back = self._cut(filled_until, counted_from=out_at)
            if back is None and planned is not None and self._refusal(filled_until) is not None:
                return None  # B-03: content could not go on where the ads end
            limit = filled_until if planned is None else min(planned, filled_until)
        else:
            back = self.cuts.get(planned)
            limit = planned if back is None else back
        return replace(one, in_at=back if self._is_back(back) else None, limit=limit)

    def _is_back(self, at: Decimal | None) -> bool:
        """Whether content is listed from a return on: until then it may still change (B-30).

        Where the origin makes Periods, one may begin at the very return: a segment that begins
        before it does not tell yet.
        """
        if at is None or self.listed is None or self.mpd is None:
            return False
        if not self.mpd.is_dynamic:
            return True
        if self.makes_periods and at > self.listed.last_start + FRAME_S:
            return False
        return at < self.listed.end

    def nearest_border(self, at: Decimal) -> Decimal:
        """The instant itself: Periods end anywhere (`_cut`)."""
        return at

    def insertion_of(
        self, at: Decimal, pod: Iterable[Creative], rung: str, *, break_id: str
    ) -> Splice:
        """A session's decision for a point of a VOD presentation (insertion)."""
        out_at = self._cut(at)
        if out_at is None or (self.listed is not None and at >= self.listed.end - FRAME_S):
            out_at = at if self.listed is None else min(at, self.listed.end)
        return splice(break_id=break_id, out_at=out_at, in_at=out_at, pod=pod, rung=rung)


def _pace_s(mpd: Mpd) -> int:
    """The longest segment of the last Period, or what the MPD says of it, in whole seconds."""
    if mpd.max_segment_s is not None:
        return max(1, round(mpd.max_segment_s))
    longest = Decimal(1)
    for period in mpd.periods[-1:]:
        for _, representation in period.representations():
            one = representation.addressing
            if one is None:
                continue
            ticks = max([one.duration or 0, *(run.duration for run in one.runs[-16:])])
            longest = max(longest, Decimal(ticks) / one.timescale)
    return max(1, round(longest))
