"""Which Periods a session's MPD has: parts of the origin's, and ads between them (B-05, B-20).

Every id follows from the origin's Period and the break alone, so that it names the same interval in
every answer: `P0`, `P0~b42` for what follows break b42 in it, `b42.0` for the break's first ad.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from manifests.creative import Creative
from manifests.dash.channel import DashChannel
from manifests.dash.content_clock import computes, origin_of
from manifests.dash.model import Mpd, Period
from manifests.dash.periods.part import Part
from manifests.splicing.timeline import FRAME_S, Splice

_FOREVER = Decimal("Infinity")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdPart:
    """One creative, as a Period of its own."""

    creative: Creative
    like: Period  # the content's Period whose AdaptationSets it has
    id: str
    start: Decimal  # @start in the session's MPD
    length: Decimal  # seconds until the next Period starts
    listed: int | None = None  # so many segments are listed (rule A-17); None: all
    computed: bool = False  # players compute the segments, as they do the content's
    early_s: Decimal | None = None  # availabilityTimeOffset (B-21); None: not said
    duration: Decimal | None = None  # @duration to write; None: none
    told: str | None = None  # of the ad, in an event; None: nothing


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A session's Periods, in order."""

    parts: tuple[Part | AdPart, ...]
    inserted: Decimal  # seconds by which the presentation is longer than the origin's


def arrange(
    channel: DashChannel,
    splices: Sequence[Splice],
    *,
    until: Decimal | None = None,
) -> Arrangement:
    """Lay out a session's Periods.

    Args:
        channel: With an MPD.
        splices: In order; in live those of the window, and before them those `recalled`.
        until: Start of the first break that is not decided yet: nothing is listed behind it.
    """
    if channel.mpd is None:
        return Arrangement((), Decimal(0))
    layout = _Layout(channel, channel.mpd, splices, _held(channel, splices, until))
    for period in channel.mpd.periods:
        if not layout.take(period):
            break
    layout.finish()
    return Arrangement(_lasting(_ended(layout)), layout.inserted)


def recalled(past: Sequence[Splice]) -> Sequence[Splice]:
    """The last of the past splices, as far as what comes after them depends on them.

    What follows the last one in its Period keeps the name that it got there (B-34), and goes on
    saying where it goes on from (B-18): from the content before it. Where breaks touch, that
    stands before the first of them, and is named after the one before.

    Args:
        past: In order; all of them, or what was recalled before and those that came after.
    """
    first = len(past) - 1
    while first > 0 and (back := past[first - 1].in_at) is not None and past[first].out_at <= back:
        first -= 1
    return past[max(first - 1, 0) :]


def _held(channel: DashChannel, splices: Sequence[Splice], until: Decimal | None) -> Decimal | None:
    """Where listing ends: also at a break that some Representations are not listed up to (B-30).

    Of the others nothing may be listed that would have to be taken back.
    """
    found = [] if until is None else [until]
    found += [one.out_at for one in splices if one.out_at == channel.awaited_at]
    if channel.listed is not None:
        end = channel.listed.end
        found += [
            one.out_at
            for one in channel.log.breaks
            if one.out_at > end and channel.out_border(one) is None
        ]
    return min(found, default=None)


class _Layout:
    """What is laid out so far; all instants on the content clock."""

    def __init__(
        self,
        channel: DashChannel,
        mpd: Mpd,
        splices: Sequence[Splice],
        until: Decimal | None,
    ) -> None:
        listed = channel.listed
        self.mpd = mpd
        self.late = channel.late
        self.cut_in = channel.cut_in
        self.clock = origin_of(mpd)
        self.window_start = self.clock if listed is None else listed.start
        self.edge = self.clock if listed is None else listed.end
        self.splices = [one for one in splices if until is None or one.out_at < until]
        self.until = until
        self.inserted = Decimal(0)
        self.found: list[tuple[Part | AdPart, Decimal]] = []  # with the end of each
        self.told: set[str] = set()  # breaks whose ads are laid out

    def take(self, period: Period) -> bool:
        """Lay out a Period of the origin; False: nothing follows."""
        start = self.clock + period.start
        end = _FOREVER if period.end is None else self.clock + period.end
        begin, name, continuous = start, period.id, False
        after: Part | None = None
        for one in self.splices:
            if one.out_at >= end or (one.in_at is not None and one.in_at < start):
                continue
            if one.out_at > begin and not (begin == start and self._was_there(period, one.out_at)):
                after = self._content(period, name, begin, one.out_at, after, continuous)
            # A break may go on when the Period that it began in has left the window (B-34).
            is_here = one.out_at >= start or period is self.mpd.periods[0]
            if is_here and one.break_id not in self.told:
                self._ads(one, period)
            if one.in_at is None:
                return False
            if one.in_at > begin or one.is_insertion:
                begin, continuous = max(begin, one.in_at), one.is_insertion
                name = period.id if begin == start else f"{period.id}~{one.break_id}"
        if self.until is not None and (
            self.until <= begin or (begin == start and self._was_there(period, self.until))
        ):
            return False
        if begin < end:
            self._content(period, name, begin, None if end == _FOREVER else end, after, continuous)
        return self.until is None or end <= self.until

    def _was_there(self, period: Period, out_at: Decimal) -> bool:
        """Whether a cut is older than a Period that begins less than a frame before it.

        Then nothing is put between what was published (B-04): the Period before lasts until the
        ads (A-26).
        """
        since, start = self.cut_in.get(out_at), self.clock + period.start
        return since is not None and since < start and out_at - start <= FRAME_S

    def finish(self) -> None:
        """Lay out what comes after the last Period."""
        for one in self.splices:
            if one.is_insertion and one.break_id not in self.told and self.mpd.periods:
                self._ads(one, self.mpd.periods[-1])

    def kept(self) -> list[Part | AdPart]:
        """What has not left the window yet (B-34)."""
        if not self.mpd.is_dynamic:
            return [part for part, _ in self.found]
        return [part for part, end in self.found if end > self.window_start]

    def _content(
        self,
        period: Period,
        name: str,
        begin: Decimal,
        end: Decimal | None,
        after: Part | None,
        continuous: bool,
    ) -> Part:
        start = self.clock + period.start
        held = self.until is not None and (end is None or end > self.until)
        until = self.until if held else end
        late = () if until is None else self.late.get(until, ())
        is_end = end is None or (period.end is not None and end == self.clock + period.end)
        part = Part(
            period=period,
            id=name,
            start=begin - self.clock + self.inserted,
            begin=begin - start,
            end=None if is_end or end is None else end - start,
            after=None if after is None else after.id,
            after_begin=Decimal(0) if after is None else after.begin,
            is_continuous=continuous,
            listed_until=self.until - start + FRAME_S if held and self.until is not None else None,
            # B-04: also while it is being decided whether it ends there.
            late=tuple([(name, at - start + FRAME_S) for name, at in late]),
        )
        self.found.append((part, _FOREVER if end is None else end))
        return part

    def _ads(self, one: Splice, like: Period) -> None:
        self.told.add(one.break_id)
        limit = _FOREVER
        if not one.is_insertion:
            limits = [at for at in (one.in_at, one.limit) if at is not None]
            limit = min(limits, default=_FOREVER)
        computed, early = self.mpd.is_dynamic and computes(like), None
        if computed and one.limit is not None:
            early = one.limit - one.out_at
        at, shift = one.out_at, self.inserted - self.clock
        for number, creative in enumerate(one.pod):
            if at >= limit:
                break
            end = at + creative.duration
            if end > limit or limit - end <= FRAME_S:
                end = limit
            listed = None if computed else self._listed(creative, at, end)
            if listed == 0:
                return
            part = AdPart(
                creative=creative,
                like=like,
                id=f"{one.break_id}.{number}",
                start=at + shift,
                length=end - at,
                listed=listed,
                computed=computed,
                early_s=early,
                told=None if one.signalling is None else one.signalling.text(number),
            )
            self.found.append((part, end))
            at = end
        if one.is_insertion:
            self.inserted += at - one.out_at

    def _listed(self, creative: Creative, start: Decimal, end: Decimal) -> int | None:
        """How many segments of an ad are listed: those that are shown (rule H-11).

        In live no more than of the content (rule A-17): players take the end of what is listed for
        the live edge.
        """
        length, shown = creative.duration, end - start
        is_there = not self.mpd.is_dynamic or self.edge >= end - FRAME_S
        if shown >= length and is_there:
            return None
        count = creative.segments_until(min(shown, length), whole=False)
        if not is_there:
            count = min(count, creative.segments_until(self.edge + FRAME_S - start))
        elif count == creative.segments_until(length, whole=False):
            return None
        return count


def _ended(layout: _Layout) -> tuple[Part | AdPart, ...]:
    """What the last Period of a live MPD lists, and where it ends, if it does (B-20, B-40)."""
    parts = layout.kept()
    if not layout.mpd.is_dynamic:
        return tuple(parts)
    while parts and isinstance(last := parts[-1], AdPart) and not last.computed:
        # Only what follows an ad makes a segment complete that goes on behind it (rule A-17).
        start = layout.clock + last.start
        count = last.creative.segments_until(layout.edge + FRAME_S - start)
        if count:
            if last.listed is None and count < last.creative.segments_until(
                last.length, whole=False
            ):
                parts[-1] = replace(last, listed=count)
            elif last.listed is not None:
                parts[-1] = replace(last, listed=min(last.listed, count))
            break
        parts.pop()
    if not parts:
        return ()
    last = parts[-1]
    if isinstance(last, AdPart):
        if last.listed is None:
            parts[-1] = replace(last, duration=last.length)
    elif last.period.end is not None and last.end is None:
        length = last.period.end - last.period.start
        parts[-1] = replace(last, duration=length - last.begin)
    elif last.end is not None and last.listed_until is None:
        # The segment under the cut comes with the first ad: nothing is taken back (B-30).
        parts[-1] = replace(last, listed_until=last.end + FRAME_S)
    return tuple(parts)


def _lasting(parts: tuple[Part | AdPart, ...]) -> tuple[Part | AdPart, ...]:
    """With an end for each part that lasts longer than its Period: until what follows it."""
    found = [_until(part, following.start) for part, following in pairwise(parts)]
    return (*found, *parts[-1:])


def _until(part: Part | AdPart, start: Decimal) -> Part | AdPart:
    if isinstance(part, AdPart) or part.end is not None or part.period.end is None:
        return part
    end = part.begin + start - part.start
    return part if end <= part.period.end - part.period.start else replace(part, end=end)
