"""``weft condition``: a creative on this machine, packaged for a manifest on this machine."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from manifests.errors import ManifestError
from packager.children import WorkerLimits
from packager.packaging.encoded import EncodedRendition, encoded_from_json
from packager.packaging.errors import LadderUnmatched, PackagingError
from packager.packaging.index_mpd import write_mpd
from packager.packaging.jobs import run_job
from packager.packaging.ladder import Ladder, Rung, Unmatched, rung_to_json
from packager.packaging.library import MediaLibrary
from packager.packaging.local import is_mpd, read_local_mpd, read_local_show
from packager.packaging.playlists import write_playlists
from packager.packaging.settings import ConditionSettings, settings_to_json
from packager.terminal import CONTEXT

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("condition", context_settings=CONTEXT)
@click.argument("file", type=_FILE)
@click.option(
    "--like",
    required=True,
    type=_FILE,
    help="HLS playlist or DASH MPD with local segments; the result matches its ladder.",
)
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="New or empty folder for the renditions and their manifests.",
)
@click.option("--loudness", type=float, help="EBU R 128 target in LUFS, such as -23.")
def condition(file: Path, like: Path, out: Path, loudness: float | None) -> None:
    """Package the creative FILE for the ladder of a playlist or an MPD."""
    settings = ConditionSettings(loudness_lufs=loudness)
    try:
        condition_command(file, like, out, Console(), settings=settings)
    except (PackagingError, ManifestError, OSError) as error:
        raise click.ClickException(str(error)) from error


def condition_command(
    file: Path,
    like: Path,
    out: Path,
    console: Console,
    *,
    settings: ConditionSettings | None = None,
) -> None:
    """Package a creative and say what came of it.

    Args:
        file: A progressive MP4, MOV or WebM file.
        like: A multivariant or media playlist, or an MPD; its segments are local files.
        out: New or empty folder for the renditions and their manifests.
        console: Shows progress and a table of the renditions.
        settings: How to condition.

    Raises:
        PackagingError: The creative or the ladder cannot be used.
        ManifestError: A manifest cannot be read.
        OSError: A file cannot be read or written.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        task = bars.add_task(f"Conditioning {file.name}", total=1.0)
        ladder, answer = asyncio.run(
            _run(
                file,
                like,
                out,
                settings or ConditionSettings(),
                lambda share: bars.update(task, completed=share),
            )
        )
    renditions = _name_folders(ladder, answer, out)
    manifests = (write_playlists(renditions, out), write_mpd(renditions, out))
    console.print(_table(renditions))
    for entry in ladder.entries:
        if isinstance(entry, Unmatched):
            console.print(f"Left out: {entry.reason}.", highlight=False)
    for path in filter(None, manifests):
        console.print(f"To play it: {path}", highlight=False, soft_wrap=True)


async def _run(
    file: Path,
    like: Path,
    out: Path,
    settings: ConditionSettings,
    progress: Callable[[float], None],
) -> tuple[Ladder, dict[str, Any]]:
    with TemporaryDirectory() as work:
        library = MediaLibrary(Path(work))
        try:
            if is_mpd(like):
                ladder = (await library.derive_mpd_ladder(*read_local_mpd(like))).ladder
            else:
                ladder = await library.derive_ladder(*read_local_show(like))
        finally:
            await library.aclose()
        if not ladder.rungs:
            reasons = {entry.reason for entry in ladder.entries if isinstance(entry, Unmatched)}
            raise LadderUnmatched(f"{like} cannot be matched: {'; '.join(sorted(reasons))}")
        answer = await run_job(
            {
                "do": "condition",
                "source": str(file),
                "rungs": [rung_to_json(rung) for rung in ladder.rungs],
                "out": str(out),
                "settings": settings_to_json(settings),
                "part": None,
            },
            Path(work),
            limits=WorkerLimits(),
            progress=progress,
        )
    return ladder, answer


def _name_folders(
    ladder: Ladder, answer: dict[str, Any], out: Path
) -> tuple[EncodedRendition, ...]:
    """Give the renditions' folders names that people can read."""
    renditions = []
    for number, (rung, item) in enumerate(zip(ladder.rungs, answer["renditions"], strict=True), 1):
        folder = Path(item["folder"]).rename(out / f"{number}-{_label(rung)}")
        renditions.append(replace(encoded_from_json(rung, item), folder=folder))
    return tuple(renditions)


def _label(rung: Rung) -> str:
    return f"{rung.video.height}p" if rung.video is not None else rung.kind


def _table(renditions: tuple[EncodedRendition, ...]) -> Table:
    names = ("Rendition", "Container", "Video", "Audio", "Segments", "Seconds", "Peak kbit/s")
    table = Table(*names, box=SIMPLE_HEAD, padding=0)
    for rendition in renditions:
        rung, video, audio = rendition.rung, rendition.rung.video, rendition.rung.audio
        seconds = sum((segment.duration for segment in rendition.segments), Fraction(0))
        table.add_row(
            rendition.folder.name,
            rung.container,
            f"{video.width}x{video.height} {float(video.frame_rate):g}/s" if video else "",
            f"{audio.sample_rate / 1000:g} kHz, {audio.channels} ch" if audio else "",
            str(len(rendition.segments)),
            f"{float(seconds):.3f}",
            f"{rendition.peak_bitrate / 1000:.0f}",
        )
    return table
