from dataclasses import replace
from datetime import timedelta

import pytest
from beacon_bench import a_beacon
from hypothesis import given
from hypothesis import strategies as st

from packager.beacons import EVENTS, Beacon

OTHERS = {
    "session": {"session": "another"},
    "break": {"break_id": "b2"},
    "ad": {"ad": 1},
    "event": {"event": "start"},
    "url": {"template": "https://ads.example/other"},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_the_key_depends_on_session_break_ad_event_and_url(change: dict[str, object]) -> None:
    """E-03."""
    beacon = a_beacon()
    assert replace(beacon, **change).key != beacon.key  # type: ignore[arg-type]


def test_the_key_does_not_depend_on_what_is_new_each_time() -> None:
    """D-21: CACHEBUSTING and TIMESTAMP are new per request; it is the same beacon nevertheless."""
    beacon = a_beacon()
    again = replace(
        beacon,
        url=f"{beacon.url}&cb=12345678",
        owed_at=beacon.owed_at + timedelta(seconds=5),
        expires_at=beacon.expires_at + timedelta(seconds=5),
        headers=(("X-Device-IP", "192.0.2.1"),),
    )
    assert again.key == beacon.key


def test_a_key_is_the_same_in_every_release() -> None:
    """It is known for days: a new release must not send again what the old one sent."""
    assert a_beacon().key.hex() == "b789a323ebf0aebb7ae51f815a198a9e"


PARTS = st.tuples(st.text(), st.text(), st.integers(-1, 99), st.text(), st.text())


@given(PARTS, PARTS)
def test_two_beacons_have_one_key_only_if_their_parts_are_equal(
    one: tuple[str, str, int, str, str], two: tuple[str, str, int, str, str]
) -> None:
    names = ("session", "break_id", "ad", "event", "template")

    def beacon(parts: tuple[str, str, int, str, str]) -> Beacon:
        return a_beacon(**dict(zip(names, parts, strict=True)))  # type: ignore[arg-type]

    assert (beacon(one).key == beacon(two).key) == (one == two)


def test_no_part_runs_into_the_next() -> None:
    assert a_beacon(session="ab", break_id="c").key != a_beacon(session="a", break_id="bc").key
    assert a_beacon(break_id="b1", ad=12).key != a_beacon(break_id="b11", ad=2).key


def test_events_are_counted_by_their_names_and_unknown_ones_together() -> None:
    assert {a_beacon(event=event).kind for event in EVENTS} == EVENTS
    assert a_beacon(event="progress@5").kind == "progress"
    assert a_beacon(event="made-up-by-a-stranger").kind == "other"


def test_nothing_that_may_be_signed_is_printed() -> None:
    """D-23."""
    beacon = a_beacon(headers=(("X-Device-IP", "192.0.2.1"),))
    assert "https" not in repr(beacon)
    assert "192.0.2.1" not in repr(beacon)


def test_beacons_of_one_ad_have_one_lane() -> None:
    """E-02: their order is kept."""
    assert a_beacon(event="start").lane == a_beacon(event="complete").lane
    assert a_beacon(ad=1).lane != a_beacon(ad=2).lane
    assert -(2**63) <= a_beacon().lane < 2**63
