"""BaseURL chains: MPD > Period > AdaptationSet > Representation (5.6, B-22)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lxml import etree

from manifests.dash.reading.attribute_values import BLANKS, mpd_tag, place, read_double
from manifests.errors import MpdSyntaxError
from manifests.uris import Base

MAX_ALTERNATIVES = 8  # alternatives of each level multiply
BASE_URL = mpd_tag("BaseURL")
HIERARCHICAL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """One of the alternatives that references of a level are resolved against."""

    url: str  # absolute
    availability_offset: Fraction | None = Fraction(0)  # seconds, of the chain; None: INF
    base: Base = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", Base(self.url))


def read_base_urls(element: etree._Element, above: tuple[BaseUrl, ...]) -> tuple[BaseUrl, ...]:
    """Read what a level's references are resolved against.

    Alternatives stay in document order; the first `MAX_ALTERNATIVES` different ones count.

    Args:
        element: MPD, Period, AdaptationSet or Representation.
        above: What the level above has; for the MPD its own URL.

    Raises:
        MpdSyntaxError: A BaseURL cannot be resolved.
    """
    own = element.findall(BASE_URL)
    if not own:
        return above
    found: dict[str, BaseUrl] = {}
    for one in own[:MAX_ALTERNATIVES]:
        # A comment inside parts the text in two.
        parts = (one.text or "", *(child.tail or "" for child in one))
        reference = "".join(parts).strip(BLANKS)
        offset = read_double([one], "availabilityTimeOffset")
        for base in above:
            url = _join(base, reference, one)
            if url not in found and len(found) < MAX_ALTERNATIVES:
                found[url] = BaseUrl(url, add_offsets(base.availability_offset, offset))
    return tuple(found.values())


def add_offsets(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    """The sum of two availability offsets; None stands for INF (5.3.9.5)."""
    return None if one is None or other is None else one + other


def base_urls_of(urls: Sequence[BaseUrl]) -> tuple[str, ...]:
    """The URLs alone."""
    return tuple(one.url for one in urls)


def _join(base: BaseUrl, reference: str, element: etree._Element) -> str:
    if not reference:
        return base.url
    try:
        url = base.base.join(reference)
    except ValueError as error:
        raise MpdSyntaxError(f"{place(element)}: {error}") from None
    if not HIERARCHICAL.match(url):  # nothing can be resolved against it
        raise MpdSyntaxError(f"{place(element)} is no base: {reference[:80]!r}")
    return url
