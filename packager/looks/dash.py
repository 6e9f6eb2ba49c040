"""Looks at DASH: MPDs whose video is asked for by the way of the look (`packager.looks.route`)."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import NamedTuple

from cachetools import LRUCache

from manifests.content_segment import ContentSegment
from manifests.dash.channel import DashChannel
from manifests.dash.model import Mpd, Period, Representation
from manifests.dash.rendering import Renderer
from manifests.dash.video_segments import latest_segments, video_representations
from manifests.errors import ManifestError
from packager.clock import Clock, unix_seconds
from packager.dash.presentations import DashPresentation
from packager.looks.frames import Frames
from packager.looks.looks import Looks, Worn
from packager.looks.places import own_way
from packager.looks.route import LookRoute
from packager.looks.segments import Segments
from packager.session import Session

_ALL = ""  # an MPD has all renditions
RENDERERS = 256
KEPT_S = Decimal(120)  # players may be behind what is listed now
LATEST, FIRST = 64, 20_000  # segments of a Representation that can be drawn on, live and in VOD


class WornMpd(NamedTuple):
    """How a look's viewers are told."""

    key: str
    renderer: Renderer


class DashLooks:
    """What MPDs ask of looks."""

    def __init__(self, looks: Looks, route: LookRoute, *, base: str, clock: Clock) -> None:
        """Join the looks, who answers for segments, what URLs begin with, and a clock."""
        self._looks = looks
        self._route = route
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
        seen = (presentation.channel_id, channel.version)
        tenant, show = session.record.tenant, presentation.show
        way = f"{self._base}v1/look/{tenant}/{show.name}/{worn.look.key}/"
        if show.draws_ads:
            way = own_way("mpd")
        elif worn.is_behind(_ALL, *seen):
            worn.observe(channel.cues, channel)
            keep_up(worn, channel, unix_seconds(self._clock.now()))
            self._route.keep_up(worn)
            worn.seen[_ALL] = seen
        place = (presentation.renderer_id, way)
        renderer = self._renderers.get(place)
        if renderer is None:
            renderer = presentation.renderer.with_video_by(
                (show.segments.content or show.origin, way)
            )
            self._renderers[place] = renderer
        return WornMpd(way, renderer)


def keep_up(worn: Worn, channel: DashChannel, now: Decimal) -> None:
    """Have a look know what a version of the content lists.

    Args:
        worn: The look, which knows when its overlays show.
        channel: The content.
        now: Seconds since 1970.
    """
    mpd = channel.mpd
    if mpd is None:
        return
    worn.is_dated = mpd.is_dynamic
    until = now if mpd.is_dynamic else None
    for segment in reversed(_reference(mpd, until)):
        worn.look.drawn(segment)  # in order, before players ask in theirs
    if mpd.is_dynamic and channel.window is not None:
        worn.look.forget_before(channel.window[0] - KEPT_S)
    worn.segments = Segments(partial(_listed, mpd, until))


def _reference(mpd: Mpd, now: Decimal | None) -> list[ContentSegment]:
    """The segments that an MPD lists of one Representation in each Period, the latest first."""
    first: dict[str, tuple[Period, Representation]] = {}
    for period, representation in video_representations(mpd):
        first.setdefault(period.id, (period, representation))
    found: list[ContentSegment] = []
    most = FIRST if now is None else LATEST
    for period, representation in first.values():
        with suppress(ManifestError):  # where no clock goes
            found += islice(
                latest_segments(mpd, period, representation, now=now), most - len(found)
            )
    return found


def _listed(mpd: Mpd, now: Decimal | None) -> Iterator[tuple[str, Frames, ContentSegment]]:
    """The latest Period first, and so are its segments."""
    for period, representation in video_representations(mpd):
        listed = latest_segments(mpd, period, representation, now=now)
        with suppress(ManifestError):  # where no clock goes
            for segment in islice(listed, FIRST if now is None else LATEST):
                yield representation.id, _frames(representation), segment


def _frames(representation: Representation) -> Frames:
    return Frames(
        width=representation.width or Frames.width,
        height=representation.height or Frames.height,
        fps=float(representation.frame_rate or Frames.fps),
    )
