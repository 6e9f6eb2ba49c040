"""``python -m loadtests.bench``: the benchmarks by name."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table

from loadtests.bench import dash as dash_bench
from loadtests.bench import hls as hls_bench
from loadtests.bench import story as story_bench
from loadtests.bench.ads_command import ads
from loadtests.bench.measure import machine
from loadtests.bench.options import with_json, with_rounds
from loadtests.bench.overlays_command import overlays
from loadtests.bench.personal import Figures
from loadtests.bench.printing import figure, show, table_of, write_figures


@click.group(context_settings={"max_content_width": 100})
def main() -> None:
    """Measure what single pieces of work cost on this machine.

    A benchmark measures all its subjects in turn, again and again, and prints medians, so that
    whatever else the machine does falls on all alike: compare figures of one run, not of two.
    """


main.add_command(ads)
main.add_command(overlays)


@main.command()
@click.option(
    "--vod",
    multiple=True,
    type=click.IntRange(4),
    default=(1000, 10_000),
    help="Segments of a VOD playlist; may be given several times.  [default: 1000, 10000]",
)
@click.option(
    "--live",
    multiple=True,
    type=click.IntRange(10),
    default=(10, 1800),
    help="Segments of a live window; may be given several times.  [default: 10, 1800]",
)
@click.option(
    "--past",
    type=click.IntRange(0, 500),
    default=100,
    show_default=True,
    help="Breaks that a viewer of the shortest window saw before; 0: leave this out.",
)
@with_rounds
@with_json
def hls(
    vod: Sequence[int], live: Sequence[int], past: int, rounds: int, json_file: Path | None
) -> None:
    """Microseconds of one viewer's HLS playlist.

    \b
    joined, new timeline       for a viewer with another choice of known pods than anybody else
    joined, new pods as well   nobody had these pods before: their text is made, too
    joined before, shared      another viewer has the same timeline
    copy of the bytes          the least that any answer costs
    m3u8.loads, edit, dumps    the obvious way, for every request
    next version               what the origin's refresh costs, for all viewers together (VOD: once)

    VOD has a pre-roll, two mid-rolls and a post-roll; live windows have four breaks, the short
    one has one. Breaks hold two ads of three segments each. Looking up what was decided for a
    viewer, and HTTP, are not in these figures.

    \b
    python -m loadtests.bench hls
    python -m loadtests.bench hls --rounds 40 --json hls.json
    """
    facts = machine(("m3u8",))
    cases = [*map(hls_bench.vod_case, vod), *map(hls_bench.live_case, live)]
    if past:
        cases.append(hls_bench.live_case(min(live), past=past))
    results = hls_bench.run(cases, rounds=rounds)
    aims = hls_bench.aims(results)
    show([_hls_table(results)], aims, rounds, facts)
    if json_file is not None:
        figures = {"rounds": rounds, "cases": [asdict(one) for one in results]}
        write_figures(json_file, "hls", facts, figures, aims)


@main.command()
@click.option(
    "--vod",
    multiple=True,
    type=click.IntRange(5_000, 3_500_000),
    default=(10_000, 200_000, 2_000_000),
    help="Bytes of a static MPD, about; may be given several times.  "
    "[default: 10000, 200000, 2000000]",
)
@click.option(
    "--live",
    multiple=True,
    type=click.IntRange(8_000, 3_500_000),
    default=(10_000,),
    help="Bytes of a live MPD, about; may be given several times.  [default: 10000]",
)
@with_rounds
@with_json
def dash(vod: Sequence[int], live: Sequence[int], rounds: int, json_file: Path | None) -> None:
    """Microseconds of one viewer's MPD.

    \b
    joined, new timeline           for a viewer with another choice of known pods than anybody else
    joined before, shared          another viewer has the same timeline
    copy of the bytes              the least that any answer costs
    lxml: parse, edit, serialise   the obvious way, for every request
    next version: read             what the origin's refresh costs, for all viewers together
    next version: carry on         (VOD: once): its values; then its cues and where it may be cut

    VOD has a pre-roll, two mid-rolls and a post-roll; live windows have one break, which begins
    in mid-segment. Breaks hold two ads of three segments each. Six Representations have a
    SegmentTimeline each, with an S element for every segment.

    \b
    python -m loadtests.bench dash
    python -m loadtests.bench dash --rounds 40 --json dash.json
    """
    facts = machine(("lxml",))
    cases = [*map(dash_bench.vod_case, vod), *map(dash_bench.live_case, live)]
    results = dash_bench.run(cases, rounds=rounds)
    aims = dash_bench.aims(results)
    show([_dash_table(results)], aims, rounds, facts)
    if json_file is not None:
        figures = {"rounds": rounds, "cases": [asdict(one) for one in results]}
        write_figures(json_file, "dash", facts, figures, aims)


@main.command()
@with_rounds
@with_json
def story(rounds: int, json_file: Path | None) -> None:
    """Microseconds of what stories cost.

    \b
    fit      60 moments, up to three cuts each, into 300 s: made-up matches, each solved exactly
    settle   a story of 40 parts for one session, its moments chosen before by another
    read     a configuration of 12 facts, 30 assets and 40 parts, with all checks

    \b
    python -m loadtests.bench story
    """
    facts = machine(())
    results = story_bench.run(rounds=rounds)
    table = table_of("microseconds", "median", "slow")
    for one in results:
        table.add_row(one.name, figure(one.median_us), figure(one.slow_us))
    aims = story_bench.aims(results)
    show([table], aims, rounds, facts)
    if json_file is not None:
        figures = {"rounds": rounds, "results": [asdict(one) for one in results]}
        write_figures(json_file, "story", facts, figures, aims)


def _hls_table(results: Sequence[hls_bench.Result]) -> Table:
    found = _table(results, hls_bench.WAYS)
    found.add_row("joined, beyond the copy", *(figure(one.beyond_copy_us) for one in results))
    for title, way, other in (
        ("joined, times the copy", "anew", "copy"),
        ("m3u8, times joined", "naive", "anew"),
        ("m3u8, times shared", "naive", "shared"),
    ):
        found.add_row(title, *(figure(one.us(way) / one.us(other)) for one in results))
    return found


def _dash_table(results: Sequence[dash_bench.Result]) -> Table:
    found = _table(results, dash_bench.WAYS)
    for title, way, other in dash_bench.RATIOS:
        found.add_row(title, *(figure(one.us(way) / one.us(other)) for one in results))
    return found


def _table(results: Sequence[Figures], ways: Mapping[str, str]) -> Table:
    """Ways down, cases across: microseconds; there is room below for what they say together."""
    found = Table(box=box.SIMPLE_HEAD)
    found.add_column("microseconds", no_wrap=True)
    for one in results:
        found.add_column(one.name.replace(", ", "\n"), justify="right")
    found.add_row("[dim]bytes of the answer[/]", *(f"[dim]{r.body_bytes:,}[/]" for r in results))
    for way, title in ways.items():
        found.add_row(title, *(figure(one.us(way)) for one in results))
    found.add_section()
    return found


if __name__ == "__main__":
    main(prog_name="python -m loadtests.bench")
