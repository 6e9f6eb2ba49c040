"""Rules: typed when they are read, cheap and harmless when they are settled."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.rules import (
    MAX_CHARACTERS,
    Kind,
    RuleError,
    RuleFailed,
    Value,
    check_rule_name,
    compile_rule,
    names_in,
    texts_in,
)

NAMES: dict[str, Kind] = {"theme": "string", "minutes": "int", "lead": "float", "club": "bool"}
VALUES: dict[str, Value] = {"theme": "dark", "minutes": 5, "lead": 1.5, "club": True}

SETTLED: dict[str, tuple[str, Kind, Value]] = {
    "a choice": ('theme == "dark" ? "dark" : "light"', "string", "dark"),
    "a comparison": ("minutes < 6 && club", "bool", True),
    "arithmetic": ("minutes * 2 + 1", "int", 11),
    "floats": ("lead / 2.0", "float", 0.75),
    "a list of words": ('theme in ["light", "dark"]', "bool", True),
    "text": ('theme.startsWith("da") && theme.size() == 4', "bool", True),
    "conversion": ("string(minutes) + theme", "string", "5dark"),
    "another script": ('"élan" + theme', "string", "élandark"),
}

REFUSED: dict[str, tuple[str, int | None, str]] = {
    "a misspelt name": ('thme == "dark"', 1, "did you mean 'theme'"),
    "an unknown name": ("zebra == 3", 1, r"known here: theme \(string\), minutes \(int\)"),
    "a wrong type": ("theme == 3", 7, "`==` cannot take string and int; write text as"),
    "ints beside floats": ("lead > 1", 6, "cannot take float and int"),
    "another result": ("minutes", None, "gives int, and must give string"),
    "no certain type": ("[minutes, theme][0]", None, "gives dyn"),
    "an end too early": ("theme == ", 10, "end of the text"),
    "curly quotes": ("theme == “dark”", 10, "token recognition error"),
    "a pattern": ('theme.matches("(a+)+$") ? "a" : "b"', 14, r"no matches\(\); there are contains"),
    "a loop": ('[1, 2].all(x, x > 0) ? "a" : "b"', 11, r"no all\(\)"),
    "types given up": ("dyn(minutes)", 4, r"no dyn\(\)"),
    "many parentheses": ("(" * 400 + "theme" + ")" * 400, None, "nested too deeply"),
    "a long text": ("theme" + " " * MAX_CHARACTERS, None, "more than 1000 characters"),
    "nothing": (" ", None, "must be an expression"),
    "several lines": ('theme ==\n"dark"', None, "in one line"),
}


@pytest.mark.parametrize(("text", "gives", "value"), SETTLED.values(), ids=SETTLED)
def test_a_rule_is_settled_with_values(text: str, gives: Kind, value: Value) -> None:
    assert compile_rule(text, NAMES, gives).settle(VALUES) == value


@pytest.mark.parametrize(("text", "column", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_a_rule_is_told_with_its_place(
    text: str, column: int | None, reason: str
) -> None:
    with pytest.raises(RuleError, match=reason) as refused:
        compile_rule(text, NAMES, "string")
    assert refused.value.column == column


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("minutes / (minutes - 5)", VALUES),
        ("int(theme)", VALUES),
        ("minutes + 1", VALUES | {"minutes": 2**63 - 1}),
        ("minutes", VALUES | {"minutes": "5"}),
        ("minutes", {}),
    ],
)
def test_a_rule_without_a_value_says_so(text: str, values: dict[str, Value]) -> None:
    rule = compile_rule(text, NAMES, "int")
    with pytest.raises(RuleFailed, match=r"minutes|theme"):
        rule.settle(values)


@pytest.mark.parametrize("name", ["", "two words", "a.b", "a-b", "1st", "true", "in", "string"])
def test_a_name_that_rules_cannot_ask_for_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be a name|is a word"):
        check_rule_name(name)


@pytest.mark.parametrize("name", NAMES)
def test_ordinary_names_pass(name: str) -> None:
    check_rule_name(name)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    with suppress(RuleError):
        assert compile_rule(text, NAMES, "string").kind == "string"


def test_the_longest_rule_with_the_longest_value_takes_no_time() -> None:
    asks = " || ".join(['theme.contains("aaaab")'] * 25)
    rule = compile_rule(f'{asks} ? "a" : "b"', NAMES, "string")
    began = time.monotonic()
    assert rule.settle(VALUES | {"theme": "a" * 100_000}) == "b"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "names", "texts"),
    [
        ('theme == "minutes" && minutes > 5', ("minutes", "theme"), ("minutes",)),
        ("theme == 'it\\'s minutes' ? 1 : 2", ("theme",), ()),
        ('theme == r"\\" && minutes == 5', ("minutes", "theme"), ()),
        ("theme.contains('x') && size(theme) > 2", ("theme",), ("x",)),
        ("minutes2 > theminutes", (), ()),
        ('theme in ["a", "b", "a"]', ("theme",), ("a", "b")),
    ],
)
def test_what_a_rule_asks_for_is_known_from_its_text(
    text: str, names: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    assert names_in(text, ("theme", "minutes")) == names
    assert texts_in(text) == texts


def test_a_list_of_texts_is_asked_what_is_in_it() -> None:
    rule = compile_rule('"vip" in tags && size(tags) == 1', {"tags": "strings"}, "bool")
    assert rule.settle({"tags": ("vip",)}) is True
    assert rule.settle({"tags": ()}) is False
    with pytest.raises(RuleError, match="gives strings, and must give bool"):
        compile_rule("tags", {"tags": "strings"}, "bool")
