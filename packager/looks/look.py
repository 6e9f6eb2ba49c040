"""A look at one presentation: which of its segments are replaced; what was listed stays.

Viewers who see the same share a look, and with it every body and every replacement. Nothing here
waits or knows of workers: it says what is to be drawn, and is told what was taken on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from manifests.content_segment import ContentSegment
from packager.looks.steps import NEAR_S, Drawn, Steps

# So many segments a first viewer may be given from the edge of live content: no player starts
# earlier, so what is before is not worth a worker's time.
FIRST_SEGMENTS = 4


class Drawable(Protocol):
    """An overlay with its template and its data."""

    def drawn(self, start: Decimal, end: Decimal) -> Drawn | None:
        """What of it is seen between two instants of the content; None: nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A segment that is about to be listed, and what is to be drawn onto it."""

    segment: ContentSegment
    drawn: tuple[Drawn, ...]


@dataclass(slots=True)
class _Listed:
    """What viewers of one rendition have been told."""

    until: Decimal
    replaced: dict[str, str] = field(default_factory=dict)
    starts: dict[str, Decimal] = field(default_factory=dict)  # of what is replaced


class Look:
    """One look."""

    def __init__(self, key: str, drawables: Sequence[Drawable], *, origin: str = "") -> None:
        """Make one that nobody has seen yet.

        Args:
            key: Names it to caches and in URLs.
            drawables: In z-order, the lowest first.
            origin: Of the show: init sections below it come by the way of Weft.
        """
        self.key = key
        self.origin = origin
        self.version = 0  # rises with every change
        self._drawables = drawables
        self._steps = Steps()
        self._listed: dict[str, _Listed] = {}

    def choices(
        self, rendition: str, latest: Iterable[ContentSegment], *, live: bool
    ) -> tuple[Choice, ...]:
        """What is to be drawn onto segments that this rendition's viewers were not told of.

        Args:
            rendition: Its name.
            latest: The segments that are listed, the latest first.
            live: Only the latest matter to a first viewer.

        Returns:
            In the order of time; those onto which nothing is drawn among them.
        """
        known = self._listed.get(rendition)
        new: list[ContentSegment] = []
        for segment in latest:
            if known is not None and segment.end <= known.until + NEAR_S:
                break
            new.append(segment)
        # Another process may have drawn on what is before: it is listed as that has it.
        drawn = FIRST_SEGMENTS if known is None and live else len(new)
        before = [Choice(segment, ()) for segment in reversed(new[drawn:])]
        return (
            *before,
            *(Choice(segment, self.drawn(segment)) for segment in reversed(new[:drawn])),
        )

    def drawn(self, segment: ContentSegment) -> tuple[Drawn, ...]:
        """What is drawn onto a segment, settled now if it was not."""
        self._steps, drawn = self._steps.settle(segment.start, segment.end, self._draw)
        return drawn

    def told(self, segment: ContentSegment) -> tuple[Drawn, ...]:
        """What is drawn onto a segment that is told of now and was settled before, for good."""
        self.drawn(segment)
        self._steps, drawn = self._steps.renewed(segment.start, segment.end, self._draw)
        return drawn

    def _draw(self, start: Decimal, end: Decimal) -> tuple[Drawn, ...]:
        found = (one.drawn(start, end) for one in self._drawables)
        return tuple(one for one in found if one is not None)

    def list(self, rendition: str, choices: Iterable[Choice], urls: Mapping[str, str]) -> None:
        """Take down what viewers are told from now on; it is not taken back.

        Args:
            rendition: Its name.
            choices: As `choices` gave them.
            urls: What stands for a segment, by its name; the others stay as they are.
        """
        for one in choices:
            listed = self._listed.setdefault(rendition, _Listed(one.segment.start))
            if one.segment.end <= listed.until + NEAR_S:
                continue  # somebody was faster
            listed.until = one.segment.end
            url = urls.get(one.segment.name)
            if url is not None:
                listed.replaced[one.segment.name] = url
                listed.starts[one.segment.name] = one.segment.start
                self.version += 1

    def shown(self, segment: ContentSegment) -> tuple[Drawn, ...]:
        """What viewers of any rendition were told to see on a segment; nothing on originals."""
        starts = (start for listed in self._listed.values() for start in listed.starts.values())
        is_told = any(abs(start - segment.start) <= NEAR_S for start in starts)
        return self._steps.at(segment.start) if is_told else ()

    def replaced(
        self, rendition: str, *, since: Decimal | None = None, until: Decimal | None = None
    ) -> Mapping[str, str]:
        """By a segment's name, what stands for it in a rendition's manifests.

        Args:
            rendition: Its name.
            since: Only segments that start then or later.
            until: Only segments that start before.
        """
        listed = self._listed.get(rendition)
        if listed is None:
            return {}
        if since is None and until is None:
            return listed.replaced
        return {
            name: url
            for name, url in listed.replaced.items()
            if (since is None or listed.starts[name] > since - NEAR_S)
            and (until is None or listed.starts[name] < until - NEAR_S)
        }

    def listed_until(self, rendition: str) -> Decimal | None:
        """Up to where a rendition's segments are settled; None: it has none yet."""
        listed = self._listed.get(rendition)
        return None if listed is None else listed.until

    def forget_before(self, instant: Decimal) -> None:
        """Drop what is no longer listed."""
        self._steps = self._steps.forget_before(instant)
        for listed in self._listed.values():
            for name in [one for one, start in listed.starts.items() if start < instant]:
                del listed.replaced[name], listed.starts[name]
