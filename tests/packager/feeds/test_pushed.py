"""A feed that is told: one process hears it, and all that share its store know it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from packager.clock import ManualClock
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.scalars import Secret
from packager.feeds.history import History, Reading
from packager.feeds.pushed import LOOK_S, PAUSE_S, Pushed
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import Store
from packager.stores.sqlite import SqliteStore

GOALS = Fact(name="goals", kind="int")
FEED = PushedFeed(secret=Secret("s" * 32), pointer=("home",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await SqliteStore.open(tmp_path / "weft.db")
    yield store
    await store.close()


class Process:
    """As much of a process as a feed needs."""

    def __init__(self, store: Store, fact: Fact = GOALS) -> None:
        self.clock = ManualClock()
        self.history = History(stale_s=FEED.stale_after_s)
        self.metrics = Metrics()
        self.pushed = Pushed(
            "cup",
            fact,
            FEED,
            self.history,
            store=store,
            clock=self.clock,
            metrics=self.metrics,
        )


async def test_what_one_process_is_told_another_knows_with_the_same_instant(store: Store) -> None:
    one, other = Process(store), Process(store)
    one.clock.advance(10)
    await one.pushed.push(b'{"home": 1}')
    told_at = one.clock.now()
    assert one.history.at(told_at) == Reading(1, told_at, stale=False)
    other.clock.advance(11)
    assert other.history.latest is None
    assert await other.pushed.once() == LOOK_S
    assert other.history.at(told_at) == Reading(1, told_at, stale=False)


async def test_a_value_outlives_the_process_and_is_not_taken_for_news(store: Store) -> None:
    before = Process(store)
    await before.pushed.push(b'{"home": 2}')
    after = Process(store)
    after.clock.advance(100)
    await after.pushed.once()
    await after.pushed.once()
    assert after.history.at(after.clock.now()) == Reading(2, before.clock.now(), stale=False)
    assert after.history.at(before.clock.now() - timedelta(seconds=1)) is None


@pytest.mark.parametrize("body", [b"", b"1", b"{}", b'{"home": "many"}', b'{"home": 1.5}'])
async def test_a_document_without_a_value_is_refused_and_changes_nothing(
    store: Store, body: bytes
) -> None:
    process = Process(store)
    with pytest.raises(ValueError, match=r"JSON|nothing at|is no int"):
        await process.pushed.push(body)
    await process.pushed.once()
    assert process.history.latest is None


@pytest.mark.parametrize(
    "state", [b"", b"[]", b"{}", b'[9, "1", "2026-01-01T00:00:00+00:00"]', b'[1, "x", "then"]']
)
async def test_what_cannot_be_read_in_the_store_is_left_alone(store: Store, state: bytes) -> None:
    await store.put_channel("feed of cup/goals", state)
    process = Process(store)
    assert await process.pushed.once() == LOOK_S
    assert process.history.latest is None


async def test_a_value_of_a_fact_that_is_another_now_is_left_alone(store: Store) -> None:
    await Process(store, Fact(name="goals", kind="string")).pushed.push(b'{"home": "one"}')
    process = Process(store)
    await process.pushed.once()
    assert process.history.latest is None


async def test_a_store_that_is_down_is_counted_and_left_in_peace_for_a_while(
    store: Store,
) -> None:
    process = Process(store)
    await store.close()
    assert await process.pushed.once() == PAUSE_S
    assert f'{{reason="{Reason.STORE_FAILED}"}} 1' in process.metrics.render().decode()
