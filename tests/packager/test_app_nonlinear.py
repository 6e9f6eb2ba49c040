"""NonLinear ads of a live break: for the client to draw, whatever else the break shows (D-10)."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from app_bench import ADS, Bench, Running, answer, vast
from mpd_for_bench import event

from packager.config.break_settings import ScheduledBreak
from packager.reasons import Reason

pytestmark = pytest.mark.anyio
VAST = f"""<VAST version="4.2"><Ad id="logo"><InLine>
  <Error><![CDATA[{ADS}/beacon/logo/error?c=[ERRORCODE]]]></Error>
  <Impression>{ADS}/beacon/logo/impression</Impression>
  <Creatives><Creative><NonLinearAds><NonLinear width="320" height="50">
  <IFrameResource>https://overlay.example/?b=[BREAKMAXDURATION]</IFrameResource>
  <NonLinearClickThrough>https://shop.example/</NonLinearClickThrough>
  </NonLinear></NonLinearAds></Creative></Creatives></InLine></Ad></VAST>"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def watched(bench: Bench, running: Running, ending: str, reporting: str) -> dict[str, Any]:
    """The tracking document of a session that has come to the break."""
    started = await running.client.post(
        f"/v1/session/default/live/index.{ending}", json={"reportingMode": reporting}
    )
    for _ in range(5):
        manifest = await running.get(started.json()["manifestUrl"])
        for line in manifest.text.splitlines():
            if "/v1/manifest/" in line and not line.startswith(("#", "<")):
                await running.get(line)
        found: dict[str, Any] = (await running.get(started.json()["trackingUrl"])).json()
        bench.clock.advance(2)
    return found


@pytest.mark.parametrize("ending", ["m3u8", "mpd"])
@pytest.mark.parametrize(("otherwise", "length_s"), [("slate", 8.0), ("content", 0.0)])
async def test_an_overlay_is_told_of_with_its_break(
    make_bench: Callable[..., Bench], ending: str, otherwise: str, length_s: float
) -> None:
    bench = make_bench(otherwise=otherwise)
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}
    bench.world.events = [event(Decimal(104), 8, event_id=7)]
    bench.world.faults["/vast/fill"] = answer(VAST)
    async with bench.run() as running:
        (avail,) = (await watched(bench, running, ending, "client"))["avails"]
        assert (avail["durationInSeconds"], avail["ads"]) == (length_s, [])
        (shown,) = avail["nonLinearAdsList"]
        (drawn,) = shown["nonLinearAdList"]
        assert drawn["iFrameResource"].startswith("https://overlay.example/")
        assert drawn["clickThrough"] == "https://shop.example/"
        urls = {one["eventType"]: one["beaconUrls"] for one in shown["trackingEvents"]}
        assert urls["impression"] == [f"{ADS}/beacon/logo/impression"]
        assert running.count(Reason.BREAK_UNFILLED) == 1  # no film did
        assert (await running.weft.outbox.ledger()).count("owed") == 0


@pytest.mark.parametrize("ending", ["m3u8", "mpd"])
async def test_an_overlay_is_told_of_in_place_of_a_pre_roll(
    make_bench: Callable[..., Bench], ending: str
) -> None:
    bench = make_bench()
    rule = ScheduledBreak(at=Decimal(0), fill=vast(), seconds=Decimal(6))
    shows = dict(bench.config.shows)
    shows["live"] = replace(shows["live"], breaks=(rule,))
    bench.config = replace(bench.config, shows=shows)
    bench.world.faults["/vast/fill"] = answer(VAST)
    async with bench.run() as running:
        (avail,) = (await watched(bench, running, ending, "client"))["avails"]
        assert (avail["durationInSeconds"], avail["ads"]) == (0.0, [])
        assert len(avail["nonLinearAdsList"]) == 1


async def test_where_the_server_reports_an_overlay_is_refused(
    make_bench: Callable[..., Bench],
) -> None:
    """D-14, 201; E-04: who could fire its impression does not report."""
    bench = make_bench(otherwise="content")
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}
    bench.world.faults["/vast/fill"] = answer(VAST)
    async with bench.run() as running:
        assert (await watched(bench, running, "m3u8", "server"))["avails"] == []
        await running.weft.planner._deciding._errors._flights.landed()
        assert (await running.weft.outbox.ledger()).count("owed") == 1
