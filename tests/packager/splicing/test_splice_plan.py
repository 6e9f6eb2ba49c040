"""Plans of ``weft splice``: what is read, and mistakes told by their place."""

import json
from decimal import Decimal
from typing import Any

import pytest

from packager.splicing.plan import read_plan
from packager.splicing.values import PlanError

AD = {"id": "A", "segments": [["a.ts", 4.0]]}
VIDEO: dict[str, Any] = {
    "base": "https://ads.example/A/v/",
    "initialization": "init.mp4",
    "media": "$Number$.m4s",
    "timescale": 90000,
    "durations": [345600, 345600],
    "mime_type": "video/mp4",
    "codecs": "avc1.64001f",
    "bandwidth": 2000000,
    "frame_rate": "30000/1001",
}
AUDIO: dict[str, Any] = {
    **{name: value for name, value in VIDEO.items() if name != "frame_rate"},
    "base": "a/",
    "media": "seg-$Number%03d$.m4s",
    "start_number": 0,
    "timescale": 48000,
    "durations": [184320, 184320],
    "mime_type": "audio/mp4",
    "codecs": "mp4a.40.2",
}


def rendition(**other: object) -> dict[str, Any]:
    """A plan with one video; what is None is left out."""
    video = {name: value for name, value in {**VIDEO, **other}.items() if value is not None}
    creative = {"id": "A", "renditions": {"video": video, "audio": AUDIO}}
    return {"breaks": [{"at": 1, "creatives": [creative]}]}


RENDITION = "breaks[0].creatives[0].renditions.video"
BAD_PLANS = {
    "a list": ([], "the plan: expected an object, found []"),
    "no breaks": ({}, "the plan: breaks is missing"),
    "empty breaks": ({"breaks": []}, "breaks: expected a list that is not empty, found []"),
    "misspelt": (
        {"breaks": [{"att": 1, "creatives": [AD]}]},
        "breaks[0]: unknown key 'att'; known: creatives, at, start, duration, id",
    ),
    "no place": (
        {"breaks": [{"creatives": [AD]}]},
        'breaks[0]: give either at (seconds, or "end") or start (a date)',
    ),
    "two places": (
        {"breaks": [{"at": 1, "start": "2026-01-01T00:00:00Z", "creatives": [AD]}]},
        'breaks[0]: give either at (seconds, or "end") or start (a date)',
    ),
    "negative": (
        {"breaks": [{"at": -1, "creatives": [AD]}]},
        'breaks[0].at: expected seconds, 0 or more, found "-1"',
    ),
    "text for seconds": (
        {"breaks": [{"at": "soon", "creatives": [AD]}]},
        'breaks[0].at: expected seconds, 0 or more, found "soon"',
    ),
    "replacement at the end": (
        {"breaks": [{"at": "end", "duration": 3, "creatives": [AD]}]},
        "breaks[0].duration: nothing is left to replace at the end; leave it out",
    ),
    "no date": (
        {"breaks": [{"start": "today", "creatives": [AD]}]},
        "breaks[0].start: not a date and time: 'today'",
    ),
    "number for date": (
        {"breaks": [{"start": 7, "creatives": [AD]}]},
        'breaks[0].start: expected a date as in "2026-01-01T00:10:18Z", found "7"',
    ),
    "no name": (
        {"breaks": [{"at": 1, "creatives": [{**AD, "id": ""}]}]},
        'breaks[0].creatives[0].id: expected a name, found ""',
    ),
    "segment without duration": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "segments": ["a.ts"]}]}]},
        'breaks[0].creatives[0].segments[0]: expected ["uri", seconds], found "a.ts"',
    ),
    "segment of no time": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "segments": [["a.ts", 0]]}]}]},
        'breaks[0].creatives[0].segments[0][1]: expected more than 0 seconds, found "0"',
    ),
    "line in a URI": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "segments": [["a.ts\n#EXT", 1]]}]}]},
        'breaks[0].creatives[0].segments[0][0]: expected a URI, found "a.ts\\n#EXT"',
    ),
    "from_cues of another kind": (
        {"breaks": [{"creatives": [AD]}], "from_cues": "yes"},
        'from_cues: expected true or false, found "yes"',
    ),
    "places beside cues": (
        {"breaks": [{"at": 1, "creatives": [AD]}], "from_cues": True},
        "breaks: with from_cues the cues say where and how long; "
        "give one break with nothing but its creatives",
    ),
    "a name that no Period can have": (
        {"breaks": [{"id": "b 1", "at": 1, "creatives": [AD]}]},
        "breaks[0].id: expected letters, digits, '.', '_' or '-', found \"b 1\"",
    ),
    "a name twice": (
        {
            "breaks": [
                {"id": "p1", "at": 1, "creatives": [AD]},
                {"at": 2, "creatives": [AD]},
            ]
        },
        "breaks[1].id: breaks[0] is 'p1' too",
    ),
    "now is no date": (
        {"breaks": [{"at": 1, "creatives": [AD]}], "now": "live"},
        "now: not a date and time: 'live'",
    ),
    "segments and renditions": (
        {"breaks": [{"at": 1, "creatives": [{**AD, "renditions": {}}]}]},
        "breaks[0].creatives[0]: unknown key 'segments'; known: id, renditions, duration",
    ),
    "neither segments nor renditions": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A"}]}]},
        "breaks[0].creatives[0]: give segments (for a playlist) or renditions (for an MPD)",
    ),
    "no renditions": (
        {"breaks": [{"at": 1, "creatives": [{"id": "A", "renditions": {}}]}]},
        "breaks[0].creatives[0].renditions: expected an object with video, audio or both, found {}",
    ),
    "an id that is no XML": (
        {"breaks": [{"at": 1, "creatives": [{"id": "a\u0001", "segments": [["a.ts", 1]]}]}]},
        'breaks[0].creatives[0].id: expected a name, found "a\\u0001"',
    ),
    "a rendition without codecs": (
        rendition(codecs=None),
        f"{RENDITION}: codecs is missing",
    ),
    "a rendition with what it has not": (
        rendition(colour="red"),
        f"{RENDITION}: unknown key 'colour'; known: base, initialization, media, timescale, "
        "durations, mime_type, codecs, bandwidth, start_number, width, height, frame_rate, "
        "sample_rate, channels",
    ),
    "a base that is a file": (
        rendition(base="https://ads.example/A"),
        f'{RENDITION}.base: expected a URI that ends with "/", found "https://ads.example/A"',
    ),
    "media by time": (
        rendition(media="$Time$.m4s"),
        f'{RENDITION}.media: expected a name with $Number$, and no other "$", found "$Time$.m4s"',
    ),
    "half a tick": (
        rendition(durations=[1.5]),
        f'{RENDITION}.durations[0]: expected a whole number, 1 or more, found "1.5"',
    ),
    "more ticks a second than an MPD can say": (
        rendition(timescale=2**32),
        f'{RENDITION}.timescale: expected a whole number, 1 or more, found "4294967296"',
    ),
    "no ticks a second": (
        rendition(timescale=0),
        f'{RENDITION}.timescale: expected a whole number, 1 or more, found "0"',
    ),
    "no number of segments": (
        rendition(durations=[]),
        f"{RENDITION}.durations: expected a list that is not empty, found []",
    ),
    "text among videos": (
        rendition(mime_type="text/vtt"),
        f'{RENDITION}.mime_type: expected "video/mp4" or "audio/mp4", found "text/vtt"',
    ),
    "codecs with a quote's worth of lines": (
        rendition(codecs="avc1\n"),
        f'{RENDITION}.codecs: expected codecs (RFC 6381), found "avc1\\n"',
    ),
    "a number for frames": (
        rendition(frame_rate=25),
        f'{RENDITION}.frame_rate: expected frames per second, as in "25" or "30000/1001", '
        'found "25"',
    ),
    "sound that ends early": (
        rendition(durations=[345600] * 3),
        f"{RENDITION[: -len('video')]}audio.durations: 7.68 s together, and the creative lasts "
        "11.52 s (rule B-03)",
    ),
    "long nonsense": (
        {"breaks": "x" * 100},
        f'breaks: expected a list that is not empty, found "{"x" * 39}...',
    ),
}


@pytest.mark.parametrize(("plan", "problem"), BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_bad_plan_is_told_by_its_place(plan: object, problem: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(json.dumps(plan))
    assert str(caught.value) == problem


@pytest.mark.parametrize("text", ["[" * 100_000, '{"breaks": 1e999999999999999999999}', "NaN"])
def test_odd_json_is_refused(text: str) -> None:
    with pytest.raises(PlanError):
        read_plan(text)


@pytest.mark.parametrize(("written", "seconds"), [("6.000", "6.000"), ("1e1", "10"), ("6", "6")])
def test_seconds_keep_their_digits(written: str, seconds: str) -> None:
    creative = f'{{"id": "A", "segments": [["a.ts", {written}]]}}'
    plan = read_plan(f'{{"breaks": [{{"at": 0, "creatives": [{creative}]}}]}}')
    segment = plan.breaks[0].creatives[0].renditions["only"].segments[0]
    assert str(segment.duration) == seconds


def test_a_rendition_is_read_as_mpds_tell_it() -> None:
    creative = read_plan(json.dumps(rendition())).breaks[0].creatives[0]
    video, audio = creative.renditions["video"], creative.renditions["audio"]
    assert creative.duration == Decimal("7.68")  # D-50: the video's
    assert video.cmaf is not None
    assert video.cmaf.start_number == 1
    assert video.cmaf.frame_rate == "30000/1001"
    assert [one.uri for one in audio.segments] == ["a/seg-000.m4s", "a/seg-001.m4s"]
    assert [one.duration for one in video.segments] == [Decimal("3.84")] * 2


def test_lengths_that_no_decimal_tells_are_rounded_once() -> None:
    plan = rendition(timescale=30000, durations=[60060] * 5)
    creative = (
        read_plan(json.dumps(plan).replace("184320, 184320", "480480")).breaks[0].creatives[0]
    )
    assert creative.duration == Decimal("10.01")
    plan = rendition(timescale=90009, durations=[90010] * 7)
    plan["breaks"][0]["creatives"][0]["renditions"].pop("audio")
    creative = read_plan(json.dumps(plan)).breaks[0].creatives[0]
    segments = creative.renditions["video"].segments
    assert sum(one.duration for one in segments) == creative.duration == Decimal("7.000078")


def test_a_creative_may_be_shown_for_less_than_it_has() -> None:
    plan = rendition()
    plan["breaks"][0]["creatives"][0]["duration"] = 5
    assert read_plan(json.dumps(plan)).breaks[0].length == 5
    plan["breaks"][0]["creatives"][0]["duration"] = 9
    with pytest.raises(PlanError, match=r"durations: 7.68 s together, and the creative lasts 9 s"):
        read_plan(json.dumps(plan))


def test_breaks_have_names() -> None:
    breaks = [{"at": 1, "creatives": [AD]}, {"at": 2, "id": "b42", "creatives": [AD]}]
    assert [one.id for one in read_plan(json.dumps({"breaks": breaks})).breaks] == ["p0", "b42"]
