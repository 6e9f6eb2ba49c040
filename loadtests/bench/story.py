"""What stories cost: choosing moments that fit, settling a story, reading its configuration."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import thread_time_ns

from loadtests.bench.match_moments import match
from loadtests.bench.measure import Aim, Subject, measure
from packager.config import load
from packager.stories.fit import fit
from packager.stories.outcome import settle, story_of

FIT_AIM_US, SETTLE_AIM_US, LOAD_AIM_US = 1000.0, 200.0, 1_000_000.0
BUDGET = 30_000  # centiseconds
MATCHES = 200
CHOICES, ASSETS, PARTS = 12, 30, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A piece of work, in microseconds of processor time."""

    name: str
    median_us: float
    slow_us: float  # one in a hundred takes longer; of what is always the same, the slowest round


class _Shelf:
    def length(self, clip: str) -> Decimal:
        return Decimal(9)

    def made(self, asset: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Said:
    values: Mapping[str, str]

    def value(self, name: str) -> str:
        return self.values[name]

    def allowed(self, asset: str) -> bool:
        return True


def run(*, rounds: int) -> list[Result]:
    """Measure all of it."""
    found = [_fits(moments) for moments in (25, 60, 90)]
    with TemporaryDirectory() as name:
        file = large_story(Path(name))
        show = load(file).shows["recap"]
        story = story_of(show)
        answers = _Said({name: fact.of[0] for name, fact in show.facts.items()})
        subjects = [
            Subject(
                f"settle a story of {PARTS} parts",
                partial(settle, story, answers, _Shelf()),
            ),
            Subject(f"read and check {CHOICES} facts, {ASSETS} assets", partial(load, file)),
        ]
        measured = measure(subjects, rounds=rounds)
    found += [
        Result(name=one.name, median_us=took.median_us, slow_us=took.worst_us)
        for one, took in zip(subjects, measured.values(), strict=True)
    ]
    return found


def _fits(moments: int) -> Result:
    """Different matches cost different times: each is chosen from three times, the best counts."""
    times = []
    gc.disable()
    try:
        for seed in range(MATCHES):
            made = match(seed, moments)
            times.append(min(_timed(partial(fit, made, BUDGET, ("goal",))) for _ in range(3)))
    finally:
        gc.enable()
    return Result(
        name=f"fit {moments} moments into 300 s",
        median_us=median(times),
        slow_us=quantiles(times, n=100)[-1],
    )


def _timed(call: partial[object]) -> float:
    began = thread_time_ns()
    call()
    return (thread_time_ns() - began) / 1000


def aims(results: list[Result]) -> list[Aim]:
    """What was to be reached."""
    limits = {60: FIT_AIM_US}
    found = []
    for moments, limit in limits.items():
        (one,) = [r for r in results if r.name.startswith(f"fit {moments} ")]
        found.append(_aim(f"{one.name} in less than 1 ms", one, limit))
    *_, settled, loaded = results
    found.append(_aim("settle in less than 200 us", settled, SETTLE_AIM_US))
    found.append(_aim("load in less than 1 s", loaded, LOAD_AIM_US))
    return found


def _aim(what: str, one: Result, limit_us: float) -> Aim:
    return Aim(what, f"{one.median_us:,.0f} us", one.median_us < limit_us)


def large_story(folder: Path) -> Path:
    """Write a configuration with a large story; the files that it names are there."""
    (folder / "clip.mp4").write_bytes(b"clip")
    facts = [
        f"      f{n}: {{type: string, of: [a{2 * n}, a{2 * n + 1}], default: a{2 * n}}}"
        for n in range(CHOICES)
    ]
    assets = [
        f"      a{n}: {{file: clip.mp4, kind: {'goal' if n % 5 else 'save'}, weight: {n + 1},"
        f" cuts: {{short: {{file: clip.mp4, weight: {n // 2}}}}}}}"
        for n in range(ASSETS)
    ]
    parts = ["      - {play: a0}"]
    while len(parts) < PARTS - 1:
        n = len(parts) % CHOICES
        rule = f'f{n} == "a{2 * n}" || f{(n + 1) % CHOICES} != "x"'
        parts.append(f"      - {{play: '{{f{n}}}', when: '{rule}'}}")
    moments = ", ".join(f"a{n}" for n in range(ASSETS))
    parts.append(f"      - {{fit: {{moments: [{moments}], seconds: 120, keep: [goal]}}}}")
    text = [
        "shows:",
        "  recap:",
        "    facts:",
        *facts,
        "    assets:",
        *assets,
        "    story:",
        *parts,
    ]
    file = folder / "weft.yaml"
    file.write_text("\n".join([*text, ""]))
    return file
