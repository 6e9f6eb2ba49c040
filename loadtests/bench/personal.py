"""What one viewer's manifest costs, in whatever format: viewers that take turns, and their figures.

A case is an origin's document before its viewers ask for it. It is served in several ways, which
are measured against one another.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from loadtests.bench.measure import ROUND_S, Aim, Measured, Subject, measure
from manifests.splicing.timeline import Splice
from packager.planning import Plan

KNOWN = 24  # pods that many viewers have
SESSIONS = 64  # viewers that take turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one case."""

    name: str
    live: bool
    body_bytes: int  # of what the viewer gets
    measured: Mapping[str, Measured]  # by way

    def us(self, way: str) -> float:
        """Median microseconds of one way."""
        return self.measured[way].median_us

    @property
    def beyond_copy_us(self) -> float:
        """What joining costs beyond copying as many bytes."""
        return max(self.us("anew") - self.us("copy"), 0.0)


def plans(known: Sequence[Sequence[Splice]]) -> Iterator[Plan]:
    """One viewer's plan after another; each break has another pod than the viewer before had.

    Args:
        known: For each break, what each of the `KNOWN` pods becomes there.
    """
    return cycle(
        [
            Plan(
                splices=tuple(ready[(viewer + place) % KNOWN] for place, ready in enumerate(known))
            )
            for viewer in range(KNOWN)
        ]
    )


def measure_ways(
    work: Sequence[Mapping[str, Callable[[], object]]],
    ways: Collection[str],
    *,
    rounds: int,
    round_s: float = ROUND_S,
) -> list[dict[str, Measured]]:
    """Measure all cases in rounds that go through all ways of all of them.

    Args:
        work: For each case, its ways by name.
        ways: Those that are measured.
        rounds: How often.
        round_s: How long one measurement lasts at least.
    """
    subjects = [
        Subject(f"{number}/{way}", calls[way]) for number, calls in enumerate(work) for way in ways
    ]
    measured = measure(subjects, rounds=rounds, round_s=round_s)
    return [{way: measured[f"{number}/{way}"] for way in ways} for number in range(len(work))]


def size_of(body: object) -> int:
    """Bytes of what a way gave."""
    assert isinstance(body, bytes)
    return len(body)


def flat(short: Figures, long: Figures) -> Aim:
    """That joining costs the same for a long document, but for copying its bytes."""
    return Aim(
        f"flat: joining {long.name} costs no more beyond the copy than {short.name}",
        f"{long.beyond_copy_us:.1f} us to {short.beyond_copy_us:.1f} us",
        long.beyond_copy_us <= 2 * short.beyond_copy_us + 5,
    )
