"""The cache of patches: what it remembers, and what it leaves to the client that asks again."""

import asyncio
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from loadtests.synthetic_mpd import MIDNIGHT, MPD_URL, live_mpd
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import MpdText, Renderer
from packager.clock import ManualClock
from packager.dash import patches as module
from packager.dash.mpds import JoinedMpd
from packager.dash.patches import IN_THE_MAKING, SENT, Patches, patch_ttl_s

TTL_S = Decimal(60)
LISTED = 160  # segments: the window is so long that patches are worth it


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class KnownMpds:
    """MPDs that are kept until they are dropped, by number."""

    def __init__(self) -> None:
        self.known: dict[int, JoinedMpd] = {}

    def by_number(self, number: int) -> JoinedMpd | None:
        return self.known.get(number)

    def add(self, text: MpdText) -> JoinedMpd:
        made = JoinedMpd(len(self.known) + 1, text)
        self.known[made.number] = made
        return made


def texts(count: int) -> list[MpdText]:
    renderer = Renderer(rules=DashRules(), rung_of=lambda one, representation: representation.id)
    channel, found = DashChannel(), []
    for first in range(1000, 1000 + 2 * count, 2):
        now = Decimal(MIDNIGHT + 4 * (first + LISTED))
        channel = channel.advance(read_mpd(live_mpd(first, LISTED), url=MPD_URL), now=now)
        found.append(renderer.render(channel, []))
    return found


@pytest.fixture
def mpds() -> KnownMpds:
    return KnownMpds()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def patches(mpds: KnownMpds, clock: ManualClock) -> Patches:
    return Patches(mpds, clock)  # type: ignore[arg-type]


def seconds(number: int) -> Decimal:
    return Decimal(1_771_000_000 + number)


async def has_patch(patches: Patches, sid: str, published: int, mpd: JoinedMpd) -> bool:
    patch, _ = await patches.between(sid, seconds(published), mpd, ttl_s=TTL_S)
    return patch is not None


async def test_only_the_last_versions_of_a_session_are_remembered(
    patches: Patches, mpds: KnownMpds
) -> None:
    versions = [mpds.add(text) for text in texts(SENT + 2)]
    for number, mpd in enumerate(versions[:-1]):
        patches.sent("s", seconds(number), mpd)
        patches.sent("s", seconds(number), mpd)
    found = [await has_patch(patches, "s", n, versions[-1]) for n in range(SENT + 1)]
    assert found == [False, *[True] * SENT]


async def test_sessions_that_were_silent_the_longest_are_forgotten(
    mpds: KnownMpds, clock: ManualClock
) -> None:
    patches = Patches(mpds, clock, max_sessions=2)  # type: ignore[arg-type]
    old, new = (mpds.add(text) for text in texts(2))
    for sid in ("a", "b", "c"):
        patches.sent(sid, seconds(0), old)
    assert [await has_patch(patches, sid, 0, new) for sid in "abc"] == [False, True, True]


async def test_an_mpd_that_is_no_longer_kept_has_no_patch(
    patches: Patches, mpds: KnownMpds
) -> None:
    old, new = (mpds.add(text) for text in texts(2))
    patches.sent("s", seconds(0), old)
    del mpds.known[old.number]
    assert not await has_patch(patches, "s", 0, new)


async def test_a_version_that_was_joined_again_is_the_same(
    patches: Patches, mpds: KnownMpds
) -> None:
    text, later = texts(2)
    old, again, new = mpds.add(text), mpds.add(replace(text)), mpds.add(later)
    patches.sent("s", seconds(0), old)
    patches.sent("s", seconds(0), again)
    assert await has_patch(patches, "s", 0, new)


@pytest.mark.parametrize("is_dropped", [True, False])
async def test_where_one_time_may_mean_two_texts_there_is_no_patch(
    patches: Patches, mpds: KnownMpds, is_dropped: bool
) -> None:
    """B-41 forbids it; if it happens all the same, nobody's MPD is damaged."""
    first, other, later = texts(3)
    old, again, new = mpds.add(first), mpds.add(other), mpds.add(later)
    patches.sent("s", seconds(0), old)
    if is_dropped:
        mpds.known[again.number] = again = replace(again, text=first)
        del mpds.known[old.number]
    for _ in range(2):
        patches.sent("s", seconds(0), again)
        assert not await has_patch(patches, "s", 0, new)


async def test_what_came_of_a_comparison_is_kept_within_bounds(
    mpds: KnownMpds, clock: ManualClock
) -> None:
    patches = Patches(mpds, clock, max_bytes=10_000)  # type: ignore[arg-type]
    versions = [mpds.add(text) for text in texts(SENT + 1)]
    for number, mpd in enumerate(versions[:-1]):
        patches.sent("s", seconds(number), mpd)
    outcomes = []
    for number in (0, 0, 1, 2, 3, 0):
        _, shared = await patches.between("s", seconds(number), versions[-1], ttl_s=TTL_S)
        outcomes.append(shared)
    assert outcomes == [False, True, False, False, False, False]
    assert 0 < patches._made.currsize <= 10_000


class Gate:
    """Comparing MPDs, which takes as long as a test wants it to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = threading.Event()
        self.calls = 0
        real = module._timed

        def timed(old: bytes, new: bytes) -> object:
            self.calls += 1
            assert self.opened.wait(20)
            return replace(real(old, new), seconds=self.costs_s)

        self.costs_s = 0.0
        monkeypatch.setattr(module, "_timed", timed)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch)


async def test_all_who_go_the_same_way_wait_for_one_comparison(
    patches: Patches, mpds: KnownMpds, gate: Gate
) -> None:
    old, new = (mpds.add(text) for text in texts(2))
    for number in range(5):
        patches.sent(f"s{number}", seconds(number), old)
    waiting = [
        asyncio.create_task(has_patch(patches, f"s{number}", number, new)) for number in range(5)
    ]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who leaves stops nothing
    await asyncio.sleep(0)
    gate.opened.set()
    assert await asyncio.gather(*waiting[1:]) == [True] * 4
    assert gate.calls == 1


async def test_nobody_waits_for_long_and_what_was_begun_serves_the_next(
    patches: Patches, mpds: KnownMpds, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.01)
    old, new = (mpds.add(text) for text in texts(2))
    patches.sent("s", seconds(0), old)
    assert not await has_patch(patches, "s", 0, new)
    gate.opened.set()
    await patches._flights.landed()
    assert await has_patch(patches, "s", 0, new)
    assert gate.calls == 1


async def test_no_more_are_made_at_a_time_than_there_is_memory_for(
    patches: Patches, mpds: KnownMpds, gate: Gate
) -> None:
    old, new = texts(2)
    last = mpds.add(new)
    tasks = []
    for number in range(IN_THE_MAKING + 2):
        patches.sent(f"s{number}", seconds(0), mpds.add(old))
        tasks.append(asyncio.create_task(has_patch(patches, f"s{number}", 0, last)))
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert {task.result() for task in done} == {False}
    gate.opened.set()
    assert sorted(await asyncio.gather(*tasks)) == [False] * 2 + [True] * IN_THE_MAKING


async def test_after_much_work_there_is_a_rest_but_what_is_made_still_serves(
    patches: Patches, mpds: KnownMpds, clock: ManualClock, gate: Gate
) -> None:
    gate.opened.set()
    gate.costs_s = 1.5
    first, second, third = (mpds.add(text) for text in texts(3))
    patches.sent("s", seconds(0), first)
    patches.sent("s", seconds(1), second)
    assert await has_patch(patches, "s", 0, third)
    assert not await has_patch(patches, "s", 1, third)
    assert await has_patch(patches, "s", 0, third)
    clock.advance(2.1)
    assert await has_patch(patches, "s", 1, third)


async def test_during_the_rest_one_may_wait_for_what_was_begun_before(
    patches: Patches, mpds: KnownMpds, clock: ManualClock, gate: Gate
) -> None:
    old, new = (mpds.add(text) for text in texts(2))
    patches.sent("s", seconds(0), old)
    first = asyncio.create_task(has_patch(patches, "s", 0, new))
    await asyncio.sleep(0)
    patches._share.spent(5.0, clock.monotonic())
    second = asyncio.create_task(has_patch(patches, "s", 0, new))
    await asyncio.sleep(0)
    gate.opened.set()
    assert await asyncio.gather(first, second) == [True, True]


async def test_at_the_end_waiters_are_let_go(patches: Patches, mpds: KnownMpds, gate: Gate) -> None:
    old, new = (mpds.add(text) for text in texts(2))
    patches.sent("s", seconds(0), old)
    waiting = asyncio.create_task(has_patch(patches, "s", 0, new))
    await asyncio.sleep(0)
    closing = asyncio.create_task(patches.aclose())
    assert not await waiting
    gate.opened.set()
    await closing
    assert not await has_patch(patches, "s", 0, new)


@pytest.mark.parametrize(
    ("update", "ttl_s"),
    [
        ('minimumUpdatePeriod="PT4S"', 60),
        ('minimumUpdatePeriod="PT7.77S"', 78),
        ('minimumUpdatePeriod="PT0S"', 60),
        ("", None),
    ],
)
def test_patches_are_told_of_for_some_updates(update: str, ttl_s: int | None) -> None:
    body = live_mpd(1000, 46).replace(b'minimumUpdatePeriod="PT4S"', update.encode())
    channel = DashChannel().advance(read_mpd(body, url=MPD_URL), now=Decimal(MIDNIGHT + 4184))
    assert patch_ttl_s(channel) == ttl_s
    assert patch_ttl_s(DashChannel()) is None
