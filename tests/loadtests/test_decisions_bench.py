"""The benchmark of decisions measures what it says."""

from dataclasses import replace
from pathlib import Path

import orjson
from click.testing import CliRunner

from loadtests.bench.__main__ import main
from loadtests.bench.decisions import AIM_US, WAYS, Decisions, aims, cup, large, written
from loadtests.bench.measure import Measured
from packager.config.file import load
from packager.personalization.policy import policy_of


def test_a_tiny_run_prints_every_row_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "story.json"
    effort = ["--part", "decisions", "--rounds", "1", "--json", str(file)]
    result = CliRunner().invoke(main, ["story", *effort], terminal_width=200)
    assert result.exit_code == 0, result.output
    figures = orjson.loads(file.read_bytes())
    rows = figures["parts"]["decisions"]
    assert [(one["choices"], one["assets"]) for one in rows] == [(2, 0), (12, 30)]
    for one in rows:
        assert one["measured"].keys() == WAYS.keys()
        assert all(way["median_us"] > 0 for way in one["measured"].values())
    assert len(figures["aims"]) == 2


def test_what_is_loaded_is_the_show_that_is_measured(tmp_path: Path) -> None:
    for show in (cup(), large()):
        read = load(written(show, tmp_path)).shows[show.name]
        assert read.choices == show.choices
        assert policy_of(read).digest == policy_of(show).digest


def test_the_aim_is_missed_by_who_is_slow() -> None:
    one = Measured(median_us=AIM_US - 1, best_us=1, worst_us=10, calls=1)
    fast = Decisions(
        name="x", choices=12, assets=0, rules=0, record_bytes=1, measured=dict.fromkeys(WAYS, one)
    )
    assert [aim.met for aim in aims([fast])] == [True, True]
    late = replace(one, median_us=AIM_US + 1, worst_us=2e6)
    assert [aim.met for aim in aims([fast, replace(fast, measured=dict.fromkeys(WAYS, late))])] == [
        False,
        False,
    ]
