"""The benchmark of ads measures what it says."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from lxml import etree

from loadtests.bench.__main__ import main
from loadtests.bench.ads import DECISIONS, READS, documents, run_decisions, run_reads
from packager.decisions.vast import read_vast


def test_a_tiny_run_prints_every_row_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "ads.json"
    effort = ["--rounds", "1", "--seconds", "0.1", "--concurrency", "4"]
    result = CliRunner().invoke(
        main, ["ads", "--part", "decisions", "--part", "reads", *effort, "--json", str(file)]
    )
    assert result.exit_code == 0, result.output
    for row in (*READS.values(), *(title for title, _ in DECISIONS.values())):
        assert row in result.output
    figures = orjson.loads(file.read_bytes())
    assert list(figures["parts"]) == ["reads", "decisions"]
    assert all(one["measured"]["median_us"] > 0 for one in figures["parts"]["reads"])
    assert all(one["made"] > 0 for one in figures["parts"]["decisions"])
    assert figures["machine"]["lxml"]


def test_one_part_can_be_measured_alone() -> None:
    result = CliRunner().invoke(main, ["ads", "--part", "reads", "--rounds", "1"])
    assert result.exit_code == 0
    assert "lxml alone" in result.output
    assert "deciding" not in result.output


def test_help_says_how_to_run_it() -> None:
    result = CliRunner().invoke(main, ["ads", "--help"])
    assert result.exit_code == 0
    assert "python -m loadtests.bench ads --part reads --rounds 40 --json ads.json" in result.output


def test_the_pod_that_is_read_has_22_kb_and_five_ads() -> None:
    body = documents()["pod"]
    assert 21_000 < len(body) < 24_000
    assert len(read_vast(body).ads) == 5
    assert len(etree.fromstring(body).findall("{*}Ad")) == 5


def test_reading_is_measured_for_what_was_asked_for() -> None:
    (one,) = run_reads(rounds=1, round_s=1e-6, names=["single"])
    assert one.name == READS["single"]
    assert one.per_s == pytest.approx(1e6 / one.measured.median_us)


def test_decisions_offer_what_their_scenarios_have() -> None:
    found = run_decisions(seconds=0.1, concurrency=2)
    offered = {one.name: one.offered for one in found}
    assert list(offered.values()) == [5, 1, 4, 0]
    assert [one.failed for one in found] == [0] * len(DECISIONS)
    for one in found:
        assert one.made > 0
        assert one.per_s > 0
        assert one.cpu_us > 0
        assert 0 < one.median_ms <= one.p99_ms
