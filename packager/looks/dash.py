"""Looks at DASH: MPDs whose video is asked for by the way of the look (`packager.looks.route`)."""

from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from cachetools import LRUCache

from manifests.dash.channel import DashChannel
from manifests.dash.model import Mpd, Representation
from manifests.dash.rendering import Renderer
from manifests.dash.video_segments import latest_segments, video_representations
from manifests.errors import ManifestError
from packager.clock import Clock, unix_seconds
from packager.dash.presentations import DashPresentation
from packager.looks.frames import Frames
from packager.looks.looks import Found, Looks
from packager.session import Session

RENDERERS = 256
LATEST, FIRST = 64, 20_000  # segments of a Representation that can be drawn on, live and in VOD


class WornMpd(NamedTuple):
    """How a look's viewers are told."""

    key: str
    renderer: Renderer


class DashLooks:
    """What MPDs ask of looks."""

    def __init__(self, looks: Looks, *, base: str, clock: Clock) -> None:
        """Join the looks, what URLs begin with, and what says up to when segments are there."""
        self._looks = looks
        self._base = base
        self._clock = clock
        self._renderers: LRUCache[tuple[int, str], Renderer] = LRUCache(RENDERERS)

    def worn(
        self, session: Session, presentation: DashPresentation, channel: DashChannel
    ) -> WornMpd | None:
        """How the session's MPD is written; None: as it is for all."""
        worn = self._looks.of(session, presentation)
        if worn is None or channel.mpd is None:
            return None
        if worn.seen.get("", -1) < channel.version:
            worn.observe(channel.cues, channel)
            worn.is_dated = channel.mpd.is_dynamic
            now = unix_seconds(self._clock.now()) if channel.mpd.is_dynamic else None
            worn.find = _finder(channel.mpd, now)
            worn.seen[""] = channel.version
        tenant, show = session.record.tenant, presentation.show
        way = f"{self._base}v1/look/{tenant}/{show.name}/{worn.look.key}/"
        place = (presentation.renderer_id, way)
        renderer = self._renderers.get(place)
        if renderer is None:
            renderer = presentation.renderer.with_video_by(
                (show.segments.content or show.origin, way)
            )
            self._renderers[place] = renderer
        return WornMpd(way, renderer)


def _finder(mpd: Mpd, now: Decimal | None) -> Callable[[str], Found | None]:
    """Finds segments of an MPD by their URL; they are looked up when the first one is asked for."""
    found: dict[str, Found] = {}

    def find(name: str) -> Found | None:
        if not found:
            for period, representation in video_representations(mpd):
                listed = latest_segments(mpd, period, representation, now=now)
                try:
                    for segment in islice(listed, FIRST if now is None else LATEST):
                        found[segment.name] = Found(
                            representation.id, _frames(representation), segment
                        )
                except ManifestError:
                    continue  # where no clock goes
        return found.get(name)

    return find


def _frames(representation: Representation) -> Frames:
    return Frames(
        width=representation.width or Frames.width,
        height=representation.height or Frames.height,
        fps=float(representation.frame_rate or Frames.fps),
    )
