"""Viewers with equal choices have the same URLs and bytes, from a store or a cache in front."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import cycle, islice, product
from typing import Any

import pytest
from app_bench import Bench, Running, vast

from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak, SlateFill
from packager.config.choice_settings import Choice
from packager.config.fact_settings import Fact
from packager.config.process_settings import Sessions
from packager.config.show_settings import Asset
from packager.house import PackagedHouse

MASTER = "/v1/master/default/vod/index.m3u8"
MPD = "/v1/dash/default/vod/index.mpd"
PLAIN = "/v1/master/default/plain/index.m3u8"
COUNTRIES = ("SE", "NO", "DK", "FI", "DE", "FR", "IT", "US")
DEVICES = ("phone", "desktop", "tv")
FACTS = {
    fact.name: fact
    for fact in (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="country", kind="string", of=COUNTRIES),
        Fact(name="device", kind="string", of=DEVICES),
        Fact(name="minutes", kind="int", of=("2", "5", "45")),
        Fact(name="name", kind="string"),
    )
}
CHOICES = {
    choice.name: choice
    for choice in (
        Choice(name="opener", of=("north", "plain"), by='country == "SE" ? "north" : "plain"'),
        Choice(name="sponsor", of=("north", "plain")),
        Choice(name="look", of=("light", "dark"), by="theme"),
    )
}
MakeBench = Callable[..., Bench]


@pytest.fixture
def make_cup(make_bench: MakeBench) -> MakeBench:
    """Makes a world with a film whose pre-roll a choice says, and a channel with slates."""

    def make(name: str = "weft", settings: Any = None, **changes: Any) -> Bench:
        bench = make_bench(name, changes=settings or {})
        breaks = (
            ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="{opener}")),
            ScheduledBreak(at="end", fill=SlateFill(), seconds=Decimal(2)),
        )
        shows = dict(bench.config.shows)
        assets = {
            "north": Asset(file=bench.media.source("bumper")),
            "plain": Asset(file=bench.media.source("a")),
        }
        film = {"breaks": breaks, "facts": FACTS, "choices": CHOICES, "assets": assets}
        shows["vod"] = replace(shows["vod"], **film | changes)
        shows["live"] = replace(shows["live"], breaks=(CueBreaks(fill=SlateFill()),))
        bench.config = replace(bench.config, shows=shows)
        return bench

    return make


async def lists(running: Running, **facts: str) -> list[str]:
    """The URLs of a session's media playlists."""
    return (await running.player().open(MASTER, **facts)).renditions


async def mpd_url(running: Running, **facts: str) -> str:
    first = await running.get(MPD, params=facts)
    second = await running.get(first.headers["location"])
    assert (first.status_code, second.status_code) == (302, 302)
    assert second.headers["cache-control"].startswith("private")
    return str(second.headers["location"])


async def test_equal_choices_have_equal_playlists_at_equal_urls_and_others_have_not(
    make_cup: MakeBench,
) -> None:
    async with make_cup().run() as running:
        north, other, plain = [
            await lists(running, **facts)
            for facts in (
                {"country": "SE", "device": "tv"},
                {"country": "SE", "theme": "dark", "name": "Ann"},
                {"country": "NO"},
            )
        ]
        assert north == other
        assert not set(north) & set(plain)
        kinds = [(await (await running.player().open(MASTER, country=c)).poll()).kinds[0]
                 for c in ("SE", "NO")]  # fmt: skip
        assert kinds == ["bumper", "a"]
        answer = await running.get(north[0])
        assert answer.headers["cache-control"] == "public, max-age=3600"
        again = await running.get(north[0], headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == answer.headers["cache-control"]


async def test_so_it_is_with_mpds_whose_sessions_are_redirected(make_cup: MakeBench) -> None:
    async with make_cup().run() as running:
        north, other = [await mpd_url(running, country="SE", device=d) for d in DEVICES[:2]]
        plain = await mpd_url(running, country="NO")
        assert north == other != plain
        found, without = await running.get(north), await running.get(plain)
        assert found.status_code == 200
        assert f"<Location>{north}</Location>" in found.text
        assert found.text.replace(north, "") != without.text.replace(plain, "")
        assert found.headers["cache-control"] == "public, max-age=3600"
        tag = {"if-none-match": found.headers["etag"]}
        assert (await running.get(north, headers=tag)).status_code == 304


async def test_live_what_reads_nothing_of_viewers_is_shared_for_half_a_segment(
    make_cup: MakeBench,
) -> None:
    bench = make_cup()
    async with bench.run() as running:
        for show in ("plain", "live"):
            first, second = [
                await running.player().open(f"/v1/master/default/{show}/index.m3u8")
                for _ in range(2)
            ]
            assert first.renditions == second.renditions
            answer = await running.get(first.renditions[0])
            assert answer.headers["cache-control"] == "public, max-age=1"
        bench.world.cues[bench.world.edge] = "#EXT-X-CUE-OUT:4"
        bench.world.cues[bench.world.edge + 2] = "#EXT-X-CUE-IN"
        for _ in range(6):
            bench.clock.advance(2)
            one, two = await first.poll(), await second.poll()
            assert one.text == two.text
        assert "slate" in one.kinds
        path = "/v1/dash/default/plain/index.mpd"
        session = (await running.get(path)).headers["location"]
        at = (await running.get(session)).headers["location"]
        assert (await running.get(at)).headers["cache-control"] == "public, max-age=1"


async def test_a_session_with_ads_stays_at_its_token(make_cup: MakeBench) -> None:
    ads = (ScheduledBreak(at=Decimal(8), fill=vast(), seconds=Decimal(4)),)
    async with make_cup(breaks=ads).run() as running:
        first, second = [await lists(running) for _ in range(2)]
        assert not set(first) & set(second)
        answer = await running.get(first[0])
        assert answer.headers["cache-control"] == "private, no-store"
        session = (await running.get(MPD)).headers["location"]
        assert (await running.get(session)).status_code == 200


async def test_nobody_shares_a_film_before_all_is_there_that_its_breaks_show(
    make_cup: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make_cup().run() as running:
        with monkeypatch.context() as patch:
            patch.setattr(PackagedHouse, "asset", lambda *asked: None)
            early = await lists(running, country="SE")
            answer = await running.get(early[0])
            assert answer.headers["cache-control"] == "private, no-store"
        late = [await lists(running, country="SE") for _ in range(2)]
        assert early != late[0] == late[1]
        kinds = (await (await running.player().open(MASTER, country="SE")).poll()).kinds
        assert kinds[0] == "bumper"


async def test_after_a_restart_and_in_another_process_a_digest_still_answers(
    make_cup: MakeBench,
) -> None:
    bench = make_cup()
    bench.use_sqlite()
    async with bench.run() as running:
        urls = [(await lists(running, country="SE"))[0], await mpd_url(running, country="SE")]
        before = [(await running.get(url)).content for url in urls]
    async with bench.run() as running, bench.run() as beside:
        for process in (running, beside):
            assert [(await process.get(url)).content for url in urls] == before
        assert (await lists(beside, country="SE"))[0] == urls[0]
        assert await mpd_url(beside, country="SE") == urls[1]


async def test_what_is_configured_otherwise_since_is_at_another_url(make_cup: MakeBench) -> None:
    bench = make_cup()
    bench.use_sqlite()
    async with bench.run() as running:
        (url, *_) = await lists(running, country="SE")
        assert (await running.get(url)).status_code == 200
    ads = (ScheduledBreak(at=Decimal(8), fill=vast(), seconds=Decimal(4)),)
    for changes in ({"breaks": ads}, {"breaks": ()}):
        shows = bench.config.shows
        shows = {**shows, "vod": replace(shows["vod"], **changes)}
        bench.config = replace(bench.config, shows=shows)
        async with bench.run() as running:
            for _ in range(2):
                answer = await running.get(url)
                assert (answer.status_code, answer.json()) == (404, {"error": "timeline_unknown"})
                assert answer.headers["cache-control"] == "no-store"


async def test_a_digest_opens_its_own_timeline_and_nothing_else(make_cup: MakeBench) -> None:
    async with make_cup(settings={"tenants": ("default", "other")}).run() as running:
        (url, *_) = await lists(running, country="SE")
        digest = url.split("/")[4]
        refused = {
            url.replace("default", "other"): 404,
            url.replace(digest, "0" * 32): 404,
            url.replace(digest, digest.upper()): 403,
            f"{MASTER}?aws.sessionId={digest}": 403,
            f"{MPD}?aws.sessionId={digest}": 403,
            f"/v1/tracking/default/vod/{digest}": 403,
            f"/v1/why/default/vod/{digest}": 403,
            f"/v1/manifest/default/{digest}/look/m3u8/a/s0.m4s": 403,
            f"/v1/manifest/default/{digest}/99.m3u8": 404,
        }
        for path, status in refused.items():
            assert (await running.get(path)).status_code == status, path
        patch = {"facts": {"country": "NO"}}
        answer = await running.client.patch(f"/v1/session/default/vod/{digest}", json=patch)
        assert answer.status_code == 403
        assert (await running.get(url)).status_code == 200


async def test_a_stranger_does_not_make_the_store_grow(make_cup: MakeBench) -> None:
    """By made up digests not at all, by sessions within their limit; then each has its own URLs."""
    bench = make_cup(settings={"sessions": Sessions(limit=3)})
    async with bench.run() as running:
        for number in range(50):
            assert (await running.get(f"/v1/manifest/default/{number:032x}/0.m3u8")).is_error
        first = await lists(running, country="SE")  # a session, and what it shares
        assert await lists(running, country="SE") == first
        assert (await running.get(MASTER)).status_code == 503
        assert (await running.get(first[0])).status_code == 200


async def test_a_fact_that_changes_leaves_what_was_published_and_counts_from_then_on(
    make_cup: MakeBench,
) -> None:
    async with make_cup().run() as running:
        answer = await running.client.post(
            "/v1/session/default/vod/index", json={"facts": {"country": "SE"}}
        )
        started = answer.json()
        before = await running.player().open(started["manifestUrl"])
        listed = await before.poll()
        await running.client.patch(started["sessionUrl"], json={"facts": {"country": "NO"}})
        assert (await before.poll()).text == listed.text
        after = await running.player().open(started["manifestUrl"])
        assert after.renditions == await lists(running, country="NO")


async def test_why_tells_of_what_was_decided_for_all(make_cup: MakeBench) -> None:
    async with make_cup().run() as running:
        answer = await running.client.post(
            "/v1/session/default/vod/index", json={"facts": {"country": "SE"}}
        )
        started = answer.json()
        await (await running.player().open(started["manifestUrl"])).poll()
        why = started["sessionUrl"].replace("/session/", "/why/")
        on_air = (await running.get(why, params={"t": "1"})).json()["onAir"]
        assert on_air["sentence"].startswith("You saw north in break s0")


@pytest.mark.parametrize("count", [600, pytest.param(100_000, marks=pytest.mark.long)])
async def test_of_a_hundred_thousand_sessions_a_cache_has_over_99_percent_of_media_playlists(
    make_cup: MakeBench, count: int
) -> None:
    """Each asks for the playlists of one variant and its sound, behind a cache."""
    overall = (ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="{opener}")),)
    sponsor = ScheduledBreak(at="end", fill=AssetFill(asset="{sponsor}"), seconds=Decimal(4))
    bench = make_cup(settings={"sessions": Sessions(limit=10**6)}, breaks=(*overall, sponsor))
    everybody = cycle(product(COUNTRIES, DEVICES, ("light", "dark"), ("2", "5", "45")))
    cached: set[str] = set()
    hits: Counter[bool] = Counter()
    async with bench.run() as running:
        for country, device, theme, minutes in islice(everybody, count):
            renditions = await lists(
                running, country=country, device=device, theme=theme, minutes=minutes
            )
            for url in (renditions[0], renditions[-1]):
                hits[url in cached] += 1
                if url not in cached:
                    answer = await running.get(url)
                    assert answer.status_code == 200
                    if answer.headers["cache-control"].startswith("public"):
                        cached.add(url)
    assert len(cached) == 8  # two openers, two sponsors, two renditions
    assert hits[True] / hits.total() > 0.99
