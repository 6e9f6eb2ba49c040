"""Early returns in sessions whose player reports: what it was told of stays (A-27, B-31, D-52)."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from app_bench import Bench, Running
from mpd_for_bench import event

pytestmark = pytest.mark.anyio
START_S, PLANNED_S, POD_S = 104, 16, 6  # on the content's clock; of the break, and of its ads
POLLS = 12

Told = dict[str, tuple[float, tuple[str, ...]]]  # what an event is, when, and who is told


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Client:
    """Polls manifest and tracking document, and looks at what is said of a break of each."""

    def __init__(self, running: Running, urls: dict[str, str]) -> None:
        self._running = running
        self.manifest, self.tracking = urls["manifestUrl"], urls["trackingUrl"]

    async def poll(self) -> dict[str, Any] | None:
        manifest = await self._running.get(self.manifest)
        if manifest.text.startswith("#EXTM3U"):
            uri = re.search(r"^[^#\n]+$", manifest.text, re.MULTILINE)
            assert uri is not None
            await self._running.get(uri[0])
        avails: list[dict[str, Any]] = (await self._running.get(self.tracking)).json()["avails"]
        assert len(avails) <= 1
        return avails[0] if avails else None


def told(avail: dict[str, Any]) -> Told:
    """The events of an avail that follow from playback, in seconds since it began."""
    return {
        event["eventId"]: (
            event["startTimeInSeconds"] - avail["startTimeInSeconds"],
            tuple(event["beaconUrls"]),
        )
        for ad in avail["ads"]
        for event in ad["trackingEvents"]
        if event["eventType"] != "error"
    }


@pytest.mark.parametrize("ending", ["m3u8", "mpd"])
@pytest.mark.parametrize("back", [106, 107, 108, 110, 116])
async def test_what_a_client_was_told_of_stays_when_content_comes_back_early(
    make_bench: Callable[..., Bench], ending: str, back: int
) -> None:
    bench = make_bench(otherwise="content")
    bench.world.cues = {START_S // 2: f"#EXT-X-CUE-OUT:{PLANNED_S}"}
    bench.world.events = [event(Decimal(START_S), PLANNED_S, event_id=7)]
    # Content in HLS comes back at a border.
    returned = back + back % 2 if ending == "m3u8" else back
    away_s = min(returned - START_S, POD_S)  # what ads leave of the break is content
    shown: Told = {}
    last: dict[str, Any] | None = None
    async with bench.run() as running:
        started = await running.client.post(f"/v1/session/default/live/index.{ending}", json={})
        client = Client(running, started.json())
        for _ in range(POLLS):
            now = int(bench.clock.monotonic())
            if now >= back:
                bench.world.cues[returned // 2] = "#EXT-X-CUE-IN"
                bench.world.events[1:] = [event(Decimal(back), None, event_id=7, out=False)]
            if (avail := await client.poll()) is not None:
                events = told(avail)
                assert {name: events.get(name) for name in shown} == shown
                # A moment that lies before what is listed now may have been seen.
                listed = min(now, returned) - START_S
                shown |= {name: one for name, one in events.items() if one[0] < listed}
                if now > returned:
                    assert last in (None, avail)
                    last = avail
            bench.clock.advance(2)
    assert last is not None
    assert last["durationInSeconds"] == away_s
    assert all(at <= away_s for at, _ in told(last).values())
    ends = [
        one["startTimeInSeconds"] - last["startTimeInSeconds"] + one["durationInSeconds"]
        for one in last["ads"]
    ]
    assert ends[-1] == away_s
    for ad in last["ads"]:
        kinds = {one["eventType"] for one in ad["trackingEvents"]}
        length_s = _whole_s(ad)
        assert ("complete" in kinds) == (ad["durationInSeconds"] == length_s)
        assert {"impression", "start"} <= kinds


def _whole_s(ad: dict[str, Any]) -> float:
    """How long an ad is: its first quartile says so however it was cut."""
    times = {one["eventType"]: one["startTimeInSeconds"] for one in ad["trackingEvents"]}
    return float(times["firstQuartile"] - times["start"]) * 4
