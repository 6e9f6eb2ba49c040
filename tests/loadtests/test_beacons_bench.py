"""The benchmark of beacons measures what it says."""

import os
from dataclasses import replace
from pathlib import Path

import orjson
from click.testing import CliRunner

from loadtests.bench.__main__ import main
from loadtests.bench.beacons import AIM_PER_S, DELIVERED, OWED, Beacons, aims, run_beacons


def test_a_tiny_run_prints_every_row_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "ads.json"
    effort = ["--part", "beacons", "--seconds", "0.05", "--json", str(file)]
    result = CliRunner().invoke(main, ["ads", *effort])
    assert result.exit_code == 0, result.output
    figures = orjson.loads(file.read_bytes())
    rows = figures["parts"]["beacons"]
    assert [one["name"] for one in rows] == [*OWED.values(), DELIVERED]
    for one in rows:
        assert one["name"] in result.output
        assert one["made"] > 0
        assert one["balanced"]
        assert 0 < one["median_ms"] <= one["p99_ms"]
    assert len(figures["aims"]) == 1


def test_the_machine_is_given_back_afterwards() -> None:
    before = os.sched_getaffinity(0)
    run_beacons(seconds=0.01, names=["some"])
    assert os.sched_getaffinity(0) == before


def test_the_aim_is_missed_by_who_is_slow_and_by_who_loses_some() -> None:
    fast = Beacons(
        name=OWED["many"],
        made=1,
        per_s=AIM_PER_S,
        cpu_us=1,
        median_ms=1,
        p99_ms=1,
        balanced=True,
    )
    assert [aim.met for aim in aims([fast])] == [True]
    assert [aim.met for aim in aims([replace(fast, per_s=AIM_PER_S - 1)])] == [False]
    assert [aim.met for aim in aims([replace(fast, balanced=False)])] == [False]
