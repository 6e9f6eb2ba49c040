"""What a benchmark's command says at its end: a table, aims, what the machine is; or a file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from loadtests.bench.measure import Aim


def figure(value: float) -> str:
    """A number with as many digits as are of use."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def table_of(*heads: str) -> Table:
    """An empty table; the first column has names, the others figures."""
    table = Table(box=box.SIMPLE_HEAD)
    first, *others = heads
    table.add_column(first, no_wrap=True)
    for head in others:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def show(
    tables: Sequence[Table], aims: Sequence[Aim], rounds: int, facts: Mapping[str, str]
) -> None:
    """Print tables, then aims, then what the figures depend on."""
    console = Console()
    for table in tables:
        console.print(table)
    for aim in aims:
        met = "[green]met[/]" if aim.met else "[red]missed[/]"
        console.print(f"{met}  {aim.what}: {aim.found}", highlight=False)
    console.print(
        f"medians of {rounds} rounds; " + ", ".join(f"{k} {v}" for k, v in facts.items()),
        style="dim",
        highlight=False,
    )


def write_figures(
    file: Path,
    benchmark: str,
    facts: Mapping[str, str],
    figures: Mapping[str, object],
    aims: Sequence[Aim],
) -> None:
    """Write all figures as JSON, for comparing runs."""
    document = {
        "benchmark": benchmark,
        "machine": dict(facts),
        **figures,
        "aims": [asdict(one) for one in aims],
    }
    file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
