"""The benchmark of stories runs, and its configuration is one that Weft takes."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from loadtests.bench import story
from loadtests.bench.__main__ import main
from packager.config import load


def test_a_tiny_run_prints_every_row_and_writes_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MATCHES", 3)
    file = tmp_path / "story.json"
    result = CliRunner().invoke(
        main, ["story", "--part", "stories", "--rounds", "1", "--json", str(file)]
    )
    assert result.exit_code == 0, result.output
    for row in ("fit 60 moments", "settle a story", "read and check"):
        assert row in result.output
    figures = orjson.loads(file.read_bytes())
    assert len(figures["aims"]) == 3
    assert all(one["median_us"] > 0 for one in figures["parts"]["stories"])


def test_the_story_that_is_measured_is_as_large_as_it_says(tmp_path: Path) -> None:
    show = load(story.large_story(tmp_path)).shows["recap"]
    assert len(show.story) == story.PARTS
    assert len(show.assets) == story.ASSETS
    assert len(show.facts) == story.CHOICES
