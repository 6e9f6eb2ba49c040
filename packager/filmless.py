"""Breaks of a session in which no film plays, and what its player has to do for them all the same.

A break that stays empty begins and ends where the content passes it (D-42), and overlays are drawn
over the content (D-10). Only a player can tell and draw: content is not asked for through Weft, and
a playlist that was asked for proves nothing of what was seen (E-05). So where the server reports,
there are none of them. What Weft itself draws is told of as well; there is nothing to draw then.
"""

from dataclasses import dataclass

from manifests.dash.channel import DashChannel
from manifests.hls.channel import Channel
from packager.clock import Clock, unix_seconds
from packager.config.break_settings import VmapBreaks
from packager.config.show_settings import Show
from packager.deciding import Deciding
from packager.decisions.ad_record import PodRecord
from packager.decisions.vmap import VmapBreak
from packager.drawn_ads import DrawnAds
from packager.looks.own import OwnLooks
from packager.openings import Opening, openings_of, placed_openings
from packager.pods import Pods
from packager.presentation import Presentation
from packager.schedules import Schedules
from packager.session import Session
from packager.tracking.events import BREAK_END, BREAK_START
from packager.tracking.placing import Filmless
from packager.viewer import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmlessBreaks:
    """What finding them needs."""

    schedules: Schedules
    deciding: Deciding
    pods: Pods
    drawn_ads: DrawnAds
    own_looks: OwnLooks
    clock: Clock

    async def of(
        self,
        session: Session,
        presentation: Presentation,
        content: Channel | DashChannel,
        who: Who,
    ) -> tuple[Filmless, ...]:
        """Those of what is listed; ad servers are asked for overlays the first time.

        Args:
            session: With its decisions about films.
            presentation: What it watches.
            content: As it is now.
            who: Says who asks.
        """
        if session.record.parameters.reporting == "server":
            return ()
        show = presentation.show
        places = self.schedules.known(session, presentation) or ()
        drawn = tuple(placed_openings(show, content, places, "overlay"))
        missing = [one for one in drawn if one.ad_break.id not in session.decisions]
        if missing:
            session, _ = await self.deciding.settle(
                session,
                presentation,
                content,
                missing,
                who(),
                patience_s=self.deciding.patience.vod_s,
            )
        played = openings_of(
            session,
            presentation,
            content,
            since=content.over,
            places=places,
            now=unix_seconds(self.clock.now()),
        )
        found = [await self._of(session, show, one) for one in (*played, *drawn)]
        found += [
            await self._filmless(session, show, one)
            for one in placed_openings(show, content, places, "mark")
        ]
        slots = self.own_looks.slots(session, presentation, content)
        by_us = await self.drawn_ads.filmless(session, slots)
        return (*(one for one in found if one is not None), *by_us)

    async def _of(self, session: Session, show: Show, one: Opening) -> Filmless | None:
        decision = session.decisions.get(one.ad_break.id)
        if decision is None or decision.outcome != "content":
            return None
        return await self._filmless(session, show, one)

    async def _filmless(self, session: Session, show: Show, one: Opening) -> Filmless | None:
        """What is to be done for a break; None: nothing.

        Of its errors the server tells, as it is the one that knows of them (E-07).
        """
        break_id = one.ad_break.id
        stored = await self.pods.of(session.sid, break_id)
        vmap: VmapBreak | None = None
        if isinstance(one.rule, VmapBreaks):
            vmap = await self.schedules.break_of(session, show, break_id)
        tracking = () if vmap is None else vmap.tracking
        pod = PodRecord(
            tracking=tuple(each for each in tracking if each.event in (BREAK_START, BREAK_END)),
            overlays=() if stored is None else stored.overlays,
        )
        if not pod.tracking and not pod.overlays:
            return None
        is_linear = one.linear if vmap is None else "linear" in vmap.types
        return Filmless(break_id=break_id, at=one.ad_break.out_at, pod=pod, linear=is_linear)
