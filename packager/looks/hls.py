"""Looks at HLS: strips in which some segments have another name.

Live, a segment that is drawn on is named as what is being drawn; in VOD, where all is listed at
once, it is named as a place that has it drawn when a player comes there (`packager.looks.route`).
"""

from decimal import Decimal
from typing import NamedTuple

from cachetools import LRUCache

from manifests.hls.channel import Channel
from manifests.hls.fragments import Strip
from manifests.hls.replaced import latest_segments, with_replaced
from packager.hls.presentations import HlsPresentation
from packager.looks.looks import Found, Looks, Worn
from packager.sessions import Session

STRIPS = 256
# What left the window is listed a while longer than the origin lists it (rule A-08).
KEPT_S = Decimal(120)


class WornStrip(NamedTuple):
    """A rendition as a look's viewers have it."""

    key: tuple[str, int]  # equal for equal strips of one channel's version
    strip: Strip


class HlsLooks:
    """What playlists ask of looks."""

    def __init__(self, looks: Looks, *, base: str) -> None:
        """Join the looks and what URLs begin with."""
        self._looks = looks
        self._base = base
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(STRIPS)

    async def worn(
        self, session: Session, presentation: HlsPresentation, number: int, channel: Channel
    ) -> WornStrip | None:
        """A rendition as the session sees it; None: as it is."""
        frames = presentation.frames.get(number)
        worn = self._looks.of(session, presentation)
        name = str(number)
        if worn is None or frames is None or name not in channel.tracks:
            return None
        if worn.seen.get(name, -1) < channel.version:
            async with worn.lock:
                if worn.seen.get(name, -1) < channel.version:
                    await self._keep_up(worn, session, presentation, number, channel)
                    worn.seen[name] = channel.version
        replaced = worn.look.replaced(name)
        if not replaced:
            return None
        dressing = channel.rules.dressing
        key = (worn.look.key, worn.look.version)
        place = (presentation.channel_id, channel.version, dressing.dates, name, *key)
        strip = self._strips.get(place)
        if strip is None:
            strip = self._strips[place] = with_replaced(channel.strips[name], replaced)
        return WornStrip(key, strip)

    async def _keep_up(
        self,
        worn: Worn,
        session: Session,
        presentation: HlsPresentation,
        number: int,
        channel: Channel,
    ) -> None:
        """Take in what a version of the content lists anew."""
        name, frames = str(number), presentation.frames[number]
        worn.observe(channel.cues, channel)
        latest = latest_segments(channel.tracks[name])
        choices = worn.look.choices(name, latest, live=presentation.live)
        if presentation.live:
            start, edge = channel.window or (Decimal(0), Decimal(0))
            urls = await self._looks.named(
                worn.look,
                name,
                choices,
                frames=frames,
                patience_s=float(channel.pace_s),
                window_s=float(edge - start),
            )
            worn.look.forget_before(start - KEPT_S)
        else:
            prefix = f"{self._base}v1/look/{session.record.tenant}/{presentation.show.name}/"
            origin = presentation.show.origin
            urls = {
                one.segment.name: f"{prefix}{worn.look.key}/{one.segment.name[len(origin) :]}"
                for one in choices
                if one.drawn and one.segment.name == one.segment.media.url
                if one.segment.name.startswith(origin)
            }
            worn.find = _finder(presentation, channel)
        worn.look.list(name, choices, urls)


def _finder(presentation: HlsPresentation, channel: Channel):  # type: ignore[no-untyped-def]
    found: dict[str, Found] = {}

    def find(name: str) -> Found | None:
        if not found:
            for number, frames in presentation.frames.items():
                track = channel.tracks.get(str(number))
                for segment in latest_segments(track) if track is not None else ():
                    found[segment.name] = Found(str(number), frames, segment)
        return found.get(name)

    return find
