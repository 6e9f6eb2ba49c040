"""What a viewer says of facts: taken as far as they can be that, and consent lets them be known.

A value that a fact cannot have does not end anybody's playback: it counts as not said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers

from packager.config.fact_settings import Fact
from packager.facts.sources import TIMED, told_by
from packager.facts.values import write_value
from packager.parameters import MAX_BYTES_EACH, Pairs, ParameterError, checked_bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What was taken of it."""

    pairs: Pairs = ()  # sorted by name; values in their canonical form
    refused: tuple[str, ...] = ()  # names of facts that cannot have the value that was said


def take(
    facts: Mapping[str, Fact],
    said: Pairs,
    headers: Headers | None = None,
    *,
    permits: Callable[[str], bool],
) -> Said:
    """Take what a viewer says.

    Args:
        facts: Of the show, by name.
        said: In a body or a query; what is no fact is dropped.
        headers: Of the request, where they count; what is said elsewhere counts more.
        permits: Whether the viewer consents to a purpose.
    """
    words = dict(said)
    if headers is not None:
        words = _in_headers(facts, headers) | words
    pairs, refused = [], []
    for name, text in sorted(words.items()):
        fact = facts.get(name)
        if fact is None or not fact.is_said or (fact.consent and not permits(fact.consent)):
            continue
        try:
            checked_bytes(name, text, MAX_BYTES_EACH)
            pairs.append((name, write_value(fact.read(text))))
        except (ParameterError, ValueError):
            refused.append(name)
    return Said(tuple(pairs), tuple(refused))


def _in_headers(facts: Mapping[str, Fact], headers: Headers) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, fact in facts.items():
        if fact.header is not None and fact.header in headers:
            words[name] = headers[fact.header].strip()
        elif fact.source is not None and fact.source not in TIMED:
            text = told_by(fact.source, headers, fact.of)
            if text is not None and fact.can_be(text):  # a browser's words were not meant for us
                words[name] = text
    return words
