from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.packaging.segmentation import SegmentPlan, nearest

CASES = {
    "whole segments": (100, 25, [0, 25, 50, 75, 100]),
    "a long rest is a segment": (115, 25, [0, 25, 50, 75, 100, 115]),
    "half a segment is long enough": (63, 25, [0, 25, 50, 63]),
    "a short rest shares with the last whole one": (81, 25, [0, 25, 50, 66, 81]),
    "one frame too many": (26, 25, [0, 13, 26]),
    "less than one segment": (7, 25, [0, 7]),
}


def borders(plan: SegmentPlan) -> list[int]:
    found = [plan.border(0)]
    while plan.border(len(found)) > found[-1]:
        found.append(plan.border(len(found)))
    return found


@pytest.mark.parametrize(("total", "step", "expected"), CASES.values(), ids=CASES)
def test_segments_are_whole_and_the_last_is_never_a_blink(
    total: int, step: int, expected: list[int]
) -> None:
    assert borders(SegmentPlan(Fraction(25), step, total)) == expected
    part = SegmentPlan(Fraction(25), step, total + 500, first=500)
    assert borders(part) == [500 + border for border in expected]


def test_without_an_end_all_segments_are_whole() -> None:
    plan = SegmentPlan(Fraction(25), 50)
    assert [plan.border(number) for number in (0, 1, 1000)] == [0, 50, 50_000]


@given(total=st.integers(1, 5000), step=st.integers(1, 300))
def test_segments_cover_everything_and_none_is_longer_than_a_whole_one(
    total: int, step: int
) -> None:
    found = borders(SegmentPlan(Fraction(25), step, total))
    lengths = [after - before for before, after in pairwise(found)]
    assert sum(lengths) == total
    assert all(0 < length <= step for length in lengths)
    assert len(lengths) == 1 or min(lengths) * 2 >= step


def test_every_track_takes_its_own_sample_nearest_to_the_border() -> None:
    plan = SegmentPlan(Fraction(30_000, 1001), 60, 300)
    assert plan.sample(1, Fraction(60_000, 1001)) == 120
    assert plan.sample(1, Fraction(48_000, 1024)) == 94  # 2.002 s are 93.84 AAC frames


def test_halves_are_rounded_up() -> None:
    assert [nearest(Fraction(n, 2)) for n in (1, 2, 3, 5)] == [1, 1, 2, 3]
