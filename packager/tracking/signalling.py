"""Ad creative signalling inside manifests: SVTA 2053-1, Revision 1.0, payload version 2 (E-12).

The document itself is not public; what is followed is what players and packagers say of it:

* 5.2.2.1: an envelope has `version`, `type` and `payload`; the type "slot" describes creatives.
* 4.4.2: a slot's `start` is relative to what carries it, which here begins with the ad: 0.
* 4.4.5: a tracking event without `offset` happens when its type says, as in VAST; one with it so
  many seconds into the slot.
* 5.2.3: VAST's macros may stand in every tracking URL, for the client to replace.
* Carriage: in DASH the JSON is the text of one Event per creative, in an EventStream of the scheme;
  in HLS it is an attribute, in base64, of one EXT-X-DATERANGE per creative.

`$remote` fields (5.2.2.2), which no player reads yet, are not written.
"""

import json
from collections.abc import Mapping
from urllib.parse import quote

from packager.decisions.ads import Ad
from packager.decisions.macros import MacroValue
from packager.tracking.avails import PlacedAd
from packager.tracking.client_urls import client_url
from packager.tracking.document import Reporting
from packager.tracking.events import events_of, seconds_of
from packager.tracking.times import rounded

# SMPTE RP 2092-1: names that ad-id.org gives.
AD_ID = "urn:smpte:ul:060E2B34.01040101.01200900.00000000"
UNIVERSAL_AD_ID = "urn:weft:universal-ad-id:"  # and the registry
CREATIVE = "urn:weft:creative"  # our own name of the media
VAST_CREATIVE = "urn:weft:vast:creative-id"  # the ad server's


def signal(
    placed: PlacedAd, *, reporting: Reporting, values: Mapping[str, MacroValue]
) -> dict[str, object]:
    """Describe one ad, to be carried by something that begins with it and lasts as long.

    Args:
        placed: The ad; for one that is not known, there is only its name and length.
        reporting: Who fires what follows from playback alone (E-04).
        values: What is known for the macros in URLs.
    """
    ad = placed.ad or Ad(id="")
    slot: dict[str, object] = {
        "type": "linear",
        "start": 0,
        "duration": float(rounded(placed.seconds)),
        "identifiers": [
            {"scheme": scheme, "value": value} for scheme, value in _identifiers(placed, ad)
        ],
        "tracking": _tracking(placed, ad, reporting, values),
    }
    verifications = [
        {"vendor": one.vendor, "resource": resource.url, "parameters": one.parameters}
        for one in ad.verifications
        for resource in one.resources
        if resource.kind == "javascript"
    ]
    if verifications:
        slot["verifications"] = verifications
    if ad.linear is not None:
        skip = seconds_of(ad.linear.skip_offset or "", placed.duration_s)
        if skip is not None:
            slot["skipOffset"] = float(rounded(skip))
        if ad.linear.click_through is not None:
            slot["clickThrough"] = client_url(ad.linear.click_through, values)
    return {"version": 2, "type": "slot", "payload": [slot]}


def signal_text(value: Mapping[str, object]) -> str:
    """Write a signal as JSON, as manifests carry it (`manifests.splicing.signalling`).

    It is ASCII, all else escaped: players decode base64 into one character per byte.
    """
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _tracking(
    placed: PlacedAd, ad: Ad, reporting: Reporting, values: Mapping[str, MacroValue]
) -> list[dict[str, object]]:
    told: list[dict[str, object]] = []
    for event in events_of(ad, placed.duration_s, shown=placed.shown_s):
        # The landing page has a field of its own, and is not fired.
        if event.event == "clickThrough" or (event.server and reporting == "server"):
            continue
        one: dict[str, object] = {"type": event.event}
        if event.event == "progress" and event.offset_s is not None:
            one["offset"] = float(rounded(event.offset_s))
        one["urls"] = [client_url(url, values) for url in event.urls]
        told.append(one)
    return told


def _identifiers(placed: PlacedAd, ad: Ad) -> list[tuple[str, str]]:
    """Names of the creative, those that others know first; there is at least one."""
    found = [
        (
            AD_ID
            if one.registry.lower() == "ad-id.org"
            else UNIVERSAL_AD_ID + quote(one.registry, safe=""),
            one.value,
        )
        for one in ad.universal_ad_ids
    ]
    if ad.creative_id:
        found.append((VAST_CREATIVE, ad.creative_id))
    if placed.creative_id or not found:
        found.append((CREATIVE, placed.creative_id))
    return found
