from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.parameters import Parameters
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
    b'[2,"default","news","live/index.m3u8",1700000000,1700086400,600,"server",'
    b'[["zone","7"]],[["start","a"]],[],[["theme","dark"]],true]'
)
EARLIER_RECORD = (
    b'[1,"default","news","live/index.m3u8",1700000000,1700086400,600,"server",'
    b'[["zone","7"]],[["start","a"]],[],[["theme","dark"]]]'
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


def test_a_record_of_the_version_before_says_nothing_of_signalling() -> None:
    untold = replace(RECORD, parameters=replace(RECORD.parameters, signalling=None))
    assert read_record(RECORD.sid, EARLIER_RECORD) == untold


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
    "of a later version": b"[3" + GOLDEN_RECORD[2:],
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
