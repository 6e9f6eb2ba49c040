import re
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.ad_xml import MAX_BYTES, MAX_DEPTH, MAX_TEXT, MAX_URLS
from packager.decisions.ads import (
    Ad,
    Failure,
    InteractiveFile,
    Linear,
    MediaFile,
    UniversalAdId,
    Vast,
)
from packager.decisions.vast import MAX_ADS, VastError, read_vast
from packager.reasons import Reason


def only_ad(vast: Vast) -> Ad:
    (ad,) = vast.ads
    assert isinstance(ad, Ad)
    return ad


def only_linear(vast: Vast) -> Linear:
    linear = only_ad(vast).linear
    assert linear is not None
    return linear


def inline(content: str, *, ad: str = 'id="a"', root: str = 'version="4.2"') -> bytes:
    return f"<VAST {root}><Ad {ad}><InLine>{content}</InLine></Ad></VAST>".encode()


def linear(content: str, *, attributes: str = "") -> bytes:
    return inline(
        f"<Creatives><Creative><Linear {attributes}>{content}</Linear></Creative></Creatives>"
    )


# --- How XML may look -----------------------------------------------------------------------------

AD = '<Ad id="a"><InLine><AdTitle>Café</AdTitle></InLine></Ad>'
PLAIN = f'<VAST version="4.2">{AD}</VAST>'
SPELLINGS = {
    "plain": PLAIN.encode(),
    "default namespace": PLAIN.replace("<VAST", '<VAST xmlns="http://www.iab.com/VAST"').encode(),
    "prefixed namespace": re.sub("(</?)", r"\1v:", PLAIN)
    .replace("<v:VAST", '<v:VAST xmlns:v="http://www.iab.com/VAST"')
    .encode(),
    "byte order mark": f'\ufeff<?xml version="1.0" encoding="UTF-8"?>{PLAIN}'.encode(),
    "empty line before the declaration": f'\r\n \n<?xml version="1.0"?>{PLAIN}'.encode(),
    "UTF-8 that says that it is UTF-16": (
        f'<?xml version="1.0" encoding="utf-16" standalone="yes"?>{PLAIN}'.encode()
    ),
    "UTF-16": f'<?xml version="1.0" encoding="UTF-16"?>{PLAIN}'.encode("utf-16"),
    "Latin-1": f'<?xml version="1.0" encoding="ISO-8859-1"?>{PLAIN}'.encode("latin-1"),
    "CDATA and comments": '<VAST version=" 4.2 "><!-- x --><Ad id=" a "><?pi x?><InLine>'
    "<AdTitle>\n<![CDATA[ Ca]]><!-- x --><![CDATA[fé\t]]> </AdTitle></InLine></Ad></VAST>".encode(),
    "unknown elements": PLAIN.replace("<Ad ", "<New x='1'/><Ad ")
    .replace("<InLine>", "<InLine><New><AdTitle>No</AdTitle></New>")
    .encode(),
}


@pytest.mark.parametrize("body", SPELLINGS.values(), ids=SPELLINGS)
def test_the_same_ad_is_read_however_it_is_spelt_d_01(body: bytes) -> None:
    assert read_vast(body) == Vast(version="4.2", ads=(Ad(id="a", title="Café"),))


@pytest.mark.parametrize("version", ["2.0", "2.0.1", "3.0", "4", "4.3", ""])
def test_versions_2_to_4_are_read_d_01(version: str) -> None:
    assert read_vast(f'<VAST version="{version}"/>'.encode()).version == version


def test_an_answer_without_ads_has_the_urls_to_tell_d_01() -> None:
    body = b'<VAST version="3.0"><Error> http://a.test/e?c=[ERRORCODE] </Error><Error/></VAST>'
    assert read_vast(body) == Vast(version="3.0", errors=("http://a.test/e?c=[ERRORCODE]",))


# --- Ads ------------------------------------------------------------------------------------------


def test_an_ad_is_exactly_one_of_inline_and_wrapper_d_01() -> None:
    vast = read_vast(
        b"<VAST><Ad id='none'/><Ad id='both'><InLine><Error>http://a.test/e</Error></InLine>"
        b"<Wrapper/></Ad>"
        b"<Ad id='nowhere'><Wrapper><VASTAdTagURI>ftp://a.test/</VASTAdTagURI></Wrapper></Ad>"
        b"<Ad id='good' sequence='2'><InLine/></Ad></VAST>"
    )
    assert vast.ads[-1] == Ad(id="good", sequence=2)
    failures = [ad for ad in vast.ads if isinstance(ad, Failure)]
    assert [failure.ad.id for failure in failures] == ["none", "both", "nowhere"]
    assert {(failure.code, failure.reason) for failure in failures} == {(101, Reason.AD_MALFORMED)}
    assert failures[1].ad.error_urls == ("http://a.test/e",)
    assert [flaw.split()[-1] for flaw in vast.flaws] == ["'none'", "'both'", "'nowhere'"]


def test_what_is_said_of_a_flaw_is_one_short_line() -> None:
    name = "x&#10;" + "x" * 100_000
    (flaw,) = read_vast(f"<VAST><Ad id='{name}'/></VAST>".encode()).flaws
    assert len(flaw) <= 200
    assert flaw.isprintable()
    for body in (f"<{'x' * 100_000}/>", f"<VAST version='{name}'/>", f"<VAST><{'x' * 40_000}"):
        with pytest.raises(VastError) as caught:
            read_vast(body.encode())
        assert len(str(caught.value)) <= 200
        assert str(caught.value).isprintable()


UNREADABLE = {
    "ends in the middle": b"<VAST>\n<Error><![CDATA[http://sink.test/canary",
    "an entity that is not there": b"<VAST><Error>http://sink.test/?a=1&canary=2</Error></VAST>",
    "ends of others": b"<VAST><Impression-canary></Error></VAST>",
    "an attribute twice": b'<VAST canary="1" canary="2"/>',
    "a prefix of nobody": b"<canary:VAST/>",
    "words": b"canary",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_error_says_where_a_document_breaks_off_and_quotes_nothing_of_it(body: bytes) -> None:
    """Threat 33 and D-23: what cannot be read may be a beacon's URL, with a session in it."""
    with pytest.raises(VastError, match=r"line \d+, column \d+$") as caught:
        read_vast(body)
    assert "canary" not in str(caught.value)


def test_marks_of_ads_that_are_not_to_be_stitched_are_read_d_09_d_56() -> None:
    assert only_ad(read_vast(inline("", ad='conditionalAd="true"'))).conditional
    assert not only_ad(read_vast(inline("", ad='conditionalAd="false"'))).conditional
    assert only_linear(read_vast(linear("", attributes='skipoffset=" 25% "'))).skip_offset == "25%"
    assert only_linear(read_vast(linear(""))).skip_offset is None


DURATIONS = {
    "00:00:30": Decimal(30),
    " 01:02:03.250 ": Decimal("3723.250"),
    "00:00:00": Decimal(0),
    "": None,
    "30": None,
    "00:00:60": None,
    "00:61:00": None,
    "-0:00:10": None,
    "00:00:1e3": None,
    "00:00:٣٠": None,
    "NaN": None,
}


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items(), ids=repr)
def test_durations_are_exact_or_absent(text: str, seconds: Decimal | None) -> None:
    assert only_linear(read_vast(linear(f"<Duration>{text}</Duration>"))).duration == seconds


URLS = {
    " https://a.test/x?[CACHEBUSTING]&amp;é=1 ": "https://a.test/x?[CACHEBUSTING]&é=1",
    "HTTP://a.test": "HTTP://a.test",
    "about:blank": None,
    "": None,
    "myErrorUrl.com": None,
    "//a.test/x": None,
    "javascript:alert(1)": None,
    "file:///etc/passwd": None,
    "https://": None,
    "https://a.test/x y": None,
    "https://a.test/x\n#EXT-X-ENDLIST": None,
    "https://a.test/x\u2028y": None,
    "https://a.test/x&#x85;y": None,
    "https://a.test/x\u00a0y": None,
}


@pytest.mark.parametrize(("text", "url"), URLS.items(), ids=repr)
def test_only_absolute_web_urls_without_white_space_are_kept_d_06(
    text: str, url: str | None
) -> None:
    expected = (url,) if url else ()
    impressions = only_ad(read_vast(inline(f"<Impression>{text}</Impression>"))).impressions
    assert tuple(link.url for link in impressions) == expected
    clicks = f"<VideoClicks><ClickThrough>{text}</ClickThrough></VideoClicks>"
    assert only_linear(read_vast(linear(clicks))).click_through == url
    files = f'<MediaFiles><MediaFile type="video/mp4">{text}</MediaFile></MediaFiles>'
    found = only_linear(read_vast(linear(files))).media_files
    assert tuple(file.url for file in found) == expected


def test_attributes_of_media_files_are_numbers_or_not_said_d_08() -> None:
    film = only_linear(
        read_vast(
            linear(
                "<MediaFiles>"
                '<MediaFile type="Video/MP4; codecs=avc1" delivery="Streaming" width="1e3"'
                ' height="-1" bitrate="99999999999" maxBitrate="800" apiFramework="VPAID">http://a.test/1'
                "</MediaFile><MediaFile>http://a.test/2</MediaFile>"
                '<Mezzanine type="video/quicktime" height="2160">http://a.test/3</Mezzanine>'
                '<InteractiveCreativeFile apiFramework="SIMID">http://a.test/4'
                "</InteractiveCreativeFile></MediaFiles>"
            )
        )
    )
    assert film.media_files == (
        MediaFile(
            url="http://a.test/1",
            type="video/mp4",
            delivery="streaming",
            max_bitrate=800,
            api_framework="VPAID",
        ),
        MediaFile(url="http://a.test/2", type=""),
    )
    assert film.mezzanines == (
        MediaFile(url="http://a.test/3", type="video/quicktime", height=2160),
    )
    assert film.interactive_files == (
        InteractiveFile(url="http://a.test/4", api_framework="SIMID"),
    )


UNIVERSAL_AD_IDS = {
    "4.0 has an attribute": (
        '<Creatives><Creative><UniversalAdId idRegistry="R" idValue="V">x</UniversalAdId><Linear/>'
        "</Creative></Creatives>",
        (UniversalAdId("R", "V"),),
    ),
    "2 and 3 have an extension": (
        "<Creatives><Creative><Linear/></Creative></Creatives><Extensions><Extension><UniversalAdId"
        ' idRegistry="R">V</UniversalAdId></Extension></Extensions>',
        (UniversalAdId("R", "V"),),
    ),
    "unknown is no name": (
        '<Creatives><Creative><UniversalAdId idRegistry="unknown">unknown</UniversalAdId>'
        '<UniversalAdId idRegistry="R"/><Linear/></Creative></Creatives>',
        (),
    ),
}


@pytest.mark.parametrize(("content", "names"), UNIVERSAL_AD_IDS.values(), ids=UNIVERSAL_AD_IDS)
def test_universal_ad_ids_are_found_in_every_version_d_07(
    content: str, names: tuple[UniversalAdId, ...]
) -> None:
    assert only_ad(read_vast(inline(content))).universal_ad_ids == names


def test_the_first_linear_creative_is_the_ads_and_its_sequence_means_nothing_d_05() -> None:
    ad = only_ad(
        read_vast(
            inline(
                "<Expires>3600</Expires><Creatives><Creative id='c' sequence='1'><CompanionAds/>"
                "</Creative><Creative id='l1' AdID='x' sequence='3'><Linear><Duration>00:00:10"
                "</Duration></Linear></Creative><Creative id='l2' sequence='2'><Linear/></Creative>"
                "</Creatives>"
            )
        )
    )
    assert (ad.creative_id, ad.creative_ad_id, ad.expires_s) == ("l1", "x", 3600)
    assert ad.linear is not None
    assert ad.linear.duration == 10


# --- Limits and attacks (D-13, failures.md rows 13 and 14, threats 14 to 16) ---------------------

LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "ha">' for n in range(10)
)
REFUSED = {
    "empty": (b"", Reason.AD_UNPARSEABLE),
    "white space": (b" \n", Reason.AD_UNPARSEABLE),
    "garbage": (bytes(range(256)), Reason.AD_UNPARSEABLE),
    "JSON": (b'{"ads": []}', Reason.AD_UNPARSEABLE),
    "HTML": (b"<!DOCTYPE html><html><body>Sign in</body></html>", Reason.AD_UNPARSEABLE),
    "XHTML": (b"<html><body>Sign in</body></html>", Reason.AD_UNPARSEABLE),
    "version 1": (b"<VideoAdServingTemplate/>", Reason.AD_UNPARSEABLE),
    "version 5": (b'<VAST version="5.0"/>', Reason.AD_UNPARSEABLE),
    "version 40": (b'<VAST version="40"/>', Reason.AD_UNPARSEABLE),
    "truncated": (inline("<AdTitle>x</AdTitle>")[:-9], Reason.AD_UNPARSEABLE),
    "two roots": (b"<VAST/><VAST/>", Reason.AD_UNPARSEABLE),
    "control character": (inline("\x00"), Reason.AD_UNPARSEABLE),
    "unknown entity": (inline("&nbsp;"), Reason.AD_UNPARSEABLE),
    "doctype": (b'<!DOCTYPE VAST><VAST version="4.2"/>', Reason.AD_UNPARSEABLE),
    "external entity": (
        b'<!DOCTYPE VAST [<!ENTITY x SYSTEM "file:///etc/passwd">]><VAST><Ad id="a"><InLine>'
        b"<AdTitle>&x;</AdTitle></InLine></Ad></VAST>",
        Reason.AD_UNPARSEABLE,
    ),
    "parameter entity": (
        b'<!DOCTYPE VAST [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><VAST/>',
        Reason.AD_UNPARSEABLE,
    ),
    "external DTD": (
        b'<!DOCTYPE VAST SYSTEM "http://127.0.0.1:9/x.dtd"><VAST/>',
        Reason.AD_UNPARSEABLE,
    ),
    "external entity in UTF-16": (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE VAST [<!ENTITY x SYSTEM'
        ' "file:///etc/passwd">]><VAST>&x;</VAST>'.encode("utf-16"),
        Reason.AD_UNPARSEABLE,
    ),
    "billion laughs": (
        f"<!DOCTYPE VAST [{LAUGHS}]><VAST>&l9;</VAST>".encode(),
        Reason.AD_UNPARSEABLE,
    ),
    "billion laughs in an attribute": (
        f'<!DOCTYPE VAST [{LAUGHS}]><VAST version="&l9;"/>'.encode(),
        Reason.AD_UNPARSEABLE,
    ),
    "quadratic blow-up": (
        f'<!DOCTYPE VAST [<!ENTITY x "{"x" * 100_000}">]><VAST a="{"&x;" * 200_000}"/>'.encode(),
        Reason.AD_UNPARSEABLE,
    ),
    "too many bytes": (b"<VAST>" + b" " * MAX_BYTES + b"</VAST>", Reason.AD_OVERSIZE),
    "too many elements": (b"<VAST>" + b"<a/>" * 250_000 + b"</VAST>", Reason.AD_OVERSIZE),
    "too many attributes": (
        b"<VAST " + b" ".join(b'a%d=""' % n for n in range(80_000)) + b"></VASTx>",
        Reason.AD_UNPARSEABLE,
    ),
    "too deep": (
        b"<VAST>" + b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH + b"</VAST>",
        Reason.AD_OVERSIZE,
    ),
    "far too deep": (b"<VAST>" + b"<a>" * 300_000, Reason.AD_OVERSIZE),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_vast_or_too_much_is_refused_in_little_time_d_13(
    body: bytes, reason: Reason
) -> None:
    started = time.process_time()
    with pytest.raises(VastError) as caught:
        read_vast(body)
    assert caught.value.reason is reason
    assert time.process_time() - started < 1.0


def test_a_document_at_the_limits_is_read_d_13() -> None:
    deep = MAX_DEPTH - 1
    assert read_vast(b"<VAST>" + b"<a>" * deep + b"</a>" * deep + b"</VAST>") == Vast(version="")
    padding = MAX_BYTES - len(b"<VAST></VAST>")
    assert read_vast(b"<VAST>" + b" " * padding + b"</VAST>") == Vast(version="")


def test_html_in_a_creative_is_no_doctype() -> None:
    body = inline("<AdTitle><![CDATA[<!DOCTYPE html>]]></AdTitle>")
    assert only_ad(read_vast(body)).title == "<!DOCTYPE html>"


def test_ads_beyond_the_limit_are_left_out_and_said_so() -> None:
    many = "".join(f"<Ad id='{n}'><InLine/></Ad>" for n in range(MAX_ADS + 7))
    vast = read_vast(f"<VAST>{many}</VAST>".encode())
    assert [ad.id for ad in vast.ads] == [str(n) for n in range(MAX_ADS)]
    assert vast.truncated
    assert vast.flaws == ("7 ads after the first 50 were not read",)


def test_an_ad_has_a_limited_number_of_urls_and_what_bills_is_kept_first() -> None:
    url = "http://a.test/"
    pixels = f"<Impression>{url}</Impression><Error>{url}</Error>" * (MAX_URLS + 1)
    vast = read_vast(inline(pixels))
    assert (len(only_ad(vast).impressions), only_ad(vast).error_urls) == (MAX_URLS, ())
    assert vast.flaws == ("ad 'a' has more than is kept of one ad",)
    events = f"<Tracking event='start'>{url}</Tracking>" * (MAX_URLS + 1)
    film = only_linear(
        read_vast(
            linear(
                f"<MediaFiles><MediaFile>{url}</MediaFile></MediaFiles>"
                f"<TrackingEvents>{events}</TrackingEvents>"
            )
        )
    )
    assert (len(film.media_files), len(film.tracking)) == (1, MAX_URLS - 1)


def test_long_texts_are_cut_and_long_markup_is_left_out() -> None:
    long = "x" * 100_000
    ad = only_ad(
        read_vast(
            inline(
                f"<AdTitle>{long}</AdTitle><Impression>http://a.test/{long}</Impression>"
                f"<Extensions><Extension>{long}</Extension><Extension type='t'/></Extensions>"
                f"<Creatives><Creative id='{long}'><Linear><AdParameters>{long}</AdParameters>"
                "</Linear></Creative></Creatives>"
            )
        )
    )
    assert len(ad.title) == len(ad.creative_id) == MAX_TEXT
    assert ad.impressions == ()
    assert [extension.type for extension in ad.extensions] == ["t"]
    assert ad.linear is not None
    assert ad.linear.ad_parameters == ""


DOCUMENT = linear(
    "<Duration>00:00:10</Duration><TrackingEvents><Tracking event='progress' offset='25%'>"
    "http://a.test/</Tracking></TrackingEvents><Icons><Icon width='1'><IconClicks/></Icon></Icons>"
    "<MediaFiles><MediaFile type='video/mp4' width='1'>http://a.test/</MediaFile></MediaFiles>"
    "</Linear><CompanionAds><Companion><HTMLResource>x</HTMLResource></Companion></CompanionAds>"
    "<NonLinearAds><NonLinear minSuggestedDuration='00:00:05'/></NonLinearAds><Linear>",
    attributes="skipoffset='5%'",
)


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(DOCUMENT)), st.integers(0, 40))
def test_any_bytes_are_read_or_refused_h_12(noise: bytes, at: int, cut: int) -> None:
    with suppress(VastError):
        assert isinstance(read_vast(DOCUMENT[:at] + noise + DOCUMENT[at + cut :]), Vast)
