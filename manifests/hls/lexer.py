"""Playlists as lines (RFC 8216bis, section 4.1): splitting without loss, and within limits."""

from dataclasses import dataclass

from manifests.errors import ManifestLimitError, PlaylistSyntaxError

BLANKS = " \t\r"  # what may stand around a line and means nothing
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a stranger's playlist we are willing to read (design, section 4)."""

    size_bytes: int = 4 * 1024 * 1024
    lines: int = 200_000
    line_length: int = 16 * 1024  # characters, also after variables are resolved
    attributes: int = 64  # in one tag
    segments: int = 100_000
    keys: int = 32  # in force at one place


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A playlist's lines; joined by `newline` they are its text."""

    lines: tuple[str, ...]
    newline: str
    final_newline: bool
    byte_order_mark: bool


def read_lines(text: str | bytes, limits: Limits = DEFAULT_LIMITS) -> Lines:
    """Split a playlist into its lines: at LF and CR LF only, whatever else Unicode has (threat 13).

    Where all lines end in CR LF, that is the `newline`; where only some do, the CR stays in the
    line.

    Raises:
        PlaylistSyntaxError: The text is not UTF-8 or does not start with #EXTM3U.
        ManifestLimitError: It has more bytes or lines, or longer lines, than the limits allow.
    """
    head = text[:256]
    head = head.decode("utf-8", "replace") if isinstance(head, bytes) else head
    if not head.removeprefix(BYTE_ORDER_MARK).startswith("#EXTM3U"):
        raise PlaylistSyntaxError(f"not a playlist: {looks_like(head)}", line=1)
    decoded = _decode(text, limits)
    marked = decoded.startswith(BYTE_ORDER_MARK)
    if marked:
        decoded = decoded[1:]

    ends = decoded.count("\n")
    if ends >= limits.lines and not (ends == limits.lines and decoded.endswith("\n")):
        raise ManifestLimitError(f"more than {limits.lines} lines")
    newline = "\r\n" if 0 < ends == decoded.count("\r\n") else "\n"
    lines = decoded.split(newline)
    final_newline = lines[-1] == ""  # the first line is not empty, so this is not the only one
    if final_newline:
        lines.pop()
    if max(map(len, lines)) > limits.line_length:
        number = next(n for n, line in enumerate(lines, 1) if len(line) > limits.line_length)
        raise ManifestLimitError(f"line {number} is longer than {limits.line_length} characters")
    if lines[0][len("#EXTM3U") :][:1] not in BLANKS:  # "" is in them too
        raise PlaylistSyntaxError(f"not a playlist: {looks_like(head)}", line=1)
    return Lines(
        lines=tuple(lines),
        newline=newline,
        final_newline=final_newline,
        byte_order_mark=marked,
    )


def tag_name(line: str) -> str | None:
    """The name of the tag in a line, without `#`; None: a URI, a comment or nothing."""
    line = line.strip(BLANKS)
    return line[1:].partition(":")[0] if line.startswith("#EXT") else None


def looks_like(head: str) -> str:
    """Say what a text that is no playlist looks like, from its first characters."""
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip().lower()
    if not start:
        return "it is empty"
    if start.startswith(("<!doctype html", "<html")):
        return "it looks like HTML"
    if "<mpd" in start:
        return "it looks like an MPD"
    if start.startswith("<"):
        return "it looks like XML"
    if start.startswith(("{", "[")):
        return "it looks like JSON"
    if "\x00" in start or "\ufffd" in start:
        return "it looks like binary data"
    if start.startswith("#ext"):
        return "its first line is not #EXTM3U"
    return "it looks like plain text"


def _decode(text: str | bytes, limits: Limits) -> str:
    """Bytes as text, or text as it is; either within the limit and free of lone surrogates."""
    try:
        # A text has at least as many bytes as characters: no need to encode one that is too long.
        data = text if isinstance(text, bytes) or len(text) > limits.size_bytes else text.encode()
        if len(data) > limits.size_bytes:
            raise ManifestLimitError(f"more than {limits.size_bytes} bytes")
        return text if isinstance(text, str) else text.decode()
    except UnicodeDecodeError as error:
        number = error.object.count(b"\n", 0, error.start) + 1
        raise PlaylistSyntaxError("not UTF-8", line=number) from None
    except UnicodeEncodeError as error:
        number = error.object.count("\n", 0, error.start) + 1
        raise PlaylistSyntaxError("half a surrogate pair", line=number) from None
