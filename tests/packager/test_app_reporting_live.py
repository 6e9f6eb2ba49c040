"""Reporting of a channel by the server: two breaks watched with all that viewers do (E)."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import zip_longest

import pytest
from app_bench import ADS, CREATIVES, MEDIA, Bench, Running
from lxml import etree
from mpd_for_bench import event

from loadtests.ads import AdServer, Film
from loadtests.ads.sink import KEY_HEADER
from packager.config.ad_settings import VastServer
from packager.config.break_settings import VastFill
from packager.decisions.templates import read_template

pytestmark = pytest.mark.anyio
HLS, DASH = "/v1/master/default/live/index.m3u8", "/v1/dash/default/live/index.mpd"
BASE = "http://weft.example/v1/manifest/t/k/"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
TICK_S = 2  # a segment
BREAKS = ((104, 8), (124, 6), (144, 6), (164, 6))  # seconds: from, length
FILL = f"{ADS}/vast/pod?d={{break.seconds}}&sid={{session.id}}&break={{break.id}}"
# progress-1 is for second 3, progress-2 for 5.5 and progress-3 for 90 %.
SEEN = ("loaded", "impression", "creativeView", "start", "firstQuartile", "midpoint")
OWED = {
    "1-a": (*SEEN, "thirdQuartile", "progress-1", "progress-3", "complete"),  # of 4 s
    "2-b": (*SEEN, "thirdQuartile", "progress-3", "complete"),  # of 2 s
}

Slot = tuple[str, ...]  # where a segment of an ad is, in each rendition
Poll = Callable[[], Awaitable[list[Slot]]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def hls_player(running: Running) -> Poll:
    player = await running.player().open(HLS)
    prefix = player.renditions[0].rpartition("/")[0] + "/"

    async def poll() -> list[Slot]:
        lists = [(await player.poll(number)).uris for number in range(3)]
        return [
            tuple(uri.replace(BASE, prefix) for uri in slot)
            for slot in zip(*lists, strict=True)
            if slot[0].startswith(BASE)
        ]

    return poll


async def dash_player(running: Running) -> Poll:
    url = (await running.get(DASH)).headers["location"]

    async def poll() -> list[Slot]:
        root = etree.fromstring((await running.get(url)).content)
        base = root.findtext(f"{MPD}BaseURL")
        slots: list[Slot] = []
        for period in root.iter(f"{MPD}Period"):
            renditions = []
            for sets in period.iter(f"{MPD}AdaptationSet"):
                template = sets.find(f"{MPD}SegmentTemplate")
                for one in sets.iter(f"{MPD}Representation"):
                    folder = one.findtext(f"{MPD}BaseURL") or ""
                    if folder.startswith("segment/"):
                        renditions.append([base + folder + name for name in _names(template)])
            slots += zip_longest(*renditions, fillvalue="")
        return slots

    return poll


def _names(template: etree._Element) -> list[str]:
    runs = template.iter(f"{MPD}S")
    first = int(template.get("startNumber"))
    count = sum(int(run.get("r", "0")) + 1 for run in runs)
    return [template.get("media").replace("$Number$", str(n)) for n in range(first, first + count)]


class Viewer:
    """Polls, and fetches one moment of an ad after the other, when its time has come."""

    def __init__(self, bench: Bench, running: Running, poll: Poll) -> None:
        self._bench, self._running, self._poll = bench, running, poll
        self.listed: dict[str, Slot] = {}  # in the order of playback

    async def tick(self) -> list[str]:
        """Let a segment's time pass; what is listed for the first time then."""
        self._bench.clock.advance(TICK_S)
        # Announced no sooner: what is asked for ahead is asked for at a moment of the real clock.
        edge = self._bench.clock.monotonic() + TICK_S
        events = [event(at, seconds, event_id=at) for at, seconds in BREAKS if at <= edge]
        self._bench.world.events = events
        new = {slot[0]: slot for slot in await self._poll() if slot[0] not in self.listed}
        self.listed |= new
        return list(new)

    async def fetch(self, moment: str, *renditions: int) -> None:
        """Get a moment of an ad in some renditions: 0 and 1 are video, 2 is audio."""
        for number in renditions:
            answer = await self._running.get(self.listed[moment][number])
            assert answer.status_code == 302, answer.text

    async def until(self, second: int, *, watching: bool = True) -> None:
        """Go on until then; what is watched is switched and asked for twice."""
        queue: list[str] = []
        before = ""
        for turn in range(int(second - self._bench.clock.monotonic()) // TICK_S):
            new = await self.tick()
            queue += new if watching else []
            if before:
                await self.fetch(before, 0, 1)  # once more, and in another rendition
            if queue:
                before = queue.pop(0)
                await self.fetch(before, turn % 2, 2)
            await asyncio.sleep(0.01)  # the server's turn
        assert not queue


@pytest.mark.parametrize("player", [hls_player, dash_player], ids=["HLS", "DASH"])
async def test_a_channel_is_told_of_as_it_was_watched(
    make_bench: Callable[..., Bench], player: Callable[[Running], Awaitable[Poll]]
) -> None:
    """Two breaks are seen whole, of a third one the end of an ad, and of a fourth one nothing."""
    bench = make_bench(live_fill=VastFill(server=VastServer(url=read_template(FILL))))
    films = [
        Film(id=name, seconds=Decimal(CREATIVES[name]), url=f"{MEDIA}/{name}.mp4") for name in "ab"
    ]
    ads = AdServer(films, base_url=ADS)
    bench.world.ads = ads.app
    for start, seconds in BREAKS:
        bench.world.cues |= {
            start // TICK_S: f"#EXT-X-CUE-OUT:{seconds}",
            (start + seconds) // TICK_S: "#EXT-X-CUE-IN",
        }
    async with bench.run() as running:
        viewer = Viewer(bench, running, await player(running))
        await viewer.until(118)
        for moment in tuple(viewer.listed):  # a seek back: all of the first break once more
            await viewer.fetch(moment, 0, 1, 2)
        await viewer.until(140)
        seen = len(viewer.listed)
        await viewer.until(158, watching=False)
        third = list(viewer.listed)[seen:]
        assert len(third) == 3
        await viewer.fetch(third[1], 0, 2)  # joined in the middle of an ad (E-08)
        await viewer.until(182, watching=False)
        assert len(viewer.listed) == 12
        await viewer.fetch(third[1], 0, 2)
        found = await told(running, ads)
        ledger = await running.weft.outbox.ledger()
    assert found == {(name, ad): OWED[ad] for name in ("b104", "b124") for ad in OWED}
    assert ledger.balances
    assert ledger.count("delivered") == ledger.count("owed") == sum(map(len, found.values()))
    keys = [hit.header(KEY_HEADER) for hit in ads.sink.hits]
    assert len(set(keys)) == len(keys) == ledger.count("owed")  # E-03


async def told(running: Running, ads: AdServer) -> dict[tuple[str, str], tuple[str, ...]]:
    """The events that the sink got for each ad of each break, in the order in which they came."""
    for _ in range(200):
        await asyncio.sleep(0.02)
        if not (await running.weft.outbox.ledger()).count("pending"):
            break
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for hit in ads.sink.hits:
        place = (hit.name.break_id, hit.name.ad)
        found[place] = (*found.get(place, ()), hit.name.event)
    return found
