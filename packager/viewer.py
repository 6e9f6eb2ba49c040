"""What one request tells of its viewer: address, device, languages, wishes (rule E-01, threat 34).

A viewer lives as long as its request and what is decided for it. It is not stored, and prints as
nothing. How much of it ad servers hear is `packager.decisions.disclosure`'s to say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from starlette.datastructures import Headers

# Most requests need no viewer, so it is read only where somebody asks.
Who = Callable[[], "Viewer"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_HOPS = 16
MAX_CHARACTERS = 512  # of a header

# Who stands in front of a server as a rule, and whom the world cannot reach.
HOUSE: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks, as far as a request says it; texts are printable ASCII, empty where unknown."""

    address: Address | None = field(default=None, repr=False)
    user_agent: str = field(default="", repr=False)
    languages: str = field(default="", repr=False)  # Accept-Language
    site: str = field(default="", repr=False)  # of Referer, the scheme and host alone
    requested_with: str = field(default="", repr=False)  # X-Requested-With: an app's name
    opted_out: bool = field(default=False, repr=False)  # Sec-GPC: 1

    @property
    def neighbourhood(self) -> str | None:
        """What new sessions are counted by: an IPv4 address or an IPv6 /64 (threat 36).

        Somebody of the house has none, and is not counted.
        """
        if isinstance(self.address, IPv6Address):
            return str(IPv6Address(int(self.address) >> 64 << 64))
        return None if self.address is None else str(self.address)


def read_viewer(headers: Headers, peer: str, trusted: Sequence[Network] = HOUSE) -> Viewer:
    """Read what a request tells of its viewer.

    Args:
        headers: Of the request.
        peer: Address at the other end of the connection.
        trusted: Hops whose word is taken for the address that they saw.
    """
    return Viewer(
        address=_viewer_address(headers, peer, trusted),
        user_agent=_text(headers, "user-agent"),
        languages=_text(headers, "accept-language"),
        site=_site(_text(headers, "referer")),
        requested_with=_text(headers, "x-requested-with"),
        opted_out=_text(headers, "sec-gpc") == "1",
    )


def _viewer_address(headers: Headers, peer: str, trusted: Sequence[Network]) -> Address | None:
    """The first address, seen from here, that is not a trusted hop's; None where there is none.

    Every hop writes behind what the hop before it wrote. So what stands to the left of an address
    that is not trusted is that viewer's own word, and nothing is made of it.
    """
    address = read_address(peer)
    hops = _hops(headers)
    while address is not None and any(address in network for network in trusted):
        address = read_address(next(hops, ""))
    return address


def _hops(headers: Headers) -> Iterator[str]:
    """What proxies say whom they saw, the nearest proxy first."""
    # A header may be there several times; then all of them are one list (RFC 9110, section 5.3).
    if forwarded_for := headers.getlist("x-forwarded-for"):
        yield from _last_first(forwarded_for)
        return
    for element in _last_first(headers.getlist("forwarded")):  # RFC 7239
        pairs = (pair.partition("=") for pair in element.split(";"))
        yield next((value for name, _, value in pairs if name.strip().lower() == "for"), "")


def _last_first(values: Sequence[str]) -> Iterator[str]:
    return reversed(",".join(values).rsplit(",", MAX_HOPS))


def read_address(text: str) -> Address | None:
    """Read an address as proxies write it: with a port or without, in brackets, in quotes."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    if "%" in text:  # a zone, which may be any text
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # how sockets for both families see IPv4
    return address


def _text(headers: Headers, name: str) -> str:
    """A header as it may stand in another one: printable ASCII, not too long."""
    value = headers.get(name, "")[:MAX_CHARACTERS]
    return "".join(char for char in value if " " <= char <= "~").strip()


def _site(referer: str) -> str:
    """Where a player is embedded: no path, which may be private and hold a session's token."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    known = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return f"{parts.scheme}://{parts.netloc}/" if known and parts.netloc else ""
