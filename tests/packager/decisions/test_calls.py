from dataclasses import replace

import pytest
from ad_requests import REQUEST

from packager.decisions.calls import ACCEPT, FORM_TYPE, CallTemplate
from packager.decisions.disclosure import Disclosed
from packager.decisions.templates import read_body, read_template

URL = read_template("http://ads.test/?key=canary-url&{ads}")
KEY = {"X-Key": "canary-key"}
TOLD = replace(REQUEST, viewer=Disclosed(address="8.8.4.4", user_agent="canary-agent"))
DEVICE = {"Accept": ACCEPT, "X-Device-IP": "8.8.4.4", "X-Device-User-Agent": "canary-agent"}


def test_a_call_asks_for_xml_and_says_for_whom_e_01() -> None:
    call = CallTemplate(url=URL).first(TOLD)
    assert call.url == "http://ads.test/?key=canary-url&age=30%2B&zone=a%26b%3Dc"
    assert call.headers == DEVICE
    assert (call.credentials, call.body, call.is_first) == ({}, None, True)


def test_the_older_header_is_sent_by_setting_only() -> None:
    call = CallTemplate(url=URL, forwarded_for=True).first(TOLD)
    assert call.headers == DEVICE | {"X-Forwarded-For": "8.8.4.4"}
    withheld = CallTemplate(url=URL, forwarded_for=True).first(REQUEST)
    assert withheld.headers == {"Accept": ACCEPT}


BODIES = {
    "a form": (KEY, KEY | {"Content-Type": FORM_TYPE}),
    "another type": ({"content-TYPE": "text/xml"}, {"content-TYPE": "text/xml"}),
}


@pytest.mark.parametrize(("headers", "sent"), BODIES.values(), ids=BODIES)
def test_a_body_is_posted_with_its_type(headers: dict[str, str], sent: dict[str, str]) -> None:
    template = CallTemplate(url=URL, body=read_body("{show}=ü", "percent"), headers=headers)
    call = template.first(TOLD)
    assert call.body == "news=ü".encode()
    assert call.credentials == sent


def test_a_wrappers_server_is_told_of_the_viewer_and_gets_no_key() -> None:
    template = CallTemplate(
        url=URL, body=read_body("x", "percent"), headers=KEY, forwarded_for=True
    )
    call = template.further("http://other.test/vast", TOLD)
    assert call.url == "http://other.test/vast"
    assert call.headers == DEVICE | {"X-Forwarded-For": "8.8.4.4"}
    assert (call.credentials, call.body, call.is_first) == ({}, None, False)


def test_a_call_does_not_show_in_a_log_threat_33() -> None:
    template = CallTemplate(url=URL, body=read_body("canary", "percent"), headers=KEY)
    for value in (template, template.first(TOLD), TOLD):
        assert "canary" not in repr(value)
