"""Where an outbound call may go: which URLs by their words, which addresses by their numbers.

A name is judged twice. `read_target` judges what is written: scheme, host, port. `AddressGuard`
judges the addresses that the name resolved to, whatever the spelling was, and the connection is
made to an address that passed (`packager.outbound.network`); so `127.1`, `0x7f000001`, a rebinding
name and a redirect all end at the same check (failures.md, threats 2 to 4).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import httpx2

from packager.outbound.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_CHARS = 8192

# Beside `is_global`, which depends on the release of Python and calls some of these global.
_NEVER: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this host: Linux connects to itself
        "100.64.0.0/10",  # carrier-grade NAT; also Alibaba's metadata service
        "168.63.129.16/32",  # Azure's metadata service, a public address
        "169.254.0.0/16",  # link-local; the metadata services of most clouds
        "192.0.0.0/24",  # protocol assignments; also Oracle's metadata service
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA gave out; NAT64's 64:ff9b:: is outside
_NAT64 = IPv6Network("64:ff9b::/96")

# A name, or an IPv6 address without a zone: nothing that two readers might read in two ways.
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|[0-9A-Fa-f:.]+")
# Whatever a log, a playlist, a header or another URL reader might take for a border.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029]")


class AddressGuard:
    """Says which addresses may be connected to: public ones, and the networks of `allow`."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self._allow = tuple(allow)

    def permits(self, address: Address) -> bool:
        """Return whether a connection to `address` is permitted.

        An IPv6 address that carries an IPv4 address is permitted only if that one is.
        """
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped is not None:
                return self.permits(address.ipv4_mapped)
            carried = _carried(address)
            if carried is not None and not self.permits(carried):
                return False
        if any(address in network for network in self._allow):
            return True
        if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
            return False
        return address.is_global and not any(address in network for network in _NEVER)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that packets to `address` would reach through a gateway."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Where calls for one purpose may go, as far as the URL says it."""

    hosts: frozenset[str] | None = None  # lower case, IDNA, without port; None: any host
    ports: frozenset[int] = frozenset({80, 443})  # beside those from 1024 on

    @classmethod
    def for_urls(cls, urls: Iterable[str]) -> "Policy":
        """Return the policy that reaches the hosts of `urls`, on their ports too.

        Raises:
            Refused: One of them is not a URL that could be fetched.
        """
        targets = [read_target(url, cls(ports=frozenset(range(1, 1024)))) for url in urls]
        return cls(
            hosts=frozenset(_host(target) for target in targets),
            ports=cls().ports | {port for target in targets if (port := target.port) is not None},
        )


PUBLIC = Policy()


def read_target(url: str, policy: Policy, *, base: httpx2.URL | None = None) -> httpx2.URL:
    """Read a URL that `policy` permits, into the value whose text is what will be sent.

    Args:
        url: The URL as it was written; its fragment is dropped.
        policy: Where it may lead.
        base: What it is relative to; without, it must be absolute.

    Raises:
        Refused: It is not such a URL; the text says why without repeating its path or query.
    """
    if len(url) > MAX_URL_CHARS:
        raise Refused(f"URL of {len(url)} characters")
    # Checked before anything is parsed: `urlsplit` drops TAB, CR and LF without a word.
    if _FORBIDDEN.search(url):
        raise Refused("URL with a control character or backslash")
    try:
        target = (httpx2.URL(url) if base is None else base.join(url)).copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refused("not a URL") from error
    if target.scheme not in ("http", "https"):
        raise Refused(f"scheme {target.scheme[:20]!r}")
    if target.userinfo:
        raise Refused("URL with a user name")
    host = _host(target)
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise Refused("URL with an unreadable host")
    if policy.hosts is not None and host not in policy.hosts:
        raise Refused(f"{host}: not a configured host")
    port = target.port
    if port is not None and not (port in policy.ports or 1024 <= port <= 65535):
        raise Refused(f"{host}: port {port}")
    return target


def _host(target: httpx2.URL) -> str:
    return target.raw_host.decode("ascii").removesuffix(".")
