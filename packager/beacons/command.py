"""``weft ledger``: what became of all beacons that were ever owed."""

import sys
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from packager.beacons.ledger import SIDES, Ledger
from packager.beacons.opening import outbox_path
from packager.beacons.outbox import read_ledger
from packager.config.document import ConfigError
from packager.config.file import load
from packager.stores import StoreError
from packager.terminal import CONTEXT


@click.command(context_settings=CONTEXT)
@click.option(
    "--config",
    "config_file",
    default="weft.yaml",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration whose outbox is read; a server may have it open.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def ledger(config_file: Path, as_json: bool) -> None:
    """Show what became of every beacon: owed = delivered + expired + refused + pending.

    Exits with 1 if that does not hold, or if the ledger cannot be read.
    """
    try:
        found = read_ledger(outbox_path(load(config_file)))
    except (ConfigError, StoreError) as error:
        click.echo(error, err=True)
        sys.exit(1)
    if as_json:
        click.echo(orjson.dumps(document(found), option=orjson.OPT_INDENT_2))
    else:
        Console().print(table(found))
    if not found.balances:
        click.echo("the ledger does not balance", err=True)
        sys.exit(1)


def document(ledger: Ledger) -> dict[str, object]:
    """A ledger as JSON has it."""
    return {
        "balances": ledger.balances,
        **{side: ledger.count(side) for side in SIDES},
        "oldestOwedAt": ledger.oldest_owed_at,
        "entries": [
            {"event": one.event, "side": one.side, "reason": one.reason, "beacons": one.beacons}
            for one in ledger.entries
        ],
    }


def table(ledger: Ledger) -> Table:
    """A ledger for the terminal: a row for each event, below it one for each reason."""
    found = Table("Event", *map(str.capitalize, SIDES))
    for column in found.columns[1:]:
        column.justify = "right"
    for event in ledger.events:
        sums = (ledger.count(side, event=event) for side in SIDES)
        found.add_row(event, *map(_figure, sums))
        for entry in ledger.entries:
            if entry.event == event and entry.reason:
                cells = (entry.beacons if side == entry.side else 0 for side in SIDES)
                found.add_row(Text(f"  {entry.reason}", style="dim"), *map(_figure, cells))
    found.add_section()
    found.add_row("all", *(_figure(ledger.count(side)) for side in SIDES))
    return found


def _figure(count: int) -> str:
    return f"{count:,}" if count else ""
