"""Answers that are no document, or one that must not be read to its end."""

import gzip

_MEMBER_BYTES = 1 << 20
HTML = b"<!DOCTYPE html><html><title>Sign in</title><p>This is a hotel's network.<br></html>"
GARBAGE = bytes(range(256)) * 16
EXTERNAL_ENTITY = (
    b'<?xml version="1.0"?>\n'
    b'<!DOCTYPE VAST [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
    b'<VAST version="4.2"><Ad id="1"><InLine><AdTitle>&x;</AdTitle></InLine></Ad></VAST>'
)
PARAMETER_ENTITY = (
    b'<!DOCTYPE VAST [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><VAST version="4.2"/>'
)
CONTROL_CHARACTERS = b'<VAST version="4.2"><Ad id="\x00\x01\x1b[2J"/></VAST>'
NOT_UTF8 = (
    b'<?xml version="1.0" encoding="UTF-8"?><VAST version="4.2"><Error>\xff\xfe</Error></VAST>'
)


def entity_bomb(levels: int = 9) -> bytes:
    """Entities of entities: ten to the power of `levels` words."""
    entities = [b'<!ENTITY e0 "lol">']
    entities += [
        b'<!ENTITY e%d "%b">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, levels)
    ]
    return b"<!DOCTYPE VAST [%b]>" % b"".join(entities) + (
        b'<VAST version="4.2"><Error>&e%d;</Error></VAST>' % (levels - 1)
    )


def oversized(document: bytes, size_bytes: int) -> bytes:
    """A document with white space in it: well-formed and of a certain size."""
    end = document.rindex(b"</")
    return document[:end] + b" " * max(size_bytes - len(document), 0) + document[end:]


def wide(elements: int) -> bytes:
    """More elements than anybody needs, in few bytes."""
    return b'<VAST version="4.2">' + b"<a/>" * elements + b"</VAST>"


def deep(levels: int) -> bytes:
    """Elements in elements."""
    return b'<VAST version="4.2">' + b"<a>" * levels + b"</a>" * levels + b"</VAST>"


def attributes(number: int) -> bytes:
    """An element with many attributes."""
    listed = b"".join(b' a%d="1"' % one for one in range(number))
    return b'<VAST version="4.2"><Ad' + listed + b"/></VAST>"


def gzip_bomb(size_bytes: int) -> bytes:
    """Compressed white space: a thousandth of `size_bytes` on the wire.

    Members follow one another (RFC 1952, section 2.2), all the same: however large the bomb, it is
    made at once, and the server's other answers do not wait for it.
    """
    member = gzip.compress(b" " * _MEMBER_BYTES, mtime=0)
    return member * max(size_bytes // _MEMBER_BYTES, 1)
