"""What shows where no ad does, `else: {asset: NAME}`: live and VOD, HLS and DASH (D-53, D-57)."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from app_bench import Bench, Running, TinyMedia, answer, vast
from lxml import etree
from mpd_for_bench import event

from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak
from packager.config.show_settings import Asset
from packager.reasons import Reason

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"
CONTENT = [str(n) for n in range(10)]
HOUSE = AssetFill(asset="bumper")  # of 2 s, as are segments and slate
EMPTY = answer(status=204)
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def live(make_bench: Callable[..., Bench], tiny_media: TinyMedia) -> Bench:
    assets = {"bumper": Asset(file=tiny_media.source("bumper"))}
    return make_bench(otherwise=HOUSE, show_changes={"assets": assets})


async def watch(bench: Bench, running: Running, polls: int) -> list[str]:
    """Poll every 2 s; give what played, in order."""
    player = await running.player().open(LIVE)
    seen: dict[int, str] = {}
    for _ in range(polls):
        listed = await player.poll()
        seen |= {listed.sequence + index: kind for index, kind in enumerate(listed.kinds)}
        bench.clock.advance(2)
    return [seen[number] for number in sorted(seen)]


async def test_an_asset_is_repeated_for_as_long_as_a_live_break_lasts(live: Bench) -> None:
    live.world.cues = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}
    live.world.ad_server._ads = live.world.ad_server._ads[:1]
    async with live.run() as running:
        played = await watch(live, running, 9)
        after = played[played.index("51") + 1 : played.index("56")]
        assert after == ["a", "a", "bumper", "bumper"]
        assert running.count(Reason.BREAK_UNFILLED) == 1
        assert '"missing_s":4.0' in running.log.getvalue()


async def test_what_an_asset_leaves_is_a_slate_cut_to_its_length(live: Bench) -> None:
    live.world.cues = {52: "#EXT-X-CUE-OUT:5"}
    live.world.faults["/vast/fill"] = EMPTY
    async with live.run() as running:
        played = await watch(live, running, 9)
        assert played[played.index("51") + 1 :][:3] == ["bumper", "bumper", "slate"]
        assert running.count(Reason.AD_EMPTY) == 1


async def test_dash_repeats_the_asset_too(live: Bench) -> None:
    live.world.events = [event(Decimal(102), 4, event_id=7)]
    live.world.faults["/vast/fill"] = EMPTY
    async with live.run() as running:
        redirect = await running.get("/v1/dash/default/live/index.mpd")
        periods: list[etree._Element] = []
        while len(periods) < 4 and live.clock.monotonic() < 120:
            got = await running.get(redirect.headers["location"])
            periods = list(etree.fromstring(got.content).iter(f"{MPD}Period"))
            live.clock.advance(2)
        urls = [period.findtext(f".//{MPD}BaseURL", "") for period in periods[1:3]]
        assert [running.names.get(url.split("/")[-2]) for url in urls] == ["bumper"] * 2
        assert periods[3].get("start") == "PT106S"
        assert running.count(Reason.BREAK_UNFILLED) == 1


async def test_a_point_of_vod_without_ads_shows_the_asset_once(
    make_bench: Callable[..., Bench],
) -> None:
    """It has no time to be filled: neither slate nor repetition."""
    bench = make_bench(
        vod_breaks=(
            ScheduledBreak(at=Decimal(0), fill=vast(), otherwise=HOUSE, seconds=Decimal(10)),
            ScheduledBreak(at=Decimal(8), fill=vast(), otherwise=HOUSE, seconds=Decimal(1)),
            ScheduledBreak(at=Decimal(12), fill=vast(), otherwise="slate", seconds=Decimal(10)),
            ScheduledBreak(at="end", fill=vast("pod/1"), otherwise=HOUSE, seconds=Decimal(10)),
        )
    )
    bench.world.faults["/vast/fill"] = EMPTY
    async with bench.run() as running:
        kinds = (await (await running.player().open(VOD)).poll()).kinds
        assert kinds[:11] == ["bumper", *CONTENT]
        assert kinds[11:]
        assert set(kinds[11:]) <= {"a", "b"}
        assert running.count(Reason.BREAK_UNFILLED) == 1


async def test_an_interval_of_vod_is_filled_with_the_asset(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(vod_breaks=(CueBreaks(fill=vast("status/500"), otherwise=HOUSE),))
    bench.world.vod_cues = {2: "#EXT-X-CUE-OUT:4", 4: "#EXT-X-CUE-IN"}
    async with bench.run() as running:
        listed = await (await running.player().open(VOD)).poll()
        assert listed.kinds == ["0", "1", "bumper", "bumper", *CONTENT[4:]]
        assert running.count(Reason.AD_STATUS) == running.count(Reason.BREAK_UNFILLED) == 1


async def test_an_asset_that_cannot_be_packaged_leaves_its_time_to_slate(
    make_bench: Callable[..., Bench], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    bench = make_bench(otherwise=HOUSE, show_changes={"assets": {"bumper": Asset(file=broken)}})
    bench.world.cues = {52: "#EXT-X-CUE-OUT:4"}
    bench.world.faults["/vast/fill"] = EMPTY
    async with bench.run() as running:
        played = await watch(bench, running, 8)
        assert played[played.index("51") + 1 :][:3] == ["slate", "slate", "54"]
        assert running.count(Reason.BREAK_UNFILLED) == 1
