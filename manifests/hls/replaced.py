"""Content segments under other names: what was drawn on takes the original's place.

A replacement lasts as long and decodes with the init section of all the rendition's segments, so
that URIs are all that changes: no number, no DISCONTINUITY.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from manifests.content_segment import ContentSegment, Source
from manifests.hls.fragments import Strip, weave
from manifests.hls.model import ByteRange, Segment
from manifests.hls.track import Track


def name_of(segment: Segment) -> str:
    """What a segment is known by to those who replace it: its URI, and which bytes of it."""
    part = segment.byterange
    if part is None:
        return segment.uri
    return f"{segment.uri}#bytes={part.offset}-{part.offset + part.length - 1}"


def with_replaced(
    strip: Strip, replacements: Mapping[str, str], inits: Mapping[str, str] | None = None
) -> Strip:
    """The strip with some of its segments replaced; the very strip where none are.

    It costs a walk over the segments: made once for a refresh and all who see the same.

    Args:
        strip: A rendition's content.
        replacements: By a segment's name (`name_of`), the URI that stands for it: a whole
            resource, clear. Names of segments that are not in the strip do not matter.
        inits: By the URI of an init section that is a whole resource, the one that stands for it.
    """
    maps = inits or {}
    segments = tuple(_replaced(segment, replacements, maps) for segment in strip.track.segments)
    if all(new is old for new, old in zip(segments, strip.track.segments, strict=True)):
        return strip
    return weave(replace(strip.track, segments=segments), strip.dressing, strip)


def _replaced(
    segment: Segment, replacements: Mapping[str, str], inits: Mapping[str, str]
) -> Segment:
    if segment.keys:
        return segment  # the replacement would be decrypted
    one = segment.map
    if one is not None and one.byterange is None and not one.keys and one.uri in inits:
        segment = replace(segment, map=replace(one, uri=inits[one.uri]))
    uri = replacements.get(name_of(segment))
    return segment if uri is None else replace(segment, uri=uri, byterange=None)


def latest_segments(track: Track) -> Iterator[ContentSegment]:
    """The segments of a rendition that could be replaced, the latest first."""
    for index in range(len(track.segments) - 1, -1, -1):
        segment = track.segments[index]
        if segment.keys or segment.gap:
            continue
        media_map = segment.map
        yield ContentSegment(
            name=name_of(segment),
            media=_source(segment.uri, segment.byterange),
            init=None if media_map is None else _source(media_map.uri, media_map.byterange),
            start=track.starts[index],
            duration=track.starts[index + 1] - track.starts[index],
        )


def _source(url: str, part: ByteRange | None) -> Source:
    if part is None:
        return Source(url)
    return Source(url, part.offset, part.offset + part.length - 1)
