"""The obvious way to lay a picture over a segment: decode, an `overlay` filter, encode, mux.

A process of its own for every segment, as one would start `ffmpeg`; the filter and the encoder are
FFmpeg's and x264, called through PyAV: `ffmpeg -i SEGMENT -i PICTURE -filter_complex overlay=X:Y
-c:v libx264 -preset superfast -b:v RATE`, on one thread. What it makes has other parameter sets and
another init section, so it is not even a replacement. It prints the seconds of its work.
"""

import io
import json
import sys
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import av
import numpy as np
from PIL import Image


@dataclass(frozen=True, slots=True)
class Work:
    """Seconds of one segment, the start of the process left out, and what came of it."""

    cpu_s: float
    wall_s: float
    size_bytes: int


def main() -> None:
    """Take paths of segment (after its init section) and PNG, its place, and bits per second."""
    segment, picture, left, top, bit_rate = sys.argv[1:]
    cpu, wall = process_time(), perf_counter()
    made = lay(Path(segment).read_bytes(), Path(picture), int(left), int(top), int(bit_rate))
    work = Work(process_time() - cpu, perf_counter() - wall, len(made))
    print(json.dumps(asdict(work)))


def lay(segment: bytes, picture: Path, left: int, top: int, bit_rate: int) -> bytes:
    """Return a fragmented MP4 of the segment's pictures with the picture over them."""
    with Image.open(picture) as image:
        pixels = np.array(image.convert("RGBA"))
    made = io.BytesIO()
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(io.BytesIO(segment)) as source, av.open(made, "w", "mp4", flags) as out:
        video = source.streams.video[0]
        video.thread_count = 1
        rate = video.average_rate or Fraction(25)
        stream: Any = out.add_stream("libx264", rate=rate, options={"preset": "superfast"})
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        stream.bit_rate, stream.thread_count = bit_rate, 1
        graph = _graph(video, pixels, left, top)
        for frame in source.decode(video):
            graph.push(frame, 0)
            laid = graph.vpull()
            laid.pict_type = 0
            out.mux(stream.encode(laid))
        out.mux(stream.encode(None))
    return made.getvalue()


def _graph(video: Any, pixels: np.ndarray, left: int, top: int) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    height, width = pixels.shape[:2]
    film = graph.add_buffer(template=video, time_base=video.time_base)
    laid = graph.add_buffer(
        width=width, height=height, format=av.VideoFormat("rgba"), time_base=video.time_base
    )
    overlay = graph.add("overlay", f"{left}:{top}:eof_action=repeat")
    film.link_to(overlay, 0, 0)
    laid.link_to(overlay, 0, 1)
    overlay.link_to(graph.add("buffersink"))
    graph.configure()
    still = av.VideoFrame.from_ndarray(pixels, "rgba")
    still.pts, still.time_base = 0, video.time_base
    laid.push(still)
    laid.push(None)
    return graph


if __name__ == "__main__":
    main()
