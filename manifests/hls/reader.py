"""Media playlists from text (RFC 8216bis, sections 4.4.3 to 4.4.5; splice rules A.1 to A.7).

Which lines belong to what: the header ends after the last playlist-level tag (4.4.1 to 4.4.3) that
stands before the first URI, segment tag, DATERANGE or cue, and takes the comments and blank lines
that follow at once. Unknown tags after it belong to the first segment, like everything else up to
its URI. What stands after the last URI is the trailer. Playlist-level tags are understood wherever
they stand, and stay where they stand.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from manifests.errors import ManifestError, ManifestLimitError, PlaylistSyntaxError
from manifests.hls.attributes import unquote
from manifests.hls.lexer import BLANKS, DEFAULT_LIMITS, Limits, Lines, read_lines
from manifests.hls.model import ByteRange, Key, Map, MediaPlaylist, Segment
from manifests.hls.numbers import read_decimal, read_integer
from manifests.hls.tags import (
    CUE_PREFIXES,
    MULTIVARIANT_TAGS,
    PASSED_ATTRIBUTE_TAGS,
    PLAYLIST_TAGS,
    SEGMENT_TAGS,
)
from manifests.hls.uris import Resolver, absolute
from manifests.hls.variables import Variables, query_of
from manifests.timing import read_date_time

RANGE = re.compile(r"([0-9]{1,20})(?:@([0-9]{1,20}))?")
INTEGER_TAGS = ("EXT-X-VERSION", "EXT-X-TARGETDURATION")
SEQUENCE_TAGS = ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE")
FLAG_TAGS = ("EXT-X-ENDLIST", "EXT-X-I-FRAMES-ONLY", "EXT-X-INDEPENDENT-SEGMENTS")


def read_media_playlist(
    text: str | bytes,
    *,
    url: str,
    query: Mapping[str, str] | None = None,
    imports: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> MediaPlaylist:
    """Read a media playlist.

    Args:
        text: The playlist, as fetched.
        url: Where it was fetched from, after redirects: absolute.
        query: Parameters for variables (rule A-36); None: those of `url`.
        imports: Variables of the multivariant playlist that named it.
        limits: How much is read at most.

    Raises:
        PlaylistSyntaxError: A line cannot be read, or this is no media playlist.
        ManifestLimitError: It is larger than the limits.
    """
    variables = Variables(
        query=query_of(url) if query is None else query, imports=imports or {}, limits=limits
    )
    return _Reader(read_lines(text, limits), url, variables, limits).read()


class _Reader:
    """The state that a playlist's tags build up, line by line."""

    def __init__(self, source: Lines, url: str, variables: Variables, limits: Limits) -> None:
        self.source = source
        self.url = url
        self.variables = variables
        self.resolver = Resolver(url)
        self.limits = limits
        self.segments: list[Segment] = []
        # Of the whole playlist
        self.said: dict[str, str] = {}  # playlist-level tags, as written
        self.media_sequence = 0
        self.discontinuity_sequence = 0
        # In force
        self.keys_by_format: dict[str, Key] = {}
        self.keys: tuple[Key, ...] = ()
        self.map: Map | None = None
        self.bitrate: int | None = None
        self.discontinuities = 0  # tags so far
        # For the next segment
        self.discontinuity = False
        self.byterange: tuple[int, int | None] | None = None
        self.program_date_time: Decimal | None = None
        self.gap = False

        self.tags: dict[str, Callable[[str, int], None]] = {
            "EXT-X-DISCONTINUITY": self.on_discontinuity,
            "EXT-X-PROGRAM-DATE-TIME": self.on_program_date_time,
            "EXT-X-BYTERANGE": self.on_byterange,
            "EXT-X-KEY": self.on_key,
            "EXT-X-MAP": self.on_map,
            "EXT-X-BITRATE": self.on_bitrate,
            "EXT-X-GAP": self.on_gap,
            "EXT-X-PLAYLIST-TYPE": self.on_playlist_type,
            "EXT-X-DEFINE": self.on_define,
            "EXT-X-SKIP": self.on_skip,
            **{name: partial(self.on_integer, name) for name in INTEGER_TAGS},
            **{name: partial(self.on_sequence, name) for name in SEQUENCE_TAGS},
            **{name: partial(self.on_flag, name) for name in FLAG_TAGS},
            **dict.fromkeys(PASSED_ATTRIBUTE_TAGS, self.on_passed),
            **dict.fromkeys(MULTIVARIANT_TAGS, self.on_multivariant),
        }

    def read(self) -> MediaPlaylist:
        """Go through the lines once."""
        lines = self.source.lines
        tags = self.tags
        durations: dict[str, Decimal] = {}  # a playlist has few different ones
        duration: Decimal | None = None
        header_end = begin = _header_end(lines)
        for index, raw in enumerate(lines):
            line = raw.strip(BLANKS)
            if line.startswith("#EXTINF:"):
                if duration is not None:
                    raise PlaylistSyntaxError("the EXTINF before has no URI", line=index + 1)
                duration = durations.get(line)
                if duration is None:
                    text = line.removeprefix("#EXTINF:").partition(",")[0].strip(BLANKS)
                    duration = durations[line] = read_decimal(text, line=index + 1)
            elif line.startswith("#EXT"):
                name, _, value = line[1:].partition(":")
                if (on_tag := tags.get(name)) is not None:
                    on_tag(value.strip(BLANKS), index + 1)
            elif line and line[0] != "#":
                if duration is None:
                    raise PlaylistSyntaxError("a URI without EXTINF", line=index + 1)
                self.add_segment(line, duration, begin, index)
                duration = None
                begin = index + 1
        if duration is not None:  # cut off on its way to us
            raise PlaylistSyntaxError("EXTINF without a URI", line=len(lines))
        if "EXT-X-TARGETDURATION" not in self.said:
            raise PlaylistSyntaxError("no EXT-X-TARGETDURATION in the playlist", line=len(lines))
        return MediaPlaylist(
            url=self.url,
            header=lines[:header_end],
            segments=tuple(self.segments),
            trailer=lines[begin:],
            version=int(self.said.get("EXT-X-VERSION", 1)),
            target_duration=int(self.said["EXT-X-TARGETDURATION"]),
            media_sequence=self.media_sequence,
            discontinuity_sequence=self.discontinuity_sequence,
            has_discontinuity_sequence="EXT-X-DISCONTINUITY-SEQUENCE" in self.said,
            playlist_type=self.said.get("EXT-X-PLAYLIST-TYPE"),
            ended="EXT-X-ENDLIST" in self.said,
            iframes_only="EXT-X-I-FRAMES-ONLY" in self.said,
            independent_segments="EXT-X-INDEPENDENT-SEGMENTS" in self.said,
            variables=self.variables.pairs,
            newline=self.source.newline,
            final_newline=self.source.final_newline,
            byte_order_mark=self.source.byte_order_mark,
        )

    def add_segment(self, line: str, duration: Decimal, begin: int, index: int) -> None:
        """Make a segment of its URI line, what was said for it and what is in force."""
        segments = self.segments
        if len(segments) == self.limits.segments:
            raise ManifestLimitError(f"more than {self.limits.segments} segments")
        if "{$" in line:
            line = self.variables.resolve(line, line=index + 1)
        uri = self.resolver.resolve(line, line=index + 1)
        byterange = None
        if self.byterange is not None:
            byterange = self.explicit_range(*self.byterange, uri, index + 1)
        lines = self.source.lines
        segments.append(
            Segment(
                uri=uri,
                duration=duration,
                msn=self.media_sequence + len(segments),
                dsn=self.discontinuity_sequence + self.discontinuities,
                discontinuity=self.discontinuity,
                byterange=byterange,
                keys=self.keys,
                map=self.map,
                bitrate=self.bitrate,
                program_date_time=self.program_date_time,
                gap=self.gap,
                lines=lines[begin:index],
                uri_line=lines[index],
                first_line=begin + 1,
            )
        )
        self.discontinuity = self.gap = False
        self.byterange = self.program_date_time = None

    def explicit_range(self, length: int, offset: int | None, uri: str, line: int) -> ByteRange:
        """A range with its offset; without one it goes on from the segment before (A-42)."""
        if offset is None:
            before = self.segments[-1] if self.segments else None
            if before is None or before.byterange is None or before.uri != uri:
                raise PlaylistSyntaxError("BYTERANGE has no offset to go on from", line=line)
            offset = before.byterange.offset + before.byterange.length
        return ByteRange(length, offset)

    # Tags of the playlist: said once, or again with the same words

    def say(self, name: str, value: str, line: int) -> None:
        before = self.said.setdefault(name, value)
        if before != value:
            raise PlaylistSyntaxError(f"{name} is {value[:40]!r} after {before[:40]!r}", line=line)

    def on_integer(self, name: str, value: str, line: int) -> None:
        read_integer(value, line=line)
        self.say(name, value, line)

    def on_sequence(self, name: str, value: str, line: int) -> None:
        self.on_integer(name, value, line)
        number = int(value)
        # It belongs before the first segment, but counts for all wherever it stands.
        if name == "EXT-X-MEDIA-SEQUENCE":
            shift, self.media_sequence = number - self.media_sequence, number
            if shift:
                self.segments = [replace(s, msn=s.msn + shift) for s in self.segments]
        else:
            shift, self.discontinuity_sequence = number - self.discontinuity_sequence, number
            if shift:
                self.segments = [replace(s, dsn=s.dsn + shift) for s in self.segments]

    def on_flag(self, name: str, value: str, line: int) -> None:
        self.said[name] = value

    def on_playlist_type(self, value: str, line: int) -> None:
        if value not in ("VOD", "EVENT"):
            raise PlaylistSyntaxError(f"not a PLAYLIST-TYPE: {value[:40]!r}", line=line)
        self.say("EXT-X-PLAYLIST-TYPE", value, line)

    def on_define(self, value: str, line: int) -> None:
        self.variables.define(value, line=line)

    def on_passed(self, value: str, line: int) -> None:
        if "{$" in value:  # rule A-36: an unknown variable is an error in any attribute list
            self.variables.read_attributes(value, line=line)

    def on_skip(self, value: str, line: int) -> None:
        raise PlaylistSyntaxError("a delta update (EXT-X-SKIP), which we never ask for", line=line)

    def on_multivariant(self, value: str, line: int) -> None:
        raise PlaylistSyntaxError("this is a multivariant playlist, not a media one", line=line)

    # Tags of segments

    def on_discontinuity(self, value: str, line: int) -> None:
        self.discontinuity = True
        self.discontinuities += 1  # two in a row count twice (rule A-16)

    def on_program_date_time(self, value: str, line: int) -> None:
        try:
            self.program_date_time = read_date_time(value)
        except ManifestError as error:
            raise PlaylistSyntaxError(str(error), line=line) from None

    def on_gap(self, value: str, line: int) -> None:
        self.gap = True

    def on_bitrate(self, value: str, line: int) -> None:
        self.bitrate = read_integer(value, line=line)

    def on_byterange(self, value: str, line: int) -> None:
        match = RANGE.fullmatch(value)
        if match is None:
            raise PlaylistSyntaxError(f"not a BYTERANGE: {value[:40]!r}", line=line)
        length, offset = match.groups()
        self.byterange = (int(length), None if offset is None else int(offset))

    def on_key(self, value: str, line: int) -> None:
        attributes = self.variables.read_attributes(value, line=line)
        values = dict(attributes)
        method = values.get("METHOD")
        if method is None:
            raise PlaylistSyntaxError("KEY has no METHOD", line=line)
        if method == "NONE":  # rule A-37: ends all formats
            self.keys_by_format.clear()
            self.keys = ()
            return
        uri, attributes = absolute(attributes, self.resolver, line=line)
        if uri is None:
            raise PlaylistSyntaxError("KEY has no URI", line=line)
        keyformat = unquote(values.get("KEYFORMAT", "identity"))
        self.keys_by_format[keyformat] = Key(
            method=method,
            uri=uri,
            iv=values.get("IV"),
            keyformat=keyformat,
            attributes=attributes,
        )
        if len(self.keys_by_format) > self.limits.keys:
            raise ManifestLimitError(f"line {line}: more than {self.limits.keys} keys in force")
        self.keys = tuple(self.keys_by_format.values())

    def on_map(self, value: str, line: int) -> None:
        attributes = self.variables.read_attributes(value, line=line)
        byterange = None
        written = dict(attributes).get("BYTERANGE")
        if written is not None:
            match = RANGE.fullmatch(unquote(written))
            if match is None or match[2] is None:
                raise PlaylistSyntaxError(f"not a BYTERANGE of a MAP: {written[:40]!r}", line=line)
            byterange = ByteRange(int(match[1]), int(match[2]))
        uri, attributes = absolute(attributes, self.resolver, line=line)
        if uri is None:
            raise PlaylistSyntaxError("MAP has no URI", line=line)
        self.map = Map(uri=uri, byterange=byterange, keys=self.keys, attributes=attributes)


def _header_end(lines: Sequence[str]) -> int:
    """The number of lines in the header; this module's text tells the rule."""
    end = 1  # 1: #EXTM3U
    for index in range(1, len(lines)):
        line = lines[index].strip(BLANKS)
        marked = "#" + line[1:].lstrip() if line.startswith("#") else line  # rule A-72: "# EXT"
        name = marked[1:].partition(":")[0] if marked.startswith("#EXT") else None
        if name is not None:
            if name in SEGMENT_TAGS or name.startswith(CUE_PREFIXES):
                break
            if name in PLAYLIST_TAGS and marked == line:
                end = index + 1
        elif line and line[0] != "#":
            break
        elif end == index:
            end = index + 1
    return end
