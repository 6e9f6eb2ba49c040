"""A decision request that tests of ad calls begin with."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from manifests.breaks import AdBreak
from packager.decisions.request import DecisionRequest
from packager.packaging.ladder import Ladder

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
REQUEST = DecisionRequest(
    show="news",
    session="d1gest",
    ad_break=AdBreak(
        id="b/1", start=Decimal(9), out_at=Decimal(9), planned_end=Decimal(39), event_id="42"
    ),
    length=Fraction(59999, 2000),
    now=NOW,
    live=False,
    playhead=Decimal("3723.5"),
    params=(("age", "30+"), ("zone", "a&b=c")),
    ladder=Ladder(entries=()),
)
