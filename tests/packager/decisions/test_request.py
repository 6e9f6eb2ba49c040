from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ad_requests import NOW, REQUEST

from packager.decisions.request import BreakPosition
from packager.decisions.templates import read_template


def test_the_same_request_makes_the_same_call_and_another_one_another_d_21() -> None:
    template = read_template("http://a.test/?[CACHEBUSTING]&[TRANSACTIONID]")
    url = template.expand(REQUEST)
    assert url == template.expand(replace(REQUEST))
    others = [
        replace(REQUEST, session="other"),
        replace(REQUEST, ad_break=replace(REQUEST.ad_break, id="other")),
        replace(REQUEST, now=NOW + timedelta(microseconds=1)),
        replace(REQUEST, show="other"),
    ]
    assert len({url, *(template.expand(other) for other in others)}) == 5


def test_macros_of_a_call_have_the_forms_of_the_standard_d_21_d_22() -> None:
    values = replace(REQUEST, position=BreakPosition.PRE_ROLL).macros
    assert values["TIMESTAMP"] == "2026-01-02T03:04:05.678+00:00"
    assert len(str(values["CACHEBUSTING"])) == 8
    assert str(values["CACHEBUSTING"]).isdecimal()
    assert UUID(str(values["TRANSACTIONID"])).version == 4
    assert values["BREAKPOSITION"] == 1
    assert values["BREAKMAXDURATION"] == 29
    assert values["SERVERSIDE"] == 1
    assert str(values["SERVERUA"]).startswith("Weft/")
    assert values["MEDIAPLAYHEAD"] == "01:02:03.500"
    assert "MEDIAPLAYHEAD" not in replace(REQUEST, playhead=None).macros


def test_what_a_viewer_sent_does_not_show_in_a_log() -> None:
    assert "30+" not in repr(REQUEST)


def test_blocked_categories_are_told_one_by_one_d_20() -> None:
    request = replace(REQUEST, blocked_categories=("IAB7-39", "a,b"))
    url = read_template("http://a.test/?[BLOCKEDADCATEGORIES]").expand(request)
    assert url == "http://a.test/?IAB7-39,a%2Cb"
    assert read_template("http://a.test/?[BLOCKEDADCATEGORIES]").expand(REQUEST).endswith("?-1")
