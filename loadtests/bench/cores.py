"""Which cores the work of a benchmark may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those that it starts meanwhile, on one core."""
    with _cores({min(os.sched_getaffinity(0))}):
        yield


@contextmanager
def whole_machine() -> Iterator[None]:
    """Let what is started meanwhile run on all cores."""
    with _cores(set(range(os.cpu_count() or 1))):
        yield


@contextmanager
def _cores(cores: set[int]) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
