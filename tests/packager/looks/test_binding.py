import pytest

from packager.looks.binding import bound, facts_of

FACTS: dict[str, int | str | float | tuple[str, ...]] = {
    "home": 2,
    "away": 0,
    "name": "Ana",
    "live": True,
    "share": 0.5,
    "tags": ("a", "b"),
}


def get(name: str) -> int | str | float | tuple[str, ...] | None:
    return FACTS.get(name)


def test_a_fact_alone_keeps_its_type() -> None:
    assert bound({"a": "{home}", "b": "{live}", "c": "{share}"}, get) == {
        "a": 2,
        "b": True,
        "c": 0.5,
    }


def test_facts_in_text_are_text() -> None:
    assert bound("{home}:{away} {live}", get) == "2:0 true"
    assert bound("{nobody}!", get) == "!"


def test_a_list_of_texts_alone_is_a_list_and_has_commas_in_text() -> None:
    assert bound({"a": "{tags}", "b": "of {tags}"}, get) == {"a": ["a", "b"], "b": "of a, b"}


def test_a_field_without_value_is_left_out() -> None:
    assert bound({"a": "{nobody}", "b": 1}, get) == {"b": 1}


def test_lists_and_mappings_are_filled_to_their_depth() -> None:
    data = {"rows": [{"team": "{name}", "points": "{home}"}, 7, None]}
    assert bound(data, get) == {"rows": [{"team": "Ana", "points": 2}, 7, None]}
    assert list(facts_of(data)) == ["name", "home"]


@pytest.mark.parametrize("text", ["{", "{}", "{a b}", "{{home"])
def test_braces_that_name_nothing_stay(text: str) -> None:
    assert bound(text, get) == text
    assert list(facts_of(text)) == []
