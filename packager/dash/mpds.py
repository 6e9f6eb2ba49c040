"""MPDs of sessions: joined once per timeline, shared by all sessions that have it.

What is kept has two holes, which are the session's own: where its MPD is (Location, B-43) and when
it last changed (publishTime, B-41). Everything else follows from the channel's version, the splices
in the window and the last one that is past.
"""

from collections.abc import Callable
from decimal import Decimal

from cachetools import LRUCache

from manifests.dash.channel import DashChannel
from manifests.dash.rendering import MpdText
from manifests.splicing.timeline import Splice
from packager.bodies import Body
from packager.dash.presentations import DashPresentation
from packager.planning import Plan
from packager.sessions import Session

_MILLISECOND = Decimal("0.001")

# Gives a session's splices among the channel's breaks from one place in its log to another.
PastSplices = Callable[[int, int], tuple[Splice, ...]]


class Mpds:
    """The MPDs of a process."""

    def __init__(self, *, max_bytes: int = 128 * 1024 * 1024, max_past: int = 262_144) -> None:
        """Make an empty cache of at most `max_bytes` of text."""
        self._texts: LRUCache[tuple[object, ...], MpdText] = LRUCache(
            max_bytes, lambda text: text.size
        )
        # For a session and the last break that is past: the last one that was filled.
        self._past: LRUCache[tuple[str, str], Splice | None] = LRUCache(max_past)

    def body(
        self,
        session: Session,
        presentation: DashPresentation,
        channel: DashChannel,
        plan: Plan,
        past_splices: PastSplices,
        *,
        location: str,
    ) -> tuple[Body, bool]:
        """A session's MPD, and whether it was joined before.

        Args:
            session: Whose.
            presentation: What it watches.
            channel: As it is now.
            plan: What is in the window.
            past_splices: Asked once for each break that goes past.
            location: Of the session's MPD.
        """
        text, shared = self._text(session.sid, presentation, channel, plan, past_splices)
        body = text.filled(location=location, publish_time=_published_at(session, channel))
        return Body(body), shared

    def _text(
        self,
        sid: str,
        presentation: DashPresentation,
        channel: DashChannel,
        plan: Plan,
        past_splices: PastSplices,
    ) -> tuple[MpdText, bool]:
        past = self._last_past(sid, channel, past_splices)
        splices = plan.splices if past is None else (past, *plan.splices)
        key = (
            presentation.channel_id,
            presentation.renderer_id,
            channel.version,
            plan.until,
            *(one.key for one in splices),
        )
        found = self._texts.get(key)
        if found is not None:
            return found, True
        text = presentation.renderer.render(channel, splices, until=plan.until)
        if text.size <= self._texts.maxsize:
            self._texts[key] = text
        return text, False

    def _last_past(
        self, sid: str, channel: DashChannel, past_splices: PastSplices
    ) -> Splice | None:
        """The session's last splice that is past: what follows it is named after it (B-34)."""
        breaks, end = channel.log.breaks, channel.over
        found: Splice | None = None
        for index in range(end, 0, -1):
            key = (sid, breaks[index - 1].id)
            if key in self._past:
                found = self._past[key]
                break
            splices = past_splices(index - 1, index)
            if splices:
                found = splices[-1]
                break
        if end:
            self._past[(sid, breaks[end - 1].id)] = found
        return found


def _published_at(session: Session, channel: DashChannel) -> Decimal | None:
    """When a session's MPD last changed (B-41): with the origin's, or with a decision.

    Between two versions of the origin's it may change by what was decided, what came back on air
    and what left the window. All of these are counted, a millisecond each: a count that only rises,
    and that is the same in every process.
    """
    if channel.published_at is None:
        return None
    return channel.published_at + _MILLISECOND * (len(session.decisions) + channel.turns)
