"""Playlists as values (RFC 8216bis, section 4).

The raw lines of every segment stay beside what was read from them, so that writing gives the text
that was read. URIs in the parsed fields are absolute and free of variables (rules A-36, A-47); the
raw lines are as the origin wrote them.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A sub-range of a resource, always with its offset (section 4.4.4.2, rule A-42)."""

    length: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One EXT-X-KEY other than METHOD=NONE (section 4.4.4.4).

    `attributes` are all of the tag's attributes in the order written, values as written (quotes
    kept), with the URI absolute.
    """

    method: str
    uri: str | None
    iv: str | None = None  # "0x" and hex digits, as written
    keyformat: str = "identity"
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """One EXT-X-MAP (section 4.4.4.5) and the keys in force where its tag stands (rule A-41)."""

    uri: str
    byterange: ByteRange | None = None
    keys: tuple[Key, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()  # as in Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One media segment with all state that applies to it (section 4.4.4)."""

    uri: str  # absolute
    duration: Decimal  # seconds, with the digits of the source
    msn: int  # media sequence number
    dsn: int  # discontinuity sequence number
    discontinuity: bool = False  # a DISCONTINUITY tag stands before this segment
    byterange: ByteRange | None = None
    keys: tuple[Key, ...] = ()  # in force, one per KEYFORMAT; empty: clear
    map: Map | None = None  # in force
    bitrate: int | None = None  # kbit/s, in force
    program_date_time: Decimal | None = None  # seconds since 1970; only where the tag stands
    gap: bool = False
    lines: tuple[
        str, ...
    ] = ()  # every line after the previous segment's URI, raw, before `uri_line`
    uri_line: str = ""  # raw
    first_line: int = 0  # 1-based number of lines[0] (or of the URI line) in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlaylist:
    """A media playlist (section 4.4.3).

    The text is `header` lines, then each segment's `lines` and `uri_line`, then `trailer` lines,
    each ended by `newline` (the last one only if `final_newline`).
    """

    url: str  # it was fetched from, after redirects
    header: tuple[str, ...]  # raw lines before the first that belongs to a segment
    segments: tuple[Segment, ...]
    trailer: tuple[str, ...] = ()  # raw lines after the last segment's URI
    version: int = 1
    target_duration: int = 0
    media_sequence: int = 0
    discontinuity_sequence: int = 0
    has_discontinuity_sequence: bool = False  # the tag was there (rule A-15)
    playlist_type: str | None = None  # "VOD" or "EVENT"
    ended: bool = False  # EXT-X-ENDLIST anywhere (rule A-49)
    iframes_only: bool = False
    independent_segments: bool = False
    variables: tuple[tuple[str, str], ...] = ()  # EXT-X-DEFINE, resolved
    newline: str = "\n"
    final_newline: bool = True
    byte_order_mark: bool = False  # there was one; the first line is without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """An EXT-X-STREAM-INF and its URI, or an EXT-X-I-FRAME-STREAM-INF (4.4.6.2, 4.4.6.3)."""

    uri: str  # absolute
    attributes: tuple[tuple[str, str], ...]  # in the order written, values as written
    bandwidth: int
    average_bandwidth: int | None = None
    codecs: tuple[str, ...] = ()
    resolution: tuple[int, int] | None = None  # width, height
    frame_rate: Decimal | None = None
    video_range: str | None = None
    audio: str | None = None  # group ids
    video: str | None = None
    subtitles: str | None = None
    closed_captions: str | None = None
    pathway_id: str | None = None
    iframe: bool = False
    line: int = 0  # 0-based index in `lines` of the tag
    uri_line: int = 0  # 0-based index in `lines` of the URI; equals `line` for I-frame variants


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """An EXT-X-MEDIA (section 4.4.6.1)."""

    type: str  # AUDIO, VIDEO, SUBTITLES, CLOSED-CAPTIONS
    group_id: str
    name: str
    uri: str | None  # absolute; None: in the variant's own segments
    attributes: tuple[tuple[str, str], ...]
    language: str | None = None
    channels: str | None = None
    default: bool = False
    line: int = 0  # 0-based index in `lines`


@dataclass(frozen=True, slots=True, kw_only=True)
class MultivariantPlaylist:
    """A multivariant playlist (section 4.4.6); `lines` are the raw lines, all of them."""

    url: str
    lines: tuple[str, ...]
    variants: tuple[Variant, ...]  # I-frame variants among them, in the order written
    renditions: tuple[Rendition, ...]
    version: int = 1
    independent_segments: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    newline: str = "\n"
    final_newline: bool = True
    byte_order_mark: bool = False  # there was one; the first line is without it
