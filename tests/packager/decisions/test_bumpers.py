"""Bumpers around the ads of a break: of its time, and only where there are ads (D-51, D-53)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.bumpers import Bumper, fill_between
from packager.decisions.fill import Candidate, Fill, FillRules, SlateOption

FRAME = Fraction(1, 25)
BEFORE, AFTER = Bumper("in", Fraction(2)), Bumper("out", Fraction(3))
SLATE = SlateOption(id="slate", duration=Fraction(1))


def ads(*seconds: int) -> list[Candidate]:
    return [Candidate(id=f"ad{n}", duration=Fraction(n)) for n in seconds]


def played(found: Fill) -> str:
    return " ".join(entry.creative_id for entry in found.pod)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (30, "in ad10 ad15 out"),
        (29, "in ad10 out"),
        (15, "in ad10 out"),
        (14, "ad10"),  # an ad, or bumpers: the ad
        (4, ""),
    ],
)
def test_bumpers_take_of_the_breaks_time(length: int, expected: str) -> None:
    found = fill_between(Fraction(length), ads(10, 15), before=BEFORE, after=AFTER, tolerance=FRAME)
    assert played(found) == expected
    assert found.duration + found.rest == length


def test_slate_comes_after_the_last_bumper() -> None:
    found = fill_between(
        Fraction(18), ads(10), before=BEFORE, after=AFTER, tolerance=FRAME, slates=[SLATE]
    )
    assert played(found) == "in ad10 out slate slate slate"
    assert [entry.start for entry in found.pod] == [0, 2, 12, 15, 16, 17]


def test_a_break_of_slate_alone_has_none() -> None:
    found = fill_between(Fraction(3), [], before=BEFORE, tolerance=FRAME, slates=[SLATE])
    assert played(found) == "slate slate slate"


def test_an_insertion_is_as_long_as_it_is_with_its_bumpers() -> None:
    rules = FillRules(insertion=True, max_length=Fraction(20))
    found = fill_between(None, ads(10, 5, 2), before=BEFORE, tolerance=FRAME, rules=rules)
    assert played(found) == "in ad10 ad5 ad2"
    assert found.rest == 0


BUMPERS = st.none() | st.builds(Bumper, st.just("bumper"), st.integers(1, 9).map(Fraction))


@settings(deadline=None)
@given(st.integers(1, 60), st.lists(st.integers(1, 30), unique=True, max_size=5), BUMPERS, BUMPERS)
def test_a_break_with_bumpers_is_never_too_long_and_adds_up_h_14(
    length: int, seconds: list[int], before: Bumper | None, after: Bumper | None
) -> None:
    found = fill_between(
        Fraction(length), ads(*seconds), before=before, after=after, tolerance=FRAME, slates=[SLATE]
    )
    assert found.duration <= length + FRAME
    assert found.duration + found.rest == length
    kinds = [entry.kind for entry in found.pod]
    assert ("bumper" in kinds) <= ("ad" in kinds)
    if "bumper" in kinds:
        assert kinds[0] == ("bumper" if before else "ad")
        last = max(n for n, kind in enumerate(kinds) if kind != "slate")
        assert kinds[last] == ("bumper" if after else "ad")
