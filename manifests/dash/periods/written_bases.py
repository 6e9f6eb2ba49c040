"""BaseURLs as they are to be written: absolute, with all that was said of them (5.6, B-22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice

from lxml import etree

from manifests.dash.durations import plain
from manifests.dash.periods.children import children
from manifests.dash.reading.base_urls import MAX_ALTERNATIVES
from manifests.errors import MpdSyntaxError
from manifests.uris import SCHEME, Base

OFFSET = "availabilityTimeOffset"


@dataclass(frozen=True, slots=True)
class WrittenBase:
    """One BaseURL."""

    url: str  # absolute
    attributes: tuple[tuple[str, str], ...] = ()  # as written; names with their namespace


def is_absolute(reference: str) -> bool:
    """Whether a reference has a scheme."""
    return SCHEME.match(reference) is not None


def reference_of(element: etree._Element) -> str:
    """What a BaseURL says; a comment inside parts the text in two."""
    return "".join((element.text or "", *(child.tail or "" for child in element))).strip()


def join(base: str, reference: str) -> str:
    """Resolve a reference or template.

    Raises:
        MpdSyntaxError: It is no URL.
    """
    if not reference:
        return base
    try:
        return Base(base).join(reference)
    except ValueError as error:
        raise MpdSyntaxError(str(error)) from None


def join_bases(level: etree._Element, above: Sequence[WrittenBase]) -> tuple[WrittenBase, ...]:
    """The alternatives of a level: its own, joined to each of those above; else those above.

    Raises:
        MpdSyntaxError: A BaseURL is no URL.
    """
    joined: list[WrittenBase] = []
    for own in islice(children(level, "BaseURL"), MAX_ALTERNATIVES):
        reference = reference_of(own)
        attributes = tuple((str(name), str(value)) for name, value in own.attrib.items())
        if is_absolute(reference):
            joined.append(WrittenBase(reference, attributes))
            continue
        for base in above:
            url = join(base.url, reference)
            joined.append(WrittenBase(url, _merged(base.attributes, attributes)))
    return tuple(joined[:MAX_ALTERNATIVES]) or tuple(above)


def _merged(
    above: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """What is written lower overrides, but offsets of the availability add up (5.3.9.5)."""
    merged = dict(above) | dict(own)
    higher, lower = dict(above).get(OFFSET), dict(own).get(OFFSET)
    if higher is not None and lower is not None:
        merged[OFFSET] = _sum(higher, lower)
    return tuple(merged.items())


def _sum(one: str, other: str) -> str:
    if "INF" in (one.strip(), other.strip()):
        return "INF"
    try:
        return plain(Decimal(one) + Decimal(other))
    except InvalidOperation:
        return other
