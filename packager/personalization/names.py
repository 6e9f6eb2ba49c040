"""Names with choices in them: ``{opener}``, ``bumper-{look}``, as settings name assets by."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product

_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,63})\}", re.ASCII)
_WHOLE = re.compile(r"(?:[A-Za-z0-9_.-]|\{[A-Za-z_][A-Za-z0-9_]{0,63}\})+", re.ASCII)
MAX_CHARACTERS = 200
MOST = 10_000  # names that one text may stand for


def check_name_with_choices(text: str) -> None:
    """Raise ValueError unless a text is a name, or becomes one with choices in it."""
    if not _WHOLE.fullmatch(text) or len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"{text!r} cannot be a name; use letters, digits, - and _, and choices, "
            "as in `bumper-{look}`"
        )


def choices_in(text: str) -> tuple[str, ...]:
    """The choices that a name asks for."""
    return tuple(dict.fromkeys(_FIELD.findall(text)))


def filled(text: str, value: Callable[[str], str]) -> str:
    """The name that a text becomes; empty where a choice in it has no value.

    Args:
        text: With fields or without.
        value: Gives that of a choice, empty where it has none.
    """
    if "{" not in text:
        return text
    values = {name: value(name) for name in choices_in(text)}
    return _FIELD.sub(lambda found: values[found[1]], text) if all(values.values()) else ""


def all_names(text: str, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Every name that a text can become, up to `MOST`.

    Args:
        text: With fields or without.
        values: Those of each choice in it.
    """
    named = choices_in(text)
    for one in islice(product(*(values[name] for name in named)), MOST):
        by_name = dict(zip(named, one, strict=True))
        yield _FIELD.sub(lambda found, by_name=by_name: by_name[found[1]], text)  # type: ignore[misc]
