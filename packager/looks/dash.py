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
from manifests.dash.overlay_events import with_overlay_events
from manifests.dash.periods.detour import Detour
from manifests.dash.periods.preferred_sound import sound_named
from manifests.dash.reading.content_kind import Kind
from manifests.dash.rendering import Renderer
from manifests.errors import ManifestError
from packager.clock import Clock, unix_seconds
from packager.dash.presentations import DashPresentation
from packager.log import report
from packager.looks.frames import Frames
from packager.looks.guided import GuidedLooks
from packager.looks.look import Choice
from packager.looks.looks import Looks, Worn
from packager.looks.places import own_way
from packager.looks.route import LookRoute
from packager.looks.segments import Segments
from packager.looks.streams import Streams, is_mixable
from packager.metrics import Metrics
from packager.reasons import Reason
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
    mpd: Mpd | None = None  # in place of the origin's; None: that one


class DashLooks:
    """What MPDs ask of looks."""

    def __init__(
        self,
        looks: Looks,
        route: LookRoute,
        guided: GuidedLooks,
        sounds: SoundChoice,
        *,
        base: str,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Join the parts.

        Args:
            looks: All of them.
            route: Answers for segments.
            guided: Those that players draw.
            sounds: Says with which of the content's own sound a session begins.
            base: What URLs begin with.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self._metrics = metrics
        self._sounds = sounds
        self._looks = looks
        self._guided = guided
        # With the channel and its version: an MPD is made once for each.
        self._guided_mpds: LRUCache[tuple[int, str, str | None], tuple[tuple[int, int], WornMpd]]
        self._guided_mpds = LRUCache(RENDERERS)
        self._route = route
        self._base = base
        self._clock = clock
        self._renderers: LRUCache[tuple[int, str, str | None, bool], Renderer] = LRUCache(RENDERERS)

    def worn(
        self, session: Session, presentation: DashPresentation, channel: DashChannel
    ) -> WornMpd | None:
        """How the session's MPD is written; None: as it is for all."""
        if channel.mpd is None:
            return None
        worn = self._looks.of(session, presentation)
        sound = sound_named(channel.mpd, self._sounds.of(session, presentation.show))
        if worn is None:
            if sound is None:
                return None
            return WornMpd(f" {sound}", self._renderer(presentation, None, "", sound))
        way = self._way(worn, presentation, session.record.tenant)
        renderer = self._renderer(presentation, worn, way, sound)
        if worn.guided:
            return self._guided_mpd(worn, presentation, channel, channel.mpd, sound, renderer)
        seen = (presentation.channel_id, channel.version)
        if not presentation.show.draws_ads and worn.is_behind(_ALL, *seen):
            self._keep_up(worn, presentation, channel)
        return WornMpd(f"{way} {sound}", renderer)

    def _way(self, worn: Worn, presentation: DashPresentation, tenant: str) -> str:
        """What URLs by the way of a look begin with."""
        if presentation.show.draws_ads:
            return own_way("mpd")
        return f"{self._base}v1/look/{tenant}/{presentation.show.name}/{worn.look.key}/"

    def _renderer(
        self, presentation: DashPresentation, worn: Worn | None, way: str, sound: str | None
    ) -> Renderer:
        show, is_guided = presentation.show, worn is not None and worn.guided
        place = (presentation.renderer_id, way, sound, is_guided)
        renderer = self._renderers.get(place)
        if renderer is None:
            renderer = presentation.renderer.another() if is_guided else presentation.renderer
            kinds = frozenset() if worn is None else _asked_for(worn)
            if kinds:
                prefix = show.segments.content or show.origin
                renderer = renderer.with_detour(Detour(prefix, way, kinds))
            if sound is not None:
                renderer = renderer.with_sound(sound)
            self._renderers[place] = renderer
        return renderer

    def _keep_up(
        self, worn: Worn, presentation: DashPresentation, channel: DashChannel
    ) -> tuple[ContentSegment, ...]:
        worn.observe(channel.cues, channel)
        segments = keep_up(worn, channel, unix_seconds(self._clock.now()))
        self._route.keep_up(worn)
        worn.seen[_ALL] = (presentation.channel_id, channel.version)
        return segments

    def _guided_mpd(
        self,
        worn: Worn,
        presentation: DashPresentation,
        channel: DashChannel,
        mpd: Mpd,
        sound: str | None,
        renderer: Renderer,
    ) -> WornMpd:
        """The MPD with what players draw; one for each version of the content."""
        place = (presentation.renderer_id, worn.look.key, sound)
        seen = (presentation.channel_id, channel.version)
        made, found = self._guided_mpds.get(place) or (None, None)
        if found is not None and made == seen:
            return found
        segments = self._keep_up(worn, presentation, channel)
        choices = [Choice(one, worn.look.settle(one)) for one in segments]
        told = self._guided.told(choices, live=mpd.is_dynamic)
        try:
            mpd = with_overlay_events(mpd, dict.fromkeys(one for _, one in told))
        except ManifestError as error:  # P1: the content plays without them
            report(
                Reason.OVERLAY_REFUSED,
                "overlays_not_told",
                self._metrics,
                show=presentation.show.name,
                detail=str(error),
            )
        found = WornMpd(f"guided {worn.look.key} {sound}", renderer, mpd)
        self._guided_mpds[place] = seen, found
        return found


def _changed(worn: Worn) -> frozenset[Kind]:
    """What is drawn on or mixed."""
    kinds: dict[Kind, bool] = {"video": bool(worn.overlays), "audio": bool(worn.music)}
    return frozenset(kind for kind, is_changed in kinds.items() if is_changed)


def _asked_for(worn: Worn) -> frozenset[Kind]:
    """What of that players ask Weft for: of what they draw on themselves, only the sound."""
    return _changed(worn) - {"video"} if worn.guided else _changed(worn)


def keep_up(worn: Worn, channel: DashChannel, now: Decimal) -> tuple[ContentSegment, ...]:
    """Have a look know what a version of the content lists.

    Args:
        worn: The look, which knows when its overlays show.
        channel: The content.
        now: Seconds since 1970.

    Returns:
        The segments of one Representation, in order.
    """
    mpd = channel.mpd
    if mpd is None:
        return ()
    worn.is_dated = mpd.is_dynamic
    until = now if mpd.is_dynamic else None
    kinds = _changed(worn)
    segments = tuple(reversed(_reference(mpd, until, kinds)))
    for segment in segments:
        worn.look.settle(segment)  # in order, before players ask in theirs
    if mpd.is_dynamic and channel.window is not None:
        worn.look.forget_before(channel.window[0] - KEPT_S)
    worn.segments = Segments(partial(_listed, mpd, until, kinds))
    return segments


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
