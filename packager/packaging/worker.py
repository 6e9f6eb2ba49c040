"""The process that reads and writes media: one job, then it ends.

What a stranger's file can break is this process. It is niced, has limits for memory, time and
files, gets a local file and never an address, and says everything that matters on one pipe: a line
of JSON for each step forward and one for the end.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

from packager.children import be_modest, leave_network, set_limit
from packager.packaging.encoded import encoded_to_json
from packager.packaging.errors import MediaMissing, MediaWriteFailed, PackagingError
from packager.packaging.ladder import rung_from_json

_PROGRESS_S = 0.1


def main() -> None:
    """Do the job on standard input; the answer goes to what was standard output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    job = json.loads(sys.stdin.read())
    be_modest(job["memory_bytes"])
    set_limit(resource.RLIMIT_CPU, job["cpu_s"])
    with answers:
        print(json.dumps(do(job, Reporter(answers))), file=answers)


def do(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    """Return the answer to a job; what cannot be done is an answer, too."""
    try:
        return _JOBS[job["do"]](job, report)
    except PackagingError as error:
        return {"error": type(error).__name__, "text": str(error)}
    except OSError as error:
        return {"error": MediaWriteFailed.__name__, "text": str(error)}


class Reporter:
    """Sends the share that is done, not more often than anyone looks."""

    def __init__(self, answers: TextIO) -> None:
        self._answers = answers
        self._next = 0.0

    def __call__(self, share: float) -> None:
        """Send the share, 0 to 1, or keep it to oneself."""
        now = time.monotonic()
        if now >= self._next or share >= 1:
            self._next = now + _PROGRESS_S
            print(json.dumps({"progress": share}), file=self._answers, flush=True)


def _condition(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    try:
        from packager.packaging.condition import Part, condition
        from packager.packaging.settings import settings_from_json
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    rungs = [rung_from_json(value) for value in job["rungs"]]
    part = None
    if job["part"] is not None:
        counters = [{int(pid): n for pid, n in c.items()} for c in job["part"]["counters"]]
        part = Part(
            first=job["part"]["first"],
            end=job["part"]["end"],
            first_number=job["part"]["first_number"],
            counters=dict(zip(rungs, counters, strict=True)),
        )
    renditions = condition(
        Path(job["source"]),
        rungs,
        Path(job["out"]),
        settings=settings_from_json(job["settings"]),
        progress=report,
        part=part,
    )
    return {"renditions": [encoded_to_json(rendition) for rendition in renditions]}


def _streams(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    try:
        from packager.packaging.read_streams import read_streams
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    from packager.packaging.streams import stream_to_json

    return {
        "streams": [
            [stream_to_json(s) for s in read_streams(*(Path(path).read_bytes() for path in pair))]
            for pair in job["media"]
        ]
    }


def _take(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    try:
        from packager.packaging.ready.taking import take
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    rungs = [rung_from_json(value) for value in job["rungs"]]
    folders = [None if folder is None else Path(folder) for folder in job["folders"]]
    renditions = take(dict(zip(rungs, folders, strict=True)), Path(job["out"]))
    return {"renditions": [encoded_to_json(rendition) for rendition in renditions]}


def _join(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    try:
        from packager.packaging.ready.joining import join
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    parts = [(Path(path), container, Fraction(s)) for path, container, s in job["parts"]]
    join(parts, Path(job["target"]))
    return {}


def _sizes(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    try:
        from packager.packaging.source import size_of
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    found: list[list[Any] | None] = []
    for path in job["sources"]:
        try:
            width, height, rate, seconds = size_of(Path(path))
        except PackagingError:
            found.append(None)  # packaging it will say why
        else:
            found.append([width, height, str(rate), str(seconds)])
    return {"sizes": found}


def _film(job: dict[str, Any], report: Callable[[float], None]) -> dict[str, Any]:
    leave_network()  # pictures of strangers are decoded here
    try:
        from packager.clips.drawing import draw_film
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    draw_film(job)
    return {}


_JOBS = {
    "condition": _condition,
    "film": _film,
    "streams": _streams,
    "take": _take,
    "join": _join,
    "sizes": _sizes,
}


if __name__ == "__main__":
    main()
