"""The benchmark of MPDs runs, and its rival does what it says."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from counting import instructions

from loadtests.bench.__main__ import main
from loadtests.bench.dash import (
    BREAK_S,
    CREATIVES,
    POD,
    WAYS,
    Case,
    live_case,
    subjects,
    vod_case,
)
from loadtests.bench.obvious_mpd import naive
from loadtests.synthetic_mpd import MPD_URL, SEGMENT_S, live_mpd, segments_for, vod_mpd
from manifests.dash.model import Mpd
from manifests.dash.reading.addressing import segment_url
from manifests.dash.reading.reader import read_mpd
from manifests.splicing.timeline import FRAME_S
from tests.mpd_schema import FOLDER, assert_valid, needs_schema

CASES = {"VOD": partial(vod_case, 10_000), "live": partial(live_case, 10_000)}
Make = Callable[[], Case]


def test_a_tiny_run_prints_every_row_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "dash.json"
    sizes = ["--vod", "10000", "--vod", "20000", "--live", "10000"]
    result = CliRunner().invoke(main, ["dash", *sizes, "--rounds", "1", "--json", str(file)])
    assert result.exit_code == 0, result.output
    for row in (*WAYS.values(), "bytes of the answer", "lxml, times joined"):
        assert row in result.output
    assert len(re.findall(r"^(?:met|missed) ", result.output, re.MULTILINE)) == 2
    figures = orjson.loads(file.read_bytes())
    assert figures["benchmark"] == "dash"
    assert [one["name"] for one in figures["cases"]] == ["VOD 10 KB", "VOD 20 KB", "live 10 KB"]
    for one in figures["cases"]:
        assert set(one["measured"]) == set(WAYS)
        assert all(way["median_us"] > 0 for way in one["measured"].values())
    assert figures["machine"]["lxml"]


@pytest.mark.parametrize("size_bytes", [10_000, 200_000, 2_000_000])
def test_synthetic_mpds_are_about_as_large_as_was_asked(size_bytes: int) -> None:
    body = vod_mpd(segments_for(size_bytes))
    assert 0.9 < len(body) / size_bytes < 1.1
    if size_bytes == 2_000_000:
        assert 60_000 < body.count(b"<S ") < 80_000  # what real ones of this size have


@needs_schema
@pytest.mark.parametrize("body", [vod_mpd(10), live_mpd(1000, 40, [(4013, 30)])])
def test_synthetic_mpds_are_valid(body: bytes) -> None:
    assert_valid(body)


def test_every_representation_of_a_live_window_has_its_own_timeline() -> None:
    mpd = read_mpd(live_mpd(1000, 40), url=MPD_URL)
    listed = [one.addressing for _, one in mpd.periods[0].representations()]
    assert len(listed) == 6
    for one in listed:
        assert one is not None
        assert one.start_number == 1001
        assert sum(run.count for run in one.runs) == 40
        assert one.start == 4000 * one.timescale
        assert one.end == 4160 * one.timescale


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_the_obvious_way_gives_a_valid_mpd_in_which_nothing_is_missing(make: Make) -> None:
    """B-02, B-10: Periods follow one another, each has all of its segments."""
    case = make()
    body = naive(case.body, case.edits, CREATIVES[:POD])
    if FOLDER.is_dir():
        assert_valid(body)
    mpd = read_mpd(body, url=MPD_URL)
    ids = [one.id for one in mpd.periods]
    breaks = len(case.edits)
    assert [name for name in ids if name.startswith("b")] == [
        f"b{number}.{index}" for number in range(1, breaks + 1) for index in range(POD)
    ]
    for period in mpd.periods:
        assert covers(mpd, period.id), period.id
    if case.live:
        assert mpd.periods[3].start - mpd.periods[1].start == BREAK_S
        assert ids == ["P0", "b1.0", "b1.1", "P0~1"]
    else:
        assert mpd.duration == segments_for(10_000) * SEGMENT_S + breaks * BREAK_S


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_the_obvious_way_gives_the_segments_that_weft_gives(make: Make) -> None:
    case = make()
    ours = call(case, "shared")()
    assert isinstance(ours, bytes)
    if FOLDER.is_dir():
        assert_valid(ours)
    theirs = naive(case.body, case.edits, CREATIVES[:POD])
    assert listed(ours) == listed(theirs)
    starts = [[one.start for one in read_mpd(each, url=MPD_URL).periods] for each in (ours, theirs)]
    for one, other in zip(*starts, strict=True):
        assert abs(one - other) < FRAME_S  # Weft leaves and returns on a border between frames


def listed(body: bytes) -> list[list[str]]:
    """URLs of all segments, for each Representation of each Period."""
    return [
        [
            segment_url(one, one.addressing.start_number + number, 0)
            for number in range(sum(run.count for run in one.addressing.runs))
        ]
        for period in read_mpd(body, url=MPD_URL).periods
        for _, one in period.representations()
        if one.addressing is not None
    ]


def test_every_call_is_for_another_timeline() -> None:
    once = call(vod_case(10_000), "anew")
    assert len({re.sub(rb"session-[0-9]+", b"", in_bytes(once())) for _ in range(8)}) == 8


def in_bytes(body: object) -> bytes:
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize("way", ["anew", "shared"])
@pytest.mark.parametrize("make", [vod_case, live_case], ids=["VOD", "live"])
def test_joining_does_nothing_segment_by_segment(make: Callable[[int], Case], way: str) -> None:
    def warm(size_bytes: int) -> int:
        once = call(make(size_bytes), way)
        once()
        return instructions(once)

    assert warm(200_000) <= 1.1 * warm(10_000)


def call(case: Case, way: str) -> Callable[[], object]:
    return next(one.call for one in subjects(case) if one.name == way)


def covers(mpd: Mpd, name: str) -> bool:
    """Whether all Representations list a Period from its start, or the window's, to its end."""
    period = next(one for one in mpd.periods if one.id == name)
    window = 10_000 * SEGMENT_S if mpd.is_dynamic else 0
    for _, representation in period.representations():
        one = representation.addressing
        assert one is not None
        assert one.start is not None
        assert one.end is not None
        if one.seconds(one.start) > max(0, window - period.start):
            return False
        if period.end is not None and one.seconds(one.end) < period.end - period.start:
            return False
    return True
