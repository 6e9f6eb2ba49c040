"""The command ``weft``: joins the subcommands."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from packager import VERSION
from packager.beacons.command import ledger
from packager.config.command import check
from packager.config.document import ConfigError
from packager.config.file import load
from packager.demo.command import demo
from packager.packaging.command import condition
from packager.splicing.command import splice
from packager.stores import StoreError
from packager.stories.command import import_story
from packager.templates.command import render
from packager.terminal import CONTEXT
from packager.why_command import replay, why


@click.group(context_settings=CONTEXT)
@click.version_option(VERSION, prog_name="weft")
def main() -> None:
    """Weft splices ads and other media into HLS and DASH, per session and server-side.

    Start with `weft demo`: everything embedded, nothing to configure. Then write a
    configuration, look at it with `weft check weft.yaml` and serve it with `weft serve`.
    """


@main.command()
@click.option(
    "--config",
    "config_file",
    default="weft.yaml",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration; `weft check` tells what is wrong with one.",
)
@click.option("--host", help="IP address to listen on, instead of listen.address.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port, instead of listen.port.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes."
)
def serve(config_file: Path, host: str | None, port: int | None, workers: int) -> None:
    """Serve players.

    With more than one worker, sessions and decisions must be shared: set `store: sqlite:///weft.db`.
    """
    from packager.server import ServeError, run

    try:
        config = load(config_file)
    except ConfigError as error:
        click.echo(error, err=True)
        sys.exit(1)
    listen = replace(
        config.listen, address=host or config.listen.address, port=port or config.listen.port
    )
    config = replace(config, listen=listen)
    if workers > 1 and config.store.path is None:
        click.echo(
            "weft: --workers needs a store that processes can share: set `store: sqlite:///weft.db`",
            err=True,
        )
        sys.exit(1)
    click.echo(f"Weft {VERSION} on http://{listen.address}:{listen.port}", err=True)
    try:
        run(config, workers)
    except (ServeError, StoreError, OSError) as error:
        click.echo(f"weft: {error}", err=True)
        sys.exit(1)


main.add_command(demo)
main.add_command(check)
main.add_command(condition)
main.add_command(splice)
main.add_command(render)
main.add_command(ledger)
main.add_command(import_story)
main.add_command(why)
main.add_command(replay)
