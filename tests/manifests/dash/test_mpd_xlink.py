"""Remote Periods put into their MPD (splice rule B-47)."""

from pathlib import Path

import pytest
from lxml import etree

from manifests.dash.reading.addressing import segment_url
from manifests.dash.reading.document import read_elements, read_tree
from manifests.dash.reading.reader import read_mpd_tree
from manifests.dash.reading.xlink import MAX_REMOTE, REMOTE_LIMITS, embed_periods, remote_periods
from manifests.errors import ManifestError, MpdSyntaxError, RemoteElementError

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "reference" / "samples" / "dash"
NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
URL = "https://o.example/films/a.mpd"
ZERO = (
    '<Period x:href="urn:mpeg:dash:resolve-to-zero:2013" xmlns:x="http://www.w3.org/1999/xlink"/>'
)


def mpd(*inside: str) -> etree._Element:
    return read_tree(
        f'<MPD xmlns="{NAMESPACE}" xmlns:x="http://www.w3.org/1999/xlink"'
        f' mediaPresentationDuration="PT60S">{"".join(inside)}</MPD>'.encode()
    )


def remote(href: str = "ad.xml", actuate: str = "onLoad") -> str:
    return f'<Period x:href="{href}" x:actuate="{actuate}"/>'


def piece(*ids: str) -> str:
    return "".join(f'<Period xmlns="{NAMESPACE}" id="{id}" duration="PT9S"/>' for id in ids)


def ids(root: etree._Element) -> list[str | None]:
    return [one.get("id") for one in root.iterchildren(f"{{{NAMESPACE}}}Period")]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not beside the checkout")
def test_sample_g11_is_whole_with_its_remote_period() -> None:
    body = (SAMPLES / "example_G11.mpd").read_bytes()
    name = "example_G11_remote.period.xml"
    root = read_tree(body)
    where = f"https://o.example/films/{name}"
    assert list(remote_periods(root, url=URL).values()) == [where]
    embed_periods(root, url=URL, remote={where: (SAMPLES / name).read_bytes()})
    value = read_mpd_tree(root, url=URL)
    assert [(one.id, one.start, one.end) for one in value.periods] == [
        ("0", 0, 250),
        ("1", 250, 360),
        ("2", 360, 704),
    ]
    _, representation = next(value.periods[1].representations())
    assert segment_url(representation, 3, 0) == (
        "https://o.example/films/ED_720_1M_MPEG2_video_3.mp4"
    )


@pytest.mark.parametrize("actuate", ["onLoad", "onRequest"])
def test_a_remote_period_becomes_all_periods_that_are_there(actuate: str) -> None:
    root = mpd('<Period id="a" duration="PT9S"/>', remote(actuate=actuate), '<Period id="b"/>')
    there = f"<?xml version='1.0'?><!-- ads -->\n{piece('x', 'y')}<!-- end -->\n"
    embed_periods(root, url=URL, remote={"https://o.example/films/ad.xml": there.encode()})
    assert ids(root) == ["a", "x", "y", "b"]
    assert [one.start for one in read_mpd_tree(root, url=URL).periods] == [0, 9, 18, 27]


def test_several_remote_periods_each_have_their_own_even_from_one_url() -> None:
    root = mpd('<Period id="a" start="PT0S"/>', remote("1"), "<!-- between -->", remote("2"))
    bodies = {"https://o.example/films/1": piece("x"), "https://o.example/films/2": piece("y")}
    embed_periods(root, url=URL, remote={url: text.encode() for url, text in bodies.items()})
    assert ids(root) == ["a", "x", "y"]
    twice = mpd(remote("1"), remote("1"))
    nameless = f'<Period xmlns="{NAMESPACE}" duration="PT9S"/>'.encode()
    embed_periods(twice, url=URL, remote={"https://o.example/films/1": nameless})
    assert ids(twice) == [None, None]


def test_a_remote_period_may_resolve_to_nothing() -> None:
    root = mpd('<Period id="a"/>', remote(), ZERO)
    embed_periods(root, url=URL, remote={"https://o.example/films/ad.xml": ZERO.encode()})
    assert [one.id for one in read_mpd_tree(root, url=URL).periods] == ["a"]
    whole = mpd('<Period id="a"/>', ZERO)
    assert remote_periods(whole, url=URL) == {}


def test_urls_are_relative_to_what_the_mpd_says() -> None:
    """There is one document for players, as if it had been written so."""
    segments = '<SegmentTemplate media="$Number$.m4s" duration="3"/>'
    there = f"""<Period duration="PT9S"><AdaptationSet>{segments}
      <Representation id="v" bandwidth="1"/></AdaptationSet></Period>"""
    root = mpd("<BaseURL>//cdn.example/x/</BaseURL>", remote("../ads/ad.xml?a=1&amp;b"))
    (where,) = remote_periods(root, url=URL).values()
    assert where == "https://cdn.example/ads/ad.xml?a=1&b"
    embed_periods(root, url=URL, remote={where: there.encode()})
    (period,) = read_mpd_tree(root, url=URL).periods
    _, representation = next(period.representations())
    assert segment_url(representation, 1, 0) == "https://cdn.example/x/1.m4s"


REFUSED = {
    "an AdaptationSet": (
        ['<Period><AdaptationSet x:href="a.xml"/></Period>'],
        "AdaptationSet is elsewhere: 'a.xml'; only Periods are resolved",
    ),
    "an EventStream": (
        ['<Period><EventStream x:href="a.xml?token=1"/></Period>'],
        "EventStream is elsewhere: 'a.xml'; only",
    ),
    "no URL": ([remote("http://")], "'http://', which is no URL"),
    "nothing": ([remote("")], "which is no URL"),
    "too many": ([remote()] * (MAX_REMOTE + 1), "17 remote elements"),
}


@pytest.mark.parametrize(("inside", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_resolved_is_refused(inside: list[str], reason: str) -> None:
    with pytest.raises(RemoteElementError, match=reason):
        remote_periods(mpd(*inside), url=URL)


HOSTILE = {
    "a nested one": (
        '<Period x:href="b.xml" xmlns:x="http://www.w3.org/1999/xlink"/>',
        "remote again",
    ),
    "an AdaptationSet elsewhere": (
        '<Period xmlns:x="http://www.w3.org/1999/xlink"><AdaptationSet x:href="b.xml"/></Period>',
        "AdaptationSet is elsewhere: 'b.xml': remote again",
    ),
    "an MPD": (f'<MPD xmlns="{NAMESPACE}"><Period/></MPD>', "not Period"),
    "something beside Periods": ("<Period/><Metrics/>", "Metrics .* not Period"),
    "a Period of another namespace": ('<Period xmlns="urn:x"/>', "'urn:x', not Period"),
    "text": ("<Period/>paid", "text beside Period"),
    "nothing": ("", "no element"),
    "truncated": ('<Period id="a"><AdaptationSet>', "line 1: "),
    "an end too many": ("<Period/></piece><piece><Period/>", "line 1: "),
    "a document type": ("<!DOCTYPE Period SYSTEM 'file:///etc/passwd'><Period/>", "document types"),
    "a document type inside": ("<Period/><!DOCTYPE a []><Period/>", "line 1: "),
    "entities": ("<Period>&a;</Period>", "line 1: "),
    "too many elements": ("<Period/>" * (REMOTE_LIMITS.elements + 1), "elements"),
    "too many bytes": ("<Period>" + " " * REMOTE_LIMITS.bytes + "</Period>", "bytes"),
    "too deep": ("<Period>" + "<a>" * 64 + "</a>" * 64 + "</Period>", "deep"),
    "a prefix that only the MPD declares": ("<Period x:a='1'/>", "line 1: "),
}


@pytest.mark.parametrize(("there", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_there_is_read_with_the_same_care(there: str, reason: str) -> None:
    root = mpd('<Period id="a"/>', remote("ad.xml?token=secret"))
    with pytest.raises(RemoteElementError, match=reason) as error:
        embed_periods(
            root, url=URL, remote={"https://o.example/films/ad.xml?token=secret": there.encode()}
        )
    assert "secret" not in str(error.value)


def test_an_error_tells_the_line_of_the_piece() -> None:
    with pytest.raises(MpdSyntaxError, match="line 4: "):
        read_elements(b"<?xml version='1.0'?>\n<!--\n-->\n<Period a=1/>", "Period")


def test_what_is_not_resolved_is_refused_by_the_reader() -> None:
    root = mpd(remote())
    with pytest.raises(ManifestError, match="line 1: Period is elsewhere: 'ad"):
        read_mpd_tree(root, url=URL)
