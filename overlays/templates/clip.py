"""Clips: frames with transparency that a designer rendered, as pictures or as one film."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image

from overlays.drawing.images import fitted, read_image
from overlays.drawing.scene import Box
from overlays.drawing.sprites import Area, Moment, union
from overlays.errors import EngineMissing, ImageError, TemplateError
from overlays.templates.artwork import FrameRanges

MAX_FRAMES: Final = 1500
MAX_KEPT_BYTES: Final = 256 << 20  # of unpacked frames, cut to what is not transparent
MAX_SIDE: Final = 4096
_FORMATS: Final = {".mov": "mov", ".mp4": "mp4", ".webm": "matroska"}
_WITH_ALPHA: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # FFmpeg's own decoders drop it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """Frames of a template."""

    file: str  # of the film, or the folder of the pictures, for errors
    pictures: tuple[bytes, ...]  # one per frame; empty for a film
    film: bytes
    box: Box  # where it lies in the template
    ranges: FrameRanges


def sequence(files: Mapping[str, bytes], prefix: str) -> tuple[bytes, ...]:
    """The pictures of a folder of the template, in the order of their names."""
    return tuple(
        files[name]
        for name in sorted(files)
        if name.startswith(prefix) and name.endswith((".png", ".webp"))
    )


def film_format(name: str) -> str | None:
    """FFmpeg's name of a film's container, by its file name; it is never guessed from content."""
    return next((kind for end, kind in _FORMATS.items() if name.endswith(end)), None)


def film_length(file: str, film: bytes) -> tuple[int, float]:
    """How many frames a film has, and how many a second.

    Raises:
        EngineMissing: PyAV is not installed.
        TemplateError: It is no film with one picture track, or longer than its limit.
    """
    with _opened(file, film) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate
        if rate is None or max(stream.width, stream.height) > MAX_SIDE:
            raise TemplateError(
                file, "", f"needs a frame rate and {MAX_SIDE} pixels a side at most"
            )
        count = sum(1 for packet in container.demux(stream) if packet.size)
    if not 1 <= count <= MAX_FRAMES:
        raise TemplateError(file, "", f"has {count} frames: 1 to {MAX_FRAMES}")
    return count, float(rate)


class ClipNode:
    """A clip at one size: its frames are unpacked once, cut to what is seen of them."""

    def __init__(self, clip: Clip, area: Area) -> None:
        """Unpack the frames.

        Raises:
            TemplateError: A frame is broken, or all of them need too much memory.
            EngineMissing: PyAV is not installed.
        """
        self._ranges = clip.ranges
        self._area = area
        size = (area[2] - area[0], area[3] - area[1])
        self._frames: list[tuple[Image.Image, int, int] | None] = []
        kept = 0
        for image in _images(clip):
            picture = fitted(image, size, cover=True) if image.size != size else image
            bounds = picture.getchannel("A").getbbox()
            if bounds is None:
                self._frames.append(None)
                continue
            kept += 4 * (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
            if kept > MAX_KEPT_BYTES:
                raise TemplateError(
                    clip.file, "", f"needs more than {MAX_KEPT_BYTES >> 20} MiB: make it shorter"
                )
            part = picture.crop(bounds)
            self._frames.append((part, area[0] + bounds[0], area[1] + bounds[1]))

    @property
    def reach(self) -> Area:
        """All pixels that it may touch at any time."""
        seen = [
            (left, top, left + picture.width, top + picture.height)
            for picture, left, top in filter(None, self._frames)
        ]
        return union(seen) or (self._area[0], self._area[1], self._area[0] + 1, self._area[1] + 1)

    @property
    def moves(self) -> bool:
        """Whether it moves in the hold phase."""
        return self._ranges.moves

    def pose(self, moment: Moment) -> Hashable:
        """How it stands: the number of its frame."""
        return self._number(moment)

    def draw(self, canvas: Image.Image, origin: tuple[int, int], moment: Moment) -> None:
        """Lay it onto a canvas, in place."""
        frame = self._frames[self._number(moment)]
        if frame is not None:
            picture, left, top = frame
            x, y = left - origin[0], top - origin[1]
            canvas.alpha_composite(picture, (max(0, x), max(0, y)), (max(0, -x), max(0, -y)))

    def _number(self, moment: Moment) -> int:
        return min(int(self._ranges.frame(moment)), len(self._frames) - 1)


def _images(clip: Clip) -> Iterator[Image.Image]:
    if not clip.film:
        yield from _pictures(clip.file, clip.pictures)
        return
    with _opened(clip.file, clip.film) as container:
        stream = container.streams.video[0]
        name = _WITH_ALPHA.get(stream.codec_context.name)
        for number, frame in enumerate(_decoded(container, stream, name)):
            if number >= MAX_FRAMES or max(frame.width, frame.height) > MAX_SIDE:
                raise TemplateError(clip.file, "", "grows beyond its limits while it is decoded")
            yield Image.fromarray(frame.to_ndarray(format="rgba"))


def _pictures(file: str, pictures: Sequence[bytes]) -> Iterator[Image.Image]:
    for number, data in enumerate(pictures):
        try:
            yield read_image(data)
        except ImageError as error:
            raise TemplateError(file, f"picture {number}", str(error)) from None


def _decoded(container: Any, stream: Any, name: str | None) -> Iterator[Any]:
    if name is None:
        yield from container.decode(stream)
        return
    import av

    decoder: Any = av.CodecContext.create(name, "r")
    for packet in container.demux(stream):
        yield from decoder.decode(packet if packet.size else None)


def _opened(file: str, film: bytes) -> Any:
    """Open bytes, with the container's kind given: FFmpeg neither guesses nor follows names."""
    try:
        import av
    except ImportError:
        raise EngineMissing("clips that are films need PyAV: pip install 'weft[media]'") from None
    try:
        container = av.open(BytesIO(film), format=film_format(file))
    except (av.FFmpegError, ValueError) as error:
        raise TemplateError(file, "", f"is no film that can be read ({error})") from None
    if not container.streams.video:
        container.close()
        raise TemplateError(file, "", "has no picture")
    return container
