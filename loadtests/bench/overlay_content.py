"""Content that benchmarks draw overlays on: real renditions, else the product's own cards."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from overlays.mp4.boxes import read_boxes
from overlays.segment.cmaf import CmafFilm, open_cmaf
from overlays.testcard import Card, CardPainter

HEIGHTS = (1080, 720, 360)
_LADDER, _GOPS = "testpic-ladder", (1, 2, 3)  # segments of a GOP each
_FILMS = {1080: "bbb-1080p-30s.mp4", 480: "bbb-480p-30s.mp4"}
_FILM_GOPS = range(1, 3)  # the first one is ten seconds long
_RATE, _GOP_S = 25, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A segment, and what is known of it."""

    name: str
    height: int
    init: bytes
    segment: bytes
    has_aim: bool = True  # what the aims are said of: three GOPs of a ladder's rung

    def open(self) -> CmafFilm:
        """Read the segment."""
        return open_cmaf(self.init, self.segment)


def contents(media: Path, heights: tuple[int, ...]) -> list[Content]:
    """Find or make content of these heights.

    Args:
        media: May have `testpic-ladder/HEIGHT/` with CMAF segments, and progressive films.
        heights: Of pictures, in pixels.
    """
    found = []
    for height in heights:
        folder = media / _LADDER / str(height)
        found.append(_of_ladder(folder, height) if folder.is_dir() else _of_card(height))
        film = media / _FILMS.get(height, "none")
        if film.is_file():
            found.append(_of_film(film, height))
    return found


def _of_ladder(folder: Path, height: int) -> Content:
    parts = (folder / f"{number}.m4s" for number in _GOPS)
    return Content(
        name=f"test picture {height}p",
        height=height,
        init=(folder / "init.mp4").read_bytes(),
        segment=b"".join(part.read_bytes() for part in parts),
    )


def _of_card(height: int) -> Content:
    size = height * 16 // 9 // 2 * 2, height
    painter = CardPainter(Card(code="content", title="Film", clock=True, duration_s=60), size)

    def fill(out: Any) -> None:
        options = {
            "preset": "medium",
            "x264-params": f"keyint={_GOP_S * _RATE}:scenecut=0:open-gop=0:bframes=3",
        }
        stream = out.add_stream("libx264", rate=_RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(len(_GOPS) * _GOP_S * _RATE):
            frame = av.VideoFrame.from_ndarray(painter.frame(number, _RATE), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, _RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))

    init, segment = _fragmented(fill)
    return Content(name=f"card {height}p", height=height, init=init, segment=segment)


def _of_film(path: Path, height: int) -> Content:
    def fill(out: Any) -> None:
        with av.open(str(path)) as source:
            video = source.streams.video[0]
            stream = out.add_stream_from_template(video)
            gop = -1
            for packet in source.demux(video):
                gop += packet.is_keyframe
                if gop in _FILM_GOPS and packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)

    init, segment = _fragmented(fill)
    name = f"film {height}p"
    return Content(name=name, height=height, init=init, segment=segment, has_aim=False)


def _fragmented(fill: Callable[[Any], None]) -> tuple[bytes, bytes]:
    """Init section and segment of what is muxed by `fill`, with a fragment for each GOP."""
    buffer = io.BytesIO()
    flags = "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"
    with av.open(buffer, "w", format="mp4", options={"movflags": flags}) as out:
        fill(out)
    data = buffer.getvalue()
    parts: dict[bool, bytes] = {True: b"", False: b""}
    for one in read_boxes(data):
        if one.kind != b"mfra":
            parts[one.kind in (b"ftyp", b"moov")] += data[one.start : one.end]
    return parts[True], parts[False]
