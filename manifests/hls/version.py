"""Which EXT-X-VERSION a playlist needs (RFC 8216bis, section 8; rule A-46)."""

from collections.abc import Iterable

from manifests.hls.attributes import read_attributes, unquote
from manifests.hls.lexer import BLANKS

ATTRIBUTE_TAGS = frozenset(
    {
        "EXT-X-KEY",
        "EXT-X-SESSION-KEY",
        "EXT-X-DEFINE",
        "EXT-X-SKIP",
        "EXT-X-STREAM-INF",
        "EXT-X-I-FRAME-STREAM-INF",
        "EXT-X-MEDIA",
    }
)


def needed_version(lines: Iterable[str]) -> int:
    """The lowest version that allows every feature in some lines.

    The lines may be those of a whole playlist, or of several: a session's version is fixed when it
    starts, so it must suffice for the content and for every form of ad that is planned.

    Raises:
        PlaylistSyntaxError: An attribute list cannot be read.
    """
    needed = 1
    has_map = iframes_only = False
    for number, raw in enumerate(lines, 1):
        line = raw.strip(BLANKS)
        if line.startswith("#EXTINF:"):
            version = 3 if "." in line.partition(",")[0] else 1
        elif line.startswith("#EXT"):
            name, _, value = line[1:].partition(":")
            has_map = has_map or name == "EXT-X-MAP"
            iframes_only = iframes_only or name == "EXT-X-I-FRAMES-ONLY"
            version = 8 if "{$" in value else 1
            if name in ("EXT-X-BYTERANGE", "EXT-X-I-FRAMES-ONLY"):
                version = max(version, 4)
            elif name in ATTRIBUTE_TAGS:
                attributes = {n: unquote(v) for n, v in read_attributes(value, line=number)}
                version = max(version, _of_attributes(name, attributes))
        else:
            version = 8 if "{$" in line and not line.startswith("#") else 1
        needed = max(needed, version)
    return max(needed, (5 if iframes_only else 6) if has_map else 1)


def _of_attributes(tag: str, attributes: dict[str, str]) -> int:
    match tag:
        case "EXT-X-KEY" | "EXT-X-SESSION-KEY":
            if attributes.get("METHOD", "").startswith("SAMPLE-AES"):
                return 5
            if "KEYFORMAT" in attributes or "KEYFORMATVERSIONS" in attributes:
                return 5
            return 2 if "IV" in attributes else 1
        case "EXT-X-DEFINE":
            return 11 if "QUERYPARAM" in attributes else 8
        case "EXT-X-SKIP":
            return 10 if "RECENTLY-REMOVED-DATERANGES" in attributes else 9
        case "EXT-X-MEDIA":
            if "INSTREAM-ID" not in attributes:
                return 1
            if attributes.get("TYPE") != "CLOSED-CAPTIONS":
                return 13
            return 7 if attributes["INSTREAM-ID"].startswith("SERVICE") else 1
        case _:
            return 12 if any(name.startswith("REQ-") for name in attributes) else 1
