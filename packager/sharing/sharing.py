"""The timelines that sessions share: found for one that begins to play, and for a URL.

One who has a timeline with others sees what a session of theirs sees that stands for all of them:
it is planned and decided for like any other (A-02, A-03), in every process and after a restart.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import get_args

from cachetools import LRUCache

from manifests.creative import Creative
from overlays.templates.model import Template
from packager.clock import Clock
from packager.config.asset_settings import Asset
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.house import PackagedHouse
from packager.log import report
from packager.looks.privacy import is_private
from packager.metrics import Metrics
from packager.paths import Ending
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.session import Session
from packager.sessions import DAY_S, SessionRefused, Sessions
from packager.settling import Settling
from packager.sharing.addresses import address_of, choices_read, parameters_read
from packager.sharing.parts import Part, part_of
from packager.stores import StoreError
from packager.stores.records import Resettled, SessionRecord

FOUND = 65_536  # sessions of which it is remembered what they share
# A break that is left to the content for one of these is so for everybody and for good.
_SETTLED = ("", Reason.ASSET_NOT_ALLOWED)


class UnknownTimeline(Exception):
    """A URL's digest stands for nothing here."""

    reason = Reason.TIMELINE_UNKNOWN


class Sharing:
    """The shared timelines of a process."""

    def __init__(
        self,
        config: Config,
        sessions: Sessions,
        settling: Settling,
        templates: Mapping[str, Mapping[str, Template]],
        house: PackagedHouse,
        *,
        key: bytes,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Look at what every show can share.

        Args:
            config: Has the shows.
            sessions: Keep the sessions that stand for others.
            settling: Settles choices of these, live.
            templates: Of overlays, by show and overlay.
            house: Has the media that breaks show.
            key: Of addresses.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self._config = config
        self._sessions = sessions
        self._settling = settling
        self._house = house
        self._key = key
        self._clock = clock
        self._metrics = metrics
        self._parts: dict[tuple[str, Ending, bool], Part] = {}
        for show in config.shows.values():
            private = [
                one.name
                for one in show.overlays.values()
                if is_private(show.facts, one.data, templates[show.name][one.name])
            ]
            for ending, live in product(get_args(Ending), (True, False)):
                part = part_of(show, ending, live=live, private=private)
                self._parts[show.name, ending, live] = part
        # By session and format; with what it had said and what was settled for it then.
        self._found: LRUCache[tuple[str, Ending], tuple[object, str]] = LRUCache(FOUND)

    def may_share(self, presentation: Presentation) -> bool:
        """Whether sessions share the playlists or MPDs of a presentation."""
        show, live = presentation.show, presentation.live
        return not all(self._part(show, ending, live).own for ending in get_args(Ending))

    async def of(self, session: Session, presentation: Presentation, ending: Ending) -> Session:
        """The session whose playlists or MPD a session's player is told of: perhaps its own.

        Args:
            session: As it stands.
            presentation: What it watches.
            ending: Of the format.
        """
        part = self._part(presentation.show, ending, presentation.live)
        if part.own or not self._is_ready(presentation, part):
            return session
        session = await self._settling.current(session, presentation)
        # What nobody could read before it was settled is settled by what is said by then.
        seen = (presentation.live, session.record.facts, session.settled)
        now = self._clock.now()
        known = self._found.get((session.sid, ending))
        if known is not None and known[0] == seen:
            found = await self._resumed(known[1], now)
            if found is not None:
                return found
        try:
            found = await self._shared(session, presentation, ending, now)
        except (StoreError, SessionRefused) as error:  # P1: it plays at its own URLs
            report(error.reason, "timeline_not_shared", self._metrics, detail=str(error))
            return session
        if not presentation.live and any(
            one.reason not in _SETTLED for one in found.decisions.values()
        ):
            return session  # it was in want of something that may be there by now
        self._found[session.sid, ending] = seen, found.sid
        return found

    async def find(self, tenant: str, address: str) -> Session:
        """The session that stands for a timeline.

        Raises:
            UnknownTimeline: There is none, or what is configured now is something else.
            StoreError: The store failed.
        """
        now = self._clock.now()
        session = self._sessions.lookup_shared(address, now)
        if session is None:
            session = await self._sessions.resume_shared(address, now, self._stands)
        if session is None or session.record.tenant != tenant:
            raise UnknownTimeline
        return session

    def _is_ready(self, presentation: Presentation, part: Part) -> bool:
        """Whether all is there that breaks may show: of a film they are decided for a whole day."""
        show, ladder = presentation.show, presentation.ladder
        if presentation.live or not show.break_rules:
            return True
        if ladder is None or (show.slate and self._house.slate(show, ladder) is None):
            return False
        assets = ((name, show.assets[name]) for name in part.assets)
        return all(
            isinstance(one, Asset)
            and isinstance(self._house.asset(name, one, show, ladder), Creative)
            for name, one in assets
        )

    async def _resumed(self, address: str, now: datetime) -> Session | None:
        try:
            return await self._sessions.resume_shared(address, now)
        except StoreError:
            return None

    async def _shared(
        self, session: Session, presentation: Presentation, ending: Ending, now: datetime
    ) -> Session:
        show, record, live = presentation.show, session.record, presentation.live
        show = self._config.shows[show.name]  # of a story, without the places of its breaks
        part = self._part(show, ending, live)
        parameters = parameters_read(show, part, ending, record.parameters, record.facts)
        settled = choices_read(part, session.settled)
        address = address_of(
            show,
            ending,
            live=live,
            tenant=record.tenant,
            asset=record.asset,
            parameters=parameters,
            settled=settled,
            day=int(now.timestamp()) // DAY_S,
            key=self._key,
        )
        choices: Resettled | None = Resettled(settled, b"")
        if live:  # what is the same for all may change as it goes on
            choices = self._settling.begin(show, address, ())
        return await self._sessions.share(
            address,
            record.tenant,
            record.show,
            record.asset,
            parameters,
            now,
            choices=choices,
        )

    def _stands(self, record: SessionRecord) -> bool:
        """Whether a stored session still stands for what its address says."""
        show = self._config.shows.get(record.show)
        return show is not None and any(
            not part.own
            and record.sid
            == address_of(
                show,
                ending,
                live=live,
                tenant=record.tenant,
                asset=record.asset,
                parameters=record.parameters,
                settled=choices_read(part, record.choices),
                day=record.created_at // DAY_S,
                key=self._key,
            )
            for (name, ending, live), part in self._parts.items()
            if name == record.show
        )

    def _part(self, show: Show, ending: Ending, live: bool) -> Part:
        return self._parts[show.name, ending, live]
