from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.breaks import AdBreak
from packager.decisions.request import (
    BreakPosition,
    DecisionRequest,
    read_template,
    request_macros,
)
from packager.packaging.ladder import Ladder

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
REQUEST = DecisionRequest(
    show="news",
    session="d1gest",
    ad_break=AdBreak(
        id="b/1", start=Decimal(9), out_at=Decimal(9), planned_end=Decimal(39), event_id="42"
    ),
    length=Fraction(59999, 2000),
    now=NOW,
    live=False,
    playhead=Decimal("3723.5"),
    params=(("age", "30+"), ("zone", "a&b=c")),
    ladder=Ladder(entries=()),
)

URLS = {
    "http://a.test?": "http://a.test?",
    "https://a.test:8443/vast?d={break.seconds}&sid={session.id}&{ads}":
        "https://a.test:8443/vast?d=29&sid=d1gest&age=30%2B&zone=a%26b%3Dc",
    "http://[::1]:9/{show}/{break.id}?e={break.event_id}": "http://[::1]:9/news/b%2F1?e=42",
    "http://a.test/{stream}?": "http://a.test/vod?",
    "http://a.test/?z={ads.zone}&y={ads.none}": "http://a.test/?z=a%26b%3Dc&y=",
    "http://a.test/[BREAKPOSITION]?{ads.age}[BREAKMAXDURATION]": "http://a.test/2?30%2B29",
}  # fmt: skip


@pytest.mark.parametrize(("template", "url"), URLS.items())
def test_a_template_is_filled_in(template: str, url: str) -> None:
    assert read_template(template).expand(REQUEST) == url


def test_an_unknown_length_is_said_so_d_55() -> None:
    ad_break = replace(REQUEST.ad_break, planned_end=None, event_id=None)
    unknown = replace(REQUEST, length=None, params=(), ad_break=ad_break)
    template = read_template(
        "http://a.test/?{break.seconds}&[BREAKMAXDURATION]&{ads}&{break.event_id}"
    )
    assert template.expand(unknown) == "http://a.test/?-1&-1&&"


REFUSED = {
    "unknown field": "http://a.test/?{session.token}",
    "empty field": "http://a.test/?{}",
    "parameter without name": "http://a.test/?{ads.}",
    "open brace": "http://a.test/?{ads",
    "closed brace": "http://a.test/?ads}",
    "braces in braces": "http://a.test/?{{ads}}",
    "viewer's word in the path": "http://a.test/{ads.zone}?x",
    "viewer's words in the path": "http://a.test/{ads}",
    "field in the host": "http://{show}.test/",
    "field behind the host": "http://a.test{show}/",
    "macro in the host": "http://[DOMAIN]/",
    "user": "http://user@a.test/",
    "no path": "http://a.test",
    "other scheme": "ftp://a.test/",
    "relative": "/vast?{ads}",
    "space": "http://a.test/ ?",
    "line break": "http://a.test/\n",
    "fragment": "http://a.test/#{ads}",
    "not ASCII": "http://a.test/é",
}


@pytest.mark.parametrize("template", REFUSED.values(), ids=REFUSED)
def test_a_template_that_cannot_be_right_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"URL|brace|not one of|only allowed"):
        read_template(template)


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_what_a_viewer_sends_stays_in_its_parameter(name: str, value: str) -> None:
    template = read_template("https://a.test/vast?x=1&{ads}&y=[IFA]")
    url = template.expand(replace(REQUEST, params=((name, value),)))
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == (
        "https", "a.test", "/vast", "",
    )  # fmt: skip
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    assert pairs == [("x", "1"), (name, value), ("y", "-1")]


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
    values = request_macros(replace(REQUEST, position=BreakPosition.PRE_ROLL))
    assert values["TIMESTAMP"] == "2026-01-02T03:04:05.678+00:00"
    assert len(str(values["CACHEBUSTING"])) == 8
    assert str(values["CACHEBUSTING"]).isdecimal()
    assert UUID(str(values["TRANSACTIONID"])).version == 4
    assert values["BREAKPOSITION"] == 1
    assert values["BREAKMAXDURATION"] == 29
    assert values["MEDIAPLAYHEAD"] == "01:02:03.500"
    assert "MEDIAPLAYHEAD" not in request_macros(replace(REQUEST, playhead=None))


def test_a_live_break_says_that_it_is_live() -> None:
    live = replace(REQUEST, live=True, playhead=None)
    url = read_template("http://a.test/{stream}?[MEDIAPLAYHEAD]").expand(live)
    assert url == "http://a.test/live?-1"


def test_what_identifies_a_viewer_is_withheld_d_20() -> None:
    url = "http://a.test/?[DEVICEIP],[DEVICEUA],[IFA],[LATLONG]"
    assert read_template(url).expand(REQUEST) == "http://a.test/?-2,-2,-1,-1"


def test_what_a_viewer_sent_does_not_show_in_a_log() -> None:
    assert "30+" not in repr(REQUEST)
