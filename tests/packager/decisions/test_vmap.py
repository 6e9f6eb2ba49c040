from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.ad_xml import MAX_BYTES
from packager.decisions.ads import Ad, Tracking, Wrapper
from packager.decisions.vast_errors import ErrorCall
from packager.decisions.vmap import (
    MAX_BREAKS,
    AdSource,
    Offset,
    Vmap,
    VmapBreak,
    VmapCode,
    VmapError,
    read_offset,
    read_vmap,
)
from packager.decisions.vmap.breaks import MAX_TIMES
from packager.reasons import Reason

SPACES = {
    "1.0.1": " xmlns:vmap='http://www.iab.net/videosuite/vmap'",
    "1.0": " xmlns:vmap='http://www.iab.net/vmap-1.0'",
}


def document(content: str, *, space: str = SPACES["1.0.1"], version: str = "1.0") -> bytes:
    return f"<vmap:VMAP{space} version='{version}'>{content}</vmap:VMAP>".encode()


def ad_break(content: str = "", attributes: str = "timeOffset='start' breakType='linear'") -> str:
    return f"<vmap:AdBreak {attributes}>{content}</vmap:AdBreak>"


def only_break(content: str = "", attributes: str = "timeOffset='start'") -> VmapBreak:
    vmap = read_vmap(document(ad_break(content, attributes)))
    (one,) = vmap.breaks
    return one


WHOLE = ad_break(
    "<vmap:AdSource id='s' allowMultipleAds='false' followRedirects='false'>"
    "<vmap:AdTagURI templateType='VAST3'><![CDATA[ http://a.test/?x=1&y=[CACHEBUSTING] ]]>"
    "</vmap:AdTagURI></vmap:AdSource><vmap:TrackingEvents>"
    "<vmap:Tracking event='breakStart'>http://t.test/s</vmap:Tracking>"
    "<vmap:Tracking event='breakEnd'>http://t.test/e</vmap:Tracking>"
    "<vmap:Tracking event='error'>http://t.test/x?[ERRORCODE]</vmap:Tracking>"
    "</vmap:TrackingEvents><vmap:Extensions><vmap:Extension type='t'/></vmap:Extensions>",
    "timeOffset='00:10:00.500' breakType='linear,nonlinear' breakId='mid' repeatAfter='00:15:00'",
)


@pytest.mark.parametrize("spelling", ["1.0.1", "1.0", "none"])
def test_a_break_is_read_whole_in_every_namespace_d_40(spelling: str) -> None:
    body = document(WHOLE, space=SPACES.get(spelling, ""))
    if spelling == "none":
        body = body.replace(b"vmap:", b"")
    vmap = read_vmap(b"\xef\xbb\xbf\n" + body)
    (one,) = vmap.breaks
    (extension,) = one.extensions
    assert extension.type == "t"
    assert vmap == Vmap(
        version="1.0",
        breaks=(
            VmapBreak(
                offset=Offset("time", Decimal("600.500")),
                types=frozenset({"linear", "nonlinear"}),
                id="mid",
                repeat_after=Decimal(900),
                source=AdSource(
                    id="s",
                    allow_multiple=False,
                    follow_redirects=False,
                    tag_url="http://a.test/?x=1&y=[CACHEBUSTING]",
                    template_type="vast3",
                ),
                tracking=(
                    Tracking("breakStart", "http://t.test/s"),
                    Tracking("breakEnd", "http://t.test/e"),
                    Tracking("error", "http://t.test/x?[ERRORCODE]"),
                ),
                extensions=(extension,),
            ),
        ),
    )


OFFSETS = {
    "start": Offset("start"),
    "end": Offset("end"),
    "00:00:00": Offset("time", Decimal(0)),
    "01:02:03.004": Offset("time", Decimal("3723.004")),
    "0%": Offset("percent", Decimal(0)),
    "25%": Offset("percent", Decimal(25)),
    "33.5%": Offset("percent", Decimal("33.5")),
    "100%": Offset("percent", Decimal(100)),
    "101%": None,
    "-1%": None,
    "%": None,
    "1.%": None,
    "1.2.3%": None,
    "#1": Offset("position", Decimal(1)),
    "#12": Offset("position", Decimal(12)),
    "#0": None,
    "#": None,
    "#-1": None,
    "##1": None,
    "#1%": None,
    "Start": None,
    "60": None,
    "00:60:00": None,
    "": None,
    "٣%": None,
    "1e9%": None,
    "9" * 5000 + "%": None,
}


@pytest.mark.parametrize(("text", "offset"), OFFSETS.items(), ids=lambda value: str(value)[:20])
def test_offsets_are_exact_or_none_d_40(text: str, offset: Offset | None) -> None:
    assert read_offset(text) == offset


TIMES = {
    "start": ("timeOffset='start'", (0,)),
    "end": ("timeOffset='end'", (3600,)),
    "time": ("timeOffset='00:10:00'", (600,)),
    "at the very end": ("timeOffset='01:00:00'", (3600,)),
    "beyond the end": ("timeOffset='01:00:01'", ()),
    "percent": ("timeOffset='12.5%'", (450,)),
    "opportunity": ("timeOffset='#2'", ()),
    "repeated": ("timeOffset='00:10:00' repeatAfter='00:20:00'", (600, 1800, 3000)),
    "repeated up to the end": ("timeOffset='00:20:00' repeatAfter='00:20:00'", (1200, 2400, 3600)),
    "repeated at once": ("timeOffset='00:10:00' repeatAfter='00:00:00'", (600,)),
    "start is not repeated": ("timeOffset='start' repeatAfter='00:10:00'", (0,)),
    "end is not repeated": ("timeOffset='end' repeatAfter='00:10:00'", (3600,)),
    "repeated unreadably": ("timeOffset='00:10:00' repeatAfter='often'", (600,)),
}


@pytest.mark.parametrize(("attributes", "times"), TIMES.values(), ids=TIMES)
def test_a_break_is_at_times_of_the_content_d_40_d_43(
    attributes: str, times: tuple[int, ...]
) -> None:
    assert only_break(attributes=attributes).times(Decimal(3600)) == times


def test_a_break_is_not_repeated_without_end_d_13() -> None:
    one = only_break(attributes="timeOffset='00:00:00' repeatAfter='00:00:00.001'")
    assert len(one.times(Decimal(10**6))) == MAX_TIMES


SOURCES: dict[str, tuple[str, AdSource | None]] = {
    "none": ("", None),
    "URL": ("<vmap:AdSource><vmap:AdTagURI>http://a.test/</vmap:AdTagURI></vmap:AdSource>",
            AdSource(tag_url="http://a.test/")),
    "own data": ("<vmap:AdSource><vmap:CustomAdData templateType='own'>x</vmap:CustomAdData>"
                 "</vmap:AdSource>", AdSource(custom="x", custom_type="own")),
    "nothing in it": ("<vmap:AdSource/>", None),
    "no URL": ("<vmap:AdSource><vmap:AdTagURI>file:///x</vmap:AdTagURI></vmap:AdSource>", None),
}  # fmt: skip


@pytest.mark.parametrize(("content", "source"), SOURCES.values(), ids=SOURCES)
def test_a_break_has_its_ads_from_one_source_d_41(content: str, source: AdSource | None) -> None:
    assert only_break(content).source == source


VAST = "<VAST version='3.0'><Ad id='a'><InLine/></Ad></VAST>"
SPACED = VAST.replace("<VAST", "<VAST xmlns='http://www.iab.com/VAST'")
INSIDE = {
    "elements": f"<vmap:VASTAdData>{VAST}</vmap:VASTAdData>",
    "elements with a namespace": f"<vmap:VASTAdData>{SPACED}</vmap:VASTAdData>",
    "text": f"<vmap:VASTAdData><![CDATA[ {VAST} ]]></vmap:VASTAdData>",
    "text with a declaration": (
        f"<vmap:VASTAdData><![CDATA[\n<?xml version='1.0'?>{VAST}]]></vmap:VASTAdData>"
    ),
    "the name of a draft": f"<vmap:VASTData>{VAST}</vmap:VASTData>",
}


@pytest.mark.parametrize("data", INSIDE.values(), ids=INSIDE)
def test_vast_stands_in_the_document_as_elements_or_as_text_d_41(data: str) -> None:
    source = only_break(f"<vmap:AdSource>{data}</vmap:AdSource>").source
    assert source is not None
    assert source.vast is not None
    assert source.vast.ads == (Ad(id="a"),)


def test_a_wrapper_may_stand_in_the_document() -> None:
    data = "<VAST><Ad><Wrapper><VASTAdTagURI>http://w.test/</VASTAdTagURI></Wrapper></Ad></VAST>"
    source = only_break(
        f"<vmap:AdSource><vmap:VASTAdData>{data}</vmap:VASTAdData></vmap:AdSource>"
    ).source
    assert source is not None
    assert source.vast is not None
    assert isinstance(source.vast.ads[0], Wrapper)


ERROR = (
    "<vmap:TrackingEvents><vmap:Tracking event='error'>http://e.test/?[ERRORCODE]</vmap:Tracking>"
    "</vmap:TrackingEvents>"
)
BROKEN = {
    "no time": (ad_break(ERROR, "breakType='linear'"), 0, 1000),
    "unreadable time": (ad_break(ERROR, "timeOffset='soon'"), 0, 1000),
    "empty source": (ad_break("<vmap:AdSource/>" + ERROR), 1, 1000),
    "VAST that is none": (
        ad_break("<vmap:AdSource><vmap:VASTAdData><x/></vmap:VASTAdData></vmap:AdSource>" + ERROR),
        1,
        1006,
    ),
    "VAST that is no XML": (
        ad_break("<vmap:AdSource><vmap:VASTAdData>x</vmap:VASTAdData></vmap:AdSource>" + ERROR),
        1,
        1006,
    ),
}


@pytest.mark.parametrize(("broken", "kept", "code"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_takes_only_its_break_and_its_servers_are_told_d_42(
    broken: str, kept: int, code: int
) -> None:
    vmap = read_vmap(document(broken + ad_break("", "timeOffset='end' breakId='good'")))
    assert len(vmap.breaks) == kept + 1
    assert vmap.breaks[-1].id == "good"
    assert vmap.errors == (ErrorCall(f"http://e.test/?{code}", code),)
    assert len(vmap.flaws) == 1


def test_what_a_break_fires_it_fires_once_d_42() -> None:
    tracking = "".join(
        f"<vmap:Tracking event='{event}'>http://t.test/{event}</vmap:Tracking>"
        for event in ("breakStart", "breakStart", "breakEnd", "error")
    )
    one = only_break(f"<vmap:TrackingEvents>{tracking}</vmap:TrackingEvents>")
    assert one.urls("breakStart") == ("http://t.test/breakStart",)
    assert one.urls("breakEnd") == ("http://t.test/breakEnd",)
    assert one.errors(VmapCode.AD_RESPONSE_TIMEOUT) == (ErrorCall("http://t.test/error", 1007),)


TYPES = {
    "breakType='linear'": {"linear"},
    "breakType=' Linear , display'": {"linear", "display"},
    "breakType='nonlinear'": {"nonlinear"},
    "breakType='hologram'": set(),
    "": {"linear"},
}


@pytest.mark.parametrize(("attribute", "types"), TYPES.items(), ids=TYPES)
def test_the_types_of_a_break_are_those_that_are_known_d_40(
    attribute: str, types: set[str]
) -> None:
    assert only_break(attributes=f"timeOffset='start' {attribute}").types == types


def test_breaks_keep_their_order_and_have_a_limit_d_13_d_43() -> None:
    breaks = "".join(
        ad_break("", f"timeOffset='start' breakId='{n}'") for n in range(MAX_BREAKS + 3)
    )
    vmap = read_vmap(document(breaks))
    assert [one.id for one in vmap.breaks] == [str(n) for n in range(MAX_BREAKS)]
    assert vmap.truncated
    assert vmap.flaws == ("3 breaks after the first 100",)


REFUSED = {
    "empty": (b"", 1002, Reason.AD_UNPARSEABLE),
    "cut off": (document("")[:-1], 1002, Reason.AD_UNPARSEABLE),
    "DOCTYPE": (b"<!DOCTYPE VMAP>" + document(""), 1002, Reason.AD_UNPARSEABLE),
    "VAST": (VAST.encode(), 1000, Reason.AD_UNPARSEABLE),
    "version 2": (document("", version="2.0"), 1001, Reason.AD_UNPARSEABLE),
    "too large": (document(" " * MAX_BYTES), 1002, Reason.AD_OVERSIZE),
    "too many elements": (document("<a/>" * 60_000), 1002, Reason.AD_OVERSIZE),
}


@pytest.mark.parametrize(("body", "code", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_vmap_or_too_much_is_refused_d_13(
    body: bytes, code: int, reason: Reason
) -> None:
    with pytest.raises(VmapError) as caught:
        read_vmap(body)
    assert (caught.value.code, caught.value.reason) == (code, reason)


def test_a_document_without_breaks_is_one() -> None:
    assert read_vmap(document("")) == Vmap(version="1.0")


DOCUMENT = document(WHOLE)


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(DOCUMENT)), st.integers(0, 40))
def test_any_bytes_are_read_or_refused_h_12(noise: bytes, at: int, cut: int) -> None:
    with suppress(VmapError):
        assert isinstance(read_vmap(DOCUMENT[:at] + noise + DOCUMENT[at + cut :]), Vmap)
