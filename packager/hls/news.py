"""What an operator should hear of a channel: its origin began again, a rendition lags, odd cues.

Everything is told once, when it happens, by comparing a channel with the one before it: it is the
same for all sessions.
"""

from collections.abc import Iterator
from decimal import Decimal

from manifests.hls.channel import Channel
from packager.cue_news import oddities
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
        reference = after.tracks.get(after.reference)
        live = reference is not None and not reference.playlist.ended
        for reason, ad_break in oddities(before.log, after.log, after.rules.cues, live=live):
            self._report(reason, "cue_anomaly", ad_break_id=ad_break.id)

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
