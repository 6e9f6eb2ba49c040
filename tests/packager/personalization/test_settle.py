"""How choices are settled: rights, pins, answers, rules, draws, in that order."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from shows import KEY, policy

from packager.personalization.draws import draw_key
from packager.personalization.policy import Policy
from packager.personalization.settle import Chosen, Moment, Settlement, settle_choices
from packager.rules import Value

AT = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def moment(policy: Policy, who: str = "ann", **settings: object) -> Moment:
    facts: dict[str, Value] = {name: fact.fallback for name, fact in policy.facts.items()}
    facts |= settings.pop("facts", {})  # type: ignore[arg-type]
    return Moment(**{"facts": facts, "key": KEY, "who": who, "at": AT} | settings)  # type: ignore[arg-type]


def settled(policy: Policy, who: str = "ann", **settings: object) -> Settlement:
    return settle_choices(policy, moment(policy, who, **settings))


def chosen(policy: Policy, name: str, who: str = "ann", **settings: object) -> Chosen:
    return next(one for one in settled(policy, who, **settings).chosen if one.choice == name)


LOOK = """
facts: {theme: {type: string, of: [light, dark]}, country: string}
assets:
  north: {file: CLIP, rights: 'country in ["SE", "NO"]'}
  south: {file: CLIP, rights: 'country == "IT"'}
choices:
  look:
    of: [light, dark, sepia]
    by: 'theme == "dark" ? "dark" : theme == "light" ? "light" : ""'
    weigh: {light: 1, dark: 0, sepia: 3}
    pins:
      - {value: sepia, when: 'country == "SE"', author: ann, reason: film week, until: 2026-11-22}
      - {value: light, when: 'country == "NO"', author: bob, reason: derby, until: 2026-11-21}
  opener: {of: [north, south], or: plain}
"""


@pytest.mark.parametrize(
    ("facts", "value", "how"),
    [
        ({"theme": "dark"}, "dark", "rule"),
        ({"theme": "dark", "country": "SE"}, "sepia", "pin"),
        ({"theme": "dark", "country": "NO"}, "dark", "rule"),  # that pin is over
    ],
)
def test_a_pin_goes_before_the_rule_as_long_as_it_lasts(
    tmp_path: Path, facts: Mapping[str, Value], value: str, how: str
) -> None:
    found = chosen(policy(tmp_path, LOOK), "look", facts=facts)
    assert (found.value, found.how) == (value, how)
    assert found.chances == (
        ((value, Fraction(1)),) if how == "pin" else (("light", 0), ("dark", 1), ("sepia", 0))
    )


def test_an_answer_goes_before_the_rule_and_after_the_pin(tmp_path: Path) -> None:
    made, answers = policy(tmp_path, LOOK), {"look": "light"}
    found = chosen(made, "look", facts={"theme": "dark"}, answers=answers)
    assert (found.value, found.how) == ("light", "answer")
    assert chosen(made, "look", facts={"country": "SE"}, answers=answers).how == "pin"
    assert chosen(made, "look", facts={"theme": "dark"}, answers={"look": "?"}).how == "rule"


def test_where_the_rule_says_nothing_weights_do_and_the_chances_are_known(tmp_path: Path) -> None:
    made = policy(tmp_path, LOOK)
    found = [chosen(made, "look", str(n)) for n in range(200)]
    assert {one.value for one in found} == {"light", "sepia"}
    assert {one.how for one in found} == {"draw"}
    chances = (("light", Fraction(1, 4)), ("dark", 0), ("sepia", Fraction(3, 4)))
    assert {one.chances for one in found} == {chances}


@pytest.mark.parametrize(
    ("country", "value", "how", "refused"),
    [
        ("SE", "north", "draw", ["south"]),
        ("IT", "south", "draw", ["north"]),
        ("US", "plain", "or", ["north", "south"]),
    ],
)
def test_an_asset_without_its_rights_is_no_value(
    tmp_path: Path, country: str, value: str, how: str, refused: list[str]
) -> None:
    done = settled(policy(tmp_path, LOOK), facts={"country": country})
    found = next(one for one in done.chosen if one.choice == "opener")
    assert (found.value, found.how) == (value, how)
    assert [one for one, _ in found.refused] == refused
    assert dict(found.refused)[refused[0]].startswith("rights: country")
    assert done.settled.refused == tuple(sorted(refused))
    assert not done.settled.allowed(refused[0])
    assert done.settled.asset("{opener}") == value


def test_a_rule_that_gives_what_is_not_allowed_leaves_it_to_the_draw(tmp_path: Path) -> None:
    made = policy(
        tmp_path,
        """
facts: {country: {type: string, of: [SE, IT]}}
assets: {north: {file: CLIP, rights: 'country == "SE"'}}
choices: {opener: {of: [north, plain], by: '"north"', floor: 0.0001}}
""",
    )
    assert chosen(made, "opener", facts={"country": "SE"}).value == "north"
    found = chosen(made, "opener", facts={"country": "IT"})
    assert (found.value, found.allowed) == ("plain", ("plain",))


def test_a_rule_may_ask_for_other_choices_wherever_they_stand(tmp_path: Path) -> None:
    made = policy(
        tmp_path,
        """
facts: {minutes: int}
choices:
  cut: {of: [short, long], by: 'length > 200 ? "long" : "short"'}
  length: {of: [120, 300, 600], by: 'minutes < 3 ? 120 : minutes < 8 ? 300 : 600'}
""",
    )
    done = settled(made, facts={"minutes": 5})
    assert done.settled.values == (("cut", "long"), ("length", "300"))
    assert settled(made, facts={"minutes": 1}).settled.value("cut") == "short"


SHARED = """
facts:
  state:
    type: string
    shared: true
    feed: {secret: "a feed's secret of more than 32 characters"}
choices:
  block: {of: [a, b, c], shared: true, weigh: {a: 1, b: 1, c: 1}, floor: 0.5}
  extra: {of: [x, y], shared: true, by: 'state == "goal" && block != "" ? "x" : "y"'}
"""


def test_a_shared_choice_is_the_same_for_all(tmp_path: Path) -> None:
    made = policy(tmp_path, SHARED)
    found = {settled(made, str(n)).settled for n in range(300)}
    assert len(found) == 1
    others = {
        settle_choices(made, moment(made, key=draw_key(str(n) * 32))).settled for n in range(60)
    }
    assert len(others) == 3  # each value for somebody's key


def test_the_floor_gets_its_share_and_goes_by_no_rule(tmp_path: Path) -> None:
    made = policy(
        tmp_path,
        """
facts: {theme: {type: string, of: [light, dark]}}
choices: {look: {of: [light, dark], by: 'theme == "dark" ? "dark" : "light"', floor: 0.2}}
""",
    )
    found = [chosen(made, "look", str(n), facts={"theme": "dark"}) for n in range(4000)]
    assert found[0].chances == (("light", Fraction(1, 10)), ("dark", Fraction(9, 10)))
    light = [one for one in found if one.value == "light"]
    assert {one.how for one in light} == {"floor"}
    assert abs(len(light) - 400) < 5 * 19
    assert {one.how for one in found} == {"floor", "rule"}


CAPPED = """
facts: {theme: {type: string, of: [light, dark]}}
choices: {look: {of: [light, dark], by: 'theme == "dark" ? "dark" : "light"', cap: 2/day}}
"""


def test_a_value_that_came_often_enough_comes_no_more_but_may_stay(tmp_path: Path) -> None:
    made, often = policy(tmp_path, CAPPED), {("look", "dark"): 2}
    found = chosen(made, "look", facts={"theme": "dark"}, given=often)
    assert (found.value, found.refused) == ("light", (("dark", "cap: 2/day"),))
    stays = {"current": {"look": "dark"}, "given": often}
    assert chosen(made, "look", facts={"theme": "dark"}, **stays).value == "dark"
    assert (
        chosen(made, "look", facts={"theme": "dark"}, given={("look", "dark"): 1}).value == "dark"
    )


APART = """
assets:
  acme: {file: CLIP, tags: [car, fast]}
  zeta: {file: CLIP, tags: [car]}
  milk: {file: CLIP, tags: [food]}
choices:
  first: {of: [acme, milk], apart: tags}
  between: {of: [x, y]}
  second: {of: [zeta, milk], apart: tags}
  third: {of: [zeta], apart: tags}
"""


def test_neighbours_have_no_tag_in_common_whatever_is_drawn(tmp_path: Path) -> None:
    made = policy(tmp_path, APART)
    tags = {"acme": {"car", "fast"}, "zeta": {"car"}, "milk": {"food"}, "": set[str]()}
    seen = set()
    for n in range(200):
        values = [settled(made, str(n)).settled.value(one) for one in ("first", "second", "third")]
        seen.add(tuple(values))
        for one, other in pairwise(values):
            assert not tags[one] & tags[other]
    assert seen == {("acme", "milk", "zeta"), ("milk", "zeta", "")}
    second = next(c for n in range(9) if (c := chosen(made, "second", str(n))).value == "milk")
    assert second.refused == (("zeta", "apart: acme has car too"),)


def test_a_rule_that_fails_counts_as_silent_and_rights_that_fail_as_refused(tmp_path: Path) -> None:
    made = policy(
        tmp_path,
        """
facts: {minutes: int}
assets: {a: {file: CLIP, rights: '10 / minutes > 1'}}
choices: {look: {of: [a, b], by: '10 / minutes > 1 ? "a" : "b"'}}
""",
    )
    found = chosen(made, "look")
    assert (found.value, found.how, found.allowed) == ("b", "draw", ("b",))
    assert chosen(made, "look", facts={"minutes": 2}).value == "a"


def test_equal_settings_make_policies_of_one_digest_and_others_do_not(tmp_path: Path) -> None:
    digests = {policy(tmp_path, text).digest for text in (LOOK, SHARED, CAPPED, APART)}
    assert policy(tmp_path, LOOK).digest in digests
    assert len(digests) == 4
    assert policy(tmp_path, LOOK.replace("sepia: 3", "sepia: 4")).digest not in digests
    assert policy(tmp_path, LOOK.replace('== "IT"', '!= "IT"')).digest not in digests
