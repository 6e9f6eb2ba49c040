"""A look at files of the operator's, by a worker process: how large they are, and how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from packager.children import WorkerLimits
from packager.packaging.jobs import WORKER, run_job

_LIMITS = WorkerLimits(timeout_s=60)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a look at a file shows."""

    width: int  # pixels, as shown
    height: int
    frame_rate: Fraction
    seconds: Fraction


async def look_at_files(
    files: Sequence[Path], folder: Path, *, command: Sequence[str] = WORKER
) -> list[FileFacts | None]:
    """Have a worker look at files; None: one that is no film.

    Args:
        files: On this machine.
        folder: For what the worker has to say.
        command: Starts a worker.

    Raises:
        MediaMissing: PyAV is not installed.
        WorkerCrashed: The worker died or took too long.
    """
    answer = await run_job(
        {"do": "sizes", "sources": [str(path) for path in files]},
        folder,
        limits=_LIMITS,
        progress=lambda share: None,
        command=command,
    )
    return [
        None if one is None else FileFacts(one[0], one[1], Fraction(one[2]), Fraction(one[3]))
        for one in answer["sizes"]
    ]
