"""One random history from a seed: played, judged, made smaller where it fails, and told."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from judge import Answered, Facts, Fetched, Violation, judge
from playlist_text import Text, read
from random_origin import BEGIN, Origin, Traits, random_traits
from viewing import Manner, Viewing, random_manner


@dataclass(frozen=True, slots=True)
class Plot:
    """What makes a history; the same plot is the same history."""

    seed: int
    traits: Traits
    manner: Manner
    polls: int = 100


def random_plot(seed: int, polls: int = 100, ease: int = 9) -> Plot:
    """The plot of a seed."""
    traits = random_traits(seed, ease)
    return Plot(seed, traits, random_manner(seed, ease, traits), polls)


def play(plot: Plot) -> tuple[Viewing, tuple[Violation, ...]]:
    """Let it happen, and judge it."""
    viewing = Viewing(plot.seed, Origin(plot.seed, plot.traits), plot.manner)
    return viewing, judge(viewing.watch(plot.polls), viewing.facts())


def smaller(plot: Plot, rule: str) -> Plot:
    """The plainest plot that still breaks the rule."""
    found = play(plot)[1]
    for simpler in _simpler(plot):
        merged = _with(plot, simpler)
        again = play(merged)[1]
        if any(one.rule == rule for one in again):
            plot, found = merged, again
    polls = min((one.poll + 1 for one in found if one.rule == rule and one.poll >= 0), default=0)
    return replace(plot, polls=polls) if polls else plot


def _simpler(plot: Plot) -> Iterator[tuple[str, str, object]]:
    for kind, default in (("manner", Manner()), ("traits", Traits())):
        for one in fields(default):
            value = getattr(default, one.name)
            if value != getattr(getattr(plot, kind), one.name) and one.name != "breaks":
                yield kind, one.name, value


def _with(plot: Plot, change: tuple[str, str, object]) -> Plot:
    kind, name, value = change
    if kind == "manner":
        return replace(plot, manner=replace(plot.manner, **{name: value}))
    return replace(plot, traits=replace(plot.traits, **{name: value}))


def tell(plot: Plot) -> str:
    """The smallest story of why a plot fails, as text."""
    _, found = play(plot)
    if not found:
        return "nothing is wrong"
    plot = smaller(plot, found[0].rule)
    viewing, found = play(plot)
    facts = viewing.facts()
    lines = [f"seed {plot.seed}", _unusual(plot.traits, Traits()), _unusual(plot.manner, Manner())]
    lines += [str(one) for one in found[:4]]
    last = max((event.poll for event in viewing.events), default=0)
    for event in viewing.events:
        if isinstance(event, Fetched | Answered) and event.poll >= last - 4:
            who = event.session if isinstance(event, Answered) else "origin"
            url = event.url if isinstance(event, Fetched) else "https://weft.invalid/"
            lines.append(f"{event.poll} {who} {event.name}: {_brief(read(event.text, url), facts)}")
    return "\n".join(lines)


def _unusual(value: object, default: object) -> str:
    pairs = {
        one.name: getattr(value, one.name)
        for one in fields(default)  # type: ignore[arg-type]
        if getattr(value, one.name) != getattr(default, one.name)
    }
    return f"{type(value).__name__}: {pairs}"


def _brief(text: Text, facts: Facts) -> str:
    said = [f"{text.msn}/{text.dsn}"]
    for entry in text.entries:
        ad = facts.ads.get(entry.uri)
        clock = facts.clock.get(entry.place)
        name = entry.uri.rpartition("/")[2] if ad is None else f"{ad.creative}/{ad.index}"
        at = "" if clock is None else f"@{float(clock - BEGIN):g}"
        cues = "".join(f"<{line[7:]}>" for line in entry.others if "-CUE" in line)
        said.append(f"{'[D]' * entry.marks}{name}{at}+{float(entry.duration):g}{cues}")
    return " ".join(said)
