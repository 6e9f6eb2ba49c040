from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.config.ad_settings import Cap
from packager.decisions import Omission
from packager.decisions.fill import Candidate, Name
from packager.decisions.frequency import SESSIONS, Exposures, allowance
from packager.session import Session
from packager.stores.records import Decision, PodEntry, SessionRecord

HOUR = Cap(times=3, per_s=3600)
ONCE = {"advertiser": Cap(times=1, per_s=100)}


def session(*decisions: Decision, sid: str = "s") -> Session:
    record = SessionRecord(
        sid=sid, tenant="t", show="news", asset="a", created_at=0, expires_at=9, idle_s=9
    )
    by_break = {decision.break_id: decision for decision in decisions}
    return Session(token="", record=record, decisions=by_break)


def decided(break_id: str, at: int, *creatives: str) -> Decision:
    pod = (*(PodEntry(creative) for creative in creatives), PodEntry("s", "slate"))
    return Decision(
        break_id=break_id, out_at=Decimal(at), in_at=Decimal(at), outcome="fill", pod=pod
    )


def candidate(id: str, **attributes: object) -> Candidate:
    return Candidate(id=id, duration=Fraction(10), **attributes)  # type: ignore[arg-type]


A = candidate("a", advertiser="acme", identities=frozenset({"ad-id 1"}))
B = candidate("b", advertiser="acme", categories=frozenset({"iab 1", "iab 2"}))


@pytest.mark.parametrize(
    ("times", "at", "allowed"),
    [
        ([], 0, 3),
        ([0, 0], 0, 1),
        ([0, 10, 20], 3599, 0),
        ([0, 10, 20], 3600, 1),
        ([0, 10, 20], 3620, 3),
        ([0, 0, 0, 0], 10, 0),
        ([5000], 4000, 2),  # a break before one that was decided
        ([0, 3000, 6000], 3100, 1),  # no stretch of an hour has more than two
        ([0, 3000, 3500], 3100, 0),
    ],
)
def test_no_stretch_of_content_has_more_than_the_cap(
    times: list[int], at: int, allowed: int
) -> None:
    assert allowance([Decimal(time) for time in times], Decimal(at), HOUR) == allowed


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 4), st.integers(1, 20))
def test_whatever_the_order_of_decisions_the_cap_holds_d_56(
    asked: list[int], times: int, per_s: int
) -> None:
    cap = Cap(times=times, per_s=per_s)
    given: list[Decimal] = []
    for at in map(Decimal, asked):
        room = allowance(given, at, cap)
        given += [at] * min(room, 1)
    for begin in given:
        assert sum(begin <= time < begin + per_s for time in given) <= times


def test_earlier_breaks_of_the_session_are_counted() -> None:
    exposures = Exposures()
    caps = {"creative": HOUR, "advertiser": HOUR, "category": HOUR}
    watched = session(decided("b1", 0, "a", "b"), decided("b2", 60, "a"), decided("b3", 9999, "a"))
    # What a creative's other names are is known when it is offered again.
    allowed = exposures.allowances(watched, "b4", Decimal(120), caps, [A, B])
    assert allowed == {
        ("creative", "a"): 1,
        ("creative", "ad-id 1"): 1,
        ("creative", "b"): 2,
        ("advertiser", "acme"): 0,
        ("category", "iab 1"): 2,
        ("category", "iab 2"): 2,
    }
    only = exposures.allowances(watched, "b4", Decimal(120), {"category": HOUR}, [A, B])
    assert only.keys() == {("category", "iab 1"), ("category", "iab 2")}
    assert exposures.allowances(watched, "b4", Decimal(120), {}, [A, B]) == {}


def test_a_break_is_not_counted_against_itself() -> None:
    exposures = Exposures()
    watched = session(decided("b1", 0, "a"))
    assert exposures.allowances(watched, "b1", Decimal(0), ONCE, [A]) == {("advertiser", "acme"): 1}


def test_breaks_that_are_decided_together_know_of_each_other() -> None:
    exposures, watched = Exposures(), session()
    name: Name = ("advertiser", "acme")
    assert exposures.allowances(watched, "b1", Decimal(50), ONCE, [A]) == {name: 1}
    exposures.note(watched, "b1", Decimal(50), ["a"])
    assert exposures.allowances(watched, "b0", Decimal(0), ONCE, [B]) == {name: 0}
    assert exposures.allowances(watched, "b9", Decimal(150), ONCE, [B]) == {name: 1}
    assert exposures.allowances(session(sid="o"), "b0", Decimal(0), ONCE, [B]) == {name: 1}


def test_what_the_store_has_stands() -> None:
    """Another process may have decided otherwise (A-03)."""
    exposures = Exposures()
    exposures.allowances(session(), "b1", Decimal(0), ONCE, [A])
    exposures.note(session(), "b1", Decimal(0), ["a"])
    content = replace(decided("b1", 0), outcome="content", pod=())
    allowed = exposures.allowances(session(content), "b2", Decimal(9), ONCE, [A])
    assert allowed == {("advertiser", "acme"): 1}


def test_what_cannot_play_is_not_asked_for() -> None:
    refused = replace(A, id="", refusal=Omission.CONDITIONAL)
    assert Exposures().allowances(session(), "b", Decimal(0), ONCE, [refused]) == {}


def test_what_is_kept_is_bounded() -> None:
    exposures = Exposures()
    for number in range(SESSIONS + 10):
        exposures.note(session(sid=str(number)), "b1", Decimal(0), ["a"])
    assert len(exposures._given) == SESSIONS
    watched = session()
    for number in range(50):
        exposures.note(watched, f"b{number}", Decimal(number), ["a"])
        watched = session(*watched.decisions.values(), decided(f"b{number}", number, "a"))
    assert len(exposures._given["s"]) == 1
