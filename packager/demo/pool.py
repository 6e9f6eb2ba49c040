"""Two processes that make media, and one sum of how far they are."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from typing import Any, TypeVar

Progress = Callable[[float], None]  # called with the share that is done, 0 to 1
T = TypeVar("T")

_ENDED = float("-inf")  # in the place of those seconds: all are to stop

_done: Any = None  # in a worker: seconds of video encoded by all workers, a shared number


class JobsEnded(Exception):
    """Another job failed, or nobody waits for them any more."""


def run_jobs(jobs: Sequence[Callable[[], T]], *, total_s: float, progress: Progress) -> list[T]:
    """Do jobs in two processes, in their order; what fails ends all of it.

    Args:
        jobs: Can be pickled; each tells a `reporter` how far it is.
        total_s: Seconds of video that all of them encode.
        progress: What it raises ends all of it, too.

    Returns:
        What the jobs gave, in their order.
    """
    context = multiprocessing.get_context("spawn")
    done = context.Value("d", 0.0)
    with ProcessPoolExecutor(2, context, share, (done,)) as pool:
        futures = [pool.submit(job) for job in jobs]
        rest: set[Future[T]] = set(futures)
        try:
            while rest:
                finished, rest = wait(rest, timeout=0.2)
                for future in finished:
                    future.result()  # raises what went wrong in the worker
                progress(min(done.value / total_s, 1.0))
        except BaseException:
            done.value = _ENDED
            pool.shutdown(cancel_futures=True)
            raise
        return [future.result() for future in futures]


def share(done: Any) -> None:
    """Begin a worker: `done` is the shared number."""
    global _done
    _done = done


def reporter() -> Progress:
    """A function that is told the seconds of one job, and adds them to those of all jobs.

    It raises `JobsEnded` where the job is to go no further.
    """
    before = 0.0

    def report(seconds: float) -> None:
        nonlocal before
        if _done is not None:
            with _done.get_lock():
                _done.value += seconds - before
                if _done.value == _ENDED:
                    raise JobsEnded
        before = seconds

    return report
