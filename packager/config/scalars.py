"""Readers of single values: text, numbers, names, URLs, networks, files.

Each takes a node of the document, gives a value or raises ConfigError saying what would be right.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from packager.config.document import ConfigError, Entries, Node, Scalar
from packager.config.settings import suggestion
from packager.personalization.names import check_name_with_choices
from packager.tokens import MIN_SECRET_CHARACTERS

Network = IPv4Network | IPv6Network


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TAG = re.compile(r"EXT[A-Z0-9-]{1,60}")
MAX_FACT_CHARACTERS = 256
_OCTET = re.compile(r"0x[0-9A-Fa-f]{1,2}")


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that no log, traceback or debugger prints by accident."""

    reveal: str = field(repr=False)


def text(node: Node) -> str:
    """Read text that is not empty and has no control characters."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        is_plain = isinstance(node, Scalar) and node.value is not None
        hint = f'; write it in quotes, "{node.text}"' if is_plain else ""  # type: ignore[union-attr]
        raise ConfigError.at(node.place, f"must be text{hint}")
    if not node.value.strip() or not node.value.isprintable():
        raise ConfigError.at(node.place, "must be text in one line, not empty")
    return node.value


def plain(node: Node) -> str:
    """Read text, a number or a boolean, as it is written."""
    value = node.text if isinstance(node, Scalar) and node.value is not None else None
    if value is None or not value.isprintable() or len(value) > MAX_FACT_CHARACTERS:
        reason = f"must be text, a number, true or false, at most {MAX_FACT_CHARACTERS} characters"
        raise ConfigError.at(node.place, reason)
    return value


def check_name(name: str) -> None:
    """Raise ValueError unless `name` can stand in a URL path as it is."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a name; use letters, digits, - and _, at most 64")


def name(node: Node) -> str:
    """Read a name, which can stand in a URL path as it is."""
    value = text(node)
    try:
        check_name(value)
    except ValueError as error:
        raise ConfigError.at(node.place, str(error)) from error
    return value


def name_with_choices(node: Node) -> str:
    """Read a name that may have choices in it, as in ``bumper-{look}``."""
    value = text(node)
    try:
        check_name_with_choices(value)
    except ValueError as error:
        raise ConfigError.at(node.place, str(error)) from error
    return value


def flag(node: Node) -> bool:
    """Read ``true`` or ``false``."""
    if not isinstance(node, Scalar) or not isinstance(node.value, bool):
        raise ConfigError.at(node.place, "must be true or false")
    return node.value


def word(*known: str) -> Callable[[Node], str]:
    """Make a reader of one of the `known` words."""

    def read(node: Node) -> str:
        value = text(node)
        if value not in known:
            raise ConfigError.at(node.place, f"{value!r} is not one; {suggestion(value, known)}")
        return value

    return read


def whole(least: int, most: int) -> Callable[[Node], int]:
    """Make a reader of a whole number from `least` to `most`."""

    def read(node: Node) -> int:
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigError.at(node.place, f"must be a whole number from {least} to {most}")
        return value

    return read


def number(least: str, most: str, *, unit: str = "seconds") -> Callable[[Node], Decimal]:
    """Make a reader of a number from `least` to `most`, exact."""
    low, high = Decimal(least), Decimal(most)

    def read(node: Node) -> Decimal:
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            raise ConfigError.at(node.place, f"must be a number of {unit}")
        if not low <= value <= high:
            raise ConfigError.at(node.place, f"must be from {least} to {most} {unit}")
        return Decimal(value)

    return read


def seconds(least: str, most: str) -> Callable[[Node], float]:
    """Make a reader of a time to wait, in seconds."""
    exact = number(least, most)
    return lambda node: float(exact(node))


_content_seconds = number("0", "604800")
_octet = whole(0, 255)
_ZONES = "as in `Europe/Berlin` or `UTC`"


def url(node: Node) -> str:
    """Read an absolute http or https URL without user, query and fragment."""
    value = text(node)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or " " in value or "\\" in value:
        raise ConfigError.at(node.place, "must be a whole URL, `https://host/path/`")
    if "@" in parts.netloc or "?" in value or "#" in value:
        raise ConfigError.at(node.place, "must be a URL without user, `?` and `#`")
    return value


def folder_url(node: Node) -> str:
    """Read a URL below which other URLs are: as `url`, and ends in a slash."""
    value = url(node)
    if not value.endswith("/"):
        raise ConfigError.at(node.place, f"must end in a slash: `{value}/`")
    return value


def network(node: Node) -> Network:
    """Read an address range in CIDR notation."""
    value = text(node)
    try:
        return ip_network(value)
    except ValueError as error:
        reason = f"must be an address range such as 10.0.0.0/8: {error}"
        raise ConfigError.at(node.place, reason) from error


def file_path(node: Node) -> Path:
    """Read a path; what is relative is below the configuration file's folder."""
    return Path(node.place.file).parent / Path(text(node)).expanduser()


def file(node: Node) -> Path:
    """Read the path of a file that is there."""
    value = file_path(node)
    if not value.is_file():
        raise ConfigError.at(node.place, f"there is no file {value}; paths start at this file")
    return value


def address(node: Node) -> str:
    """Read an IP address to listen on."""
    value = text(node)
    try:
        ip_address(value)
    except ValueError as error:
        reason = "must be an IP address: 127.0.0.1, or 0.0.0.0 for all of the machine"
        raise ConfigError.at(node.place, reason) from error
    return value


def moment(node: Node) -> Decimal | Literal["end"]:
    """Read a place in VOD content: seconds from its start, or ``end``."""
    if isinstance(node, Scalar) and node.value == "end":
        return "end"
    try:
        return _content_seconds(node)
    except ConfigError as error:
        raise ConfigError.at(node.place, "must be seconds from the start, or `end`") from error


def zone(node: Node) -> str:
    """Read the name of a time zone that this machine knows."""
    value = text(node)
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError.at(node.place, f"{value!r} is no time zone, {_ZONES}") from error
    return value


def octet(node: Node) -> int:
    """Read a number of one byte, decimal or as ``0x34``."""
    if isinstance(node, Scalar) and _OCTET.fullmatch(node.text):
        return int(node.text, 16)
    return _octet(node)


def check_tag(name: str) -> None:
    """Raise ValueError unless `name` is that of a playlist tag."""
    if not _TAG.fullmatch(name):
        raise ValueError(f"{name!r} is no tag; write it without # and colon: EXT-X-ACME-START")


def secret(node: Node) -> Secret:
    """Read a key: its text, or the file that has it."""
    if isinstance(node, Entries):
        if list(node.keys) != ["file"]:
            raise ConfigError.at(node.place, "must be text or `{file: PATH}`")
        path = file(node.values["file"])
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError.at(node.place, f"cannot read {path} as text") from error
    else:
        value = text(node)
    if len(value) < MIN_SECRET_CHARACTERS:
        reason = f"must have {MIN_SECRET_CHARACTERS} characters or more: `openssl rand -hex 32`"
        raise ConfigError.at(node.place, reason)
    return Secret(value)
