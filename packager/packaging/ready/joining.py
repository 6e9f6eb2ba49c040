"""Pictures and sound that came apart become one progressive file, not a sample of them changed.

FFmpeg gets open files and the formats that their first bytes have shown, never a path, a playlist
or a URL (threat 5).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any

import av

from packager.packaging.errors import CreativeRefused

_FORMATS = {"cmaf": "mp4", "ts": "mpegts", "packed-aac": "aac"}
_JOINED = ("video", "audio")


def join(parts: Sequence[tuple[Path, str, Fraction]], target: Path) -> None:
    """Write the first video and audio of some files to an MP4 file.

    Args:
        parts: Of each the file, its container as in `Rung`, and the seconds on its own clock at
            which it is to begin.
        target: The file that is made.

    Raises:
        CreativeRefused: One of the files cannot be read, or a codec cannot be in MP4.
    """
    try:
        with ExitStack() as stack:
            opened = [
                (
                    stack.enter_context(
                        av.open(
                            stack.enter_context(path.open("rb")),
                            format=_FORMATS[container],
                            metadata_errors="replace",
                        )
                    ),
                    start,
                )
                for path, container, start in parts
            ]
            file = stack.enter_context(target.open("wb"))
            _write(opened, stack.enter_context(av.open(file, "w", format="mp4")))
    except (av.FFmpegError, ValueError) as error:
        raise CreativeRefused(f"the renditions cannot be joined: {error}") from error


def _write(opened: Sequence[tuple[Any, Fraction]], out: Any) -> None:
    tracks: dict[str, Any] = {}
    read = []
    for container, start in opened:
        streams = [next(iter(getattr(container.streams, kind)), None) for kind in _JOINED]
        mine = [s for s in streams if s is not None and s.type not in tracks]
        for stream in mine:
            tracks[stream.type] = out.add_stream_from_template(stream)
        if mine:
            read.append(_packets(container, mine, start))
    beginnings = [(first, packets) for packets in read if (first := next(packets, None))]
    if not beginnings:
        raise CreativeRefused("the renditions are empty")
    base = min(first[0] for first, _ in beginnings)
    all_packets = [chain((first,), packets) for first, packets in beginnings]
    for _, start, packet in merge(*all_packets, key=lambda item: item[0]):
        ticks = round((start + base) / packet.time_base)
        packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
        packet.stream = tracks[packet.stream.type]
        out.mux(packet)


def _packets(
    container: Any, streams: Sequence[Any], start: Fraction
) -> Iterator[tuple[Fraction, Fraction, Any]]:
    """Yield packets with their decode times, in seconds after `start`."""
    for packet in container.demux(*streams):
        if packet.dts is not None and packet.pts is not None and packet.size:
            yield packet.dts * packet.time_base - start, start, packet
