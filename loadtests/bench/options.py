"""Options that benchmarks have in common."""

from pathlib import Path

import click

with_rounds = click.option(
    "--rounds",
    type=click.IntRange(1),
    default=15,
    show_default=True,
    help="How often everything on one core is measured.",
)
with_json = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write all figures to this file.",
)
