"""How much of an ad is kept: what a stranger can make grow is cut, the least important first.

A wrapper is merged into every ad that it leads to and every ad is stored with its decision, so that
one ad server could fill the memory with what another one repeats (failures.md, row 14).
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, cast

from packager.decisions.ad_xml import MAX_URLS
from packager.decisions.ads import Ad, Linear

MAX_CHARS = 256 << 10  # of all lists of one ad

# In the order of their importance: what plays, what bills, what else there is.
_FILES = ("mezzanines", "media_files")
_OF_AD = ("impressions", "error_urls", "universal_ad_ids", "categories", "blocked_categories")
_OF_LINEAR = (
    "tracking",
    "click_tracking",
    "custom_clicks",
    "captions",
    "interactive_files",
    "icons",
)
_LAST_OF_AD = (
    *("verifications", "viewable_impressions", "nonlinear_tracking", "nonlinears", "companions"),
    *("extensions", "creative_extensions", "wrapper_ids"),
)


def bounded(ad: Ad) -> Ad:
    """Leave out what is beyond `MAX_URLS` URLs, in a list and in all, or `MAX_CHARS` characters.

    The same ad comes back where nothing is.
    """
    budget = _Budget()
    files = budget.cut(ad.linear, _FILES)
    of_ad = budget.cut(ad, _OF_AD)
    of_linear = files | budget.cut(ad.linear, _OF_LINEAR)
    of_ad |= budget.cut(ad, _LAST_OF_AD)
    if ad.linear is not None and of_linear:
        of_ad["linear"] = replace(ad.linear, **of_linear)
    return replace(ad, **of_ad) if of_ad else ad


class _Budget:
    def __init__(self) -> None:
        self._urls = MAX_URLS
        self._chars = MAX_CHARS

    def cut(self, value: Ad | Linear | None, names: Sequence[str]) -> dict[str, Any]:
        """Those lists of a value that are too long, cut."""
        shorter = {}
        for name in names:
            items = getattr(value, name) if value is not None else ()
            if items and (taken := self._take(items)) is not items:
                shorter[name] = taken
        return shorter

    def _take(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        taken = []
        for item in items:
            urls, chars = _weight(item)
            if urls <= self._urls and chars < self._chars:
                self._urls -= urls
                self._chars -= chars + 1  # nothing is for nothing
                taken.append(item)
        return items if len(taken) == len(items) else tuple(taken)


def _weight(value: Any) -> tuple[int, int]:
    """How many URLs and how many characters there are in a value."""
    if isinstance(value, str):
        return int(value[:4].lower() == "http"), len(value)
    if value is None or isinstance(value, int | Decimal):
        return 0, 0
    parts = value if isinstance(value, tuple) else _parts(cast(Hashable, type(value)))(value)
    urls = chars = 0
    for part in parts:
        if part:
            more_urls, more_chars = _weight(part)
            urls += more_urls
            chars += more_chars
    return urls, chars


@cache
def _parts(kind: Hashable) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the fields of a value that may weigh something."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a dataclass
    return attrgetter(*names)  # of two names or more: a tuple
