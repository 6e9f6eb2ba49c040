"""From requests for segments to beacons: who is owed what, and when (E-02 to E-06, E-08)."""

import asyncio
from collections.abc import Iterable
from decimal import Decimal

import pytest

from packager.beacons import NO_AD, Beacon
from packager.clock import ManualClock
from packager.decisions.ad_record import write_ads
from packager.decisions.ads import Ad, Linear, Link, Tracking
from packager.metrics import Metrics
from packager.pods import Pods
from packager.reporting.places import Position
from packager.reporting.reporter import QUEUE, RETRY_S, Reporter, Request
from packager.stores import StoreError

pytestmark = pytest.mark.anyio
ENDS = tuple(Decimal(2 * n) for n in range(1, 6))
EVENTS = ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
AD = Ad(
    id="a",
    impressions=(Link("https://a.example/impression?ip=[DEVICEIP]&at=[ADPLAYHEAD]"),),
    linear=Linear(
        tracking=tuple(Tracking(event, f"https://a.example/{event}") for event in (*EVENTS, "mute"))
    ),
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Desk:
    """A reporter with a store of one pod, an outbox that remembers, and a clock that stands."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.owed: list[Beacon] = []
        self.down = False
        self.loads = 0
        self.reporter = Reporter(
            pods=Pods(self, Metrics()),  # type: ignore[arg-type]  # as much of a store
            owe=self.owe,
            session_digest=lambda sid: f"digest of {sid}",
            clock=self.clock,
            metrics=Metrics(),
        )

    async def load_ads(self, sid: str, break_id: str) -> bytes:
        self.loads += 1
        if self.down:
            raise StoreError("down")
        return write_ads([AD, None, AD])

    async def owe(self, beacons: Iterable[Beacon]) -> None:
        self.owed += beacons

    async def ask(self, *numbers: int, sid: str = "s", index: int = 0) -> None:
        for number in numbers:
            start = Decimal(2 * number)
            self.reporter.saw(
                Request(
                    sid=sid,
                    break_id="b",
                    index=index,
                    position=Position(number, len(ENDS), start, start + 2),
                    ends=ENDS,
                    at=self.clock.monotonic(),
                    headers=(("X-Device-IP", "192.0.2.1"),),
                    macros={"DEVICEIP": "192.0.2.1"},
                )
            )
        if numbers:
            await self.reporter.step()

    async def pass_(self, seconds: float) -> None:
        self.clock.advance(seconds)
        if self.reporter.waits:
            await self.reporter.step()

    @property
    def told(self) -> str:
        return " ".join(beacon.event for beacon in self.owed)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_events_are_owed_as_they_are_played(desk: Desk) -> None:
    await desk.ask(0)
    assert desk.told == "impression start"
    await desk.ask(1, 2)
    assert desk.told == "impression start"
    await desk.pass_(2.4)
    assert desk.told == "impression start"
    await desk.pass_(0.2)
    assert desk.told == "impression start firstQuartile"
    await desk.ask(3, 4)
    for _ in range(5):
        await desk.pass_(2)
    assert desk.told == "impression " + " ".join(EVENTS)
    beacon = desk.owed[0]
    assert (beacon.session, beacon.break_id, beacon.ad) == ("digest of s", "b", 0)
    assert (beacon.template, beacon.url) == (
        "https://a.example/impression?ip=[DEVICEIP]&at=[ADPLAYHEAD]",
        "https://a.example/impression?ip=192.0.2.1&at=00%3A00%3A00.000",
    )
    assert beacon.headers == (("X-Device-IP", "192.0.2.1"),)


async def test_repeats_seeks_back_and_other_renditions_owe_nothing_twice(desk: Desk) -> None:
    """E-03, E-06."""
    await desk.ask(0, 0, 1, 2, 0, 1, 3, 4)
    await desk.pass_(20)
    await desk.ask(0, 1, 2, 3, 4)
    await desk.pass_(20)
    assert desk.told == "impression " + " ".join(EVENTS)
    assert desk.loads == 1


async def test_who_joins_in_mid_ad_is_owed_nothing(desk: Desk) -> None:
    """E-08."""
    await desk.ask(1, 2, 3, 4)
    await desk.pass_(20)
    assert desk.owed == []


async def test_an_ad_that_is_cut_has_no_complete(desk: Desk) -> None:
    """D-52: after an early return nobody asks for what was cut off."""
    await desk.ask(0, 1, 2)
    await desk.pass_(60)
    assert desk.told == "impression start firstQuartile"


async def test_ads_of_a_pod_and_sessions_are_told_apart(desk: Desk) -> None:
    await desk.ask(0, index=0)
    await desk.ask(0, index=2)
    await desk.ask(0, sid="other")
    assert [(one.session, one.ad) for one in desk.owed if one.event == "start"] == [
        ("digest of s", 0),
        ("digest of s", 2),
        ("digest of other", 0),
    ]
    assert len({one.key for one in desk.owed}) == 6


async def test_nothing_is_told_of_what_is_not_an_ad_or_not_there(desk: Desk) -> None:
    await desk.ask(0, 1, 2, index=1)
    await desk.ask(0, 1, 2, index=7)
    await desk.pass_(20)
    assert desk.owed == []


async def test_a_store_that_is_down_loses_no_evidence(desk: Desk) -> None:
    desk.down = True
    await desk.ask(0, 1, 2)
    assert desk.owed == []
    desk.down = False
    await desk.pass_(RETRY_S)
    assert desk.told == "impression start"
    await desk.pass_(2)
    assert desk.told == "impression start firstQuartile"


async def test_what_was_fetched_is_owed_when_the_process_ends(desk: Desk) -> None:
    await desk.ask(0, 1, 2, 3)
    task = asyncio.create_task(desk.reporter.run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert desk.told == "impression start firstQuartile midpoint"


async def test_more_requests_than_are_looked_at_are_counted(desk: Desk) -> None:
    for _ in range(QUEUE + 3):
        desk.reporter.saw(
            Request(
                sid="s",
                break_id="b",
                index=0,
                position=Position(0, 5, Decimal(0), Decimal(2)),
                ends=ENDS,
                at=0.0,
            )
        )
    while not desk.owed:
        await desk.reporter.step()
    assert desk.told == "impression start"


class Breaks(Desk):
    """A desk whose pod is of a break that wants to be told."""

    async def load_ads(self, sid: str, break_id: str) -> bytes:
        events = ("breakStart", "breakEnd", "error")
        return write_ads(
            [None, AD, AD, None], [Tracking(one, f"https://v.example/{one}") for one in events]
        )


async def test_a_break_begins_with_its_first_ad_and_ends_with_its_last() -> None:
    """D-42, E-02: before the impression, after complete; of the break, not of an ad."""
    desk = Breaks()
    for index in (1, 2):
        await desk.ask(0, 1, 2, 3, 4, index=index)
        for _ in range(5):
            await desk.pass_(2)
    one = "impression " + " ".join(EVENTS)
    assert desk.told == f"breakStart {one} {one} breakEnd"
    assert [beacon.ad for beacon in desk.owed if beacon.event.startswith("break")] == [NO_AD] * 2


async def test_a_break_whose_only_ad_is_left_has_begun_and_not_ended() -> None:
    desk = Breaks()
    await desk.ask(0, 1, index=1)
    await desk.ask(0, index=2)
    await desk.pass_(60)
    assert "breakStart" in desk.told
    assert "breakEnd" not in desk.told
