"""Looks at DASH: MPDs whose video or sound is asked for by the way of the look.

`packager.looks.route` answers there.
"""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import NamedTuple

from cachetools import LRUCache

from manifests.content_segment import ContentSegment
from manifests.dash.channel import DashChannel
from manifests.dash.content_segments import latest_segments, representations_of
from manifests.dash.model import Mpd, Period, Representation
from manifests.dash.periods.detour import Detour
from manifests.dash.periods.preferred_sound import sound_named
from manifests.dash.reading.content_kind import Kind
from manifests.dash.rendering import Renderer
from manifests.errors import ManifestError
from packager.clock import Clock, unix_seconds
from packager.dash.presentations import DashPresentation
from packager.looks.frames import Frames
from packager.looks.looks import Looks, Worn
from packager.looks.places import own_way
from packager.looks.route import LookRoute
from packager.looks.segments import Segments
from packager.looks.streams import Streams, is_mixable
from packager.session import Session
from packager.sound_choice import SoundChoice

_ALL = ""  # an MPD has all renditions
RENDERERS = 256
KEPT_S = Decimal(120)  # players may be behind what is listed now
LATEST, FIRST = 64, 20_000  # segments of a Representation that can be drawn on, live and in VOD


class WornMpd(NamedTuple):
    """How viewers of a look, or of a sound that they chose, are told."""

    key: str
    renderer: Renderer


class DashLooks:
    """What MPDs ask of looks."""

    def __init__(
        self, looks: Looks, route: LookRoute, sounds: SoundChoice, *, base: str, clock: Clock
    ) -> None:
        """Join the looks, who answers for segments, what URLs begin with, and a clock.

        `sounds` says with which of the content's own sound a session begins.
        """
        self._sounds = sounds
        self._looks = looks
        self._route = route
        self._base = base
        self._clock = clock
        self._renderers: LRUCache[tuple[int, str, str | None], Renderer] = LRUCache(RENDERERS)

    def worn(
        self, session: Session, presentation: DashPresentation, channel: DashChannel
    ) -> WornMpd | None:
        """How the session's MPD is written; None: as it is for all."""
        if channel.mpd is None:
            return None
        tenant, show = session.record.tenant, presentation.show
        worn = self._looks.of(session, presentation)
        sound = sound_named(channel.mpd, self._sounds.of(session, show))
        way = "" if worn is None else self._way(worn, presentation, channel, tenant)
        if not way and sound is None:
            return None
        place = (presentation.renderer_id, way, sound)
        renderer = self._renderers.get(place)
        if renderer is None:
            renderer = presentation.renderer
            if worn is not None:
                prefix = show.segments.content or show.origin
                renderer = renderer.with_detour(Detour(prefix, way, _changed(worn)))
            if sound is not None:
                renderer = renderer.with_sound(sound)
            self._renderers[place] = renderer
        return WornMpd(f"{way} {sound}", renderer)

    def _way(
        self, worn: Worn, presentation: DashPresentation, channel: DashChannel, tenant: str
    ) -> str:
        """What URLs by the way of a look begin with; it knows what is listed there."""
        show = presentation.show
        seen = (presentation.channel_id, channel.version)
        way = f"{self._base}v1/look/{tenant}/{show.name}/{worn.look.key}/"
        if show.draws_ads:
            way = own_way("mpd")
        elif worn.is_behind(_ALL, *seen):
            worn.observe(channel.cues, channel)
            keep_up(worn, channel, unix_seconds(self._clock.now()))
            self._route.keep_up(worn)
            worn.seen[_ALL] = seen
        return way


def _changed(worn: Worn) -> frozenset[Kind]:
    """What is drawn on or mixed."""
    kinds: dict[Kind, bool] = {"video": bool(worn.overlays), "audio": bool(worn.music)}
    return frozenset(kind for kind, is_changed in kinds.items() if is_changed)


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
    kinds = _changed(worn)
    for segment in reversed(_reference(mpd, until, kinds)):
        worn.look.settle(segment)  # in order, before players ask in theirs
    if mpd.is_dynamic and channel.window is not None:
        worn.look.forget_before(channel.window[0] - KEPT_S)
    worn.segments = Segments(partial(_listed, mpd, until, kinds))


def _reference(mpd: Mpd, now: Decimal | None, kinds: frozenset[Kind]) -> list[ContentSegment]:
    """The segments that an MPD lists of one Representation in each Period, the latest first."""
    first: dict[str, tuple[Period, Representation]] = {}
    for _, period, representation in representations_of(mpd, kinds):
        first.setdefault(period.id, (period, representation))
    found: list[ContentSegment] = []
    most = FIRST if now is None else LATEST
    for period, representation in first.values():
        with suppress(ManifestError):  # where no clock goes
            found += islice(
                latest_segments(mpd, period, representation, now=now), most - len(found)
            )
    return found


def _listed(
    mpd: Mpd, now: Decimal | None, kinds: frozenset[Kind]
) -> Iterator[tuple[str, Streams, ContentSegment]]:
    """The latest Period first, and so are its segments."""
    for kind, period, representation in representations_of(mpd, kinds):
        streams = _streams(kind, representation)
        listed = latest_segments(mpd, period, representation, now=now)
        with suppress(ManifestError):  # where no clock goes
            for segment in islice(listed, FIRST if now is None else LATEST):
                yield representation.id, streams, segment


def _streams(kind: Kind, representation: Representation) -> Streams:
    if kind == "audio":
        return Streams(has_sound=is_mixable(representation.codecs))
    return Streams(
        frames=Frames(
            width=representation.width or Frames.width,
            height=representation.height or Frames.height,
            fps=float(representation.frame_rate or Frames.fps),
        )
    )
