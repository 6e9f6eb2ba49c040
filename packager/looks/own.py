"""Looks of sessions whose overlays show ads: found, and kept up, for whoever asks for a segment."""

from contextlib import suppress
from decimal import Decimal
from functools import partial

from manifests.dash.channel import DashChannel
from manifests.hls.channel import Channel
from packager.clock import Clock, unix_seconds
from packager.drawn_ads import DrawnAds
from packager.hls.presentations import HlsPresentation
from packager.looks import dash, hls
from packager.looks.ads import Slot
from packager.looks.looks import Looks, Worn
from packager.looks.route import LookRoute
from packager.presentation import Presentation
from packager.session import Session
from packager.single_flight import FlightError, SingleFlight
from packager.viewer import Who

_OWN = "own"  # in the place of a rendition
FLIGHTS = 16_384


class OwnLooks:
    """What is drawn for one session, by what ad servers say of it."""

    def __init__(self, looks: Looks, route: LookRoute, ads: DrawnAds, *, clock: Clock) -> None:
        """Join the looks, who answers for segments, what has the ads, and a clock."""
        self._looks = looks
        self._route = route
        self._ads = ads
        self._clock = clock
        self._flights: SingleFlight[None] = SingleFlight(limit=FLIGHTS)

    async def aclose(self) -> None:
        """End what is being looked up."""
        await self._flights.aclose()

    def slots(
        self, session: Session, presentation: Presentation, channel: Channel | DashChannel
    ) -> tuple[Slot, ...]:
        """When ad servers may say what a session is shown, of what is listed and what is to come.

        Args:
            session: Whose.
            presentation: What it watches.
            channel: The content as it is now.
        """
        if not presentation.show.draws_ads or channel.window is None:
            return ()
        worn = self._shared(session, presentation, channel)
        return () if worn is None else tuple(worn.slots(channel.window[0]))

    def foresee(
        self,
        session: Session,
        presentation: Presentation,
        channel: Channel | DashChannel,
        who: Who,
        *,
        rendition: int | None = None,
    ) -> None:
        """Have ads asked for, and what is next drawn with those that are there; nothing waits.

        Args:
            session: As it stands.
            presentation: What it watches.
            channel: The content as it is now.
            who: Says who asks.
            rendition: That the player follows, where its manifest says it.
        """
        slots = self.slots(session, presentation, channel)
        if not slots:
            return
        self._ads.ask(session, presentation, channel, slots, who)
        if presentation.live:
            with suppress(FlightError):  # it is drawn when somebody asks
                self._flights.start(
                    (session.sid, rendition),
                    partial(self._ready, session, presentation, channel, rendition),
                )

    async def of(
        self, session: Session, presentation: Presentation, channel: Channel | DashChannel
    ) -> Worn | None:
        """The session's look, which knows what is listed; None: its show has no overlays.

        Args:
            session: As it stands.
            presentation: What it watches.
            channel: The content as it is now.
        """
        shared = self._shared(session, presentation, channel)
        slots = self.slots(session, presentation, channel)
        ads = await self._ads.of(session, slots)
        worn = self._looks.of(session, presentation, ads=ads)
        seen = (presentation.channel_id, channel.version)
        if worn is not None and shared is not None and worn.is_behind(_OWN, *seen):
            worn.follow(shared)
            if isinstance(channel, DashChannel):
                dash.keep_up(worn, channel, self._now())
            elif isinstance(presentation, HlsPresentation):
                hls.keep_up(worn, presentation, channel)
            self._route.keep_up(worn)
            worn.seen[_OWN] = seen
        return worn

    async def _ready(
        self,
        session: Session,
        presentation: Presentation,
        channel: Channel | DashChannel,
        rendition: int | None,
    ) -> None:
        worn = await self.of(session, presentation, channel)
        if worn is not None and rendition is not None:
            worn.asked[str(rendition)] = self._clock.monotonic()
            self._route.keep_up(worn)

    def _shared(
        self, session: Session, presentation: Presentation, channel: Channel | DashChannel
    ) -> Worn | None:
        """The look that manifests tell, as it knows when overlays show."""
        worn = self._looks.of(session, presentation)
        seen = (presentation.channel_id, channel.version)
        if worn is not None and worn.is_behind(_OWN, *seen):
            worn.observe(channel.cues, channel)
            worn.seen[_OWN] = seen
        return worn

    def _now(self) -> Decimal:
        return unix_seconds(self._clock.now())
