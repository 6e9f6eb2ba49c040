"""What a viewer says of facts: taken as far as they can be that, and consent lets them be known.

A value that a fact cannot have does not end anybody's playback: it counts as not said.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers

from packager.config.fact_settings import Fact
from packager.facts.values import write_value
from packager.parameters import MAX_BYTES_EACH, Pairs, ParameterError, checked_bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What was taken of it."""

    pairs: Pairs = ()  # sorted by name; values in their canonical form
    refused: tuple[str, ...] = ()  # names of facts that cannot have the value that was said


def take(
    facts: Mapping[str, Fact], said: Pairs, headers: Headers | None = None, *, permitted: bool
) -> Said:
    """Take what a viewer says.

    Args:
        facts: Of the show, by name.
        said: In a body or a query; what is no fact is dropped.
        headers: Of the request, where they count; what is said elsewhere counts more.
        permitted: Whether the viewer consents to be known.
    """
    words = dict(said)
    if headers is not None:
        words = _in_headers(facts, headers) | words
    pairs, refused = [], []
    for name, text in sorted(words.items()):
        fact = facts.get(name)
        if fact is None or fact.shared or (fact.consent and not permitted):
            continue
        try:
            checked_bytes(name, text, MAX_BYTES_EACH)
            pairs.append((name, write_value(fact.read(text))))
        except (ParameterError, ValueError):
            refused.append(name)
    return Said(tuple(pairs), tuple(refused))


def _in_headers(facts: Mapping[str, Fact], headers: Headers) -> dict[str, str]:
    named = ((name, fact.header) for name, fact in facts.items() if fact.header is not None)
    return {name: headers[header].strip() for name, header in named if header in headers}
