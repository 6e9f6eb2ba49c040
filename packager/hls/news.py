"""What an operator should hear of a channel: its origin began again, a rendition lags, odd cues.

Everything is told once, when it happens, by comparing a channel with the one before it: it is the
same for all sessions.
"""

from collections.abc import Iterator
from decimal import Decimal

from manifests.break_log import CueSettings
from manifests.breaks import AdBreak
from manifests.hls.channel import Channel
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason

LAG = Decimal("1.5")  # target durations


class ChannelNews:
    """The news of one channel; it remembers which renditions lag."""

    def __init__(self, key: str, metrics: Metrics) -> None:
        """Make one that has nothing to tell yet; `key` names the presentation."""
        self._key = key
        self._metrics = metrics
        self._lagging: frozenset[str] = frozenset()

    def tell(self, before: Channel, after: Channel) -> None:
        """Report what has changed for the worse."""
        for name, track in after.tracks.items():
            old = before.tracks.get(name)
            if old is not None and track.shift.restarts > old.shift.restarts:
                self._report(Reason.ORIGIN_RESTARTED, "origin_restarted", rendition=name)
        lagging = frozenset(_lagging(after))
        for name in lagging - self._lagging:
            self._report(Reason.RENDITION_LAGGING, "rendition_lagging", rendition=name)
        self._lagging = lagging
        if after.log is not before.log:
            known = {one.id: one for one in before.log.breaks}
            for one in after.log.breaks:
                for reason in _oddities(known.get(one.id), one, after):
                    self._report(reason, "cue_anomaly", ad_break_id=one.id)

    def _report(self, reason: Reason, event: str, **fields: object) -> None:
        report(reason, event, self._metrics, channel=self._key, **fields)


def _lagging(channel: Channel) -> Iterator[str]:
    """Renditions that are further behind the reference than their polls lie apart."""
    reference = channel.tracks.get(channel.reference)
    if reference is None or reference.playlist.ended:
        return
    for name, track in channel.tracks.items():
        if reference.edge - track.edge > LAG * track.playlist.target_duration:
            yield name


def _oddities(old: AdBreak | None, new: AdBreak, channel: Channel) -> Iterator[Reason]:
    """What is odd about a break that was not so when it was last looked at."""
    reference = channel.tracks.get(channel.reference)
    live = reference is not None and not reference.playlist.ended
    if new.is_point and live and (old is None or not old.is_point):
        yield Reason.BREAK_INSERT_IN_LIVE
    ended_now = new.end is not None and (old is None or old.end is None)
    if ended_now and any(one.start == new.end for one in channel.log.breaks if one is not new):
        yield Reason.CUE_NESTED
    elif ended_now and new.planned_end is not None and new.in_at != new.planned_end:
        yield Reason.CUE_IN_EARLY
    if old is not None and _ended_by_maximum(old, new, channel.rules.cues):
        yield Reason.CUE_IN_MISSING


def _ended_by_maximum(old: AdBreak, new: AdBreak, settings: CueSettings | None) -> bool:
    if old.planned_end is not None or new.planned_end is None or settings is None:
        return False
    return new.end is None and new.planned_end >= new.start + settings.max_break_s
