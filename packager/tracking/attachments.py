"""What comes with an ad besides its film, in the words of MediaTailor's tracking document.

Verifications, companions, icons, overlays and extensions are for the device (D-10, D-11, D-15). The
shapes are those of "Client-side ad-tracking schema and properties" and its examples in AWS's user
guide: attributes that are numbers in VAST are texts, and what is not said is null.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from html import escape

from packager.decisions.ads import (
    Ad,
    Companion,
    Extension,
    Icon,
    InteractiveFile,
    Link,
    NonLinear,
    Resource,
    Tracking,
    Verification,
)
from packager.tracking.events import AdEvent, distinct, grouped, is_address
from packager.tracking.times import Span, clock, iso

Json = dict[str, object]
Fill = Callable[[str], str]  # puts values in the place of a URL's macros


def verification(one: Verification, fill: Fill) -> Json:
    """An element of `adVerifications`."""
    return {
        "executableResource": [
            {
                "apiFramework": resource.api_framework,
                "language": "",
                "type": resource.type,
                "uri": resource.url,
            }
            for resource in one.resources
            if resource.kind == "executable"
        ],
        "javaScriptResource": [
            {
                "apiFramework": resource.api_framework,
                "browserOptional": "true" if resource.browser_optional else "false",
                "uri": resource.url,
            }
            for resource in one.resources
            if resource.kind == "javascript"
        ],
        "trackingEvents": [
            {"event": tracking.event, "uri": fill(tracking.url)}
            for tracking in one.tracking
            if is_address(tracking.url)
        ],
        "vendor": one.vendor,
        "verificationParameters": one.parameters,
    }


def companion(one: Companion, fill: Fill) -> Json:
    """An element of `companionAds`."""
    clicks = _fired(one.click_tracking)
    tracking = [*one.tracking, *(Tracking("clickTracking", url) for url in clicks[1:])]
    return {
        "adParameters": one.ad_parameters or None,
        "altText": one.alt_text or None,
        "attributes": {
            "adSlotId": one.ad_slot_id or None,
            "apiFramework": one.api_framework or None,
            "assetHeight": _size(one.asset_height),
            "assetWidth": _size(one.asset_width),
            "expandedHeight": _size(one.expanded_height),
            "expandedWidth": _size(one.expanded_width),
            "height": _size(one.height),
            "id": one.id or None,
            "pxratio": one.px_ratio or None,
            "renderingMode": one.rendering_mode or None,
            "width": _size(one.width),
        },
        "companionClickThrough": _opened(one.click_through, fill),
        "companionClickTracking": fill(clicks[0]) if clicks else None,
        "htmlResource": _shown(one.resources, "html"),
        "iFrameResource": _shown(one.resources, "iframe"),
        "sequence": None,
        "staticResource": _shown(one.resources, "static"),
        "trackingEvents": plain_events(grouped(tracking), fill),
    }


def icon(one: Icon, fill: Fill, *, start: Decimal, end: Decimal) -> Json:
    """An element of `icons`, of an ad that is there from `start` to `end`."""
    clicks = _fired(one.click_tracking)
    views = _fired(map(Link, one.view_tracking))
    others = [
        *(Tracking("iconClickTracking", url) for url in clicks[1:]),
        *(Tracking("iconViewTracking", url) for url in views[1:]),
    ]
    appears = min(start + (one.offset or 0), end)
    vanishes = end if one.duration is None else min(appears + one.duration, end)
    image = next((each for each in one.resources if each.kind == "static"), None)
    return {
        "attributes": {
            "apiFramework": one.api_framework or None,
            "duration": None if one.duration is None else clock(one.duration),
            "height": _size(one.height),
            "offset": None if one.offset is None else clock(one.offset),
            "program": one.program or None,
            "pxratio": one.px_ratio or None,
            "width": _size(one.width),
            "xPosition": one.x or None,
            "yPosition": one.y or None,
        },
        **Span(appears, vanishes).fields(),
        "htmlResource": _shown(one.resources, "html"),
        "iFrameResource": _shown(one.resources, "iframe"),
        "iconClickFallbackImages": [
            {
                "altText": fallback.alt_text or None,
                "height": _size(fallback.height),
                "staticResource": {"creativeType": None, "uri": fallback.url},
                "width": _size(fallback.width),
            }
            for fallback in one.fallback_images
        ],
        "iconClickThrough": _opened(one.click_through, fill),
        "iconClickTracking": fill(clicks[0]) if clicks else None,
        "iconViewTracking": fill(views[0]) if views else None,
        "staticResource": image and {"creativeType": image.type or None, "uri": image.value},
        # MediaTailor has one URL of each kind: here are the others.
        "trackingEvents": plain_events(grouped(others), fill),
    }


def overlay(ad: Ad, tracking: Iterable[Tracking], fill: Fill, *, span: Span) -> Json:
    """An element of `nonLinearAdsList`: the overlays of an ad, and what to fire for them.

    MediaTailor's has no times of its own; Shaka's reader asks for the number of seconds.
    """
    events = grouped(
        [
            *tracking,
            # For a click on an overlay there is a place for one URL: here are the others.
            *(
                Tracking("clickTracking", url)
                for one in ad.nonlinears
                for url in _fired(one.click_tracking)[1:]
            ),
        ]
    )
    return {
        **span.fields(),
        "extensions": [extension(one) for one in ad.extensions],
        "nonLinearAdList": [_nonlinear(ad, one, fill) for one in ad.nonlinears],
        "trackingEvents": [
            {
                **event,
                "duration": None,
                "durationInSeconds": 0,
                "eventId": None,
                "eventProgramDateTime": None,
                "startTime": None,
                "startTimeInSeconds": 0,
            }
            for event in plain_events(events, fill)
        ],
    }


def _nonlinear(ad: Ad, one: NonLinear, fill: Fill) -> Json:
    click = next((link for link in one.click_tracking if is_address(link.url)), None)
    image = next((each for each in one.resources if each.kind == "static"), None)
    return {
        "adId": one.id,
        "adParameters": one.ad_parameters or None,
        "adSystem": ad.ad_system,
        "adTitle": ad.title,
        "apiFramework": one.api_framework or None,
        "clickThrough": _opened(one.click_through, fill),
        "clickTracking": click and fill(click.url),
        "clickTrackingId": click and (click.id or None),
        "creativeAdId": ad.creative_ad_id,
        "creativeId": ad.creative_id,
        "creativeSequence": sequence(ad),
        "duration": None if one.min_duration is None else iso(one.min_duration),
        "durationInSeconds": float(one.min_duration or 0),
        "expandedHeight": _size(one.expanded_height),
        "expandedWidth": _size(one.expanded_width),
        "height": _size(one.height),
        "htmlResource": _shown(one.resources, "html"),
        "iFrameResource": _shown(one.resources, "iframe"),
        "maintainAspectRatio": bool(one.maintain_aspect_ratio),
        "minSuggestedDuration": None if one.min_duration is None else clock(one.min_duration),
        "scalable": bool(one.scalable),
        "staticResource": image and image.value,
        "staticResourceCreativeType": image and (image.type or None),
        "width": _size(one.width),
    }


def extension(one: Extension) -> Json:
    """An element of `extensions`; `content` is what the VAST element has in it."""
    opening, _, rest = one.xml.partition(">")  # in attributes a ">" is escaped
    content = "" if opening.endswith("/") else rest.rpartition("</")[0]
    return {"content": content.strip(), "type": one.type}


def interactive(one: InteractiveFile) -> Json:
    """A SIMID program as an element of `extensions`, where MediaTailor has those of VAST 3."""
    attributes = "".join(
        f' {name}="{escape(value)}"'
        for name, value in (
            ("type", one.type),
            ("apiFramework", one.api_framework),
            ("variableDuration", "true" if one.variable_duration else ""),
        )
        if value
    )
    name = "InteractiveCreativeFile"
    return {"content": f"<{name}{attributes}>{escape(one.url)}</{name}>", "type": name}


def plain_events(events: Iterable[AdEvent], fill: Fill) -> list[Json]:
    """Events without times, as breaks and companions have them."""
    return [
        {"beaconUrls": [fill(url) for url in event.urls], "eventType": event.event}
        for event in events
    ]


def sequence(ad: Ad) -> str:
    """The number of the ad's creative, as text; "" where it has none."""
    return "" if ad.creative_sequence is None else str(ad.creative_sequence)


def _fired(links: Iterable[Link]) -> tuple[str, ...]:
    return distinct(link.url for link in links if is_address(link.url))


def _opened(url: str | None, fill: Fill) -> str | None:
    return None if url is None else fill(url)


def _shown(resources: Iterable[Resource], kind: str) -> str | None:
    return next((one.value for one in resources if one.kind == kind), None)


def _size(pixels: int) -> str | None:
    return str(pixels) if pixels else None
