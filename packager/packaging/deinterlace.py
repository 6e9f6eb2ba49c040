"""Fields to pictures, for sources that were made for tubes."""

from collections.abc import Iterator
from typing import Any

import av


class Deinterlacer:
    """Makes whole pictures of interlaced ones; others pass as they are.

    The filter needs the picture that follows, so what comes out may belong to an earlier call.
    """

    def __init__(self) -> None:
        self._graph: Any = None
        self._made_for: tuple[int, int, str] = (0, 0, "")

    def feed(self, picture: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Yield the pictures that are ready; they keep their times."""
        if self._graph is None and not picture.interlaced_frame:
            yield picture
            return
        shape = (picture.width, picture.height, picture.format.name)
        if shape != self._made_for:
            yield from self.finish()
            self._graph, self._made_for = _graph(picture), shape
        self._graph.push(picture)
        yield from self._ready()

    def finish(self) -> Iterator[av.VideoFrame]:
        """Yield what is still held."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._ready()

    def _ready(self) -> Iterator[av.VideoFrame]:
        while True:
            try:
                yield self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def _graph(picture: av.VideoFrame) -> Any:
    graph = av.filter.Graph()
    nodes = (
        graph.add_buffer(
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=picture.time_base,
        ),
        graph.add("bwdif", "mode=send_frame:deint=interlaced"),
        graph.add("buffersink"),
    )
    nodes[0].link_to(nodes[1])
    nodes[1].link_to(nodes[2])
    graph.configure()
    return graph
