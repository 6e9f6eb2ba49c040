"""Overlays for players to draw: an EXT-X-DATERANGE of the class that Shaka reads (rule A-60).

The attributes are those of Shaka 5: X-OVERLAY-ID makes it an overlay, X-ASSET-URI is what it shows,
X-SQUEEZECURRENT the share of the frame that the content keeps.
"""

from collections.abc import Mapping
from dataclasses import replace

from manifests.guided_overlay import GuidedOverlay
from manifests.hls.attributes import quote, write_attributes
from manifests.hls.fragments import Strip, joined
from manifests.hls.replaced import name_of
from manifests.timing import format_date_time

CLASS = "com.apple.hls.overlay"


def write_overlay_range(one: GuidedOverlay) -> str:
    """Write the tag of an overlay, in content whose clock is that of the world."""
    width, height = one.size
    name = f"overlay-{one.number}"
    attributes = [
        ("ID", quote(name)),
        ("CLASS", quote(CLASS)),
        ("START-DATE", quote(format_date_time(one.begins))),
        ("DURATION", f"{(one.ends - one.begins).normalize():f}"),
        ("X-OVERLAY-ID", quote(name)),
        ("X-ASSET-URI", quote(one.url)),
        ("X-ASSET-MIMETYPE", quote("image/png")),
        ("X-VIEWPORT", quote(f"{width}x{height}")),
    ]
    if one.film is not None:
        left, top, share, _ = one.film
        attributes += [
            ("X-SQUEEZECURRENT", quote(f"{share / width:.4f}".rstrip("0").rstrip("."))),
            ("X-SQUEEZECURRENT-POSITION", quote(f"{left}x{top}")),
        ]
    return f"#EXT-X-DATERANGE:{write_attributes(tuple(attributes))}"


def with_ranges(strip: Strip, ranges: Mapping[str, str]) -> Strip:
    """The strip with tags before some of its segments; the very strip where there are none.

    Args:
        strip: A rendition's content.
        ranges: By a segment's name (`name_of`), whole lines, as they are to stand there. Names of
            segments that are not in the strip do not matter.
    """
    fragments = tuple(
        text if tag is None else f"{tag}\n".encode() + text
        for text, tag in (
            (text, ranges.get(name_of(segment)))
            for text, segment in zip(strip.fragments, strip.track.segments, strict=True)
        )
    )
    if fragments == strip.fragments:
        return strip
    offsets, body = joined(fragments, strip.track)
    return replace(strip, fragments=fragments, offsets=offsets, body=body)
