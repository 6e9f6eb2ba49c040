"""Looks at HLS: strips in which some segments have another name.

Live, a segment that is drawn on is named as what is being drawn; in VOD, where all is listed at
once, it is named as a place that has it drawn when a player comes there (`packager.looks.route`).
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from cachetools import LRUCache

from manifests.content_segment import ContentSegment
from manifests.hls.channel import Channel
from manifests.hls.fragments import Strip
from manifests.hls.replaced import latest_segments, with_replaced
from manifests.hls.track import Track
from packager.clock import Clock
from packager.config.show_settings import Show
from packager.hls.presentations import HlsPresentation
from packager.looks.frames import Frames
from packager.looks.inits import WAY, inits_of
from packager.looks.look import Choice, Look
from packager.looks.looks import STORE_S, Looks, Worn
from packager.looks.places import own_way
from packager.looks.segments import Segments
from packager.paths import is_asset
from packager.session import Session

STRIPS = 256
HELD = 1.5  # target durations for which a playlist may stay as it was (failures.md)
FIRST_STORE_S = 1.0  # of a look's first playlist for the store
SWITCHES = 65_536
LOOKED_BACK = 8  # changes of facts, of which something may still be listed
# What left the window is listed a while longer than the origin lists it (rule A-08).
KEPT_S = Decimal(120)


class WornStrip(NamedTuple):
    """A rendition as a session sees it."""

    key: tuple[object, ...]  # equal for equal strips of one channel's version
    strip: Strip
    until: Decimal | None = None  # nothing is published behind it: what others name is not known


class _Part(NamedTuple):
    """A look that a session has, or had, for a stretch of the content."""

    look: Look
    since: Decimal | None
    until: Decimal | None


class HlsLooks:
    """What playlists ask of looks."""

    def __init__(self, looks: Looks, *, base: str, clock: Clock) -> None:
        """Join the looks, what URLs begin with, and a clock."""
        self._clock = clock
        self._looks = looks
        self._base = base
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(STRIPS)
        # Where a session's viewer got another look: by session, instant of change and rendition.
        self._switches: LRUCache[tuple[str, int, str], Decimal] = LRUCache(SWITCHES)

    async def worn(
        self, session: Session, presentation: HlsPresentation, number: int, channel: Channel
    ) -> WornStrip | None:
        """A rendition as the session sees it; None: as it is."""
        worn = self._looks.of(session, presentation)
        name = str(number)
        if worn is None or number not in presentation.frames or name not in channel.tracks:
            return None
        await self._keep_up(worn, session, presentation, number, channel)
        parts = await self._parts(worn, session, presentation, name, channel)
        replaced: dict[str, str] = {}
        for part in parts:
            replaced |= part.look.replaced(name, since=part.since, until=part.until)
        held = worn.look.listed_until(name) if name in worn.held else None
        key = tuple((one.look.key, one.look.version, one.until) for one in parts)
        dressing = channel.rules.dressing
        place = (presentation.channel_id, channel.version, dressing.dates, name, *key)
        strip = self._strips.get(place)
        if strip is None:
            inits = self._inits(session, presentation, channel.tracks[name])
            strip = with_replaced(channel.strips[name], replaced, inits)
            self._strips[place] = strip
        if strip is channel.strips[name] and held is None:
            return None
        return WornStrip((*key, held), strip, held)

    def _inits(
        self, session: Session, presentation: HlsPresentation, track: Track
    ) -> Mapping[str, str]:
        show = presentation.show
        way = f"{self._base}v1/look/{session.record.tenant}/{show.name}/{WAY}/"
        return inits_of(track.segments, origin=show.origin, way=way)

    async def _parts(
        self,
        worn: Worn,
        session: Session,
        presentation: HlsPresentation,
        name: str,
        channel: Channel,
    ) -> list[_Part]:
        """The looks that the session had, and has: what it was told before a change stays."""
        parts: list[_Part] = []
        since: Decimal | None = None
        for change in session.record.changes[-LOOKED_BACK:]:
            before = self._looks.of(session, presentation, at_ms=change.at_ms - 1)
            after = self._looks.of(session, presentation, at_ms=change.at_ms)
            if before is None or before is after:
                continue
            listed = before.look.listed_until(name) or channel.tracks[name].starts[0]
            # A look that nobody was told of, between two quick changes, takes nothing back.
            listed = listed if since is None else max(listed, since)
            until = await self._switch(listed, session.sid, change.at_ms, name, channel)
            if before.look.listed_until(name) is None:
                await self._restore(before.look, name, until, channel)
            parts.append(_Part(before.look, since, until))
            since = until
        return [*parts, _Part(worn.look, since, None)]

    async def _switch(
        self, listed: Decimal, sid: str, at_ms: int, name: str, channel: Channel
    ) -> Decimal:
        """From where on a session has the look that a change gave it, in every process.

        The first process to be asked says that it is where what it has listed ends.
        """
        place = (sid, at_ms, name)
        found = self._switches.get(place)
        if found is None:
            here = str(listed)
            said = await self._looks.standing(
                f"{sid} {at_ms}", {name: here}, window_s=_length(channel)
            )
            found = Decimal((said or {name: here})[name])
            self._switches[place] = found
        return found

    async def _restore(self, look: Look, name: str, until: Decimal, channel: Channel) -> None:
        """What a look named in another process, before its viewer got another one."""
        segments = [one for one in latest_segments(channel.tracks[name]) if one.end <= until]
        choices = [Choice(segment, ()) for segment in reversed(segments)]
        listing = dict.fromkeys((one.segment.name for one in choices), "")
        said = await self._looks.standing(look.key, listing, window_s=_length(channel))
        look.list(name, choices, {one: url for one, url in (said or {}).items() if url})

    async def _keep_up(
        self,
        worn: Worn,
        session: Session,
        presentation: HlsPresentation,
        number: int,
        channel: Channel,
    ) -> None:
        """Take in what a version of the content lists anew, once for all who have the look."""
        name = str(number)
        seen = (presentation.channel_id, channel.version)
        if not worn.is_behind(name, *seen):
            return
        async with worn.lock:
            if worn.is_behind(name, *seen):
                if not presentation.live:
                    self._take_in_whole(worn, session, presentation, name, channel)
                elif not await self._take_in(worn, presentation, number, channel):
                    return
                worn.seen[name] = seen

    async def _take_in(
        self, worn: Worn, presentation: HlsPresentation, number: int, channel: Channel
    ) -> bool:
        """Take in a live playlist; False: it stands still, for the store is slow.

        It may for 1.5 target durations; then originals are named.
        """
        name = str(number)
        track = channel.tracks[name]
        worn.observe(channel.cues, channel)
        worn.is_dated = track.utc
        choices = worn.look.choices(name, latest_segments(track), live=True)
        urls = await self._looks.named(
            worn.look,
            choices,
            frames=presentation.frames[number],
            pace_s=float(channel.pace_s),
            ways=_own_ways(worn, presentation, choices),
            window_s=_length(channel),
            # Where nothing was listed there is nothing to stand still with.
            store_s=FIRST_STORE_S if worn.look.listed_until(name) is None else STORE_S,
        )
        if urls is None and worn.look.listed_until(name) is not None:
            now = self._clock.monotonic()
            if now - worn.held.setdefault(name, now) < HELD * channel.pace_s:
                return False
        worn.held.pop(name, None)
        worn.look.list(name, choices, urls or {})
        worn.look.forget_before(track.starts[0] - KEPT_S)
        return True

    def _take_in_whole(
        self,
        worn: Worn,
        session: Session,
        presentation: HlsPresentation,
        name: str,
        channel: Channel,
    ) -> None:
        worn.observe(channel.cues, channel)
        choices = worn.look.choices(name, latest_segments(channel.tracks[name]), live=False)
        show, tenant = presentation.show, session.record.tenant
        way = f"{self._base}v1/look/{tenant}/{show.name}/{worn.look.key}/"
        drawn = (one.segment.name for one in choices if one.drawn)
        urls = {**_ways(show, way, drawn), **_own_ways(worn, presentation, choices)}
        worn.segments = Segments(partial(_listed, presentation, channel))
        worn.look.list(name, choices, urls)


def keep_up(worn: Worn, presentation: HlsPresentation, channel: Channel) -> None:
    """Have a look know what a version of the content lists, whoever asks for which rendition.

    Args:
        worn: The look, which knows when its overlays show.
        presentation: Of the content.
        channel: The content.
    """
    track = channel.tracks.get(channel.reference)
    if track is None:
        return
    worn.is_dated = track.utc
    for segment in reversed(list(latest_segments(track))):
        worn.look.drawn(segment)  # in order, before players ask in theirs
    if presentation.live:
        worn.look.forget_before(track.starts[0] - KEPT_S)
    worn.segments = Segments(partial(_listed, presentation, channel))


def _length(channel: Channel) -> float:
    """Seconds that are listed."""
    return 0.0 if channel.window is None else float(channel.window[1] - channel.window[0])


def _own_ways(
    worn: Worn, presentation: HlsPresentation, choices: Iterable[Choice]
) -> Mapping[str, str]:
    """Where sessions ask for what an ad server may say of, each for itself: below its playlists."""
    names = (
        one.segment.name for one in choices if worn.has_slot(one.segment.start, one.segment.end)
    )
    return _ways(presentation.show, own_way("m3u8"), names)


def _ways(show: Show, way: str, names: Iterable[str]) -> Mapping[str, str]:
    """By the name of a segment, the way that leads to it, where there can be one."""
    found: dict[str, str] = {}
    for url in names:
        path = url.removeprefix(show.origin)
        if path != url and is_asset(path):
            found[url] = way + path
    return found


def _listed(
    presentation: HlsPresentation, channel: Channel
) -> Iterator[tuple[str, Frames, ContentSegment]]:
    for number, frames in presentation.frames.items():
        track = channel.tracks.get(str(number))
        for segment in latest_segments(track) if track is not None else ():
            yield str(number), frames, segment
