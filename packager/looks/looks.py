"""The looks of a process: found for a session, kept up with its content, and told to manifests.

A look is known by what is a viewer's own in it; what is the same for all changes inside it. So a
show whose overlays ask for nothing personal has one look, however many watch.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType

import orjson
from cachetools import LRUCache

from manifests.breaks import Cue
from manifests.cues import CueRules
from manifests.splicing.content import Content
from manifests.timing import EPOCH
from overlays.templates.model import Template
from packager.clock import Clock
from packager.config.overlay_settings import Overlay, ShowAtCues, ShowWhen
from packager.config.show_settings import Show
from packager.facts.moment import Facts
from packager.log import report
from packager.looks.ads import Slot, SlotAd
from packager.looks.binding import Value, facts_of
from packager.looks.drawables import TemplateOverlay
from packager.looks.frames import Frames
from packager.looks.look import Choice, Look
from packager.looks.orders import order
from packager.looks.privacy import is_private
from packager.looks.segments import Segments
from packager.looks.showings import cue_rules
from packager.metrics import Metrics
from packager.parameters import Pairs
from packager.pictures.filling import own_facts
from packager.pictures.getting import Picture
from packager.pictures.pictures import Pictures
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.rendering.jobs import Priority
from packager.rendering.rendering import Rendering
from packager.rules import Kind, Rule, RuleFailed, compile_rule
from packager.session import Session
from packager.stores import Store, StoreError

LOOKS = 4096  # of which a process knows what they have listed
AD_LOOKS = 1024  # that hold pictures of ads as well
REMEMBERED_S = 600  # that a store knows what playlists named, after they have
STORE_S = 0.15  # of a manifest for the store (P4)

Ads = tuple[SlotAd, ...]
NO_WAYS: Mapping[str, str] = MappingProxyType({})
Templates = Mapping[str, Mapping[str, Template]]
"""By show and overlay."""


@dataclass(slots=True)
class Worn:
    """A look at one presentation, as its viewers have it."""

    look: Look
    overlays: tuple[TemplateOverlay, ...]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    # By rendition, the channel and its version that was taken in.
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    # By rendition, since when the store does not say what others name, by the clock.
    held: dict[str, float] = field(default_factory=dict)
    segments: Segments | None = None  # of the content as it is now; None: not yet known
    asked: dict[str, float] = field(default_factory=dict)  # when for a rendition, by the clock
    is_dated: bool = False  # the content's clock is that of the world

    def is_behind(self, rendition: str, channel_id: int, version: int) -> bool:
        """Whether a version of a rendition's content is yet to be taken in."""
        of, known = self.seen.get(rendition, (-1, -1))
        return of != channel_id or known < version

    def slots(self, since: Decimal) -> Iterator[Slot]:
        """When ad servers may say what is shown, as far as that is known.

        Args:
            since: Leave out what was over by then.
        """
        for one in self.overlays:
            fill = one.overlay.fill
            if fill is None:
                continue
            for showing in one.showings.latest(origin=one.origin):
                if showing.ends is not None and showing.ends <= since:
                    break
                yield Slot(one.overlay.name, fill, showing)

    def has_slot(self, start: Decimal, end: Decimal) -> bool:
        """Whether what is seen between two instants of the content may be for a session alone."""
        return any(slot.showing.covers(start, end) for slot in self.slots(start))

    def follow(self, other: "Worn") -> None:
        """Show overlays when another look of the same content does."""
        for mine, theirs in zip(self.overlays, other.overlays, strict=True):
            mine.showings, mine.origin = theirs.showings, theirs.origin

    def observe(self, cues: Callable[[CueRules], tuple[Cue, ...]], content: Content) -> None:
        """Take in what content says of when overlays show."""
        if content.window is None:
            return
        start, edge = content.window
        for one in self.overlays:
            one.origin = start
            rule = one.overlay.show
            if isinstance(rule, ShowAtCues):
                near_s = Decimal(content.pace_s) / 2
                told = cues(cue_rules(rule))
                one.showings = one.showings.observe(told, edge=edge, near_s=near_s)


class Looks:
    """The looks of all shows that have overlays."""

    def __init__(
        self,
        templates: Templates,
        *,
        rendering: Rendering,
        facts: Facts,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        pictures: Pictures,
        patience_s: float,
    ) -> None:
        """Know no look yet.

        Args:
            templates: Of the overlays.
            rendering: Takes jobs on.
            facts: What overlays say.
            store: Keeps what was listed.
            clock: Says the time.
            metrics: Is told of degradations.
            pictures: Gives those that data asks for.
            patience_s: Seconds for which players wait for a segment at most.
        """
        self._patience_s = patience_s
        self._templates = templates
        self._rendering = rendering
        self._facts = facts
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._pictures = pictures
        # By the presentation's channel and all that a viewer says.
        self._worn: LRUCache[tuple[int, str, Pairs], Worn] = LRUCache(4 * LOOKS)
        self._by_key: LRUCache[str, Worn] = LRUCache(LOOKS)
        self._with_ads: LRUCache[str, Worn] = LRUCache(AD_LOOKS)

    def of(
        self,
        session: Session,
        presentation: Presentation,
        *,
        at_ms: int | None = None,
        ads: Ads | None = None,
    ) -> Worn | None:
        """The look that a session has; None where the show has no overlays.

        Args:
            session: Whose.
            presentation: What it watches.
            at_ms: The look that it had then, in POSIX milliseconds; None: has now.
            ads: The look of those who have these ads, which nobody is told of beforehand; None:
                the one that manifests tell.
        """
        show, record = presentation.show, session.record
        if not show.overlays:
            return None
        facts = record.facts if at_ms is None else record.facts_at(at_ms)
        place = (presentation.channel_id, record.tenant, facts)
        worn = self._worn.get(place) if ads is None else None
        if worn is None:
            own = _own(show, facts)
            kind = type(presentation).__name__
            manifest = record.parameters.manifest
            parts = (kind, record.tenant, show.name, presentation.asset, manifest, own)
            if ads is None:
                worn = self._found(self._by_key, _digest(*parts), show, own)
                self._worn[place] = worn
            else:
                worn = self._found(self._with_ads, _digest(*parts, _told(ads)), show, own, ads)
        return worn

    def by_key(self, key: str) -> Worn | None:
        """A look that somebody has; None: nobody, or in another process."""
        return self._by_key.get(key) or self._with_ads.get(key)

    def _found(
        self, looks: "LRUCache[str, Worn]", key: str, show: Show, own: Pairs, ads: Ads = ()
    ) -> Worn:
        worn: Worn | None = looks.get(key)
        if worn is None:
            worn = looks[key] = self._made(show, own, key, ads)
        return worn

    def _made(self, show: Show, own: Pairs, key: str, ads: Ads) -> Worn:
        def moment(instant: Decimal) -> datetime:
            # Content without dates shows what is known now.
            dated = EPOCH + timedelta(seconds=float(instant))
            return dated if worn.is_dated else self._clock.now()

        def fact_at(name: str, instant: Decimal) -> Value:
            return self._facts.value(show, name, own, moment(instant))

        def holds_at(rule: Rule, instant: Decimal) -> bool:
            try:
                return rule.settle(self._facts.values(show, own, moment(instant))) is True
            except RuleFailed as error:
                on_misfit(rule.text, str(error))
                return False

        def on_misfit(overlay: str, problem: str) -> None:
            report(
                Reason.OVERLAY_DATA_INVALID,
                "overlay_not_drawn",
                self._metrics,
                show=show.name,
                overlay=overlay,
                detail=problem,
            )

        def seek(url: str, own: bool) -> Picture | None:
            return self._pictures.get(url, now=self._clock.now(), own=own)

        overlays = tuple(
            TemplateOverlay(
                overlay,
                self._templates[show.name][overlay.name],
                fact_at,
                ads=ads,
                seek=seek,
                own=own_facts(show.facts),
                on_misfit=on_misfit,
                private=is_private(
                    show.facts, overlay.data, self._templates[show.name][overlay.name]
                ),
                rule=None if (rule := _rule(show, overlay)) is None else partial(holds_at, rule),
            )
            for overlay in show.overlays.values()
        )
        worn = Worn(Look(key, overlays, origin=show.origin), overlays)
        return worn

    async def named(
        self,
        look: Look,
        choices: Sequence[Choice],
        *,
        frames: Frames,
        pace_s: float,
        ways: Mapping[str, str] = NO_WAYS,
        window_s: float = 0.0,
        store_s: float = STORE_S,
    ) -> Mapping[str, str] | None:
        """Have what was chosen drawn, as far as workers take it on.

        Args:
            look: Whose choices.
            choices: What is drawn onto segments of one rendition, or nothing.
            ways: Where segments are asked for of which it is settled later what is drawn onto them.
            frames: Of the rendition.
            pace_s: Seconds after which viewers expect something new; so long at least the results
                are of use.
            window_s: Seconds for which they are listed.
            store_s: Seconds for which the store is waited for.

        Returns:
            By a segment's name the URL that all processes name from now on; what is not in it
            stays as it is. None: the store has not said in time what others name.
        """
        listing = {
            choice.segment.name: ways.get(choice.segment.name)
            or await self.prepare(look, choice, frames=frames, pace_s=pace_s)
            or ""
            for choice in choices
        }
        standing = await self.standing(look.key, listing, window_s=window_s, store_s=store_s)
        if standing is None:
            return None
        return {name: url for name, url in standing.items() if url}

    async def prepare(
        self,
        look: Look,
        choice: Choice,
        *,
        frames: Frames,
        pace_s: float,
        priority: Priority = Priority.NEXT,
    ) -> str | None:
        """Have a segment drawn on, whether or not anybody is told of it.

        Args:
            look: Whose choice.
            choice: What is drawn onto it, or nothing.
            frames: See `named`.
            pace_s: See there.
            priority: Before what.

        Returns:
            Where it will be; None: workers do not take it on, or there is nothing to draw.
        """
        if not choice.drawn:
            return None
        deadline = self._clock.now() + timedelta(seconds=max(self._patience_s, pace_s))
        job = order(choice, origin=look.origin, frames=frames, deadline=deadline, priority=priority)
        return (await self._rendering.offer(job)).url

    async def standing(
        self,
        key: str,
        listing: Mapping[str, str],
        *,
        window_s: float = 0.0,
        store_s: float = STORE_S,
    ) -> Mapping[str, str] | None:
        """What all processes say under a key, the first word; None: it is not known in time.

        With a store that is broken it is nothing: so it is for the other processes.

        Args:
            key: Of a look, or of something else that is said once.
            listing: What this process would say.
            window_s: Seconds for which it matters.
            store_s: Seconds for which the store is waited for.
        """
        deadline = int(self._clock.now().timestamp() + window_s) + REMEMBERED_S
        try:
            async with asyncio.timeout(store_s):
                return await self._store.settle_listing(key, listing, deadline)
        except TimeoutError:
            report(Reason.STORE_FAILED, "listing_not_known_in_time", self._metrics)
            return None
        except StoreError as error:
            report(Reason.STORE_FAILED, "listing_not_stored", self._metrics, detail=str(error))
            return {}


def _rule(show: Show, overlay: Overlay) -> Rule | None:
    when = overlay.show.when if isinstance(overlay.show, ShowWhen) else None
    return None if when is None else compile_rule(when, _kinds(show), "bool")


def _kinds(show: Show) -> dict[str, Kind]:
    return {name: fact.kind for name, fact in show.facts.items()}


def _own(show: Show, said: Pairs) -> Pairs:
    """What of a viewer's facts any overlay shows, or may show for."""
    if any(isinstance(one.show, ShowWhen) for one in show.overlays.values()):
        return said
    asked = {name for one in show.overlays.values() for name in facts_of(one.data)}
    return tuple(pair for pair in said if pair[0] in asked)


def _told(ads: Ads) -> list[tuple[str, str, str]]:
    return [(one.slot, one.picture.digest, str(one.min_s)) for one in ads]


def _digest(*parts: object) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]
