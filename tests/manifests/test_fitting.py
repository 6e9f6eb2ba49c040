"""D-52, A-28: no ad starts that cannot end, also where a break begins later than it was decided."""

from decimal import Decimal

import pytest

from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.splicing.timeline import fitting

POD = tuple(
    Creative(id=name, duration=Decimal(seconds), renditions={})
    for name, seconds in (("a", 10), ("b", 15), ("slate", 5))
)


def a_break(out_at: int, end: int | None = 130) -> AdBreak:
    planned = None if end is None else Decimal(end)
    return AdBreak(id="b", start=Decimal(100), out_at=Decimal(out_at), planned_end=planned)


@pytest.mark.parametrize(
    ("out_at", "kept"),
    [(100, "a b slate"), (101, "a b"), (105, "a b"), (106, "a"), (120, "a"), (121, ""), (131, "")],
)
def test_what_can_still_end_is_kept(out_at: int, kept: str) -> None:
    found = fitting(POD, a_break(out_at), Decimal(out_at))
    assert " ".join(one.id for one in found) == kept


def test_a_frame_more_or_less_is_no_matter() -> None:
    assert len(fitting(POD, a_break(105), Decimal("105.04"))) == 2
    assert len(fitting(POD, a_break(105), Decimal("105.05"))) == 1


def test_a_break_that_begins_where_it_should_or_has_no_known_end_keeps_all() -> None:
    assert fitting(POD, a_break(100), Decimal("104")) == POD  # out at a border, as it was decided
    assert fitting(POD, a_break(120, None), Decimal(120)) == POD
