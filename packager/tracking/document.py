"""The tracking document: what a session's player is told of its ads, as MediaTailor writes it.

The shape is that of AWS's "Client-side ad-tracking schema and properties" and of its examples, so
that players and agents made for MediaTailor read it; how it differs is said where it does. It says
nothing of the moment that it is written at: while nothing changes, its bytes are the same.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Literal

import orjson

from manifests.timing import format_date_time
from packager.decisions.ads import Ad
from packager.decisions.macros import MacroValue
from packager.tracking import attachments
from packager.tracking.attachments import Fill, Json
from packager.tracking.avails import Avail, PlacedAd
from packager.tracking.client_urls import client_url
from packager.tracking.events import AdEvent, events_of, grouped, overlay_tracking, seconds_of
from packager.tracking.times import Span, clock, iso

# What is known for the macros of an entry's URLs; None: of the break's own.
MacrosOf = Callable[[Avail, PlacedAd | None], Mapping[str, MacroValue]]
Reporting = Literal["client", "server"]


def nothing_known(avail: Avail, placed: PlacedAd | None) -> Mapping[str, MacroValue]:
    """A `MacrosOf` that knows no value."""
    return {}


def tracking_document(
    avails: Iterable[Avail],
    *,
    reporting: Reporting = "client",
    macros_of: MacrosOf = nothing_known,
    dash_start_at: Decimal | None = None,
    hls_anchor: int | None = None,
) -> bytes:
    """Write the document.

    Args:
        avails: The breaks of the manifest's window, in order.
        reporting: Who fires what follows from playback alone: exactly one of both (E-04). With
            "server" the document has the viewer's acts only, and all that is to be drawn.
        macros_of: Gives what is known for the macros in URLs.
        dash_start_at: availabilityStartTime, seconds since 1970; None: not live DASH.
        hls_anchor: Media sequence number that presentation time is counted from; None: not HLS.
    """
    told = [(avail.linear, _avail(avail, reporting, macros_of)) for avail in avails]
    return orjson.dumps(
        {
            "avails": [fields for linear, fields in told if linear],
            "dashAvailabilityStartTime": _instant(dash_start_at),
            "hlsAnchorMediaSequenceNumber": hls_anchor,
            "nextToken": None,  # the window is bounded: there are no further pages
            "nonLinearAvails": [fields for linear, fields in told if not linear],
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _avail(avail: Avail, reporting: Reporting, macros_of: MacrosOf) -> Json:
    span = Span(avail.start_s, avail.start_s + avail.duration_s)
    fill = partial(client_url, values=macros_of(avail, None))
    ads = [
        (placed, partial(client_url, values=macros_of(avail, placed)))
        for placed in avail.ads
        # Slate, and what is over before it began, is no ad (E-08, E-11).
        if placed.kind == "ad" and placed.seconds > 0
    ]
    return {
        **span.fields(),
        # Of a break, all events follow from playback.
        "adBreakTrackingEvents": attachments.plain_events(grouped(avail.tracking), fill)
        if reporting == "client"
        else [],
        "adMarkerDuration": None if avail.announced_s is None else iso(avail.announced_s),
        "ads": [_ad(placed, avail.placement(placed), reporting, fill) for placed, fill in ads],
        "availId": avail.id,
        "availProgramDateTime": _instant(avail.start_at),
        "meta": None,
        "nonLinearAdsList": [
            *(
                attachments.overlay(placed.ad, placed.ad.nonlinear_tracking, fill, span=span)
                for placed, fill in ads
                if placed.ad is not None and placed.ad.nonlinears
            ),
            *(
                attachments.overlay(ad, overlay_tracking(ad), fill, span=span)
                for ad in avail.overlays
            ),
        ],
    }


def _ad(placed: PlacedAd, placement: str, reporting: Reporting, fill: Fill) -> Json:
    ad = placed.ad or Ad(id="")
    linear = ad.linear
    end = placed.start_s + placed.seconds
    span = Span(placed.start_s, end)
    events = [
        event
        for event in events_of(ad, placed.duration_s, shown=placed.shown_s)
        if reporting == "client" or not event.server
    ]
    return {
        **span.fields(),
        # MediaTailor's is a media sequence number or a Period id; players only compare them.
        "adId": placement,
        "adParameters": linear.ad_parameters if linear else "",
        "adProgramDateTime": _instant(placed.start_at),
        "adSystem": ad.ad_system,
        "adTitle": ad.title,
        "adVerifications": [attachments.verification(one, fill) for one in ad.verifications],
        "companionAds": [attachments.companion(one, fill) for one in ad.companions],
        "creativeId": ad.creative_id or ad.creative_ad_id or placed.creative_id,
        "creativeSequence": attachments.sequence(ad),
        "extensions": [
            *(attachments.extension(one) for one in (*ad.extensions, *ad.creative_extensions)),
            *(attachments.interactive(one) for one in (linear.interactive_files if linear else ())),
        ],
        "icons": [
            attachments.icon(one, fill, start=placed.start_s, end=end)
            for one in (linear.icons if linear else ())
        ],
        # The film is in the stream; nothing is to be played from elsewhere.
        "mediaFiles": {"mediaFilesList": [], "mezzanine": ""},
        "skipOffset": _skip_offset(ad, placed.duration_s),
        "trackingEvents": [_event(event, placed, placement, span, fill) for event in events],
        "vastAdId": ad.id,
    }


def _event(event: AdEvent, placed: PlacedAd, placement: str, span: Span, fill: Fill) -> Json:
    """One event; `progress` has one per offset, every other type of event is there once.

    MediaTailor lets the impression, and what a viewer may do at any time, last as long as the ad.
    """
    at = span
    if event.offset_s is not None and event.event != "impression":
        moment = placed.start_s + event.offset_s
        at = Span(moment, moment)
    instant = None if placed.start_at is None else placed.start_at + (event.offset_s or 0)
    return {
        **at.fields(),
        "beaconUrls": [fill(url) for url in event.urls],
        "eventId": f"{placement}:{event.key}",
        "eventProgramDateTime": _instant(instant),
        "eventType": event.event,
    }


def _skip_offset(ad: Ad, duration: Decimal) -> str | None:
    """When the viewer may skip; percentages, which players do not read here, become a time."""
    if ad.linear is None or ad.linear.skip_offset is None:
        return None
    seconds = seconds_of(ad.linear.skip_offset, duration)
    return None if seconds is None else clock(seconds)


def _instant(at: Decimal | None) -> str | None:
    return None if at is None else format_date_time(at)
