"""What viewers say of facts, and what is taken of it (failures.md, part 2, 29 and 34)."""

from starlette.datastructures import Headers

from packager.config.fact_settings import Fact
from packager.facts.said import Said, take

FACTS = {
    fact.name: fact
    for fact in (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="minutes", kind="int"),
        Fact(name="country", kind="string", max_characters=2, header="X-Country"),
        Fact(name="club", kind="string", consent="personalise"),
    )
}


def consenting(purpose: str) -> bool:
    return True


def refusing(purpose: str) -> bool:
    return False


def test_what_is_said_is_taken_in_its_canonical_form() -> None:
    said = take(FACTS, (("minutes", "015"), ("theme", "dark")), permits=consenting)
    assert said == Said((("minutes", "15"), ("theme", "dark")))


def test_what_is_no_fact_is_dropped() -> None:
    assert take(FACTS, (("utm_source", "mail"),), permits=consenting) == Said()


def test_a_value_that_a_fact_cannot_have_counts_as_not_said() -> None:
    said = take(FACTS, (("minutes", "many"), ("theme", "grey")), permits=consenting)
    assert said == Said((), ("minutes", "theme"))


def test_without_consent_a_fact_that_needs_it_is_not_known() -> None:
    said = (("club", "reds"), ("minutes", "5"))
    assert take(FACTS, said, permits=consenting).pairs == said
    assert take(FACTS, said, permits=refusing) == Said((("minutes", "5"),))


def test_a_header_says_a_fact_that_nothing_else_says() -> None:
    headers = Headers({"x-country": " se ", "x-theme": "dark"})
    assert take(FACTS, (), headers, permits=consenting).pairs == (("country", "se"),)
    said = take(FACTS, (("country", "no"),), headers, permits=consenting)
    assert said.pairs == (("country", "no"),)


def test_a_header_is_bounded_like_a_parameter() -> None:
    for value in ("norway", "n<", "é"):
        headers = Headers(raw=[(b"x-country", value.encode("latin-1"))])
        said = take(FACTS, (), headers, permits=consenting)
        assert said.pairs in ((), (("country", "é"),))
        assert said.refused == (() if said.pairs else ("country",))
