from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.config.document import (
    MAX_BYTES,
    MAX_VALUES,
    ConfigError,
    Entries,
    Scalar,
    Sequence,
    below,
    each,
    read_document,
)

SCALARS: dict[str, tuple[str, object]] = {
    "YAML 1.2 has no yes": ("yes", "yes"),
    "nor has a directive for 1.1": ("%YAML 1.1\n---\nyes", "yes"),
    "true": ("true", True),
    "False": ("False", False),
    "whole": ("-12", -12),
    "exact": ("0.150", Decimal("0.150")),
    "exponent": ("1e3", Decimal(1000)),
    "date stays text": ("2026-01-01", "2026-01-01"),
    "quoted number": ('"8080"', "8080"),
    "nothing": ("~", None),
    "infinity is no number": (".inf", ".inf"),
    "hexadecimal is left to its reader": ("0x34", "0x34"),
    "a number of a thousand digits stays text": ("9" * 1000, "9" * 1000),
}


@pytest.mark.parametrize(("text", "value"), SCALARS.values(), ids=SCALARS)
def test_a_scalar_is_read_as_yaml_1_2(text: str, value: object) -> None:
    node = read_document(text, file="weft.yaml")
    assert isinstance(node, Scalar)
    assert node.value == value
    assert type(node.value) is type(value)


def test_every_value_knows_its_line_and_the_keys_above() -> None:
    node = read_document("a:\n  - x\n  - {b: y}\nc:\nd: |\n  text\n", file="weft.yaml")
    assert isinstance(node, Entries)
    first, second = each(below(node, "a"))
    assert str(first.place) == "weft.yaml:2"
    assert (second.place.path, second.place.line) == ("a[1]", 3)
    inner = below(second, "b")
    assert inner
    assert (inner.place.path, inner.place.line) == ("a[1].b", 3)
    empty = below(node, "c")
    assert empty
    assert (empty.place.line, node.keys["d"].line) == (4, 5)


def test_what_is_not_there_is_none_and_has_no_items() -> None:
    node = read_document("a: {b: 1}\n", file="weft.yaml")
    assert below(node, "a", "b", "c") is None
    assert list(each(below(node, "x"))) == []
    assert len(list(each(below(node, "a")))) == 1


BROKEN = {
    "empty": ("", "weft.yaml: is empty"),
    "only a comment": ("# nothing\n", "weft.yaml: is empty"),
    "two documents": ("a: 1\n---\nb: 2\n", "weft.yaml:2: not YAML"),
    "tab": ("a:\n\tb: 1\n", "weft.yaml:2: not YAML"),
    "unknown alias": ("a: *b\n", "weft.yaml:1: not YAML: found undefined alias"),
    "control character": ("a: 1\nb: \x07\n", "weft.yaml:2: the character U\\+0007"),
    "too large": ("a" * (MAX_BYTES + 1), "more than 1 MiB"),
    "too deep for the reader": ("[" * 3000, "cannot be read as YAML"),
    "too deep": ("[" * 30 + "]" * 30, "weft.yaml:1: nested too deeply"),
}


@pytest.mark.parametrize(("text", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_one_reasonable_document_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_document(text, file="weft.yaml")


def test_aliases_cannot_multiply_without_end() -> None:
    """Threat 15: each line has ten times the one before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match="too large once aliases are followed"):
        read_document("\n".join(lines), file="weft.yaml")
    assert MAX_VALUES < 10**8


def test_an_anchor_may_be_used_again() -> None:
    node = read_document("- &a 1\n- *a\n- &a 2\n- *a\n", file="weft.yaml")
    assert isinstance(node, Sequence)
    assert [item.value for item in node.items if isinstance(item, Scalar)] == [1, 1, 2, 2]


@given(st.text(alphabet="ab:-[]{}&*!#'\"\n \t|>?%@01.é\x00", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        assert read_document(text, file="weft.yaml").place.line >= 1
