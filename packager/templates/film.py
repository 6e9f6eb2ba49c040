"""Previews as MP4, and frames of a film to lay an overlay over; PyAV is imported only here."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from overlays.errors import EngineMissing
from overlays.templates.model import Size

_NEEDS = "MP4 needs PyAV: pip install 'weft[media]'"


def write_mp4(path: Path, frames: Iterable[Image.Image], *, size: Size, fps: Fraction) -> None:
    """Write frames as H.264, BT.709.

    Args:
        path: Replaced.
        frames: RGB, all of the size.
        size: (width, height), even.
        fps: Frames a second.

    Raises:
        EngineMissing: PyAV is not installed.
        OSError: The file cannot be written.
    """
    try:
        import av
    except ImportError:
        raise EngineMissing(_NEEDS) from None
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "18"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.color_range = 1  # limited
        for name in ("colorspace", "color_primaries", "color_trc"):
            setattr(stream.codec_context, name, 1)  # BT.709
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.asarray(frame.convert("RGB")), format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def backgrounds(path: Path, size: Size) -> Iterator[Image.Image]:
    """Frames to lay an overlay over, the last one again and again: of a film, or of a picture.

    Raises:
        EngineMissing: It is a film, and PyAV is not installed.
        OSError: It is neither.
    """
    try:
        with Image.open(path) as picture:
            last = picture.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    except UnidentifiedImageError:
        for last in _film(path, size):
            yield last
    while True:
        yield last


def _film(path: Path, size: Size) -> Iterator[Image.Image]:
    try:
        import av
    except ImportError:
        raise EngineMissing(_NEEDS) from None
    with path.open("rb") as file, av.open(file, "r") as container:
        if not container.streams.video:
            raise OSError(f"{path} has no picture")
        for frame in container.decode(container.streams.video[0]):
            image = frame.reformat(width=size[0], height=size[1], format="rgb24").to_ndarray()
            yield Image.fromarray(image).convert("RGBA")
