"""A share of one processor, for work that may be left undone when there is too much of it."""


class CpuShare:
    """What was spent, and whether more may be.

    The share is kept in the long run. Up to `burst_s` may be spent at once, and the piece of work
    that goes beyond it is not known before it is done: after it there is a rest.
    """

    def __init__(self, *, share: float = 0.25, burst_s: float = 1.0) -> None:
        """Begin with nothing spent.

        Args:
            share: Of the time that passes.
            burst_s: Seconds of work.
        """
        self._share = share
        self._burst_s = burst_s
        self._owed_s = 0.0
        self._at = 0.0

    def allows(self, now: float) -> bool:
        """Whether a piece of work may begin.

        Args:
            now: Of a monotonic clock, in seconds.
        """
        self._pass(now)
        return self._owed_s < self._burst_s

    def spent(self, seconds: float, now: float) -> None:
        """Take down what a piece of work has cost."""
        self._pass(now)
        self._owed_s += seconds

    def _pass(self, now: float) -> None:
        self._owed_s = max(0.0, self._owed_s - max(0.0, now - self._at) * self._share)
        self._at = now
