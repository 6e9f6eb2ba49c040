"""Live channels and VOD presentations, kept up with their origins while someone watches.

A keeper owns the `Channel` value of one presentation. It asks the origin's cache for the playlists
that are due, folds what is new into the channel, keeps what must outlive the process in the store,
and only then lets anybody see it (rule A-03).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import anyio.to_thread

from manifests.errors import ManifestError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.channel_state import read_state, write_state
from manifests.hls.model import MediaPlaylist
from manifests.hls.reader import read_media_playlist
from packager.channel_ids import next_channel_id
from packager.channel_memory import ChannelMemory, Codec, joined_logs
from packager.clock import Clock
from packager.hls.news import ChannelNews
from packager.log import report
from packager.metrics import Metrics
from packager.origin import Document, Documents
from packager.outbound import NotManifest, OutboundError
from packager.reasons import Reason
from packager.stores import Store

UNWATCHED_S = 60.0  # after which a rendition is no longer followed
LARGE_SEGMENTS = 2000  # more are woven off the event loop


def read_playlist(body: bytes, url: str) -> MediaPlaylist:
    """Read a media playlist as the origin's cache wants it read."""
    return read_media_playlist(body, url=url)


def freshness_s(playlist: MediaPlaylist) -> float:
    """How long a version is taken for the latest: half a target duration, an ended one for ever."""
    return float("inf") if playlist.ended else max(playlist.target_duration / 2, 0.5)


def pace_s(playlist: MediaPlaylist) -> float:
    """How often a watched playlist is fetched (RFC 8216bis, section 6.3.4)."""
    return float("inf") if playlist.ended else float(max(playlist.target_duration, 1))


class Keeper:
    """The channel of one presentation."""

    def __init__(
        self,
        key: str,
        uris: tuple[str, ...],
        reference: int,
        rules: ChannelRules,
        *,
        origin: Documents,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        remember_s: int,
    ) -> None:
        """Make a keeper that follows nothing yet.

        Args:
            key: Names the presentation in the store.
            uris: Where its media playlists are, in the order of their numbers.
            reference: Number of the rendition whose cues and borders count.
            rules: How cues are read and content is written.
            origin: Documents.
            store: Keeps what outlives the process.
            clock: Says the time.
            metrics: Is told of degradations.
            remember_s: How long breaks count in numbers: as long as a session may last.
        """
        self.key = key
        self.id = next_channel_id()
        self.uris = uris
        self._reference = reference
        self._rules = rules
        self._origin = origin
        self._remember_s = remember_s
        self._clock = clock
        self._metrics = metrics
        self._channel: Channel | None = None
        self._undated: Channel | None = None
        self._applied: dict[str, MediaPlaylist] = {}
        self._due: dict[str, float] = {}  # when a rendition must be looked at again
        self._watched: dict[str, float] = {}
        self._lock = asyncio.Lock()
        codec = Codec(
            write_state, partial(read_state, reference=str(reference), rules=rules), _joined
        )
        self._memory = ChannelMemory(key, codec, store, metrics)
        self._news = ChannelNews(key, metrics)

    def fresh(self, number: int) -> Channel | None:
        """The channel if nothing is due for a rendition: at once, no await."""
        name = str(number)
        now = self._clock.monotonic()
        if now >= self._due.get(name, 0.0):
            return None
        self._watched[name] = now
        return self._channel

    async def current(self, number: int) -> Channel:
        """The channel with the latest of a rendition and of the reference rendition.

        Raises:
            OutboundError: There is no playlist, not even an old one.
            ManifestError: What there is cannot be carried on.
        """
        channel = self.fresh(number)
        if channel is not None:
            return channel
        name, reference = str(number), str(self._reference)
        now = self._clock.monotonic()
        self._watched[name] = self._watched[reference] = now
        names = tuple(dict.fromkeys((name, reference)))
        found = await asyncio.gather(*map(self._document, names), return_exceptions=True)
        documents: dict[str, Document[MediaPlaylist]] = {}
        for one, result in zip(names, found, strict=True):
            if not isinstance(result, BaseException):
                documents[one] = result
            elif not isinstance(result, OutboundError) or (one == name and not self._has(name)):
                raise result
            else:  # P1: what was published once can be published again
                self._report_missing(one, result)
        async with self._lock:
            return await self._apply(documents, name)

    async def undated(self, channel: Channel) -> Channel:
        """A channel without dates, for VOD sessions with insertions (rule A-33)."""
        if not any(track.utc for track in channel.tracks.values()):
            return channel
        if self._undated is None or self._undated.tracks is not channel.tracks:
            dressing = replace(channel.rules.dressing, dates=False)
            rules = replace(channel.rules, dressing=dressing)
            bare = replace(channel, rules=rules, strips={})
            self._undated = await anyio.to_thread.run_sync(bare.rewoven)
        return self._undated

    async def _document(self, name: str) -> Document[MediaPlaylist]:
        url = self.uris[int(name)]
        document = await self._origin.get(url, max_age_s=freshness_s, parse=read_playlist)
        if not document.value.ended:
            self._origin.follow(url, interval_s=pace_s, parse=read_playlist)
        return document

    async def _apply(self, documents: Mapping[str, Document[MediaPlaylist]], asked: str) -> Channel:
        channel = self._channel
        if channel is None:
            channel = await self._memory.restored()
            if channel is None:
                channel = Channel(reference=str(self._reference), rules=self._rules)
        now = self._clock.monotonic()
        fresh = {
            name: document.value
            for name, document in documents.items()
            if self._applied.get(name) is not document.value
        }
        if fresh:
            advanced = self._trimmed(await self._advanced(channel, fresh, asked), now)
            if advanced is not channel:
                self._news.tell(channel, advanced)
                if any(not playlist.ended for playlist in fresh.values()):
                    await self._memory.keep(advanced)
            channel = advanced
            self._applied |= fresh
        self._channel = channel
        for name, document in documents.items():
            self._due[name] = document.due_at(now, fresh_s=freshness_s(document.value))
        return channel

    def _trimmed(self, channel: Channel, now: float) -> Channel:
        """Without renditions that nobody watches, and breaks that no session counts any more."""
        idle = [
            name
            for name in channel.tracks
            if now - self._watched.get(name, now) > UNWATCHED_S and name != channel.reference
        ]
        for name in idle:
            self._applied.pop(name, None)
            self._due.pop(name, None)
        if idle:
            channel = channel.unfollow(idle)
        if channel.seen_edge is not None:
            channel = channel.forget_before(channel.seen_edge - self._remember_s)
        return channel

    async def _advanced(
        self, channel: Channel, fresh: Mapping[str, MediaPlaylist], asked: str
    ) -> Channel:
        """Take in new playlists; one that cannot be carried on leaves its rendition as it was."""
        try:
            return await _advance(channel, fresh)
        except ManifestError:
            pass  # in which of them is seen now
        for name in sorted(fresh, key=lambda name: name != channel.reference):
            try:
                channel = await _advance(channel, {name: fresh[name]})
            except ManifestError as error:
                if name == asked and name not in channel.tracks:
                    raise NotManifest(str(error)) from error
                report(
                    Reason.ORIGIN_NOT_MANIFEST,
                    "playlist_not_carried_on",
                    self._metrics,
                    channel=self.key,
                    rendition=name,
                    detail=str(error),
                )
        return channel

    def _has(self, name: str) -> bool:
        """Whether there is something to publish of a rendition, from now or from before."""
        return self._channel is not None and name in self._channel.tracks

    def _report_missing(self, name: str, error: OutboundError) -> None:
        report(
            Reason.RENDITION_MISSING,
            "rendition_missing",
            self._metrics,
            channel=self.key,
            rendition=name,
            detail=str(error),
        )


async def _advance(channel: Channel, fresh: Mapping[str, MediaPlaylist]) -> Channel:
    """The channel with new playlists, made off the event loop where they are large."""
    if any(len(playlist.segments) > LARGE_SEGMENTS for playlist in fresh.values()):
        return await anyio.to_thread.run_sync(channel.advance, fresh)
    return channel.advance(fresh)


def _joined(recent: Channel, older: Channel) -> Channel:
    log = joined_logs(recent.log, older.log)
    return replace(recent, log=log, shadows={**older.shadows, **recent.shadows})
