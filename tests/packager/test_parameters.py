import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.parameters import (
    MAX_BODY_BYTES,
    MAX_BYTES_OF_STRING,
    MAX_QUERY_CHARACTERS,
    ParameterError,
    Parameters,
    read_body,
    read_changes,
    read_query,
)
from packager.reasons import Reason

FACTS = frozenset({"theme", "minutes"})

QUERIES = {
    "nothing": ("", Parameters()),
    "ads without their prefix, sorted": (
        "ads.zone=7&ads.age=20-30",
        Parameters(ads=(("age", "20-30"), ("zone", "7"))),
    ),
    "manifest in both spellings": (
        "manifest.start=a&manifestParams.end=b",
        Parameters(manifest=(("end", "b"), ("start", "a"))),
    ),
    "player": ("playerParams.os=tv", Parameters(player=(("os", "tv"),))),
    "facts by name": (
        "theme=dark&minutes=5",
        Parameters(facts=(("minutes", "5"), ("theme", "dark"))),
    ),
    "unknown ones are dropped": ("utm=1&a[]=2&sid=admin1&origin=http://10.0.0.1/", Parameters()),
    "reporting": ("aws.reportingMode=client", Parameters(reporting="client")),
    "signalling": ("aws.adSignalingEnabled=true", Parameters(signalling=True)),
    "guided": ("aws.insertionMode=GUIDED", Parameters(guided=True)),
    "stitched": ("aws.insertionMode=STITCHED", Parameters()),
    "no signalling": ("aws.adSignalingEnabled=false", Parameters(signalling=False)),
    "an empty value": ("ads.x=", Parameters(ads=(("x", ""),))),
    "decoded once": ("ads.q=a%253Db%26c+d", Parameters(ads=(("q", "a%3Db&c d"),))),
    "letters and marks of any script": (
        "ads.city=K%C3%B6ln&ads.name=%E0%A4%B9%E0%A4%BF%E0%A4%A8",
        Parameters(ads=(("city", "Köln"), ("name", "हिन"))),
    ),
    "the most that fits": (
        "&".join(f"ads.k{n:02}={'v' * 125}" for n in range(32)),
        Parameters(ads=tuple((f"k{n:02}", "v" * 125) for n in range(32))),
    ),
}

REFUSED_QUERIES = {
    "neither signalling nor none": "aws.adSignalingEnabled=1",
    "an insertion mode that is none": "aws.insertionMode=BOTH",
    "too many": "&".join(f"ads.k{n}=v" for n in range(33)),
    "too many of several groups": "&".join(f"ads.k{n}=v&manifest.k{n}=v" for n in range(17)),
    "too many fields to look at": "x=1&" * 300,
    "too much in all": "&".join(f"ads.k{n:02}={'v' * 126}" for n in range(32)),
    "a long name": f"ads.{'k' * 257}=v",
    "a long value": f"ads.k={'v' * 257}",
    "a value long in bytes only": f"ads.k={'%C3%B6' * 129}",
    "given twice": "ads.k=1&ads.k=2",
    "given in two spellings": "manifest.k=1&manifestParams.k=2",
    "an empty name": "ads.=1",
    "brackets in a name": "ads.a[]=1",
    "a line break": "ads.k=a%0D%0ASet-Cookie:x",
    "a line separator": "ads.k=%E2%80%A8",
    "an escape": "ads.k=%1b[2J",
    "a quote": "ads.k=%22",
    "a tag": "ads.k=%3Cimg",
    "a template": "ads.k={session.id}",
    "a backslash": "ads.k=%5C",
    "right to left override": "ads.k=%E2%80%AE",
    "broken UTF-8": "ads.k=%ff",
    "an unknown reporting mode": "aws.reportingMode=both",
}


@pytest.mark.parametrize(("query", "parameters"), QUERIES.values(), ids=QUERIES)
def test_a_query_is_read_into_its_groups(query: str, parameters: Parameters) -> None:
    assert read_query(query, FACTS) == parameters


@pytest.mark.parametrize("query", REFUSED_QUERIES.values(), ids=REFUSED_QUERIES)
def test_a_query_outside_the_limits_is_refused(query: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read_query(query, FACTS)
    assert caught.value.reason is Reason.PARAMETERS_INVALID
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 100


def test_consent_strings_are_long() -> None:
    string, strings = "C" * MAX_BYTES_OF_STRING, ("tc",)
    expected = Parameters(ads=(("tc", string),))
    assert read_query(f"ads.tc={string}", FACTS, strings) == expected
    body = orjson.dumps({"adsParams": {"tc": string}, "reportingMode": "server"})
    assert read_body(body, FACTS, strings) == expected
    for query in (f"ads.tc={string}C", f"ads.other={string}", f"manifest.tc={string}"):
        with pytest.raises(ParameterError):
            read_query(query, FACTS, strings)
    with pytest.raises(ParameterError):  # all bounds else hold
        read_query(f"ads.tc={string}&ads.gpp={string}", FACTS, ("tc", "gpp"))


def test_a_very_long_query_or_body_is_refused_unread() -> None:
    with pytest.raises(ParameterError) as of_query:
        read_query("x" * (MAX_QUERY_CHARACTERS + 1), FACTS)
    with pytest.raises(ParameterError) as of_body:
        read_body(b"x" * (MAX_BODY_BYTES + 1), FACTS)
    assert of_query.value.reason is of_body.value.reason is Reason.REQUEST_TOO_LARGE


BODIES = {
    "signalling as MediaTailor has it": (
        b'{"adSignaling": {"enabled": "true"}}',
        Parameters(reporting="client", signalling=True),
    ),
    "signalling as a boolean": (
        b'{"adSignaling": {"enabled": false}}',
        Parameters(reporting="client", signalling=False),
    ),
    "guided": (
        b'{"insertionMode": "GUIDED"}',
        Parameters(reporting="client", guided=True),
    ),
    "signalling left open": (b'{"adSignaling": {}}', Parameters(reporting="client")),
    "empty": (b"", Parameters(reporting="client")),
    "every group": (
        orjson.dumps(
            {
                "adsParams": {"zone": "7"},
                "manifestParams": {"start": "a"},
                "playerParams": {"os": "tv"},
                "facts": {"theme": "dark", "unknown": [1]},
                "reportingMode": "server",
                "insertionMode": "STITCHED",
            }
        ),
        Parameters(
            ads=(("zone", "7"),),
            manifest=(("start", "a"),),
            player=(("os", "tv"),),
            facts=(("theme", "dark"),),
        ),
    ),
    "scalars as in a query": (
        b'{"adsParams": {"a": 5, "b": true, "c": 1.5}, "manifestParams": null}',
        Parameters(ads=(("a", "5"), ("b", "true"), ("c", "1.5")), reporting="client"),
    ),
}

REFUSED_BODIES = {
    "an insertion mode that is none": b'{"insertionMode": "guided"}',
    "signalling that is no object": b'{"adSignaling": true}',
    "signalling of another type": b'{"adSignaling": {"enabled": ["true"]}}',
    "not JSON": b"adsParams=1",
    "not an object": b"[]",
    "a group that is none": b'{"adsParams": "a"}',
    "a nested value": b'{"adsParams": {"a": {"b": 1}}}',
    "a null": b'{"adsParams": {"a": null}}',
    "a quote": b'{"adsParams": {"a": "\\""}}',
    "too many": orjson.dumps({"adsParams": {f"k{n}": "" for n in range(33)}}),
    "a reporting mode of another type": b'{"reportingMode": ["client"]}',
}


@pytest.mark.parametrize(("body", "parameters"), BODIES.values(), ids=BODIES)
def test_a_body_is_read_into_its_groups(body: bytes, parameters: Parameters) -> None:
    assert read_body(body, FACTS) == parameters


@pytest.mark.parametrize("body", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
def test_a_body_outside_the_limits_is_refused(body: bytes) -> None:
    with pytest.raises(ParameterError) as caught:
        read_body(body, FACTS)
    assert caught.value.reason is Reason.PARAMETERS_INVALID


@given(st.text())
def test_any_query_is_read_or_refused_and_never_anything_else(query: str) -> None:
    try:
        parameters = read_query(f"ads.k={query}", FACTS)
    except ParameterError:
        return
    for _, value in parameters.ads:
        assert not set(value) & set('\r\n"<>\\{}`\x00\u2028')


def test_changes_of_facts_are_read_and_null_is_one_that_is_not_said_any_more() -> None:
    body = b'{"facts": {"theme": "dark", "minutes": 5, "club": null}, "other": 1}'
    assert read_changes(body) == (("club", None), ("minutes", "5"), ("theme", "dark"))
    assert read_changes(b"") == read_changes(b'{"facts": {}}') == ()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"facts": []}',
        b'{"facts": "dark"}',
        b'{"facts": {"theme": []}}',
        b'{"facts": {"theme": "<b>"}}',
        b'{"facts": {"theme": "' + b"x" * 257 + b'"}}',
        b'{"facts": {' + b",".join(b'"f%d": 1' % n for n in range(33)) + b"}}",
    ],
)
def test_changes_of_another_shape_or_size_are_refused(body: bytes) -> None:
    with pytest.raises(ParameterError):
        read_changes(body)
