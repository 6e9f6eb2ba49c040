from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from ad_requests import REQUEST
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.disclosure import Disclosed
from packager.decisions.request import BreakPosition
from packager.decisions.templates import MAX_CHARACTERS, read_body, read_template

VIEWER = Disclosed(
    address="2001:db8::7",
    user_agent='Player/1 "x" \\ <y> {ads}',
    languages="de, en;q=0.5",
    site="https://page.example/",
)

URLS = {
    "http://a.test?": "http://a.test?",
    "https://a.test:8443/vast?d={break.seconds}&sid={session.id}&{ads}":
        "https://a.test:8443/vast?d=29&sid=d1gest&age=30%2B&zone=a%26b%3Dc",
    "http://[::1]:9/{show}/{break.id}?e={break.event_id}": "http://[::1]:9/news/b%2F1?e=42",
    "http://a.test/{stream}?": "http://a.test/vod?",
    "http://a.test/?z={ads.zone}&y={ads.none}": "http://a.test/?z=a%26b%3Dc&y=",
    "http://a.test/{break.position}?": "http://a.test/mid?",
    "http://a.test/?a={session.client_ip}&l={session.languages}&r={session.referer}":
        "http://a.test/?a=2001%3Adb8%3A%3A7&l=de%2C%20en%3Bq%3D0.5&r=https%3A%2F%2Fpage.example%2F",
    "http://a.test/?{session.user_agent}":
        "http://a.test/?Player%2F1%20%22x%22%20%5C%20%3Cy%3E%20%7Bads%7D",
    "http://a.test/?f={fact.club}&g={fact.none}": "http://a.test/?f=A%20%26%20B&g=",
    "http://a.test/[BREAKPOSITION]?{ads.age}[BREAKMAXDURATION]": "http://a.test/2?30%2B29",
}  # fmt: skip


@pytest.mark.parametrize(("template", "url"), URLS.items())
def test_a_template_is_filled_in(template: str, url: str) -> None:
    request = replace(REQUEST, viewer=VIEWER, facts=(("club", "A & B"),))
    assert read_template(template).expand(request) == url


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
    "viewer's address in the path": "http://a.test/{session.client_ip}?",
    "viewer's agent in the path": "http://a.test/{session.user_agent}",
    "fact in the path": "http://a.test/{fact.club}",
    "fact without name": "http://a.test/?{fact.}",
    "too long": "http://a.test/?" + "x" * MAX_CHARACTERS,
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
    with pytest.raises(ValueError, match=r"URL|brace|not one of|only allowed|characters"):
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


def test_a_live_break_says_that_it_is_live() -> None:
    live = replace(REQUEST, live=True, playhead=None)
    url = read_template("http://a.test/{stream}?[MEDIAPLAYHEAD]").expand(live)
    assert url == "http://a.test/live?-1"


def test_a_template_names_the_facts_that_it_asks_for() -> None:
    template = read_template("http://a.test/?{fact.club}&{ads.fact}&{fact.score}")
    assert template.facts == {"club", "score"}


def test_every_position_has_its_word() -> None:
    template = read_template("http://a.test/{break.position}?")
    words = [template.expand(replace(REQUEST, position=p)).split("/")[-1] for p in BreakPosition]
    assert words == ["pre?", "mid?", "post?"]


BODIES = {
    "form": ("d={break.seconds}&{ads}&ua={session.user_agent}",
             "d=29&age=30%2B&zone=a%26b%3Dc&ua=Player%2F1%20%22x%22%20%5C%20%3Cy%3E%20%7Bads%7D"),
    "macro": ("<vast r='[BREAKPOSITION]' x='[1]'/>", "<vast r='2' x='[1]'/>"),
    "braces of its own": ("{ } {} { ads} {{stream}}", "{ } {} { ads} {vod}"),
    "several lines": ("a\n{show}\n", "a\nnews\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "body"), BODIES.values(), ids=BODIES)
def test_a_body_is_filled_in(text: str, body: str) -> None:
    template = read_body(text, "percent")
    assert template.expand(replace(REQUEST, viewer=VIEWER)) == body


def test_a_body_in_json_holds_the_values_as_they_are() -> None:
    text = """{"imp": [{"d": {break.seconds}, "pos": "{break.position}"}], "ext": {},
               "ua": "{session.user_agent}", "params": {ads}, "age": "{ads.age}"}"""
    body = read_body(text, "json").expand(replace(REQUEST, viewer=VIEWER))
    assert orjson.loads(body) == {
        "imp": [{"d": 29, "pos": "mid"}],
        "ext": {},
        "ua": VIEWER.user_agent,
        "params": {"age": "30+", "zone": "a&b=c"},
        "age": "30+",
    }


@given(st.text(max_size=30))
def test_what_a_viewer_sends_stays_in_its_json_string(value: str) -> None:
    template = read_body('{"a": "{ads.x}", "b": {ads}, "c": 1}', "json")
    body = template.expand(replace(REQUEST, params=(("x", value),)))
    assert orjson.loads(body.encode(errors="replace")) == {"a": value, "b": {"x": value}, "c": 1}


@pytest.mark.parametrize("text", ["{session.token}", "{Ads} {adss}", "{ads.}", "x" * 25_001])
def test_a_body_that_cannot_be_right_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not one of|characters"):
        read_body(text, "percent")


def test_a_template_does_not_show_its_keys() -> None:
    assert "canary" not in repr(read_template("http://a.test/?key=canary&{ads}"))
