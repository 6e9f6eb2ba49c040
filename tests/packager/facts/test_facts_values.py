"""What a fact can be: read from text, written in one form, bounded."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.config.fact_settings import Fact
from packager.facts.values import blank, read_value, text_of_json, write_value
from packager.rules import Kind, Value

READ: dict[str, tuple[Kind, str, Value, str]] = {
    "text": ("string", "Ann Arbor", "Ann Arbor", "Ann Arbor"),
    "nothing": ("string", "", "", ""),
    "a whole number": ("int", "+007", 7, "7"),
    "below zero": ("int", "-3", -3, "-3"),
    "a float": ("float", ".5", 0.5, "0.5"),
    "a whole float": ("float", "2", 2.0, "2.0"),
    "yes": ("bool", "True", True, "true"),
    "no": ("bool", "0", False, "false"),
}


@pytest.mark.parametrize(("kind", "text", "value", "canonical"), READ.values(), ids=READ)
def test_a_value_is_read_and_has_one_form(
    kind: Kind, text: str, value: Value, canonical: str
) -> None:
    found = read_value(kind, text)
    assert (found, type(found)) == (value, type(value))
    assert write_value(found) == canonical
    assert read_value(kind, canonical) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", ""),
        ("int", "1.0"),
        ("int", "1_000"),
        ("int", "\N{ARABIC-INDIC DIGIT FIVE}"),
        ("int", "9" * 19),
        ("float", "."),
        ("float", "nan"),
        ("float", "inf"),
        ("float", "1e9"),
        ("bool", "yes"),
        ("string", "two\nlines"),
        ("string", "\x1b[2J"),
    ],
)
def test_what_is_no_value_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=f"is no {kind}"):
        read_value(kind, text)


@given(st.decimals(min_value=-(10**15) + 1, max_value=10**15 - 1, places=9))
def test_a_float_that_was_read_can_be_written_and_read_again(value: Decimal) -> None:
    try:
        found = read_value("float", f"{value:f}")
    except ValueError:  # rounded up to what is too large
        assert abs(value) > 10**15 - 2
        return
    assert read_value("float", write_value(found)) == pytest.approx(found, abs=1e-9)
    assert write_value(read_value("float", write_value(found))) == write_value(found)


@pytest.mark.parametrize(
    ("document", "text"), [("3 - 1", "3 - 1"), (3, "3"), (2.5, "2.5"), (True, "true")]
)
def test_json_scalars_are_taken_as_text(document: object, text: str) -> None:
    assert text_of_json(document) == text


@pytest.mark.parametrize("document", [None, [], {}, [1]])
def test_other_json_is_no_value(document: object) -> None:
    with pytest.raises(ValueError, match="is no text"):
        text_of_json(document)


def test_a_fact_has_only_values_of_its_list_and_length() -> None:
    theme = Fact(kind="string", of=("light", "dark"))
    assert theme.read("dark") == "dark"
    with pytest.raises(ValueError, match="not one of light, dark"):
        theme.read("grey")
    with pytest.raises(ValueError, match="more than 3"):
        Fact(kind="string", max_characters=3).read("long")
    assert Fact(kind="int", of=("5", "15")).read("05") == 5


def test_without_a_default_a_fact_is_blank() -> None:
    assert [blank(kind) for kind in ("string", "int", "float", "bool")] == ["", 0, 0.0, False]
    assert Fact(kind="int").fallback == 0
    assert Fact(kind="float", default="1.5").fallback == 1.5
