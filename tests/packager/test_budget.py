from packager.budget import Budget
from packager.clock import ManualClock


def test_so_many_begin_in_any_minute() -> None:
    clock = ManualClock()
    budget = Budget(clock, per_minute=2)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    clock.advance(59)
    assert not budget.take()
    clock.advance(1)
    assert [budget.take() for _ in range(3)] == [True, True, False]


def test_nothing_begins_where_nothing_may() -> None:
    assert not Budget(ManualClock(), per_minute=0).take()
