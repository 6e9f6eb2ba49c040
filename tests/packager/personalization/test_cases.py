"""Cases show what rules can come to; where they are complete, there is nothing else."""

from packager.config.choice_settings import Choice
from packager.config.fact_settings import Fact
from packager.personalization.cases import MOST, cases_of, choice_values
from packager.rules import Value

FACTS = {
    fact.name: fact
    for fact in (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="vip", kind="bool"),
        Fact(name="country", kind="string", max_characters=2),
        Fact(name="minutes", kind="int"),
        Fact(name="lead", kind="float"),
        Fact(name="tags", kind="strings"),
        Fact(name="day", kind="string", source="date"),
        Fact(name="hour", kind="int", source="hour"),
    )
}
CHOICES = {
    "look": Choice(name="look", of=("a", "b"), otherwise="c"),
    "length": Choice(name="length", of=("120", "300")),
}


def of(name: str, *rules: str) -> tuple[set[Value], bool]:
    cases = cases_of([name], FACTS, CHOICES, rules)
    return {case[name] for case in cases}, cases.are_all


def test_values_that_are_listed_are_all_there() -> None:
    assert of("theme") == ({"light", "dark", ""}, True)
    assert of("vip") == ({True, False}, True)
    assert of("hour") == (set(range(24)), True)
    assert of("look") == ({"a", "b", "c", ""}, True)
    assert choice_values(CHOICES["length"]) == (120, 300, 0)


def test_of_others_there_is_what_rules_tell_apart() -> None:
    assert of("country", 'country in ["SE", "USA"]') == ({"SE", "", "~"}, False)
    assert of("minutes", "minutes > 5") == ({4, 5, 6, 0}, False)
    assert of("lead", "lead > 1.5") == ({0.5, 1.5, 2.5, 0.0}, False)
    assert of("tags", '"x" in tags || "y" in tags')[0] == {(), ("x",), ("y",), ("x", "y")}
    assert of("day", 'day < "2027-01-01"')[0] == {"2026-12-31", "2027-01-01", "2027-01-02"}
    assert of("day")[0] == {"2026-01-01"}


def test_too_many_cases_are_none_and_never_all() -> None:
    names = ["theme", "hour", "look", "length", "vip"]
    cases = cases_of(names, FACTS, CHOICES, ())
    assert len(list(cases)) == 3 * 24 * 4 * 3 * 2
    assert cases.are_all
    more = cases_of(
        names, FACTS | {"theme": Fact(kind="string", of=tuple(map(str, range(99))))}, CHOICES, ()
    )
    assert MOST < 100 * 24 * 4 * 3 * 2
    assert list(more) == []
    assert not more.are_all
