"""The benchmark of a server whose ad server fails measures what it says."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from loadtests.bench import ads_command, pace
from loadtests.bench.__main__ import main
from loadtests.bench.measure import Aim
from loadtests.bench.pace import AIM_S, CONDITIONS, Answers, Pace, aim_of, run_pace
from packager.demo.build import make_clip, make_loop_part
from packager.demo.content import SLATE
from packager.demo.media import DemoMedia

GOOD = Answers(count=400, median_ms=3.0, p99_ms=249.0, longest_ms=250.0)
SEEN = Pace(
    name="slow",
    hls=GOOD,
    dash=replace(GOOD, p99_ms=20.0),
    wrong=0,
    filled=3,
    fallen_back=71,
    reasons={"ad_timeout": 71},
    late_ms=4.0,
)


@pytest.fixture
def small_media(tmp_path: Path) -> DemoMedia:
    """A channel of 4 s, over and over, and a slate."""
    slate = replace(SLATE, duration_s=2, width=320, height=180)
    renditions = make_loop_part(tmp_path, "360p", seconds=4, audio=True)
    make_clip(tmp_path, slate)
    return DemoMedia(
        folder=tmp_path, renditions=renditions, creatives=(), slate=slate, bumper=slate
    )


def test_viewers_of_a_real_server_are_answered_while_the_ad_server_is_down(
    small_media: DemoMedia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "ensure_demo_media", lambda folder, recipe: small_media)
    (found,), (aim,) = run_pace(seconds=3.0, viewers=4, folder=tmp_path, names=("down",))
    assert found.name == "down"
    assert found.wrong == 0
    assert found.hls.count >= 2 * (1 + 2 * 1)  # multivariant, video and audio
    assert found.dash.count >= 2
    assert 0 < found.hls.median_ms <= found.hls.p99_ms
    assert 0 < found.dash.median_ms <= found.dash.longest_ms
    assert found.filled == 0
    assert CONDITIONS["down"][0] in aim.what


def test_the_aim_is_missed_by_who_is_slow_in_one_format_and_by_who_refuses() -> None:
    assert aim_of(SEEN).met
    assert not aim_of(replace(SEEN, dash=replace(GOOD, p99_ms=AIM_S * 1000))).met
    assert not aim_of(replace(SEEN, wrong=1)).met
    assert "1 refused" in aim_of(replace(SEEN, wrong=1)).found


def test_conditions_stand_side_by_side_with_breaks_and_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def run(**asked_for: object) -> tuple[Sequence[Pace], Sequence[Aim]]:
        asked.append(asked_for)
        return [SEEN], [aim_of(SEEN)]

    monkeypatch.setattr(ads_command, "run_pace", run)
    file = tmp_path / "ads.json"
    options = ["--part", "pace", "--watch-s", "7", "--viewers", "74", "--json", str(file)]
    result = CliRunner().invoke(main, ["ads", *options], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert (asked[0]["seconds"], asked[0]["viewers"]) == (7.0, 74)
    for word in ("answers after 3 s", "249", "ad_timeout 71", "met", "p99 below 250 ms"):
        assert word in result.output
    figures = orjson.loads(file.read_bytes())["parts"]["pace"]
    assert figures[0]["reasons"] == {"ad_timeout": 71}
