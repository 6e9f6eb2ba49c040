"""Where calls may go (failures.md, threats 2 to 4 and 12)."""

import socket
import ssl
from ipaddress import IPv4Address, ip_address, ip_network

import httpx2
import pytest

from packager.outbound import GuardedClient, OutboundError, Policy, Refused
from packager.outbound.guard import MAX_URL_CHARS, PUBLIC, Address, AddressGuard, read_target

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # making the default one takes its time

PRIVATE = {
    "loopback": "127.0.0.1",
    "this host": "0.0.0.0",
    "metadata": "169.254.169.254",
    "class A": "10.0.0.5",
    "class B": "172.16.31.1",
    "class C": "192.168.1.1",
    "carrier-grade NAT": "100.100.100.200",
}


def spellings(address: str) -> dict[str, str]:
    """Return hosts that some reader of URLs takes for this IPv4 address."""
    number = int(IPv4Address(address))
    a, b, c, d = (number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255)
    return {
        "dotted": address,
        "decimal": f"{number}",
        "hexadecimal": f"0x{number:08x}",
        "hexadecimal, upper case": f"0X{number:08X}",
        "hexadecimal, long": f"0x{number:016x}",
        "octal": f"0{number:o}",
        "octal, long": f"000000{number:o}",
        "two parts": f"{a}.{number & 0xFFFFFF}",
        "three parts": f"{a}.{b}.{number & 0xFFFF}",
        "hexadecimal parts": f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        "octal parts": f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        "mixed parts": f"0x{a:x}.{b}.0{number & 0xFFFF:o}",
        "padded parts": f"{a:03}.{b:03}.{c:03}.{d:03}",
        "trailing dot": f"{address}.",
        "mapped": f"[::ffff:{address}]",
        "mapped, hexadecimal": f"[::FFFF:{a:x}{b:02x}:{c:x}{d:02x}]",
        "mapped, long": f"[0:0:0:0:0:ffff:{a:02x}{b:02x}:{c:02x}{d:02x}]",
        "compatible": f"[::{address}]",
        "NAT64": f"[64:ff9b::{address}]",
        "local NAT64": f"[64:ff9b:1::{address}]",
        "6to4": f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]",
        "Teredo": (
            f"[2001:0:4136:e378:8000:63bf:{a ^ 255:02x}{b ^ 255:02x}:{c ^ 255:02x}{d ^ 255:02x}]"
        ),
        "ISATAP": f"[fe80::5efe:{address}]",
        "circled digits": "".join(
            chr(0x2460 + int(x) - 1) if x in "123456789" else x for x in address
        ),
        "full-width digits": "".join(chr(0xFF10 + int(x)) if x.isdigit() else x for x in address),
        "ideographic dots": address.replace(".", "\u3002"),
        "percent-encoded": address.replace(".", "%2e"),
        "user name": f"public.example@{address}",
        "user name and password": f"a:b@{address}",
        "backslash": f"public.example\\@{address}",
        "soft hyphen": f"{address[0]}\u00ad{address[1:]}",
        "zone": f"[::ffff:{address}%25lo]",
    }


SPELLINGS = {
    f"{name}: {form}": host
    for name, address in PRIVATE.items()
    for form, host in spellings(address).items()
}
NAMES = {
    "localhost": "127.0.0.1",
    "localhost.": "127.0.0.1",
    "localhost6": "::1",
    "metadata.google.internal": "169.254.169.254",
    "rebound.example": "10.0.0.5",
    "127.0.0.1.nip.example": "127.0.0.1",
    "unique-local.example": "fd00:ec2::254",
    "azure.example": "168.63.129.16",
    "xn--bcher-kva.example": "192.168.1.1",
    "under_score.example": "127.0.0.1",
    "a" * 63 + ".example": "127.0.0.1",
}


async def numbers_or_names(host: str, port: int) -> tuple[Address, ...]:
    """Read numbers as the system does, and names from a table: nothing asks the network."""
    if host in NAMES:
        return (ip_address(NAMES[host]),)
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return tuple(ip_address(info[4][0]) for info in infos)


HOSTS = SPELLINGS | {f"name: {name[:30]}": name for name in NAMES} | {"name: IDN": "bücher.example"}


def test_there_are_more_than_a_hundred_spellings() -> None:
    assert len(set(HOSTS.values())) > 200


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
async def test_no_spelling_of_a_private_host_is_connected_to(host: str, serve) -> None:
    canary = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    client = GuardedClient(resolver=numbers_or_names, ssl_context=NO_TLS)
    with pytest.raises(OutboundError) as error:
        await client.fetch(canary.url(host=host), policy=PUBLIC)
    # A spelling that the resolver cannot read leads nowhere; all others are refused.
    unread = host.endswith(".") and host not in NAMES
    assert error.value.reason == ("origin_unreachable" if unread else "origin_refused")
    assert canary.connections == 0
    await client.aclose()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "localhost", "[::ffff:7f00:1]"]
)
async def test_a_configured_network_is_reached_by_any_spelling(host: str, serve) -> None:
    canary = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    client = GuardedClient(
        allow=[ip_network("127.0.0.0/8")], resolver=numbers_or_names, ssl_context=NO_TLS
    )
    fetched = await client.fetch(canary.url(host=host), policy=PUBLIC)
    assert fetched.body == b"hi"
    assert canary.connections == 1
    await client.aclose()


FORBIDDEN = [
    *("0.0.0.0", "0.1.2.3", "10.255.0.1", "100.64.0.1", "127.8.8.8", "168.63.129.16"),
    *("169.254.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::8.8.8.8"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:808:808::1"),
    *("3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "4000::1"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_are_not_public_are_forbidden(address: str) -> None:
    assert not AddressGuard().permits(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "::ffff:8.8.8.8",
        "2606:4700::1111",
        "2a00:1450::1",
        "100.128.0.1",
    ],
)
def test_public_addresses_are_permitted(address: str) -> None:
    assert AddressGuard().permits(ip_address(address))


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    guard = AddressGuard([ip_network("10.1.0.0/16"), ip_network("fd00::/64")])
    assert guard.permits(ip_address("10.1.2.3"))
    assert guard.permits(ip_address("::ffff:10.1.2.3"))
    assert guard.permits(ip_address("fd00::5"))
    assert not guard.permits(ip_address("10.2.0.1"))
    assert not guard.permits(ip_address("127.0.0.1"))
    assert not guard.permits(ip_address("fd01::5"))


@pytest.mark.parametrize(
    ("public", "private"),
    [
        ("64:ff9b::8.8.8.8", "64:ff9b::127.0.0.1"),
        ("2002:808:808::1", "2002:7f00:1::1"),
        # Teredo carries the address inverted: 8.8.8.8 and 10.0.0.1.
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", "2001:0:4136:e378:8000:63bf:f5ff:fffe"),
    ],
)
def test_a_gateway_that_is_allowed_still_leads_to_public_addresses_only(
    public: str, private: str
) -> None:
    guard = AddressGuard([ip_network("::/0")])
    assert guard.permits(ip_address(public))
    assert not guard.permits(ip_address(private))


UNREADABLE = {
    "TAB in the host": "http://a\tb.example/",
    "CR LF in the path": "http://a.example/x\r\nHost: b",
    "LF at the end": "http://a.example/\n",
    "NUL": "http://a.example/\0",
    "DEL": "http://a.example/\x7f",
    "next line": "http://a.example/\u0085",
    "line separator": "http://a.example/\u2028",
    "backslash": "http://a.example\\b.example/",
    "no scheme": "//a.example/",
    "relative": "a/b.m3u8",
    "empty": "",
    "file": "file:///etc/passwd",
    "gopher": "gopher://a.example/",
    "javascript": "javascript:alert(1)",
    "data": "data:text/plain,x",
    "ftp": "ftp://a.example/",
    "websocket": "ws://a.example/",
    "no host": "http:///x",
    "no host, one slash": "http:/x",
    "user name": "http://user@a.example/",
    "blank in the host": "http://a .example/",
    "blank in front": " http://a.example/",
    "percent in the host": "http://a%2eb.example/",
    "leading dot": "http://.a.example/",
    "empty label": "http://a..example/",
    "two trailing dots": "http://a.example../",
    "long label": "http://" + "a" * 64 + ".example/",
    "long host": "http://" + "a." * 127 + "example/",
    "quote in the host": 'http://a"b.example/',
    "port that is no number": "http://a.example:x/",
    "port 0": "http://a.example:0/",
    "negative port": "http://a.example:-1/",
    "port too large": "http://a.example:65536/",
    "mail port": "http://a.example:25/",
    "shell port": "https://a.example:22/",
    "address with too many parts": "http://1.2.3.4.5.6.7.256:1/",
    "too long": "http://a.example/" + "a" * MAX_URL_CHARS,
    "unbalanced bracket": "http://[::1/",
    "not an IPv6 address": "http://[12345::1]/",
    "zone": "http://[fe80::1%25eth0]/",
}


@pytest.mark.parametrize("url", UNREADABLE.values(), ids=UNREADABLE)
def test_a_url_that_is_not_plainly_one_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        read_target(url, PUBLIC)


SENT = {
    "plain": ("http://a.example/x.m3u8?b=c", "http://a.example/x.m3u8?b=c"),
    "fragment is dropped": ("http://a.example/x#y", "http://a.example/x"),
    "upper case": ("HTTP://A.Example/X", "http://a.example/X"),
    "default port": ("https://a.example:443/", "https://a.example/"),
    "other port": ("http://a.example:8080/", "http://a.example:8080/"),
    "IPv6": ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
    "IDN": ("http://bücher.example/ü", "http://xn--bcher-kva.example/%C3%BC"),
    "blank in the path": ("http://a.example/my video", "http://a.example/my%20video"),
    "encoded stays": ("http://a.example/%2F%3a?q=%0a", "http://a.example/%2F%3a?q=%0a"),
}


@pytest.mark.parametrize(("url", "sent"), SENT.values(), ids=SENT)
def test_the_url_that_is_sent_is_the_one_that_was_judged(url: str, sent: str) -> None:
    target = read_target(url, PUBLIC)
    assert str(target) == sent
    assert str(read_target(str(target), PUBLIC)) == sent


def test_a_relative_url_is_read_against_its_base_and_judged_alike() -> None:
    base = httpx2.URL("http://a.example/live/index.m3u8")
    assert str(read_target("../vod/x", PUBLIC, base=base)) == "http://a.example/vod/x"
    assert str(read_target("//b.example/x", PUBLIC, base=base)) == "http://b.example/x"
    with pytest.raises(Refused):
        read_target("//b.example/x", Policy(hosts=frozenset({"a.example"})), base=base)
    with pytest.raises(Refused):
        read_target("//b\t.example/x", PUBLIC, base=base)


def test_a_policy_of_urls_reaches_their_hosts_and_ports_only() -> None:
    policy = Policy.for_urls(
        ["https://Origin.example/news/", "http://cdn.example.:81/", "http://[::1]:99/"]
    )
    for url in (
        "https://origin.example/other",
        "http://ORIGIN.example./",
        "http://cdn.example:81/x",
        "http://cdn.example:8080/x",
        "http://[::1]:99/",
    ):
        assert read_target(url, policy)
    for url in (
        "https://sub.origin.example/",
        "http://origin.example.evil.example/",
        "http://cdn.example:82/",
    ):
        with pytest.raises(Refused):
            read_target(url, policy)


def test_a_refusal_does_not_repeat_what_may_be_secret() -> None:
    for url in (
        "http://a.example:25/secret?token=secret",
        "http://secret:secret@a.example/",
        "secret",
    ):
        with pytest.raises(Refused) as error:
            read_target(url, PUBLIC)
        assert "secret" not in str(error.value)
