"""What Weft counts and measures, for Prometheus.

One object holds all of it, with a registry of its own; labels take values from fixed sets only, so
that nothing a stranger sends can make a series.
"""

from typing import Literal, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from packager.reasons import Reason

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Format = Literal["hls", "dash"]
Kind = Literal["multivariant", "media", "mpd", "patch"]
# shared: bytes made before; made: bytes joined for this answer; stale: from the last good origin
# copy; refused: an error was sent; unchanged: no patch, the client asks for the whole MPD
Outcome = Literal["shared", "made", "stale", "refused", "unchanged"]
# filled: with ads; empty: the server had none; failed: see degradations for the reason
AdResult = Literal["filled", "empty", "failed"]
# ready, waited: the overlay, at once or after a wait; the others are answered with the original:
# not in time; cannot be rendered; not kept any more
OverlayOutcome = Literal["ready", "waited", "late", "failed", "gone"]

# used: a break played ads of it; expired: no break came in time; unused: the session ended before
PodResult = Literal["used", "expired", "unused"]

_PLAYLIST_BUCKETS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5,
)  # fmt: skip
_RENDER_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 10, 30)
_FETCH_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)


class Metrics:
    """The counters, histograms and gauges of one process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # else half are times of birth
        self.registry = registry = CollectorRegistry()
        degradations = Counter(
            "weft_degradations",
            "Viewers got less than planned, or were refused, by reason.",
            ["reason"],
            registry=registry,
        )
        # Every reason is there from the start: an alert needs the 0 before the first 1.
        self._degradations = {reason: degradations.labels(reason) for reason in Reason}
        self._manifests = Counter(
            "weft_manifests",
            "Playlists and MPDs answered.",
            ["format", "kind", "outcome"],
            registry=registry,
        )
        ad_requests = Counter(
            "weft_ad_requests", "Requests to ad servers.", ["result"], registry=registry
        )
        self._ad_requests = {result: ad_requests.labels(result) for result in get_args(AdResult)}
        prefetched = Counter(
            "weft_prefetched_pods",
            "Pods that were asked for before there was a break, by what became of them.",
            ["result"],
            registry=registry,
        )
        self._prefetched = {result: prefetched.labels(result) for result in get_args(PodResult)}
        self._unfilled = Counter(
            "weft_break_unfilled_seconds",
            "Break time that showed content or slate for want of ads.",
            registry=registry,
        )
        self._playlist = Histogram(
            "weft_playlist_seconds",
            "Time from a request for a playlist to its answer.",
            buckets=_PLAYLIST_BUCKETS,
            registry=registry,
        )
        self._origin = Histogram(
            "weft_origin_fetch_seconds",
            "Time of one fetch from an origin.",
            buckets=_FETCH_BUCKETS,
            registry=registry,
        )
        self._sessions = Gauge("weft_sessions", "Sessions held in memory.", registry=registry)
        self._jobs = Gauge(
            "weft_packaging_jobs", "Creatives that wait or are being packaged.", registry=registry
        )
        overlays = Counter(
            "weft_overlay_requests",
            "Requests for segments with overlays, by what was answered.",
            ["outcome"],
            registry=registry,
        )
        self._overlays = {outcome: overlays.labels(outcome) for outcome in get_args(OverlayOutcome)}
        self._rendered = Histogram(
            "weft_overlay_render_seconds",
            "Time of a worker for one segment.",
            buckets=_RENDER_BUCKETS,
            registry=registry,
        )
        self._overlay_jobs = Gauge(
            "weft_overlay_jobs",
            "Segments that wait for a worker, and that one draws on.",
            ["state"],
            registry=registry,
        )
        # Gauges: the ledger outlives the process, its counts are read from the disk.
        self._beacons = Gauge(
            "weft_beacons",
            "Beacons ever owed, and what became of them: owed is the sum of the other sides.",
            ["event", "side", "reason"],
            registry=registry,
        )
        self._beacon_oldest = Gauge(
            "weft_beacon_oldest_seconds",
            "Age of the waiting beacon that expires first.",
            registry=registry,
        )

    def degraded(self, reason: Reason) -> None:
        """Count one degradation or refusal."""
        self._degradations[reason].inc()

    def manifest(self, format: Format, kind: Kind, outcome: Outcome, seconds: float) -> None:
        """Count one answer, and what it took from request to answer."""
        self._manifests.labels(format, kind, outcome).inc()
        self._playlist.observe(seconds)

    def ad_request(self, result: AdResult) -> None:
        """Count one request to an ad server by what came of it."""
        self._ad_requests[result].inc()

    def prefetched(self, result: PodResult) -> None:
        """Count one pod that was asked for before there was a break, by what became of it."""
        self._prefetched[result].inc()

    def unfilled(self, seconds: float) -> None:
        """Add break time for which there were no ads."""
        self._unfilled.inc(seconds)

    def origin_fetch(self, seconds: float) -> None:
        """Record the time of one fetch from an origin."""
        self._origin.observe(seconds)

    def sessions(self, count: int) -> None:
        """Set how many sessions are held in memory."""
        self._sessions.set(count)

    def packaging_jobs(self, count: int) -> None:
        """Set how many creatives wait or are being packaged."""
        self._jobs.set(count)

    def overlay_request(self, outcome: OverlayOutcome) -> None:
        """Count one request for a segment with an overlay."""
        self._overlays[outcome].inc()

    def overlay_rendered(self, seconds: float) -> None:
        """Record the time that one segment took a worker."""
        self._rendered.observe(seconds)

    def overlay_jobs(self, waiting: int, taken: int) -> None:
        """Set how many segments wait for a worker, and how many are drawn on."""
        self._overlay_jobs.labels("waiting").set(waiting)
        self._overlay_jobs.labels("taken").set(taken)

    def beacons(self, event: str, side: str, reason: str, count: int) -> None:
        """Set how many beacons of an event are on a side of the ledger, for a reason."""
        self._beacons.labels(event, side, reason).set(count)

    def beacon_oldest(self, seconds: float) -> None:
        """Set the age of the waiting beacon that expires first; 0: none waits."""
        self._beacon_oldest.set(seconds)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format, to be sent as `CONTENT_TYPE`."""
        return generate_latest(self.registry)
