"""MPDs of sessions: joined once per timeline, shared by all sessions that have it.

What is kept has two holes, which are the session's own: where its MPD is (Location, B-43) and when
it last changed (publishTime, B-41). Everything else follows from the channel's version, the splices
in the window and the last ones that are past.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from weakref import WeakValueDictionary

from cachetools import LRUCache

from manifests.breaks import PREROLL_ID
from manifests.dash.arrangement import recalled
from manifests.dash.channel import DashChannel
from manifests.dash.content_clock import computes
from manifests.dash.rendering import MpdText
from manifests.splicing.timeline import Splice
from packager.dash.presentations import DashPresentation
from packager.looks.dash import WornMpd
from packager.openings import preroll_rule, preroll_s
from packager.planning import Plan
from packager.session import Session

_MILLISECOND = Decimal("0.001")

# Gives a session's splices among the channel's breaks from one place in its log to another.
PastSplices = Callable[[int, int], tuple[Splice, ...]]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class JoinedMpd:
    """What sessions with the same timeline are sent, but for what is their own."""

    number: int  # no other of the process has it
    text: MpdText


class Mpds:
    """The MPDs of a process."""

    def __init__(self, *, max_bytes: int = 128 * 1024 * 1024, max_past: int = 262_144) -> None:
        """Make an empty cache of at most `max_bytes` of text."""
        self._joined: LRUCache[tuple[object, ...], JoinedMpd] = LRUCache(
            max_bytes, lambda joined: joined.text.size
        )
        self._numbers = count(1)
        # Those that are still kept above, or in somebody's hands.
        self._by_number: WeakValueDictionary[int, JoinedMpd] = WeakValueDictionary()
        # For a session and the last break that is past: the last ones that were filled.
        self._past: LRUCache[tuple[str, str], tuple[Splice, ...]] = LRUCache(max_past)

    def joined(
        self,
        session: Session,
        presentation: DashPresentation,
        channel: DashChannel,
        plan: Plan,
        past_splices: PastSplices,
        worn: WornMpd | None = None,
    ) -> tuple[JoinedMpd, bool]:
        """A session's MPD, and whether it was joined before.

        Args:
            session: Whose.
            presentation: What it watches.
            channel: As it is now.
            plan: What is in the window.
            past_splices: Asked once for each break that goes past.
            worn: How the session's look is told; None: it has none.
        """
        splices = _in_order(self._last_past(session.sid, channel, past_splices), plan.splices)
        rule = preroll_rule(presentation.show) if plan.joined else None
        preroll = None if rule is None else preroll_s(presentation.show, rule)
        key = (
            presentation.channel_id,
            presentation.renderer_id,
            channel.version,
            plan.until,
            preroll,
            None if worn is None else worn.key,
            *(one.key for one in splices),
        )
        found = self._joined.get(key)
        if found is not None:
            return found, True
        renderer = presentation.renderer if worn is None else worn.renderer
        if worn is not None and worn.mpd is not None:
            channel = replace(channel, mpd=worn.mpd)
        text = renderer.render(channel, splices, until=plan.until, preroll_s=preroll)
        made = JoinedMpd(next(self._numbers), text)
        if text.size <= self._joined.maxsize:
            self._joined[key] = made
            self._by_number[made.number] = made
        return made, False

    def by_number(self, number: int) -> JoinedMpd | None:
        """An MPD that was joined; None: it is no longer kept."""
        return self._by_number.get(number)

    def _last_past(
        self, sid: str, channel: DashChannel, past_splices: PastSplices
    ) -> tuple[Splice, ...]:
        """The session's last splices that are past, as far as its MPD depends on them."""
        breaks, end = channel.log.breaks, channel.over
        found: Sequence[Splice] = ()
        for index in range(end, 0, -1):
            known = self._past.get((sid, breaks[index - 1].id))
            if known is not None:
                found = (*known, *found)
                break
            found = (*past_splices(index - 1, index), *found)
            if len(recalled(found)) < len(found):
                break
        last = tuple(recalled(found))
        if end:
            self._past[(sid, breaks[end - 1].id)] = last
        return last


def _in_order(past: tuple[Splice, ...], splices: tuple[Splice, ...]) -> tuple[Splice, ...]:
    """What an MPD is made of; a session's pre-roll is one of the past splices in its time."""
    if not past or not any(one.joins for one in splices):
        return (*past, *splices)
    gone = sorted((*past, *(one for one in splices if one.joins)), key=lambda one: one.out_at)
    return (*recalled(gone), *(one for one in splices if not one.joins))


def published_at(session: Session, channel: DashChannel) -> Decimal | None:
    """When a session's MPD last changed (B-41): with the origin's, or with a decision.

    Between two versions of the origin's it may change by what was decided, what came back on air
    and what left the window. All of these are counted, a millisecond each: a count that only rises,
    and that is the same in every process.
    """
    if channel.published_at is None:
        return None
    at = channel.published_at
    preroll, listed, mpd = session.decisions.get(PREROLL_ID), channel.listed, channel.mpd
    if preroll is None or preroll.outcome != "fill" or mpd is None or listed is None:
        pass
    elif computes(mpd.periods[-1]) and mpd.time_shift_s is not None:
        # By the clock, its Periods leave the window one by one.
        at = max(at, round(min(listed.end, preroll.in_at + mpd.time_shift_s), 3))
    if session.record.changes:  # what is drawn for the viewer may be something else since
        at = max(at, _MILLISECOND * (session.record.changes[-1].at_ms + 1))
    return at + _MILLISECOND * (len(session.decisions) + channel.turns)
