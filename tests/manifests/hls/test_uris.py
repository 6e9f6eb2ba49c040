import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import PlaylistSyntaxError
from manifests.hls.uris import Resolver, absolute

BASE = "https://o.example/live/a/index.m3u8?session=1#top"

CASES = {  # rule A-47
    "beside the playlist": ("1.ts", "https://o.example/live/a/1.ts"),
    "below it": ("b/c/1.ts?x=1&y=2", "https://o.example/live/a/b/c/1.ts?x=1&y=2"),
    "above it": ("../b/1.ts", "https://o.example/live/b/1.ts"),
    "above the root": ("../../../../1.ts", "https://o.example/1.ts"),
    "dot": ("./1.ts", "https://o.example/live/a/1.ts"),
    "dots in the query stay": ("1.ts?p=/../x", "https://o.example/live/a/1.ts?p=/../x"),
    "from the root": ("/1.ts", "https://o.example/1.ts"),
    "other host": ("//cdn.example/1.ts", "https://cdn.example/1.ts"),
    "absolute": ("http://cdn.example:8080/1.ts?a=b:c", "http://cdn.example:8080/1.ts?a=b:c"),
    "absolute without a path": ("https://cdn.example?a=1", "https://cdn.example?a=1"),
    "with user": ("https://u:p@cdn.example/1.ts", "https://u:p@cdn.example/1.ts"),
    "IPv6": ("http://[2001:db8::1]/1.ts", "http://[2001:db8::1]/1.ts"),
    "query only": ("?a=1", "https://o.example/live/a/index.m3u8?a=1"),
    "a colon in the query": ("1.ts?t=12:30", "https://o.example/live/a/1.ts?t=12:30"),
    "a colon in the name, told by ./": ("./a:b.ts", "https://o.example/live/a/a:b.ts"),
    "blank": ("a b.ts", "https://o.example/live/a/a%20b.ts"),
    "percent-encoded already": ("a%20b.ts", "https://o.example/live/a/a%20b.ts"),
    "not ASCII": ("é.ts", "https://o.example/live/a/%C3%A9.ts"),
    "line separator": ("a\u2028b.ts", "https://o.example/live/a/a%E2%80%A8b.ts"),
    "quote": ('a"b.ts', "https://o.example/live/a/a%22b.ts"),
    "backslash": ("http://good\\@evil.example/", "http://good%5C@evil.example/"),
    "FairPlay": ("skd://asset/1?x=Y", "skd://asset/1?x=Y"),
    "data": ("data:text/plain;base64,AAA+/A==", "data:text/plain;base64,AAA+/A=="),
}


@pytest.mark.parametrize(("reference", "uri"), CASES.values(), ids=CASES)
def test_a_47_references_become_absolute(reference: str, uri: str) -> None:
    assert Resolver(BASE).resolve(reference, line=1) == uri
    assert Resolver(BASE).resolve(uri, line=1) == uri


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "a\tb.ts",
        "http://o.ex\nample/",
        "a\x00",
        "a\x85b",
        "http://[::1/",
        "http:///a",
        "//",
        "\ud800",
    ],
)
def test_threat_12_what_is_no_uri_is_an_error(reference: str) -> None:
    with pytest.raises(PlaylistSyntaxError, match="line 3: "):
        Resolver(BASE).resolve(reference, line=3)


@pytest.mark.parametrize(
    "base", ["", "index.m3u8", "//o.example/", "https://o.ex\nample/", "\ud800:"]
)
def test_a_base_must_be_an_absolute_url(base: str) -> None:
    with pytest.raises(ValueError, match="absolute URL"):
        Resolver(base)


def test_a_base_may_have_no_path_or_dots_in_it() -> None:
    assert Resolver("https://o.example").resolve("a.ts", line=1) == "https://o.example/a.ts"
    assert Resolver("https://o.example/a/../b/i").resolve("c", line=1) == "https://o.example/b/c"
    assert Resolver("file:///v/i.m3u8").resolve("a.ts", line=1) == "file:///v/a.ts"


def test_the_uri_among_attributes_is_replaced_in_its_place() -> None:
    attributes = (("A", "1"), ("URI", '"k"'), ("B", "2"))
    uri, replaced = absolute(attributes, Resolver(BASE), line=1)
    assert uri == "https://o.example/live/a/k"
    assert replaced == (("A", "1"), ("URI", f'"{uri}"'), ("B", "2"))
    assert absolute((("A", "1"),), Resolver(BASE), line=1) == (None, (("A", "1"),))


@given(st.text(alphabet="a./:?#%@[]\\\"'<>{}\t\r\n \u2028é-") | st.text())
def test_any_reference_becomes_a_clean_absolute_uri_or_an_error(reference: str) -> None:
    resolver = Resolver(BASE)
    try:
        uri = resolver.resolve(reference, line=1)
    except PlaylistSyntaxError:
        return
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*", uri)
    assert resolver.resolve(uri, line=1) == uri
