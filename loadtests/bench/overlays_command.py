"""``python -m loadtests.bench overlays``: its parts, each with a table of its own."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from loadtests.bench import overlays as rendering
from loadtests.bench.measure import Aim, machine
from loadtests.bench.options import rounds_option, with_json
from loadtests.bench.overlay_content import HEIGHTS, contents
from loadtests.bench.overlay_manifests import aims as manifest_aims
from loadtests.bench.overlay_manifests import run_manifests
from loadtests.bench.overlay_queue import run_queue
from loadtests.bench.overlay_templates import aims as template_aims
from loadtests.bench.overlay_templates import run_templates
from loadtests.bench.printing import figure, show, table_of, write_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured."""

    media: Path
    heights: tuple[int, ...]
    rounds: int
    seconds: float
    cold: int
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What was found."""

    tables: Sequence[Table]
    results: Sequence[Any]  # dataclasses of figures
    aims: Sequence[Aim] = ()


def _segments(effort: Effort) -> Part:
    found = rendering.run_overlays(contents(effort.media, effort.heights), rounds=effort.rounds)
    tables = []
    for one in found:
        title = f"{one.name}: {one.film_s:.1f} s, {one.segment_bytes:,} B"
        table = table_of(title, "CPU s", "wall s", "x real", "share")
        for way, label in rendering.WAYS.items():
            if way in one.costs:
                cost, share = one.costs[way], one.share(way, "still")
                figures = f"{cost.cpu_s:.3f}", f"{cost.wall_s:.3f}", figure(one.real_time(way))
                table.add_row(label, *figures, f"{share:.0%}")
        tables.append(table)
    return Part(tables=tables, results=found, aims=rendering.aims(found))


def _templates(effort: Effort) -> Part:
    found = run_templates(rounds=effort.rounds)
    table = table_of("templates, a frame at 720p", "phase", "ms", "worst round")
    for one in found:
        table.add_row(one.template, one.phase, f"{one.median_ms:.3f}", f"{one.worst_ms:.3f}")
    return Part(tables=[table], results=found, aims=template_aims(found))


def _queue(effort: Effort) -> Part:
    content = contents(effort.media, (min(effort.heights),))[0]
    found = run_queue(content, seconds=effort.seconds, cold=effort.cold)
    table = table_of("queue", "per s", "CPU us", "p50 ms", "p99 ms")
    for one in found:
        table.add_row(one.name, *map(figure, (one.per_s, one.cpu_us, one.median_ms, one.p99_ms)))
    return Part(tables=[table], results=found)


def _manifests(effort: Effort) -> Part:
    content = contents(effort.media, (sorted(effort.heights)[len(effort.heights) // 2],))[0]
    seconds, rounds, workers = effort.seconds, effort.rounds, effort.workers
    found = run_manifests(content, seconds=seconds, rounds=rounds, workers=workers)
    table = table_of(f"{content.name}: playlists", "answers", "p50 ms", "p99 ms", "longest", "busy")
    for one in found:
        figures = map(figure, (one.median_ms, one.p99_ms, one.longest_ms))
        table.add_row(f"{one.name}, {workers}", str(one.count), *figures, f"{one.busy:.0%}")
    return Part(tables=[table], results=found, aims=manifest_aims(found))


# In the order in which they are measured.
PARTS: Mapping[str, Callable[[Effort], Part]] = {
    "segments": _segments,
    "templates": _templates,
    "queue": _queue,
    "manifests": _manifests,
}


@click.command()
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(list(PARTS)),
    help="Only this part; may be given several times.  [default: all]",
)
@click.option(
    "--media",
    type=click.Path(path_type=Path),
    default=Path("../shared/media"),
    show_default=True,
    help="Folder with real content; where it has none, test cards are encoded.",
)
@click.option(
    "--height",
    "heights",
    multiple=True,
    type=click.IntRange(90, 2160),
    default=HEIGHTS,
    help="Of pictures; may be given several times.  [default: 1080, 720, 360]",
)
@rounds_option(5)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.05),
    default=5.0,
    show_default=True,
    help="How long each kind of offer is measured, and playlists in each round.",
)
@click.option(
    "--cold",
    type=click.IntRange(2, 1000),
    default=20,
    show_default=True,
    help="How many segments are asked for that nobody has asked for before.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=max(1, (os.cpu_count() or 1) - 1),
    help="Processes that draw while playlists are asked for.  [default: one core is left free]",
)
@with_json
def overlays(
    parts: Sequence[str],
    media: Path,
    heights: tuple[int, ...],
    rounds: int,
    seconds: float,
    cold: int,
    workers: int,
    json_file: Path | None,
) -> None:
    """What overlays cost: segments drawn on, templates, and the queue of what is to be drawn.

    \b
    segments     decoded, drawn on and encoded on one core; `drawing` is the template's and the
                 blending's part. The obvious way is FFmpeg's own overlay filter and x264 in one
                 process for each segment, called through PyAV: no `ffmpeg` is needed here, and its
                 start, which is Python's, is told apart. It need not come out at the source's
                 bytes, and what it makes plays only behind a discontinuity
    templates    one frame, while it comes, stands and goes
    queue        offers, as manifests make them; then from an offer to a segment's bytes
    manifests    playlists of a server, while all of its workers draw and while they hardly do

    Aims are said of three GOPs of a test picture, which costs few bits; a film costs more. `share`
    is of the processor time of the still score bug.

    \b
    python -m loadtests.bench overlays
    python -m loadtests.bench overlays --part segments --height 480 --json overlays.json
    """
    facts = machine(("av", "numpy", "thorvg-cython"))
    effort = Effort(
        media=media, heights=heights, rounds=rounds, seconds=seconds, cold=cold, workers=workers
    )
    found = {name: PARTS[name](effort) for name in PARTS if name in (parts or PARTS)}
    aims = [aim for part in found.values() for aim in part.aims]
    show([table for part in found.values() for table in part.tables], aims, rounds, facts)
    if json_file is not None:
        figures = {
            **asdict(effort),
            "media": str(media),
            "parts": {name: [asdict(one) for one in part.results] for name, part in found.items()},
        }
        write_figures(json_file, "overlays", facts, figures, aims)
