"""``weft import FILE.otio``: a timeline as a story, to be put into a configuration."""

import sys
from io import StringIO
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML

from packager.stories.otio import OtioError, read_otio
from packager.terminal import CONTEXT


@click.command("import", context_settings=CONTEXT)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--show", "name", help="What the show is called, instead of the timeline's name.")
def import_story(file: Path, name: str | None) -> None:
    """Print the timeline in FILE (OpenTimelineIO, .otio) as a story: YAML for a configuration.

    Clips become assets, their other media references cuts, and clips with markers moments: of those
    that follow one another, `fit` shows the best in the seconds that you give it. Paths of files
    stay as they are: they are meant from the configuration's folder.
    """
    try:
        called, show, told = read_otio(file.read_text(encoding="utf-8"))
    except (OtioError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    for one in told:
        click.echo(f"{file}: {one}", err=True)
    sys.stdout.write(as_yaml({"shows": {name or called: show}}))


def as_yaml(value: dict[str, Any]) -> str:
    """Write settings as YAML, in their order, short ones in one line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = 100
    text = StringIO()
    yaml.dump(value, text)
    return text.getvalue()
