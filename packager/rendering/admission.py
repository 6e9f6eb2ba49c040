"""Admission: whether a job would be ready in time, by what such jobs have cost lately.

A job that comes too late is worse than none: it takes the time of one that would not have, and
viewers wait for it in vain (failures.md, row 20).
"""

from dataclasses import dataclass

FIRST_S = 1 / 60  # for a megapixel, before anything was measured
FIXED_MEGAPIXELS = 4.0  # what a job costs beside its pixels, as if it had so many more
SAFETY = 1.25  # jobs differ
_NEW = 0.25  # share of the latest measure
_FORGET_S = 60.0  # in which a measure loses half of its say


@dataclass(frozen=True, slots=True)
class Pace:
    """A moving measure: seconds of a worker for a megapixel. Instants are seconds since 1970."""

    s_per_megapixel: float = FIRST_S
    measured_at: float = 0.0

    def at(self, now: float) -> float:
        """The measure as it counts at `now`.

        An old one says less, so that a bad moment, after which nothing was admitted and thus
        nothing measured, passes.
        """
        age_s = max(0.0, now - self.measured_at)
        left: float = 0.5 ** (age_s / _FORGET_S)
        return FIRST_S + (self.s_per_megapixel - FIRST_S) * left

    def measured(self, megapixels: float, seconds: float, now: float) -> "Pace":
        """The measure after one more job."""
        latest = seconds / (megapixels + FIXED_MEGAPIXELS)
        return Pace(self.at(now) * (1 - _NEW) + latest * _NEW, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is done before a job."""

    waiting: int  # jobs
    megapixels: float  # of them
    running_s: float  # for which those that are under way will still take a worker, together


def cost_s(megapixels: float, s_per_megapixel: float, *, jobs: int = 1) -> float:
    """Seconds of a worker for so many jobs of so many megapixels together."""
    return (megapixels + jobs * FIXED_MEGAPIXELS) * s_per_megapixel


def ready_in_s(
    megapixels: float, backlog: Backlog, *, s_per_megapixel: float, workers: int
) -> float:
    """Seconds until a job of `megapixels` behind a backlog would be ready, with some reserve."""
    before = cost_s(backlog.megapixels, s_per_megapixel, jobs=backlog.waiting) + backlog.running_s
    return SAFETY * (before / workers + cost_s(megapixels, s_per_megapixel))
