"""Pods for breaks that nobody announces: kept, used once, given up."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from manifests.breaks import AdBreak
from packager import prefetch
from packager.clock import ManualClock
from packager.config.ad_settings import Prefetch as Settings
from packager.decisions.ads import Ad
from packager.decisions.offers import Decided, Offer
from packager.metrics import Metrics
from packager.prefetch import Prefetch
from packager.reasons import Reason

SETTINGS = Settings(seconds=Decimal(30), spread_s=0, keep_s=100)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def offered(expires_s: int | None = None) -> Decided:
    return Decided(offers=(Offer(ad=Ad(id="1", expires_s=expires_s)),))


class World:
    """A session's calls, and what they are answered."""

    def __init__(self, answer: Callable[[], Decided] = offered) -> None:
        self.clock = ManualClock()
        self.metrics = Metrics()
        self.pods = Prefetch(self.clock, self.metrics)
        self.asked: list[AdBreak] = []
        self.answer = answer

    async def ask(self, ad_break: AdBreak, spread_s: float) -> Decided:
        self.asked.append(ad_break)
        return self.answer()

    async def poll(self, sid: str = "s", after_s: float = 0.0) -> None:
        self.clock.advance(after_s)
        self.pods.begin(sid, SETTINGS, self.ask)
        for _ in range(5):
            await asyncio.sleep(0)

    def count(self, result: str) -> float | None:
        return self.metrics.registry.get_sample_value(
            "weft_prefetched_pods_total", {"result": result}
        )


async def test_a_session_has_one_pod_at_a_time_of_the_length_that_was_set() -> None:
    world = World()
    for _ in range(3):
        await world.poll()
    (asked,) = world.asked
    assert asked.length == 30
    assert "s" in world.pods
    assert "another" not in world.pods


async def test_a_pod_is_for_one_break_and_the_next_is_asked_for_when_it_was_used() -> None:
    world = World()
    await world.poll()
    assert world.pods.taken("s") is not None
    assert world.pods.taken("s") is None  # a break at the same time has none
    await world.poll()
    assert len(world.asked) == 1  # it is being tried
    world.pods.used("s")
    await world.poll()
    assert [one.id for one in world.asked] == ["prefetch-1", "prefetch-2"]
    assert world.count("used") == 1


async def test_a_pod_of_which_nothing_was_shown_is_for_the_next_break() -> None:
    world = World()
    await world.poll()
    pod = world.pods.taken("s")
    assert pod is not None
    world.pods.put_back("s", pod)
    assert world.pods.taken("s") is pod
    assert world.count("used") == 0


async def test_a_pod_that_was_dropped_counts_as_nothing_and_is_replaced() -> None:
    world = World()
    await world.poll()
    world.pods.taken("s")
    world.pods.drop("s")
    await world.poll()
    assert len(world.asked) == 2
    assert [world.count(one) for one in ("used", "expired", "unused")] == [0, 0, 0]


async def test_an_ad_is_kept_no_longer_than_its_server_allows() -> None:
    """D-12."""
    world = World(lambda: offered(expires_s=40))
    await world.poll()
    world.clock.advance(39)
    assert "s" in world.pods
    world.clock.advance(1)
    assert world.pods.taken("s") is None
    await world.poll()
    assert world.count("expired") == 1
    assert len(world.asked) == 2


async def test_ads_that_may_not_be_kept_do_not_make_a_call_with_every_poll() -> None:
    world = World(lambda: offered(expires_s=0))
    for _ in range(6):
        await world.poll(after_s=prefetch.LEAST_S / 5)
    assert len(world.asked) == 2


async def test_an_empty_answer_is_no_pod_and_is_asked_for_again_in_its_time() -> None:
    world = World(Decided)
    await world.poll()
    assert world.pods.taken("s") is None
    await world.poll(after_s=99)
    assert len(world.asked) == 1
    await world.poll(after_s=1)
    assert len(world.asked) == 2
    assert world.count("expired") == 0


async def test_whatever_goes_wrong_is_as_if_nothing_had_been_asked() -> None:
    def fail() -> Decided:
        raise RuntimeError

    world = World(fail)
    await world.poll()
    assert world.pods.taken("s") is None
    value = world.metrics.registry.get_sample_value(
        "weft_degradations_total", {"reason": Reason.INTERNAL_ERROR}
    )
    assert value == 1


async def test_sessions_that_are_not_seen_again_are_forgotten_and_counted() -> None:
    world = World()
    await world.poll("first")
    await world.poll("second", after_s=100 + prefetch.GRACE_S)
    assert world.count("unused") == 1
    assert "second" in world.pods


async def test_no_more_pods_are_kept_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prefetch, "SESSIONS", 3)
    world = World()
    for number in range(5):
        await world.poll(str(number))
    assert [str(number) in world.pods for number in range(5)] == [False, False, True, True, True]
    assert world.count("unused") == 2


async def test_what_is_left_at_the_end_is_counted_and_nothing_is_asked_for_then() -> None:
    world = World()
    await world.poll()
    await world.pods.aclose()
    await world.poll("late")
    assert world.count("unused") == 1
    assert len(world.asked) == 1
