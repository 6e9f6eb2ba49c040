"""What happened in one playback: ten samples a second, and what follows from them."""

from dataclasses import dataclass
from itertools import groupby, pairwise

PERIOD_S = 0.1  # of the samples
LONGEST_STALL_S = 1.0
_BLIP = 2  # samples: a code seen in fewer is a frame that was read half drawn


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame that was shown."""

    position: float  # its own, seconds; on a busy machine behind what `currentTime` says
    fields: tuple[int, ...]  # as `tests.browser.pictures` has them


@dataclass(frozen=True, slots=True)
class Sample:
    """The player at one moment."""

    at: float  # seconds since the page was opened
    position: float  # currentTime, seconds
    code: str | None  # what the picture says it is (overlays.testcard); None: no picture, or none
    subtitle: str = ""  # of the cues that are active
    picture: Picture | None = None  # where asked for


@dataclass(frozen=True, slots=True)
class Stall:
    """A time in which playback did not go on."""

    at: float  # seconds since the page was opened
    seconds: float
    position: float  # where it stood, seconds


@dataclass(frozen=True, slots=True)
class Skip:
    """A step forward that time does not account for."""

    at: float  # seconds since the page was opened
    seconds: float
    position: float  # where it came from, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What happened in one playback, so far or in all."""

    player: str
    url: str
    fatal: tuple[str, ...]  # errors that the player does not recover from
    errors: tuple[str, ...]  # others
    samples: tuple[Sample, ...]  # from the first moment of progress on
    started_at: float | None  # seconds since the page was opened; None: it never began
    ended: bool
    decoded: int  # frames
    dropped: int

    @property
    def began(self) -> bool:
        """Whether there was a first picture, and a step from it."""
        return self.started_at is not None

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.ended or bool(self.fatal)

    @property
    def stalls(self) -> tuple[Stall, ...]:
        """Every time after the start without progress, before the end."""
        found: list[Stall] = []
        since = 0
        for number, (before, after) in enumerate(pairwise(self.samples), 1):
            if after.position != before.position:
                since = number
            elif number == len(self.samples) - 1 or (
                self.samples[number + 1].position != after.position
            ):
                start = self.samples[since]
                found.append(Stall(start.at, after.at - start.at, start.position))
        if self.ended and found and found[-1].position == self.samples[-1].position:
            found.pop()  # the end is no stall
        return tuple(found)

    @property
    def stood_still(self) -> bool:
        """Whether it stalled for longer than it may."""
        return any(stall.seconds > LONGEST_STALL_S for stall in self.stalls)

    @property
    def skips(self) -> tuple[Skip, ...]:
        """Every step forward that is larger, by a sample or more, than the time it took."""
        steps = (
            Skip(
                after.at, after.position - before.position - (after.at - before.at), before.position
            )
            for before, after in pairwise(self.samples)
        )
        return tuple(step for step in steps if step.seconds > PERIOD_S)

    @property
    def codes(self) -> tuple[str, ...]:
        """What was shown, in order, each run once; moments with no code are left out."""
        runs = [(code, len(list(run))) for code, run in groupby(s.code for s in self.samples)]
        seen = [code for code, length in runs if code is not None and length >= _BLIP]
        return tuple(code for code, _ in groupby(seen))

    @property
    def advanced(self) -> float:
        """Seconds from the first position to the last."""
        return self.samples[-1].position - self.samples[0].position if self.samples else 0.0

    def assert_played(
        self, *, longest_stall_s: float = LONGEST_STALL_S, longest_skip_s: float = 1.0
    ) -> None:
        """Fail unless it began, had no fatal error, and never stalled, skipped or went back.

        How long all of it took is no matter: that says how busy the machine was.
        """
        assert not self.fatal, self
        assert self.began, f"it never began: {self}"
        assert all(stall.seconds <= longest_stall_s for stall in self.stalls), self
        assert all(skip.seconds <= longest_skip_s for skip in self.skips), self
        backward = [(a, b) for a, b in pairwise(self.samples) if b.position < a.position - 0.05]
        assert not backward, f"it went back, {backward}: {self}"

    def assert_shows(self, *codes: str) -> None:
        """Fail unless the pictures were of these kinds, in this order, and no others."""
        assert self.codes == codes, f"expected {codes}: {self}"

    def __str__(self) -> str:
        told = [f"{self.player} of {self.url.partition('?')[0]} shows {self.codes}"]
        told += [f"fatal: {error}" for error in self.fatal]
        told += [f"error: {error}" for error in self.errors]
        interruptions: tuple[Stall | Skip, ...] = (*self.stalls, *self.skips)
        told += [str(one) for one in interruptions if one.seconds > 0.3]
        return "\n  ".join(told)
