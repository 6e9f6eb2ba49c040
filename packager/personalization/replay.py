"""A replay: choices settled once more from their record, and the record of that."""

from packager.facts.values import write_value
from packager.personalization.draws import key_id
from packager.personalization.policy import Policy
from packager.personalization.record import DecisionRecord, make_record
from packager.personalization.settle import Moment, settle_choices


class NotReplayable(ValueError):
    """A record is of other settings, or of a key that is not at hand; the text says which."""


def replayed(record: DecisionRecord, policy: Policy, keys: "tuple[bytes, ...]") -> DecisionRecord:
    """Settle what a record tells of once more; where nothing is amiss, it is equal.

    Args:
        record: Of a decision.
        policy: That of the show.
        keys: Of draws, in any order.

    Raises:
        NotReplayable: The show's settings have changed since, or the key is not among these.
    """
    if (record.show, record.policy) != (policy.show, policy.digest):
        raise NotReplayable("the show's facts, choices or rights are other ones than then")
    key = next((key for key in keys if key_id(key) == record.key), None)
    if key is None:
        raise NotReplayable("the key with which it was drawn is not among those configured")
    facts = {name: fact.fallback for name, fact in policy.facts.items()}
    try:
        # What is said of none, such as empty text, is no value that a fact can have.
        said = {n: text for n, text in record.facts if text != write_value(facts[n])}
        facts |= {name: policy.facts[name].read(text) for name, text in said.items()}
        known = {policy.rules[number]: gave for number, gave in record.outcomes}
    except (KeyError, IndexError, ValueError) as error:
        raise NotReplayable("the record tells of what these settings do not have") from error
    moment = Moment(
        facts=facts,
        key=key,
        who=record.who,
        at=record.at,
        current=dict(record.current),
        given={(choice, value): times for choice, value, times in record.given},
        answers=dict(record.answers),
        known=known,
    )
    return make_record(
        policy,
        moment,
        settle_choices(policy, moment),
        stale=record.stale,
        buckets=record.buckets,
    )
