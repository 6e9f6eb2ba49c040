from datetime import UTC, datetime
from decimal import Decimal

import pytest

from packager.decisions.ads import Ad, UniversalAdId
from packager.decisions.beacon_macros import beacon_macros
from packager.decisions.macros import MacroValue, expand_macros, fill_macros

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)
AD = Ad(
    id="a",
    sequence=3,
    serving_id="S 1",
    universal_ad_ids=(UniversalAdId("ad-id.org", "CNPA0484000H"), UniversalAdId("x", "a,b")),
)
BASE: dict[str, MacroValue] = {"TRANSACTIONID": "t", "BREAKPOSITION": 2, "DEVICEIP": "-2"}

VALUES = {
    "TIMESTAMP": "2026-01-02T03%3A04%3A05.678%2B00%3A00",
    "TRANSACTIONID": "t",
    "BREAKPOSITION": "2",
    "DEVICEIP": "-2",
    "SERVERSIDE": "1",
    "ADTYPE": "video",
    "ADCOUNT": "2",
    "PODSEQUENCE": "3",
    "ADSERVINGID": "S%201",
    "UNIVERSALADID": "ad-id.org%20CNPA0484000H,x%20a%2Cb",
    "ADPLAYHEAD": "00%3A00%3A03.750",
    "MEDIAPLAYHEAD": "01%3A00%3A00.000",
    "CONTENTPLAYHEAD": "01%3A00%3A00.000",
    "ASSETURI": "http%3A%2F%2Fm.test%2Fa.mp4",
    "REASON": "2",
    "CLICKPOS": "-1",
    "ERRORCODE": "-1",
}


def values(**changes: object) -> dict[str, MacroValue]:
    known = {
        "index": 1,
        "now": NOW,
        "seed": "s",
        "base": BASE,
        "ad_playhead": Decimal("3.75"),
        "media_playhead": Decimal(3600),
        "asset_url": "http://m.test/a.mp4",
        "reason": 2,
    }
    return beacon_macros(AD, **{**known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "expected"), VALUES.items(), ids=VALUES)
def test_macros_of_a_tracking_url_d_20_to_d_22(name: str, expected: str) -> None:
    assert expand_macros(f"http://t.test/?[{name}]", values()) == f"http://t.test/?{expected}"


def test_what_is_not_known_of_an_ad_is_sent_as_unknown_d_20() -> None:
    known = beacon_macros(Ad(id="a"), index=0, now=NOW, seed="s")
    for name in ("PODSEQUENCE", "ADSERVINGID", "UNIVERSALADID", "ADPLAYHEAD", "ASSETURI", "REASON"):
        assert expand_macros(f"[{name}]", known) == "-1"
    assert expand_macros("[ADCOUNT]", known) == "1"


def test_cache_busters_have_eight_digits_and_are_new_for_each_call_d_21() -> None:
    found = {values(seed=str(n))["CACHEBUSTING"] for n in range(50)}
    assert len(found) == 50
    assert all(isinstance(value, str) and len(value) == 8 and value.isdecimal() for value in found)
    assert values()["CACHEBUSTING"] == values()["CACHEBUSTING"]


def test_what_only_a_player_knows_is_left_to_the_player() -> None:
    url = "http://t.test/?[CLICKPOS]&[ADCOUNT]&[PLAYERSTATE]"
    assert fill_macros(url, values()) == "http://t.test/?[CLICKPOS]&2&[PLAYERSTATE]"
