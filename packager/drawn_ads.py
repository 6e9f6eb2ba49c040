"""Ads that Weft draws into pictures: asked for once a session and slot, and found again (D-10).

Decisions are those of breaks in which nothing is played: the first one stands, in every process
(A-03). Nothing waits for one, or for a picture: what is not there yet is not drawn yet.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial

from cachetools import LRUCache

from manifests.splicing.content import Content
from packager.clock import Clock
from packager.deciding import Deciding
from packager.decisions.ad_record import PodRecord
from packager.decisions.ads import Ad
from packager.decisions.pictures import picture_of
from packager.looks.ads import Slot, SlotAd
from packager.looks.look import FIRST_SEGMENTS
from packager.openings import Opening
from packager.pictures.filling import MAX_BYTES
from packager.pictures.getting import Picture
from packager.pictures.pictures import Pictures
from packager.pods import Pods
from packager.presentation import Presentation
from packager.session import Session
from packager.single_flight import FlightError, SingleFlight
from packager.stores.records import Decision
from packager.tracking.placing import Filmless
from packager.viewer import Who

KNOWN = 65_536  # slots of sessions
FLIGHTS = 16_384


class DrawnAds:
    """The drawn ads of a process's sessions."""

    def __init__(self, deciding: Deciding, *, pods: Pods, pictures: Pictures, clock: Clock) -> None:
        """Know none yet.

        Args:
            deciding: Has ad servers asked, and stores what they say.
            pods: Has what they said.
            pictures: Gives pictures of ads.
            clock: Says the time.
        """
        self._deciding = deciding
        self._pods = pods
        self._pictures = pictures
        self._clock = clock
        self._seeking: SingleFlight[None] = SingleFlight(limit=FLIGHTS)
        self._asked: LRUCache[tuple[str, str], bool] = LRUCache(KNOWN)
        # The ad of a slot, and the URL of its picture; None: it has none, for good.
        self._found: LRUCache[tuple[str, str], tuple[Ad, str] | None] = LRUCache(KNOWN)

    async def aclose(self) -> None:
        """End what is being waited for."""
        await self._seeking.aclose()

    def ask(
        self,
        session: Session,
        presentation: Presentation,
        content: Content,
        slots: Iterable[Slot],
        who: Who,
    ) -> None:
        """Have ad servers asked for slots that nobody was asked for, without waiting for it.

        Args:
            session: As it stands.
            presentation: What it watches.
            content: As it is now.
            slots: When its overlays show.
            who: Says who asks.
        """
        if content.window is None:
            return
        over = content.window[0]
        if presentation.live:  # where players begin
            over = max(over, content.window[1] - FIRST_SEGMENTS * content.pace_s)
        for slot in slots:
            key = (session.sid, slot.showing.id)
            is_over = slot.showing.ends is not None and slot.showing.ends <= over
            if is_over or slot.showing.id in session.decisions or key in self._asked:
                continue
            opening = Opening(slot.ad_break, slot.fill.rule, linear=False, by_us=True)
            task = self._deciding.start(session, presentation, content, opening, who())
            if task is not None:
                self._asked[key] = True
                with suppress(FlightError):  # it is sought when somebody is to be shown it
                    self._seeking.start(key, partial(self._seek, session, slot, task))

    async def of(self, session: Session, slots: Iterable[Slot]) -> tuple[SlotAd, ...]:
        """What the session is shown in slots, as far as it is there.

        Args:
            session: As it stands.
            slots: When its overlays show.
        """
        shown: list[SlotAd] = []
        for slot in slots:
            found = await self._of(session, slot)
            picture = None if found is None else self._picture(found[1])
            if found is not None and picture is not None:
                min_s = found[0].nonlinears[0].min_duration
                shown.append(SlotAd(slot.showing.id, min_s, picture))
        return tuple(shown)

    async def filmless(self, session: Session, slots: Sequence[Slot]) -> tuple[Filmless, ...]:
        """What the player of a session reports of what is drawn for it; it draws nothing itself.

        Args:
            session: As it stands.
            slots: When its overlays show.
        """
        told: list[Filmless] = []
        for slot, ad in [(slot, await self._of(session, slot)) for slot in slots]:
            if ad is None or self._picture(ad[1]) is None:
                continue
            begins, ends = slot.showing.begins, slot.showing.ends
            told.append(
                Filmless(
                    break_id=slot.showing.id,
                    at=begins,
                    lasts_s=Decimal(0) if ends is None else ends - begins,
                    pod=PodRecord(overlays=(ad[0],)),
                    linear=False,
                )
            )
        return tuple(told)

    async def _seek(self, session: Session, slot: Slot, deciding: "asyncio.Task[Decision]") -> None:
        """Have a picture sought as soon as it is decided which."""
        await asyncio.wait((deciding,))
        if deciding.cancelled() or deciding.exception() is not None:
            return
        decisions = {slot.showing.id: deciding.result()}
        found = await self._of(replace(session, decisions=decisions), slot)
        if found is not None:
            self._picture(found[1])

    def _picture(self, url: str) -> Picture | None:
        found = self._pictures.get(url, now=self._clock.now())
        return None if found is None or len(found.data) > MAX_BYTES else found

    async def _of(self, session: Session, slot: Slot) -> tuple[Ad, str] | None:
        """A slot's ad with nothing but the overlay that is drawn, and the URL of its picture."""
        decision = session.decisions.get(slot.showing.id)
        if decision is None or decision.reason:
            return None
        key = (session.sid, slot.showing.id)
        if key in self._found:
            known: tuple[Ad, str] | None = self._found[key]
            return known
        pod = await self._pods.of(*key)
        if pod is None:
            return None
        found: tuple[Ad, str] | None = None
        for ad in pod.overlays[:1]:
            if (picture := picture_of(ad)) is not None:
                drawn = replace(picture.nonlinear, resources=())
                found = replace(ad, nonlinears=(drawn,)), picture.url
        self._found[key] = found
        return found
