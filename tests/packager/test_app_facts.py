"""Facts of viewers, from the request that starts a session to the ad server."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl

import anyio
import httpx2
import pytest
from app_bench import ADS, Bench, Running

from packager.config.ad_settings import ConsentSettings, VastServer
from packager.config.break_settings import ScheduledBreak, VastFill
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PolledFeed, PushedFeed
from packager.config.scalars import Secret
from packager.decisions.templates import read_template
from packager.reasons import Reason

FACTS = {
    fact.name: fact
    for fact in (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="minutes", kind="int"),
        Fact(name="country", kind="string", max_characters=2, header="X-Country"),
        Fact(name="club", kind="string", consent="personalise"),
    )
}
URL = f"{ADS}/facts?" + "&".join(f"{name}={{fact.{name}}}" for name in FACTS)
PREROLL = ScheduledBreak(at=Decimal(0), fill=VastFill(server=VastServer(url=read_template(URL))))
START = "/v1/session/default/vod/index"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def make_cup(make_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world with a show of facts, whose ad server is told of them all."""

    def make(**changes: object) -> Bench:
        bench = make_bench()
        changes = {"breaks": (PREROLL,), "facts": FACTS, **changes}
        cup = replace(bench.config.shows["vod"], **changes)  # type: ignore[arg-type]
        bench.config = replace(bench.config, shows={"vod": cup})
        bench.world.faults["/facts"] = lambda request: httpx2.Response(200)
        return bench

    return make


def told(bench: Bench) -> list[Mapping[str, str]]:
    """What the ad server was told, call by call, without what is empty."""
    asked = [url for url in bench.world.asked if url.path == "/facts"]
    return [dict(parse_qsl(url.query.decode())) for url in asked]


async def watch(running: Running, manifest_url: str) -> None:
    await (await running.player().open(manifest_url)).poll()


async def start(
    running: Running, facts: object = None, headers: Mapping[str, str] | None = None, **more: object
) -> httpx2.Response:
    return await running.client.post(START, json={"facts": facts, **more}, headers=headers)


async def test_facts_in_a_body_reach_the_ad_server(make_cup: Callable[..., Bench]) -> None:
    bench = make_cup()
    async with bench.run() as running:
        answer = await start(
            running, {"theme": "dark", "minutes": 5, "club": "A & B", "user": "ann"}
        )
        await watch(running, answer.json()["manifestUrl"])
    assert told(bench) == [{"theme": "dark", "minutes": "5", "club": "A & B"}]


async def test_facts_in_a_query_and_a_header_reach_the_ad_server(
    make_cup: Callable[..., Bench],
) -> None:
    bench = make_cup()
    async with bench.run() as running:
        running.client.headers["x-country"] = "SE"
        await watch(running, "/v1/master/default/vod/index.m3u8?theme=dark&utm_source=mail")
    assert told(bench) == [{"theme": "dark", "country": "SE"}]


async def test_a_value_that_a_fact_cannot_have_is_counted_and_the_film_plays(
    make_cup: Callable[..., Bench],
) -> None:
    bench = make_cup()
    async with bench.run() as running:
        answer = await start(running, {"theme": "grey", "minutes": 5.5})
        await watch(running, answer.json()["manifestUrl"])
        assert running.count(Reason.FACT_INVALID) == 2
        assert "grey" not in running.log.getvalue()
    assert told(bench) == [{}]


@pytest.mark.parametrize(
    ("mode", "ads", "headers", "known"),
    [
        ("assume", {}, {}, True),
        ("assume", {}, {"sec-gpc": "1"}, False),
        ("assume", {"lmt": "1"}, {}, False),
        ("require", {}, {}, False),
        ("require", {"gdpr": "0"}, {}, True),
    ],
)
async def test_a_fact_that_needs_consent_is_masked_without_it(
    make_cup: Callable[..., Bench],
    mode: str,
    ads: Mapping[str, str],
    headers: Mapping[str, str],
    known: bool,
) -> None:
    bench = make_cup(consent=ConsentSettings(mode=mode))  # type: ignore[arg-type]
    async with bench.run() as running:
        answer = await start(running, {"club": "reds", "theme": "dark"}, headers, adsParams=ads)
        await watch(running, answer.json()["manifestUrl"])
    assert told(bench) == [{"theme": "dark"} | ({"club": "reds"} if known else {})]


@pytest.mark.parametrize("facts", ["dark", ["dark"], {"theme": {"a": 1}}, {"theme": "x" * 300}])
async def test_facts_of_another_shape_are_refused(
    make_cup: Callable[..., Bench], facts: object
) -> None:
    bench = make_cup()
    async with bench.run() as running:
        answer = await start(running, facts)
    assert (answer.status_code, answer.json()) == (400, {"error": "parameters_invalid"})


async def test_a_change_of_facts_counts_for_what_is_not_decided_yet(
    make_cup: Callable[..., Bench],
) -> None:
    """A-02, A-03: what was decided stays, for it may have been shown."""
    bench = make_cup()
    bench.use_sqlite()
    async with bench.run() as running:
        started = (await start(running, {"theme": "dark", "minutes": 5})).json()
        url = started["sessionUrl"]
        answer = await running.client.patch(
            url, json={"facts": {"theme": "light", "minutes": None, "country": "SE"}}
        )
        assert (answer.status_code, answer.json()) == (
            200,
            {"facts": {"theme": "light", "country": "SE"}},
        )
        await watch(running, started["manifestUrl"])
        decided = await running.client.get(started["manifestUrl"])
        await running.client.patch(url, json={"facts": {"theme": "dark"}})
        assert (await running.client.get(started["manifestUrl"])).text == decided.text
    async with bench.run() as running:  # after a restart
        answer = await running.client.patch(url, json={})
        assert answer.json() == {"facts": {"theme": "dark", "country": "SE"}}
        await watch(running, started["manifestUrl"])
    assert told(bench) == [{"theme": "light", "country": "SE"}]


async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    make_cup: Callable[..., Bench],
) -> None:
    bench = make_cup()
    async with bench.run() as running:
        started = (await start(running, {"theme": "dark"})).json()
        url = started["sessionUrl"]
        for path, facts, status, error in (
            (url, {"theme": "grey"}, 400, "fact_invalid"),
            (url, {"theme": "light", "user": "ann"}, 400, "fact_invalid"),
            (url, ["theme"], 400, "parameters_invalid"),
            (url, {"theme": "x" * 300}, 400, "parameters_invalid"),
            (url, {"theme": "x" * 20_000}, 413, "request_too_large"),
            (f"{url}x", {"theme": "light"}, 403, "token_invalid"),
            (url.replace("vod", "cup"), {"theme": "light"}, 404, "show_unknown"),
        ):
            answer = await running.client.patch(path, json={"facts": facts})
            assert (answer.status_code, answer.json()) == (status, {"error": error}), facts
        answer = await running.client.patch(url, json={"facts": {}})
        assert answer.json() == {"facts": {"theme": "dark"}}


async def test_a_change_of_a_fact_that_needs_consent_is_masked_without_it(
    make_cup: Callable[..., Bench],
) -> None:
    bench = make_cup()
    async with bench.run() as running:
        started = (await start(running)).json()
        url = started["sessionUrl"]
        body = {"facts": {"club": "reds"}}
        answer = await running.client.patch(url, json=body, headers={"sec-gpc": "1"})
        assert (answer.status_code, answer.json()) == (200, {"facts": {}})
        answer = await running.client.patch(url, json=body)
        assert answer.json() == {"facts": {"club": "reds"}}


SECRET = "a feed's secret of more than 32 characters"
SHARED = {
    "theme": Fact(name="theme", kind="string", default="light"),
    "score": Fact(
        name="score",
        kind="string",
        shared=True,
        feed=PolledFeed(url="https://feed.example/m7", pointer=("score",)),
    ),
    "goals": Fact(name="goals", kind="int", shared=True, feed=PushedFeed(secret=Secret(SECRET))),
}
FEED_URL = "/v1/feeds/default/vod/goals"
BEARER = {"authorization": f"Bearer {SECRET}"}


@pytest.fixture
def make_match(make_cup: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world with a show whose facts come from feeds."""

    def make() -> Bench:
        url = f"{ADS}/facts?" + "&".join(f"{name}={{fact.{name}}}" for name in SHARED)
        fill = VastFill(server=VastServer(url=read_template(url)))
        bench = make_cup(breaks=(replace(PREROLL, fill=fill),), facts=SHARED)
        bench.world.faults["/m7"] = lambda request: httpx2.Response(200, json={"score": "1:0"})
        return bench

    return make


async def test_facts_of_feeds_and_defaults_reach_the_ad_server(
    make_match: Callable[..., Bench],
) -> None:
    bench = make_match()
    async with bench.run() as running:
        answer = await running.client.post(FEED_URL, content=b"3", headers=BEARER)
        assert (answer.status_code, answer.content) == (204, b"")
        await anyio.wait_all_tasks_blocked()  # the feed was asked
        # What is the same for all no viewer can say.
        started = await start(running, {"score": "9:9", "goals": 9})
        await watch(running, started.json()["manifestUrl"])
    assert told(bench) == [{"theme": "light", "score": "1:0", "goals": "3"}]


REFUSED = (
    (FEED_URL, {}, b"3", 403, "feed_secret_wrong"),
    (FEED_URL, {"authorization": "Bearer wrong"}, b"3", 403, "feed_secret_wrong"),
    (FEED_URL, {"authorization": f"Basic {SECRET}"}, b"3", 403, "feed_secret_wrong"),
    (FEED_URL, BEARER, b"many", 400, "feed_invalid"),
    (FEED_URL, BEARER, b'"many"', 400, "feed_invalid"),
    (FEED_URL, BEARER, b" " * 20_000, 413, "request_too_large"),
    ("/v1/feeds/default/vod/score", BEARER, b"3", 404, "feed_unknown"),
    ("/v1/feeds/default/vod/theme", BEARER, b"3", 404, "feed_unknown"),
    ("/v1/feeds/default/cup/goals", BEARER, b"3", 404, "show_unknown"),
    ("/v1/feeds/acme/vod/goals", BEARER, b"3", 404, "tenant_unknown"),
)


async def test_a_feed_is_told_by_those_who_have_its_secret(
    make_match: Callable[..., Bench],
) -> None:
    bench = make_match()
    async with bench.run() as running:
        for path, headers, body, status, error in REFUSED:
            answer = await running.client.post(path, content=body, headers=headers)
            assert (answer.status_code, answer.json()) == (status, {"error": error}), path
        assert running.weft.feeds.at("vod", "goals", bench.clock.now()) is None
        assert SECRET not in running.log.getvalue()
