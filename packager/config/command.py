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
from packager.sharing.cost import alike_of, cost_of
from packager.stories.lengths import lengths_of
from packager.stories.picture import story_svg
from packager.terminal import CONTEXT


@click.command(context_settings=CONTEXT)
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the story to this file, as SVG; of several, each to a file with its name.",
)
@click.option(
    "--cost",
    is_flag=True,
    help="Print how many timelines, fragments and renders each show can come to.",
)
def check(config: Path, picture: Path | None, *, cost: bool) -> None:
    """Check the file CONFIG and everything that it names; exit with 1 if Weft would not start."""
    try:
        checked = load(config)
    except ConfigError as error:
        click.echo(error, err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''}; nothing was started", err=True)
        sys.exit(1)
    Console().print(summary(checked))
    if cost:
        Console().print(costs(checked))
    if picture is not None:
        for path in draw_stories(checked, picture):
            click.echo(f"drew {path}")
    click.echo(f"OK: {config} can be served")


def draw_stories(config: Config, path: Path) -> list[Path]:
    """Draw the stories of a configuration; where there are several, each to a file of its own.

    Raises:
        ClickException: There is none, or a file cannot be written.
    """
    shows = [show for show in config.shows.values() if show.story]
    if not shows:
        raise click.ClickException("no show of it has a story to draw")
    drawn = []
    for show in shows:
        target = path
        if len(shows) > 1:
            target = path.with_name(f"{path.stem}-{show.name}{path.suffix}")
        try:
            target.write_text(story_svg(show, lengths_of(show)), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"cannot write {target}: {error.strerror}") from error
        drawn.append(target)
    return drawn


def costs(config: Config) -> Table:
    """Return what the variety of each show comes to, as a table for the terminal."""
    table = Table("Show", "Timelines", "Fragments", "Renders", "Alike for all")
    for show in config.shows.values():
        counts = (count for _, count in cost_of(show).told())
        told = ("unbounded" if count is None else f"{count:,}" for count in counts)
        table.add_row(*map(Text, (show.name, *told, alike_of(show, lengths_of(show)))))
    return table


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
