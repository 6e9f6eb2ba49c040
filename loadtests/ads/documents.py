"""VAST documents of InLine ads and wrappers, as VAST 4.2 has them and without a namespace."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lxml import etree
from lxml.builder import E

from loadtests.ads.elements import (
    Beacons,
    clock_time,
    companions,
    icons,
    link,
    nonlinears,
    tracking,
    verifications,
    viewable,
)

CATEGORIES = "https://www.iabtechlab.com/categoryauthority"
REGISTRY = "weft.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What an ad shows."""

    id: str  # of the creative
    seconds: Decimal
    url: str = ""  # empty: the ad server's own `/media/<id>.mp4`
    file: Path | None = None  # what is found there; None: nothing
    is_stream: bool = False  # `file` names what is beside it: `/media/<id>/<its name>`
    title: str = ""
    advertiser: str = ""
    category: str = ""
    type: str = "video/mp4"
    width: int = 1920
    height: int = 1080
    bitrate: int = 5000  # kbit/s


def vast(*ads: etree._Element, errors: Iterable[str] = (), version: str = "4.2") -> etree._Element:
    """A document: ads, or the URLs that are to be told that there is none (D-01)."""
    return E.VAST(*ads, *(link("Error", url) for url in errors), version=version)


def inline_ad(
    film: Film,
    media_url: str,
    beacons: Beacons,
    *,
    sequence: int | None = None,
    full: bool = False,
) -> etree._Element:
    """An ad.

    Args:
        film: What it shows.
        media_url: Where that is.
        beacons: Where its calls go.
        sequence: Its place in a pod.
        full: Have everything in it that VAST knows.
    """
    inline = E.InLine(
        *_head(beacons, full=full),
        E.Pricing("25.00", model="cpm", currency="USD"),
        *([viewable(beacons)] if full else []),
        E.AdServingId(f"serving-{beacons.ad}"),
        E.AdTitle(film.title or film.id),
        *([verifications(beacons)] if full else []),
    )
    if film.advertiser:
        inline.append(E.Advertiser(film.advertiser))
    if film.category:
        inline.append(E.Category(film.category, authority=CATEGORIES))
    creatives = [_creative(film.id, 1, linear(film, media_url, beacons, full=full))]
    if full:
        creatives += [
            _creative(f"{film.id}-companion", 2, companions(beacons)),
            _creative(f"{film.id}-overlay", 3, nonlinears(beacons)),
        ]
    inline.append(E.Creatives(*creatives))
    if full:
        inline.append(E.Description("An ad that has everything"))
        inline.append(E.Expires("3600"))
        inline.append(link("Survey", beacons.url("survey"), type="text/javascript"))
    return _ad(inline, beacons.ad, sequence)


def wrapper_ad(
    tag_url: str,
    beacons: Beacons,
    *,
    sequence: int | None = None,
    blocked: Iterable[str] = (),
    full: bool = False,
    **rules: str,
) -> etree._Element:
    """An ad that another call has.

    Args:
        tag_url: The other call.
        beacons: Where the calls of this level go.
        sequence: Its place in a pod.
        blocked: Categories that its ads must not have.
        full: Have everything in it that VAST knows.
        rules: followAdditionalWrappers, allowMultipleAds, fallbackOnNoAd.
    """
    wrapper = E.Wrapper(
        *_head(beacons, full=full),
        *([viewable(beacons), verifications(beacons)] if full else []),
        *(E.BlockedAdCategories(one, authority=CATEGORIES) for one in blocked),
        E.Creatives(
            E.Creative(
                E.Linear(
                    *([icons(beacons)] if full else []),
                    tracking(beacons),
                    E.VideoClicks(link("ClickTracking", beacons.url("clickTracking"))),
                ),
                id=f"{beacons.ad}-creative",
            ),
            E.Creative(
                E.NonLinearAds(
                    E.TrackingEvents(
                        link("Tracking", beacons.url("overlay-creativeView"), event="creativeView")
                    )
                ),
                id=f"{beacons.ad}-overlay",
            ),
        ),
        link("VASTAdTagURI", tag_url),
        **rules,
    )
    return _ad(wrapper, beacons.ad, sequence)


def linear(film: Film, media_url: str, beacons: Beacons, *, full: bool = False) -> etree._Element:
    """The part of an ad that takes the content's place."""
    size = {"width": str(film.width), "height": str(film.height)}
    file = {"delivery": "progressive", "type": film.type, **size}
    files = E.MediaFiles(
        link("MediaFile", media_url, id=film.id, bitrate=str(film.bitrate), **file)
    )
    if full:
        captions = link("ClosedCaptionFile", f"{media_url}.vtt", type="text/vtt", language="en")
        files.insert(0, E.ClosedCaptionFiles(captions))
        small = {**file, "width": "640", "height": "360", "codec": "avc1.4d401e"}
        files.append(link("MediaFile", media_url, bitrate="800", **small))
        files.append(link("Mezzanine", f"{media_url}?mezzanine", **file))
        files.append(
            link(
                "InteractiveCreativeFile",
                f"{media_url}.html",
                type="text/html",
                apiFramework="SIMID",
                variableDuration="false",
            )
        )
    clicks = [link("ClickTracking", beacons.url("clickTracking"), id="click")]
    if full:
        clicks.append(link("CustomClick", beacons.url("customClick"), id="custom"))
    clicks.insert(1, link("ClickThrough", beacons.url("clickThrough")))
    return E.Linear(
        *([icons(beacons)] if full else []),
        tracking(beacons),
        *([E.AdParameters('{"colour":"green"}', xmlEncoded="false")] if full else []),
        E.Duration(clock_time(film.seconds)),
        files,
        E.VideoClicks(*clicks),
    )


def _ad(content: etree._Element, ad_id: str, sequence: int | None) -> etree._Element:
    ad: etree._Element = E.Ad(content, id=ad_id)
    if sequence is not None:
        ad.set("sequence", str(sequence))
    return ad


def _head(beacons: Beacons, *, full: bool) -> list[etree._Element]:
    """What InLine and Wrapper begin with."""
    error = link("Error", beacons.url("error", "code=[ERRORCODE]&pod=[PODSEQUENCE]"))
    impressions = [link("Impression", beacons.url("impression"), id="first")]
    if not full:
        return [E.AdSystem("Weft load test", version="1"), error, *impressions]
    impressions.append(link("Impression", beacons.url("impression-2"), id="second"))
    impressions.append(link("Impression", "about:blank"))  # D-06: is not called
    extension = E.Extension(E.total_available("2"), type="weft-count")
    return [
        E.AdSystem("Weft load test", version="1"),
        error,
        E.Extensions(extension),
        *impressions,
    ]


def _creative(name: str, sequence: int, content: etree._Element) -> etree._Element:
    return E.Creative(
        content,
        E.UniversalAdId(name, idRegistry=REGISTRY),
        id=name,
        sequence=str(sequence),
        adId=f"ad-{name}",
    )
