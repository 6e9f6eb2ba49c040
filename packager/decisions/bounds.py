"""How much of an ad is kept: what a stranger can make grow is cut, the least important first.

A wrapper is merged into every ad that it leads to and every ad is stored with its decision, so that
one ad server could fill the memory with what another one repeats (failures.md, row 14).
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

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
    """Leave out what is beyond `MAX_URLS` URLs, in a list and in all, or `MAX_CHARS` characters."""
    budget = _Budget()
    files = budget.take_fields(ad.linear, _FILES) if ad.linear else {}
    first = budget.take_fields(ad, _OF_AD)
    linear = ad.linear and replace(ad.linear, **files, **budget.take_fields(ad.linear, _OF_LINEAR))
    last = budget.take_fields(ad, _LAST_OF_AD)
    return replace(ad, linear=linear, **first, **last)


class _Budget:
    def __init__(self) -> None:
        self._urls = MAX_URLS
        self._chars = MAX_CHARS

    def take_fields(self, value: Ad | Linear, names: Sequence[str]) -> dict[str, Any]:
        return {name: self._take(getattr(value, name)) for name in names}

    def _take(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        taken = []
        for item in items:
            texts = list(_texts(item))
            urls = sum(text.startswith(("http", "HTTP")) for text in texts)
            chars = sum(map(len, texts)) + 1  # nothing is for nothing
            if urls <= self._urls and chars <= self._chars:
                self._urls -= urls
                self._chars -= chars
                taken.append(item)
        return tuple(taken)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
