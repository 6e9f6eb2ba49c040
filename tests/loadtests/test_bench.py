"""The benchmarks run, measure what they say, and would show a wrong order of growth."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from counting import instructions

from loadtests.__main__ import main as load_tests
from loadtests.bench.__main__ import main
from loadtests.bench.hls import POD, WAYS, Case, live_case, naive, run, subjects, vod_case
from loadtests.bench.measure import Measured, Subject, machine, measure
from loadtests.synthetic import catalogue, pods

CASES = {
    "VOD": partial(vod_case, 30),
    "live": partial(live_case, 10),
    "long live window": partial(live_case, 80),
    "live after breaks": partial(live_case, 10, past=3),
}
Make = Callable[[], Case]


def call(case: Case, way: str) -> Callable[[], object]:
    return next(one.call for one in subjects(case) if one.name == way)


def test_a_tiny_run_prints_every_row_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "hls.json"
    sizes = ["--vod", "20", "--vod", "40", "--live", "10", "--past", "2"]
    result = CliRunner().invoke(main, ["hls", *sizes, "--rounds", "1", "--json", str(file)])
    assert result.exit_code == 0, result.output
    for row in (*WAYS.values(), "bytes of the answer", "joined, beyond the copy", "m3u8, times"):
        assert row in result.output
    assert len(re.findall(r"^(?:met|missed) ", result.output, re.MULTILINE)) == 3
    figures = orjson.loads(file.read_bytes())
    assert [one["name"] for one in figures["cases"]] == [
        "VOD 20",
        "VOD 40",
        "live 10",
        "live 10, 2 past",
    ]
    for one in figures["cases"]:
        assert set(one["measured"]) == set(WAYS)
        assert all(way["median_us"] > 0 for way in one["measured"].values())
    assert figures["machine"]["m3u8"]


def test_all_load_tests_are_found_from_one_command() -> None:
    result = CliRunner().invoke(load_tests, ["bench", "hls", "--help"])
    assert result.exit_code == 0
    assert "m3u8.loads" in result.output


@pytest.mark.parametrize("arguments", [[], ["hls"]])
def test_help_says_how_to_run_it(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, [*arguments, "--help"])
    assert result.exit_code == 0
    assert "hls" in result.output
    if arguments:
        assert "python -m loadtests.bench hls --rounds 40 --json hls.json" in result.output


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_the_obvious_way_gives_the_segments_that_weft_gives(make: Make) -> None:
    case = make()
    joined = call(case, "shared")()
    assert isinstance(joined, bytes)
    obvious = naive(case.text, case.edits, next(pods(catalogue(100, 15), POD)))
    assert names(joined.decode()) == names(obvious)
    assert discontinuities(joined.decode()) == discontinuities(obvious)


def names(text: str) -> list[str]:
    uris = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [
        "/".join(uri.rsplit("/", 3)[-3:]) if "/tm/" in uri else uri.rsplit("/")[-1] for uri in uris
    ]


def discontinuities(text: str) -> int:
    return text.count("#EXT-X-DISCONTINUITY\n")


@pytest.mark.parametrize("way", ["anew", "new pods"])
@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_every_call_is_for_another_timeline(make: Make, way: str) -> None:
    once = call(make(), way)
    assert len({once() for _ in range(8)}) == 8


def test_rounds_are_interleaved_and_a_median_is_told() -> None:
    order: list[str] = []
    found = measure(
        [Subject("a", lambda: order.append("a")), Subject("b", lambda: order.append("b"))],
        rounds=3,
        round_s=1e-6,
    )
    rounds = "".join(order)
    assert len(re.findall("a+b+", rounds)) >= 3
    assert found["a"].best_us <= found["a"].median_us <= found["a"].worst_us
    assert found["a"].calls >= 1


def test_machine_facts_are_told() -> None:
    facts = machine(("m3u8",))
    assert {"processor", "cores", "load", "system", "python", "m3u8"} == set(facts)
    assert all(facts.values())


@pytest.mark.parametrize("way", ["anew", "new pods", "shared"])
@pytest.mark.parametrize(
    ("make", "short", "long"), [(vod_case, 100, 1000), (live_case, 80, 800)], ids=["VOD", "live"]
)
def test_joining_does_nothing_segment_by_segment(
    make: Callable[[int], Case], short: int, long: int, way: str
) -> None:
    def warm(segments: int) -> int:
        once = call(make(segments), way)
        once()
        return instructions(once)

    assert warm(long) <= 1.1 * warm(short)  # some pods' text is longer than others'


def test_joining_ten_times_the_segments_costs_little_beyond_the_copy() -> None:
    """What no instruction shows: copies and searches within the interpreter. Generous."""

    def beyond_copy_us(measured: dict[str, Measured]) -> float:
        return measured["anew"].best_us - measured["copy"].best_us

    short, long = vod_case(1000), vod_case(10_000)
    ratios = []
    for _ in range(3):  # a busy machine gets more than one chance
        results = run([short, long], rounds=3, round_s=0.002, ways=("anew", "copy"))
        ratios.append(beyond_copy_us(results[1].measured) / beyond_copy_us(results[0].measured))
        if ratios[-1] < 4:
            return
    pytest.fail(f"10,000 segments cost {min(ratios):.1f} times what 1,000 do")
