"""Documents are what their scenarios promise: valid where they should be, broken where not."""

import gzip
from decimal import Decimal

import pytest
from lxml import etree

from loadtests.ads.dialects import DIALECTS, NAMESPACE
from loadtests.ads.documents import Film
from loadtests.ads.hostile import TEXTS, URLS
from loadtests.ads.scenarios import SCENARIOS
from loadtests.ads.server import FILMS, AdServer
from tests.vast_schema import complaint, needs_schemas

BASE = "http://ads.test"
FLAWED = {  # what an element must have or be is missing, on purpose
    "mezzanine",
    "no-media",
    "no-type",
    "no-duration",
    "half-broken",
    "wrapper-no-url",
    "wrapper-and-inline",
    "hostile-everywhere",
    "version",
}
NOT_DOCUMENTS = {
    "status",
    "none",
    "blank",
    "redirect",
    "garbage",
    "html",
    "json",
    "truncated",
    "not-utf-8",
    "controls",
}
BOMBS = {"doctype", "parameter-entity", "bomb", "gzip-bomb", "wide", "deep", "attributes"}
VALID = sorted(SCENARIOS.keys() - FLAWED - NOT_DOCUMENTS - BOMBS - {"hostile", "utf-16", "latin-1"})


def body(name: str, **query: str) -> bytes:
    return AdServer().document("vast", name, {**SCENARIOS[name].query, **query}, BASE)


def root(name: str, **query: str) -> etree._Element:
    """The document without namespaces, so that paths are short."""
    return etree.fromstring(body(name, **{"ns": "0", **query}), etree.XMLParser(huge_tree=True))


def ids(document: etree._Element) -> list[str]:
    return [ad.get("id") for ad in document.findall("Ad")]


@needs_schemas
@pytest.mark.parametrize("name", VALID)
def test_documents_are_valid(name: str) -> None:
    assert complaint(body(name), "4.2") == ""


@needs_schemas
@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("full", {}),
        ("pod", {"n": "3"}),
        ("wrappers", {"full": "1", "depth": "2"}),
        ("wrapper-pod", {"fallback": "true", "follow": "false"}),
        ("nonlinear", {}),
        ("skippable", {}),
        ("mixed", {"full": "1"}),
        ("substituted", {}),
    ],
)
def test_every_dialect_is_valid(name: str, query: dict[str, str], version: str) -> None:
    document = body(name, v=version, **query)
    assert complaint(document, version) == ""
    assert etree.fromstring(document).get("version") == version


@needs_schemas
@pytest.mark.parametrize("name", sorted(FLAWED - {"version"}))
def test_flawed_documents_are_well_formed_and_not_valid(name: str) -> None:
    assert complaint(body(name), "4.2").startswith("line ")


@pytest.mark.parametrize("name", sorted(NOT_DOCUMENTS))
def test_what_is_no_document_cannot_be_parsed_as_one(name: str) -> None:
    with pytest.raises(etree.XMLSyntaxError):
        assert etree.fromstring(body(name)).tag != "html"


def test_only_the_fourth_version_has_a_namespace_and_only_unless_it_is_not_wanted() -> None:
    assert etree.fromstring(body("single")).tag == f"{{{NAMESPACE}}}VAST"
    assert etree.fromstring(body("single", ns="0")).tag == "VAST"
    assert etree.fromstring(body("single", v="3.0")).tag == "VAST"


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_old_dialects_have_names_and_verification_in_extensions(version: str) -> None:
    """D-07, D-11."""
    document = root("full", v=version)
    assert document.findtext(".//Extension[@type='UniversalAdId']/UniversalAdId") == "film10"
    assert document.find(".//Extension[@type='AdVerifications']/AdVerifications") is not None
    assert document.find(".//Creative").get("AdID") == "ad-film10"
    assert document.find(".//Creative//UniversalAdId") is None


def test_the_first_dialect_of_four_has_the_value_as_an_attribute() -> None:
    """D-07."""
    assert root("single", v="4.0").find(".//UniversalAdId").get("idValue") == "film10"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"d": "30"}, ["1-film10", "2-film15"]),
        ({"d": "32"}, ["1-film10", "2-film15", "3-film6"]),
        ({"d": "6"}, ["1-film6"]),
        ({"d": "5"}, []),
        ({"d": "-1"}, ["1-film10", "2-film15"]),
        ({"d": "NaN"}, ["1-film10", "2-film15"]),
        ({}, ["1-film10", "2-film15"]),
        ({"n": "0"}, []),
        ({"n": "x"}, ["1-film10"]),
        ({"n": "7"}, [f"{n}-film{s}" for n, s in enumerate((10, 15, 6, 20, 30, 10, 15), 1)]),
        ({"n": "1", "turn": "3"}, ["1-film20"]),
        ({"n": "1", "turn": "٣"}, ["1-film20"]),
        ({"n": "1", "turn": "²"}, ["1-film10"]),
    ],
)
def test_a_pod_has_the_ads_that_were_asked_for(query: dict[str, str], expected: list[str]) -> None:
    document = root("pod", **query)
    assert ids(document) == expected
    assert [ad.get("sequence") for ad in document.findall("Ad")] == [
        str(place) for place in range(1, len(expected) + 1)
    ]
    assert bool(expected) != bool(document.findall("Error"))


def test_viewers_get_different_films_and_each_its_own_again() -> None:
    found = [ids(root("single", turn="sid", sid=f"viewer{n}")) for n in range(20)]
    assert found == [ids(root("single", turn="sid", sid=f"viewer{n}")) for n in range(20)]
    assert len({one[0] for one in found}) == len(FILMS)


def test_every_beacon_says_whose_it_is() -> None:
    document = root("full", sid="viewer/1", **{"break": "b 7"}, sink="slow-2")
    urls = [
        element.text.strip()
        for element in document.iter("Tracking", "Impression", "Error", "ClickTracking", "Viewable")
    ]
    ours = [url for url in urls if url != "about:blank"]  # D-06
    assert len(ours) == len(urls) - 1
    assert len(set(ours)) == len(ours)  # a beacon that comes twice was sent twice
    prefix = f"{BASE}/sink/slow-2/viewer%2F1/b%207/1-film10/inline/"
    assert all(url.startswith(prefix) for url in ours)
    named = {url.removeprefix(prefix).partition("?")[0] for url in ours}
    quartiles = {"start", "firstQuartile", "midpoint", "thirdQuartile", "complete"}
    assert (
        quartiles | {"impression", "creativeView", "error", "progress-1", "clickTracking"} < named
    )
    assert "code=[ERRORCODE]" in document.findtext(".//Error")


def test_documents_of_two_sessions_differ_in_nothing_but_their_names() -> None:
    server = AdServer()

    def of(session: str) -> bytes:
        return server.document("vast", "pod", {"sid": session, "break": "b"}, BASE)

    assert of("one") != of("two")
    assert of("one").replace(b"/one/", b"/two/") == of("two")


def test_films_are_those_that_were_given() -> None:
    film = Film(id="own", seconds=Decimal("12.5"), url="https://media.test/own.mp4")
    document = etree.fromstring(AdServer([film]).document("vast", "single", {"ns": "0"}, BASE))
    assert document.findtext(".//MediaFile").strip() == "https://media.test/own.mp4"
    assert document.findtext(".//Duration") == "00:00:12.500"
    assert document.find(".//Advertiser") is None
    assert root("single").findtext(".//MediaFile").strip() == f"{BASE}/media/film10.mp4"


# Wrappers


def tag_url(document: etree._Element) -> str:
    text: str = document.findtext(".//VASTAdTagURI")
    return text.strip()


def followed(url: str) -> etree._Element:
    """The document that a wrapper names."""
    path, _, query = url.removeprefix(f"{BASE}/vast/").partition("?")
    pairs = dict(pair.split("=", 1) for pair in query.split("&"))
    return root(path, **pairs)


@pytest.mark.parametrize("depth", [1, 2, 6])
def test_a_chain_is_as_long_as_was_asked_and_ends_with_what_was_asked(depth: int) -> None:
    document = root("wrappers", depth=str(depth), then="pod", n="2", sid="v", **{"break": "b"})
    levels = []
    while document.find("Ad/Wrapper") is not None:
        levels.append(document.findtext(".//Impression").strip().split("/")[-2])
        document = followed(tag_url(document))
    assert levels == [f"wrapper{at}" for at in range(1, depth + 1)]
    assert ids(document) == ["1-film10", "2-film15"]
    assert "/sink/ok/v/b/1-film10/inline/" in document.findtext(".//Impression")


def test_a_loop_names_itself() -> None:
    """D-02."""
    first = root("loop", sid="v")
    assert tag_url(first) == tag_url(followed(tag_url(first)))


def test_an_endless_chain_never_names_a_url_twice() -> None:
    document = root("endless")
    seen = set()
    for _ in range(30):
        seen.add(tag_url(document))
        document = followed(tag_url(document))
    assert len(seen) == 30


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("wrapper-pod", "allowMultipleAds", "true"),
        ("wrapper-one", "allowMultipleAds", "false"),
        ("wrapper-last", "followAdditionalWrappers", "false"),
        ("wrapper-fallback", "fallbackOnNoAd", "true"),
        ("wrapper-no-fallback", "fallbackOnNoAd", "false"),
    ],
)
def test_wrappers_have_their_rules(name: str, attribute: str, value: str) -> None:
    """D-03."""
    assert root(name).find(".//Wrapper").attrib == {attribute: value}


def test_a_call_may_ask_for_other_rules() -> None:
    found = root("wrapper-pod", multiple="0", follow="1").find(".//Wrapper").attrib
    assert found == {"allowMultipleAds": "0", "followAdditionalWrappers": "1"}


@pytest.mark.parametrize(
    ("name", "host"),
    [("dead", "x.invalid"), ("closed", "127.0.0.1:65535"), ("private", "169.254.169.254")],
)
def test_wrappers_may_lead_elsewhere(name: str, host: str) -> None:
    assert tag_url(root(name)).startswith(f"http://{host}/")


def test_the_blocked_category_is_the_ads() -> None:
    """D-12."""
    document = root("wrapper-blocked")
    blocked = document.findtext(".//BlockedAdCategories")
    assert followed(tag_url(document)).findtext(".//Category") == blocked


def test_a_pod_may_mix_wrappers_and_ads() -> None:
    document = root("mixed")
    kinds = [ad[0].tag for ad in document.findall("Ad")]
    assert kinds == ["InLine", "Wrapper", "InLine", "Wrapper"]
    assert [ad.get("sequence") for ad in document.findall("Ad")] == ["1", "2", "3", "4"]
    second, fourth = (tag_url(ad) for ad in document.findall("Ad")[1::2])
    assert ids(followed(second)) == ["1-film15"]
    assert ids(followed(fourth)) == ["1-film20"]


def test_a_pod_may_have_a_substitute_for_what_fails() -> None:
    """D-05."""
    document = root("substituted")
    assert [ad.get("sequence") for ad in document.findall("Ad")] == ["1", "2", "3", None]
    assert followed(tag_url(document)).find("Ad") is None


# Kinds of ads


@pytest.mark.parametrize(
    ("name", "path"),
    {
        "conditional": "Ad[@conditionalAd='true']",
        "skippable": ".//Linear[@skipoffset='00:00:05']",
        "vpaid": ".//MediaFile[@apiFramework='VPAID']",
        "simid": ".//InteractiveCreativeFile[@apiFramework='SIMID']",
        "simid-only": ".//MediaFile[@apiFramework='SIMID']",
        "mezzanine": ".//MediaFiles/Mezzanine[@type='video/mp4']",
        "audio": "Ad[@adType='audio']//MediaFile[@type='audio/mpeg']",
        "streaming": ".//MediaFile[@delivery='streaming']",
        "nonlinear": ".//NonLinear[@minSuggestedDuration='00:00:05']",
    }.items(),
)
def test_ads_are_of_the_kind_that_was_asked_for(name: str, path: str) -> None:
    assert root(name).find(path) is not None


@pytest.mark.parametrize(
    ("name", "path"),
    {
        "mezzanine": ".//MediaFile",
        "nonlinear": ".//Linear",
        "no-media": ".//MediaFile",
        "no-duration": ".//Duration",
        "no-type": ".//MediaFile[@type]",
        "nothing": "*",
    }.items(),
)
def test_what_was_to_be_missing_is_missing(name: str, path: str) -> None:
    document = root(name)
    assert document.tag == "VAST"
    assert document.find(path) is None


def test_neighbours_compete() -> None:
    """D-56."""
    ads = root("competing").findall("Ad")
    assert [ad.findtext(".//Advertiser") for ad in ads] == ["Acme", "Acme", "Bolt", "Cord"]
    assert [ad.findtext(".//Category") for ad in ads] == ["cars", "food", "toys", "toys"]
    repeated = root("repeated")
    assert {one.text for one in repeated.iter("UniversalAdId")} == {"same"}
    assert len(ids(repeated)) == 3


def test_places_in_a_pod_may_be_out_of_order_or_taken() -> None:
    assert [ad.get("sequence") for ad in root("backwards").findall("Ad")] == ["3", "2", "1"]
    assert {ad.get("sequence") for ad in root("same-places").findall("Ad")} == {"1"}


# Hostile ones


@pytest.mark.parametrize("name", ["hostile", "hostile-everywhere"])
def test_every_hostile_string_is_there_and_the_document_is_small_enough_to_be_read(
    name: str,
) -> None:
    document = root(name)
    assert len(body(name)) < 1 << 20
    texts = {element.text or "" for element in document.iter(etree.Element)}
    values = {
        value for element in document.iter(etree.Element) for value in element.attrib.values()
    }
    assert set(URLS) <= texts
    assert set(TEXTS) <= texts
    assert set(TEXTS) <= values
    assert ids(document)[-1] == f"{len(URLS)}-film10"  # an honest one


def test_hostile_ads_can_still_be_read() -> None:
    document = root("hostile")
    assert [one.text for one in document.iter("Duration")] == ["00:00:10"] * (len(URLS) + 1)
    first = [ad.findtext(".//MediaFile") for ad in document.findall("Ad")][: len(URLS)]
    assert [text or "" for text in first] == list(URLS)


def test_an_attribute_of_a_megabyte_fits_into_a_document_that_is_read() -> None:
    found = body("huge-attribute")
    assert 1_000_000 < len(found) < 1 << 20


@pytest.mark.parametrize(("query", "size"), [({}, 2 << 20), ({"bytes": "50000"}, 50_000)])
def test_oversized_documents_are_well_formed_and_as_large_as_asked(
    query: dict[str, str], size: int
) -> None:
    found = body("oversized", **query)
    assert 0.98 * size < len(found) <= size  # the names of session and break come later
    assert len(etree.fromstring(found, etree.XMLParser(huge_tree=True)).getchildren()) == 2


def test_bombs_are_small_and_would_be_large() -> None:
    bomb = body("bomb")
    assert len(bomb) < 1000
    assert bomb.count(b"<!ENTITY") == 9
    packed = body("gzip-bomb")
    assert len(packed) < 100_000
    assert len(gzip.decompress(packed)) == 64 << 20


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("wide", {}, b"<a/>" * 200_000),
        ("deep", {"n": "50"}, b"<a>" * 50 + b"</a>" * 50),
        ("attributes", {"n": "70"}, b' a69="1"/>'),
        ("many", {}, b'id="150-film30"'),
        ("trackers", {}, b"start-4999"),
        ("doctype", {}, b'SYSTEM "file:///etc/passwd"'),
        ("parameter-entity", {}, b"%x;"),
    ],
)
def test_there_is_as_much_as_was_asked_for(name: str, query: dict[str, str], found: bytes) -> None:
    assert found in body(name, **query)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_say_what_they_are(encoding: str) -> None:
    document = etree.fromstring(body(encoding))
    assert ids(document) == ["1-film10", "2-film15"]
