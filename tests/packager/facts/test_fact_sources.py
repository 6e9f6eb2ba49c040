"""What browsers tell of facts in headers, and what the clock says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from packager.config.fact_settings import Fact
from packager.facts.said import take
from packager.facts.sources import TOLD, language, timed_by, told_by

LANGUAGES = {
    "the first": ("en, de", "en"),
    "the one that weighs most": ("en;q=0.5, de;q=0.9", "de"),
    "a region of it": ("de-AT", "de"),
    "the region itself": ("pt-BR,pt;q=0.9", "pt-BR"),
    "the next where the first is not offered": ("fr, sv;q=0.8, en;q=0.7", "en"),
    "any": ("fr, *;q=0.1", "en"),
    "in capitals": ("DE", "de"),
    "none": ("fr, sv", None),
    "one that is not wanted": ("de;q=0, fr", None),
    "nothing": ("", None),
    "not a header of that kind": ("<script>, en;q=x, d e", None),
    "too long": ("de" + "," * 600, None),
}


@pytest.mark.parametrize(("header", "best"), LANGUAGES.values(), ids=LANGUAGES)
def test_the_best_of_the_languages_on_offer_is_found(header: str, best: str | None) -> None:
    assert language(Headers({"accept-language": header}), ("en", "de", "pt-BR")) == best


DEVICES = {
    "a phone": ({"sec-ch-ua-mobile": "?1", "sec-ch-ua-platform": '"Android"'}, "phone"),
    "a tablet": ({"sec-ch-ua-mobile": "?0", "sec-ch-ua-platform": '"Android"'}, "tablet"),
    "a computer": ({"sec-ch-ua-mobile": "?0", "sec-ch-ua-platform": '"macOS"'}, "desktop"),
    "a television": ({"sec-ch-ua-form-factors": '"TV", "Desktop"'}, "tv"),
    "a form that says more": (
        {"sec-ch-ua-mobile": "?1", "sec-ch-ua-form-factors": '"Tablet"'},
        "tablet",
    ),
    "who says little": ({"sec-ch-ua-mobile": "?0"}, None),
    "who says nothing": ({}, None),
    "who says nonsense": ({"sec-ch-ua-mobile": "1", "sec-ch-ua-platform": "Android"}, None),
}


@pytest.mark.parametrize(("headers", "device"), DEVICES.values(), ids=DEVICES)
def test_a_device_is_told_by_hints(headers: dict[str, str], device: str | None) -> None:
    assert told_by("device", Headers(headers), ()) == device


@pytest.mark.parametrize(
    ("source", "header", "value", "told"),
    [
        ("mobile", "sec-ch-ua-mobile", "?1", "true"),
        ("platform", "sec-ch-ua-platform", '"Chrome OS"', "Chrome OS"),
        ("platform", "sec-ch-ua-platform", '"Unknown"', None),
        ("save_data", "save-data", "on", "true"),
        ("save_data", "save-data", "off", None),
        ("color_scheme", "sec-ch-prefers-color-scheme", '"dark"', "dark"),
        ("color_scheme", "sec-ch-prefers-color-scheme", "mauve", None),
        ("reduced_motion", "sec-ch-prefers-reduced-motion", '"reduce"', "true"),
        ("reduced_motion", "sec-ch-prefers-reduced-motion", "no-preference", "false"),
    ],
)
def test_hints_are_read(source: str, header: str, value: str, told: str | None) -> None:
    assert told_by(source, Headers({header: value}), ()) == told


@given(st.sampled_from(sorted(TOLD)), st.text(st.characters(max_codepoint=255), max_size=40))
def test_whatever_a_header_says_a_fact_is_one_of_its_values_or_not_known(
    source: str, value: str
) -> None:
    names = ("accept-language", "sec-ch-ua-mobile", "sec-ch-ua-platform", "save-data")
    names += ("sec-ch-prefers-color-scheme", "sec-ch-prefers-reduced-motion")
    raw = value.encode("latin-1")
    headers = Headers(raw=[(name.encode(), raw) for name in (*names, "sec-ch-ua-form-factors")])
    kind, of = TOLD[source].kind, ("Android", "en") if source in ("language", "platform") else ()
    fact = Fact(name="x", kind=kind, of=of, source=source)
    said = take({"x": fact}, (), headers, permits=lambda purpose: True)
    assert said.refused == ()
    for _, text in said.pairs:
        assert fact.values is not None
        assert fact.read(text) in fact.values


def test_what_is_said_elsewhere_counts_more_than_a_hint() -> None:
    fact = Fact(name="device", kind="string", source="device")
    headers = Headers({"sec-ch-ua-mobile": "?1"})
    said = take({"device": fact}, (("device", "tv"),), headers, permits=lambda purpose: True)
    assert said.pairs == (("device", "tv"),)


@pytest.mark.parametrize(
    ("source", "zone", "said"),
    [
        ("hour", "UTC", "23"),
        ("hour", "Europe/Berlin", "0"),
        ("weekday", "UTC", "sun"),
        ("weekday", "Europe/Berlin", "mon"),
        ("date", "America/New_York", "2026-11-22"),
        ("date", "Asia/Tokyo", "2026-11-23"),
    ],
)
def test_the_clock_says_what_it_is_in_a_zone(source: str, zone: str, said: str) -> None:
    assert timed_by(source, zone, datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == said


def test_nobody_says_what_the_clock_says() -> None:
    fact = Fact(name="hour", kind="int", source="hour")
    assert take({"hour": fact}, (("hour", "3"),), permits=lambda purpose: True).pairs == ()
    assert fact.values == tuple(range(24))


def test_a_list_of_texts_is_read_from_commas_and_bounded() -> None:
    fact = Fact(name="tags", kind="strings", of=("a", "b", "c"))
    assert fact.read(" b, a,b ,") == ("b", "a")
    assert fact.read("") == ()
    for bad in ("a,d", "a\nb", ",".join(map(str, range(40)))):
        assert not fact.can_be(bad)
    assert not Fact(name="tags", kind="strings", max_characters=3).can_be("ab,abcd")
