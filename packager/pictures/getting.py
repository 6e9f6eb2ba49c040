"""Getting one picture: fetched within limits, judged by its header, decoded by a worker."""

import hashlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from packager.children import WorkerLimits
from packager.outbound import (
    GuardedClient,
    Limits,
    OutboundError,
    Oversize,
    Policy,
    RatioExceeded,
    Refused,
)
from packager.packaging.errors import PackagingError, WorkerCrashed
from packager.packaging.jobs import run_job
from packager.pictures.errors import PictureError
from packager.pictures.header import read_header
from packager.pictures.moderation import Moderation
from packager.reasons import Reason

WORKER = (sys.executable, "-m", "packager.pictures.worker")
WORKER_LIMITS = WorkerLimits(timeout_s=15.0, memory_bytes=1024**3)
FETCH_S = 5.0
MAX_BYTES = 512 * 1024
WORKERS = 2  # at a time
_HEADERS = {"Accept": "image/png,image/jpeg,image/webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is known to decode."""

    digest: str  # SHA-256 of `data`, in hex
    data: bytes  # PNG, JPEG or WEBP
    width: int
    height: int

    @property
    def name(self) -> str:
        """What a template's data calls it; its URL is nobody's business."""
        return f"picture {self.digest}"


class Getter:
    """Gets pictures, as slowly as their servers are."""

    def __init__(
        self,
        client: GuardedClient,
        work_folder: Callable[[], AbstractContextManager[Path]],
        *,
        max_bytes: int = MAX_BYTES,
        below: tuple[str, ...] = (),
        moderation: Moderation | None = None,
    ) -> None:
        """Say how.

        Args:
            client: Fetches; it stays the caller's.
            work_folder: Gives folders for workers, which are gone afterwards.
            max_bytes: Of a file.
            below: What URLs of viewers' own pictures begin with; empty: anything.
            moderation: Is asked about these; None: nobody is.
        """
        self._client = client
        self._work_folder = work_folder
        self._limits = Limits(total_s=FETCH_S, max_bytes=max_bytes)
        self._below = below
        self._own_policy = Policy.for_urls(below) if below else Policy()
        self._moderation = moderation
        self._slots = anyio.Semaphore(WORKERS)

    async def get(self, url: str, *, own: bool) -> Picture:
        """Get the picture of a URL.

        Args:
            url: Absolute.
            own: A viewer spells a part of the URL.

        Raises:
            PictureError: There is none that may be drawn.
        """
        if own and self._below and not url.startswith(self._below):
            raise PictureError(Reason.PICTURE_REFUSED, "not below a configured URL")
        data = await self._fetch(url, self._own_policy if own else Policy())
        read_header(data)
        if own and self._moderation is not None:
            await self._moderation.check(url, hashlib.sha256(data).hexdigest())
        return await self._decoded(data)

    async def _fetch(self, url: str, policy: Policy) -> bytes:
        try:
            fetched = await self._client.fetch(
                url, policy=policy, limits=self._limits, headers=_HEADERS
            )
        except OutboundError as error:
            reason = Reason.PICTURE_UNREACHABLE
            if isinstance(error, Refused):
                reason = Reason.PICTURE_REFUSED
            elif isinstance(error, Oversize | RatioExceeded):
                reason = Reason.PICTURE_OVERSIZE
            raise PictureError(reason, str(error)) from error
        return fetched.body

    async def _decoded(self, data: bytes) -> Picture:
        try:
            async with self._slots:
                with self._work_folder() as work:
                    source, target = work / "source", work / "target"
                    await anyio.to_thread.run_sync(source.write_bytes, data)
                    answer = await run_job(
                        {"source": str(source), "target": str(target)},
                        work,
                        limits=WORKER_LIMITS,
                        progress=lambda share: None,
                        command=WORKER,
                    )
                    made = await anyio.to_thread.run_sync(target.read_bytes)
        except WorkerCrashed as error:
            raise PictureError(Reason.WORKER_CRASHED, str(error)) from error
        except PackagingError as error:
            raise PictureError(Reason.PICTURE_INVALID, str(error)) from error
        except OSError as error:
            raise PictureError(Reason.MEDIA_WRITE_FAILED, str(error)) from error
        digest = hashlib.sha256(made).hexdigest()
        return Picture(digest, made, answer["width"], answer["height"])
