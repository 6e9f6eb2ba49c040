"""``weft check CONFIG``: is this configuration one that Weft would start with?"""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from packager.config.break_settings import ScheduledBreak
from packager.config.document import ConfigError
from packager.config.file import load
from packager.config.values import Config
from packager.terminal import CONTEXT


@click.command(context_settings=CONTEXT)
@click.argument("config", type=click.Path(path_type=Path))
def check(config: Path) -> None:
    """Check the file CONFIG and everything that it names; exit with 1 if Weft would not start."""
    try:
        checked = load(config)
    except ConfigError as error:
        click.echo(error, err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''}; nothing was started", err=True)
        sys.exit(1)
    Console().print(summary(checked))
    click.echo(f"OK: {config} can be served")


def summary(config: Config) -> Table:
    """Return the shows of a configuration as a table for the terminal."""
    table = Table("Show", "Origin", "Breaks", "Slate", "Assets")
    for show in config.shows.values():
        slate = show.slate.file.name if show.slate else ""
        # Never what stands in an ad server's URL.
        breaks = (f"at {b.at}" if isinstance(b, ScheduledBreak) else b.source for b in show.breaks)
        source = show.origin or f"a story of {len(show.story)} parts"
        row = (show.name, source, "\n".join(breaks), slate, "\n".join(show.assets))
        table.add_row(*map(Text, row))
    return table
