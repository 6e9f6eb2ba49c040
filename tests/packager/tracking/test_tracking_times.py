"""Times as clients are told them."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.dash.durations import read_duration
from packager.tracking.times import Span, clock, iso, rounded

CASES = {
    "nothing": ("0", "PT0S", "00:00:00"),
    "whole": ("15", "PT15S", "00:00:15"),
    "zeros at the end": ("15.500", "PT15.5S", "00:00:15.500"),
    "a third": ("0.3333333333", "PT0.333S", "00:00:00.333"),
    "an hour": ("3723.0009", "PT3723.001S", "01:02:03.001"),
    "large": ("1790000000.5", "PT1790000000.5S", "497222:13:20.500"),
}


@pytest.mark.parametrize(("seconds", "text", "vast"), CASES.values(), ids=CASES)
def test_times_are_written(seconds: str, text: str, vast: str) -> None:
    assert iso(Decimal(seconds)) == text
    assert clock(Decimal(seconds)) == vast


def test_a_time_before_the_start_is_negative_and_next_to_nothing_is_not() -> None:
    assert iso(Decimal("-5.25")) == "-PT5.25S"
    assert iso(Decimal("-0.0001")) == "PT0S"
    fields = Span(Decimal("-0.0001"), Decimal("0")).fields()
    assert str(fields["startTimeInSeconds"]) == "0.0"


SECONDS = st.decimals(0, 2_000_000_000, places=9)


@given(SECONDS, SECONDS, SECONDS)
def test_spans_agree_with_their_text_and_abut(first: Decimal, one: Decimal, two: Decimal) -> None:
    border, end = first + one, first + one + two
    before, after = Span(first, border), Span(border, end)
    assert before.end == after.start
    total = Decimal(0)
    for span in (before, after):
        fields = span.fields()
        for name in ("duration", "startTime"):
            seconds = read_duration(str(fields[name]))
            assert float(seconds) == fields[f"{name}InSeconds"]
        total += read_duration(str(fields["duration"]))
    assert total == rounded(end) - rounded(first)


@given(st.lists(st.fractions(-10, 10), min_size=2, max_size=9))
def test_rounding_keeps_the_order(exact: list[Fraction]) -> None:
    values = [rounded(Decimal(each.numerator) / each.denominator) for each in sorted(exact)]
    assert values == sorted(values)
