"""The benchmark of overlays measures what it says."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

pytest.importorskip("thorvg_cython", reason="ThorVG draws Lottie: the extra `media`")

from loadtests.bench.__main__ import main
from loadtests.bench.overlay_content import contents
from loadtests.bench.overlay_manifests import Pace
from loadtests.bench.overlay_manifests import aims as manifest_aims
from loadtests.bench.overlay_templates import Frames
from loadtests.bench.overlay_templates import aims as template_aims
from loadtests.bench.overlays import WAYS, Cost, Result, aims


def test_a_tiny_run_prints_every_row_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "overlays.json"
    effort = ["--height", "144", "--rounds", "1", "--seconds", "0.1", "--cold", "2"]
    result = CliRunner().invoke(
        main, ["overlays", *effort, "--media", str(tmp_path), "--json", str(file)]
    )
    assert result.exit_code == 0, result.output
    parts = orjson.loads(file.read_bytes())["parts"]
    (segments,) = parts["segments"]
    assert segments["costs"].keys() == WAYS.keys()
    for way, cost in segments["costs"].items():
        assert WAYS[way] in result.output
        assert cost["cpu_s"] > 0
    assert {one["phase"] for one in parts["templates"]} == {"in", "hold", "out"}
    assert len(parts["queue"]) == 4
    for one in parts["queue"]:
        assert 0 < one["median_ms"] <= one["p99_ms"]
    idle, busy = parts["manifests"]
    assert idle["count"] == busy["count"] == 10
    assert busy["busy"] > 0


def test_without_real_content_cards_of_three_gops_are_drawn_on(tmp_path: Path) -> None:
    (card,) = contents(tmp_path, (144,))
    assert [len(gop.units) for gop in card.open().gops] == [50, 50, 50]


def result(**costs: float) -> Result:
    return Result(
        name="card",
        height=360,
        film_s=10,
        segment_bytes=1,
        has_aim=True,
        costs={way.replace("_", " "): Cost(cpu, cpu) for way, cpu in costs.items()},
    )


def test_aims_are_missed_by_who_is_slow() -> None:
    good = result(still=1, moving=1, gop=0.45, draw_still=0.05, draw_moving=0.2)
    assert [aim.met for aim in aims([good])] == [True] * 4
    bad = result(still=1.1, moving=1, gop=0.51, draw_still=0.06, draw_moving=0.3)
    assert [aim.met for aim in aims([bad])] == [False] * 4


def test_playlists_miss_their_aim_where_drawing_slows_them() -> None:
    paces = [
        Pace(name="x", count=9, median_ms=1, p99_ms=ms, longest_ms=ms, busy=0.9)
        for ms in (2, 6.9, 7.1)
    ]
    assert [aim.met for aim in manifest_aims(paces[:2])] == [True]
    assert [aim.met for aim in manifest_aims([paces[0], paces[2]])] == [False]


def test_templates_miss_their_aim_in_the_phase_that_is_dear() -> None:
    frames = [
        Frames(template="a", phase=phase, median_ms=ms, worst_ms=ms)
        for phase, ms in (("in", 0.5), ("hold", 1.0), ("out", 1.1))
    ]
    assert [aim.met for aim in template_aims(frames)] == [True, False]
