"""``python -m loadtests.bench story``: what personal streams cost; a table for each part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from loadtests.bench import decisions
from loadtests.bench import story as stories
from loadtests.bench.measure import Aim, machine
from loadtests.bench.options import with_json, with_rounds
from loadtests.bench.printing import figure, show, table_of, write_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was found."""

    tables: Sequence[Table]
    results: Sequence[Any]  # dataclasses of figures
    aims: Sequence[Aim] = ()


def _decisions(rounds: int) -> Part:
    found = decisions.run_decisions(rounds=rounds)
    titles = (f"{one.name}\n{one.choices} choices\n{one.assets} assets" for one in found)
    table = table_of("microseconds", *titles)
    for way, label in decisions.WAYS.items():
        table.add_row(label, *(figure(one.measured[way].median_us) for one in found))
    table.add_row("[dim]bytes of a record[/]", *(f"[dim]{one.record_bytes:,}[/]" for one in found))
    return Part(tables=(table,), results=found, aims=decisions.aims(found))


def _stories(rounds: int) -> Part:
    found = stories.run(rounds=rounds)
    table = table_of("microseconds", "median", "slow")
    for one in found:
        table.add_row(one.name, figure(one.median_us), figure(one.slow_us))
    return Part(tables=(table,), results=found, aims=stories.aims(found))


PARTS: Mapping[str, Callable[[int], Part]] = {"decisions": _decisions, "stories": _stories}


@click.command()
@click.option(
    "--part",
    "names",
    multiple=True,
    type=click.Choice(list(PARTS)),
    help="What to measure; may be given several times.  [default: all]",
)
@with_rounds
@with_json
def story(names: Sequence[str], rounds: int, json_file: Path | None) -> None:
    """What personal streams cost.

    \b
    decisions   the choices of a session: the show of the design and one of 12 choices, 30 assets
                and 6 facts; each session is another viewer's
    stories     fit: 60 moments of a made-up match, up to three cuts each, into 300 s, exactly;
                settle: 40 parts for one session, its moments chosen before by another;
                read: a configuration of 12 facts, 30 assets and 40 parts, with all checks

    \b
    python -m loadtests.bench story
    python -m loadtests.bench story --part decisions --json story.json
    """
    facts = machine(("cel-expr-python",))
    parts = {name: PARTS[name](rounds) for name in names or PARTS}
    tables = [table for part in parts.values() for table in part.tables]
    aims = [aim for part in parts.values() for aim in part.aims]
    show(tables, aims, rounds, facts)
    if json_file is not None:
        found = {name: [asdict(one) for one in part.results] for name, part in parts.items()}
        write_figures(json_file, "story", facts, {"rounds": rounds, "parts": found}, aims)
