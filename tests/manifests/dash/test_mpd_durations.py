from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.dash.durations import read_duration, read_instant, write_duration, write_instant
from manifests.errors import ManifestError, MpdSyntaxError

DURATIONS = {
    "PT0S": "0",
    "PT10S": "10",
    "PT1.500000S": "1.500000",
    "PT0H0M8.000S": "8.000",
    "PT1H2M3.5S": "3723.5",
    "PT476022H9M": "1713679740",
    "P1D": "86400",
    "P0Y0M0DT0H3M30.000S": "210.000",
    "P2DT1M": "172860",
    "PT30M": "1800",
    "PT0.000000001S": "0.000000001",
    "PT95725984.571S": "95725984.571",
    "PT0.30000000000000004S": "0.30000000000000004",
    " PT1S\n": "1",
    "PT9999999999S": "9999999999",
}


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items(), ids=DURATIONS)
def test_durations_are_read_with_every_digit(text: str, seconds: str) -> None:
    assert f"{read_duration(text):f}" == seconds
    assert read_duration(write_duration(Decimal(seconds))) == Decimal(seconds)


NO_DURATIONS = {
    "": "not a duration",
    "P": "not a duration",
    "PT": "not a duration",
    "P1DT": "not a duration",
    "10": "not a duration",
    "PT10": "not a duration",
    "PT1S1M": "not a duration",
    "PT1.S": "not a duration",
    "PT.5S": "not a duration",
    "PT1,5S": "not a duration",
    "PT1.5M": "not a duration",
    "PT-1S": "not a duration",
    "P1W": "not a duration",
    "pt1s": "not a duration",
    "PTINFS": "not a duration",
    "PT\u0661S": "not a duration",
    "-PT1S": "a negative duration",
    "-PT0S": "a negative duration",
    "P1Y": "in years or months",
    "P1M": "in years or months",
    "PT9999999999S1D": "not a duration",
    "P1DT9999999999S": "more than 300 years",
    "P200000D": "more than 300 years",
    "PT0.1234567890123456789S": "not a duration",
    "PT" + "9" * 100_000 + "S": "not a duration",
}


@pytest.mark.parametrize(("text", "reason"), NO_DURATIONS.items(), ids=lambda text: text[:20])
def test_what_is_no_duration_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(MpdSyntaxError, match=reason):
        read_duration(text)


def test_durations_are_written_plainly() -> None:
    assert write_duration(Decimal("12.50")) == "PT12.5S"
    assert write_duration(Decimal("1E+2")) == "PT100S"
    assert write_duration(Decimal("1E-9")) == "PT0.000000001S"
    assert write_duration(Decimal("0.00")) == "PT0S"
    for nonsense in ("-1", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="no duration"):
            write_duration(Decimal(nonsense))


INSTANTS = {
    "1970-01-01T00:00:00Z": ("0", "1970-01-01T00:00:00Z"),
    "2026-01-01T00:10:12.250Z": ("1767226212.250", "2026-01-01T00:10:12.25Z"),
    "2022-11-09T17:26:18": ("1668014778", "2022-11-09T17:26:18Z"),
    "2020-05-13T05:34:06+00:00": ("1589348046", "2020-05-13T05:34:06Z"),
    "2020-05-13T05:34:06.1+02:00": ("1589340846.1", "2020-05-13T03:34:06.1Z"),
    "1969-12-31T23:59:59.5Z": ("-0.5", "1969-12-31T23:59:59.5Z"),
    "2016-12-31T23:59:60Z": ("1483228800", "2017-01-01T00:00:00Z"),
}


@pytest.mark.parametrize(("text", "known"), INSTANTS.items(), ids=INSTANTS)
def test_instants_are_seconds_since_1970(text: str, known: tuple[str, str]) -> None:
    seconds, written = known
    assert read_instant(text) == Decimal(seconds)
    assert write_instant(Decimal(seconds)) == written
    assert read_instant(written) == Decimal(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-01",
        "2026-13-01T00:00:00Z",
        "3000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "2026-01-01T00:00:00.1234567890123456789Z",
        "-2026-01-01T00:00:00Z",
        "T" * 100_000,
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_instant_is_an_error(text: str) -> None:
    with pytest.raises(MpdSyntaxError):
        read_instant(text)


def test_instants_out_of_the_calendar_are_not_written() -> None:
    with pytest.raises(ValueError, match="not in the years"):
        write_instant(Decimal(10**12))


@given(st.decimals(0, 9_999_999_999, places=18), st.decimals(0, 9_999_999_999, places=9))
def test_durations_and_their_sums_are_exact(one: Decimal, other: Decimal) -> None:
    assert read_duration(write_duration(one)) == one
    if one + other < 10**10:
        both = read_duration(write_duration(one + other))
        assert both - other == one


@given(st.decimals(-(10**9), 9_999_999_999, places=9))
def test_instants_come_back(at: Decimal) -> None:
    assert read_instant(write_instant(at)) == at


@given(st.text(max_size=40) | st.from_regex(r"-?P[0-9YMDTHS.:Z-]{0,30}", fullmatch=True))
def test_h_12_any_text_is_read_or_a_manifest_error(text: str) -> None:
    for read in (read_duration, read_instant):
        try:
            read(text)
        except ManifestError:
            continue
