import re
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # it has no type information

from packager.decisions.ads import (
    Ad,
    Category,
    Linear,
    MediaFile,
    Tracking,
    UniversalAdId,
    Vast,
    Wrapper,
)
from packager.decisions.vast import MAX_ADS, MAX_BYTES, MAX_DEPTH, MAX_URLS, VastError, read_vast
from packager.reasons import Reason

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "reference" / "samples" / "vast"
INTRO = "https://iab-publicfiles.s3.amazonaws.com/vast/VAST-4.0-Short-Intro"


def sample(name: str) -> Vast:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the shared VAST samples are not beside the checkout")
    return read_vast(path.read_bytes())


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


# --- The samples of the IAB -----------------------------------------------------------------------

# name: version, ad id, sequence, announced seconds (None: not linear), media files
LINEAR_SAMPLES = {
    "v2.0_Inline_LinearRegular.xml": ("2.0", "preroll-1", None, 30, 1),
    "v2.0_Inline_NonLinear.xml": ("2.0", "overlay-1", None, None, 0),
    "v3.0_Inline_Linear_Tag-test.xml": ("3.0", "20001", None, 16, 1),
    "v4.0_SSAI_stitching_VPAID_separation-test.xml": ("4.0", "20001", 1, 16, 2),
    "v4.0_SSAI_stitching_mezzanine_file_support-test.xml": ("4.0", "20001", 1, 16, 4),
    "v4.1_Audio_DAAST_Sample.xml": ("4.1", "20007", 1, 16, 3),
    "v4.2_Ad_Verification-test.xml": ("4.2", "20001", 1, 16, 3),
    "v4.2_Closed_Caption_Test.xml": ("4.2", "20001", 1, 16, 3),
    "v4.2_Event_Tracking-test.xml": ("4.2", "20001", None, 16, 3),
    "v4.2_Inline_Non-Linear_Tag-test.xml": ("4.2", "20005", 1, None, 0),
    "v4.2_Inline_Simple.xml": ("4.2", "20001", None, 16, 3),
    "v4.2_Ready_to_serve_Media_Files_check-test.xml": ("4.2", "20007", None, 16, 3),
    "v4.2_Universal_Ad_ID-multi-test.xml": ("4.2", "20011", None, 16, 3),
}
WRAPPER_SAMPLES = {"v3.0_Wrapper_Tag-test.xml": None, "v4.2_Wrapper_Tag-test.xml": 1}


def test_every_sample_of_the_iab_has_an_expectation() -> None:
    if not SAMPLES.exists():
        pytest.skip("the shared VAST samples are not beside the checkout")
    assert {path.name for path in SAMPLES.iterdir()} == {*LINEAR_SAMPLES, *WRAPPER_SAMPLES}


@pytest.mark.parametrize(("name", "expected"), LINEAR_SAMPLES.items(), ids=LINEAR_SAMPLES)
def test_inline_samples_are_read_d_01(
    name: str, expected: tuple[str, str, int | None, int | None, int]
) -> None:
    vast = sample(name)
    ad = only_ad(vast)
    files = ad.linear.media_files if ad.linear else ()
    seconds = ad.linear.duration if ad.linear else None
    assert (vast.version, ad.id, ad.sequence, seconds, len(files)) == expected
    assert vast.flaws == vast.errors == ()
    assert not vast.truncated


@pytest.mark.parametrize(("name", "sequence"), WRAPPER_SAMPLES.items(), ids=WRAPPER_SAMPLES)
def test_wrapper_samples_are_read_d_01(name: str, sequence: int | None) -> None:
    (wrapper,) = sample(name).ads
    assert isinstance(wrapper, Wrapper)
    assert wrapper.id == "20011"
    assert wrapper.sequence == sequence
    assert wrapper.ad_tag_url.endswith("%20Samples/Inline_Companion_Tag-test.xml")


def test_the_simple_sample_is_read_whole() -> None:
    assert only_ad(sample("v4.2_Inline_Simple.xml")) == Ad(
        id="20001",
        title="Inline Simple Ad",
        serving_id="a532d16d-4d7f-4440-bd29-2ec05553fc80",
        advertiser="IAB Sample Company",
        categories=(
            Category(
                "https://www.iabtechlab.com/categoryauthority", "AD CONTENT description category"
            ),
        ),
        creative_id="5480",
        creative_ad_id="2447226",
        universal_ad_ids=(UniversalAdId("Ad-ID", "8465"),),
        impressions=("https://example.com/track/impression",),
        error_urls=("https://example.com/error",),
        linear=Linear(
            duration=Decimal(16),
            media_files=tuple(
                MediaFile(
                    url=f"{INTRO}{suffix}.mp4",
                    type="video/mp4",
                    width=width,
                    height=height,
                    bitrate=bitrate,
                    codec="H.264",
                )
                for suffix, width, height, bitrate in (
                    ("", 1280, 720, 2000),
                    ("-mid-resolution", 854, 480, 1000),
                    ("-low-resolution", 640, 360, 600),
                )
            ),
            tracking=(
                Tracking("start", "https://example.com/tracking/start"),
                Tracking("progress", "http://example.com/tracking/progress-10", "00:00:10"),
                Tracking("firstQuartile", "https://example.com/tracking/firstQuartile"),
                Tracking("midpoint", "https://example.com/tracking/midpoint"),
                Tracking("thirdQuartile", "https://example.com/tracking/thirdQuartile"),
                Tracking("complete", "https://example.com/tracking/complete"),
            ),
            click_through="https://iabtechlab.com",
        ),
    )


def test_the_oldest_sample_has_white_space_trimmed_and_companions_left_out() -> None:
    ad = only_ad(sample("v2.0_Inline_LinearRegular.xml"))
    assert ad.impressions[0].startswith("http://b.scorecardresearch.com/b?C1=1&C2=6000003")
    assert ad.impressions[0].endswith("&rn=-103217130")
    assert ad.linear == Linear(
        duration=Decimal(30),
        media_files=(
            MediaFile(url=f"{INTRO}.mp4", type="video/mp4", width=600, height=396, bitrate=496),
        ),
        click_through="http://www.target.com",
    )


def test_all_universal_ad_ids_are_read_d_07() -> None:
    assert only_ad(sample("v4.2_Universal_Ad_ID-multi-test.xml")).universal_ad_ids == (
        UniversalAdId("Ad-ID", "8465"),
        UniversalAdId("FooId", "9999"),
        UniversalAdId("BarId", "ADSe9999"),
    )


def test_the_stitching_sample_has_a_mezzanine_beside_what_is_ready_d_08() -> None:
    files = only_linear(sample("v4.0_SSAI_stitching_mezzanine_file_support-test.xml")).media_files
    assert [file.mezzanine for file in files] == [False, False, False, True]
    assert {file.api_framework for file in files} == {""}


def test_the_audio_sample_says_that_it_is_audio() -> None:
    assert only_ad(sample("v4.1_Audio_DAAST_Sample.xml")).kind == "audio"


def test_extensions_are_kept_as_written() -> None:
    (extension,) = only_ad(sample("v4.2_Ad_Verification-test.xml")).extensions
    assert extension.type == "iab-Count"
    assert "total_available" in extension.xml
    assert etree.fromstring(extension.xml).get("type") == "iab-Count"


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
    if version == "2.0.1":
        with pytest.raises(VastError):
            read_vast(f'<VAST version="{version}"/>'.encode())
    else:
        assert read_vast(f'<VAST version="{version}"/>'.encode()).version == version


def test_an_answer_without_ads_has_the_urls_to_tell_d_01() -> None:
    body = b'<VAST version="3.0"><Error> http://a.test/e?c=[ERRORCODE] </Error><Error/></VAST>'
    assert read_vast(body) == Vast(version="3.0", errors=("http://a.test/e?c=[ERRORCODE]",))


# --- Ads ------------------------------------------------------------------------------------------


def test_an_ad_is_exactly_one_of_inline_and_wrapper_d_01() -> None:
    vast = read_vast(
        b"<VAST><Ad id='none'/><Ad id='both'><InLine/><Wrapper/></Ad>"
        b"<Ad id='nowhere'><Wrapper><VASTAdTagURI>ftp://a.test/</VASTAdTagURI></Wrapper></Ad>"
        b"<Ad id='good' sequence='2'><InLine/></Ad></VAST>"
    )
    assert vast.ads == (Ad(id="good", sequence=2),)
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
    assert only_ad(read_vast(inline(f"<Impression>{text}</Impression>"))).impressions == expected
    clicks = f"<VideoClicks><ClickThrough>{text}</ClickThrough></VideoClicks>"
    assert only_linear(read_vast(linear(clicks))).click_through == url
    files = f'<MediaFiles><MediaFile type="video/mp4">{text}</MediaFile></MediaFiles>'
    found = only_linear(read_vast(linear(files))).media_files
    assert tuple(file.url for file in found) == expected


def test_attributes_of_media_files_are_numbers_or_not_said_d_08() -> None:
    files = only_linear(
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
    ).media_files
    assert files == (
        MediaFile(
            url="http://a.test/1",
            type="video/mp4",
            delivery="streaming",
            bitrate=800,
            api_framework="VPAID",
        ),
        MediaFile(url="http://a.test/2", type=""),
        MediaFile(url="http://a.test/3", type="video/quicktime", height=2160, mezzanine=True),
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


def test_an_ad_has_a_limited_number_of_urls() -> None:
    url = "http://a.test/"
    pixels = f"<Impression>{url}</Impression><Error>{url}</Error>" * (MAX_URLS + 1)
    ad = only_ad(read_vast(inline(pixels)))
    assert len(ad.impressions) == len(ad.error_urls) == MAX_URLS
    events = f"<Tracking event='start'>{url}</Tracking>" * (MAX_URLS + 1)
    film = only_linear(read_vast(linear(f"<TrackingEvents>{events}</TrackingEvents>")))
    assert len(film.tracking) == MAX_URLS


DOCUMENT = linear(
    "<Duration>00:00:10</Duration><MediaFiles><MediaFile type='video/mp4' width='1'>"
    "http://a.test/</MediaFile></MediaFiles>"
)


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(DOCUMENT)), st.integers(0, 40))
def test_any_bytes_are_read_or_refused_h_12(noise: bytes, at: int, cut: int) -> None:
    with suppress(VastError):
        assert isinstance(read_vast(DOCUMENT[:at] + noise + DOCUMENT[at + cut :]), Vast)
