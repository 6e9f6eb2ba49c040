"""``python -m loadtests.bench ads``: its parts, each with a table of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from loadtests.bench.ads import run_decisions, run_reads
from loadtests.bench.beacons import run_beacons
from loadtests.bench.measure import Aim, machine
from loadtests.bench.options import with_json, with_rounds
from loadtests.bench.pace import run_pace
from loadtests.bench.printing import figure, show, table_of, write_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long is measured."""

    rounds: int  # of work on one core
    seconds: float  # of work that waits
    concurrency: int  # of work that waits
    watch_s: float  # under each condition of the ad server
    viewers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was found."""

    table: Table
    results: Sequence[Any]  # dataclasses of figures
    aims: Sequence[Aim] = ()


def _reads(effort: Effort) -> Part:
    found = run_reads(rounds=effort.rounds)
    table = table_of("reading", "bytes", "microseconds", "per second")
    for one in found:
        us = one.measured.median_us
        table.add_row(one.name, f"{one.body_bytes:,}", figure(us), figure(one.per_s))
    return Part(table=table, results=found)


def _decisions(effort: Effort) -> Part:
    found = run_decisions(seconds=effort.seconds, concurrency=effort.concurrency)
    heads = ("per s", "CPU us", "p50 ms", "p99 ms", "wrong")
    table = table_of(f"deciding, {effort.concurrency} at a time", *heads)
    for one in found:
        figures = (one.per_s, one.cpu_us, one.median_ms, one.p99_ms)
        table.add_row(one.name, *map(figure, figures), str(one.failed))
    return Part(table=table, results=found)


def _beacons(effort: Effort) -> Part:
    found, aims = run_beacons(seconds=effort.seconds)
    table = table_of("beacons, on one core", "per s", "CPU us", "p50 ms", "p99 ms", "ledger")
    for one in found:
        figures = (one.per_s, one.cpu_us, one.median_ms, one.p99_ms)
        table.add_row(one.name, *map(figure, figures), "exact" if one.balanced else "wrong")
    return Part(table=table, results=found, aims=aims)


def _pace(effort: Effort) -> Part:
    found, aims = run_pace(seconds=effort.watch_s, viewers=effort.viewers, folder=MEDIA)
    heads = ("HLS p50 ms", "p99", "max", "DASH p50 ms", "p99", "max", "late", "filled", "fell back")
    table = table_of(f"the ad server; {effort.viewers} viewers", *heads)
    table.add_column("reasons")
    for one in found:
        figures = [
            value
            for answers in (one.hls, one.dash)
            for value in (answers.median_ms, answers.p99_ms, answers.longest_ms)
        ]
        reasons = ", ".join(f"{code} {count}" for code, count in one.reasons.items())
        breaks = (str(one.filled), str(one.fallen_back))
        table.add_row(one.says, *map(figure, [*figures, one.late_ms]), *breaks, reasons)
    return Part(table=table, results=found, aims=aims)


# In the order in which they are measured.
PARTS: Mapping[str, Callable[[Effort], Part]] = {
    "reads": _reads,
    "decisions": _decisions,
    "beacons": _beacons,
    "pace": _pace,
}
MEDIA = Path(".weft")  # generated once, the demo's too


@click.command()
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(list(PARTS)),
    help="Only this part; may be given several times.  [default: all]",
)
@with_rounds
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.05),
    default=5.0,
    show_default=True,
    help="How long each kind of decision is measured.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=32,
    show_default=True,
    help="Decisions at the same time.",
)
@click.option(
    "--watch-s",
    type=click.FloatRange(min=1.0),
    default=40.0,
    show_default=True,
    help="How long viewers watch under each condition of the ad server.",
)
@click.option(
    "--viewers",
    type=click.IntRange(2, 2000),
    default=100,
    show_default=True,
    help="How many of them.",
)
@with_json
def ads(
    parts: Sequence[str],
    rounds: int,
    seconds: float,
    concurrency: int,
    watch_s: float,
    viewers: int,
    json_file: Path | None,
) -> None:
    """What ads cost, from an ad server's answer to a decision, and to beacons.

    \b
    reads        VAST read on one core, without a network; lxml alone for comparison
    decisions    calls of an ad server on this machine, wrappers followed, ads chosen;
                 the ad server is a process of its own (python -m loadtests.ads)
    beacons      taken on by the outbox, each flushed to the disk that has the folder for temporary
                 files (TMPDIR) before its caller goes on; then sent to a sink, and settled
    pace         answers of `weft serve` to viewers of a live channel while the ad server is good,
                 slow, down, or answers nonsense; the channel is generated once, into .weft; `late`
                 is how late the viewers themselves were, 99 of 100 times: what the machine adds

    Creatives are ready: conditioning is not in these figures. Decisions per second depend on the
    ad server, too; the processor time is Weft's own.

    \b
    python -m loadtests.bench ads
    python -m loadtests.bench ads --part reads --rounds 40 --json ads.json
    """
    facts = machine(("lxml", "httpx2"))
    effort = Effort(
        rounds=rounds,
        seconds=seconds,
        concurrency=concurrency,
        watch_s=watch_s,
        viewers=viewers,
    )
    found = {name: PARTS[name](effort) for name in PARTS if name in (parts or PARTS)}
    aims = [aim for part in found.values() for aim in part.aims]
    show([part.table for part in found.values()], aims, rounds, facts)
    if json_file is not None:
        figures = {
            **asdict(effort),
            "parts": {name: [asdict(one) for one in part.results] for name, part in found.items()},
        }
        write_figures(json_file, "ads", facts, figures, aims)
