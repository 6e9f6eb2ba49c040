"""``weft render``: what a template makes of data, before anybody sees it on air."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, repeat
from pathlib import Path
from typing import Any

import click
from PIL import Image

from overlays.errors import DataError, OverlayError
from overlays.templates.check import LADDER, check_template
from overlays.templates.model import Size, Template
from overlays.templates.stage import TemplateLayer, make_layer
from packager.templates.film import backgrounds, write_mp4
from packager.templates.folder import find_folder, load_template
from packager.templates.preview import checkerboard, contact_sheet, key_times, over, strip
from packager.terminal import CONTEXT


class _SizeType(click.ParamType[Size]):
    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Size:
        width, _, height = str(value).partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            self.fail(f"{value!r} is not a size: write 1280x720", param, ctx)
        size = int(width), int(height)
        if not (16 <= size[0] <= 7680 and 16 <= size[1] <= 4320) or any(n % 2 for n in size):
            self.fail("must be even, between 16x16 and 7680x4320", param, ctx)
        return size


@click.command(context_settings={**CONTEXT, "max_content_width": 100})
@click.argument("template")
@click.option(
    "--data",
    "data_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON for the template; pictures that it names are files beside it. "
    "[default: the template's first sample]",
)
@click.option("--sample", help="One of the template's samples, instead of --data.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Picture (.png) or clip (.mp4) to write. [default: ID.png]",
)
@click.option("--at", type=float, help="Which frame: seconds since it began. [default: at rest]")
@click.option("--strip", "as_strip", is_flag=True, help="Key frames side by side, as a picture.")
@click.option(
    "--seconds",
    default=4.0,
    show_default=True,
    type=click.FloatRange(0.1, 600),
    help="How long it is shown.",
)
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=_SizeType(),
    help="Of the rendition; with --check, given once for each. [default: the template's own; "
    "with --check 1080p, 720p, 540p, 360p]",
)
@click.option(
    "--over",
    "background",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Picture or film to lay it over. [default: a checkerboard; nothing for one frame]",
)
@click.option(
    "--check", is_flag=True, help="Render every sample at every size; report; a contact sheet."
)
def render(
    template: str,
    data_file: Path | None,
    sample: str | None,
    out: Path | None,
    at: float | None,
    as_strip: bool,
    seconds: float,
    sizes: tuple[Size, ...],
    background: Path | None,
    check: bool,
) -> None:
    """Preview the overlay TEMPLATE: a folder with a template.json, or one that Weft brings along.

    \b
    weft render scorebug                                     one frame, transparent: scorebug.png
    weft render scorebug --sample samples/light.json -o light.png
    weft render my/lower-third --data anna.json -o anna.mp4   a clip, over a checkerboard
    weft render leaderboard --strip -o strip.png              how it comes and goes
    weft render sponsor_l --over match.mp4 -o l.mp4           over content
    weft render my/lower-third --check                        everything that may go wrong

    --check renders all samples at all sizes of a ladder and reports text that does not fit
    (overflow), characters that no font has (missing_glyphs), pictures that are not there
    (missing_image), text beyond the safe area of EBU R 95 (safe_area) and what is not drawn of a
    Lottie (unsupported). It writes a contact sheet and exits with 1 where it has something to say.

    \b
    Brought along: card, leaderboard, lower_third, palette, scorebug, sponsor_l. A template of your
    own begins as:
      {"id": "hello", "version": "1", "kind": "drawing", "size": [1920, 1080],
       "phases": {"in": 0.5, "out": 0.5},
       "data": {"type": "object",
                "properties": {"name": {"type": "string", "gddType": "single-line"}}},
       "elements": [
         {"type": "box", "box": [96, 880, 700, 100], "fill": "#101828", "radius": 12,
          "in": {"opacity": [[0, 0], [0.5, 1, "out"]]}, "out": {"opacity": [[0, 1], [0.5, 0]]}},
         {"type": "text", "box": [120, 880, 652, 100], "text": "Hello, {name}!", "size": 48}],
       "samples": ["anna.json"]}
    """  # noqa: D301  (the character \b, for click: no new line-up here)
    try:
        loaded = load_template(find_folder(template, beside=Path.cwd()))
        if check:
            sys.exit(_check(loaded, sizes or LADDER, out or Path(f"{loaded.id}-check.png")))
        data, images = _data(loaded, data_file, sample)
        lasts = Fraction(seconds).limit_denominator(1000)
        size = sizes[0] if sizes else loaded.size
        layer = make_layer(loaded, loaded.canonical(data, images), size, lasts=lasts)
        written = out or Path(f"{loaded.id}.png")
        if written.suffix == ".mp4":
            frames = _frames(loaded, layer, background, size, lasts)
            write_mp4(written, frames, size=size, fps=loaded.phases.fps)
        elif written.suffix == ".png":
            _picture(loaded, layer, background, size, lasts, at, as_strip).save(written)
        else:
            raise click.UsageError(f"{written}: write a .png or an .mp4")
    except DataError as error:
        raise click.ClickException(
            "the data does not fit:\n  " + "\n  ".join(error.problems)
        ) from None
    except (OverlayError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for finding in layer.findings:
        click.echo(f"{finding.kind}: {finding.place}: {finding.text}", err=True)
    click.echo(f"{written}")


def _data(
    template: Template, file: Path | None, sample: str | None
) -> tuple[Any, dict[str, bytes]]:
    if file is None:
        named = {one.name: one for one in template.samples}
        if sample is not None and sample not in named:
            raise click.UsageError(f"{sample} is no sample: {', '.join(named)}")
        return named[sample or template.samples[0].name].data, {}
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from None
    found = {}
    for name in template.schema.image_names(data):
        if name not in template.pictures and (file.parent / name).is_file():
            found[name] = (file.parent / name).read_bytes()
    return data, found


def _picture(
    template: Template,
    layer: TemplateLayer,
    background: Path | None,
    size: Size,
    lasts: Fraction,
    at: float | None,
    as_strip: bool,
) -> Image.Image:
    if background is not None:
        ground = next(backgrounds(background, size))
    elif as_strip:
        ground = checkerboard(size)
    else:
        ground = Image.new("RGBA", size, (0, 0, 0, 0))
    if as_strip:
        return strip(layer, key_times(template, lasts), ground)
    time = Fraction(at).limit_denominator(1000) if at is not None else template.phases.enter_s
    return over(layer, time, ground)


def _frames(
    template: Template, layer: TemplateLayer, background: Path | None, size: Size, lasts: Fraction
) -> Iterator[Image.Image]:
    count = int(lasts * template.phases.fps)
    board = checkerboard(size)
    grounds = repeat(board) if background is None else backgrounds(background, size)
    for number, ground in enumerate(islice(grounds, count)):
        yield over(layer, number / template.phases.fps, ground)


def _check(template: Template, sizes: tuple[Size, ...], sheet: Path) -> int:
    checked = list(check_template(template, sizes))
    contact_sheet(checked).save(sheet)
    # What is wrong at all sizes alike is said once.
    places = Counter(
        (one.sample.name, finding.kind, finding.place, finding.text)
        for one in checked
        for finding in set(one.findings)
    )
    for (sample, kind, place, text), count in places.items():
        where = "" if count == len(sizes) else f" (at {count} of {len(sizes)} sizes)"
        click.echo(f"{sample}: {kind}: {place}: {text}{where}")
    samples = len(template.samples)
    said = f"{len(places)} findings" if places else "nothing to report"
    click.echo(f"{template.id}: {samples} samples at {len(sizes)} sizes: {said}; see {sheet}")
    return 1 if places else 0
