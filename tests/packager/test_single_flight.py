"""One call in flight per key (failures.md, row 28)."""

import asyncio
from contextvars import ContextVar

import pytest

from packager.single_flight import FlightsClosed, FlightsFull, SingleFlight


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Call:
    """Something to call that counts, and ends when it is told how."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str:
        self.started += 1
        try:
            return await self.end
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_two_who_ask_for_the_same_share_one_call() -> None:
    flights: SingleFlight[str] = SingleFlight()
    call = Call()
    waiters = [asyncio.create_task(flights.run("key", call)) for _ in range(2)]
    await settle()
    assert call.started == 1
    assert "key" in flights
    call.end.set_result("done")
    assert await asyncio.gather(*waiters) == ["done", "done"]
    assert len(flights) == 0


async def test_other_keys_are_other_calls() -> None:
    flights: SingleFlight[str] = SingleFlight()
    one, other = Call(), Call()
    one.end.set_result("one")
    other.end.set_result("other")
    assert await asyncio.gather(flights.run(1, one), flights.run(2, other)) == ["one", "other"]


@pytest.mark.parametrize("leaver", [0, 1])
async def test_one_who_leaves_does_not_end_the_call_of_the_others(leaver: int) -> None:
    flights: SingleFlight[str] = SingleFlight()
    call = Call()
    waiters = [asyncio.create_task(flights.run("key", call)) for _ in range(2)]
    await settle()
    waiters[leaver].cancel()
    await settle()
    assert waiters[leaver].cancelled()
    assert call.cancelled == 0
    call.end.set_result("done")
    assert await waiters[1 - leaver] == "done"


async def test_a_call_that_everybody_left_goes_on() -> None:
    flights: SingleFlight[str] = SingleFlight()
    call = Call()
    waiter = asyncio.create_task(flights.run("key", call))
    await settle()
    waiter.cancel()
    await settle()
    late = asyncio.create_task(flights.run("key", call))
    await settle()
    assert (call.started, call.cancelled) == (1, 0)
    call.end.set_result("done")
    assert await late == "done"


async def test_a_failure_goes_to_all_who_wait_and_is_not_kept() -> None:
    flights: SingleFlight[str] = SingleFlight()
    failing, call = Call(), Call()
    waiters = [asyncio.create_task(flights.run("key", failing)) for _ in range(2)]
    await settle()
    failing.end.set_exception(ValueError("no"))
    for waiter in waiters:
        with pytest.raises(ValueError, match="no"):
            await waiter
    call.end.set_result("yes")
    assert await flights.run("key", call) == "yes"


async def test_a_failure_that_nobody_waited_for_is_not_complained_about() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    flights: SingleFlight[str] = SingleFlight()
    call = Call()
    flights.start("key", call)
    await settle()
    call.end.set_exception(ValueError("no"))
    await settle()
    assert len(flights) == 0
    assert complaints == []


async def test_patience_ends_the_waiting_and_not_the_call() -> None:
    flights: SingleFlight[str] = SingleFlight()
    call = Call()
    task = flights.start("key", call)
    for patience_s in (0.0, 0.01):
        with pytest.raises(TimeoutError):
            await flights.wait(task, patience_s=patience_s)
    call.end.set_result("done")
    assert await flights.wait(task, patience_s=1.0) == "done"


async def test_no_more_calls_than_allowed_are_in_flight() -> None:
    flights: SingleFlight[str] = SingleFlight(limit=2)
    calls = [Call() for _ in range(2)]
    waiters = [asyncio.create_task(flights.run(n, call)) for n, call in enumerate(calls)]
    await settle()
    with pytest.raises(FlightsFull):
        await flights.run("third", calls[0])
    joined = asyncio.create_task(flights.run(0, calls[0]))
    for call in calls:
        call.end.set_result("done")
    assert await asyncio.gather(*waiters, joined) == ["done"] * 3
    assert await flights.run("third", calls[0]) == "done"


async def test_closing_cancels_the_calls_and_tells_who_waits() -> None:
    flights: SingleFlight[str] = SingleFlight()
    call = Call()
    waiter = asyncio.create_task(flights.run("key", call))
    await settle()
    await flights.aclose()
    assert (call.cancelled, len(flights)) == (1, 0)
    with pytest.raises(FlightsClosed):
        await waiter
    with pytest.raises(FlightsClosed):
        await flights.run("key", call)
    assert call.started == 1


async def test_a_call_does_not_carry_the_context_of_who_asked_first() -> None:
    session: ContextVar[str] = ContextVar("session", default="none")
    session.set("first")

    async def read() -> str:
        return session.get()

    assert await SingleFlight[str]().run("key", read) == "none"


async def test_one_can_wait_until_everything_has_landed() -> None:
    flights: SingleFlight[int] = SingleFlight()
    landed: list[int] = []

    async def call(number: int) -> int:
        await asyncio.sleep(0)
        if number < 3:
            flights.start(number + 1, lambda: call(number + 1))
        landed.append(number)
        return number

    flights.start(1, lambda: call(1))
    await flights.landed()
    assert landed == [1, 2, 3]
    assert not len(flights)
    await flights.landed()
