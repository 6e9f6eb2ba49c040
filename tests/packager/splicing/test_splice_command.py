"""``weft splice`` on the cases below tests/cases/splice, each named for what is special about it.

A folder has `origin.m3u8` or `origin.mpd`, `plan.json`, where the origin is another rendition of a
video also its `reference.m3u8`, and `expected.m3u8` or `expected.mpd`, or `expected.txt` with the
error.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from manifests.dash.model import Mpd, Period, Run
from manifests.dash.reading.addressing import segment_url
from manifests.dash.reading.reader import read_mpd
from manifests.hls.reader import read_media_playlist
from packager.splicing.command import splice
from packager.splicing.plan import read_plan
from tests.mpd_schema import assert_valid, needs_schema

CASES = Path(__file__).parents[2] / "cases" / "splice"
URL = "https://origin.example/show/index.m3u8"
ORIGINS = sorted(CASES.glob("*/origin.*"))
SPLICED_MPDS = [
    file.with_name("expected.mpd")
    for file in ORIGINS
    if file.suffix == ".mpd" and not file.parent.name.startswith("error-")
]
# Of one file for each Representation, or without an end, segments cannot be told apart.
LISTED = [
    file
    for file in SPLICED_MPDS
    if file.parent.name not in ("dash-segment-base", "dash-live-computed-segments")
]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(splice, [str(one) for one in arguments])


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda file: file.parent.name)
def test_case(origin: Path, update_cases: bool) -> None:
    folder = origin.parent
    reference = folder / "reference.m3u8"
    options: list[str | Path] = ["--reference", reference] if reference.exists() else []
    result = run(origin, "--plan", folder / "plan.json", "--url", URL, *options)
    failed = folder.name.startswith("error-")
    expected = folder / ("expected.txt" if failed else f"expected{origin.suffix}")
    output = result.stderr.replace(f"{folder}/", "") if failed else result.stdout
    if update_cases:
        expected.write_text(output)
    assert result.exit_code == int(failed), result.output
    assert output == expected.read_text()
    if failed:
        assert result.stdout == ""
        assert output.count("\n") == 1
    elif origin.suffix == ".mpd":
        read_mpd(output.encode(), url=URL)
    else:
        read_media_playlist(output, url=URL)


def test_there_are_cases_of_both_formats() -> None:
    assert {origin.suffix for origin in ORIGINS} == {".m3u8", ".mpd"}
    assert len(SPLICED_MPDS) >= 14


@needs_schema
@pytest.mark.parametrize("expected", SPLICED_MPDS, ids=lambda file: file.parent.name)
def test_a_spliced_mpd_is_valid(expected: Path) -> None:
    assert_valid((expected.parent / "origin.mpd").read_bytes())
    assert_valid(expected.read_bytes())


@pytest.mark.parametrize("expected", LISTED, ids=lambda file: file.parent.name)
def test_every_part_of_the_content_has_the_segments_of_its_time(expected: Path) -> None:
    """B-03, H-10, H-11: the same segments at the same time, but for what was inserted."""
    origin = read_mpd((expected.parent / "origin.mpd").read_bytes(), url=URL)
    spliced = read_mpd(expected.read_bytes(), url=URL)
    plan = read_plan((expected.parent / "plan.json").read_text())
    replacing = {one.id for one in plan.breaks if one.duration}
    inserted, compared = Fraction(0), 0
    ends = [one.start for one in spliced.periods[1:]] + [spliced.periods[-1].end]
    for period, end in zip(spliced.periods, ends, strict=True):
        if (source := source_of(origin, period)) is None:
            if not origin.is_dynamic and period.id.rpartition(".")[0] not in replacing:
                assert end is not None
                inserted += Fraction(end) - Fraction(period.start)
            continue
        begin = Fraction(period.start) - inserted
        until = None if end is None else Fraction(end) - inserted
        whole = segments(
            source,
            at=Fraction(source.start),
            end=None if source.end is None else Fraction(source.end),
        )
        wanted = {
            (name, url, start)
            for name, url, start, stop in whole
            if stop > begin and (until is None or start < until)
        }
        found = {one[:3] for one in segments(period, at=begin, end=until)}
        assert found == wanted
        compared += len(found)
    assert compared > 0


def source_of(origin: Mpd, period: Period) -> Period | None:
    """The origin's Period that a Period is part of, by its name."""
    return next((one for one in origin.periods if one.id == period.id.partition("~")[0]), None)


def segments(
    period: Period, *, at: Fraction, end: Fraction | None
) -> Iterator[tuple[str, str, Fraction, Fraction]]:
    """Representation, URL, start and end of the segments of video and audio.

    Args:
        period: Of one of both.
        at: Where it starts on the origin's timeline.
        end: Where it ends there; None: nobody knows, so look at the next minute.
    """
    for one, representation in period.representations():
        how = representation.addressing
        if one.kind not in ("video", "audio") or how is None:
            continue
        runs = how.runs
        if how.duration and not runs:
            first = how.pto + how.ept_delta
            length = Fraction(60) if end is None else end - at
            runs = (Run(first, how.duration, ceil(length * how.timescale / how.duration)),)
        number = how.start_number
        for run_ in runs:
            for index in range(run_.count):
                ticks = run_.start + index * run_.duration
                start = at + how.seconds(ticks)
                url = segment_url(representation, number, ticks)
                yield representation.id, url, start, start + Fraction(run_.duration, how.timescale)
                number += 1


def test_the_worked_example_comes_out_as_it_stands() -> None:
    """B.4."""
    case = CASES / "dash-live-replacement-mid-segment"
    result = run(case / "origin.mpd", "--plan", case / "plan.json", "--url", URL)
    mpd = read_mpd(result.stdout_bytes, url=URL)
    assert [(one.id, one.start) for one in mpd.periods] == [
        ("P0", 0),
        ("b42.0", 100),
        ("b42.1", 115),
        ("P0~b42", 130),
    ]
    first = [one.addressing for _, one in mpd.periods[0].representations()]
    assert [(one.start_number, one.runs[0].count) for one in first if one] == [(1, 27)] * 2
    returned = [one.addressing for _, one in mpd.periods[3].representations()]
    assert [(one.pto, one.start_number, one.start) for one in returned if one] == [
        (11700000, 34, 11404800),
        (6240000, 34, 6082560),
    ]
    assert 'period-connectivity:2015" value="P0"' in result.stdout


def test_an_early_return_is_that_of_the_rules() -> None:
    """B-31."""
    mpd = read_mpd((CASES / "dash-early-return" / "expected.mpd").read_bytes(), url=URL)
    assert [one.start for one in mpd.periods] == [0, 100, 115, 121]
    how = next(mpd.periods[3].representations())[1].addressing
    assert how is not None
    assert (how.pto, how.start_number, how.start) == (10890000, 32, 10713600)


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


def test_help_teaches_by_examples_that_work() -> None:
    text = run("--help").stdout
    starts = [index for index in range(len(text)) if text.startswith('{"breaks"', index)]
    playlist, mpd = (
        read_plan(json.dumps(json.JSONDecoder().raw_decode(text[start:])[0])) for start in starts
    )
    assert [(one.at, one.duration) for one in playlist.breaks] == [(0, 0), (600, 30)]
    assert [(one.id, one.length) for one in mpd.breaks] == [("b42", 12)]
    assert "weft splice show.m3u8 --plan plan.json" in text
    assert "weft splice show.mpd --plan plan.json" in text


def test_a_document_is_what_it_says_whatever_its_name_is(tmp_path: Path) -> None:
    film = CASES / "dash-prefixed-namespace"
    (tmp_path / "odd.m3u8").write_bytes((film / "origin.mpd").read_bytes())
    result = run(tmp_path / "odd.m3u8", "--plan", film / "plan.json", "--url", URL)
    assert result.stdout == (film / "expected.mpd").read_text()
    show = CASES / "webvtt"
    (tmp_path / "odd.mpd").write_bytes((show / "origin.m3u8").read_bytes())
    result = run(tmp_path / "odd.mpd", "--plan", show / "plan.json", "--url", URL)
    assert result.stdout == (show / "expected.m3u8").read_text()


def test_an_mpd_takes_no_reference() -> None:
    case = CASES / "dash-vod-insertion"
    origin = case / "origin.mpd"
    result = run(origin, "--plan", case / "plan.json", "--reference", origin)
    assert result.exit_code == 2
    assert "--reference is for playlists" in result.stderr


def test_urls_of_an_mpd_are_the_files_where_none_is_given() -> None:
    case = CASES / "dash-vod-insertion"
    result = run(case / "origin.mpd", "--plan", case / "plan.json")
    assert f"<BaseURL>{case.resolve().as_uri()}/</BaseURL>" in result.stdout
