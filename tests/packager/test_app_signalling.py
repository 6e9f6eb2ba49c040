"""Ads that are told of inside manifests, SVTA 2053: by setting or by session (E-12)."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from app_bench import CREATIVES, Bench, Running, vast
from lxml import etree
from mpd_for_bench import event

from manifests.splicing.signalling import SCHEME
from packager.config.ad_settings import Ads
from packager.config.break_settings import CueBreaks, SlateFill
from packager.reasons import Reason
from packager.stores import StoreError
from tests.mpd_schema import assert_valid, needs_schema

HLS, HLS_VOD = "/v1/master/default/live/index.m3u8", "/v1/master/default/vod/index.m3u8"
DASH, DASH_VOD = "/v1/dash/default/live/index.mpd", "/v1/dash/default/vod/index.mpd"
ON = "?aws.adSignalingEnabled=true"
BREAK = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}  # segments of 2 s, from second 104 on
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
TAG = re.compile(
    r'#EXT-X-DATERANGE:ID="(?P<id>[^"]+)",CLASS="(?P<scheme>[^"]+)",START-DATE="(?P<at>[^"]+)",'
    r'(?P<length>[A-Z-]+)=(?P<s>[0-9.]+),X-AD-CREATIVE-SIGNALING="(?P<told>[A-Za-z0-9+/=]+)"'
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def told(text: str) -> list[re.Match[str]]:
    """The tags of a playlist that tell of ads; all of them are as they should be."""
    lines = [line for line in text.splitlines() if line.startswith("#EXT-X-DATERANGE")]
    found = [TAG.fullmatch(line) for line in lines]
    assert all(one is not None and one["scheme"] == SCHEME for one in found)
    return [one for one in found if one is not None]


def slot(text: str) -> dict[str, Any]:
    value = json.loads(text)
    assert (value["version"], value["type"]) == (2, "slot")
    (only,) = value["payload"]
    assert isinstance(only, dict)
    return only


def without(text: str) -> str:
    """A playlist but for what it tells of ads."""
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("#EXT-X-DATERANGE")
    )


async def test_a_live_playlist_tells_of_its_ads_and_else_is_everybodys(bench: Bench) -> None:
    bench.world.cues = BREAK
    bench.clock.advance(16)
    async with bench.run() as running:
        plain = await running.player().open(HLS)
        player = await running.player().open(HLS + ON)
        tags = set()
        for number in range(3):
            quiet, listed = await plain.poll(number), await player.poll(number)
            first, second = told(listed.text)
            tags.add((first[0], second[0]))
            assert not told(quiet.text)
            assert first["length"] == "PLANNED-DURATION"  # the channel may come back early
        assert len(tags) == 1  # the same in all renditions
        pod = [kind for kind in (await player.poll()).kinds if kind in CREATIVES]
        lengths = [CREATIVES[pod[0]], CREATIVES[pod[-1]]]
        assert [Decimal(one["s"]) for one in (first, second)] == lengths
        starts = [datetime.fromisoformat(one["at"]) for one in (first, second)]
        assert starts[0].timestamp() == 104
        assert (starts[1] - starts[0]).total_seconds() == lengths[0]
        one = slot(b64decode(first["told"]).decode())
        assert (one["start"], one["duration"]) == (0, lengths[0])
        assert one["identifiers"][-1]["scheme"] == "urn:weft:creative"


async def test_tags_stay_while_anything_of_their_ad_is_listed_and_never_change(
    bench: Bench,
) -> None:
    """A-60, A-61; and segments keep their numbers, with signals as without (H-01, H-02)."""
    bench.world.cues = {**BREAK, 62: "#EXT-X-CUE-OUT:12", 64: "#EXT-X-CUE-IN"}
    seen: dict[str, str] = {}
    async with bench.run() as running:
        plain = await running.player().open(HLS)
        player = await running.player().open(HLS + ON)
        for _ in range(26):
            for number in (0, 2):
                listed, quiet = await player.poll(number), await plain.poll(number)
                assert listed.numbered().keys() == quiet.numbered().keys()
                runs, last = 0, ""  # of ads
                for kind, mark in zip(listed.kinds, listed.marks, strict=True):
                    runs += kind in CREATIVES and (mark or last not in CREATIVES)
                    last = kind
                tags = told(listed.text)
                assert len(tags) == runs
                for tag in tags:
                    assert seen.setdefault(tag["id"], tag[0]) == tag[0]
            bench.clock.advance(2)
    assert len(seen) >= 3


async def test_but_for_what_is_told_playlists_are_the_same(
    make_bench: Callable[..., Bench],
) -> None:
    """Sessions that are told nothing go on sharing theirs."""
    bench = make_bench(live_fill=vast("many/2"))  # the same ads for everybody
    bench.world.cues = BREAK
    bench.clock.advance(16)
    async with bench.run() as running:
        texts = [
            (await (await running.player().open(HLS + asked)).poll()).text
            for asked in ("", ON, "", ON)
        ]
        assert texts[0] == texts[2] == without(texts[1])
        assert len(told(texts[1])) == 2


async def test_another_process_tells_the_same(bench: Bench) -> None:
    bench.world.cues, bench.world.events = BREAK, [event(104, 8, event_id=7)]
    bench.clock.advance(16)
    bench.use_sqlite()
    async with bench.run() as running, bench.run() as elsewhere:
        player = await running.player().open(HLS + ON)
        text = (await player.poll()).text
        assert told(text)
        assert (await elsewhere.player().adopt(player).poll()).text == text
        url = await opened(running, DASH + ON)
        mpd = (await running.get(url)).content
        assert (await elsewhere.get(url)).content == mpd


async def test_the_setting_tells_every_session_and_a_session_may_refuse(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(show_changes={"ads": Ads(signalling=True)})
    bench.world.cues = BREAK
    bench.clock.advance(16)
    async with bench.run() as running:
        assert told((await (await running.player().open(HLS)).poll()).text)
        refused = await running.player().open(HLS + ON.replace("true", "false"))
        assert not told((await refused.poll()).text)
        posted = await running.client.post(
            "/v1/session/default/live/index.m3u8",
            json={"adSignaling": {"enabled": "false"}, "reportingMode": "client"},
        )
        player = await running.player().open(posted.json()["manifestUrl"])
        assert not told((await player.poll()).text)
        answer = await running.get(HLS + ON.replace("true", "perhaps"))
        assert answer.json() == {"error": "parameters_invalid"}


async def test_a_client_that_reports_is_told_what_to_call(bench: Bench) -> None:
    bench.world.cues = BREAK
    bench.clock.advance(16)
    async with bench.run() as running:
        slots = {}
        for mode in ("client", "server"):
            player = await running.player().open(f"{HLS}{ON}&aws.reportingMode={mode}")
            tag, *_ = told((await player.poll()).text)
            slots[mode] = [one["type"] for one in slot(b64decode(tag["told"]).decode())["tracking"]]
        assert {"impression", "start", "complete"} <= set(slots["client"])
        assert not {"impression", "start", "complete"} & set(slots["server"])  # E-04


async def test_slate_is_not_told_of(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(live_fill=SlateFill())
    bench.world.cues = BREAK
    bench.clock.advance(16)
    async with bench.run() as running:
        listed = await (await running.player().open(HLS + ON)).poll()
        assert "slate" in listed.kinds
        assert not told(listed.text)


async def test_vod_with_insertions_is_told_of_on_a_clock_that_begins_with_it(
    bench: Bench,
) -> None:
    """A-33 took the content's dates away, A-35 allows others: one, in every playlist."""
    async with bench.run() as running:
        plain = await running.player().open(HLS_VOD)
        player = await running.player().open(HLS_VOD + ON)
        for number in range(3):
            listed, quiet = await player.poll(number), await plain.poll(number)
            dates = [one for one in listed.text.splitlines() if "PROGRAM-DATE-TIME" in one]
            assert dates == ["#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z"]
            assert "PROGRAM-DATE-TIME" not in quiet.text
            first, second = told(listed.text)
            before = listed.kinds.index(next(kind for kind in listed.kinds if kind in "ab"))
            starts = [datetime.fromisoformat(one["at"]).timestamp() for one in (first, second)]
            assert starts[0] == before * 2 == 10  # bumper of 2 s, content of 8 s
            assert starts[1] == 10 + float(first["s"])
            assert {one["length"] for one in (first, second)} == {"DURATION"}
            at = listed.text.index(first[0])
            assert listed.text[:at].count("#EXTINF") == before


async def test_vod_whose_cues_are_replaced_keeps_the_dates_of_its_content(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(vod_breaks=(CueBreaks(fill=vast(), otherwise="slate"),))
    bench.world.vod_cues = {4: "#EXT-X-CUE-OUT:6", 7: "#EXT-X-CUE-IN"}
    async with bench.run() as running:
        listed = await (await running.player().open(HLS_VOD + ON)).poll()
        first, *_ = told(listed.text)
        assert datetime.fromisoformat(first["at"]).timestamp() == 8
        assert first["length"] == "DURATION"
        assert f"PROGRAM-DATE-TIME:{first['at']}" in listed.text


async def opened(running: Running, path: str) -> str:
    answer = await running.get(path)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def mpd_of(running: Running, url: str) -> etree._Element:
    answer = await running.get(url)
    assert answer.status_code == 200, answer.text
    return etree.fromstring(answer.content)


def events_in(root: etree._Element) -> dict[str, etree._Element]:
    """What MPDs tell of ads, by Period."""
    return {
        stream.getparent().get("id"): stream.find(f"{MPD}Event")
        for stream in root.iter(f"{MPD}EventStream")
        if stream.get("schemeIdUri") == SCHEME
    }


@needs_schema
async def test_a_live_mpd_has_an_event_in_each_ads_period(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(live_fill=vast("many/2"))
    bench.world.events = [event(104, 8, event_id=7)]
    bench.clock.advance(4)
    seen: dict[str, bytes] = {}
    async with bench.run() as running:
        plain, url = await opened(running, DASH), await opened(running, DASH + ON)
        for _ in range(10):
            root = await mpd_of(running, url)
            assert_valid(etree.tostring(root))
            quiet = await mpd_of(running, plain)
            assert not events_in(quiet)
            ids = [one.get("id") for one in root.iter(f"{MPD}Period")]
            assert [one.get("id") for one in quiet.iter(f"{MPD}Period")] == ids
            for name, told_ in events_in(root).items():
                assert name in ids
                text = etree.tostring(told_, with_tail=False)
                assert seen.setdefault(name, text) == text  # B-50
                assert told_.get("presentationTime") == "0"
                length = slot(told_.text or "")["duration"]
                assert told_.get("duration") == str(int(length * 1000))
            bench.clock.advance(2)
    assert set(seen) == {"b104.0", "b104.1"}
    numbers = [etree.fromstring(text).get("id") for text in seen.values()]
    assert len({*numbers}) == 2


@needs_schema
async def test_a_vod_mpd_tells_of_ads_alone(bench: Bench) -> None:
    async with bench.run() as running:
        root = await mpd_of(running, await opened(running, DASH_VOD + ON))
        assert_valid(etree.tostring(root))
        assert set(events_in(root)) == {"s1.0", "s1.1"}  # neither bumper nor slate
        period = next(one for one in root.iter(f"{MPD}Period") if one.get("id") == "s1.0")
        names = [one.tag.removeprefix(MPD) for one in period]
        assert names[:2] == ["AssetIdentifier", "EventStream"]
        assert "EventStream" not in names[2:]


async def test_while_the_store_cannot_say_ads_play_and_are_told_of_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.world.cues = BREAK
    bench.clock.advance(16)
    async with bench.run() as running:
        store = running.weft.store

        async def fail(sid: str, break_id: str) -> bytes:
            raise StoreError("gone", Reason.STORE_FAILED)

        load = store.load_ads
        monkeypatch.setattr(store, "load_ads", fail)
        player = await running.player().open(HLS + ON)
        quiet = await player.poll()
        assert set(quiet.kinds) & {"a", "b"}
        assert not told(quiet.text)
        assert running.count(Reason.STORE_FAILED)
        monkeypatch.setattr(store, "load_ads", load)
        listed = await player.poll()
        assert len(told(listed.text)) == 2
        assert without(listed.text) == quiet.text
