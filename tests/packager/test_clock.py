from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from packager.clock import Clock, ManualClock, SystemClock, unix_seconds


def test_the_system_clock_says_utc_and_does_not_go_back() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_a_manual_clock_goes_on_only_when_told() -> None:
    start = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    clock: Clock = ManualClock(start)
    assert (clock.now(), clock.monotonic()) == (start, 0.0)
    assert isinstance(clock, ManualClock)
    clock.advance(1.5)
    clock.advance(0.1)
    assert clock.now() == start + timedelta(seconds=1.6)
    assert clock.monotonic() == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "0.000000"),
        (datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC), "1795334400.123456"),
        (datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=UTC), "-0.500000"),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "0.000000"),
    ],
)
def test_an_instant_in_seconds_is_exact(at: datetime, seconds: str) -> None:
    assert str(unix_seconds(at)) == seconds
    assert isinstance(unix_seconds(at), Decimal)
