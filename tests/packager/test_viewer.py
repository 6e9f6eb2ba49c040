from ipaddress import ip_address, ip_network
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from packager.viewer import HOUSE, MAX_CHARACTERS, MAX_HOPS, Viewer, read_address, read_viewer

V6 = "2606:4700::1"
PLAIN = ip_network("8.8.0.0/16")


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in pairs])


FORWARDED_FOR = {
    "nobody forwards": ("8.8.4.4", "", "8.8.4.4"),
    "a viewer's own word": ("8.8.4.4", "1.1.1.1", "8.8.4.4"),
    "a proxy's word": ("10.0.0.7", "8.8.4.4", "8.8.4.4"),
    "only the last is the proxy's": ("10.0.0.7", "6.6.6.6, 8.8.4.4", "8.8.4.4"),
    "a chain of proxies": ("::1", "8.8.4.4, 192.168.1.9,10.0.0.7", "8.8.4.4"),
    "a viewer's word before a chain": ("127.0.0.1", "6.6.6.6, 8.8.4.4, 10.0.0.7", "8.8.4.4"),
    "somebody of the house": ("10.0.0.7", "10.0.0.9", None),
    "the proxy says nothing": ("10.0.0.7", "", None),
    "the proxy does not know": ("10.0.0.7", "unknown", None),
    "nobody knows behind it": ("10.0.0.7", "8.8.4.4, unknown", None),
    "nothing in between": ("10.0.0.7", "8.8.4.4,,", None),
    "with a port": ("10.0.0.7", "8.8.4.4:4711", "8.8.4.4"),
    "IPv6": ("fd00::1", V6, V6),
    "IPv6 with a port": ("fe80::1", f"[{V6}]:4711", V6),
    "IPv4 in IPv6": ("::ffff:10.0.0.7", "::ffff:8.8.4.4", "8.8.4.4"),
    "a zone, which may be any text": ("10.0.0.7", "fe80::1%<script>", None),
    "line breaks": ("10.0.0.7", "8.8.4.4\nX: 1", None),
    "an odd spelling": ("10.0.0.7", "0x08080404", None),
    "no address at all": ("testclient", "8.8.4.4", None),
    "more hops than are read": ("10.0.0.7", "8.8.4.4" + ", 10.0.0.8" * (MAX_HOPS + 9), None),
}  # fmt: skip


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"), FORWARDED_FOR.values(), ids=FORWARDED_FOR
)
def test_the_viewer_is_the_first_who_is_no_trusted_hop_e_01(
    peer: str, forwarded: str, address: str | None
) -> None:
    pairs = [("x-forwarded-for", forwarded)] if forwarded else []
    viewer = read_viewer(headers(*pairs), peer)
    assert viewer.address == (None if address is None else ip_address(address))


def test_several_headers_are_one_list_in_their_order() -> None:
    two = headers(("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "8.8.4.4"))
    assert read_viewer(two, "10.0.0.7").address == ip_address("8.8.4.4")


FORWARDED = {
    "for=8.8.4.4": "8.8.4.4",
    'For="[2606:4700::1]:4711";proto=https;by=10.0.0.7': V6,
    "for=6.6.6.6, for=8.8.4.4;host=a, for=10.0.0.8": "8.8.4.4",
    "for=_hidden": None,
    "proto=https": None,
    'for="6.6.6.6, for=8.8.4.4': "8.8.4.4",  # a quote that a viewer left open
    "": None,
}


@pytest.mark.parametrize(("value", "address"), FORWARDED.items())
def test_forwarded_is_read_where_there_is_no_older_header(value: str, address: str | None) -> None:
    wanted = None if address is None else ip_address(address)
    assert read_viewer(headers(("forwarded", value)), "10.0.0.7").address == wanted
    assert read_viewer(headers(("forwarded", value)), "8.8.8.8").address == ip_address("8.8.8.8")
    both = headers(("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "8.8.4.4"))
    assert read_viewer(both, "10.0.0.7").address == ip_address("8.8.4.4")


def test_who_is_trusted_can_be_said() -> None:
    forwarded = headers(("x-forwarded-for", "1.1.1.1, 10.0.0.7"))
    assert read_viewer(forwarded, "10.0.0.9", ()).address == ip_address("10.0.0.9")
    assert read_viewer(forwarded, "8.8.4.4", (PLAIN,)).address == ip_address("10.0.0.7")
    assert read_viewer(forwarded, "8.8.4.4", (PLAIN, *HOUSE)).address == ip_address("1.1.1.1")


NEIGHBOURHOODS = {"8.8.4.4": "8.8.4.4", "2606:4700:1:2:3::4": "2606:4700:1:2::"}


@pytest.mark.parametrize(("address", "neighbourhood"), NEIGHBOURHOODS.items())
def test_neighbours_are_counted_together_threat_36(address: str, neighbourhood: str) -> None:
    assert Viewer(address=ip_address(address)).neighbourhood == neighbourhood
    assert Viewer().neighbourhood is None


def test_what_a_device_says_is_read() -> None:
    said = headers(
        ("user-agent", "Player/1.0 (X)"),
        ("accept-language", "de-CH, en;q=0.5"),
        ("referer", "https://page.example:8443/watch/secret?token=canary#x"),
        ("x-requested-with", "com.example.app"),
        ("sec-gpc", "1"),
    )
    assert read_viewer(said, "") == Viewer(
        user_agent="Player/1.0 (X)",
        languages="de-CH, en;q=0.5",
        site="https://page.example:8443/",
        requested_with="com.example.app",
        opted_out=True,
    )
    assert read_viewer(headers(("sec-gpc", "0")), "") == Viewer()


REFERERS = [
    "",
    "about:blank",
    "android-app://x/",
    "https://",
    "https://u:p@page.example/",
    "http://[",
]


@pytest.mark.parametrize("referer", REFERERS)
def test_a_referer_that_names_no_site_is_none(referer: str) -> None:
    assert read_viewer(headers(("referer", referer)), "").site == ""


@given(st.text(st.characters(codec="latin-1"), max_size=2 * MAX_CHARACTERS))
def test_whatever_a_header_says_can_be_sent_on_in_one(value: str) -> None:
    names = ("user-agent", "accept-language", "referer", "x-requested-with", "x-forwarded-for")
    viewer = read_viewer(headers(*((name, value) for name in names)), "10.0.0.7")
    for text in (viewer.user_agent, viewer.languages, viewer.site, viewer.requested_with):
        assert text.isascii()
        assert text == "" or text.isprintable()
        assert len(text) <= MAX_CHARACTERS
    read_address(value)


def test_a_viewer_does_not_show_in_a_log_threat_34() -> None:
    viewer = Viewer(
        address=ip_address("8.8.4.4"), user_agent="canary", languages="canary", site="canary",
        requested_with="canary", opted_out=True,
    )  # fmt: skip
    assert repr(viewer) == str(viewer) == "Viewer()"


def test_a_header_full_of_hops_is_read_in_no_time() -> None:
    many = headers(("x-forwarded-for", ", ".join(["10.0.0.1"] * 20_000)))
    began = perf_counter()
    read_viewer(many, "10.0.0.7")
    assert perf_counter() - began < 1
