"""Readers of what calls are made of: URLs, headers, templates, places in documents.

Each takes a node of the document, gives a value or raises ConfigError saying what would be right.
"""

import re

from packager.config.document import ConfigError, Node, Scalar
from packager.config.scalars import text
from packager.decisions.templates import Template, read_body, read_template
from packager.feeds.expression import Expression, read_expression
from packager.feeds.pointer import Pointer, read_pointer
from packager.outbound import OutboundError, Policy
from packager.outbound.guard import read_target

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")  # RFC 9110, section 5.6.2
_OWN_HEADERS = frozenset(
    {"accept-encoding", "connection", "content-length", "expect", "host", "sec-gpc"}
    | {"te", "trailer", "transfer-encoding", "upgrade", "x-forwarded-for"}
)
_IDENTITIES = frozenset(
    {"authorization", "cookie", "forwarded", "proxy-authorization", "x-forwarded-for", "x-real-ip"}
)


def call_url(node: Node) -> str:
    """Read an absolute http or https URL without user and fragment; it may have a query."""
    value = text(node)
    try:
        read_target(value, Policy(ports=frozenset(range(1, 65536))))
    except OutboundError as error:
        raise ConfigError.at(
            node.place, f"must be a whole URL, `https://host/path`: {error}"
        ) from error
    return value


def json_pointer(node: Node) -> Pointer:
    """Read where in a JSON document something is: ``/match/score``."""
    try:
        return read_pointer(text(node))
    except ValueError as error:
        raise ConfigError.at(node.place, str(error)) from error


def jmespath(node: Node) -> Expression:
    """Read an expression that finds something in a JSON document."""
    try:
        return read_expression(text(node))
    except ValueError as error:
        raise ConfigError.at(node.place, str(error)) from error


def template(node: Node) -> Template:
    """Read the URL of an ad server."""
    try:
        return read_template(text(node))
    except ValueError as error:
        raise ConfigError.at(node.place, str(error)) from error


def body_template(node: Node) -> Template:
    """Read the body of an ad call, which may have several lines."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        raise ConfigError.at(node.place, "must be text; for JSON too, in quotes or after a `|`")
    try:
        return read_body(node.value, "percent")
    except ValueError as error:
        raise ConfigError.at(node.place, str(error)) from error


def check_header(name: str) -> None:
    """Raise ValueError unless `name` is that of a header that an operator may set."""
    if not _HEADER.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a header")
    if name.lower() in _OWN_HEADERS or name.lower().startswith("x-device-"):
        raise ValueError(f"{name} is written by Weft itself; remove it")


def header_name(node: Node) -> str:
    """Read the name of a header that requests may have."""
    value = text(node)
    if not _HEADER.fullmatch(value):
        raise ConfigError.at(node.place, f"{value!r} cannot be the name of a header")
    if value.lower() in _IDENTITIES:
        raise ConfigError.at(node.place, f"{value} says who the viewer is, which no fact may")
    return value


def header_value(node: Node) -> str:
    """Read what stands in a header: printable ASCII."""
    value = text(node)
    if not value.isascii():
        raise ConfigError.at(node.place, "must be ASCII, as headers are")
    return value
