"""Pictures given as data: avatars, crests, sponsors' marks. Strangers send them."""

import warnings
from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from overlays.errors import ImageError

MAX_IMAGE_BYTES: Final = 16 << 20
MAX_IMAGE_PIXELS: Final = 16_000_000  # Pillow only warns below 179 million
FORMATS: Final = ("PNG", "JPEG", "WEBP")


def read_image(data: bytes) -> Image.Image:
    """Read a picture, upright and in RGBA.

    Size and kind are judged by the header, before a pixel is unpacked; of an animation, the first
    frame is taken.

    Raises:
        ImageError: No PNG, JPEG or WEBP, too large, or broken.
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise ImageError(f"a picture may have {MAX_IMAGE_BYTES >> 20} MiB at most")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                width, height = image.size
                if width * height > MAX_IMAGE_PIXELS:
                    most = MAX_IMAGE_PIXELS // 1_000_000
                    raise ImageError(f"{width} x {height} pixels: {most} million at most")
                return _upright(image).convert("RGBA")
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(f"not a picture in {', '.join(FORMATS)}") from None
    except Exception as error:  # decoders raise what they like: Warning, OSError, SyntaxError...
        raise ImageError(f"a broken picture ({type(error).__name__})") from error


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held (Exif 2.32, orientation)."""
    turn = {
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_270,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_90,),
    }.get(image.getexif().get(0x0112, 1), ())
    for step in turn:
        image = image.transpose(step)
    return image


def fitted(image: Image.Image, size: tuple[int, int], *, cover: bool) -> Image.Image:
    """Scale a picture into a box of that size, in its middle.

    Args:
        image: RGBA; not modified.
        size: (width, height) in pixels.
        cover: Fill the box and cut what stands over, rather than show all of it.
    """
    ratios = size[0] / image.width, size[1] / image.height
    scale = max(ratios) if cover else min(ratios)
    if cover:
        width, height = size[0] / scale, size[1] / scale
        left, top = (image.width - width) / 2, (image.height - height) / 2
        return _resized(image, size, (left, top, left + width, top + height))
    inner = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    canvas = Image.new("RGBA", size, (0, 0, 0, 0))
    small = _resized(image, inner, (0, 0, image.width, image.height))
    canvas.paste(small, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return canvas


def _resized(
    image: Image.Image, size: tuple[int, int], part: tuple[float, float, float, float]
) -> Image.Image:
    # Premultiplied meanwhile: the colour of what is not seen must not bleed into edges.
    scaled = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS, box=part)
    return scaled.convert("RGBA")
