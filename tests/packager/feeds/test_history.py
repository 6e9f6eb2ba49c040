"""The value of a feed at any instant, and that what was answered once stays the answer."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from packager.feeds.history import History, Reading

START = datetime(2026, 11, 22, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_before_the_first_value_there_is_none() -> None:
    history = History(stale_s=60)
    assert history.at(at(0)) is None
    assert history.latest is None
    assert history.tell("0:0", at(10))
    assert history.at(at(9.9)) is None


def test_each_instant_has_the_value_of_its_time() -> None:
    history = History(stale_s=60)
    history.tell("0:0", at(0))
    history.tell("0:0", at(10))
    assert history.tell("1:0", at(20))
    assert history.at(at(19)) == Reading("0:0", at(0), stale=False)
    assert history.at(at(20)) == Reading("1:0", at(20), stale=False)
    assert history.latest == "1:0"


def test_a_value_that_nobody_confirms_becomes_stale() -> None:
    history = History(stale_s=60)
    history.tell(3, at(0))
    history.confirm(at(30))
    assert history.at(at(90)) == Reading(3, at(0), stale=False)
    assert history.at(at(90.1)) == Reading(3, at(0), stale=True)


def test_a_feed_that_comes_back_changes_nothing_in_the_past() -> None:
    history = History(stale_s=60)
    history.tell("a", at(0))
    assert not history.tell("a", at(100))
    assert history.at(at(80)) == Reading("a", at(0), stale=True)
    assert history.at(at(100)) == Reading("a", at(0), stale=False)


def test_a_feed_without_a_limit_is_never_stale() -> None:
    history = History(stale_s=None)
    history.tell(True, at(0))
    assert history.at(at(1e8)) == Reading(True, at(0), stale=False)


def test_numbers_and_booleans_are_different_values() -> None:
    history = History(stale_s=60)
    history.tell(True, at(0))
    assert history.tell(1, at(1))


def test_the_past_is_bounded() -> None:
    history = History(stale_s=60, entries=3)
    for second in range(10):
        history.tell(second, at(second))
    assert history.at(at(6)) is None
    assert history.at(at(7)) == Reading(7, at(7), stale=False)


def test_a_clock_that_was_set_back_leaves_an_order() -> None:
    history = History(stale_s=60)
    history.tell("a", at(100))
    history.tell("b", at(50))
    assert history.at(at(100)) == Reading("b", at(100), stale=False)
    assert history.at(at(99)) is None


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("ab")), max_size=30))
def test_what_was_answered_once_stays_the_answer(steps: list[tuple[int, str]]) -> None:
    """A-02: what was published of a moment does not depend on when it is asked for."""
    history = History(stale_s=20)
    now, answered = 0, []
    for wait, value in steps:
        now += wait + 1
        answered.append((at(now - 0.5), history.at(at(now - 0.5))))
        history.tell(value, at(now))
        answered.append((at(now), history.at(at(now))))
        assert all(history.at(instant) == reading for instant, reading in answered)
