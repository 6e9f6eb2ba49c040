"""What the variety of shows comes to."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from packager.config.command import check
from packager.config.document import ConfigError
from packager.config.file import load
from packager.sharing.cost import Cost, cost_of

CLIP = Path(__file__).parents[2] / "cases" / "config" / "good" / "clip.mp4"
FACTS = """
    facts:
      country: {type: string, of: [SE, NO, US]}
      theme: {type: string, of: [light, dark]}
      name: string
      score: {type: string, shared: true, feed: {secret: "a secret of more than 32 characters"}}
    choices:
      look: {of: [light, dark], by: theme}
      block: {of: [a, b, c], shared: true}
"""
ORIGIN = "    origin: https://origin.example/cup/" + FACTS


def shows(folder: Path, text: str) -> Path:
    path = folder / "weft.yaml"
    path.write_text(f"shows:\n  cup:\n{text.replace('CLIP', str(CLIP))}\n", encoding="utf-8")
    return path


def cost(folder: Path, text: str) -> Cost:
    return cost_of(load(shows(folder, text)).shows["cup"])


def bug(data: str) -> str:
    return f"{ORIGIN}    overlays:\n      bug: {{template: scorebug, data: {data}}}\n"


CASES = {
    "nothing is read": (ORIGIN, Cost(timelines=1, fragments=1, renders=0)),
    "a feed": (bug('{home: "{score}"}'), Cost(timelines=1, fragments=1, renders=1)),
    "a shared choice": (bug('{home: "{block}"}'), Cost(timelines=1, fragments=1, renders=1)),
    # Four values of the country: the three, and none.
    "both": (bug('{home: "{look}-{country}"}'), Cost(timelines=8, fragments=8, renders=8)),
    "any text": (bug('{home: "{name}"}'), Cost(timelines=None, fragments=None, renders=None)),
    "ads": (
        ORIGIN + '    breaks: [{from: cues, fill: {vast: "https://ads.example/"}}]',
        Cost(timelines=None, fragments=1, renders=0),
    ),
    "house media": (
        ORIGIN
        + '    breaks: [{at: 0, fill: {asset: "{look}"}}]\n'
        + '    assets: {light: {file: CLIP}, dark: {file: CLIP, rights: country == "SE"}}',
        Cost(timelines=8, fragments=3, renders=0),
    ),
    "a story": (
        FACTS.lstrip("\n")
        + '    story: [{play: "{look}"}, {play: light, when: country == "SE"}]\n'
        + "    assets: {light: {file: CLIP}, dark: {file: CLIP}}",
        Cost(timelines=8, fragments=2, renders=0),
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_counts_are_products_of_the_values_that_are_read(
    tmp_path: Path, text: str, expected: Cost
) -> None:
    assert cost(tmp_path, text) == expected


def test_a_show_beyond_its_limits_stops_the_start_with_the_line(tmp_path: Path) -> None:
    text = bug('{home: "{look}-{country}"}') + "    limits:\n      timelines: 7\n      renders: 8"
    path = shows(tmp_path, text)
    line = path.read_text().splitlines().index("      timelines: 7") + 1
    with pytest.raises(ConfigError) as error:
        load(path)
    (problem,) = error.value.problems
    assert (problem.place.line, problem.place.path) == (line, "shows.cup.limits.timelines")
    assert "more timelines: 8" in problem.reason
    load(shows(tmp_path, text.replace("7", "8")))
    unbounded = bug('{home: "{name}"}') + "    limits: {fragments: 1000000}"
    with pytest.raises(ConfigError, match="without bound"):
        load(shows(tmp_path, unbounded))


def test_check_prints_the_cost_and_what_all_see_alike(tmp_path: Path) -> None:
    story = (
        FACTS.lstrip("\n")
        + '    story: [{play: light}, {play: "{look}"}, {play: dark}]\n'
        + "    assets: {light: {file: CLIP}, dark: {file: CLIP}}"
    )
    for text, told in (
        (story, "2 of 3 parts"),
        (ORIGIN, "100 %"),
        (bug('{home: "{name}"}'), "unbounded"),
    ):
        result = CliRunner().invoke(check, ["--cost", str(shows(tmp_path, text))])
        assert result.exit_code == 0, result.output
        assert told in result.output
        assert "Timelines" in result.output
