"""E-02, E-03, E-05, E-06, E-08: what segment requests prove."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from packager.reporting.evidence import Seen
from packager.reporting.places import Position

COUNT, LENGTH = 5, 2  # segments, seconds each
QUARTILES = {"start": 0.0, "first": 2.5, "midpoint": 5.0, "third": 7.5, "complete": 10.0}


def position(number: int) -> Position:
    return Position(number, COUNT, Decimal(number * LENGTH), Decimal((number + 1) * LENGTH))


def segment_of(offset: float) -> int:
    return max(0, -int(-offset // LENGTH) - 1)


def seen(*requests: tuple[int, float], buffered_s: float = 0.0) -> Seen:
    state = Seen()
    for number, now in requests:
        state = state.with_request(position(number), now=now, buffered_s=buffered_s)
    return state


def due(state: Seen) -> dict[str, float | None]:
    return {name: state.due_at(offset, segment_of(offset)) for name, offset in QUARTILES.items()}


def test_nothing_is_seen_before_the_first_segment_was_asked_for() -> None:
    assert set(due(Seen()).values()) == {None}


def test_an_ad_starts_when_its_first_segment_is_asked_for() -> None:
    assert due(seen((0, 100.0))) == {
        "start": 100.0,
        "first": None,
        "midpoint": None,
        "third": None,
        "complete": None,
    }


def test_a_quartile_is_due_once_a_later_segment_was_asked_for_and_its_time_has_come() -> None:
    state = seen((0, 100.0), (1, 100.1))
    assert due(state)["first"] is None  # it lies in the segment that was asked for last
    state = seen((0, 100.0), (1, 100.1), (2, 100.2))
    assert due(state)["first"] == 102.5
    assert due(state)["midpoint"] is None


def test_the_last_segment_needs_nothing_behind_it_but_time() -> None:
    state = seen(*[(number, 100 + 2.0 * number) for number in range(COUNT)])
    assert due(state)["complete"] == 110.0
    late = seen(*[(number, 100 + 9.0 * number) for number in range(COUNT)])
    assert due(late)["complete"] == 138.0  # asked for at 136, two seconds long


def test_what_the_player_has_ahead_is_played_first() -> None:
    state = seen(*[(number, 100.0 + number) for number in range(COUNT)], buffered_s=6.0)
    assert due(state)["start"] == 106.0
    assert due(state)["complete"] == 116.0


def test_who_joins_in_mid_ad_has_seen_no_start_and_nothing_after_it_e_08() -> None:
    assert set(due(seen((2, 100.0), (3, 102.0), (4, 104.0))).values()) == {None}


def test_a_seek_over_a_part_ends_what_was_seen() -> None:
    state = seen((0, 100.0), (1, 101.0), (4, 102.0))
    assert due(state)["start"] == 100.0
    assert {due(state)[name] for name in ("first", "midpoint", "third", "complete")} == {None}


def test_repeats_and_other_renditions_change_nothing_e_06() -> None:
    state = seen((0, 100.0), (1, 101.0))
    assert state.with_request(position(0), now=150.0) is state
    assert state.with_request(position(1), now=151.0, buffered_s=9) is state


@given(st.lists(st.tuples(st.integers(0, COUNT - 1), st.floats(0, 50)), max_size=30))
def test_moments_are_seen_in_order_and_never_sooner_than_playing_takes(
    requests: list[tuple[int, float]],
) -> None:
    """E-02: what is proved stays proved, in order, and no moment before those before it."""
    state, at = Seen(), 0.0
    known: dict[str, float] = {}
    for number, step in requests:
        at += step
        state = state.with_request(position(number), now=at)
        told = due(state)
        assert all(told[name] is not None for name in known)
        known = {name: when for name, when in told.items() if when is not None}
        assert list(known) == list(QUARTILES)[: len(known)]
        times = [known[name] for name in known]
        assert times == sorted(times)
        for name, when in known.items():
            assert when >= known["start"] + QUARTILES[name]
