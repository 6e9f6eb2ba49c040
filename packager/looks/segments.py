"""The segments of a presentation, found by their URL at the origin."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from manifests.content_segment import ContentSegment
from packager.looks.streams import Streams


class Found(NamedTuple):
    """A segment that a player asks for."""

    rendition: str
    streams: Streams
    segment: ContentSegment
    place: int  # among the rendition's segments, the latest is 0


class Segments:
    """All segments that can be drawn on; they are looked up when the first one is asked for."""

    def __init__(self, listed: Callable[[], Iterable[tuple[str, Streams, ContentSegment]]]) -> None:
        """Make them from what lists them: of each rendition the latest first."""
        self._listed = listed
        self._by_name: dict[str, Found] = {}
        self._of: Mapping[str, list[Found]] | None = None

    def find(self, name: str) -> Found | None:
        """The segment of a name; None: there is none that could be drawn on."""
        self._look_up()
        return self._by_name.get(name)

    def after(self, found: Found) -> Found | None:
        """The one that follows in the same rendition."""
        of = self._look_up().get(found.rendition, [])
        return of[found.place - 1] if 0 < found.place <= len(of) else None

    def latest(self, rendition: str) -> Found | None:
        """The latest of a rendition."""
        of = self._look_up().get(rendition)
        return of[0] if of else None

    def _look_up(self) -> Mapping[str, list[Found]]:
        if self._of is None:
            of: dict[str, list[Found]] = {}
            for rendition, streams, segment in self._listed():
                row = of.setdefault(rendition, [])
                row.append(Found(rendition, streams, segment, len(row)))
                self._by_name[segment.name] = row[-1]
            self._of = of
        return self._of
