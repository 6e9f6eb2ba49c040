"""Why a choice is what it is, in one plain sentence from its record."""

from fractions import Fraction

from packager.personalization.policy import Policy
from packager.personalization.record import DecisionRecord
from packager.personalization.settle import Chosen


def sentence(one: Chosen, record: DecisionRecord, policy: Policy | None) -> str:
    """Say why a session has a value of a choice.

    Args:
        one: The choice, as it was settled.
        record: That it is in.
        policy: By which it was settled; None: it is another one by now.
    """
    begin = f"You saw {one.value} for {one.choice}" if one.value else f"{one.choice} stayed empty"
    return f"{begin} because {_because(one, record, policy)}{_left_out(one)}."


def _because(one: Chosen, record: DecisionRecord, policy: Policy | None) -> str:
    choice = None if policy is None else policy.choices.get(one.choice)
    match one.how:
        case "pin":
            if choice is None or one.pin is None:
                return "an editor pinned it"
            pin = choice.pins[one.pin]
            return f"{pin.author} pinned it ({pin.reason})"
        case "answer":
            return "that was the answer"
        case "rule" if choice is not None:
            return f"the rule {choice.by} gives that{_facts(one, record, policy)}"
        case "rule":
            return "its rule gives that"
        case "floor":
            return f"some sessions get any value that is allowed, all alike{_odds(one)}"
        case "draw":
            return f"it was drawn{_odds(one)}"
        case "or":
            return "no other value was allowed"
        case _:
            return "no value was allowed"


def _odds(one: Chosen) -> str:
    chances = dict(one.chances)
    if len(chances) == 1:
        return ", the only value that was allowed"
    chance = chances.get(one.value, Fraction(0))
    return f", with a chance of {chance.numerator} in {chance.denominator}"


def _facts(one: Chosen, record: DecisionRecord, policy: Policy | None) -> str:
    """What the rule was told."""
    plan = next((p for p in policy.plans if p.choice.name == one.choice), None) if policy else None
    if plan is None or plan.by is None:
        return ""
    known = dict(record.settled.values) | dict(record.facts) | dict(record.buckets)
    told = [f"{name} was {known.get(name) or 'not known'}" for name in plan.by.reads]
    told += [f"{name} was an old value" for name in plan.by.reads if name in record.stale]
    return f", for {' and '.join(told)}" if told else ""


def _left_out(one: Chosen) -> str:
    told = [f"{value} could not be ({why})" for value, why in one.refused]
    return f"; {', '.join(told)}" if told else ""
