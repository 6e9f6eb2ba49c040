"""From the settings ``pictures:`` to the parts that they mean."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from packager.budget import Budget
from packager.clock import Clock
from packager.config.picture_settings import PictureSettings
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.pictures.getting import Getter
from packager.pictures.moderation import Moderation
from packager.pictures.pictures import Pictures


def open_pictures(
    settings: PictureSettings,
    *,
    client: GuardedClient,
    work_folder: Callable[[], AbstractContextManager[Path]],
    clock: Clock,
    metrics: Metrics,
) -> Pictures:
    """Make what gives pictures.

    Args:
        settings: What the operator wants.
        client: Fetches, and asks moderation; it stays the caller's.
        work_folder: Gives folders for workers.
        clock: Says the time.
        metrics: Is told of those that cannot be had.
    """
    moderate = settings.moderate
    getter = Getter(
        client,
        work_folder,
        max_bytes=settings.max_kib * 1024,
        below=settings.below,
        moderation=None if moderate is None else Moderation(client, moderate.url, moderate.headers),
    )
    return Pictures(
        getter,
        metrics,
        budget=Budget(clock, per_minute=settings.per_minute),
        kept_bytes=settings.kept_mib * 1024**2,
        keep_s=settings.keep_s,
    )
