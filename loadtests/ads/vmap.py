"""VMAP documents (splice rules D-40 to D-42): when breaks are, and what fills them."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree
from lxml.builder import E, ElementMaker

NAMESPACE = "http://www.iab.net/videosuite/vmap"
OLD_NAMESPACE = "http://www.iab.net/vmap-1.0"
EVENTS = ("breakStart", "breakEnd", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One AdBreak; what fills it is one of `tag_url`, `vast` and `custom`, or nothing."""

    id: str
    offset: str  # as it is to be written
    sink: str  # URL of the sink, with the answer, the session and the break
    type: str = "linear"
    tag_url: str = ""
    vast: etree._Element | None = None
    custom: str = ""
    repeat_after: str = ""
    multiple: str = "true"
    follow: str = "true"


def vmap(breaks: Iterable[Break], *, namespace: str = NAMESPACE) -> etree._Element:
    """A document; what of it is VAST is without a namespace."""
    maker = ElementMaker(namespace=namespace, nsmap={"vmap": namespace})
    return maker.VMAP(*(_ad_break(maker, one) for one in breaks), version="1.0")


def _ad_break(maker: ElementMaker, one: Break) -> etree._Element:
    element = maker.AdBreak(timeOffset=one.offset, breakType=one.type, breakId=one.id)
    if one.repeat_after:
        element.set("repeatAfter", one.repeat_after)
    source = _source(maker, one)
    if source is not None:
        rules = {"allowMultipleAds": one.multiple, "followRedirects": one.follow}
        element.append(maker.AdSource(source, id=f"source-{one.id}", **rules))
    element.append(
        maker.TrackingEvents(
            *(_tracking(maker, f"{one.sink}/-/break/{event}", event) for event in EVENTS)
        )
    )
    element.append(maker.Extensions(maker.Extension(E.note("kept as it is"), type="weft.invalid")))
    return element


def _source(maker: ElementMaker, one: Break) -> etree._Element | None:
    if one.vast is not None:
        return maker.VASTAdData(one.vast)
    if one.custom:
        return maker.CustomAdData(one.custom, templateType="proprietary")
    if one.tag_url:
        return _linked(maker.AdTagURI(templateType="vast4"), one.tag_url)
    return None


def _tracking(maker: ElementMaker, url: str, event: str) -> etree._Element:
    query = "code=[ERRORCODE]" if event == "error" else "cb=[CACHEBUSTING]"
    return _linked(maker.Tracking(event=event), f"{url}?{query}")


def _linked(element: etree._Element, url: str) -> etree._Element:
    element.text = etree.CDATA(f"\n{url}\n")
    return element
