"""Ad servers are told what went wrong with their ads: once, and of nothing else (E-07, D-14)."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import httpx2
import pytest
from app_bench import ADS, Bench, Running, answer, vast

from packager.config.ad_settings import ConsentSettings
from packager.config.break_settings import ScheduledBreak
from packager.reasons import Reason

pytestmark = pytest.mark.anyio
VOD = "/v1/master/default/vod/index.m3u8"
LIVE = "/v1/master/default/live/index.m3u8"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def ad(name: str, *, sequence: int | None = None, more: str = "", seconds: int = 4) -> str:
    order = "" if sequence is None else f' sequence="{sequence}"'
    return (
        f'<Ad id="{name}"{order}{more}><InLine>'
        f"<Error>{ADS}/beacon/{name}/error?c=[ERRORCODE]&amp;ip=[DEVICEIP]</Error>"
        f"<Creatives><Creative><Linear><Duration>00:00:{seconds:02d}</Duration><MediaFiles>"
        f'<MediaFile delivery="progressive" type="video/mp4" width="64" height="36">'
        f"http://media.example/{name}.mp4</MediaFile></MediaFiles></Linear></Creative>"
        "</Creatives></InLine></Ad>"
    )


def document(*ads: str) -> str:
    return f'<VAST version="4.2">{"".join(ads)}</VAST>'


async def told(bench: Bench, running: Running, at_least: int = 1) -> list[httpx2.URL]:
    """What the ad server was told, once nothing is left to be told."""
    found: list[httpx2.URL] = []
    for _ in range(100):
        await asyncio.sleep(0.02)
        found = [url for url in bench.world.asked if url.path.endswith("/error")]
        pending = (await running.weft.outbox.ledger()).count("pending")
        if len(found) >= at_least and not pending:
            break
    return found


def codes(urls: list[httpx2.URL]) -> list[str]:
    return sorted(f"{url.path.split('/')[2]} {url.params['c']}" for url in urls)


@pytest.fixture
def film(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(vod_breaks=(ScheduledBreak(at=Decimal(8), fill=vast(), seconds=Decimal(10)),))


async def test_what_is_wrong_with_an_ad_is_told_once(film: Bench) -> None:
    film.world.faults["/vast/fill"] = answer(
        document(
            ad("new", sequence=1),  # packaged only now
            ad("b", sequence=2),
            ad("a", sequence=3, more=' conditionalAd="true"'),
        )
    )
    async with film.run() as running:
        player = await running.player().open(VOD)
        assert "b" in (await player.poll()).kinds
        for number in (0, 1, 2):
            await player.poll(number)
        assert codes(await told(film, running, 2)) == ["a 200", "new 407"]
        ledger = await running.weft.outbox.ledger()
        assert (ledger.count("owed"), ledger.count("delivered"), ledger.balances) == (2, 2, True)


async def test_an_ad_that_is_too_long_is_told_and_one_that_is_spare_is_not(
    make_bench: Callable[..., Bench],
) -> None:
    """D-51: nothing is wrong with what only was not needed, or came behind it."""
    bench = make_bench()
    bench.world.cues = {54: "#EXT-X-CUE-OUT:6"}
    bench.world.faults["/vast/fill"] = answer(
        document(ad("long", sequence=1, seconds=12), ad("b", sequence=2), ad("new"), ad("a"))
    )
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        for _ in range(6):
            await player.poll()
            bench.clock.advance(2)
        assert running.count(Reason.CREATIVE_TOO_LONG) == 1
        found = codes(await told(bench, running))
        assert found == ["long 202", "new 407"]  # which was to stand in for it
    bench = make_bench("other")
    bench.world.cues = {54: "#EXT-X-CUE-OUT:4"}
    bench.world.faults["/vast/fill"] = answer(document(ad("a", sequence=1), ad("new"), ad("b")))
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        for _ in range(6):
            await player.poll()
            bench.clock.advance(2)
        assert await told(bench, running, 0) == []


async def test_that_there_is_no_ad_is_told_to_who_had_none(film: Bench) -> None:
    """D-01, row 12."""
    film.world.faults["/vast/fill"] = answer(
        document(f"<Error>{ADS}/beacon/none/error?c=[ERRORCODE]</Error>")
    )
    async with film.run() as running:
        await (await running.player().open(VOD)).poll()
        assert codes(await told(film, running)) == ["none 303"]


async def test_processes_that_share_a_session_tell_once(film: Bench) -> None:
    """E-03: the outbox knows what was told."""
    film.use_sqlite()
    film.world.faults["/vast/fill"] = answer(document(ad("new", sequence=1)))
    async with film.run() as one, film.run() as other:
        player = await one.player().open(VOD)
        twin = other.player().adopt(player)
        lists = await asyncio.gather(player.poll(), twin.poll())
        assert lists[0].text == lists[1].text
        assert codes(await told(film, one)) == ["new 407"]
    async with film.run() as third:
        await third.player().adopt(player).poll()
        assert codes(await told(film, third)) == ["new 407"]


@pytest.mark.parametrize("mode", ["assume", "require"])
async def test_errors_tell_as_much_of_the_viewer_as_ad_calls_do(
    make_bench: Callable[..., Bench], mode: str
) -> None:
    """E-01, threat 34."""
    consent = ConsentSettings(mode=mode)  # type: ignore[arg-type]
    bench = make_bench(show_changes={"consent": consent})
    heard: list[httpx2.Request] = []

    def hear(request: httpx2.Request) -> httpx2.Response:
        heard.append(request)
        return httpx2.Response(204)

    bench.world.faults["/error"] = hear
    bench.world.cues = {54: "#EXT-X-CUE-OUT:4"}
    bench.world.faults["/vast/fill"] = answer(document(ad("new", sequence=1)))
    async with bench.run() as running:
        headers = {"x-forwarded-for": "8.8.4.4", "user-agent": "Player/1.0"}
        running.client.headers.update(headers)
        player = await running.player().open(LIVE)
        for _ in range(6):
            await player.poll()
            bench.clock.advance(2)
        await told(bench, running)
    (request,) = heard
    names = {name for name in request.headers if name.startswith("x-device")}
    if mode == "assume":
        assert names == {"x-device-ip", "x-device-user-agent"}
        assert request.url.params["ip"] == "8.8.4.4"
    else:
        assert names == set()
        assert request.url.params["ip"] == "-2"
