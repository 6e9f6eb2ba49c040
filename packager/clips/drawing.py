"""Drawing a film: a template over a background, with sound, as the source of what is packaged.

Only worker processes import it: it imports PyAV, and decodes pictures that strangers sent.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, UnidentifiedImageError

from overlays.drawing.images import fitted
from overlays.errors import OverlayError
from overlays.templates.model import Size
from overlays.templates.stage import TemplateLayer, make_layer
from packager.packaging.errors import CreativeFailed, CreativeRefused
from packager.packaging.source import container_format
from packager.templates.folder import load_template
from packager.templates.preview import over

_VIDEO_OPTIONS = {"preset": "ultrafast", "crf": "12"}  # it is encoded once more for each rung
_SAMPLE_RATE = 48_000
_SOUNDS = (
    *((magic, "mp3") for magic in (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    *((magic, "aac") for magic in (b"\xff\xf1", b"\xff\xf9")),
    (b"RIFF", "wav"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
)


def draw_film(job: dict[str, Any]) -> None:
    """Do what `Film.job` says; the film is written to ``job["target"]``.

    Raises:
        CreativeRefused: Template, data or media cannot be used.
        CreativeFailed: They cannot be decoded or encoded.
    """
    seconds, fps, size = Fraction(job["seconds"]), Fraction(job["fps"]), tuple(job["size"])
    try:
        layer = _layer(job, size, seconds)
        with ExitStack() as stack:
            target = stack.enter_context(av.open(job["target"], "w", format="mp4"))
            _write(target, layer, job, size=size, fps=fps, seconds=seconds)
    except (OverlayError, FileNotFoundError) as error:
        raise CreativeRefused(str(error)) from error
    except av.FFmpegError as error:
        raise CreativeFailed(f"the clip cannot be made: {error}") from error


def _layer(job: dict[str, Any], size: Size, seconds: Fraction) -> TemplateLayer:
    template = load_template(Path(job["folder"]))
    if template.digest != job["template"]:
        raise CreativeRefused("the template is not what it was at the start")
    images = {name: Path(path).read_bytes() for name, path in job["images"]}
    data = template.canonical(json.loads(job["data"]), images)
    return make_layer(template, data, size, lasts=seconds)


def _write(
    target: Any, layer: TemplateLayer, job: dict[str, Any], *, size: Size, fps: Fraction,
    seconds: Fraction,
) -> None:  # fmt: skip
    video = target.add_stream("libx264", rate=fps, options=_VIDEO_OPTIONS)
    video.width, video.height = size
    video.pix_fmt = "yuv420p"
    video.codec_context.color_range = 1  # limited
    for name in ("colorspace", "color_primaries", "color_trc"):
        setattr(video.codec_context, name, 1)  # BT.709
    audio = None
    if job["audio"] is not None:
        audio = target.add_stream("aac", rate=_SAMPLE_RATE, bit_rate=192_000)
        audio.layout = "stereo"
    last: tuple[object, object] | None = None
    picture: av.VideoFrame | None = None
    grounds = _grounds(job["background"], size, fps)
    for number in range(max(1, round(seconds * fps))):
        ground, time = next(grounds), number / fps
        seen = (ground, layer.at(time))
        # What stands still is painted once; what moves is another object each time.
        if picture is None or last is None or seen[0] is not last[0] or seen[1] is not last[1]:
            picture = _frame(over(layer, time, ground))
            last = seen
        picture.pts, picture.time_base = number, 1 / fps
        target.mux(video.encode(picture))
    target.mux(video.encode(None))
    if audio is not None:
        for sound in _sounds(Path(job["audio"]), seconds):
            target.mux(audio.encode(sound))
        target.mux(audio.encode(None))


def _frame(image: Image.Image) -> av.VideoFrame:
    picture = av.VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24")
    return picture.reformat(format="yuv420p", dst_colorspace="ITU709")


def _grounds(background: str, size: Size, fps: Fraction) -> Iterator[Image.Image]:
    """What lies below, frame by frame and without end; as long as it stands still one object."""
    if background.startswith("#"):
        yield from repeat(Image.new("RGBA", size, background))
    try:
        with Image.open(background) as picture:
            still = fitted(picture.convert("RGBA"), size, cover=True)
    except UnidentifiedImageError:
        yield from _film(Path(background), size, fps)
    else:
        yield from repeat(still)


def _film(path: Path, size: Size, fps: Fraction) -> Iterator[Image.Image]:
    """The pictures of a film at another rate; its last one stays."""
    with path.open("rb") as file:
        format_name = container_format(file.read(64))
        file.seek(0)
        with av.open(file, "r", format=format_name) as container:
            if not container.streams.video:
                raise CreativeRefused("the background has no picture")
            stream = container.streams.video[0]
            shown: Image.Image | None = None
            number = 0
            start: Fraction | None = None
            for frame in container.decode(stream):
                at = Fraction(frame.pts or 0) * (frame.time_base or 0)
                start = at if start is None else start
                while shown is not None and number / fps < at - start:
                    yield shown
                    number += 1
                image = Image.fromarray(frame.to_ndarray(format="rgb24")).convert("RGBA")
                shown = fitted(image, size, cover=True)
    if shown is None:
        raise CreativeRefused("the background has no picture")
    yield from repeat(shown)


def _sounds(path: Path, seconds: Fraction) -> Iterator[av.AudioFrame]:
    """A file's sound, for as long as the clip lasts."""
    with path.open("rb") as file:
        format_name = _sound_format(file.read(64))
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SAMPLE_RATE)
    left = int(seconds * _SAMPLE_RATE)
    with path.open("rb") as file, av.open(file, "r", format=format_name) as container:
        if not container.streams.audio:
            raise CreativeRefused("the file of the sound has none")
        decoded = container.decode(container.streams.audio[0])
        at = 0
        for frame in chain(decoded, (None,)):
            for sound in resampler.resample(frame):
                samples = sound.to_ndarray()[:, :left]
                if not samples.shape[1]:
                    return
                piece = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(samples, np.float32), format="fltp", layout="stereo"
                )
                piece.sample_rate, piece.pts = _SAMPLE_RATE, at
                piece.time_base = Fraction(1, _SAMPLE_RATE)
                yield piece
                at += samples.shape[1]
                left -= samples.shape[1]


def _sound_format(head: bytes) -> str:
    """FFmpeg's name for a file's format, which is never FFmpeg's to guess (threat 5)."""
    for magic, name in _SOUNDS:
        if head.startswith(magic):
            return name
    return container_format(head)
