"""VMAP documents say when their breaks are and what fills them (D-40 to D-42)."""

import pytest
from lxml import etree

from loadtests.ads.dialects import NAMESPACE as VAST_NAMESPACE
from loadtests.ads.hostile import TEXTS
from loadtests.ads.server import AdServer
from loadtests.ads.vmap import NAMESPACE, OLD_NAMESPACE
from loadtests.ads.vmap_scenarios import OFFSETS, VMAP_SCENARIOS
from tests.vast_schema import complaint, needs_schemas

BASE = "http://ads.test"
NAMES = {"vmap": NAMESPACE, "vast": VAST_NAMESPACE}
NOT_VMAP = {"garbage", "html", "truncated", "bomb", "status", "vast"}


def body(name: str, **query: str) -> bytes:
    return AdServer().document("vmap", name, {**VMAP_SCENARIOS[name].query, **query}, BASE)


def breaks(name: str, **query: str) -> list[etree._Element]:
    return etree.fromstring(body(name, **query)).findall("vmap:AdBreak", NAMES)


def offsets(name: str, **query: str) -> list[str]:
    return [one.get("timeOffset") for one in breaks(name, **query)]


@pytest.mark.parametrize("name", sorted(VMAP_SCENARIOS.keys() - NOT_VMAP))
def test_documents_are_well_formed(name: str) -> None:
    document = etree.fromstring(body(name), etree.XMLParser(huge_tree=True))
    assert etree.QName(document).localname == "VMAP"
    assert document.get("version") == "1.0"
    assert len(body(name)) < 1 << 20  # a reader takes no more


@pytest.mark.parametrize("name", sorted(NOT_VMAP))
def test_what_is_no_vmap_is_none(name: str) -> None:
    try:
        document = etree.fromstring(body(name), etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError:
        return
    assert etree.QName(document).localname != "VMAP"


def test_breaks_are_where_they_were_asked_for() -> None:
    assert offsets("breaks") == OFFSETS.split(",")
    assert offsets("breaks", at="start,12%,#3") == ["start", "12%", "#3"]
    assert offsets("percent")[1] == "33.3%"
    assert offsets("numbered") == ["#1", "#2", "#5"]
    assert [one.get("breakId") for one in breaks("together")] == ["b1", "b2", "b3", "b4"]
    assert len(offsets("many")) == 1000
    assert offsets("empty") == []


def test_unreadable_offsets_stand_between_readable_ones() -> None:
    found = offsets("broken-offsets")
    assert {found[0], found[-1]} == {"start", "end"}
    assert {"", "150%", "-1%", "#0", "middle", "00:00:40"} < set(found)


def test_a_break_that_is_called_for_names_its_own_call() -> None:
    """D-41."""
    first, second = breaks("breaks", at="start,50%", sid="viewer 1", d="12")
    for one, name in ((first, "b1"), (second, "b2")):
        source = one.find("vmap:AdSource", NAMES)
        assert source.get("allowMultipleAds") == source.get("followRedirects") == "true"
        url = source.findtext("vmap:AdTagURI", None, NAMES).strip()
        assert url.startswith(f"{BASE}/vast/pod?")
        assert {"sid=viewer%201", f"break={name}", "d=12"} <= set(url.partition("?")[2].split("&"))


@needs_schemas
@pytest.mark.parametrize("version", ["3.0", "4.2"])
def test_a_break_may_have_its_ads_with_it(version: str) -> None:
    for one in breaks("inline", v=version):
        data = one.find("vmap:AdSource/vmap:VASTAdData", NAMES)
        (vast,) = data
        assert complaint(etree.tostring(vast), version) == ""
        beacon = vast.xpath("string(.//*[local-name()='Impression'])").strip()
        assert f"/{one.get('breakId')}/1-film10/inline/impression" in beacon


def test_breaks_may_be_filled_in_turn_or_not_at_all() -> None:
    kinds = [
        [etree.QName(child).localname for child in one.find("vmap:AdSource", NAMES)]
        for one in breaks("mixed")
    ]
    assert kinds == [["VASTAdData"], ["AdTagURI"]] * 3
    assert all(one.find("vmap:AdSource", NAMES) is None for one in breaks("tracked"))
    custom = breaks("custom")[0].find("vmap:AdSource/vmap:CustomAdData", NAMES)
    assert custom.get("templateType") == "proprietary"


def test_every_break_is_tracked() -> None:
    """D-42."""
    for one in breaks("tracked", sid="v"):
        tracked = {
            tracking.get("event"): tracking.text.strip()
            for tracking in one.findall("vmap:TrackingEvents/vmap:Tracking", NAMES)
        }
        name = one.get("breakId")
        assert set(tracked) == {"breakStart", "breakEnd", "error"}
        assert tracked["breakStart"].startswith(f"{BASE}/sink/ok/v/{name}/-/break/breakStart?")
        assert tracked["error"].endswith("?code=[ERRORCODE]")


def test_breaks_may_repeat_or_be_for_overlays() -> None:
    (one,) = breaks("repeat")
    assert one.get("repeatAfter") == "00:10:00"
    assert {one.get("breakType") for one in breaks("overlays")} == {"nonlinear,display"}


def test_namespaces_are_those_of_their_time() -> None:
    assert etree.fromstring(body("old-namespace")).tag == f"{{{OLD_NAMESPACE}}}VMAP"
    bare = etree.fromstring(body("no-namespace", fill="vast"))
    assert bare.find("AdBreak/AdSource/VASTAdData/{*}VAST/{*}Ad") is not None
    careless = etree.fromstring(body("default-namespace", fill="vast", ns="0"))
    assert careless.find(f".//{{{NAMESPACE}}}InLine") is not None  # it is not VMAP, and says so


def test_hostile_strings_are_in_texts_and_names() -> None:
    document = etree.fromstring(body("hostile"), etree.XMLParser(huge_tree=True))
    values = {value for one in document.iter(etree.Element) for value in one.attrib.values()}
    assert set(TEXTS) <= values | {one.text or "" for one in document.iter(etree.Element)}
    assert [one.get("timeOffset") for one in document] == OFFSETS.split(",")
