"""``weft splice`` on the cases below tests/cases/splice, each named for what is special about it.

A folder has `origin.m3u8`, `plan.json`, where the origin is another rendition of a video also its
`reference.m3u8`, and `expected.m3u8`, or `expected.txt` with the error.
"""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mpd_schema import FOLDER, assert_valid

from manifests.creative import CmafMedia
from manifests.hls.reader import read_media_playlist
from packager.splice_command import splice
from packager.splice_plan import PlanError, read_plan

CASES = Path(__file__).parents[1] / "cases" / "splice"
URL = "https://origin.example/show/index.m3u8"
AD = {"id": "A", "segments": [["a.ts", 4.0]]}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(splice, [str(one) for one in arguments])


PLAYLISTS = sorted(file.parent for file in CASES.glob("*/origin.m3u8"))
MPDS = sorted(file.parent for file in CASES.glob("*/origin.mpd"))


@pytest.mark.parametrize("folder", PLAYLISTS, ids=lambda folder: folder.name)
def test_case(folder: Path, update_cases: bool) -> None:
    reference = folder / "reference.m3u8"
    options: list[str | Path] = ["--reference", reference] if reference.exists() else []
    result = run(folder / "origin.m3u8", "--plan", folder / "plan.json", "--url", URL, *options)
    failed = folder.name.startswith("error-")
    expected = folder / ("expected.txt" if failed else "expected.m3u8")
    output = result.stderr.replace(f"{folder}/", "") if failed else result.stdout
    if update_cases:
        expected.write_text(output)
    assert result.exit_code == int(failed), result.output
    assert output == expected.read_text()
    if failed:
        assert result.stdout == ""
        assert output.count("\n") == 1
    else:
        read_media_playlist(output, url=URL)


@pytest.mark.parametrize("folder", MPDS, ids=lambda folder: folder.name)
def test_an_mpd_is_refused_as_long_as_only_playlists_are_spliced(folder: Path) -> None:
    if FOLDER.is_dir():
        assert_valid((folder / "origin.mpd").read_bytes())
    for planned in json.loads((folder / "plan.json").read_text())["breaks"]:
        for creative in planned["creatives"]:
            media = [CmafMedia(**one) for one in creative["renditions"].values()]
            assert len({Fraction(sum(one.durations), one.timescale) for one in media}) == 1
    result = run(folder / "origin.mpd", "--plan", folder / "plan.json", "--url", URL)
    assert result.exit_code == 1
    assert result.stderr.endswith("origin.mpd: line 1: not a playlist: it looks like an MPD\n")


def test_an_insertion_takes_nothing_of_the_content_away() -> None:
    """H-06."""
    case = CASES / "vod-pre-mid-and-post-roll"
    lines = run(case / "origin.m3u8", "--plan", case / "plan.json", "--url", URL).stdout.split("\n")
    content = [line for line in lines if line.startswith("https://origin.example/")]
    origin = read_media_playlist((case / "origin.m3u8").read_text(), url=URL)
    assert content == [segment.uri for segment in origin.segments]


def test_uris_are_those_of_the_file_where_no_url_is_given() -> None:
    case = CASES / "webvtt"
    result = run(case / "origin.m3u8", "--plan", case / "plan.json")
    assert f"\n{case.resolve().as_uri()}/0.vtt\n" in result.stdout


def test_a_url_that_is_none_is_refused() -> None:
    case = CASES / "webvtt"
    result = run(case / "origin.m3u8", "--plan", case / "plan.json", "--url", "show/index.m3u8")
    assert result.exit_code == 2
    assert "not an absolute URL" in result.stderr


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    case = CASES / "webvtt"
    gone = tmp_path / "gone"
    for arguments in (
        (gone, "--plan", case / "plan.json"),
        (case / "origin.m3u8", "--plan", gone),
        (case / "origin.m3u8", "--plan", case / "plan.json", "--reference", gone),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert result.stderr == f"{gone}: No such file or directory\n"


def test_a_plan_that_is_not_text_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_bytes(b"\xff\xfe{}")
    result = run(CASES / "webvtt" / "origin.m3u8", "--plan", plan)
    assert (result.exit_code, result.stderr) == (1, f"{plan}: not UTF-8\n")


def test_help_teaches_by_an_example_that_works() -> None:
    text = run("--help").stdout
    example = text[text.index('{"breaks"') : text.rindex("]}]}]}") + len("]}]}]}")]
    plan = read_plan(example)
    assert [(one.at, one.duration) for one in plan.breaks] == [(0, 0), (600, 30)]
    assert "weft splice show.m3u8 --plan plan.json" in text


BAD_PLANS = {
    "a list": ([], "the plan: expected an object, found []"),
    "no breaks": ({}, "the plan: breaks is missing"),
    "empty breaks": ({"breaks": []}, "breaks: expected a list that is not empty, found []"),
    "misspelt": (
        {"breaks": [{"att": 1, "creatives": [AD]}]},
        "breaks[0]: unknown key 'att'; known: creatives, at, start, duration",
    ),
    "no place": (
        {"breaks": [{"creatives": [AD]}]},
        'breaks[0]: give either at (seconds, or "end") or start (a date)',
    ),
    "two places": (
        {"breaks": [{"at": 1, "start": "2026-01-01T00:00:00Z", "creatives": [AD]}]},
        'breaks[0]: give either at (seconds, or "end") or start (a date)',
    ),
    "negative": (
        {"breaks": [{"at": -1, "creatives": [AD]}]},
        'breaks[0].at: expected seconds, 0 or more, found "-1"',
    ),
    "text for seconds": (
        {"breaks": [{"at": "soon", "creatives": [AD]}]},
        'breaks[0].at: expected seconds, 0 or more, found "soon"',
    ),
    "replacement at the end": (
        {"breaks": [{"at": "end", "duration": 3, "creatives": [AD]}]},
        "breaks[0].duration: nothing is left to replace at the end; leave it out",
    ),
    "no date": (
        {"breaks": [{"start": "today", "creatives": [AD]}]},
        "breaks[0].start: not a date and time: 'today'",
    ),
    "number for date": (
        {"breaks": [{"start": 7, "creatives": [AD]}]},
        'breaks[0].start: expected a date as in "2026-01-01T00:10:18Z", found "7"',
    ),
    "no name": (
        {"breaks": [{"at": 1, "creatives": [{**AD, "id": ""}]}]},
        'breaks[0].creatives[0].id: expected a name, found ""',
    ),
    "segment without duration": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "segments": ["a.ts"]}]}]},
        'breaks[0].creatives[0].segments[0]: expected ["uri", seconds], found "a.ts"',
    ),
    "segment of no time": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "segments": [["a.ts", 0]]}]}]},
        'breaks[0].creatives[0].segments[0][1]: expected more than 0 seconds, found "0"',
    ),
    "line in a URI": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "segments": [["a.ts\n#EXT", 1]]}]}]},
        'breaks[0].creatives[0].segments[0][0]: expected a URI, found "a.ts\\n#EXT"',
    ),
    "from_cues of another kind": (
        {"breaks": [{"creatives": [AD]}], "from_cues": "yes"},
        'from_cues: expected true or false, found "yes"',
    ),
    "places beside cues": (
        {"breaks": [{"at": 1, "creatives": [AD]}], "from_cues": True},
        "breaks: with from_cues the cues say where and how long; "
        "give one break with nothing but its creatives",
    ),
    "long nonsense": (
        {"breaks": "x" * 100},
        f'breaks: expected a list that is not empty, found "{"x" * 39}...',
    ),
}


@pytest.mark.parametrize(("plan", "problem"), BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_bad_plan_is_told_by_its_place(plan: object, problem: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(json.dumps(plan))
    assert str(caught.value) == problem


@pytest.mark.parametrize("text", ["[" * 100_000, '{"breaks": 1e999999999999999999999}', "NaN"])
def test_odd_json_is_refused(text: str) -> None:
    with pytest.raises(PlanError):
        read_plan(text)


@pytest.mark.parametrize(("written", "seconds"), [("6.000", "6.000"), ("1e1", "10"), ("6", "6")])
def test_seconds_keep_their_digits(written: str, seconds: str) -> None:
    creative = f'{{"id": "A", "segments": [["a.ts", {written}]]}}'
    plan = read_plan(f'{{"breaks": [{{"at": 0, "creatives": [{creative}]}}]}}')
    segment = plan.breaks[0].creatives[0].renditions["only"].segments[0]
    assert str(segment.duration) == seconds
