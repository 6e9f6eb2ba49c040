import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from manifests.dash.reading.document import DEFAULT_LIMITS, Limits, read_tree, write_tree
from manifests.errors import ManifestError, ManifestLimitError, MpdSyntaxError

SHARED = Path(__file__).parents[3] / ".." / "shared"
SAMPLES = sorted(
    path.relative_to(SHARED)
    for folder in ("reference/samples", "media")
    for path in (SHARED / folder).rglob("*.mpd")
)
NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
OPEN = f'<MPD xmlns="{NAMESPACE}">'.encode()

# Two files of the sample media have a letter where a blank should be.
NOT_XML = {"media/testpic-subs/Manifest.mpd", "media/testpic-subs/Manifest_endNumber.mpd"}


def canonical(document: bytes) -> bytes:
    """The tree as another reader sees it, with what is around the root."""
    tree = etree.fromstring(document, etree.XMLParser()).getroottree()
    written: bytes = etree.tostring(tree, method="c14n", with_comments=True)
    return written


@pytest.mark.skipif(not SAMPLES, reason="the shared samples are not beside the checkout")
@pytest.mark.parametrize("path", SAMPLES or [Path()], ids=str)
def test_b_07_every_sample_is_written_as_the_tree_that_was_read(path: Path) -> None:
    body = (SHARED / path).read_bytes()
    if path.as_posix() in NOT_XML:
        with pytest.raises(MpdSyntaxError, match="line 2: "):
            read_tree(body)
        body = body.replace(b'"bprofiles=', b'" profiles=')
    written = write_tree(read_tree(body))
    assert canonical(written) == canonical(body)
    assert write_tree(read_tree(written)) == written


KEPT = {
    "comments and instructions around the root": (
        b"<?xml version='1.0'?>\n<!-- a --><?b c?>" + OPEN + b"</MPD><!--d--><?e?>\n"
    ),
    "comments and instructions inside": OPEN + b"<Period><!--x-->a<?y z?>b</Period></MPD>",
    "unknown elements and attributes": (
        b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:x" x:a="1" b="2">'
        b'<x:c x:d="&lt;&quot;&#10;"/><New><Period/></New></MPD>'
    ),
    "a prefix for MPD, others redefined": (
        b'<m:MPD xmlns:m="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:1"><x:a/>'
        b'<m:Period xmlns:x="urn:2"><x:a x:b=""/></m:Period></m:MPD>'
    ),
    "declared namespaces that nothing uses": OPEN[:-1] + b' xmlns:unused="urn:u"><Period/></MPD>',
    "text beside elements": OPEN + "é &amp; &#x1F600;\u2028<Period/>\r\n tail</MPD>".encode(),
    "a carriage return by reference": OPEN + b"a&#13;b</MPD>",
    "a byte order mark": b"\xef\xbb\xbf" + OPEN + b"</MPD>",
    "standalone": b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>' + OPEN + b"</MPD>",
    "declared as ASCII": b'<?xml version="1.0" encoding="US-ASCII"?>' + OPEN + b"</MPD>",
    "xml:space and xml:id": OPEN + b'<Period xml:space="preserve" xml:id="a"> </Period></MPD>',
    "a document type that is only talked of": (
        b"<!-- <!DOCTYPE a> -->" + OPEN + b"<!--<!ENTITY a 'b'>--></MPD>"
    ),
}


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_what_is_not_understood_is_kept(body: bytes) -> None:
    root = read_tree(body)
    written = write_tree(root)
    assert canonical(written) == canonical(body)
    assert read_tree(written).nsmap == root.nsmap


def test_standalone_is_kept() -> None:
    body = b'<?xml version="1.0" standalone="yes"?>' + OPEN + b"</MPD>"
    assert b"standalone='yes'" in write_tree(read_tree(body))
    for declaration in (b"", b'<?xml version="1.0" encoding="UTF-8"?>'):
        assert b"standalone" not in write_tree(read_tree(declaration + OPEN + b"</MPD>"))


def test_cdata_becomes_the_text_that_it_stands_for() -> None:
    root = read_tree(OPEN + b"<Period><![CDATA[<!DOCTYPE a><b>&c;]]></Period></MPD>")
    assert root[0].text == "<!DOCTYPE a><b>&c;"
    assert read_tree(write_tree(root))[0].text == root[0].text


def of_depth(depth: int) -> bytes:
    return OPEN + b"<a>" * (depth - 1) + b"</a>" * (depth - 1) + b"</MPD>"


WRONG = {
    "nothing": (b"", "no element"),
    "only a comment": (b"<!-- -->\n", "line 2: no element"),
    "an unfinished comment": (b"<!-- <MPD>", "refused"),
    "text": (b"Not found", "neither XML nor UTF-8: 'Not found'"),
    "a playlist": (b"#EXTM3U\n", "neither XML nor UTF-8: '#EXTM3U"),
    "JSON": (b'{"error": 1}', "neither XML"),
    "an HTML page": (b"<!DOCTYPE html>\n<html></html>", "HTML page"),
    "an old HTML page": (b'\n<!doctype HTML PUBLIC "-//W3C//DTD">', "line 2: an HTML page"),
    "an HTML page without a type": (b"<html lang='en'><body></html>", "HTML page"),
    "another root": (b"<VAST version='4.0'/>", "the root is VAST, not MPD"),
    "a patch": (b'<Patch xmlns="urn:mpeg:dash:schema:mpd-patch:2020"/>', "root is Patch"),
    "no namespace": (b"<MPD/>", "namespace ''"),
    "another namespace": (b'<MPD xmlns="urn:mpeg:DASH:schema:MPD:2011"/>', "urn:mpeg:DASH"),
    "MPD is only a prefix": (b"<MPD:a xmlns:MPD='urn:mpeg:dash:schema:mpd:2011'/>", "root is a"),
    "truncated": (OPEN + b"\n<Period>\n<AdaptationSet", "line 3: "),
    "cut between elements": (OPEN + b"\n<Period>\n", "line 3: "),
    "cut in a character": (OPEN + "é".encode()[:1], "line 1: not UTF-8"),
    "two roots": (OPEN + b"</MPD>\n" + OPEN + b"</MPD>", "line 2: "),
    "an attribute twice": (OPEN + b'\n<Period id="1" id="2"/></MPD>', "line 2: "),
    "a prefix without a namespace": (OPEN + b'\n<Period xlink:href="a"/></MPD>', "line 2: "),
    "a control character": (OPEN + b"\x01</MPD>", "line 1: "),
    "a control character by reference": (OPEN + b"&#1;</MPD>", "line 1: "),
    # Threats 14 and 15.
    "a document type": (b"<!DOCTYPE MPD>" + OPEN + b"</MPD>", "document types"),
    "a document type after a comment": (
        b"<?xml version='1.0'?><!-- > --><!DOCTYPE MPD [<!ENTITY a 'b'>]>" + OPEN + b"&a;</MPD>",
        "document types",
    ),
    "an external entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + OPEN + b"&x;</MPD>",
        "document types",
    ),
    "a parameter entity": (
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://o.example/">%x;]><MPD/>',
        "document types",
    ),
    "a document type behind the root": (OPEN + b"</MPD><!DOCTYPE a>", "line 1: "),
    "an entity that nobody declared": (OPEN + b"&lol;</MPD>", "undeclared entity"),
    "UTF-16 with a mark": ("<MPD/>".encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": ("<MPD/>".encode("utf-16-be"), "UTF-16"),
    "UTF-32": ("<MPD/>".encode("utf-32"), "UTF-16 or UTF-32"),
    "UTF-16 hides a document type": (
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><MPD>&x;</MPD>".encode("utf-16"),
        "UTF-16",
    ),
    "EBCDIC": ("<?xml version='1.0' encoding='cp037'?><MPD/>".encode("cp037"), "nor UTF-8"),
    "Latin 1": ("<MPD a='é'/>".encode("latin-1"), "not UTF-8"),
    "declared as Latin 1": (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + OPEN + b"</MPD>",
        "'ISO-8859-1'",
    ),
    "declared as nothing": (b"<?xml version='1.0' encoding='\xff'?><MPD/>", "not UTF-8"),
    "declared as UTF-7": (
        b"<?xml version='1.0' encoding='UTF-7'?>+ADw-!DOCTYPE a+AD4-<MPD/>",
        "'UTF-7'",
    ),
}


@pytest.mark.parametrize(("body", "reason"), WRONG.values(), ids=WRONG)
def test_threats_14_and_15_what_is_no_mpd_is_refused_for_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(MpdSyntaxError) as caught:
        read_tree(body)
    assert reason in str(caught.value)


CANARY = b"https://sink.test/?token=canary"
UNREADABLE = {
    "ends in the middle": (OPEN + b"\n<BaseURL>" + CANARY, "line 2: "),
    "an entity that is not there": (OPEN + b"\n<BaseURL>" + CANARY + b"&canary=2", "line 2: "),
    "ends of others": (
        OPEN + b"<canary>\n</MPD>",
        "line 2: not well-formed XML (tag name mismatch)",
    ),
    "an attribute twice": (OPEN + b'<a canary="1" canary="2"/></MPD>', "attribute redefined"),
    "a prefix of nobody": (OPEN + b"<canary:a/></MPD>", "undefined namespace"),
    "no quotes": (OPEN + b"<a canary=" + CANARY + b"/></MPD>", "attribute not started"),
}


@pytest.mark.parametrize(("body", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_error_says_what_is_wrong_and_quotes_nothing_of_it(body: bytes, reason: str) -> None:
    """Threat 33: what cannot be read may be a signed URL."""
    with pytest.raises(MpdSyntaxError) as caught:
        read_tree(body)
    assert reason in str(caught.value)
    assert "canary" not in str(caught.value)


TOO_MUCH = {
    "bytes": (OPEN + b" " * (4 * 2**20) + b"</MPD>", "bytes"),
    "a million elements": (OPEN + b"<a/>" * 1_000_000 + b"</MPD>", "1000001 elements"),
    "elements": (OPEN + b"<a/>" * 150_000 + b"</MPD>", "150001 elements"),
    "ends of elements": (OPEN + b"</a>" * 150_001, "ends of elements"),
    "comments": (OPEN + b"<!---->" * 150_000 + b"</MPD>", "elements"),
    "attributes of an element": (
        OPEN + b"<a " + b" ".join(b'a%d=""' % i for i in range(257)) + b"/></MPD>",
        "more than 256 attributes",
    ),
    "short attributes of an element": (
        OPEN + b"<a" + b' a=""' * 257 + b"/></MPD>",
        "256 attributes",
    ),
    "attributes": (OPEN + b'<a a="" b="" c="" d=""/>' * 120_000 + b"</MPD>", "attributes"),
    "namespaces": (OPEN + b'<a xmlns="a"/>' * 20_000 + b"</MPD>", "namespace declarations"),
    "depth": (of_depth(65), "64 deep"),
}


@pytest.mark.parametrize(("body", "reason"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_threat_16_too_much_of_anything_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ManifestLimitError) as caught:
        read_tree(body)
    assert reason in str(caught.value)


def test_what_is_just_within_the_limits_is_read() -> None:
    attributes = b" ".join(b'a%d=""' % i for i in range(254))
    assert len(read_tree(OPEN + b"<a " + attributes + b"/></MPD>")[0].attrib) == 254
    assert read_tree(of_depth(64)).tag.endswith("MPD")
    assert len(read_tree(OPEN + b"<a/>" * 149_999 + b"</MPD>")) == 149_999


def test_the_limits_can_be_set() -> None:
    body = OPEN + b"<a/></MPD>"
    assert read_tree(body, Limits(bytes=len(body), elements=2, depth=2, attributes=1)) is not None
    for limits in (Limits(bytes=len(body) - 1), Limits(elements=1), Limits(depth=1)):
        with pytest.raises(ManifestLimitError):
            read_tree(body, limits)


def test_even_deeper_than_any_parser_goes_is_an_error() -> None:
    with pytest.raises(ManifestError):
        read_tree(of_depth(40_000))


PEAK = """
import resource, sys
from manifests.dash.reading.document import read_tree
from manifests.errors import ManifestLimitError
body = b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">' + b'<a/>' * 1_000_000 + b'</MPD>'
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_tree(body)
except ManifestLimitError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_threat_16_a_million_elements_are_refused_before_there_is_a_tree() -> None:
    # In a process of its own: the peak of this one may be anything. A tree takes over 100 MiB.
    ran = subprocess.run(
        [sys.executable, "-c", PEAK], capture_output=True, text=True, check=True, env=os.environ
    )
    assert int(ran.stdout) * (1 if sys.platform == "darwin" else 1024) < 16 * 2**20


@given(st.binary(max_size=300))
def test_h_12_any_bytes_are_a_tree_or_a_manifest_error(body: bytes) -> None:
    for document in (body, OPEN + body + b"</MPD>"):
        try:
            root = read_tree(document)
        except ManifestError:
            continue
        assert canonical(write_tree(root)) == canonical(document)


names = st.sampled_from(["Period", "{urn:x}a", "{urn:mpeg:dash:schema:mpd:2011}S", "{urn:y}Period"])
texts = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"
    ),
    max_size=8,
)


@st.composite
def trees(draw: st.DrawFn) -> etree._Element:
    root = etree.Element(f"{{{NAMESPACE}}}MPD", nsmap={None: NAMESPACE})
    elements = [root]
    for _ in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from(elements))
        kind = draw(st.integers(0, 5))
        if kind == 0:
            child = etree.Comment(draw(texts).replace("-", ""))
        elif kind == 1:
            child = etree.ProcessingInstruction("pi", draw(texts).replace("?", "").strip())
        else:
            child = etree.Element(draw(names), {draw(names): draw(texts)})
            child.text = draw(texts)
            elements.append(child)
        child.tail = draw(texts)
        parent.append(child)
    return root


@given(trees())
def test_b_07_any_tree_is_written_and_read_as_the_same(root: etree._Element) -> None:
    body = etree.tostring(root, encoding="UTF-8")
    assert canonical(write_tree(read_tree(body))) == canonical(body)
    assert canonical(write_tree(root)) == canonical(body)


def test_the_limits_have_room_for_long_timelines() -> None:
    line = b'<S t="123456789012" d="180000" r="1"/>\n'
    timeline = b"<SegmentTimeline>" + line * 65_000 + b"</SegmentTimeline>"
    assert len(OPEN + timeline) > 2_000_000
    assert len(read_tree(OPEN + timeline + b"</MPD>", DEFAULT_LIMITS)[0]) == 65_000
