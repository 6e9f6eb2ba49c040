"""What a session store keeps, and its one encoding: short JSON arrays that begin with a version.

A reader takes the current version and the one before, so that processes of two releases can share
one store (a change adds a version here and drops the last but one). At rest a session is about
200 bytes and a decision about 150.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import orjson

from packager.parameters import Pairs, Parameters
from packager.personalization.settled import NOTHING, Settled
from packager.stores.fact_changes import Changed, FactChange, folded, kept_of, settled_after

RECORD_VERSION = 4
DECISION_VERSION = 3


class RecordError(ValueError):
    """Stored bytes are damaged, or of a version that this release does not read."""


@dataclass(frozen=True, slots=True)
class PodEntry:
    """One creative in a pod, by its content digest."""

    creative_id: str
    kind: Literal["ad", "slate", "bumper"] = "ad"
    is_tracked: bool = False  # somebody wants to be told when it plays


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one session sees in one break: once published it never changes (A-02, A-03)."""

    break_id: str
    out_at: Decimal  # seconds on the content clock
    in_at: Decimal  # as planned; an early return is the content's to say
    outcome: Literal["fill", "content"]
    pod: tuple[PodEntry, ...] = ()
    reason: str = ""  # a code of packager.reasons where the viewer gets less than planned
    # POSIX seconds: its ads were asked for then, before there was a break (`packager.prefetch`)
    prefetched_at: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """What is known of a session when it starts; of that, facts and choices alone may change."""

    sid: str  # 128 random bits, minted by the server, as base64url
    tenant: str
    show: str
    asset: str
    created_at: int  # POSIX seconds, as the next
    expires_at: int  # ends then, however busy
    idle_s: int  # ends after so many seconds without a request
    parameters: Parameters = field(default=Parameters(), repr=False)  # may say who the viewer is
    changes: tuple[FactChange, ...] = field(default=(), repr=False)  # in their order
    choices: Settled = NOTHING  # as they were settled at first
    forgotten_ms: int = 0  # when the latest change was that is not among `changes` any more

    @property
    def facts(self) -> Pairs:
        """What the viewer says of facts by now."""
        return folded(self.parameters.facts, self.changes)

    def facts_at(self, at_ms: int) -> Pairs:
        """What the viewer had said of facts at an instant, in POSIX milliseconds."""
        until = [change for change in self.changes if change.at_ms <= at_ms]
        return folded(self.parameters.facts, until)

    @property
    def settled(self) -> Settled:
        """Its choices as they are by now."""
        return settled_after(self.choices, self.changes)

    def settled_at(self, at_ms: int) -> Settled:
        """Its choices as they were at an instant, in POSIX milliseconds."""
        return settled_after(self.choices, [one for one in self.changes if one.at_ms <= at_ms])

    def changed(
        self, facts: Changed, at_ms: int, settled: Settled | None = None
    ) -> "SessionRecord":
        """The record after a change; one that comes late counts from the last one on.

        Args:
            facts: What is said now, or no more.
            at_ms: Since when, in POSIX milliseconds.
            settled: Its choices from then on; None: they stay.
        """
        if self.changes:
            at_ms = max(at_ms, self.changes[-1].at_ms)
        changes = (*self.changes, FactChange(at_ms, facts, settled))
        kept = kept_of(changes)
        gone = changes[: len(changes) - len(kept)]  # these count from the start
        return replace(
            self,
            parameters=replace(self.parameters, facts=folded(self.parameters.facts, gone)),
            changes=kept,
            choices=settled_after(self.choices, gone),
            forgotten_ms=gone[-1].at_ms if gone else self.forgotten_ms,
        )


@dataclass(frozen=True, slots=True)
class Resettled:
    """Choices that were settled anew, and the record of how."""

    settled: Settled
    record: bytes = field(repr=False)


# Settles the choices of a session; None: they are what they were. It may be called in any thread.
Settle = Callable[[SessionRecord], Resettled | None]


def change(
    record: SessionRecord, facts: Changed, at_ms: int, settle: Settle | None
) -> tuple[SessionRecord, bytes]:
    """Change a session's facts and settle its choices anew, as `Store.change_facts` does.

    Returns:
        The record after that, and the record of the choices; of these nothing where they stay.
    """
    changed = record.changed(facts, at_ms) if facts else record
    found = None if settle is None else settle(changed)
    if found is None:
        return changed, b""
    return record.changed(facts, at_ms, found.settled), found.record


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session as a store gives it back."""

    record: SessionRecord
    deadline: int  # POSIX seconds; gone then unless touched
    decisions: tuple[Decision, ...] = ()
    started_at_edge: Decimal | None = None  # live edge when the session began, content clock


def write_record(record: SessionRecord) -> bytes:
    """Encode a record, except its sid, which is the key it is stored under."""
    parameters = record.parameters
    return _packed(
        [
            RECORD_VERSION,
            record.tenant,
            record.show,
            record.asset,
            record.created_at,
            record.expires_at,
            record.idle_s,
            parameters.reporting,
            parameters.ads,
            parameters.manifest,
            parameters.player,
            parameters.facts,
            parameters.signalling,
            [_written_change(change) for change in record.changes],
            parameters.guided,
            _written_choices(record.choices),
            record.forgotten_ms,
        ]
    )


def read_record(sid: str, data: bytes) -> SessionRecord:
    """Decode what `write_record` wrote.

    Raises:
        RecordError: The bytes are damaged or of an unknown version.
    """
    fields = _fields(data, RECORD_VERSION, RECORD_VERSION - 1)
    try:
        tenant, show, asset, created_at, expires_at, idle_s, reporting, *more = fields
        ads, manifest, player, facts = map(_pairs, more[:4])
        signalling, changes, *rest = more[4:]
        guided, choices, forgotten_ms = rest or (False, (), 0)  # version 3 has none of them
        changed, settled = tuple(map(_read_change, changes)), _read_choices(choices)
    except (TypeError, ValueError) as error:
        raise RecordError("a stored session has the wrong fields") from error
    return SessionRecord(
        sid=sid,
        tenant=tenant,
        show=show,
        asset=asset,
        created_at=created_at,
        expires_at=expires_at,
        idle_s=idle_s,
        parameters=Parameters(
            ads=ads,
            manifest=manifest,
            player=player,
            facts=facts,
            reporting=reporting,
            signalling=signalling,
            guided=guided,
        ),
        changes=changed,
        choices=settled,
        forgotten_ms=forgotten_ms,
    )


def _written_change(change: FactChange) -> tuple[object, ...]:
    if change.settled is None:
        return (change.at_ms, change.facts)
    return (change.at_ms, change.facts, _written_choices(change.settled))


def _read_change(fields: Any) -> FactChange:
    at_ms, facts, *choices = fields
    return FactChange(int(at_ms), _pairs(facts), _read_choices(choices[0]) if choices else None)


def _written_choices(settled: Settled) -> list[object]:
    return [settled.values, settled.refused] if settled != NOTHING else []


def _read_choices(fields: Any) -> Settled:
    if not fields:
        return NOTHING
    values, refused = fields
    return Settled(_pairs(values), tuple(refused))


def write_decision(decision: Decision) -> bytes:
    """Encode a decision; decimals keep their digits."""
    return _packed(
        [
            DECISION_VERSION,
            decision.break_id,
            str(decision.out_at),
            str(decision.in_at),
            decision.outcome,
            decision.reason,
            [(entry.creative_id, entry.kind, int(entry.is_tracked)) for entry in decision.pod],
            None if decision.prefetched_at is None else str(decision.prefetched_at),
        ]
    )


def read_decision(data: bytes) -> Decision:
    """Decode what `write_decision` wrote.

    Raises:
        RecordError: The bytes are damaged or of an unknown version.
    """
    fields = _fields(data, DECISION_VERSION, DECISION_VERSION - 1)
    try:
        break_id, out_at, in_at, outcome, reason, pod, *more = fields
        (prefetched_at,) = more or (None,)  # version 2 says nothing of it
        return Decision(
            break_id=break_id,
            out_at=Decimal(out_at),
            in_at=Decimal(in_at),
            outcome=outcome,
            pod=tuple(PodEntry(name, kind, bool(is_tracked)) for name, kind, is_tracked in pod),
            reason=reason,
            prefetched_at=None if prefetched_at is None else Decimal(prefetched_at),
        )
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RecordError("a stored decision has the wrong fields") from error


def _packed(fields: list[object]) -> bytes:
    """Encode, and copy: what orjson returns keeps 4 KiB of its buffer alive behind 200 bytes."""
    return bytes(memoryview(orjson.dumps(fields)))


def _fields(data: bytes, *versions: int) -> list[Any]:
    """Return what follows the version number."""
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RecordError("stored bytes are not JSON") from error
    if not isinstance(fields, list) or not fields or fields[0] not in versions:
        raise RecordError(f"stored bytes are not of version {' or '.join(map(str, versions))}")
    return fields[1:]


def _pairs(group: Any) -> Any:
    """Pairs of names and values, as tuples."""
    return tuple((name, value) for name, value in group)
