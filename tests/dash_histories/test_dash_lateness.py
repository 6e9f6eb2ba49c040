"""What the judge knows of sets that are late, and origins that have such sets (B-04)."""

from fractions import Fraction

import pytest
from dash_lateness import Lateness
from mpd_text import read
from random_mpds import MpdOrigin, MpdTraits

CUT = Fraction(61)  # inside a segment of 2 s


def seen(traits: MpdTraits) -> Lateness:
    """An origin as a poll every second shows it."""
    origin, found = MpdOrigin(1, traits), Lateness()
    for second in range(110):
        found.take(read(origin.at(origin.begin + second), origin.url))
    return found


@pytest.mark.parametrize("lag", [True, False])
def test_text_that_comes_in_time_lacks_nothing(lag: bool) -> None:
    lateness = seen(MpdTraits(text="stpp", lag=lag))
    start = lateness.versions[0].start
    assert lateness.versions[0].edge < CUT < lateness.versions[-1].edge
    assert lateness.given_up(start, CUT) == {}


@pytest.mark.parametrize(("text_lag", "length"), [("far", 200), ("ends", 120)])
def test_text_that_is_far_behind_goes_without_the_rest(text_lag: str, length: int) -> None:
    lateness = seen(MpdTraits(text="stpp", text_lag=text_lag, length=length))
    start = lateness.versions[0].start
    given_up = lateness.given_up(start, CUT)
    assert list(given_up) == ["t1"]
    assert given_up["t1"] < CUT - 2
    assert lateness.given_up(start + 1, CUT) == {}  # another Period


def test_text_that_stalls_is_late_at_some_cuts_only() -> None:
    lateness = seen(MpdTraits(text="stpp", text_lag="stalls"))
    start = lateness.versions[0].start
    found = [bool(lateness.given_up(start, Fraction(at))) for at in range(30, 100)]
    assert {True, False} == set(found)
