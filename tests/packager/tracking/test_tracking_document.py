"""The tracking document: MediaTailor's shape, and what its readers rely on."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_ads import FULL, LENGTHS, SINK, ads

from manifests.dash.durations import read_duration
from packager.decisions.ad_record import read_pod, write_ads
from packager.decisions.ads import Ad, Extension, Linear, Tracking
from packager.decisions.macros import MacroValue
from packager.tracking.avails import Avail, PlacedAd
from packager.tracking.document import Reporting, tracking_document

START = Decimal("1769904618.5")  # 2026-02-01T00:10:18.500Z
BREAK = Avail(
    id="b42",
    start_s=Decimal(30),
    duration_s=Decimal(30),
    announced_s=Decimal("30.03"),
    start_at=START,
    tracking=(
        Tracking("breakStart", SINK + "bs"),
        Tracking("breakEnd", SINK + "be"),
        Tracking("breakStart", SINK + "bs-2"),
    ),
    ads=(
        PlacedAd(
            index=0, start_s=Decimal(30), duration_s=Decimal("15.04"), ad=FULL, start_at=START
        ),
        PlacedAd(
            index=1, start_s=Decimal("45.04"), duration_s=Decimal("9.96"), creative_id="digest-9"
        ),
        PlacedAd(index=2, start_s=Decimal(55), duration_s=Decimal(5), kind="slate"),
    ),
)


def read(*avails: Avail, reporting: Reporting = "client") -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(tracking_document(avails, reporting=reporting))
    return document


def test_a_document_without_breaks_has_every_part() -> None:
    assert read() == {
        "avails": [],
        "dashAvailabilityStartTime": None,
        "hlsAnchorMediaSequenceNumber": None,
        "nextToken": None,
        "nonLinearAvails": [],
    }


def test_times_are_counted_from_what_the_document_says() -> None:
    document = orjson.loads(tracking_document([], dash_start_at=START, hls_anchor=7))
    assert document["dashAvailabilityStartTime"] == "2026-02-01T00:10:18.500Z"
    assert document["hlsAnchorMediaSequenceNumber"] == 7


def test_a_break_is_told_with_its_events_and_without_its_slate() -> None:
    (avail,) = read(BREAK)["avails"]
    ads = avail.pop("ads")
    del avail["nonLinearAdsList"]
    assert avail == {
        "adBreakTrackingEvents": [
            {"beaconUrls": [SINK + "bs", SINK + "bs-2"], "eventType": "breakStart"},
            {"beaconUrls": [SINK + "be"], "eventType": "breakEnd"},
        ],
        "adMarkerDuration": "PT30.03S",
        "availId": "b42",
        "availProgramDateTime": "2026-02-01T00:10:18.500Z",
        "duration": "PT30S",
        "durationInSeconds": 30,
        "meta": None,
        "startTime": "PT30S",
        "startTimeInSeconds": 30,
    }
    assert [ad["adId"] for ad in ads] == ["b42.0", "b42.1"]


def test_an_ad_of_which_nothing_is_known_has_every_part_all_the_same() -> None:
    assert read(BREAK)["avails"][0]["ads"][1] == {
        "adId": "b42.1",
        "adParameters": "",
        "adProgramDateTime": None,
        "adSystem": "",
        "adTitle": "",
        "adVerifications": [],
        "companionAds": [],
        "creativeId": "digest-9",
        "creativeSequence": "",
        "duration": "PT9.96S",
        "durationInSeconds": 9.96,
        "extensions": [],
        "icons": [],
        "mediaFiles": {"mediaFilesList": [], "mezzanine": ""},
        "skipOffset": None,
        "startTime": "PT45.04S",
        "startTimeInSeconds": 45.04,
        "trackingEvents": [],
        "vastAdId": "",
    }


def test_an_ad_is_told_with_all_that_belongs_to_it() -> None:
    ad = read(BREAK)["avails"][0]["ads"][0]
    del ad["trackingEvents"]
    (companion,), (icon,) = ad.pop("companionAds"), ad.pop("icons")
    assert ad == {
        "adId": "b42.0",
        "adParameters": '{"a":1}',
        "adProgramDateTime": "2026-02-01T00:10:18.500Z",
        "adSystem": "Acme Ads",
        "adTitle": "Sågverk „Nord“",
        "adVerifications": [
            {
                "executableResource": [
                    {
                        "apiFramework": "omid-native",
                        "language": "",
                        "type": "application/octet-stream",
                        "uri": "https://measure.test/omid.bin",
                    }
                ],
                "javaScriptResource": [
                    {
                        "apiFramework": "omid",
                        "browserOptional": "true",
                        "uri": "https://measure.test/omid.js",
                    }
                ],
                "trackingEvents": [
                    {"event": "verificationNotExecuted", "uri": SINK + "unmeasured?r=[REASON]"}
                ],
                "vendor": "measure.test-omid",
                "verificationParameters": "k=v",
            }
        ],
        "creativeId": "crid-7",
        "creativeSequence": "2",
        "duration": "PT15.04S",
        "durationInSeconds": 15.04,
        "extensions": [
            {"content": "<Country>SE</Country>", "type": "geo"},
            {
                "content": '<InteractiveCreativeFile type="text/html" apiFramework="SIMID">'
                "https://simid.test/?a=1&amp;b=2</InteractiveCreativeFile>",
                "type": "InteractiveCreativeFile",
            },
        ],
        "mediaFiles": {"mediaFilesList": [], "mezzanine": ""},
        "skipOffset": "00:00:03.760",
        "startTime": "PT30S",
        "startTimeInSeconds": 30,
        "vastAdId": "vast-7",
    }
    assert companion == {
        "adParameters": None,
        "altText": "a saw",
        "attributes": {
            "adSlotId": None,
            "apiFramework": None,
            "assetHeight": None,
            "assetWidth": None,
            "expandedHeight": None,
            "expandedWidth": None,
            "height": "250",
            "id": "c1",
            "pxratio": None,
            "renderingMode": None,
            "width": "300",
        },
        "companionClickThrough": "https://shop.test/?a=-1",
        "companionClickTracking": SINK + "c-click",
        "htmlResource": None,
        "iFrameResource": None,
        "sequence": None,
        "staticResource": "https://img.test/c1.png",
        "trackingEvents": [
            {"beaconUrls": [SINK + "c-view"], "eventType": "creativeView"},
            {"beaconUrls": [SINK + "c-click-2"], "eventType": "clickTracking"},
        ],
    }
    assert icon == {
        "attributes": {
            "apiFramework": None,
            "duration": "00:01:00",
            "height": "20",
            "offset": "00:00:02",
            "program": "AdChoices",
            "pxratio": None,
            "width": "20",
            "xPosition": "right",
            "yPosition": "top",
        },
        "duration": "PT13.04S",  # as long as the ad is there
        "durationInSeconds": 13.04,
        "htmlResource": None,
        "iFrameResource": None,
        "iconClickFallbackImages": [
            {
                "altText": "why",
                "height": None,
                "staticResource": {"creativeType": None, "uri": "https://img.test/f.png"},
                "width": "400",
            }
        ],
        "iconClickThrough": "https://choices.test/",
        "iconClickTracking": SINK + "i-click",
        "iconViewTracking": SINK + "i-view",
        "staticResource": {"creativeType": "image/png", "uri": "https://img.test/i.png"},
        "startTime": "PT32S",
        "startTimeInSeconds": 32,
        "trackingEvents": [{"beaconUrls": [SINK + "i-view-2"], "eventType": "iconViewTracking"}],
    }


def test_events_are_told_when_and_how_mediatailor_tells_them() -> None:
    events = read(BREAK)["avails"][0]["ads"][0]["trackingEvents"]
    assert [
        (event["eventType"], event["startTime"], event["duration"], len(event["beaconUrls"]))
        for event in events
    ] == [
        ("loaded", "PT30S", "PT0S", 1),
        ("impression", "PT30S", "PT15.04S", 2),
        ("creativeView", "PT30S", "PT0S", 1),
        ("start", "PT30S", "PT0S", 2),
        ("progress", "PT31.504S", "PT0S", 1),
        ("firstQuartile", "PT33.76S", "PT0S", 1),
        ("midpoint", "PT37.52S", "PT0S", 1),
        ("thirdQuartile", "PT41.28S", "PT0S", 1),
        ("progress", "PT42.5S", "PT0S", 1),
        ("complete", "PT45.04S", "PT0S", 1),
        ("viewable", "PT30S", "PT15.04S", 1),
        ("viewUndetermined", "PT30S", "PT15.04S", 1),
        ("mute", "PT30S", "PT15.04S", 1),
        ("acceptInvitationLinear", "PT30S", "PT15.04S", 1),
        ("clickThrough", "PT30S", "PT15.04S", 1),
        ("clickTracking", "PT30S", "PT15.04S", 1),
        ("customClick", "PT30S", "PT15.04S", 1),
        ("error", "PT30S", "PT15.04S", 1),
    ]
    assert events[5] == {
        "beaconUrls": [SINK + "q1?p=[ADPLAYHEAD]&s=0&d=-1"],
        "duration": "PT0S",
        "durationInSeconds": 0,
        "eventId": "b42.0:firstQuartile",
        "eventProgramDateTime": "2026-02-01T00:10:22.260Z",
        "eventType": "firstQuartile",
        "startTime": "PT33.76S",
        "startTimeInSeconds": 33.76,
    }
    assert events[4]["eventId"] == "b42.0:progress@1.504"
    assert events[-1]["beaconUrls"] == [SINK + "error?code=[ERRORCODE]"]


def test_overlays_are_told_with_a_time_and_every_click() -> None:
    overlay_only = replace(FULL, nonlinears=FULL.nonlinears[:1])
    avail = replace(BREAK, overlays=(overlay_only,))
    of_the_film, alone = read(avail)["avails"][0]["nonLinearAdsList"]
    assert of_the_film["nonLinearAdList"] == alone["nonLinearAdList"]
    (drawn,) = alone["nonLinearAdList"]
    assert drawn == {
        "adId": "n1",
        "adParameters": None,
        "adSystem": "Acme Ads",
        "adTitle": "Sågverk „Nord“",
        "apiFramework": None,
        "clickThrough": None,
        "clickTracking": SINK + "n-click",
        "clickTrackingId": "n-click-id",
        "creativeAdId": "spot-7",
        "creativeId": "crid-7",
        "creativeSequence": "2",
        "duration": "PT5S",
        "durationInSeconds": 5,
        "expandedHeight": None,
        "expandedWidth": None,
        "height": "70",
        "htmlResource": None,
        "iFrameResource": None,
        "maintainAspectRatio": False,
        "minSuggestedDuration": "00:00:05",
        "scalable": False,
        "staticResource": "https://img.test/n1.png",
        "staticResourceCreativeType": "image/png",
        "width": "480",
    }
    types = [event["eventType"] for event in of_the_film["trackingEvents"]]
    assert types == ["creativeView", "clickTracking"]  # its impression is the film's
    types = [event["eventType"] for event in alone["trackingEvents"]]
    assert types[0] == "impression"
    assert types[-2:] == ["creativeView", "clickTracking"]
    assert (alone["startTimeInSeconds"], alone["durationInSeconds"]) == (30, 30)


def test_a_break_in_which_nothing_plays_is_apart() -> None:
    """D-40: breakType nonlinear."""
    document = read(BREAK, replace(BREAK, id="b43", linear=False))
    assert [avail["availId"] for avail in document["avails"]] == ["b42"]
    assert [avail["availId"] for avail in document["nonLinearAvails"]] == ["b43"]


def test_where_the_server_reports_the_client_is_given_the_viewers_acts_alone() -> None:
    """E-04: exactly one of both fires."""
    (avail,) = read(BREAK, reporting="server")["avails"]
    assert avail["adBreakTrackingEvents"] == []
    events = {event["eventType"] for event in avail["ads"][0]["trackingEvents"]}
    assert events == {
        *("viewable", "viewUndetermined", "mute", "acceptInvitationLinear"),
        *("clickThrough", "clickTracking", "customClick", "error"),
    }
    assert avail["ads"][0]["companionAds"] == read(BREAK)["avails"][0]["ads"][0]["companionAds"]


def test_an_ad_that_is_cut_ends_at_the_cut_and_keeps_the_quartiles_of_its_media() -> None:
    """D-52."""
    cut = replace(BREAK.ads[0], shown_s=Decimal(6))
    (ad,) = read(replace(BREAK, ads=(cut, replace(BREAK.ads[1], shown_s=Decimal(0)))))["avails"][0][
        "ads"
    ]
    assert ad["durationInSeconds"] == 6
    timed = [
        (event["eventType"], event["startTimeInSeconds"])
        for event in ad["trackingEvents"]
        if event["durationInSeconds"] == 0
    ]
    assert timed[-1] == ("firstQuartile", 33.76)


def test_macros_get_what_is_known_of_the_entry_and_of_the_break() -> None:
    def known(avail: Avail, placed: PlacedAd | None) -> Mapping[str, MacroValue]:
        return {"PODSEQUENCE": 0 if placed is None else placed.index + 1, "CONTENTID": avail.id}

    url = SINK + "[PODSEQUENCE]/[CONTENTID]"
    ad = Ad(id="a", linear=Linear(tracking=(Tracking("start", url),)))
    avail = replace(
        BREAK,
        ads=tuple(replace(placed, ad=ad) for placed in BREAK.ads),
        tracking=(Tracking("breakStart", url),),
    )
    (told,) = orjson.loads(tracking_document([avail], macros_of=known))["avails"]
    assert told["adBreakTrackingEvents"][0]["beaconUrls"] == [SINK + "0/b42"]
    assert [one["trackingEvents"][0]["beaconUrls"] for one in told["ads"]] == [
        [SINK + "1/b42"],
        [SINK + "2/b42"],
    ]


EXTENSIONS = {
    "empty": ('<Extension type="x"/>', ""),
    "text": ("<Extension>a &gt; b</Extension>", "a &gt; b"),
    "nested": ("<Extension><Extension>1</Extension></Extension>", "<Extension>1</Extension>"),
    "a namespace": ('<v:Extension xmlns:v="urn:v"> <v:A/> </v:Extension>', "<v:A/>"),
}


@pytest.mark.parametrize(("xml", "content"), EXTENSIONS.values(), ids=EXTENSIONS)
def test_of_an_extension_the_content_is_told(xml: str, content: str) -> None:
    ad = Ad(id="a", extensions=(Extension("x", xml),))
    avail = replace(BREAK, ads=(replace(BREAK.ads[0], ad=ad),))
    assert read(avail)["avails"][0]["ads"][0]["extensions"] == [{"content": content, "type": "x"}]


def test_what_is_stored_of_the_ads_gives_the_same_document() -> None:
    (again,) = read_pod(write_ads([FULL])).ads
    avail = replace(BREAK, ads=(replace(BREAK.ads[0], ad=again), *BREAK.ads[1:]))
    assert tracking_document([avail]) == tracking_document([BREAK])


# --- properties


@st.composite
def breaks(draw: st.DrawFn) -> tuple[Avail, ...]:
    ids = draw(st.lists(st.text("ab.0:/é", min_size=1, max_size=4), unique=True, max_size=3))
    start = draw(st.decimals(0, 2_000_000_000, places=6))
    found = []
    for break_id in ids:
        pod = draw(
            st.lists(
                st.tuples(LENGTHS, st.none() | ads(), st.sampled_from(["ad", "slate", "bumper"])),
                max_size=4,
            )
        )
        at, placed = start, []
        for index, (length, ad, kind) in enumerate(pod):
            shown = None
            if index == len(pod) - 1:
                shown = draw(st.none() | LENGTHS)
            one = PlacedAd(
                index=index, start_s=at, duration_s=length, ad=ad, kind=kind, shown_s=shown
            )
            placed.append(one)
            at += one.seconds
        found.append(
            Avail(
                id=break_id,
                start_s=start,
                duration_s=at - start,
                ads=tuple(placed),
                overlays=tuple(draw(st.lists(ads(), max_size=1))),
            )
        )
        start = at + draw(LENGTHS)
    return tuple(found)


ARRAYS = {
    *("avails", "nonLinearAvails", "ads", "adBreakTrackingEvents", "nonLinearAdsList"),
    *("nonLinearAdList", "adVerifications", "companionAds", "extensions", "icons"),
    *("trackingEvents", "beaconUrls", "mediaFilesList", "executableResource"),
    *("javaScriptResource", "iconClickFallbackImages"),
}


def values(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    yield name, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from values(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from values(inner)


@given(breaks(), st.sampled_from(["client", "server"]))
def test_any_document_keeps_what_its_readers_rely_on(
    avails: tuple[Avail, ...], reporting: Reporting
) -> None:
    document = read(*avails, reporting=reporting)
    assert all(
        isinstance(value, list) == (name in ARRAYS) for name, value in values(document) if name
    )
    told = document["avails"]
    ad_ids = [ad["adId"] for avail in told for ad in avail["ads"]]
    event_ids = [
        event["eventId"] for avail in told for ad in avail["ads"] for event in ad["trackingEvents"]
    ]
    assert len(set(ad_ids)) == len(ad_ids)
    assert len(set(event_ids)) == len(event_ids)
    end = 0.0
    for avail in told:
        for ad in avail["ads"]:
            assert ad["startTimeInSeconds"] >= end - 1e-6
            assert ad["durationInSeconds"] >= 0
            end = ad["startTimeInSeconds"] + ad["durationInSeconds"]
            once = [e["eventType"] for e in ad["trackingEvents"] if e["eventType"] != "progress"]
            assert len(set(once)) == len(once)
            for event in ad["trackingEvents"]:
                assert event["beaconUrls"]
                assert ad["startTimeInSeconds"] <= event["startTimeInSeconds"] <= end + 1e-6
        assert end <= avail["startTimeInSeconds"] + avail["durationInSeconds"] + 1e-6
    for name, value in values(document):
        if isinstance(value, dict):
            for text in ("duration", "startTime"):
                if isinstance(value.get(text), str) and f"{text}InSeconds" in value:
                    assert re.fullmatch(r"PT\d+(\.\d{1,3})?S", value[text]), name
                    assert float(read_duration(value[text])) == value[f"{text}InSeconds"]


@given(breaks())
def test_the_same_breaks_give_the_same_bytes_and_a_new_one_leaves_the_others_alone(
    avails: tuple[Avail, ...],
) -> None:
    document = tracking_document(avails)
    assert tracking_document(iter(avails)) == document
    assert json.loads(document)["avails"] == orjson.loads(document)["avails"]
    for count in range(len(avails)):
        assert read(*avails[:count])["avails"] == orjson.loads(document)["avails"][:count]
