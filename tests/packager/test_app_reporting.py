"""Server-side reporting: ad servers are told of what was seen, once, and of nothing else (E)."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import httpx2
import pytest
from app_bench import Bench, Listed, Player, Running

from packager.reasons import Reason

pytestmark = pytest.mark.anyio
TIMED = ("impression", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
VOD = "/v1/master/default/vod/index.m3u8"
BASE = "http://weft.example/v1/manifest/t/k/"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Viewer:
    """Plays what a media playlist lists, as slowly as it says, and fetches as players do."""

    bench: Bench
    running: Running
    player: Player
    fetched: list[str] = field(default_factory=list)

    async def fetch(self, uri: str, *, method: str = "GET") -> httpx2.Response:
        prefix = self.player.renditions[0].rpartition("/")[0] + "/"
        if method == "GET":
            self.fetched.append(uri)
        return await self.running.client.request(method, uri.replace(BASE, prefix))

    async def play(self, listed: Listed, *, since: int = 0, until: int | None = None) -> None:
        for uri in listed.uris[since:until]:
            if uri.startswith(BASE):
                await self.fetch(uri)
            await self.pass_(2)

    async def pass_(self, seconds: float) -> None:
        """Let time pass; a repeat of the last segment makes the server look at its clock."""
        self.bench.clock.advance(seconds)
        if self.fetched:
            await self.fetch(self.fetched[-1])
        await asyncio.sleep(0.02)

    async def told(self, *, at_least: int = 0) -> list[str]:
        """What the ad server was told, ``{ad}/{event}``, in order."""
        for _ in range(200):
            await asyncio.sleep(0.02)
            found = [url.path for url in self.bench.world.asked if "/beacon/" in url.path]
            if len(found) >= at_least and not (await self.running.weft.outbox.ledger()).count(
                "pending"
            ):
                break
        return [path.removeprefix("/beacon/") for path in found]


async def begin(bench: Bench, running: Running) -> Viewer:
    return Viewer(bench, running, await running.player().open(VOD))


def ads_in(listed: Listed) -> list[int]:
    return [number for number, uri in enumerate(listed.uris) if uri.startswith(BASE)]


def parts_of(name: str, listed: Listed) -> list[int]:
    return [number for number in ads_in(listed) if listed.kinds[number] == name]


async def test_a_vod_that_is_watched_tells_of_each_ad_once_and_in_order(bench: Bench) -> None:
    """E-02, E-03: with a switch of renditions, repeats and a seek back."""
    async with bench.run() as running:
        viewer = await begin(bench, running)
        listed = await viewer.player.poll()
        other = await viewer.player.poll(1)
        ads = ads_in(listed)
        await viewer.play(listed, until=ads[0])
        assert await viewer.told() == []  # E-05: a playlist is no evidence
        for number in ads:
            switched = other if number % 2 else listed
            await viewer.fetch(switched.uris[number])
            await viewer.pass_(2)
        for number in ads:  # seen once more
            await viewer.fetch(listed.uris[number])
            await viewer.pass_(2)
        told = await viewer.told(at_least=12)
        names = [listed.kinds[number] for number in ads]
        for ad in dict.fromkeys(names):  # servers are told of several ads at a time
            assert [one for one in told if one.startswith(ad)] == [f"{ad}/{e}" for e in TIMED]
        ledger = await running.weft.outbox.ledger()
        assert ledger.balances
        assert (ledger.count("owed"), ledger.count("delivered")) == (12, 12)


async def test_nothing_is_told_of_ads_that_were_not_seen(bench: Bench) -> None:
    """E-05, E-08: joined in mid-ad, left in mid-ad, asked whether it is there."""
    async with bench.run() as running:
        viewer = await begin(bench, running)
        listed = await viewer.player.poll()
        long = parts_of("a", listed)  # 4 s, in two segments
        await viewer.fetch(listed.uris[long[1]])
        await viewer.fetch(listed.uris[long[0]], method="HEAD")
        await viewer.pass_(30)
        assert await viewer.told() == []
        viewer = await begin(bench, running)
        listed = await viewer.player.poll()
        await viewer.fetch(listed.uris[parts_of("a", listed)[0]])
        await viewer.pass_(30)
        assert await viewer.told(at_least=2) == ["a/impression", "a/start"]


async def test_who_reports_themselves_asks_for_media_where_it_is(bench: Bench) -> None:
    """E-04: exactly one of server and client tells."""
    async with bench.run() as running:
        answer = await running.client.post("/v1/session/default/vod/index.m3u8", json={})
        player = await running.player().open(answer.json()["manifestUrl"])
        listed = await player.poll()
        assert ads_in(listed) == []
        assert {"a", "b"} <= set(listed.kinds)
        document = (await running.get(answer.json()["trackingUrl"])).json()
        [avail] = [one for one in document["avails"] if one["ads"]]
        assert [ad["startTimeInSeconds"] for ad in avail["ads"]] == [
            avail["startTimeInSeconds"],
            avail["startTimeInSeconds"] + avail["ads"][0]["durationInSeconds"],
        ]
        first = next(at for at, kind in enumerate(listed.kinds) if kind in "ab")
        assert avail["startTimeInSeconds"] == 2 * first
        events = [event["eventType"] for event in avail["ads"][0]["trackingEvents"]]
        assert [event for event in events if event in TIMED] == list(TIMED)
        again = await running.client.post(answer.json()["trackingUrl"], json={})
        assert again.json() == document


async def test_only_what_the_session_was_promised_is_redirected_to(bench: Bench) -> None:
    async with bench.run() as running:
        viewer = await begin(bench, running)
        listed = await viewer.player.poll()
        uri = listed.uris[ads_in(listed)[0]]
        got = await viewer.fetch(uri)
        assert got.status_code == 302
        assert got.headers["location"].startswith("/tm/")
        assert got.headers["cache-control"] == "private, no-store"
        file = await running.get(got.headers["location"])
        assert file.status_code == 200
        path = uri.removeprefix(BASE).split("/")
        for place, other, reason in (
            (1, "b999", Reason.NOT_FOUND),
            (2, "7", Reason.NOT_FOUND),
            (3, "0" * 32, Reason.ASSET_UNKNOWN),
        ):
            wrong = "/".join([*path[:place], other, *path[place + 1 :]])
            answer = await viewer.fetch(BASE + wrong)
            assert (answer.status_code, answer.json()["error"]) == (404, reason)
        forged = await running.get(uri)  # of no session
        assert forged.status_code == 403


async def test_what_was_owed_outlives_the_process_and_is_told_once(bench: Bench) -> None:
    """E-03: the next process sends what this one could not, and nothing twice."""
    bench.use_sqlite()
    bench.world.faults["impression"] = lambda request: httpx2.ConnectError("refused")
    async with bench.run() as running:
        viewer = await begin(bench, running)
        listed = await viewer.player.poll()
        await viewer.play(listed, until=ads_in(listed)[-1] + 1)
        await asyncio.sleep(0.3)
        assert (await running.weft.outbox.ledger()).count("pending")
    del bench.world.faults["impression"]
    bench.world.asked.clear()
    bench.clock.advance(600)
    async with bench.run(stocked=False) as running:
        viewer.running = running
        told = Counter(await viewer.told(at_least=2))
        assert {"a/impression", "b/impression"} <= set(told)
        assert set(told.values()) == {1}
        ledger = await running.weft.outbox.ledger()
        assert ledger.count("owed") == ledger.count("delivered")
