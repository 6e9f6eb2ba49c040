"""Multivariant playlists from text (RFC 8216bis, section 4.4.6).

The `m3u8` library does not read them here: it splits at every line break that Unicode knows
(threat 13), forgets unknown attributes and where a tag stood, and knows no variables. The tests ask
it for a second opinion on the values instead.
"""

import re
from collections.abc import Mapping

from manifests.errors import PlaylistSyntaxError
from manifests.hls.attributes import Attributes, unquote
from manifests.hls.lexer import BLANKS, DEFAULT_LIMITS, Limits, read_lines
from manifests.hls.model import MultivariantPlaylist, Rendition, Variant
from manifests.hls.numbers import read_decimal, read_integer
from manifests.hls.tags import MEDIA_PLAYLIST_TAGS, MULTIVARIANT_TAGS, PASSED_ATTRIBUTE_TAGS
from manifests.hls.uris import Resolver, absolute
from manifests.hls.variables import Variables, query_of

RESOLUTION = re.compile(r"([0-9]{1,9})[xX]([0-9]{1,9})")


def is_multivariant(text: str | bytes) -> bool:
    """Whether a text has a tag that only multivariant playlists have; it is not read otherwise."""
    if isinstance(text, bytes):
        return any(b"\n#" + name.encode() + b":" in text for name in MULTIVARIANT_TAGS)
    return any(f"\n#{name}:" in text for name in MULTIVARIANT_TAGS)


def read_multivariant_playlist(
    text: str | bytes,
    *,
    url: str,
    query: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> MultivariantPlaylist:
    """Read a multivariant playlist.

    Args:
        text: The playlist, as fetched.
        url: Where it was fetched from, after redirects: absolute.
        query: Parameters for variables (rule A-36); None: those of `url`.
        limits: How much is read at most.

    Raises:
        PlaylistSyntaxError: A line cannot be read, or this is no multivariant playlist.
        ManifestLimitError: It is larger than the limits.
    """
    variables = Variables(query=query_of(url) if query is None else query, limits=limits)
    resolver = Resolver(url)
    source = read_lines(text, limits)
    variants: list[Variant] = []
    renditions: list[Rendition] = []
    versions: set[int] = set()
    independent_segments = recognised = False
    open_at: int | None = None  # index of a STREAM-INF that waits for its URI
    attributes: Attributes = ()  # of that tag
    for index, raw in enumerate(source.lines):
        line, number = raw.strip(BLANKS), index + 1
        if not line or (line[0] == "#" and not line.startswith("#EXT")):
            continue
        if line[0] != "#":
            if open_at is None:
                raise PlaylistSyntaxError("a URI without EXT-X-STREAM-INF", line=number)
            uri = resolver.resolve(variables.resolve(line, line=number), line=number)
            variants.append(_variant(uri, attributes, open_at, index))
            open_at = None
            continue
        name, _, value = line[1:].partition(":")
        recognised = recognised or name in MULTIVARIANT_TAGS
        match name:
            case "EXT-X-STREAM-INF":
                if open_at is not None:
                    raise PlaylistSyntaxError("no URI for the EXT-X-STREAM-INF before", line=number)
                open_at, attributes = index, variables.read_attributes(value, line=number)
            case "EXT-X-I-FRAME-STREAM-INF":
                attributes = variables.read_attributes(value, line=number)
                target, attributes = absolute(attributes, resolver, line=number)
                if target is None:
                    raise PlaylistSyntaxError("EXT-X-I-FRAME-STREAM-INF has no URI", line=number)
                variants.append(_variant(target, attributes, index, index))
            case "EXT-X-MEDIA":
                attributes = variables.read_attributes(value, line=number)
                renditions.append(_rendition(*absolute(attributes, resolver, line=number), index))
            case "EXT-X-VERSION":
                versions.add(read_integer(value.strip(BLANKS), line=number))
                if len(versions) > 1:
                    raise PlaylistSyntaxError("another EXT-X-VERSION", line=number)
            case "EXT-X-INDEPENDENT-SEGMENTS":
                independent_segments = True
            case "EXT-X-DEFINE":
                variables.define(value, line=number)
            case _ if name in MEDIA_PLAYLIST_TAGS:
                raise PlaylistSyntaxError(
                    "this is a media playlist, not a multivariant one", line=number
                )
            case _ if name in PASSED_ATTRIBUTE_TAGS and "{$" in value:
                variables.read_attributes(value, line=number)
    if open_at is not None:  # cut off on its way to us
        raise PlaylistSyntaxError("EXT-X-STREAM-INF without a URI", line=open_at + 1)
    if not recognised:
        raise PlaylistSyntaxError("no tag of a multivariant playlist in it", line=1)
    return MultivariantPlaylist(
        url=url,
        lines=source.lines,
        variants=tuple(variants),
        renditions=tuple(renditions),
        version=versions.pop() if versions else 1,
        independent_segments=independent_segments,
        variables=variables.pairs,
        newline=source.newline,
        final_newline=source.final_newline,
        byte_order_mark=source.byte_order_mark,
    )


def _variant(uri: str, attributes: Attributes, index: int, uri_index: int) -> Variant:
    values = {name: unquote(value) for name, value in attributes}
    number = index + 1
    average = values.get("AVERAGE-BANDWIDTH")
    frame_rate = values.get("FRAME-RATE")
    return Variant(
        uri=uri,
        attributes=attributes,
        bandwidth=read_integer(_needed(values, "BANDWIDTH", line=number), line=number),
        average_bandwidth=None if average is None else read_integer(average, line=number),
        codecs=tuple(filter(None, map(str.strip, values.get("CODECS", "").split(",")))),
        resolution=_resolution(values.get("RESOLUTION"), line=number),
        frame_rate=None if frame_rate is None else read_decimal(frame_rate, line=number),
        video_range=values.get("VIDEO-RANGE"),
        audio=values.get("AUDIO"),
        video=values.get("VIDEO"),
        subtitles=values.get("SUBTITLES"),
        closed_captions=values.get("CLOSED-CAPTIONS"),
        pathway_id=values.get("PATHWAY-ID"),
        iframe=index == uri_index,
        line=index,
        uri_line=uri_index,
    )


def _rendition(uri: str | None, attributes: Attributes, index: int) -> Rendition:
    values = {name: unquote(value) for name, value in attributes}
    return Rendition(
        type=_needed(values, "TYPE", line=index + 1),
        group_id=_needed(values, "GROUP-ID", line=index + 1),
        name=_needed(values, "NAME", line=index + 1),
        uri=uri,
        attributes=attributes,
        language=values.get("LANGUAGE"),
        channels=values.get("CHANNELS"),
        default=values.get("DEFAULT") == "YES",
        line=index,
    )


def _needed(values: Mapping[str, str], name: str, *, line: int) -> str:
    value = values.get(name)
    if value is None:
        raise PlaylistSyntaxError(f"no attribute {name}", line=line)
    return value


def _resolution(text: str | None, *, line: int) -> tuple[int, int] | None:
    if text is None:
        return None
    match = RESOLUTION.fullmatch(text)
    if match is None:
        raise PlaylistSyntaxError(f"not a resolution: {text[:40]!r}", line=line)
    return int(match[1]), int(match[2])
