"""One document in the dialects of VAST 2.0 to 4.3.

A dialect is an order of the elements that it knows; others are left out, or go where ad servers of
that time put them. What differs is taken from the schemas of the IAB; there is none of 4.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree
from lxml.builder import E

NAMESPACE = "http://www.iab.com/VAST"
Orders: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a version of VAST knows."""

    orders: Orders  # children of an element, in their order; all of an element that is not here
    unknown: Mapping[str, tuple[str, ...]]  # attributes of an element that are not known
    events: frozenset[str]  # of Tracking, save verifications'; empty: all
    extensions: bool = False  # UniversalAdId and AdVerifications are extensions (D-07, D-11)


def _orders(**children: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(names.split()) for name, names in children.items()}


_V4_2 = _orders(
    InLine="AdSystem Error Extensions Impression Pricing ViewableImpression AdServingId AdTitle "
    "AdVerifications Advertiser Category Creatives Description Expires Survey",
    Wrapper="AdSystem Error Extensions Impression Pricing ViewableImpression AdVerifications "
    "BlockedAdCategories Creatives VASTAdTagURI",
    Linear="Icons TrackingEvents AdParameters Duration MediaFiles VideoClicks",
    MediaFiles="ClosedCaptionFiles MediaFile Mezzanine InteractiveCreativeFile",
)
_V4_1 = _V4_2 | _orders(VideoClicks="ClickTracking CustomClick ClickThrough")
_V4_0 = _V4_1 | _orders(
    InLine="AdSystem Error Extensions Impression Pricing ViewableImpression AdTitle "
    "AdVerifications Advertiser Category Creatives Description Survey",
    Wrapper="AdSystem Error Extensions Impression Pricing ViewableImpression Creatives "
    "VASTAdTagURI",
    MediaFiles="MediaFile Mezzanine InteractiveCreativeFile",
    Verification="JavaScriptResource",
)
_V3 = _orders(
    InLine="AdSystem AdTitle Description Advertiser Pricing Survey Error Impression Creatives "
    "Extensions",
    Wrapper="AdSystem VASTAdTagURI Error Impression Creatives Extensions",
    Creative="Linear CompanionAds NonLinearAds",
    Linear="Icons Duration TrackingEvents AdParameters VideoClicks MediaFiles",
    VideoClicks="ClickThrough ClickTracking CustomClick",
    MediaFiles="MediaFile",
    IconClicks="IconClickTracking IconClickThrough",
    Companion="StaticResource TrackingEvents CompanionClickThrough AltText",
    NonLinear="StaticResource NonLinearClickTracking NonLinearClickThrough",
)
_V2 = _V3 | _orders(
    InLine="AdSystem AdTitle Description Survey Error Impression Creatives Extensions",
    Linear="Duration TrackingEvents AdParameters VideoClicks MediaFiles",
    NonLinear="StaticResource NonLinearClickThrough",
)

_OLD_EVENTS = (
    "creativeView start firstQuartile midpoint thirdQuartile complete mute unmute pause rewind "
    "resume fullscreen expand collapse acceptInvitation close"
)
_NEW_EVENTS = (
    "mute unmute pause resume rewind skip playerExpand playerCollapse start firstQuartile midpoint "
    "thirdQuartile complete progress creativeView acceptInvitation adExpand adCollapse minimize "
    "close overlayViewDuration otherAdInteraction"
)
_EVENTS = {
    "2": frozenset(_OLD_EVENTS.split()),
    "3": frozenset(
        f"{_OLD_EVENTS} exitFullscreen skip progress acceptInvitationLinear closeLinear".split()
    ),
    "4.0": frozenset(f"{_NEW_EVENTS} acceptInvitationLinear timeSpentViewing".split()),
    "4.1": frozenset(f"{_NEW_EVENTS} loaded closeLinear".split()),
    "4.2": frozenset(f"{_NEW_EVENTS} loaded closeLinear interactiveStart".split()),
}
_WRAPPER_RULES = ("followAdditionalWrappers", "allowMultipleAds", "fallbackOnNoAd")
_NOT_IN_3 = {
    "Ad": ("conditionalAd", "adType"),
    "Wrapper": _WRAPPER_RULES,
    "Survey": ("type",),
}
_NOT_IN_2 = _NOT_IN_3 | {
    "Ad": ("conditionalAd", "adType", "sequence"),
    "Linear": ("skipoffset",),
    "Tracking": ("offset",),
    "AdParameters": ("xmlEncoded",),
    "CompanionAds": ("required",),
    "MediaFile": ("codec", "minBitrate", "maxBitrate"),
}
_NOT_IN_4_0 = {
    "Ad": ("adType",),
    "JavaScriptResource": ("browserOptional",),
    "InteractiveCreativeFile": ("variableDuration",),
    "NonLinear": ("id", "width", "height", "minSuggestedDuration", "scalable"),
    "Mezzanine": ("id", "delivery", "type", "width", "height", "codec"),
}

DIALECTS: Mapping[str, Dialect] = {
    "2.0": Dialect(orders=_V2, unknown=_NOT_IN_2, events=_EVENTS["2"], extensions=True),
    "3.0": Dialect(orders=_V3, unknown=_NOT_IN_3, events=_EVENTS["3"], extensions=True),
    "4.0": Dialect(orders=_V4_0, unknown=_NOT_IN_4_0, events=_EVENTS["4.0"]),
    "4.1": Dialect(orders=_V4_1, unknown={}, events=_EVENTS["4.1"]),
    "4.2": Dialect(orders=_V4_2, unknown={}, events=_EVENTS["4.2"]),
    "4.3": Dialect(orders=_V4_2, unknown={}, events=_EVENTS["4.2"]),
}


def write_vast(vast: etree._Element, version: str, *, namespace: bool) -> bytes:
    """Write a document of `loadtests.ads.documents` in a dialect; it is changed by that.

    Args:
        vast: As VAST 4.2 has it.
        version: One of `DIALECTS`; another one is written as it is.
        namespace: Name the namespace, which only 4.0 and later have.
    """
    translate(vast, version)
    text: bytes = etree.tostring(vast, encoding="utf-8")
    if namespace and version.startswith("4"):
        text = text.replace(b"<VAST ", f'<VAST xmlns="{NAMESPACE}" '.encode(), 1)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text + b"\n"


def translate(vast: etree._Element, version: str) -> None:
    """Bring a document into a dialect, without a namespace."""
    vast.set("version", version)
    dialect = DIALECTS.get(version)
    if dialect is None:
        return
    if dialect.extensions:
        for ad in vast.findall("Ad/*"):
            _as_extensions(ad)
    for element in tuple(vast.iter(etree.Element)):
        order = dialect.orders.get(element.tag)
        if order is not None:
            known = [child for child in element if child.tag in order]
            element[:] = sorted(known, key=lambda child: order.index(child.tag))
        for name in dialect.unknown.get(element.tag, ()):
            element.attrib.pop(name, None)
    _rename(vast, version)
    for tracking in tuple(vast.iter("Tracking")):
        events = tracking.getparent()
        if events.getparent().tag != "Verification" and tracking.get("event") not in dialect.events:
            events.remove(tracking)


def _as_extensions(ad: etree._Element) -> None:
    """Put into Extensions what VAST 2 and 3 have no element for (D-07, D-11)."""
    extensions = ad.find("Extensions")
    if extensions is None:
        extensions = etree.SubElement(ad, "Extensions")
    for element in (*ad.iter("UniversalAdId"), *ad.iter("AdVerifications")):
        extensions.append(E.Extension(element, type=element.tag))


def _rename(vast: etree._Element, version: str) -> None:
    if version in ("2.0", "3.0"):
        for creative in vast.iter("Creative"):
            if name := creative.attrib.pop("adId", None):
                creative.set("AdID", name)
        for wrapper in vast.iter("Wrapper"):  # ids and click-throughs are the inline ad's only
            for impression in wrapper.iter("Impression"):
                impression.attrib.pop("id", None)
    if version == "4.0":
        for name in vast.iter("UniversalAdId"):
            name.set("idValue", name.text or "")
