"""E-12: ad creative signalling, SVTA 2053-1, version 2."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sample_ads import FULL, LENGTHS, SINK, ads

from packager.decisions.ads import Ad, UniversalAdId
from packager.tracking.avails import PlacedAd
from packager.tracking.document import Reporting
from packager.tracking.signalling import (
    AD_ID,
    CREATIVE,
    UNIVERSAL_AD_ID,
    VAST_CREATIVE,
    signal,
    signal_text,
)

PLACED = PlacedAd(
    index=0, start_s=Decimal(30), duration_s=Decimal("15.04"), ad=FULL, creative_id="digest-7"
)


def slot(placed: PlacedAd = PLACED, reporting: Reporting = "client") -> dict[str, Any]:
    value = json.loads(signal_text(signal(placed, reporting=reporting, values={})))
    assert (value["version"], value["type"]) == (2, "slot")
    (only,) = value["payload"]
    assert isinstance(only, dict)
    return only


def test_an_ad_is_described_with_its_names_and_what_a_player_needs() -> None:
    told = slot()
    assert [one["type"] for one in told.pop("tracking")] == [
        *("loaded", "impression", "creativeView", "start", "progress", "firstQuartile"),
        *("midpoint", "thirdQuartile", "progress", "complete", "viewable", "viewUndetermined"),
        *("mute", "acceptInvitationLinear", "clickTracking", "customClick", "error"),
    ]
    assert told == {
        "type": "linear",
        "start": 0,
        "duration": 15.04,
        "identifiers": [
            {"scheme": AD_ID, "value": "ABCD1234567H"},
            {"scheme": UNIVERSAL_AD_ID + "clearcast.co.uk", "value": "AAA/BBB123/010"},
            {"scheme": VAST_CREATIVE, "value": "crid-7"},
            {"scheme": CREATIVE, "value": "digest-7"},
        ],
        "verifications": [
            {
                "vendor": "measure.test-omid",
                "resource": "https://measure.test/omid.js",
                "parameters": "k=v",
            }
        ],
        "skipOffset": 3.76,
        "clickThrough": "https://shop.test/",
    }


def test_only_progress_has_an_offset_all_else_happens_when_its_type_says() -> None:
    """SVTA 2053-1, 4.4.5."""
    tracking = slot()["tracking"]
    assert [(one["type"], one["offset"]) for one in tracking if "offset" in one] == [
        ("progress", 1.504),
        ("progress", 12.5),
    ]
    assert tracking[3] == {"type": "start", "urls": [SINK + "start-inline", SINK + "start-wrapper"]}


def test_where_the_server_reports_the_client_is_given_the_viewers_acts_alone() -> None:
    """E-04."""
    types = [one["type"] for one in slot(reporting="server")["tracking"]]
    assert types[0] == "viewable"
    assert not {"impression", "start", "complete", "progress"} & set(types)


def test_an_ad_of_which_nothing_is_known_has_a_name_a_length_and_nothing_to_fire() -> None:
    assert slot(replace(PLACED, ad=None)) == {
        "type": "linear",
        "start": 0,
        "duration": 15.04,
        "identifiers": [{"scheme": CREATIVE, "value": "digest-7"}],
        "tracking": [],
    }


def test_a_registry_is_part_of_a_urn_whatever_it_is_called() -> None:
    ad = Ad(
        id="a",
        universal_ad_ids=(UniversalAdId("An Office: 7", "x"), UniversalAdId("AD-ID.org", "y")),
    )
    schemes = [one["scheme"] for one in slot(replace(PLACED, ad=ad))["identifiers"]]
    assert schemes == [UNIVERSAL_AD_ID + "An%20Office%3A%207", AD_ID, CREATIVE]


def test_macros_are_replaced_as_in_the_tracking_document() -> None:
    value = signal(PLACED, reporting="client", values={"DEVICEIP": "192.0.2.7"})
    assert "q1?p=[ADPLAYHEAD]&s=0&d=192.0.2.7" in signal_text(value)


@given(ads(), LENGTHS, st.none() | LENGTHS, st.text(max_size=5), st.sampled_from(["", "c"]))
def test_a_signal_is_read_back_by_a_player_that_knows_no_more_than_bytes(
    ad: Ad, duration: Decimal, shown: Decimal | None, name: str, creative_id: str
) -> None:
    """`atob` gives a character per byte: text that is not ASCII would be read wrongly."""
    placed = PlacedAd(
        index=0,
        start_s=Decimal(0),
        duration_s=duration,
        shown_s=shown,
        ad=replace(ad, creative_id=name),
        creative_id=creative_id,
    )
    value = signal(placed, reporting="client", values={})
    text = signal_text(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert signal_text(signal(placed, reporting="client", values={})) == text
    assert slot(placed)["identifiers"]
