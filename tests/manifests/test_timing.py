from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import ManifestError
from manifests.timing import (
    fits_target,
    format_date_time,
    read_date_time,
    round_half_up,
    to_seconds,
)

INSTANTS = {
    "milliseconds": ("2026-01-01T00:10:12.000Z", "1767226212"),
    "no fraction": ("2026-01-01T00:10:12Z", "1767226212"),
    "every digit counts": (
        "2026-01-01T00:10:12.123456789012345678901234567891Z",
        "1767226212.123456789012345678901234567891",
    ),
    "offset to the east": ("2026-01-01T02:10:12+02:00", "1767226212"),
    "offset to the west": ("2025-12-31T18:40:12.5-05:30", "1767226212.5"),
    "offset without a colon": ("2026-01-01T02:10:12+0200", "1767226212"),
    "offset without minutes": ("2026-01-01T02:10:12+02", "1767226212"),
    "lower case": ("2026-01-01t00:10:12z", "1767226212"),
    "a blank for the T, and no zone": ("2026-01-01 00:10:12", "1767226212"),
    "a comma": ("2026-01-01T00:10:12,25Z", "1767226212.25"),
    "leap day": ("2024-02-29T00:00:00Z", "1709164800"),
    "leap second": ("2016-12-31T23:59:60Z", "1483228800"),
    "before 1970": ("1969-12-31T23:59:59.25Z", "-0.75"),
    "the first year": ("0001-01-01T00:00:00Z", "-62135596800"),
}


@pytest.mark.parametrize(("text", "seconds"), INSTANTS.values(), ids=INSTANTS)
def test_a_date_and_time_is_read_exactly(text: str, seconds: str) -> None:
    assert read_date_time(text) == Decimal(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Z\n",
        "20260101T000000Z",
        "٢٠٢٦-01-01T00:00:00Z",
        "2026-01-01T00:00:00." + "1" * 5000 + "Z",
    ],
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        read_date_time(text)


def test_an_instant_is_formatted_to_the_millisecond_and_half_goes_up() -> None:
    assert format_date_time(Decimal("1767226212")) == "2026-01-01T00:10:12.000Z"
    assert format_date_time(Decimal("1767226211.9995")) == "2026-01-01T00:10:12.000Z"
    assert format_date_time(Decimal("1767226212.00049999")) == "2026-01-01T00:10:12.000Z"
    assert format_date_time(Decimal("-0.75")) == "1969-12-31T23:59:59.250Z"


@pytest.mark.parametrize("seconds", ["253402300800", "253402300799.9999", "-62135596801", "1E+40"])
def test_an_instant_outside_of_the_calendar_is_refused(seconds: str) -> None:
    with pytest.raises(ManifestError, match="years 1 to 9999"):
        format_date_time(Decimal(seconds))


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_998))
def test_what_is_formatted_is_read_back(milliseconds: int) -> None:
    at = Decimal(milliseconds).scaleb(-3)
    assert read_date_time(format_date_time(at)) == at


@given(st.text(alphabet="0123456789-+:.,TtZz ", max_size=40) | st.text(max_size=40))
def test_any_text_is_an_instant_or_a_manifest_error(text: str) -> None:
    try:
        at = read_date_time(text)
    except ManifestError:
        return
    assert at.is_finite()


@pytest.mark.parametrize(
    ("duration", "target", "fits"),
    [("6.49", 6, True), ("6.5", 6, False), ("6.499999999999999999999", 6, True), ("7.5", 7, False)],
)
def test_a_24_half_a_second_more_than_the_target_is_too_long(
    duration: str, target: int, fits: bool
) -> None:
    assert fits_target(Decimal(duration), target) is fits
    assert round_half_up(Decimal(duration)) == target + (not fits)


FRACTIONS = {
    "whole": (Fraction(1000), "1000"),
    "ticks of 10 MHz": (Fraction(12_650, 10_000_000), "0.001265"),
    "before": (Fraction(-1, 8), "-0.125"),
    "no end: to the nanosecond": (Fraction(2, 3), "0.666666667"),
    "no end, before": (Fraction(-2, 90_000), "-0.000022222"),
    "more digits than are kept": (Fraction(1, 2**20), "0.000000954"),
    "as far as it goes": (Fraction(10**12), "1000000000000"),
}


@pytest.mark.parametrize(("exact", "seconds"), FRACTIONS.values(), ids=FRACTIONS)
def test_a_fraction_is_written_as_seconds(exact: Fraction, seconds: str) -> None:
    assert f"{to_seconds(exact):f}" == seconds


@given(st.fractions(-(10**12), 10**12))
def test_seconds_are_within_half_a_nanosecond(exact: Fraction) -> None:
    assert abs(Fraction(to_seconds(exact)) - exact) <= Fraction(1, 2 * 10**9)


def test_what_no_clock_counts_is_refused() -> None:
    with pytest.raises(ManifestError):
        to_seconds(Fraction(10**30, 7))
