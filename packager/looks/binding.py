"""An overlay's data: what the configuration says, with facts filled in.

Text that is nothing but ``{score}`` becomes the fact's value with its type; else facts are put into
the text. What names no fact was refused at the start. In the place of a picture's URL stands the
name of the picture, which whoever seeks it gives.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from packager.pictures.source import PictureUrl

FIELD = re.compile(r"\{([A-Za-z0-9_.-]+)\}")

Value = str | int | float | bool | None
Facts = Callable[[str], Value]  # the value of a fact by name; None: it has none
Named = Callable[[PictureUrl], str | None]  # what the data calls a picture; None: it is not there


def facts_of(data: Any) -> Iterator[str]:
    """The names of the facts that data asks for, in their order, some of them often."""
    if isinstance(data, str):
        yield from FIELD.findall(data)
    elif isinstance(data, PictureUrl):
        yield from data.fields
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from facts_of(value)
    elif isinstance(data, list):
        for value in data:
            yield from facts_of(value)


def bound(data: Any, facts: Facts, named: Named = lambda source: None) -> Any:
    """The data with facts in place; a field that is a fact without a value is left out.

    Args:
        data: As configured: text, numbers, flags, pictures, lists and mappings.
        facts: Gives values.
        named: Gives names of pictures.
    """
    if isinstance(data, PictureUrl):
        return named(data)
    if isinstance(data, str):
        whole = FIELD.fullmatch(data)
        if whole is not None:
            return facts(whole[1])
        return FIELD.sub(lambda found: _text(facts(found[1])), data)
    if isinstance(data, Mapping):
        filled = {name: bound(value, facts, named) for name, value in data.items()}
        return {name: value for name, value in filled.items() if value is not None}
    if isinstance(data, list):
        return [bound(value, facts, named) for value in data]
    return data


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
