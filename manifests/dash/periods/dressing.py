"""What is changed in every Period of a show, whole or in parts: bases, hosts and descriptors."""

from dataclasses import dataclass

from lxml import etree

from manifests.dash.model import Mpd
from manifests.dash.periods.children import children, local_name, make_child, remove
from manifests.dash.periods.detour import Detour, lead
from manifests.dash.periods.preferred_sound import prefer_sound
from manifests.dash.periods.segment_information import KINDS, TEMPLATES
from manifests.dash.periods.written_bases import (
    WrittenBase,
    is_absolute,
    join,
    join_bases,
    reference_of,
)

ASSET_SCHEME = "urn:org:dashif:asset-id:2013"
BEFORE_ASSET = ("BaseURL", "SegmentBase", "SegmentList", "SegmentTemplate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dressing:
    """How a show's content Periods are written."""

    bases: tuple[WrittenBase, ...]  # of the MPD, to be written into each Period (B-22)
    content_base: tuple[str, str] | None = None  # origin prefix, and what players get instead
    detour: Detour | None = None  # of what comes of that
    sound: str | None = None  # that players begin with
    # EventStreams and InbandEventStreams of these schemes are taken out (B-52).
    removed_schemes: frozenset[str] = frozenset()
    asset_id: str | None = None  # for an AssetIdentifier where the origin has none (B-19)


def dressing_of(
    mpd: Mpd,
    *,
    content_base: tuple[str, str] | None = None,
    detour: Detour | None = None,
    sound: str | None = None,
    removed_schemes: frozenset[str] = frozenset(),
    asset_id: str | None = None,
) -> Dressing:
    """Make the dressing of an MPD's Periods: its own BaseURLs, else the folder that it is in.

    Raises:
        MpdSyntaxError: A BaseURL is no URL.
    """
    return Dressing(
        bases=join_bases(mpd.element, (WrittenBase(join(mpd.url, ".")),)),
        content_base=content_base,
        detour=detour,
        sound=sound,
        removed_schemes=removed_schemes,
        asset_id=asset_id,
    )


def dress(period: etree._Element, dressing: Dressing) -> None:
    """Dress a Period.

    Args:
        period: Changed.
        dressing: How.

    Raises:
        MpdSyntaxError: A BaseURL is no URL.
    """
    # Whoever steers the players leads them past us (H-09).
    for steering in list(period.iter("{*}ContentSteering")):
        remove(steering)
    if dressing.removed_schemes:
        for stream in list(period.iter("{*}EventStream", "{*}InbandEventStream")):
            if stream.get("schemeIdUri") in dressing.removed_schemes:
                remove(stream)
    if dressing.asset_id is not None and next(children(period, "AssetIdentifier"), None) is None:
        identifier = make_child(period, "AssetIdentifier", behind=BEFORE_ASSET)
        identifier.set("schemeIdUri", ASSET_SCHEME)
        identifier.set("value", dressing.asset_id)
    bases = join_bases(period, dressing.bases)
    _write_bases(period, bases)
    if dressing.content_base is not None and bases:
        _rehost(period, bases[0].url, dressing.content_base)
    if dressing.detour is not None:
        lead(period, dressing.detour)
    if dressing.sound is not None:
        prefer_sound(period, dressing.sound)


def _write_bases(period: etree._Element, bases: tuple[WrittenBase, ...]) -> None:
    """Put absolute BaseURLs in the place of those that the Period has."""
    old = list(children(period, "BaseURL"))
    if old and all(is_absolute(reference_of(one)) for one in old):
        return
    at = period.index(old[0]) if old else 0
    for one in old:
        remove(one)
    for number, base in enumerate(bases):
        element = make_child(period, "BaseURL", at=at + number)
        element.text = base.url
        for name, value in base.attributes:
            element.set(name, value)


def _rehost(level: etree._Element, base: str, hosts: tuple[str, str]) -> None:
    """Give a level and all below it the other host.

    Args:
        level: Period, AdaptationSet or Representation; changed.
        base: URL of the origin that references in it are relative to.
        hosts: Origin prefix, and what stands for it.
    """
    above = base
    for number, own in enumerate(children(level, "BaseURL")):
        reference = reference_of(own)
        if not number:
            base = join(above, reference)
        own.text = _moved(reference, above, hosts)
    for child in level.iterchildren("*"):
        name = local_name(child)
        if name in KINDS:
            _rehost_information(child, base, hosts)
        elif name in ("AdaptationSet", "Representation"):
            _rehost(child, base, hosts)


def _rehost_information(element: etree._Element, base: str, hosts: tuple[str, str]) -> None:
    for template in TEMPLATES:
        if template in element.attrib:
            element.set(template, _moved(element.attrib[template], base, hosts))
    for child in element.iterchildren("*"):
        for name in ("sourceURL", "media", "index"):
            if name in child.attrib:
                child.set(name, _moved(child.attrib[name], base, hosts))


def _moved(reference: str, base: str, hosts: tuple[str, str]) -> str:
    """A reference that leads to the other host what is below the origin's prefix.

    Relative ones follow their base, unless they lead out of what is on the other host.
    """
    if is_absolute(reference):
        return _replaced(reference, hosts)
    if not reference.startswith("/") and ".." not in reference:
        return reference
    moved = _replaced(join(base, reference), hosts)
    return reference if join(_replaced(base, hosts), reference) == moved else moved


def _replaced(url: str, hosts: tuple[str, str]) -> str:
    prefix, replacement = hosts
    return replacement + url[len(prefix) :] if url.startswith(prefix) else url
