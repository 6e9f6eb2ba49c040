"""Content's video or sound by another way: asked for at a host that may replace segments.

An MPD does not name segments, so nothing in it can name a replacement. What it can say is where
segments are: all of a Representation are asked for there, under the paths that they have at
the origin, and are answered with a redirect to the original or to what was drawn on it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from manifests.dash.periods.children import BEFORE_BASE, children, make_child, remove
from manifests.dash.periods.segment_information import TEMPLATES
from manifests.dash.periods.written_bases import WrittenBase, is_absolute, join_bases
from manifests.dash.reading.content_kind import Kind, kind_of

LISTS = ("SegmentTemplate", "SegmentList")
# Paths with other characters, or with a query, cannot be led there.
PLAIN = re.compile(r"(?!/)(?!(?:.*/)?\.{1,2}(?:/|$))(?!.*//)[A-Za-z0-9._~+@/-]*")
_IDENTIFIER = re.compile(r"\$[A-Za-z]+(?:%0\d+d)?\$")


@dataclass(frozen=True, slots=True)
class Detour:
    """Another way for some of a show's content."""

    prefix: str  # what URLs of it begin with
    replacement: str  # what stands for it: a URL or a path
    kinds: frozenset[Kind] = frozenset({"video"})  # of AdaptationSets


def lead(period: etree._Element, detour: Detour) -> None:
    """Lead players to another host for some of a Period's content.

    What cannot be led there stays as it is: encrypted sets, files without a list of segments, and
    references that do not follow their BaseURL. Where something is led, each Representation says
    for itself where it is, and nothing above it does: the other host may be that of the MPD.

    Args:
        period: Changed; its BaseURLs are absolute.
        detour: Where, and for what.

    Raises:
        MpdSyntaxError: A BaseURL is no URL.
    """
    bases = join_bases(period, ())
    ways = dict(_ways(period, bases, detour))
    if not ways:
        return
    for one in children(period, "AdaptationSet"):
        above = join_bases(one, bases)
        for representation in children(one, "Representation"):
            way = ways.get(representation)
            _write(representation, join_bases(representation, above) if way is None else (way,))
        _remove_bases(one)
    _remove_bases(period)


def _ways(
    period: etree._Element, bases: Sequence[WrittenBase], detour: Detour
) -> Iterator[tuple[etree._Element, WrittenBase]]:
    """The Representations that are led away, and where."""
    for one in children(period, "AdaptationSet"):
        representations = list(children(one, "Representation"))
        if kind_of(one, representations) not in detour.kinds or _is_encrypted(one):
            continue
        above = join_bases(one, bases)
        for representation in representations:
            if not _follows(period, one, representation):
                continue
            for base in join_bases(representation, above):
                path = base.url.removeprefix(detour.prefix)
                if path != base.url and PLAIN.fullmatch(path):
                    yield representation, replace(base, url=detour.replacement + path)
                    break


def _write(representation: etree._Element, bases: Sequence[WrittenBase]) -> None:
    _remove_bases(representation)
    behind = list(BEFORE_BASE)
    for base in bases:
        element = make_child(representation, "BaseURL", behind=behind)
        element.text = base.url
        for name, value in base.attributes:
            element.set(name, value)
        behind.append("BaseURL")


def _remove_bases(level: etree._Element) -> None:
    for base in children(level, "BaseURL"):
        remove(base)


def _is_encrypted(one: etree._Element) -> bool:
    return next(one.iter("{*}ContentProtection"), None) is not None


def _follows(*levels: etree._Element) -> bool:
    """Whether all references to segments follow their BaseURL, and there are some."""
    found = False
    for level in levels:
        for information in children(level, *LISTS):
            found = True
            urls = [information.get(name) for name in TEMPLATES]
            urls += [each.get("media") for each in children(information, "SegmentURL")]
            if any(url is not None and _leads_away(url) for url in urls):
                return False
    return found


def _leads_away(reference: str) -> bool:
    return is_absolute(reference) or not PLAIN.fullmatch(_IDENTIFIER.sub("x", reference))
