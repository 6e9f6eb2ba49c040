"""A live or static MPD, kept up with its origin while someone watches.

A keeper owns the `DashChannel` value of one presentation. It asks the origin's cache for the MPD
when it is due, folds what is new into the channel, keeps what must outlive the process in the
store, and only then lets anybody see it (rule A-03).
"""

import asyncio
from dataclasses import replace
from decimal import Decimal
from functools import partial

import anyio.to_thread

from manifests.breaks import Cue
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.channel_state import read_state, write_state
from manifests.dash.model import Mpd
from manifests.errors import ManifestError
from packager.channel_ids import next_channel_id
from packager.channel_memory import ChannelMemory, Codec, joined_logs
from packager.clock import Clock
from packager.cue_news import oddities
from packager.dash.inband import InbandCues, SegmentHeads
from packager.dash.reading import ReadMpd
from packager.log import report
from packager.metrics import Metrics
from packager.origin import Document, Documents
from packager.outbound import NotManifest
from packager.reasons import Reason
from packager.stores import Store

LARGE_BYTES = 256 * 1024  # more is taken in off the event loop
_SLOWEST_S = 10.0  # between looks at a dynamic MPD that says it will never change


def freshness_s(mpd: Mpd) -> float:
    """How long a version is taken for the latest; a static one for ever."""
    return max(pace_s(mpd) / 2, 0.5)


def pace_s(mpd: Mpd) -> float:
    """How often a watched MPD is fetched: as players would, and not less than once a segment."""
    if not mpd.is_dynamic:
        return float("inf")
    if mpd.minimum_update_s is None:
        return _SLOWEST_S
    longest = float(mpd.max_segment_s) if mpd.max_segment_s else _SLOWEST_S
    return max(1.0, min(float(mpd.minimum_update_s) or longest, longest))


class MpdKeeper:
    """The channel of one presentation."""

    def __init__(
        self,
        key: str,
        url: str,
        rules: DashRules,
        *,
        origin: Documents,
        read: ReadMpd,
        heads: SegmentHeads,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        remember_s: int,
    ) -> None:
        """Make a keeper that follows nothing yet.

        Args:
            key: Names the presentation in the store.
            url: Of the origin's MPD.
            rules: How cues are read and content is written.
            origin: Documents.
            read: Reads them: as `OriginCache` wants it, the same callable each time.
            heads: Of segments, for cues in them.
            store: Keeps what outlives the process.
            clock: Says the time.
            metrics: Is told of degradations.
            remember_s: For how long breaks are remembered: as long as a session may last.
        """
        self.key = key
        self.id = next_channel_id()
        self.url = url
        self._rules = rules
        self._origin = origin
        self._read = read
        self._clock = clock
        self._metrics = metrics
        self._remember_s = remember_s
        self._channel: DashChannel | None = None
        self._due = 0.0
        self._lock = asyncio.Lock()
        self._inband: InbandCues | None = None
        if rules.cues is not None:
            self._inband = InbandCues(
                key, rules.signals, heads=heads, metrics=metrics, on_news=self._look_again
            )
        codec = Codec(write_state, partial(read_state, rules=rules), _joined)
        self._memory = ChannelMemory(key, codec, store, metrics)

    def fresh(self) -> DashChannel | None:
        """The channel if nothing is due: at once, no await."""
        return self._channel if self._clock.monotonic() < self._due else None

    async def current(self) -> DashChannel:
        """The channel with the origin's latest MPD.

        Raises:
            OutboundError: There is no MPD, not even an old one.
        """
        channel = self.fresh()
        if channel is not None:
            return channel
        document = await self._origin.get(self.url, max_age_s=freshness_s, parse=self._read)
        if document.value.is_dynamic:
            self._origin.follow(self.url, interval_s=pace_s, parse=self._read)
        async with self._lock:
            return self.fresh() or await self._apply(document)

    async def _apply(self, document: Document[Mpd]) -> DashChannel:
        channel = self._channel
        if channel is None:
            channel = await self._memory.restored() or DashChannel(rules=self._rules)
        inband = await self._looked_at(document.value, channel)
        advanced = await self._advanced(channel, document.value, inband)
        if advanced.seen_edge is not None:
            advanced = advanced.forget_before(advanced.seen_edge - self._remember_s)
        if advanced is not channel and document.value.is_dynamic:
            for reason, ad_break in oddities(
                channel.log, advanced.log, self._rules.cues, live=True
            ):
                report(
                    reason,
                    "cue_anomaly",
                    self._metrics,
                    channel=self.key,
                    ad_break_id=ad_break.id,
                )
            await self._memory.keep(advanced)
        self._channel = advanced
        fresh_s = freshness_s(document.value)
        self._due = document.due_at(self._clock.monotonic(), fresh_s=fresh_s)
        if self._inband is not None and self._inband.cues != inband:  # told in the meantime
            self._look_again()
        return advanced

    async def _looked_at(self, mpd: Mpd, channel: DashChannel) -> tuple[Cue, ...]:
        """What segments tell, as far as they were looked at."""
        if self._inband is None:
            return ()
        since = None if channel.listed is None else channel.listed.start
        return await self._inband.look(mpd, now=self._now(), since=since)

    def _look_again(self) -> None:
        """Let the next who asks take in what segments told."""
        self._due = 0.0

    def _now(self) -> Decimal:
        return Decimal(str(self._clock.now().timestamp()))

    async def _advanced(
        self, channel: DashChannel, mpd: Mpd, inband: tuple[Cue, ...]
    ) -> DashChannel:
        """Take in an MPD; one that cannot be carried on leaves the channel as it was."""
        advance = partial(channel.advance, mpd, now=self._now(), inband=inband)
        try:
            if mpd.size_bytes > LARGE_BYTES and mpd is not channel.mpd:
                return await anyio.to_thread.run_sync(advance)
            return advance()
        except ManifestError as error:
            if channel.mpd is None:
                raise NotManifest(str(error)) from error
            report(
                Reason.ORIGIN_NOT_MANIFEST,
                "mpd_not_carried_on",
                self._metrics,
                channel=self.key,
                detail=str(error),
            )
            return channel


def _joined(recent: DashChannel, older: DashChannel) -> DashChannel:
    log = joined_logs(recent.log, older.log)
    return replace(
        recent,
        log=log,
        cuts={**older.cuts, **recent.cuts},
        cut_in={**older.cut_in, **recent.cut_in},
        late={**older.late, **recent.late},
    )
