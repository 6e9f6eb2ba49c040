"""Every part of an ad, in the words of every version that has it, as the value that it becomes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.ad_record import read_pod, write_ads
from packager.decisions.ad_xml import MAX_MARKUP
from packager.decisions.ads import (
    Ad,
    CaptionFile,
    Category,
    Companion,
    FallbackImage,
    Icon,
    InteractiveFile,
    Link,
    NonLinear,
    Pricing,
    Resource,
    Survey,
    Tracking,
    Verification,
    VerificationResource,
    ViewableImpression,
    Wrapper,
)
from packager.decisions.pods import level_of
from packager.decisions.vast import read_vast


def ad_of(content: str, *, attributes: str = "", kind: str = "InLine") -> Ad:
    (ad,) = read_vast(
        f"<VAST version='4.3'><Ad {attributes}><{kind}>{content}</{kind}></Ad></VAST>".encode()
    ).ads
    if isinstance(ad, Wrapper):
        return ad.level
    assert isinstance(ad, Ad)
    return ad


def creative(content: str) -> str:
    return f"<Creatives><Creative>{content}</Creative></Creatives>"


def linear(content: str) -> str:
    return creative(f"<Linear>{content}</Linear>")


OF_AD: dict[str, tuple[str, str, Any]] = {
    "ad system": ("<AdSystem version=' 1.2 '> X </AdSystem>", "ad_system", "X"),
    "its version": ("<AdSystem version=' 1.2 '/>", "ad_system_version", "1.2"),
    "description": ("<Description><![CDATA[ a <b> ]]></Description>", "description", "a <b>"),
    "advertiser": ("<Advertiser id='7'>Acme</Advertiser>", "advertiser", "Acme"),
    "advertiser's id": ("<Advertiser id='7'>Acme</Advertiser>", "advertiser_id", "7"),
    "serving id": ("<AdServingId>S-1</AdServingId>", "serving_id", "S-1"),
    "pricing": ("<Pricing model='cpm' currency='USD'><![CDATA[ 25.00 ]]></Pricing>", "pricing",
                Pricing("25.00", "cpm", "USD")),
    "no pricing": ("<Pricing model='cpm'/>", "pricing", None),
    "survey": ("<Survey type='text/javascript'>http://s.test/</Survey>", "survey",
               Survey("http://s.test/", "text/javascript")),
    "survey that is no URL": ("<Survey>what?</Survey>", "survey", None),
    "expires": ("<Expires>3600</Expires>", "expires_s", 3600),
    "expires never": ("<Expires>-1</Expires>", "expires_s", None),
    "categories": ("<Category authority='A'>IAB1</Category><Category>x</Category><Category/>",
                   "categories", (Category("A", "IAB1"), Category("", "x"))),
    "blocked categories": (
        "<BlockedAdCategories authority='A'>IAB1, IAB2,,</BlockedAdCategories>",
        "blocked_categories", (Category("A", "IAB1"), Category("A", "IAB2"))),
    "impressions": ("<Impression id='i'>http://i.test/</Impression><Impression/>"
                    "<Impression>about:blank</Impression>", "impressions",
                    (Link("http://i.test/", "i"),)),
    "viewable impression": (
        "<ViewableImpression id='v'><Viewable>http://v.test/1</Viewable><Viewable>http://v.test/2"
        "</Viewable><NotViewable>http://v.test/3</NotViewable><ViewUndetermined>http://v.test/4"
        "</ViewUndetermined></ViewableImpression>", "viewable_impressions",
        (ViewableImpression(id="v", viewable=("http://v.test/1", "http://v.test/2"),
                            not_viewable=("http://v.test/3",), undetermined=("http://v.test/4",)),)),
    "JavaScript verification": (
        "<AdVerifications><Verification vendor='V'><JavaScriptResource apiFramework='omid'"
        " browserOptional='true'>http://o.test/o.js</JavaScriptResource><TrackingEvents>"
        "<Tracking event='verificationNotExecuted'>http://o.test/n?[REASON]</Tracking>"
        "</TrackingEvents><VerificationParameters><![CDATA[{\"k\": 1}]]></VerificationParameters>"
        "</Verification></AdVerifications>", "verifications",
        (Verification(
            vendor="V",
            resources=(VerificationResource(kind="javascript", url="http://o.test/o.js",
                                            api_framework="omid", browser_optional=True),),
            tracking=(Tracking("verificationNotExecuted", "http://o.test/n?[REASON]"),),
            parameters='{"k": 1}'),)),
    "executable verification": (
        "<AdVerifications><Verification><ExecutableResource apiFramework='x' type='y'>"
        "http://o.test/e</ExecutableResource></Verification></AdVerifications>", "verifications",
        (Verification(resources=(VerificationResource(
            kind="executable", url="http://o.test/e", api_framework="x", type="y"),)),)),
    "verification in the extension of VAST 2 and 3": (
        "<Extensions><Extension type='AdVerifications'><AdVerifications><Verification vendor='V'/>"
        "</AdVerifications></Extension></Extensions>", "verifications",
        (Verification(vendor="V"),)),
    "verification right in the extension": (
        "<Extensions><Extension type='adverifications'><Verification vendor='V'/></Extension>"
        "</Extensions>", "verifications", (Verification(vendor="V"),)),
    "verification in another extension": (
        "<Extensions><Extension type='other'><Verification vendor='V'/></Extension></Extensions>",
        "verifications", ()),
}  # fmt: skip


@pytest.mark.parametrize(("content", "name", "value"), OF_AD.values(), ids=OF_AD)
def test_what_an_ad_says_is_read_in_both_kinds_of_ad(content: str, name: str, value: Any) -> None:
    assert getattr(ad_of(content), name) == value
    target = "<VASTAdTagURI>http://w.test/</VASTAdTagURI>"
    assert getattr(ad_of(content + target, kind="Wrapper"), name) == value


OF_LINEAR: dict[str, tuple[str, str, Any]] = {
    "tracking": (
        "<TrackingEvents><Tracking event='start'>http://t.test/1</Tracking>"
        "<Tracking event='progress' offset='25%'>http://t.test/2</Tracking><Tracking>http://t.test/3</Tracking><Tracking"
        " event='mute'/></TrackingEvents>", "tracking",
        (Tracking("start", "http://t.test/1"), Tracking("progress", "http://t.test/2", "25%"))),
    "click through": (
        "<VideoClicks><ClickThrough>nowhere</ClickThrough><ClickThrough>http://c.test/"
        "</ClickThrough></VideoClicks>", "click_through", "http://c.test/"),
    "click tracking": (
        "<VideoClicks><ClickTracking id='a'>http://c.test/1</ClickTracking><ClickTracking>"
        "http://c.test/2</ClickTracking></VideoClicks>", "click_tracking",
        (Link("http://c.test/1", "a"), Link("http://c.test/2"))),
    "custom clicks": (
        "<VideoClicks><CustomClick id='a'>http://c.test/1</CustomClick></VideoClicks>",
        "custom_clicks", (Link("http://c.test/1", "a"),)),
    "captions": (
        "<MediaFiles><ClosedCaptionFiles><ClosedCaptionFile type='text/vtt' language='de'>"
        "http://m.test/c</ClosedCaptionFile><ClosedCaptionFile/></ClosedCaptionFiles></MediaFiles>",
        "captions", (CaptionFile(url="http://m.test/c", type="text/vtt", language="de"),)),
    "interactive file": (
        "<MediaFiles><InteractiveCreativeFile type='text/html' apiFramework='SIMID'"
        " variableDuration='1'>http://m.test/s</InteractiveCreativeFile></MediaFiles>",
        "interactive_files", (InteractiveFile(
            url="http://m.test/s", type="text/html", api_framework="SIMID",
            variable_duration=True),)),
    "parameters": ("<AdParameters xmlEncoded='false'><![CDATA[<x/>]]></AdParameters>",
                   "ad_parameters", "<x/>"),
    "icon": (
        "<Icons><Icon program='AdChoices' width='20' height='10' xPosition='right' yPosition='5'"
        " duration='00:00:10' offset='00:00:01.5' apiFramework='f' pxratio='2' altText='a'"
        " hoverText='h'><StaticResource creativeType='image/PNG'>http://n.test/i</StaticResource>"
        "<IconClicks><IconClickThrough>http://n.test/c</IconClickThrough><IconClickTracking id='t'>"
        "http://n.test/t</IconClickTracking><IconClickFallbackImages><IconClickFallbackImage"
        " width='300' height='200'><AltText>alt</AltText><StaticResource>http://n.test/f"
        "</StaticResource></IconClickFallbackImage></IconClickFallbackImages></IconClicks>"
        "<IconViewTracking>http://n.test/v</IconViewTracking></Icon></Icons>", "icons",
        (Icon(program="AdChoices", width=20, height=10, x="right", y="5", duration=Decimal(10),
              offset=Decimal("1.5"), api_framework="f", px_ratio="2", alt_text="a", hover_text="h",
              resources=(Resource("static", "http://n.test/i", "image/png"),),
              click_through="http://n.test/c", click_tracking=(Link("http://n.test/t", "t"),),
              view_tracking=("http://n.test/v",),
              fallback_images=(FallbackImage(url="http://n.test/f", width=300, height=200,
                                             alt_text="alt"),)),)),
}  # fmt: skip


@pytest.mark.parametrize(("content", "name", "value"), OF_LINEAR.values(), ids=OF_LINEAR)
def test_what_a_linear_creative_says_is_read_in_both_kinds_of_ad(
    content: str, name: str, value: Any
) -> None:
    target = "<VASTAdTagURI>http://w.test/</VASTAdTagURI>"
    for ad in (ad_of(linear(content)), ad_of(linear(content) + target, kind="Wrapper")):
        assert ad.linear is not None
        assert getattr(ad.linear, name) == value


def test_companions_are_read_with_what_is_required_of_their_level_d_15() -> None:
    (companion,) = ad_of(
        creative(
            "<CompanionAds required='any'><Companion id='c' width='300' height='250'"
            " assetWidth='1' assetHeight='2' expandedWidth='3' expandedHeight='4' adSlotId='s'"
            " apiFramework='f' pxratio='1.5' renderingMode='end-card'>"
            "<HTMLResource><![CDATA[<b>x</b>]]></HTMLResource>"
            "<IFrameResource>http://c.test/f</IFrameResource><AltText>alt</AltText>"
            "<AdParameters>p</AdParameters>"
            "<CompanionClickThrough>http://c.test/t</CompanionClickThrough>"
            "<CompanionClickTracking id='k'>http://c.test/k</CompanionClickTracking>"
            "<TrackingEvents><Tracking event='creativeView'>http://c.test/v</Tracking>"
            "</TrackingEvents></Companion></CompanionAds>"
        )
    ).companions
    assert companion == Companion(
        id="c",
        width=300,
        height=250,
        asset_width=1,
        asset_height=2,
        expanded_width=3,
        expanded_height=4,
        ad_slot_id="s",
        api_framework="f",
        px_ratio="1.5",
        rendering_mode="end-card",
        required="any",
        alt_text="alt",
        ad_parameters="p",
        resources=(Resource("html", "<b>x</b>"), Resource("iframe", "http://c.test/f")),
        click_through="http://c.test/t",
        click_tracking=(Link("http://c.test/k", "k"),),
        tracking=(Tracking("creativeView", "http://c.test/v"),),
    )


def test_overlays_are_read_and_tracked_together_d_10() -> None:
    ad = ad_of(
        creative(
            "<NonLinearAds><TrackingEvents><Tracking event='creativeView'>http://n.test/v"
            "</Tracking></TrackingEvents><NonLinear id='n' width='480' height='70'"
            " expandedWidth='500' expandedHeight='400' scalable='false' maintainAspectRatio='true'"
            " minSuggestedDuration='00:00:05' apiFramework='f'><AdParameters>p</AdParameters>"
            "<StaticResource creativeType='image/gif'>http://n.test/i</StaticResource>"
            "<NonLinearClickThrough>http://n.test/t</NonLinearClickThrough><NonLinearClickTracking>"
            "http://n.test/k</NonLinearClickTracking></NonLinear></NonLinearAds>"
        )
    )
    assert ad.linear is None
    assert ad.nonlinear_tracking == (Tracking("creativeView", "http://n.test/v"),)
    assert ad.nonlinears == (
        NonLinear(
            id="n",
            width=480,
            height=70,
            expanded_width=500,
            expanded_height=400,
            scalable=False,
            maintain_aspect_ratio=True,
            min_duration=Decimal(5),
            api_framework="f",
            ad_parameters="p",
            resources=(Resource("static", "http://n.test/i", "image/gif"),),
            click_through="http://n.test/t",
            click_tracking=(Link("http://n.test/k"),),
        ),
    )


def test_what_names_the_creative_is_that_of_the_film_or_else_of_the_overlay() -> None:
    overlay = "<Creative id='n' adId='N' sequence='4'><NonLinearAds/></Creative>"
    film = (
        "<Creative id='l' adId='L' sequence='2' apiFramework='f'><Linear/><CreativeExtensions>"
        "<CreativeExtension type='t'/></CreativeExtensions></Creative>"
    )
    companions = "<Creative id='c'><CompanionAds/></Creative>"
    for creatives, names in (
        (companions + overlay + film, ("l", "L", 2)),
        (companions + overlay, ("n", "N", 4)),
        (companions, ("c", "", None)),
        ("", ("", "", None)),
    ):
        ad = ad_of(f"<Creatives>{creatives}</Creatives>")
        assert (ad.creative_id, ad.creative_ad_id, ad.creative_sequence) == names
    ad = ad_of(f"<Creatives>{film}</Creatives>")
    assert ad.creative_api_framework == "f"
    assert [extension.type for extension in ad.creative_extensions] == ["t"]


def test_a_wrapper_may_say_of_a_film_in_several_creatives_what_it_wants() -> None:
    # VAST 2 wrappers often have one for tracking and one for clicks.
    content = (
        "<VASTAdTagURI>http://w.test/</VASTAdTagURI><Creatives><Creative><Linear><TrackingEvents>"
        "<Tracking event='start'>http://t.test/</Tracking></TrackingEvents></Linear></Creative>"
        "<Creative><Linear><VideoClicks><ClickTracking>http://c.test/</ClickTracking></VideoClicks>"
        "</Linear></Creative></Creatives>"
    )
    film = ad_of(content, kind="Wrapper").linear
    assert film is not None
    assert film.tracking == (Tracking("start", "http://t.test/"),)
    assert film.click_tracking == (Link("http://c.test/"),)


RULES = {
    "nothing is said": ("", (True, False, None)),
    "all is said": (
        "followAdditionalWrappers='false' allowMultipleAds='true' fallbackOnNoAd='true'",
        (False, True, True),
    ),
    "in digits": (
        "followAdditionalWrappers='1' allowMultipleAds='1' fallbackOnNoAd='0'",
        (True, True, False),
    ),
    "in capitals": ("followAdditionalWrappers='FALSE'", (False, False, None)),
    "in no language": ("followAdditionalWrappers='no' fallbackOnNoAd=''", (True, False, None)),
}


@pytest.mark.parametrize(("attributes", "rules"), RULES.values(), ids=RULES)
def test_the_rules_of_a_wrapper_have_defaults_d_03(
    attributes: str, rules: tuple[bool, bool, bool | None]
) -> None:
    (ad,) = read_vast(
        f"<VAST><Ad><Wrapper {attributes}><VASTAdTagURI/><VASTAdTagURI><![CDATA[ http://w.test/ ]]>"
        "</VASTAdTagURI></Wrapper></Ad></VAST>".encode()
    ).ads
    assert isinstance(ad, Wrapper)
    assert ad.ad_tag_url == "http://w.test/"
    assert (ad.follow_additional, ad.allow_multiple, ad.fallback) == rules


@pytest.mark.parametrize("name", ["skipoffset", "skipOffset"])
def test_an_ad_that_may_be_skipped_says_so_even_where_it_does_not_say_when_d_09(name: str) -> None:
    for value in ("00:00:05", ""):
        film = ad_of(creative(f"<Linear {name}='{value}'/>")).linear
        assert film is not None
        assert film.skip_offset == value


def test_markup_of_hostile_length_is_left_out_and_the_rest_is_kept() -> None:
    long = "x" * (MAX_MARKUP + 1)
    ad = ad_of(
        creative(
            f"<CompanionAds><Companion id='c'><HTMLResource>{long}</HTMLResource>"
            "<IFrameResource>http://c.test/</IFrameResource></Companion></CompanionAds>"
        )
    )
    assert ad.companions[0].resources == (Resource("iframe", "http://c.test/"),)


HOSTILE = "</x>\"'><script>alert(1)</script>&#10;#EXT-X-ENDLIST&#13;\u2028\u202e{$x}%0d%0a"


def test_hostile_texts_are_only_texts() -> None:
    text = HOSTILE.replace("<", "&lt;")
    ad = ad_of(f"<AdTitle>{text}</AdTitle><Category>{text}</Category>", attributes="id='&lt;b>'")
    assert ad.title.startswith('</x>"')
    assert ad.id == "<b>"
    assert ad_of(f"<Impression>http://i.test/{text}</Impression>").impressions == ()


_LIST = """
Ad InLine Wrapper Creatives Creative Linear NonLinearAds NonLinear CompanionAds Companion Icons Icon
MediaFiles MediaFile Mezzanine InteractiveCreativeFile ClosedCaptionFiles ClosedCaptionFile
TrackingEvents Tracking VideoClicks ClickThrough ClickTracking CustomClick Impression Error
AdVerifications Verification JavaScriptResource Extensions Extension UniversalAdId Pricing Survey
Category BlockedAdCategories ViewableImpression Viewable StaticResource HTMLResource IconClicks
IconClickFallbackImages IconClickFallbackImage VASTAdTagURI Duration Expires AdTitle Unknown
"""
NAMES = _LIST.split()
ATTRIBUTES = ("id", "sequence", "event", "offset", "width", "height", "duration", "skipoffset")
WORDS = st.sampled_from(
    ["", "1", "-1", "00:00:10", "25%", "http://a.test/", "https://[", "true", "x" * 2000, "é\u2028"]
)
PAIRS = st.dictionaries(st.sampled_from(ATTRIBUTES), WORDS, max_size=4)


@st.composite
def elements(draw: st.DrawFn, depth: int = 6) -> str:
    name = draw(st.sampled_from(NAMES))
    attributes = "".join(f" {key}='{value}'" for key, value in draw(PAIRS).items())
    inside = draw(WORDS)
    if depth:
        inside += "".join(draw(st.lists(elements(depth=depth - 1), max_size=2)))
    return f"<{name}{attributes}>{inside}</{name}>"


@settings(deadline=None, max_examples=60)
@given(st.lists(elements(depth=3), max_size=4), st.sampled_from(["InLine", "Wrapper"]))
def test_any_elements_anywhere_are_an_ad_or_a_failure_d_13(parts: list[str], kind: str) -> None:
    inside = "".join(parts)
    for body in (inside, f"<Ad><{kind}>{inside}</{kind}></Ad>", creative(inside)):
        vast = read_vast(f"<VAST version='4.2'>{body}</VAST>".encode())
        for ad in vast.ads:
            level = level_of(ad)
            (record,) = read_pod(write_ads([level])).ads
            assert record is not None
            assert record.impressions == level.impressions
