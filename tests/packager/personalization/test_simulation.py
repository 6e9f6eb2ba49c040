"""A hundred thousand sessions: shares, floors, caps, separation and rights, against a brute force.

The reference below knows nothing of the product but the settings and the draws: it settles each
session with plain Python in place of rules, and counts chances by trying every number of the lot.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, product
from math import lcm, sqrt
from pathlib import Path

import pytest
from shows import KEY, policy
from test_settle import moment

from packager.personalization.draws import draw
from packager.personalization.settle import settle_choices

COUNTRIES = ("SE", "NO", "DK", "FI", "DE", "FR", "IT", "US")
DEVICES = ("phone", "desktop", "tv")
THEMES = ("light", "dark", "")
MINUTES = (2, 5, 45)
STATES = ("before", "goal")

SHOW = """
facts:
  country: {type: string, of: [SE, NO, DK, FI, DE, FR, IT, US]}
  device: {type: string, from: device}
  theme: {type: string, of: [light, dark]}
  minutes: int
  state:
    type: string
    of: [before, goal]
    shared: true
    feed: {secret: "a feed's secret of more than 32 characters"}
assets:
  north: {file: CLIP, rights: 'country in ["SE", "NO", "DK", "FI"]', tags: [snow]}
  south: {file: CLIP, rights: 'country in ["IT", "FR", "DE"] && device != "tv"', tags: [sun]}
  world: {file: CLIP, tags: [globe]}
  acme: {file: CLIP, tags: [car, snow]}
  zeta: {file: CLIP, tags: [car], rights: 'country != "US"'}
  milk: {file: CLIP, tags: [food, sun]}
choices:
  look: {of: [light, dark, sepia], by: 'theme', weigh: {light: 2, dark: 1, sepia: 1}, floor: 0.05}
  opener: {of: [north, south, world], weigh: {north: 3, south: 2, world: 1}, apart: tags}
  sponsor:
    of: [acme, zeta, milk]
    weigh: {acme: 5, zeta: 3, milk: 2}
    floor: 0.1
    apart: tags
    cap: 1/day
  length: {of: [120, 300, 600], by: 'minutes < 3 ? 120 : minutes < 8 ? 300 : 600'}
  block: {of: [a, b, c], shared: true, by: 'state == "goal" ? "c" : ""', weigh: {a: 1, b: 2, c: 1}}
"""
RIGHTS = {
    "north": lambda c, d: c in ("SE", "NO", "DK", "FI"),
    "south": lambda c, d: c in ("IT", "FR", "DE") and d != "tv",
    "zeta": lambda c, d: c != "US",
}
TAGS = {
    "north": {"snow"}, "south": {"sun"}, "world": {"globe"},
    "acme": {"car", "snow"}, "zeta": {"car"}, "milk": {"food", "sun"}, "": set(),
}  # fmt: skip
Facts = tuple[str, str, str, int, str]


def line(
    allowed: list[str], weights: dict[str, int], floor: Fraction, ruled: str | None
) -> list[str]:
    """Every number of a choice's lot, with what it draws: written out, one entry each."""
    total = sum(weights[value] for value in allowed)
    main = (
        {v: Fraction(weights[v], total) for v in allowed} if ruled is None else {ruled: Fraction(1)}
    )
    parts = [(v, floor / len(allowed)) for v in allowed if floor]
    parts += [(v, (1 - floor) * share) for v, share in main.items()]
    length = lcm(*(share.denominator for _, share in parts))
    return [value for value, share in parts for _ in range(int(share * length))]


def reference(who: str, facts: Facts, spent: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What a session gets, and the lines it was drawn from."""
    country, device, theme, minutes, state = facts
    lines = {}

    def lot(name: str, allowed: list[str], weights: dict[str, int], **more: object) -> str:
        whose = "*" if name == "block" else who
        found = line(allowed, weights, more.get("floor", Fraction(0)), more.get("ruled"))  # type: ignore[arg-type]
        lines[name] = found
        return found[draw(KEY, whose, "cup", name, len(found)) if len(found) > 1 else 0]

    def holds(value: str) -> bool:
        return value not in RIGHTS or RIGHTS[value](country, device)

    values = {}
    weights = {"light": 2, "dark": 1, "sepia": 1}
    values["look"] = lot("look", list(weights), weights, floor=Fraction(1, 20), ruled=theme or None)
    weights = {"north": 3, "south": 2, "world": 1}
    values["opener"] = lot("opener", [v for v in weights if holds(v)], weights)
    weights = {"acme": 5, "zeta": 3, "milk": 2}
    allowed = [
        v for v in weights if holds(v) and not TAGS[v] & TAGS[values["opener"]] and v != spent
    ]
    values["sponsor"] = lot("sponsor", allowed, weights, floor=Fraction(1, 10)) if allowed else ""
    values["length"] = "120" if minutes < 3 else "300" if minutes < 8 else "600"
    weights = {"a": 1, "b": 2, "c": 1}
    values["block"] = lot("block", list(weights), weights, ruled="c" if state == "goal" else None)
    return values, lines


def sessions(count: int) -> Iterator[tuple[str, Facts, str]]:
    everybody = cycle(product(COUNTRIES, DEVICES, THEMES, MINUTES, STATES))
    spent = cycle(["", "", "", "", "acme"])  # what came as often as it may
    for number, facts, had in zip(range(count), everybody, spent, strict=False):
        yield f"{number:06d}", facts, had


@pytest.mark.parametrize("count", [4000, pytest.param(100_000, marks=pytest.mark.long)])
def test_sessions_get_what_a_brute_force_says_in_the_shares_that_are_promised(
    tmp_path: Path, count: int
) -> None:
    made = policy(tmp_path, SHOW)
    shares: dict[tuple[str, tuple[tuple[str, Fraction], ...]], Counter[str]] = defaultdict(Counter)
    blocks: dict[str, set[str]] = defaultdict(set)
    floors: Counter[str] = Counter()
    for who, facts, spent in sessions(count):
        names = dict(zip(("country", "device", "theme", "minutes", "state"), facts, strict=True))
        given = {("sponsor", spent): 1} if spent else {}
        done = settle_choices(made, moment(made, who, facts=names, given=given))
        values, lines = reference(who, facts, spent)
        assert dict(done.settled.values) == values
        for one in done.chosen:
            if one.choice in lines:
                chances = Counter(lines[one.choice])
                total = len(lines[one.choice])
                assert {v: c for v, c in one.chances if c} == {
                    v: Fraction(n, total) for v, n in chances.items()
                }
                shares[one.choice, one.chances][one.value] += 1
            floors[f"{one.choice} {one.how}"] += 1
        country, device = facts[:2]
        shown = {values["opener"], values["sponsor"]}
        assert all(RIGHTS[v](country, device) for v in shown if v in RIGHTS)
        assert not TAGS[values["opener"]] & TAGS[values["sponsor"]]
        assert values["sponsor"] != spent or not spent
        blocks[facts[4]].add(values["block"])
    assert all(len(seen) == 1 for seen in blocks.values())
    checked = 0
    for (choice, chances), found in shares.items():
        n = sum(found.values())
        for value, chance in chances if choice != "block" else ():
            spread = sqrt(n * float(chance) * (1 - float(chance)))
            assert abs(found[value] - n * float(chance)) <= 5 * spread + 1, (choice, value, found)
            checked += 1
    assert checked > 20
    n = floors["look floor"] + floors["look rule"] + floors["look draw"]
    assert abs(floors["look floor"] - n * 0.05) <= 5 * sqrt(n * 0.05 * 0.95)
