"""Calls of an ad server: capped, drawn by lot, and stopped while it fails (failures.md, row 29)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from packager.clock import ManualClock
from packager.decisions.gate import Gate, GateRules, Shed, draw_of
from packager.reasons import Reason


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


def a_gate(clock: ManualClock, **rules: float) -> tuple[Gate, list[float]]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return Gate(GateRules(**rules), clock, sleep=sleep), slept  # type: ignore[arg-type]


async def call(gate: Gate, *, failed: bool | None = False, **passage: float) -> None:
    async with gate.passage(**passage) as attempt:  # type: ignore[arg-type]
        attempt.failed = failed


async def reason_of(awaitable: Awaitable[None]) -> Reason:
    with pytest.raises(Shed) as caught:
        await awaitable
    return caught.value.reason


async def fail(gate: Gate, times: int = 1) -> None:
    for _ in range(times):
        await call(gate, failed=True)


async def test_without_a_cap_all_calls_are_made_at_once() -> None:
    gate, slept = a_gate(ManualClock())
    for _ in range(1000):
        await call(gate, draw=0.999, viewers=1_000_000)
    assert slept == []


async def test_calls_are_spread_over_the_time_that_there_is() -> None:
    gate, slept = a_gate(ManualClock(), per_s=10, burst=0)
    for _ in range(30):
        await call(gate, within_s=3)
    assert slept == pytest.approx([n / 10 for n in range(1, 30)])
    assert await reason_of(call(gate, within_s=3)) is Reason.AD_SHED


async def test_after_a_pause_a_few_calls_go_at_once() -> None:
    clock = ManualClock()
    clock.advance(100)
    gate, slept = a_gate(clock, per_s=10, burst=5)
    for _ in range(5):
        await call(gate)
    assert slept == []
    assert await reason_of(call(gate)) is Reason.AD_SHED


async def test_who_is_asked_for_beyond_the_cap_is_drawn_by_lot_and_anew_for_each_break() -> None:
    viewers = [f"viewer {number}" for number in range(2000)]
    asked: list[set[str]] = []
    for break_id in ("b1", "b2"):
        gate, _ = a_gate(ManualClock(), per_s=100, burst=0)
        passed = set()
        for viewer in viewers:
            try:
                draw = draw_of(break_id, viewer)
                await call(gate, draw=draw, viewers=len(viewers), within_s=5)
            except Shed as shed:
                assert shed.reason is Reason.AD_SHED  # noqa: PT017
            else:
                passed.add(viewer)
        asked.append(passed)
    assert all(300 < len(passed) <= 500 for passed in asked)
    assert len(asked[0] & asked[1]) < 200  # a quarter of a quarter, and not the first comers


def test_a_draw_is_the_same_for_the_same_names_and_evenly_spread() -> None:
    assert draw_of("b1", "s1") == draw_of("b1", "s1") != draw_of("b2", "s1")
    draws = sorted(draw_of("b1", str(number)) for number in range(1000))
    assert all(abs(draw - place / 1000) < 0.06 for place, draw in enumerate(draws))


async def test_a_server_that_fails_in_a_row_is_left_alone_for_longer_each_time() -> None:
    clock = ManualClock()
    gate, _ = a_gate(clock, failures=3, rest_s=2, longest_rest_s=5)
    await fail(gate, 2)
    await call(gate)  # one good answer, and all is forgotten
    await fail(gate, 3)
    for rest_s in (2, 4, 5, 5):
        assert not gate.is_open
        assert await reason_of(call(gate)) is Reason.AD_SERVER_RESTS
        clock.advance(rest_s)
        assert gate.is_open
        await fail(gate)
    clock.advance(5)
    await call(gate)
    await fail(gate, 2)
    assert gate.is_open


async def test_calls_of_which_nobody_knows_what_came_change_nothing() -> None:
    gate, _ = a_gate(ManualClock(), failures=2)
    await fail(gate)
    await call(gate, failed=None)
    assert gate.is_open
    await fail(gate)
    assert not gate.is_open


async def test_one_call_finds_out_whether_it_works_again() -> None:
    clock = ManualClock()
    gate, _ = a_gate(clock, failures=1, rest_s=2)
    await fail(gate)
    clock.advance(2)
    async with gate.passage():
        assert await reason_of(call(gate)) is Reason.AD_SERVER_RESTS
    await call(gate)


async def test_a_call_that_is_given_up_leaves_the_way_free() -> None:
    clock = ManualClock()
    gate, _ = a_gate(clock, failures=1, rest_s=2, concurrency=1)
    await fail(gate)
    clock.advance(2)

    async def hang() -> None:
        async with gate.passage():
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await call(gate)


async def test_no_more_calls_are_made_at_a_time_than_are_allowed() -> None:
    gate, _ = a_gate(ManualClock(), concurrency=2)
    go = asyncio.Event()
    at_a_time: list[int] = []
    running = 0

    async def one(done: Callable[[], None]) -> None:
        nonlocal running
        async with gate.passage(within_s=5):
            running += 1
            at_a_time.append(running)
            await go.wait()
            running -= 1
            done()

    finished: list[int] = []
    tasks = [asyncio.create_task(one(lambda: finished.append(1))) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert await reason_of(call(gate)) is Reason.AD_SHED
    go.set()
    await asyncio.gather(*tasks)
    assert len(finished) == 5
    assert max(at_a_time) == 2


async def test_siblings_rest_apart_and_share_what_the_server_can_take() -> None:
    clock = ManualClock()
    ads, slept = a_gate(clock, per_s=10, burst=0, failures=2)
    schedules = ads.sibling()
    for _ in range(2):
        await call(ads, failed=True, within_s=1)
        await call(schedules, within_s=1)
    assert slept == pytest.approx([0.1, 0.2, 0.3])  # one turn after the other
    assert not ads.is_open
    assert schedules.is_open


async def test_siblings_share_their_places() -> None:
    ads, _ = a_gate(ManualClock(), concurrency=1)
    async with ads.passage():
        assert await reason_of(call(ads.sibling())) is Reason.AD_SHED
