"""What the facts of a show are for one session at one moment."""

from datetime import UTC, datetime

import pytest

from packager.clock import ManualClock
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.scalars import Secret
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.facts.moment import Facts
from packager.feeds.feeds import Feeds
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.rules import compile_rule
from packager.stores.memory import MemoryStore

START = datetime(2026, 11, 22, tzinfo=UTC)
TOLD = PushedFeed(secret=Secret("s" * 32))
SHOW = Show(
    name="cup",
    origin="https://origin.example/",
    facts={
        fact.name: fact
        for fact in (
            Fact(name="theme", kind="string", of=("light", "dark")),
            Fact(name="minutes", kind="int", default="15"),
            Fact(name="club", kind="string", consent="personalise"),
            Fact(name="goals", kind="int", shared=True, feed=TOLD),
            Fact(name="phase", kind="string", shared=True, feed=TOLD, default="before"),
        )
    },
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def feeds(clock: ManualClock) -> Feeds:
    return Feeds(
        Config(shows={"cup": SHOW}),
        client=GuardedClient(),
        store=MemoryStore(),
        clock=clock,
        metrics=Metrics(),
    )


async def push(feeds: Feeds, fact: str, document: bytes) -> None:
    pushed = feeds.pushed("cup", fact)
    assert pushed is not None
    await pushed.push(document)


def test_rules_find_every_fact_whatever_is_known(feeds: Feeds) -> None:
    values = Facts(feeds).values(SHOW, (), START)
    assert values == {"theme": "", "minutes": 15, "club": "", "goals": 0, "phase": "before"}
    kinds = {name: fact.kind for name, fact in SHOW.facts.items()}
    rule = compile_rule('theme == "dark" && goals > 0 ? "a" : phase', kinds, "string")
    assert rule.settle(values) == "before"


async def test_facts_are_those_of_the_moment_that_is_asked_for(
    feeds: Feeds, clock: ManualClock
) -> None:
    facts, said = Facts(feeds), (("minutes", "5"), ("theme", "dark"))
    await push(feeds, "goals", b"1")
    first = clock.now()
    clock.advance(60)
    await push(feeds, "goals", b"2")
    assert facts.values(SHOW, said, first)["goals"] == 1
    assert facts.values(SHOW, said, clock.now())["goals"] == 2
    assert facts.values(SHOW, said, first)["minutes"] == 5


async def test_ad_servers_are_told_what_is_known_and_of_the_anonymous_less(feeds: Feeds) -> None:
    facts, said = Facts(feeds), (("club", "reds"), ("theme", "dark"))
    await push(feeds, "goals", b"3")
    known = (("goals", "3"), ("minutes", "15"), ("phase", "before"), ("theme", "dark"))
    assert facts.told(SHOW, said, START, anonymous=True) == known
    assert facts.told(SHOW, said, START, anonymous=False) == (("club", "reds"), *known)


def test_what_was_said_when_the_fact_was_another_counts_as_not_said(feeds: Feeds) -> None:
    said = (("minutes", "many"), ("theme", "grey"), ("gone", "x"))
    assert Facts(feeds).values(SHOW, said, START)["minutes"] == 15
    assert Facts(feeds).told(SHOW, said, START, anonymous=False) == (
        ("minutes", "15"),
        ("phase", "before"),
    )


async def test_a_feed_that_is_not_heard_of_leaves_its_fact_as_it_was_and_old(
    clock: ManualClock,
) -> None:
    told = PushedFeed(secret=Secret("s" * 32), stale_s=30.0)
    goals = Fact(name="goals", kind="int", shared=True, feed=told)
    show = Show(name="cup", origin="https://origin.example/", facts={"goals": goals})
    feeds = Feeds(
        Config(shows={"cup": show}),
        client=GuardedClient(),
        store=MemoryStore(),
        clock=clock,
        metrics=Metrics(),
    )
    facts = Facts(feeds)
    assert not facts.is_stale(show, "goals", clock.now())
    await push(feeds, "goals", b"2")
    assert not facts.is_stale(show, "goals", clock.now())
    clock.advance(31)
    assert facts.is_stale(show, "goals", clock.now())
    assert facts.values(show, (), clock.now()) == {"goals": 2}
