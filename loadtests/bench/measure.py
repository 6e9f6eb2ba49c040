"""Measuring pieces of work against one another on a machine that is never quite idle.

Rounds are interleaved: each measures every subject in turn, so that what else the machine does
falls on all of them alike. A subject's figure is the median of its rounds, in processor time.
"""

import gc
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import repeat
from pathlib import Path
from statistics import median
from time import thread_time_ns

ROUND_S = 0.02  # a subject's share of a round, unless one call takes longer


@dataclass(frozen=True, slots=True)
class Subject:
    """A piece of work, called without arguments as often as it takes."""

    name: str
    call: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one call of a subject took, in microseconds."""

    median_us: float
    best_us: float
    worst_us: float
    calls: int  # in each round


@dataclass(frozen=True, slots=True)
class Aim:
    """Something that was to be reached."""

    what: str
    found: str
    met: bool


def measure(
    subjects: Sequence[Subject], *, rounds: int, round_s: float = ROUND_S
) -> dict[str, Measured]:
    """Measure subjects against one another.

    Args:
        subjects: Their names are the keys of the answer.
        rounds: How often each is measured.
        round_s: How long one measurement lasts at least.
    """
    calls = {one.name: _calls(one.call, round_s) for one in subjects}
    taken: dict[str, list[float]] = {one.name: [] for one in subjects}
    for _ in range(rounds):
        for one in subjects:
            taken[one.name].append(_timed(one.call, calls[one.name]) / 1000)
    return {
        name: Measured(
            median_us=median(times),
            best_us=min(times),
            worst_us=max(times),
            calls=calls[name],
        )
        for name, times in taken.items()
    }


def _calls(call: Callable[[], object], round_s: float) -> int:
    """How many calls fill a round; the first ones warm it up."""
    call()
    calls = 1
    while (taken_ns := _timed(call, calls) * calls) < round_s * 5e8 and calls < 1_000_000:
        calls = max(2 * calls, int(calls * round_s * 5e8 / max(taken_ns, 1)))
    return max(1, int(calls * round_s * 1e9 / max(taken_ns, 1)))


def _timed(call: Callable[[], object], calls: int) -> float:
    """Nanoseconds of processor time of one call, without the collector's turns."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        began = thread_time_ns()
        for _ in repeat(None, calls):
            call()
        return (thread_time_ns() - began) / calls
    finally:
        if was_enabled:
            gc.enable()


def machine(packages: Sequence[str] = ()) -> Mapping[str, str]:
    """What the figures depend on: processor, system, interpreter, load, versions of packages."""
    facts = {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load": " ".join(f"{one:.2f}" for one in os.getloadavg()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    return facts | {name: version(name) for name in packages}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
