from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.parameters import Parameters
from packager.personalization.settled import Settled
from packager.stores.fact_changes import MAX_BYTES, MAX_CHANGES
from packager.stores.records import (
    Decision,
    PodEntry,
    RecordError,
    SessionRecord,
    read_decision,
    read_record,
    write_decision,
    write_record,
)

RECORD = SessionRecord(
    sid="AAECAwQFBgcICQoLDA0ODw",
    tenant="default",
    show="news",
    asset="live/index.m3u8",
    created_at=1_700_000_000,
    expires_at=1_700_086_400,
    idle_s=600,
    parameters=Parameters(
        ads=(("zone", "7"),),
        manifest=(("start", "a"),),
        facts=(("theme", "dark"),),
        signalling=True,
    ),
)
DECISION = Decision(
    break_id="b1",
    out_at=Decimal("1700000012.480"),
    in_at=Decimal("1700000042.480"),
    outcome="fill",
    pod=(PodEntry("9f86d081884c7d65"), PodEntry("black", "slate")),
)
TRACKED = replace(DECISION, pod=(PodEntry("9f86d081884c7d65", is_tracked=True), DECISION.pod[1]))
PREFETCHED = replace(TRACKED, prefetched_at=Decimal("1699999900.5"))

# What release 0.1 wrote. A later release that cannot read these breaks sessions at its deployment.
GOLDEN_RECORD = (
    b'[4,"default","news","live/index.m3u8",1700000000,1700086400,600,"server",'
    b'[["zone","7"]],[["start","a"]],[],[["theme","dark"]],true,[],false,[],0]'
)
EARLIER_RECORD = (
    b'[3,"default","news","live/index.m3u8",1700000000,1700086400,600,"server",'
    b'[["zone","7"]],[["start","a"]],[],[["theme","dark"]],true,[]]'
)
CHANGED_RECORD = GOLDEN_RECORD.replace(
    b"true,[],false,[],0]",
    b'true,[[1700000010000,[["theme","light"],["club","reds"]]],[1700000020000,[["club",null]]]],'
    b"false,[],0]",
)
GOLDEN_DECISION = (
    b'[3,"b1","1700000012.480","1700000042.480","fill","",'
    b'[["9f86d081884c7d65","ad",1],["black","slate",0]],"1699999900.5"]'
)
EARLIER_DECISION = (
    b'[2,"b1","1700000012.480","1700000042.480","fill","",'
    b'[["9f86d081884c7d65","ad",1],["black","slate",0]]]'
)


def test_a_record_is_written_and_read_as_release_0_1_did() -> None:
    assert write_record(RECORD) == GOLDEN_RECORD
    assert read_record(RECORD.sid, GOLDEN_RECORD) == RECORD


def test_a_record_of_the_version_before_knows_of_no_choices_and_no_guided_sessions() -> None:
    assert read_record(RECORD.sid, EARLIER_RECORD) == RECORD


def test_changes_of_facts_are_kept_with_their_instants() -> None:
    at = RECORD.created_at * 1000
    changed = RECORD.changed((("theme", "light"), ("club", "reds")), at + 10_000)
    changed = changed.changed((("club", None),), at + 20_000)
    assert write_record(changed) == CHANGED_RECORD
    assert read_record(RECORD.sid, CHANGED_RECORD) == changed
    assert changed.facts == (("theme", "light"),)
    assert changed.facts_at(at) == changed.facts_at(at + 9_999) == (("theme", "dark"),)
    assert changed.facts_at(at + 10_000) == (("club", "reds"), ("theme", "light"))
    assert changed.facts_at(at + 20_000) == changed.facts


def test_a_change_by_a_clock_that_is_behind_counts_from_the_one_before_on() -> None:
    changed = RECORD.changed((("theme", "light"),), 2000).changed((("theme", "grey"),), 1000)
    assert changed.facts_at(1999) == (("theme", "dark"),)
    assert changed.facts_at(2000) == changed.facts == (("theme", "grey"),)


def test_changes_are_bounded_in_number_and_size_and_the_latest_stands() -> None:
    many = few = RECORD
    for number in range(100):
        many = many.changed((("minutes", str(number)),), number)
        few = few.changed((("club", f"{number:02}" * 128),), number)
    assert len(many.changes) == MAX_CHANGES
    assert many.facts == (("minutes", "99"), ("theme", "dark"))
    assert many.facts_at(90) == (("minutes", "90"), ("theme", "dark"))
    assert len(write_record(few)) < MAX_BYTES + 1000
    assert few.facts == (("club", "99" * 128), ("theme", "dark"))


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.none() | st.text("xy", max_size=3)), max_size=30
    )
)
def test_facts_are_what_was_said_last_whatever_is_forgotten(
    said: list[dict[str, str | None]],
) -> None:
    record, words = RECORD, dict[str, str | None](RECORD.parameters.facts)
    for number, facts in enumerate(said):
        record = read_record(RECORD.sid, write_record(record.changed(tuple(facts.items()), number)))
        words |= facts
    assert dict(record.facts) == {name: value for name, value in words.items() if value is not None}


def test_a_decision_is_written_and_read_as_release_0_1_did() -> None:
    assert write_decision(PREFETCHED) == GOLDEN_DECISION
    assert read_decision(GOLDEN_DECISION) == PREFETCHED
    assert str(read_decision(GOLDEN_DECISION).out_at) == "1700000012.480"


def test_a_decision_of_the_version_before_says_nothing_of_prefetching() -> None:
    assert read_decision(EARLIER_DECISION) == TRACKED


def test_a_session_is_small_at_rest() -> None:
    assert len(write_record(RECORD)) + len(write_decision(DECISION)) < 500


DAMAGED = {
    "empty": b"",
    "cut off": GOLDEN_RECORD[:-1],
    "of a later version": b"[5" + GOLDEN_RECORD[2:],
    "no array": b'{"v":1}',
    "an empty array": b"[]",
    "too few fields": b"[1]",
    "too many fields": GOLDEN_RECORD[:-1] + b",[]]",
    "a number where a list is": GOLDEN_RECORD.replace(b'[["zone","7"]]', b"5"),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_damaged_bytes_are_an_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(RecordError):
        read_record(RECORD.sid, data)
    with pytest.raises(RecordError):
        read_decision(data)


def test_a_decision_with_no_number_for_a_time_is_an_error() -> None:
    with pytest.raises(RecordError):
        read_decision(GOLDEN_DECISION.replace(b"1700000012.480", b"soon"))


def test_what_a_viewer_sent_is_not_printed_with_the_record() -> None:
    assert "zone" not in repr(RECORD)


texts = st.text(st.characters(codec="utf-8"))
times = st.decimals(allow_nan=False, allow_infinity=False)


@given(
    break_id=texts,
    out_at=times,
    in_at=times,
    outcome=st.sampled_from(["fill", "content"]),
    pod=st.lists(st.builds(PodEntry, texts, st.sampled_from(["ad", "slate", "bumper"]))),
)
def test_any_decision_is_read_back_as_written(
    break_id: str,
    out_at: Decimal,
    in_at: Decimal,
    outcome: Literal["fill", "content"],
    pod: list[PodEntry],
) -> None:
    decision = Decision(
        break_id=break_id, out_at=out_at, in_at=in_at, outcome=outcome, pod=tuple(pod)
    )
    data = write_decision(decision)
    assert read_decision(data) == decision
    assert b"\n" not in data  # the memory store relies on it


def test_choices_are_kept_with_their_instants_and_the_oldest_count_from_the_start() -> None:
    record = replace(RECORD, choices=Settled((("look", "0"),), ("north",)))
    assert read_record(record.sid, write_record(record)) == record
    for number in range(1, 40):
        record = record.changed((), number, Settled((("look", str(number)),)))
        record = read_record(record.sid, write_record(record))
        assert record.settled.value("look") == str(number)
    assert len(record.changes) == MAX_CHANGES
    assert record.choices.value("look") == str(39 - MAX_CHANGES)
    assert record.forgotten_ms == 39 - MAX_CHANGES
    assert record.settled_at(30).value("look") == "30"
    assert record.changed((("theme", "grey"),), 50).settled.value("look") == "39"
    empty = record.changed((), 60, Settled())  # what was refused before may be shown again
    assert read_record(empty.sid, write_record(empty)).settled == Settled()
