from decimal import Decimal

from dash_pasting import NS, URL
from lxml import etree

from manifests.dash.header import Header, PatchLocation, read_header
from manifests.dash.model import Mpd
from manifests.dash.profiles import spliced_profiles
from manifests.dash.reading.reader import read_mpd
from tests.mpd_schema import FOLDER, assert_valid

PERIOD = b'<Period id="1" start="PT0S"/>'
MPD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:q="urn:q" type="dynamic" q:a="&lt;b&gt;"
 profiles="urn:mpeg:dash:profile:cmaf:2019,urn:x:y" availabilityStartTime="2026-01-01T00:00:00Z"
 publishTime="2026-01-01T00:03:00Z" minBufferTime="PT4S" minimumUpdatePeriod="PT2S"
 maxSegmentDuration="PT4S">
  <ProgramInformation moreInformationURL="more.html">
   <Title>News &amp; more</Title></ProgramInformation>
  <BaseURL>c/</BaseURL>
  <Location>https://o.example/other.mpd</Location>
  <PatchLocation ttl="60">patch.mpp</PatchLocation>
  <ServiceDescription id="0"><Latency target="3500"/></ServiceDescription>
  <InitializationSet id="1" initialization="i.mp4" mimeType="video/mp4"/>
  <Period id="1" start="PT0S"/>
  <!-- between -->
  <Period id="2" start="PT9S"/>
  <EssentialProperty schemeIdUri="urn:mpeg:dash:fallback:2016" value="https://o.example/f.mpd"/>
  <SupplementalProperty schemeIdUri="urn:mpeg:dash:mpd-chaining:2016" value="next.mpd"/>
  <SupplementalProperty schemeIdUri="urn:own" value="kept"/>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/time https://t.example/now"/>
  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:ntp:2014" value="t.example"/>
  <q:unknown><!-- kept --></q:unknown>
</MPD>
<!-- end -->"""


def read(text: str = MPD) -> Mpd:
    return read_mpd(text.encode(), url=URL)


def rendered(header: Header, **more: object) -> bytes:
    values: dict[str, object] = {
        "location": "https://weft.example/x.mpd?a=1&b=2",
        "publish_time": Decimal("1767225999.5"),
        "duration": None,
        "max_segment_s": Decimal(5),
        "periods": [PERIOD],
    }
    text = b"".join(header.render(**(values | more)))  # type: ignore[arg-type]
    if FOLDER.is_dir():
        assert_valid(text)
    return text


def tree(text: bytes) -> etree._Element:
    return etree.fromstring(text)


def names(root: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in root.iterchildren("*")]


def test_what_leads_to_the_origin_is_gone_and_all_else_stays_in_order() -> None:
    root = tree(rendered(read_header(read(), spliced=True)))
    assert names(root) == [  # rules B-43, B-44, H-09
        "ProgramInformation",
        "Location",
        "ServiceDescription",
        "InitializationSet",
        "Period",
        "SupplementalProperty",
        "UTCTiming",
        "UTCTiming",
        "unknown",
    ]
    assert root.findtext(f"{NS}Location") == "https://weft.example/x.mpd?a=1&b=2"
    assert root.get("{urn:q}a") == "<b>"
    assert root.find(f"{NS}SupplementalProperty").get("value") == "kept"


def test_comments_around_the_root_and_its_attributes_stay_where_they_were() -> None:
    text = rendered(read_header(read(), spliced=True))
    assert text.index(b"<!-- made by hand -->") < text.index(b"<MPD")
    assert text.endswith(b"<!-- end -->")
    assert b"between" not in text
    attributes = list(tree(text).attrib)
    assert attributes == list(read().element.attrib)


def test_holes_are_filled_or_leave_nothing() -> None:
    header = read_header(read(), spliced=True)
    root = tree(rendered(header))
    assert root.get("publishTime") == "2026-01-01T00:06:39.5Z"
    assert root.get("maxSegmentDuration") == "PT5S"
    assert "mediaPresentationDuration" not in root.attrib
    empty = tree(
        rendered(header, location=None, publish_time=None, max_segment_s=None, duration=Decimal(7))
    )
    assert root.get("id") is None
    assert empty.get("mediaPresentationDuration") == "PT7S"
    assert not {"publishTime", "maxSegmentDuration", "id"} & set(empty.attrib)
    assert "Location" not in names(empty)


def test_an_mpd_has_an_id_where_patches_name_it() -> None:
    patch = PatchLocation("p.mpp?a&b", Decimal("60.0"))
    root = tree(rendered(read_header(read(), spliced=True), patch_location=patch))
    assert root.get("id") == "weft"
    assert names(root)[1:3] == ["Location", "PatchLocation"]
    assert root.find(f"{NS}PatchLocation").get("ttl") == "60"
    own = read(MPD.replace("<MPD ", '<MPD id="own" '))
    header = read_header(own, spliced=True)
    assert tree(rendered(header, patch_location=patch)).get("id") == "own"
    assert tree(rendered(header)).get("id") == "own"


def test_urls_are_absolute_and_initialization_sets_are_not_of_all_periods() -> None:
    root = tree(rendered(read_header(read(), spliced=True)))
    timings = [one.get("value") for one in root.findall(f"{NS}UTCTiming")]
    assert timings == ["https://o.example/time https://t.example/now", "t.example"]  # rule B-42
    one = root.find(f"{NS}InitializationSet")
    assert one.get("initialization") == "https://o.example/live/ch/c/i.mp4"
    assert one.get("inAllPeriods") == "false"  # rule B-24
    about = root.find(f"{NS}ProgramInformation")
    assert about.get("moreInformationURL") == "https://o.example/live/ch/more.html"
    plain = tree(rendered(read_header(read(), spliced=False)))
    assert plain.find(f"{NS}InitializationSet").get("inAllPeriods") is None
    assert plain.get("profiles") == "urn:mpeg:dash:profile:cmaf:2019,urn:x:y"


def test_profiles_are_true_of_all_periods() -> None:
    assert spliced_profiles("urn:mpeg:dash:profile:cmaf:2019, urn:x") == (
        "urn:mpeg:dash:profile:cmaf-extended:2019,urn:x"  # rule B-27
    )
    narrow = "urn:mpeg:dash:profile:isoff-on-demand:2011,urn:mpeg:dash:profile:mp2t-main:2011"
    assert spliced_profiles(narrow) == "urn:mpeg:dash:profile:full:2011"
    assert spliced_profiles("") == "urn:mpeg:dash:profile:full:2011"


def test_an_mpd_that_says_itself_what_marks_a_hole_is_no_other_mpd() -> None:
    odd = MPD.replace("<!-- between", "<?hole periods?><!-- between").replace(
        "<q:unknown>", '<?hole periods?><q:unknown publishTime="hole">'
    )
    text = rendered(read_header(read(odd), spliced=True))
    assert text.count(PERIOD) == 1
    assert b'<?hole periods?><q:unknown publishTime="hole">' in text


def test_steering_is_gone_wherever_it_stands() -> None:
    steered = MPD.replace("<Latency", "<q:ContentSteering/><Latency").replace(
        '<Period id="1"', '<q:ContentSteering>https://s.example</q:ContentSteering><Period id="1"'
    )
    assert b"ContentSteering" not in rendered(read_header(read(steered), spliced=True))  # B-45


def test_the_prefix_of_the_mpd_is_that_of_its_location() -> None:
    own = MPD.replace("xmlns=", "xmlns:m=")
    for name in ("ProgramInformation", "Title", "BaseURL", "Location", "PatchLocation", "Period"):
        own = own.replace(f"<{name}", f"<m:{name}").replace(f"</{name}", f"</m:{name}")
    for name in ("MPD", "ServiceDescription", "Latency", "InitializationSet", "UTCTiming"):
        own = own.replace(f"<{name}", f"<m:{name}").replace(f"</{name}", f"</m:{name}")
    for name in ("EssentialProperty", "SupplementalProperty"):
        own = own.replace(f"<{name}", f"<m:{name}")
    period = PERIOD.replace(b"<", b"<m:")
    text = rendered(read_header(read(own), spliced=True), periods=[period])
    assert b"<m:Location>https://weft.example/x.mpd?a=1&amp;b=2</m:Location>" in text
