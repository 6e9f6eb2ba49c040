"""Made-up match timelines: what happened, in how many cuts, and what each is worth."""

from random import Random

from packager.stories.fit import Cut, Moment

_KINDS = {"goal": (100, 1), "chance": (40, 5), "card": (30, 2), "foul": (10, 4), "save": (35, 3)}
_CUTS = ((100, 100), (60, 80), (35, 55))  # per cent of the length, and of the worth


def match(seed: int, moments: int) -> tuple[Moment, ...]:
    """A match; goals are rare, long, and worth much."""
    random = Random(seed)
    kinds = random.choices(list(_KINDS), [often for _, often in _KINDS.values()], k=moments)
    found = []
    for kind in kinds:
        worth = _KINDS[kind][0] + random.randint(0, 20)
        length = random.randint(1200, 3000) if kind == "goal" else random.randint(500, 2000)
        cuts = [
            Cut(length * share // 100, worth * value // 100)
            for share, value in _CUTS[: random.randint(1, 3)]
        ]
        found.append(Moment(tuple(cuts), kind))
    return tuple(found)
