"""DASH through the composed server: sessions, breaks, what fails, and the same session as HLS."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import httpx2
import pytest
from app_bench import CREATIVES, Bench, Running, answer, down, vast
from lxml import etree
from mpd_for_bench import event

from packager.config.break_settings import AssetFill, ScheduledBreak
from packager.reasons import Reason
from tests.mpd_schema import assert_valid, needs_schema

LIVE, VOD = "/v1/dash/default/live/index.mpd", "/v1/dash/default/vod/index.mpd"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


@dataclass
class DashPlayer:
    """Opens an MPD and polls it, and fails the test where an update breaks a promise."""

    running: Running
    url: str = ""
    starts: dict[str, str] = field(default_factory=dict)
    published: str = ""
    text: bytes = b""

    async def open(self, path: str) -> "DashPlayer":
        redirect = await self.running.get(path)
        assert redirect.status_code == 302, redirect.text
        while redirect.status_code == 302:  # to the session's, and on to what it shares
            self.url = redirect.headers["location"]
            redirect = await self.running.get(self.url)
        return self

    async def poll(self) -> list[str]:
        """The Periods in short: what plays from when."""
        found = await self.running.get(self.url)
        assert found.status_code == 200, found.text
        assert found.headers["content-type"] == "application/dash+xml"
        root = etree.fromstring(found.content)
        self._check(root, found.content)
        return [
            f"{self._kind(period)} {period.get('id')} {period.get('start')}"
            for period in root.iter(f"{MPD}Period")
        ]

    @property
    def second_ad(self) -> str:
        """Where the first break's second ad starts: the ad server chooses which comes first."""
        return next(start for name, start in self.starts.items() if name.endswith(".1"))

    def _kind(self, period: etree._Element) -> str:
        base = period.findtext(f".//{MPD}BaseURL") or ""
        if base.startswith("http://origin.example/"):
            return "content"
        name = self.running.names.get(base.split("/")[-2], "?")
        return "ad" if name in CREATIVES else name

    def _check(self, root: etree._Element, text: bytes) -> None:
        """B-04, B-41, B-43: starts and ids stay, publishTime rises with every other text."""
        assert root.findtext(f"{MPD}Location") == self.url
        for period in root.iter(f"{MPD}Period"):
            start = self.starts.setdefault(period.get("id", ""), period.get("start", ""))
            assert start == period.get("start")
        published = root.get("publishTime", "")
        if root.get("type") == "dynamic" and self.text:
            assert (published > self.published) == (text != self.text)
        self.published, self.text = published, text


async def watch(running: Running, path: str) -> DashPlayer:
    return await DashPlayer(running).open(path)


async def test_live_breaks_are_replaced_at_the_very_time_of_their_events(bench: Bench) -> None:
    bench.world.events = [event(Decimal("103.4"), 6, event_id=7)]  # in mid-segment (B-10)
    async with bench.run() as running:
        player = await watch(running, LIVE)
        assert await player.poll() == ["content P0 PT0S"]
        bench.clock.advance(6)
        assert await player.poll() == ["content P0 PT0S", "ad b103.0 PT103.4S"]
        bench.clock.advance(6)
        found = await player.poll()
        assert found == [
            "content P0 PT0S",
            "ad b103.0 PT103.4S",
            f"ad b103.1 {player.second_ad}",
            "content P0~b103 PT109.4S",
        ]
        for _ in range(12):
            bench.clock.advance(2)
            periods = await player.poll()
        assert periods == ["content P0~b103 PT109.4S"]


async def test_a_break_that_returns_early_ends_the_ad_and_drops_the_next_b_31(
    bench: Bench,
) -> None:
    bench.world.events = [event(102, 6, event_id=7)]
    async with bench.run() as running:
        player = await watch(running, LIVE)
        await player.poll()
        bench.clock.advance(4)
        assert await player.poll() == ["content P0 PT0S", "ad b102.0 PT102S"]
        bench.world.events.append(event(105, None, event_id=7, out=False))
        bench.clock.advance(2)
        found = await player.poll()
        # The ad server chooses which comes first: one of 4 s, or one of 2 s and then another.
        began = ["ad b102.1 PT104S"] if "b102.1" in player.starts else []
        assert found == [
            "content P0 PT0S",
            "ad b102.0 PT102S",
            *began,
            "content P0~b102 PT105S",
        ]


async def test_vod_breaks_are_inserted(bench: Bench) -> None:
    async with bench.run() as running:
        player = await watch(running, VOD)
        found = await player.poll()
        assert found == [
            "bumper s0.0 PT0S",
            "content P0 PT2S",
            "ad s1.0 PT10S",
            f"ad s1.1 {player.second_ad}",
            "content P0~s1 PT16S",
            "slate s2.0 PT28S",
        ]
        assert b'mediaPresentationDuration="PT30S"' in player.text
        before = player.text
        bench.clock.advance(100)
        await player.poll()
        assert player.text == before


async def test_a_period_that_no_creative_can_stand_beside_is_left_whole(bench: Bench) -> None:
    """P1, B-24: an origin may have Periods of other Representations than those looked at."""

    def two_periods(request: httpx2.Request) -> httpx2.Response:
        text = bench.world.mpd(live=False)
        first = text[text.index(" <Period") : text.index("</MPD>")]
        other = first.replace('"P0" start="PT0S"', '"P1" start="PT20S"')
        other = other.replace('codecs="avc1.640009"', 'codecs="hvc1.1.6.L93.B0"')
        text = text.replace("</MPD>", other + "</MPD>").replace('"PT20S"', '"PT36S"', 1)
        return httpx2.Response(200, content=text.encode())

    bench.world.faults["index.mpd"] = two_periods
    async with bench.run() as running:
        player = await watch(running, VOD)
        found = await player.poll()
        assert found == [
            "bumper s0.0 PT0S",
            "content P0 PT2S",
            "ad s1.0 PT10S",
            f"ad s1.1 {player.second_ad}",
            "content P0~s1 PT16S",
            "content P1 PT28S",
        ]  # and no slate behind P1
        assert running.count(Reason.LADDER_UNMATCHED) == 1


async def test_a_period_that_cannot_be_cut_is_left_whole(bench: Bench) -> None:
    """B-13: $Time$ with @duration; before and behind it there is room for ads."""

    def uncut(request: httpx2.Request) -> httpx2.Response:
        text = bench.world.mpd(live=False)
        text = re.sub(r"<SegmentTimeline>.*?</SegmentTimeline>", "", text, flags=re.DOTALL)
        text = text.replace('timescale="1000"', 'timescale="1000" duration="2000"')
        return httpx2.Response(200, content=text.replace("$Number$", "$Time$").encode())

    bench.world.faults["index.mpd"] = uncut
    async with bench.run() as running:
        player = await watch(running, VOD)
        assert await player.poll() == [
            "bumper s0.0 PT0S",
            "content P0 PT2S",
            "slate s2.0 PT22S",
        ]
        assert running.count(Reason.BREAK_REFUSED_ALIGNMENT) == 1


async def test_one_session_is_the_same_in_both_formats(bench: Bench) -> None:
    bench.world.cues = {51: "#EXT-X-CUE-OUT:6", 54: "#EXT-X-CUE-IN"}
    bench.world.events = [event(102, 6, event_id=7)]
    async with bench.run() as running:
        player = await watch(running, LIVE)
        await player.poll()
        bench.clock.advance(10)
        found = await player.poll()
        assert found[1:] == [
            "ad b102.0 PT102S",
            f"ad b102.1 {player.second_ad}",
            "content P0~b102 PT108S",
        ]
        calls = bench.world.ad_calls()
        hls = await running.player().open(
            player.url.replace("/dash/", "/master/").replace(".mpd?", ".m3u8?")
        )
        listed = await hls.poll()
        assert listed.kinds[-1] == "54"
        assert len([kind for kind in listed.kinds if kind in CREATIVES]) == 3
        dates = re.findall(r"DATE-TIME:(\S+)\n#EXTINF\S+\n(\S+)", listed.text)
        first_ad = next(at for at, uri in dates if "origin.example" not in uri)
        assert first_ad == "1970-01-01T00:01:42.000Z"
        assert bench.world.ad_calls() == calls  # decided once


async def test_sessions_with_equal_timelines_share_all_but_their_location(
    make_bench: Callable[..., Bench],
) -> None:
    asks = ScheduledBreak(at=Decimal(100), fill=vast())  # beyond the end: nobody is asked
    mid_roll = ScheduledBreak(at=Decimal(8), fill=AssetFill(asset="bumper"))
    bench = make_bench(vod_breaks=(mid_roll, asks))
    async with bench.run() as running:
        path = f"{VOD}?aws.reportingMode=client"
        players = [await watch(running, path) for _ in range(2)]
        for player in players:
            await player.poll()
        first, second = (player.text.replace(player.url.encode(), b"") for player in players)
        assert first == second
        assert players[0].url != players[1].url


async def test_a_session_may_be_started_with_post(bench: Bench) -> None:
    async with bench.run() as running:
        started = await running.client.post("/v1/session/default/vod/index.mpd", json={})
        url = started.json()["manifestUrl"]
        assert url.startswith(VOD + "?aws.sessionId=")
        assert (await running.get(url)).status_code == 200


async def test_what_is_asked_for_with_another_sessions_token_is_refused(bench: Bench) -> None:
    async with bench.run() as running:
        player = await watch(running, LIVE)
        wrong = await running.get(player.url.replace("/live/", "/vod/"))
        assert (wrong.status_code, wrong.json()["error"]) == (403, "token_invalid")


async def test_a_restart_continues_live_sessions(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.use_sqlite()
    bench.world.events = [event(102, 6, event_id=7)]
    async with bench.run() as running:
        player = await watch(running, LIVE)
        await player.poll()
        bench.clock.advance(10)
        before = await player.poll()
    bench.world.events = []
    bench.clock.advance(2)
    async with bench.run() as running:
        player.running = running
        assert await player.poll() == before
        for _ in range(10):
            bench.clock.advance(2)
            last = await player.poll()
        assert last == ["content P0~b102 PT108S"]
        assert bench.world.ad_calls() == 0


BAD = {
    "HTML": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "another root": b'<Playlist xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
    "a DOCTYPE": b'<!DOCTYPE MPD SYSTEM "file:///etc/passwd"><MPD/>',
    "entities": b'<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><MPD>&b;</MPD>',
    "a million elements": b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'
    + b"<a/>" * 1_000_000
    + b"</MPD>",
    "nothing": b"",
    "UTF-16": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'.encode("utf-16"),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_an_origin_without_an_mpd_is_a_reason_and_the_last_good_one_serves(
    bench: Bench, body: bytes
) -> None:
    async with bench.run() as running:
        bench.world.faults["index.mpd"] = answer(body)
        refused = await running.get(LIVE)
        assert refused.status_code == 502
        assert refused.json()["error"] in ("origin_not_manifest", "origin_oversize")
        bench.world.faults.clear()
        bench.clock.advance(2)
        player = await watch(running, LIVE)
        good = await player.poll()
        bench.world.faults["index.mpd"] = answer(body)
        for _ in range(3):
            bench.clock.advance(2)
            assert await player.poll() == good
        assert running.count(Reason.MANIFEST_STALE_SERVED) >= 3


def mutated(text: str) -> dict[str, str]:
    return {
        "truncated": text[: len(text) // 2],
        "a negative duration": text.replace('start="PT0S"', 'start="-PT1S"'),
        "overlapping Periods": text.replace(
            "</MPD>", '<Period id="P1" start="PT1S"/><Period id="P2" start="PT0S"/></MPD>'
        ),
        "a segment without length": text.replace('d="2000"', 'd="0"'),
        "a timescale of 0": text.replace('timescale="1000"', 'timescale="0"'),
    }


@pytest.mark.parametrize("name", mutated(""))
async def test_an_mpd_that_cannot_be_is_a_reason_and_the_last_good_one_serves(
    bench: Bench, name: str
) -> None:
    async with bench.run() as running:
        player = await watch(running, LIVE)
        good = await player.poll()

        def broken(request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, content=mutated(bench.world.mpd(live=True))[name].encode())

        bench.world.faults["index.mpd"] = broken
        for _ in range(3):
            bench.clock.advance(2)
            assert await player.poll() == good
        assert running.count(Reason.ORIGIN_NOT_MANIFEST) >= 1


async def test_an_origin_that_is_down_is_told_and_later_ones_do_not_hurt(bench: Bench) -> None:
    async with bench.run() as running:
        bench.world.faults["index.mpd"] = down
        refused = await running.get(LIVE)
        assert (refused.status_code, refused.json()["error"]) == (502, "origin_unreachable")
        bench.world.faults.clear()
        bench.clock.advance(2)
        player = await watch(running, LIVE)
        good = await player.poll()
        bench.world.faults["index.mpd"] = down
        bench.clock.advance(2)
        assert await player.poll() == good


async def test_shows_without_breaks_are_passed_on(bench: Bench) -> None:
    bench.world.events = [event(102, 6, event_id=7)]
    async with bench.run() as running:
        player = await watch(running, "/v1/dash/default/plain/index.mpd")
        bench.clock.advance(8)
        assert await player.poll() == ["content P0 PT0S"]
        assert b"scte35" in player.text


async def test_a_presentation_that_is_only_dash_has_a_ladder_of_its_own(bench: Bench) -> None:
    bench.world.faults["index.m3u8"] = answer(b"", 404)
    async with bench.run(stocked=False) as running:
        player = await watch(running, VOD)
        await player.poll()
        await running.weft.house.settled()
        again = await watch(running, VOD)
        kinds = [line.split()[0] for line in await again.poll()]
        assert kinds.count("content") >= 1
        assert len(kinds) >= 4  # bumper, ads and slate were packaged for it


@needs_schema
async def test_every_mpd_that_players_get_is_valid(bench: Bench) -> None:
    bench.world.events = [event(Decimal("103.4"), 6, event_id=7)]
    async with bench.run() as running:
        players = [
            await watch(running, path) for path in (LIVE, VOD, "/v1/dash/default/plain/index.mpd")
        ]
        for _ in range(16):
            for player in players:
                await player.poll()
                assert_valid(player.text)
            bench.clock.advance(2)
