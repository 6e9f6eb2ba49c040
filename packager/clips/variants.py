"""All data that a clip can have, where its facts have only so many values."""

from collections.abc import Iterator, Mapping
from itertools import islice, product

from packager.config.checks import MOST_VARIANTS
from packager.config.clip_settings import Clip
from packager.config.fact_settings import Fact
from packager.looks.binding import Value, facts_of


def variants(clip: Clip, facts: Mapping[str, Fact]) -> Iterator[Mapping[str, Value]]:
    """Values of the facts that a clip's data asks for, each combination once.

    A fact without a default may also have no value: None.

    Args:
        clip: Whose facts have `of`, as far as they are no flags.
        facts: Of the show.
    """
    names = sorted(set(facts_of(clip.data)))
    values = [_values(facts[name]) for name in names]
    for chosen in islice(product(*values), MOST_VARIANTS):
        yield dict(zip(names, chosen, strict=True))


def _values(fact: Fact) -> list[Value]:
    texts = fact.of or (("true", "false") if fact.kind == "bool" else ())
    return [*map(fact.read, texts), *([None] if fact.default is None else [])]
