import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from manifests.breaks import AdBreak
from packager.decisions.decider import Decided
from packager.decisions.once import Decisions
from packager.decisions.request import DecisionRequest
from packager.packaging.ladder import Ladder
from packager.reasons import Reason
from packager.single_flight import SingleFlight

REQUEST = DecisionRequest(
    show="news",
    session="d1gest",
    ad_break=AdBreak(id="b1", start=Decimal(0), out_at=Decimal(0), planned_end=Decimal(30)),
    length=Fraction(30),
    now=datetime(2026, 1, 2, tzinfo=UTC),
    live=True,
    ladder=Ladder(entries=()),
)


class Gate:
    """A decider that answers when it is told to, with the number of the call."""

    def __init__(self) -> None:
        self.calls = 0
        self.open = asyncio.Event()

    async def decide(self, request: DecisionRequest) -> Decided:
        self.calls += 1
        number = self.calls
        await self.open.wait()
        return Decided(detail=str(number))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def flights() -> AsyncIterator[SingleFlight[Decided]]:
    flights: SingleFlight[Decided] = SingleFlight(limit=2)
    yield flights
    await flights.aclose()


async def test_all_playlists_of_a_session_wait_for_one_call_a_02(
    flights: SingleFlight[Decided],
) -> None:
    gate = Gate()
    decisions = Decisions(gate, flights)
    later = replace(REQUEST, now=REQUEST.now + timedelta(seconds=1))
    waiters = [asyncio.ensure_future(decisions.decide(r)) for r in (REQUEST, later, REQUEST)]
    await asyncio.sleep(0)
    gate.open.set()
    assert [decided.detail for decided in await asyncio.gather(*waiters)] == ["1"] * 3
    assert (await decisions.decide(later)).detail == "1"
    assert gate.calls == 1


async def test_another_session_break_or_decider_is_another_decision(
    flights: SingleFlight[Decided],
) -> None:
    gate, other = Gate(), Gate()
    gate.open.set()
    other.open.set()
    decisions = Decisions(gate, flights)
    for request in (
        REQUEST,
        replace(REQUEST, session="other"),
        replace(REQUEST, show="other"),
        replace(REQUEST, ad_break=replace(REQUEST.ad_break, id="b2")),
    ):
        await decisions.decide(request)
    assert gate.calls == 4
    await Decisions(other, flights).decide(REQUEST)
    assert other.calls == 1


async def test_an_answer_that_comes_late_is_there_the_next_time_d_57(
    flights: SingleFlight[Decided],
) -> None:
    gate = Gate()
    decisions = Decisions(gate, flights)
    with pytest.raises(TimeoutError):
        await decisions.decide(REQUEST, patience_s=0.01)
    with pytest.raises(TimeoutError):
        await decisions.decide(REQUEST, patience_s=0.0)
    gate.open.set()
    assert (await decisions.decide(REQUEST, patience_s=1.0)).detail == "1"
    assert gate.calls == 1


async def test_a_viewer_that_leaves_does_not_end_the_call(flights: SingleFlight[Decided]) -> None:
    gate = Gate()
    decisions = Decisions(gate, flights)
    leaver = asyncio.ensure_future(decisions.decide(REQUEST))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    assert (await decisions.decide(REQUEST)).detail == "1"
    assert gate.calls == 1


async def test_calls_beyond_the_limit_are_shed_and_tried_again_later(
    flights: SingleFlight[Decided],
) -> None:
    gate = Gate()
    decisions = Decisions(gate, flights)
    for session in "xy":
        with pytest.raises(TimeoutError):
            await decisions.decide(replace(REQUEST, session=session), patience_s=0.0)
    assert (await decisions.decide(REQUEST)).reasons == (Reason.AD_UNREACHABLE,)
    gate.open.set()
    await decisions.decide(replace(REQUEST, session="x"))
    assert (await decisions.decide(REQUEST)).reasons == ()
    assert gate.calls == 3


async def test_only_the_newest_answers_are_kept(flights: SingleFlight[Decided]) -> None:
    gate = Gate()
    gate.open.set()
    decisions = Decisions(gate, flights, keep=2)
    for session in "xyz":
        await decisions.decide(replace(REQUEST, session=session))
    await decisions.decide(replace(REQUEST, session="z"))
    assert gate.calls == 3
    await decisions.decide(replace(REQUEST, session="x"))
    assert gate.calls == 4
