"""What it costs to draw overlays on segments: times real time on one core, and where it goes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter, process_time

from PIL import Image

from loadtests.bench.cores import one_core
from loadtests.bench.measure import Aim
from loadtests.bench.overlay_content import Content
from loadtests.bench.overlay_templates import MOVING, STILL, layer_of
from overlays.frames.colour import colours_of
from overlays.layers import Layer, Picture
from overlays.segment.cmaf import CmafFilm
from overlays.segment.decode import decode_gop
from overlays.segment.draw import Painter, Showing
from overlays.segment.render import render_cmaf

REAL_TIME: Mapping[int, float] = {1080: 1.3, 720: 3.0, 360: 10.0}  # aims, at each height
STILL_SHARE, MOVING_SHARE, GOP_SHARE = 0.05, 0.20, 0.45
_HOLD_S = Fraction(60)  # into an overlay: it has come long ago
_FRAME_S = Fraction(1, 25)

# What is measured, in the order of printing.
WAYS = {
    "still": "still score bug",
    "moving": "moving Lottie",
    "gop": "still score bug, in one GOP of three",
    "draw still": "of it drawing, still",
    "draw moving": "of it drawing, moving",
    "naive": "obvious way: decode, filter, encode",
    "naive process": "obvious way, process included",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians of the rounds, in seconds for the whole segment."""

    cpu_s: float
    wall_s: float


_Way = Callable[[], Mapping[str, Cost]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found of one content."""

    name: str
    height: int
    film_s: float
    segment_bytes: int
    has_aim: bool
    costs: Mapping[str, Cost]  # by the keys of WAYS

    def real_time(self, way: str) -> float:
        """Seconds of film for each second of a core."""
        return self.film_s / self.costs[way].cpu_s

    def share(self, part: str, whole: str) -> float:
        """Processor time of one way as a share of another's."""
        return self.costs[part].cpu_s / self.costs[whole].cpu_s


def run_overlays(contents: Sequence[Content], *, rounds: int) -> list[Result]:
    """Measure on one core, all ways in turn and again."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as name, one_core():
        return [_measure(one, Path(name), rounds) for one in contents]


def aims(results: Sequence[Result]) -> list[Aim]:
    """Whether rendering is as cheap as it should be, where it has aims."""
    found = []
    for one in (result for result in results if result.has_aim):
        if one.height in REAL_TIME:
            what = f"{one.name}: {REAL_TIME[one.height]:g} times real time on a core"
            speed = one.real_time("still")
            found.append(Aim(what, f"{speed:.1f}", speed >= REAL_TIME[one.height]))
        for what, part, whole, most in (
            ("drawing what stands still", "draw still", "still", STILL_SHARE),
            ("drawing what moves", "draw moving", "moving", MOVING_SHARE),
            ("one GOP of three", "gop", "still", GOP_SHARE),
        ):
            if part not in one.costs:
                continue
            share = one.share(part, whole)
            found.append(
                Aim(f"{one.name}: {what} at most {most:.0%}", f"{share:.1%}", share <= most)
            )
    return found


def _measure(content: Content, folder: Path, rounds: int) -> Result:
    film = content.open()
    pictures = sum(len(gop.units) for gop in film.gops)
    first, last = film.gops[0].units[0], film.gops[-1].units[-1]
    tick = Fraction(last.dts - first.dts, pictures - 1)
    film_s = float(pictures * tick / film.track.timescale)
    ways = _ways(content, film, folder, film_s)
    taken: dict[str, list[Cost]] = {}
    for number in range(rounds + 1):
        for call in ways:
            for way, cost in call().items():
                if number:  # the first round warms up
                    taken.setdefault(way, []).append(cost)
    return Result(
        name=content.name,
        height=content.height,
        film_s=film_s,
        segment_bytes=len(content.segment),
        has_aim=content.has_aim,
        costs={
            way: Cost(median(one.cpu_s for one in costs), median(one.wall_s for one in costs))
            for way, costs in taken.items()
        },
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """A layer as it is once it has come."""

    layer: Layer

    def at(self, time: Fraction) -> Picture | None:
        return self.layer.at(time + _HOLD_S)


def _ways(content: Content, film: CmafFilm, folder: Path, film_s: float) -> list[_Way]:
    """What is measured of one content; each call says what it cost, by the keys of WAYS."""
    sps = film.gops[0].sets.sps
    size = sps.width, sps.height
    still, moving = (_Held(layer_of(name, size)) for name in (STILL, MOVING))
    starts = [film.time_of(gop.times[0]) - film.time_of(film.gops[0].times[0]) for gop in film.gops]
    frames = decode_gop(film.gops[0]).frames
    scale = sum(len(gop.units) for gop in film.gops) / len(frames)
    colours = colours_of(sps.colour[2], full_range=sps.full_range, height=sps.height)

    def render(layer: Layer, begins_at: Fraction, ends_at: Fraction | None) -> None:
        showing = Showing(content=layer, begins_at=begins_at, ends_at=ends_at)
        (made,) = render_cmaf(content.init, content.segment, [[showing]], starts_at=Fraction(0))
        assert made != content.segment

    def whole(way: str, layer: Layer) -> _Way:
        return lambda: {way: _timed(lambda: render(layer, Fraction(0), None))}

    def draw(way: str, layer: Layer) -> _Way:
        def run() -> None:
            painter = Painter([Showing(content=layer, begins_at=Fraction(0))], colours)
            for number, frame in enumerate(frames):
                painter.draw(frame, number * _FRAME_S, in_place=True)

        return lambda: {way: _timed(run, scale)}

    ways = [
        whole("still", still),
        whole("moving", moving),
        draw("draw still", still),
        draw("draw moving", moving),
        _naive(content, folder, still, film_s),
    ]
    if len(starts) == 3:
        ways.append(lambda: {"gop": _timed(lambda: render(still, starts[1], starts[2]))})
    return ways


def _timed(call: Callable[[], None], scale: float = 1.0) -> Cost:
    cpu, wall = process_time(), perf_counter()
    call()
    return Cost(scale * (process_time() - cpu), scale * (perf_counter() - wall))


def _naive(content: Content, folder: Path, layer: Layer, film_s: float) -> _Way:
    picture = layer.at(Fraction(0))
    assert picture is not None
    segment, png = folder / f"{content.name}.mp4", folder / f"{content.name}.png"
    segment.write_bytes(content.init + content.segment)
    Image.fromarray(picture.pixels).save(png)
    rate = int(8 * len(content.segment) / film_s)
    arguments = [segment, png, picture.left, picture.top, rate]
    command = [sys.executable, "-m", "loadtests.bench.naive_overlay", *map(str, arguments)]

    def run() -> Mapping[str, Cost]:
        before, began = getrusage(RUSAGE_CHILDREN), perf_counter()
        said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        wall, after = perf_counter() - began, getrusage(RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"naive": Cost(said["cpu_s"], said["wall_s"]), "naive process": Cost(cpu, wall)}

    return run
