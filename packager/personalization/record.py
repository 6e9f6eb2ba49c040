"""The record of a decision: how a session's choices were settled and from what, without saying who.

Of a fact there is its value where that is one of few; of others only a bucket: between which powers
of two a number is, or that there was a text. What rules made of such a fact is there instead, so
that the choices can be settled once more (`packager.personalization.replay`). The session goes by
its handle, a keyed digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, get_args

import orjson

from packager.facts.values import write_value
from packager.parameters import Pairs
from packager.personalization.draws import key_id
from packager.personalization.policy import Policy
from packager.personalization.settle import Chosen, How, Moment, Settlement
from packager.personalization.settled import EMPTY, Settled
from packager.rules import Value

VERSION = 1
MAX_BYTES = 65_536


class RecordUnreadable(ValueError):
    """Bytes are not such a record, or one of a version that this release does not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What is kept of a settlement."""

    show: str
    policy: str  # digest of the policy
    key: str  # id of the key of draws
    who: str  # handle of the session
    at: datetime
    facts: Pairs  # those that were read, as far as they are one of few values
    buckets: Pairs = ()  # the others
    stale: tuple[str, ...] = ()  # facts whose feed had not been heard of for long
    outcomes: tuple[tuple[int, Value | None], ...] = ()  # what rules over buckets gave
    current: Pairs = ()  # what the session had before
    given: tuple[tuple[str, str, int], ...] = ()  # choice, value, how often within its cap
    answers: Pairs = ()
    chosen: tuple[Chosen, ...] = ()
    refused: tuple[str, ...] = ()  # assets
    settled: Settled = field(default_factory=Settled)


def bucket(value: Value) -> str:
    """In which bucket a value is."""
    if isinstance(value, int | float):
        size = abs(int(value))
        low = 1 << (size.bit_length() - 1) if size else 0
        return f"{'-' if value < 0 else ''}{low} to {max(2 * low - 1, low)}"
    return f"{len(value)} of them" if isinstance(value, tuple) else "said"


def make_record(
    policy: Policy,
    moment: Moment,
    settlement: Settlement,
    *,
    stale: tuple[str, ...] = (),
    buckets: Pairs | None = None,
) -> DecisionRecord:
    """Make the record of a settlement.

    Args:
        policy: By which it was made, as the next two.
        moment: From what.
        settlement: What came of it.
        stale: Facts among those of the moment that are.
        buckets: Of facts whose values are not known any more; None: all are known.
    """
    read = {name: moment.facts[name] for name in sorted(policy.reads)}
    if buckets is None:
        buckets = tuple(
            (name, bucket(value))
            for name, value in read.items()
            if name not in policy.telling and value != policy.facts[name].fallback
        )
    vague = {name for name, _ in buckets}
    caps = {name for name, choice in policy.choices.items() if choice.cap is not None}
    return DecisionRecord(
        show=policy.show,
        policy=policy.digest,
        key=key_id(moment.key),
        who=moment.who,
        at=moment.at,
        facts=tuple((name, write_value(read[name])) for name in read if name not in vague),
        buckets=buckets,
        stale=tuple(name for name in stale if name in read),
        outcomes=_outcomes(policy, settlement.outcomes, vague),
        current=tuple(sorted((n, v) for n, v in moment.current.items() if n in caps)),
        given=tuple(sorted((*key, times) for key, times in moment.given.items())),
        answers=tuple(sorted(moment.answers.items())),
        chosen=settlement.chosen,
        refused=settlement.settled.refused,
        settled=settlement.settled,
    )


def _outcomes(
    policy: Policy, outcomes: Mapping[str, Value | None], vague: set[str]
) -> tuple[tuple[int, Value | None], ...]:
    """What rules gave that ask for buckets; text that is no value is not told."""
    if not vague:
        return ()
    known = {value for choice in policy.choices.values() for value in choice.of}
    found: list[tuple[int, Value | None]] = []
    for number, text in enumerate(policy.rules):
        if text in outcomes and vague & policy.asked[text]:
            gave = outcomes[text]
            found.append((number, EMPTY if isinstance(gave, str) and gave not in known else gave))
    return tuple(found)


def write_record(record: DecisionRecord) -> bytes:
    """Encode a record; equal ones give equal bytes, in any process."""
    document = {
        "version": VERSION,
        "show": record.show,
        "policy": record.policy,
        "key": record.key,
        "who": record.who,
        "at": record.at.isoformat(),
        "facts": dict(record.facts),
        "buckets": dict(record.buckets),
        "stale": record.stale,
        "rules": record.outcomes,
        "current": dict(record.current),
        "given": record.given,
        "answers": dict(record.answers),
        "choices": [_written(one) for one in record.chosen],
        "refused": record.refused,
        "values": record.settled.values,
    }
    return bytes(memoryview(orjson.dumps({name: one for name, one in document.items() if one})))


def _written(one: Chosen) -> dict[str, object]:
    document: dict[str, object] = {
        "choice": one.choice,
        "value": one.value,
        "how": one.how,
        "allowed": one.allowed,
        "refused": one.refused,
        "chances": one.ratios,
    }
    return document if one.pin is None else document | {"pin": one.pin}


def read_record(data: bytes) -> DecisionRecord:
    """Decode what `write_record` wrote.

    Raises:
        RecordUnreadable: The bytes are damaged, or of another version.
    """
    try:
        if len(data) > MAX_BYTES:
            raise RecordUnreadable("a record of a decision is too large")
        document = orjson.loads(data)
        if document["version"] != VERSION:
            raise RecordUnreadable("a record of a decision of another version")
        at = datetime.fromisoformat(document["at"])
        if at.tzinfo is None:
            raise RecordUnreadable("a record of a decision without a time zone")
        refused = tuple(map(str, document.get("refused", ())))
        return DecisionRecord(
            show=str(document["show"]),
            policy=str(document["policy"]),
            key=str(document["key"]),
            who=str(document["who"]),
            at=at,
            facts=_pairs(document.get("facts", {}).items()),
            buckets=_pairs(document.get("buckets", {}).items()),
            stale=tuple(map(str, document.get("stale", ()))),
            outcomes=tuple((int(number), gave) for number, gave in document.get("rules", ())),
            current=_pairs(document.get("current", {}).items()),
            given=tuple((str(c), str(v), int(n)) for c, v, n in document.get("given", ())),
            answers=_pairs(document.get("answers", {}).items()),
            chosen=tuple(_read(one) for one in document.get("choices", ())),
            refused=refused,
            settled=Settled(_pairs(document.get("values", ())), refused),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise RecordUnreadable("a record of a decision is damaged") from error
    except RecordUnreadable:
        raise
    except ValueError as error:
        raise RecordUnreadable("a record of a decision is damaged") from error


def _read(one: Mapping[str, Any]) -> Chosen:
    how: How = get_args(How)[get_args(How).index(one["how"])]
    return Chosen(
        choice=str(one["choice"]),
        value=str(one["value"]),
        how=how,
        allowed=tuple(map(str, one["allowed"])),
        refused=_pairs(one["refused"]),
        ratios=tuple((str(value), _ratio(ratio)) for value, ratio in one["chances"]),
        pin=one.get("pin"),
    )


def _ratio(text: str) -> str:
    Fraction(text)  # raises where it is none
    return text


def _pairs(group: Any) -> Pairs:
    return tuple((str(name), str(value)) for name, value in group)
