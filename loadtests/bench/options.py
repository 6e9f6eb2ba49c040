"""Options that benchmarks have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., object])


def rounds_option(default: int) -> Callable[[_Command], _Command]:
    """How often everything on one core is measured."""
    return click.option(
        "--rounds",
        type=click.IntRange(1),
        default=default,
        show_default=True,
        help="How often everything on one core is measured.",
    )


with_rounds = rounds_option(15)

with_json = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write all figures to this file.",
)
