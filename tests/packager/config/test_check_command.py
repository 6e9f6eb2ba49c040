from pathlib import Path

from click.testing import CliRunner

from packager.config.command import check

CASES = Path(__file__).parents[2] / "cases" / "config"


def test_check_says_ok_and_what_would_be_served() -> None:
    result = CliRunner().invoke(check, [str(CASES / "good" / "everything.yaml")])
    assert result.exit_code == 0
    assert "OK:" in result.output
    assert "news" in result.output
    assert "at 312.5" in result.output
    assert "localhost:9998" not in result.output  # keys of ad servers stand in such URLs


def test_check_writes_every_problem_on_a_line_and_fails() -> None:
    file = CASES / "bad" / "stories.yaml"
    expected = file.read_text().count("#! ")
    result = CliRunner().invoke(check, [str(file)])
    assert result.exit_code == 1
    assert result.stdout == ""
    *problems, count = result.stderr.strip().split("\n")
    assert len(problems) == expected > 30
    assert count.startswith(f"{expected} problems")
    assert all("stories.yaml:" in problem for problem in problems)


def test_check_counts_a_single_problem_as_one() -> None:
    result = CliRunner().invoke(check, [str(CASES / "bad" / "no-show.yaml")])
    assert result.exit_code == 1
    assert "1 problem;" in result.stderr
