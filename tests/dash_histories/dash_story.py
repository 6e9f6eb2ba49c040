"""One random history of MPDs from a seed: played, judged, made smaller where it fails, and told."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import islice

from dash_judge import judge
from dash_record import Answered, Fetched, Violation
from dash_viewing import MpdManner, MpdViewing, random_mpd_manner
from mpd_text import BrokenMpd, Track, read
from random_mpds import MpdOrigin, MpdTraits, random_mpd_traits

MOST_TRIES = 16  # to make a story smaller: each plays it again


@dataclass(frozen=True, slots=True)
class MpdPlot:
    """What makes a history; the same plot is the same history."""

    seed: int
    traits: MpdTraits
    manner: MpdManner
    polls: int


def random_mpd_plot(seed: int, polls: int, ease: int = 9) -> MpdPlot:
    """The plot of a seed; long ones have more content."""
    traits = random_mpd_traits(seed, ease, live=True)
    if polls > 50:
        traits = replace(traits, length=600)
    return MpdPlot(seed, traits, random_mpd_manner(seed, ease, traits), polls)


def play_mpd(plot: MpdPlot) -> tuple[MpdViewing, tuple[Violation, ...]]:
    """Let it happen, and judge it."""
    viewing = MpdViewing(plot.seed, MpdOrigin(plot.seed, plot.traits), plot.manner)
    return viewing, judge(viewing.watch(plot.polls), viewing.facts())


def smaller(plot: MpdPlot, rule: str) -> MpdPlot:
    """A plainer plot that still breaks the rule."""
    last = next((one.poll for one in play_mpd(plot)[1] if one.rule == rule), plot.polls)
    if plot.polls <= 50:  # in long ones the pace is another
        plot = replace(plot, polls=plot.polls)
    del last
    for kind, name, value in islice(_simpler(plot), MOST_TRIES):
        other = replace(getattr(plot, kind), **{name: value})
        simpler = replace(plot, **{kind: other})
        try:
            found = play_mpd(simpler)[1]
        except Exception:  # another fault is another story
            continue
        if any(one.rule == rule for one in found):
            plot = simpler
    polls = min((one.poll + 1 for one in play_mpd(plot)[1] if one.rule == rule), default=0)
    return replace(plot, polls=polls) if polls else plot


def _simpler(plot: MpdPlot) -> Iterator[tuple[str, str, object]]:
    for kind, default in (("manner", MpdManner()), ("traits", MpdTraits())):
        for one in fields(default):
            value = getattr(default, one.name)
            if value != getattr(getattr(plot, kind), one.name) and one.name != "length":
                yield kind, one.name, value


def tell_mpd(plot: MpdPlot) -> str:
    """The smallest story of why a plot fails, as text."""
    _, found = play_mpd(plot)
    if not found:
        return "nothing is wrong"
    plot = smaller(plot, found[0].rule)
    viewing, found = play_mpd(plot)
    lines = [f"seed {plot.seed}, {plot.polls} polls"]
    for value, default in ((plot.traits, MpdTraits()), (plot.manner, MpdManner())):
        lines.append(
            f"{type(value).__name__}: "
            + ", ".join(
                f"{one.name}={getattr(value, one.name)!r}"
                for one in fields(default)
                if getattr(value, one.name) != getattr(default, one.name)
            )
        )
    lines += [str(one) for one in found[:5]]
    for one in viewing.happened[-4:]:
        who = one.session if isinstance(one, Answered) else "origin"
        lines.append(f"{one.poll} {who} at {float(one.at - viewing.origin.ast):.3f}")
        if isinstance(one, Answered):
            lines += [f"    {each}" for each in one.decided]
        lines += _brief(one)
    return "\n".join(lines)


def _brief(one: Fetched | Answered) -> list[str]:
    try:
        text = read(one.body, one.url, now=one.at)
    except BrokenMpd as error:
        return [str(error)]
    found = []
    for period in text.periods:
        end = "" if period.end is None else f"{float(period.end):.3f}"
        tracks = " ".join(_span(track, period.start) for track in period.tracks)
        found.append(f"  {period.id} {float(period.start):.3f}-{end}: {tracks}")
    return found


def _span(track: Track, start: Fraction) -> str:
    if not track.segments:
        return f"{track.id}[]"
    first, last = track.segments[0], track.segments[-1]
    low, high = float(track.at(first.start)), float(track.at(last.end))
    del start
    return f"{track.id}[{low:.3f}..{high:.3f} {len(track.segments)}]"
