"""Clips: everything that an asset can be for somebody, each under a name of its own.

``opener~dark`` is the asset `opener` where what stands in its URL is `dark`, and ``m7:short`` a cut
of `m7`. An asset has as many clips as the values in its URLs have combinations: all are known, and
looked at, before anybody watches.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from packager.config.asset_settings import Asset, Playable
from packager.config.clip_settings import Clip as Made
from packager.config.show_settings import Show

Names = Mapping[str, tuple[str, ...]]  # of what has only so many values: those
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Clip:
    """Something to play, as a whole."""

    name: str
    source: Path | str  # a file, or the URL of a playlist or MPD
    converts: bool = True  # where it does not fit the ladder, it is packaged anew


@dataclass(frozen=True, slots=True)
class Way:
    """One way to show an asset: as it is, or a cut."""

    asset: str
    cut: str
    playable: Playable
    weight: int
    names: tuple[str, ...]  # what stands in its URL

    def clip(self, value: Callable[[str], str]) -> str:
        """The name of the clip that it is with some values, each asked for by its name."""
        chosen = "".join([f"~{value(name)}" for name in self.names]) if self.names else ""
        return f"{self.asset}{chosen}:{self.cut}" if self.cut else f"{self.asset}{chosen}"


def clip_name_for_people(clip: str) -> str:
    """A clip's name as people read it: ``opener (dark, en)``, ``m7 (short)``; "" as it is."""
    whole, _, cut = clip.partition(":")
    asset, *values = whole.split("~")
    told = [*values, cut] if cut else values
    return f"{asset} ({', '.join(told)})" if told else asset


def ways_of(name: str, asset: Asset | Made) -> tuple[Way, ...]:
    """The ways to show an asset; the first is that in which it plays by itself."""
    return tuple(
        Way(name, cut, playable, weight, placeholders(playable))
        for cut, playable, weight in ways_to_show(asset)
    )


def placeholders(playable: Playable) -> tuple[str, ...]:
    """The names that stand in an asset's URL, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(playable.url or "")))


def ways_to_show(asset: Asset | Made) -> Iterator[tuple[str, Playable, int]]:
    """An asset as it is, and its cuts: the cut's name, where it is, what it is worth.

    What is made of a template is nowhere before it is made.
    """
    if isinstance(asset, Made):
        return
    if asset.file is not None or asset.origin is not None:
        yield "", asset, asset.weight
    for name, cut in asset.cuts.items():
        yield name, cut, asset.weight if cut.weight is None else cut.weight


def finite_names(show: Show) -> Names:
    """The facts of a show that have only so many values, and its choices."""
    facts = {
        name: ("true", "false") if fact.kind == "bool" else fact.of
        for name, fact in show.facts.items()
        if fact.of or fact.kind == "bool"
    }
    return facts | {name: choice.values for name, choice in show.choices.items()}


def clips_of(name: str, asset: Asset | Made, names: Names) -> Iterator[Clip]:
    """All clips of an asset.

    Args:
        name: The asset's.
        asset: It.
        names: The values of what may stand in its URLs.
    """
    for way in ways_of(name, asset):
        playable = way.playable
        for values in product(*(names[one] for one in way.names)):
            known = dict(zip(way.names, values, strict=True))
            source: Path | str | None = playable.file
            if playable.url is not None:
                source = playable.url
                for one, value in known.items():
                    source = source.replace(f"{{{one}}}", value)
            if source is not None:
                called = way.clip(known.__getitem__)
                yield Clip(called, source, converts=asset.otherwise is None)
