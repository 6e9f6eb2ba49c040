"""From the settings ``beacons:`` to the outbox and the sender that they mean."""

from datetime import timedelta
from pathlib import Path

from packager.beacons.outbox import Outbox
from packager.beacons.rows import Limits
from packager.beacons.sender import SenderSettings
from packager.clock import Clock
from packager.config.values import Config
from packager.metrics import Metrics


def outbox_path(config: Config) -> Path:
    """The file of the outbox."""
    return config.beacons.file or config.media.folder / "beacons.db"


async def open_outbox(config: Config, *, clock: Clock, metrics: Metrics) -> Outbox:
    """Open the outbox of a configuration.

    Raises:
        StoreError: It cannot be opened.
    """
    settings = config.beacons
    path = outbox_path(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    return await Outbox.open(
        path,
        clock=clock,
        metrics=metrics,
        limits=Limits(beacons=settings.limit, bytes=settings.limit_mib * 1024 * 1024),
        # A session that lives longer could come to owe the same beacon again.
        keep=timedelta(seconds=max(settings.keep_s, config.sessions.max_s)),
        send_again=settings.when_unknown == "send_again",
    )


def sender_settings(config: Config) -> SenderSettings:
    """How the sender of a configuration works."""
    return SenderSettings(total=config.beacons.calls, per_host=config.beacons.calls_per_host)
