"""What must hold of choices: names that exist, no circles, no value in vain, none left empty.

What rules come to is found out by trying the values of the facts that they ask for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from packager.config.choice_settings import CHOICES, MAX_VALUES, Choice
from packager.config.document import (
    ConfigError,
    Entries,
    Node,
    Place,
    Problem,
    Scalar,
    below,
    each,
)
from packager.config.fact_settings import FACT, Fact
from packager.config.settings import MapOf, suggestion
from packager.personalization.cases import Cases, cases_of
from packager.personalization.policy import (
    ChoiceCycle,
    Plan,
    Policy,
    kinds_of,
    make_policy,
    order_of,
    rules_of,
)
from packager.rules import Kind, RuleError, RuleFailed, Value, compile_rule

_facts = MapOf(FACT, check_name=str, named=True)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a document says of an asset."""

    tags: tuple[str, ...]
    rights: str | None


def choices_are_well_made(show: Entries) -> Iterator[Problem]:
    """Choices and rights can be settled, whoever comes; else what is wrong, and where."""
    try:
        facts = cast(Mapping[str, Fact], _read(show, "facts", _facts))
        choices = cast(Mapping[str, Choice], _read(show, "choices", CHOICES))
    except ConfigError:
        return  # told where they are read
    problems = [
        *_values_fit(show, facts, choices),
        *_rules_can_be_read(show, kinds_of(facts, choices), kinds_of(facts, {}), choices),
    ]
    yield from problems
    if problems:
        return
    try:
        order_of(choices)
    except ChoiceCycle as cycle:
        reason = f"is settled only after itself: {cycle}; let one of them ask for no other"
        yield Problem(_place(show, cycle.choices[0]), reason)
        return
    policy = make_policy("", facts, choices, _terms(show))
    yield from _shared_are_for_all(show, policy)
    yield from _values_are_given(show, policy)
    yield from _none_is_empty(show, policy)


def _read(show: Entries, key: str, read: MapOf) -> Mapping[str, object]:
    node = below(show, key)
    return {} if node is None else read(node)


def _terms(show: Entries) -> dict[str, _Terms]:
    assets = below(show, "assets")
    named = assets.values if isinstance(assets, Entries) else {}
    return {
        name: _Terms(
            tuple(map(_text, each(below(asset, "tags")))), _text(below(asset, "rights")) or None
        )
        for name, asset in named.items()
    }


def _values_fit(
    show: Entries, facts: Mapping[str, Fact], choices: Mapping[str, Choice]
) -> Iterator[Problem]:
    """What stands in a choice is about its own values."""
    for name, choice in choices.items():
        node = below(show, "choices", name)
        if name in facts:
            yield Problem(_place(show, name), "a fact has that name; rename one of the two")
        if not choice.of or len(choice.of) > MAX_VALUES or len(set(choice.of)) < len(choice.of):
            of = _place(show, name, "of")
            yield Problem(of, f"must be from 1 to {MAX_VALUES} values, none of them twice")
        if weights := below(node, "weigh"):
            for value, place in cast(Entries, weights).keys.items():
                if value not in choice.of:
                    yield Problem(place, f"no value {value!r}; {suggestion(value, choice.of)}")
            for value in choice.of:
                if value not in choice.weigh:
                    yield Problem(weights.place, f"does not weigh {value!r}; add `{value}: 1`")
            if choice.weigh and not any(choice.weigh.values()):
                yield Problem(weights.place, "lets nothing be drawn; some weight must not be 0")
        for pin in each(below(node, "pins")):
            pinned = below(pin, "value")
            if isinstance(pinned, Scalar) and pinned.text not in choice.of:
                hint = suggestion(pinned.text, choice.of)
                yield Problem(pinned.place, f"no value {pinned.text!r}; {hint}")
        if choice.otherwise in choice.of:
            place = _place(show, name, "or")
            yield Problem(place, "is one of `of`, none of which is allowed then; use another one")
        if choice.shared and choice.cap is not None:
            place = _place(show, name, "cap")
            yield Problem(place, "counts for each session; remove it, or `shared`")


def _rules_can_be_read(
    show: Entries,
    kinds: Mapping[str, Kind],
    fact_kinds: Mapping[str, Kind],
    choices: Mapping[str, Choice],
) -> Iterator[Problem]:
    """Rules ask for what there is, and give what they should."""
    rules: list[tuple[Node | None, Mapping[str, Kind], Kind]] = []
    for name, choice in choices.items():
        node = below(show, "choices", name)
        rules.append((below(node, "by"), kinds, choice.kind))
        rules += [(below(pin, "when"), kinds, "bool") for pin in each(below(node, "pins"))]
    rules += [(below(one, "rights"), fact_kinds, "bool") for one in each(below(show, "assets"))]
    for rule, names, gives in rules:
        if rule is not None and (text := _text(rule)):
            try:
                compile_rule(text, names, gives)
            except RuleError as error:
                yield Problem(rule.place, str(error))


def _shared_are_for_all(show: Entries, policy: Policy) -> Iterator[Problem]:
    """What everybody has depends on nothing of a viewer, rights included."""
    for plan in policy.plans:
        own = sorted(name for name in plan.reads if policy.facts[name].is_said)
        own += sorted(name for name in _choices_of(plan, policy) if not policy.choices[name].shared)
        if plan.choice.shared and own:
            place = _place(show, plan.choice.name)
            reason = f"is `shared`, and differs with {own[0]!r}; that would have to be shared too"
            by_rights = any(own[0] in rule.reads for rule in plan.rights.values())
            yield Problem(
                place, f"{reason} (the rights of an asset ask for it)" if by_rights else reason
            )


def _choices_of(plan: Plan, policy: Policy) -> set[str]:
    rules = [plan.by, *(rule for _, rule in plan.pins)]
    asked = {name for rule in rules if rule is not None for name in rule.reads}
    return (asked | {plan.beside or ""}) & policy.choices.keys()


def _values_are_given(show: Entries, policy: Policy) -> Iterator[Problem]:
    """A rule gives values of its choice, and each of them to somebody."""
    for plan in policy.plans:
        choice = plan.choice
        if plan.by is None:
            continue
        cases = _cases(plan.by.reads, policy, [*rules_of(choice)])
        given: set[str] = set()
        for case in cases:
            try:
                found = str(plan.by.settle(case))
            except RuleFailed:
                found = ""
            if found and found not in choice.of and found not in given:
                reason = f"gives {found!r} where {_told(case)}, which is not in `of`"
                yield Problem(_place(show, choice.name, "by"), reason)
            given.add(found)
        pinned = {pin.value for pin in choice.pins}
        drawn = "" in given or choice.floor > 0 or bool(choice.weigh)
        for value in () if drawn or not cases.are_all else choice.of:
            if value not in given and value not in pinned:
                reason = (
                    f"no rule gives {value!r}, and no pin; remove it, or add `floor` or weights"
                )
                yield Problem(_place(show, choice.name, "of"), reason)


def _none_is_empty(show: Entries, policy: Policy) -> Iterator[Problem]:
    """Whoever comes, some value is allowed, or there is one for those for whom none is."""
    for plan in policy.plans:
        choice, last = plan.choice, plan.choice.otherwise
        if any(value not in plan.rights for value in choice.values):
            continue
        names = sorted({name for rule in plan.rights.values() for name in rule.reads})
        for case in _cases(names, policy, [rule.text for rule in plan.rights.values()]):
            if not any(_holds(plan, value, case) for value in choice.values):
                hint = "let `or` be a value" if last is not None else "add `or:`, a value"
                reason = f"has no value that is allowed where {_told(case)}; {hint} without rights"
                yield Problem(_place(show, choice.name), reason)
                break


def _holds(plan: Plan, value: str, case: Mapping[str, Value]) -> bool:
    try:
        return plan.rights[value].settle(case) is True
    except RuleFailed:
        return False


def _cases(names: "tuple[str, ...] | list[str]", policy: Policy, rules: list[str]) -> Cases:
    return cases_of(names, policy.facts, policy.choices, rules)


def _told(case: Mapping[str, Value]) -> str:
    told = (
        f"{name} is {value!r}" if value != "" else f"{name} is not known"
        for name, value in case.items()
    )
    return ", ".join(told) or "anybody asks"


def _place(show: Entries, name: str, *keys: str) -> Place:
    node = below(show, "choices", name, *keys)
    return show.place if node is None else node.place


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
