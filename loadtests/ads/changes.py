"""Changes that make another scenario of a document."""

from collections.abc import Callable
from typing import TypeAlias

from lxml import etree

from loadtests.ads.calls import Call
from loadtests.ads.elements import nonlinears
from loadtests.ads.hostile import HUGE

Make: TypeAlias = Callable[[Call], etree._Element]
Change: TypeAlias = Callable[[etree._Element, Call], None]


def changed(make: Make, *changes: Change) -> Make:
    """A document that is made and then changed."""

    def document(call: Call) -> etree._Element:
        found = make(call)
        for change in changes:
            change(found, call)
        return found

    return document


def attributes(tag: str, **values: str) -> Change:
    """Give attributes to all elements of a name; an empty value takes one away."""

    def change(document: etree._Element, call: Call) -> None:
        for element in document.iter(tag):
            for name, value in values.items():
                if value:
                    element.set(name, value)
                else:
                    element.attrib.pop(name, None)

    return change


def renamed(tag: str, name: str) -> Change:
    """Give all elements of a name another one."""

    def change(document: etree._Element, call: Call) -> None:
        for element in tuple(document.iter(tag)):
            element.tag = name

    return change


def without(tag: str) -> Change:
    """Take all elements of a name away."""

    def change(document: etree._Element, call: Call) -> None:
        for element in tuple(document.iter(tag)):
            element.getparent().remove(element)

    return change


def texts(tag: str, *values: str) -> Change:
    """Give the elements of a name texts, in turn."""

    def change(document: etree._Element, call: Call) -> None:
        for number, element in enumerate(document.iter(tag)):
            element.text = values[number % len(values)]

    return change


def asked_category(document: etree._Element, call: Call) -> None:
    """Put the ads into the category that the call names."""
    for element in document.iter("Category"):
        element.text = call.query.get("category", "cars")


def places(document: etree._Element, call: Call) -> None:
    """Number the ads from the last to the first."""
    ads = document.findall("Ad")
    for number, ad in enumerate(ads):
        ad.set("sequence", str(len(ads) - number))


def same_creative(document: etree._Element, call: Call) -> None:
    """Give all ads the same creative."""
    for creative in document.iter("Creative"):
        creative.set("adId", "ad-same")
        creative.find("UniversalAdId").text = "same"


def only_overlay(document: etree._Element, call: Call) -> None:
    """Put an overlay into the place of an ad's film."""
    for ad in document.iter("Ad"):
        creative = ad.find(".//Creative")
        creative.replace(creative.find("Linear"), nonlinears(call.beacons(ad.get("id"))))


def half_broken(document: etree._Element, call: Call) -> None:
    """Take from every other ad how long it is."""
    for ad in document.findall("Ad")[1::2]:
        ad.find(".//Duration").text = "soon"


def many_trackers(document: etree._Element, call: Call) -> None:
    """Have `n` URLs called at the start."""
    events = document.find(".//TrackingEvents")
    beacons = call.beacons("many")
    for number in range(call.number("n", 5000, most=20_000)):
        etree.SubElement(events, "Tracking", event="start").text = beacons.url(f"start-{number}")


def huge_attribute(document: etree._Element, call: Call) -> None:
    """Give an ad a name of 1 MB."""
    document.find("Ad").set("id", HUGE)
