"""The picture of a story: everything of it is there, and it is XML."""

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from packager.cli import main
from packager.config import load
from packager.stories.picture import story_svg

CONFIG = """
shows:
  recap:
    facts:
      minutes: {type: int, default: 2}
      look: {type: string, of: [light, dark], default: light}
      sponsor: {type: string, of: [acme, zeta], default: acme}
    assets:
      opener: {origin: "https://vod.example/opener/{look}/", or: acme}
      goal: {file: clip.mp4, kind: goal, weight: 100, cuts: {short: {file: clip.mp4, weight: 60}}}
      acme: {file: clip.mp4}
      zeta: {file: clip.mp4, tags: [must]}
    story:
      - {play: opener}
      - when: minutes > 1 && look != "<dark>&"
        then:
          - {fit: {moments: [goal], seconds: 20, keep: [goal]}}
          - {break: {vast: "https://ads.example/vast?secret=1"}, seconds: 15}
        else: [{play: goal}]
      - {play: "{sponsor}", when: minutes > 5}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "clip.mp4").write_bytes(b"x")
    file = tmp_path / "weft.yaml"
    file.write_text(CONFIG)
    return file


def words(svg: str) -> list[str]:
    root = etree.fromstring(svg.encode())
    return [str(one.text) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_parts_branches_choices_assets_and_lengths_are_drawn(config: Path) -> None:
    show = load(config).shows["recap"]
    lengths = {"opener": 4, "goal": 9, "goal:short": 5, "acme": 5, "zeta": 90}
    found = words(story_svg(show, {name: Decimal(one) for name, one in lengths.items()}))
    assert "opener  4 s" in found
    assert 'when minutes > 1 && look != "<dark>&"' in found
    assert "the best of 1 moments in 20 s" in found
    assert "100  goal  9 s, goal:short  5 s" in found
    assert "break: ads from an ad server, at most 15 s" in found
    assert "plays {sponsor}, one of" in found
    assert "zeta  1:30 min" in found
    assert "look: light, dark" in found
    assert "or acme" in found
    assert "ends, after 4 s to 2:09 min" in found
    assert {"yes", "no"} <= set(found)
    assert "secret" not in "".join(found)  # ad servers' URLs have keys in them


def test_nothing_is_drawn_over_something_else(config: Path) -> None:
    root = etree.fromstring(story_svg(load(config).shows["recap"]).encode())
    boxes = [
        tuple(float(one.get(name, "0")) for name in ("x", "y", "width", "height"))
        for one in root.iter("{http://www.w3.org/2000/svg}rect")
    ][1:]
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for number, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for a, b, c, d in boxes[:number]:
            assert x >= a + c or a >= x + w or y >= b + d or b >= y + h


def test_check_draws_what_it_checked(config: Path) -> None:
    picture = config.with_name("story.svg")
    result = CliRunner().invoke(main, ["check", "--picture", str(picture), str(config)])
    assert result.exit_code == 0, result.output
    assert "opener" in words(picture.read_text())


def test_there_is_nothing_to_draw_without_a_story(config: Path) -> None:
    config.write_text("shows: {news: {origin: https://origin.example/}}")
    picture = config.with_name("story.svg")
    result = CliRunner().invoke(main, ["check", "--picture", str(picture), str(config)])
    assert result.exit_code == 1
    assert not picture.exists()
