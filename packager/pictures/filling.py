"""A template's data with its facts and its pictures in place, as far as these are there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from packager.config.fact_settings import Fact
from packager.looks.binding import Facts, bound
from packager.pictures.getting import Picture
from packager.pictures.source import PictureUrl

MAX_BYTES = 2 * 1024 * 1024  # of the pictures of one overlay: they travel with every job

# Gives the picture of a URL, of which a viewer spells a part or not; None: it is not there.
Seek = Callable[[str, bool], Picture | None]


@dataclass(frozen=True, slots=True)
class Filled:
    """Data, and what it names."""

    data: Any
    images: Mapping[str, bytes]  # by the name that the data has for them
    lacks: bool = False  # a picture is not there, or not yet

    def with_picture(self, key: str, picture: Picture) -> "Filled":
        """The data with one more picture, which stands in it as a whole."""
        return replace(
            self,
            data={**self.data, key: picture.name},
            images={**self.images, picture.name: picture.data},
        )


def filled(data: Any, facts: Facts, seek: Seek, *, own: frozenset[str]) -> Filled:
    """Fill data; a field whose picture is not there is left out.

    Args:
        data: As configured.
        facts: Gives values.
        seek: Gives pictures.
        own: Names of facts that viewers put into words of their own.
    """
    images: dict[str, bytes] = {}
    lacks = False

    def picture(source: PictureUrl) -> str | None:
        nonlocal lacks
        url = source.url(facts)
        if url is None:
            return None
        found = seek(url, not own.isdisjoint(source.fields))
        if found is None or sum(map(len, images.values())) + len(found.data) > MAX_BYTES:
            lacks = True
            return None
        images[found.name] = found.data
        return found.name

    return Filled(bound(data, facts, picture), images, lacks)


def own_facts(facts: Mapping[str, Fact]) -> frozenset[str]:
    """The facts that viewers put into words of their own; others are the operator's words."""
    return frozenset(name for name, fact in facts.items() if not fact.shared and not fact.of)
