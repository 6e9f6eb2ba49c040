"""Running a worker process from the server: one process per job, killed when it takes too long."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from packager.children import WorkerLimits, environment
from packager.packaging import errors
from packager.packaging.errors import PackagingError, WorkerCrashed

WORKER = (sys.executable, "-m", "packager.packaging.worker")

_LONGEST_ANSWER = 16 * 1024 * 1024  # bytes in a line
_LOG_TAIL = 500  # characters of what a dead worker said
_ERRORS = {
    error.__name__: error
    for error in (
        errors.CreativeRefused,
        errors.CreativeFailed,
        errors.StreamUnmatched,
        errors.MediaWriteFailed,
    )
}


async def run_job(
    job: dict[str, Any],
    folder: Path,
    *,
    limits: WorkerLimits,
    progress: Callable[[float], None],
    command: Sequence[str] = WORKER,
) -> dict[str, Any]:
    """Run a job in a process of its own and return its answer.

    Args:
        job: What `worker.main` reads.
        folder: For what the process writes to its standard error.
        limits: What it may use.
        progress: Told of the share that is done.
        command: Starts a worker.

    Raises:
        PackagingError: The worker says why it cannot be done.
        WorkerCrashed: The worker died or took too long.
    """
    cpu_s = int(limits.timeout_s * (os.cpu_count() or 1)) + 1
    job = {**job, "memory_bytes": limits.memory_bytes, "cpu_s": cpu_s}
    log_path = folder / "worker.log"
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            limit=_LONGEST_ANSWER,
            env=environment(),
        )
    try:
        async with asyncio.timeout(limits.timeout_s):
            answer = await _talk(process, job, progress)
            code = await process.wait()
    except TimeoutError:
        raise WorkerCrashed(f"packaging took more than {limits.timeout_s:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if answer is None:
        said = log_path.read_text("utf-8", "replace").strip()[-_LOG_TAIL:]
        raise WorkerCrashed(f"the packaging process ended with {code}: {said}")
    if "error" in answer:
        if answer["error"] == errors.MediaMissing.__name__:
            raise errors.MediaMissing
        raise _ERRORS.get(answer["error"], PackagingError)(answer["text"])
    return answer


async def _talk(
    process: Process, job: dict[str, Any], progress: Callable[[float], None]
) -> dict[str, Any] | None:
    """Return the worker's last word; None if it died before saying it."""
    assert process.stdin is not None  # noqa: S101 # both are pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(json.dumps(job).encode())
    process.stdin.close()
    answer = None
    async for line in process.stdout:
        answer = json.loads(line)
        if "progress" in answer:
            progress(answer["progress"])
            answer = None
    return answer
