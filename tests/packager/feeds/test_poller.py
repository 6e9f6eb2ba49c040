"""A feed that is asked: how often, with what, and what becomes of its answers."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from packager.clock import ManualClock
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PolledFeed
from packager.feeds.history import History, Reading
from packager.feeds.poller import DOCUMENT_BYTES, LONGEST_PAUSE_S, Poller
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.reasons import Reason

URL = "https://feed.example/match?key=k"
FEED = PolledFeed(url=URL, pointer=("score",), every_s=5.0)
SCORE = Fact(name="score", kind="string", max_characters=5)
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}

Answer = httpx2.Response | Exception


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Asked:
    """A feed, and the poller that asks it."""

    def __init__(self, feed: PolledFeed = FEED, fact: Fact = SCORE) -> None:
        self.clock = ManualClock()
        self.history = History(stale_s=feed.stale_after_s)
        self.metrics = Metrics()
        self.requests: list[httpx2.Request] = []
        self.answers: list[Answer] = []
        self.poller = Poller(
            "cup",
            fact,
            feed,
            self.history,
            client=GuardedClient(transport=httpx2.MockTransport(self._answer)),
            clock=self.clock,
            metrics=self.metrics,
            sleep=self._sleep,
        )
        self.slept: list[float] = []

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)
        if not self.answers:
            raise asyncio.CancelledError

    async def run(self, *answers: Answer) -> None:
        self.answers += answers
        with pytest.raises(asyncio.CancelledError):
            await self.poller.run()

    def reading(self, seconds: float) -> Reading | None:
        """The value so many seconds after the start."""
        return self.history.at(ManualClock().now() + timedelta(seconds=seconds))

    def count(self, reason: Reason) -> int:
        line = f'{{reason="{reason}"}} '
        texts = self.metrics.render().decode().splitlines()
        return sum(int(float(text.partition(line)[2])) for text in texts if line in text)


def document(score: object, **headers: str) -> httpx2.Response:
    return httpx2.Response(200, json={"score": score}, headers=headers)


def stream(*pieces: bytes, **headers: str) -> httpx2.Response:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return httpx2.Response(200, content=body(), headers=EVENTS | headers)


async def test_a_document_is_looked_at_again_and_again() -> None:
    asked = Asked()
    await asked.run(document("0:0"), document("0:0"), document(1))
    assert asked.slept == [5.0, 5.0, 5.0]
    assert asked.reading(4) == Reading("0:0", asked.reading(0).since, stale=False)  # type: ignore[union-attr]
    assert asked.reading(10).value == "1"  # type: ignore[union-attr]
    assert str(asked.requests[0].url) == URL
    assert asked.count(Reason.FEED_FAILED) == 0


async def test_a_document_that_did_not_change_is_not_sent_again() -> None:
    asked = Asked()
    same = httpx2.Response(304)
    await asked.run(document("0:0", etag='"a"', **{"last-modified": "then"}), *[same] * 20)
    assert "if-none-match" not in asked.requests[0].headers
    assert asked.requests[-1].headers["if-none-match"] == '"a"'
    assert asked.requests[-1].headers["if-modified-since"] == "then"
    assert asked.reading(105) == asked.reading(0)  # confirmed all the time, so not stale


async def test_an_operators_headers_are_for_the_feed_alone() -> None:
    asked = Asked(replace(FEED, headers={"X-Key": "secret"}))
    away = httpx2.Response(302, headers={"location": "https://other.example/"})
    await asked.run(document("0:0"), away)
    assert asked.requests[0].headers["x-key"] == "secret"
    assert len(asked.requests) == 2  # no other host is asked
    assert asked.count(Reason.FEED_FAILED) == 1


async def test_a_feed_that_is_down_is_asked_less_and_less_and_its_value_stays() -> None:
    asked = Asked()
    down = httpx2.ConnectError("refused")
    await asked.run(document("1:0"), *[down] * 12, document("1:1"), document("1:1"))
    assert asked.slept[:5] == [5.0, 10.0, 20.0, 40.0, LONGEST_PAUSE_S]
    assert asked.slept[-2:] == [5.0, 5.0]
    assert asked.reading(60).value == "1:0"  # type: ignore[union-attr]
    assert not asked.reading(60).stale  # type: ignore[union-attr]
    assert asked.reading(61).stale  # type: ignore[union-attr]
    assert asked.count(Reason.FEED_STALE) == 1
    assert asked.count(Reason.FEED_FAILED) == 12
    assert asked.reading(10_000).value == "1:1"  # type: ignore[union-attr]


BAD: dict[str, Callable[[], httpx2.Response]] = {
    "not JSON": lambda: httpx2.Response(200, text="<html>"),
    "no value there": lambda: httpx2.Response(200, json={"goals": 3}),
    "no scalar": lambda: document([1, 2]),
    "null": lambda: document(None),
    "too long": lambda: document("100:100"),
    "several lines": lambda: document("1\n:0"),
    "nested without end": lambda: httpx2.Response(200, content=b"[" * 200_000),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_document_without_a_value_changes_nothing(
    bad: Callable[[], httpx2.Response],
) -> None:
    asked = Asked()
    answer = bad()
    answer.headers["etag"] = '"bad"'
    await asked.run(document("1:0", etag='"good"'), answer, httpx2.Response(304))
    assert asked.reading(20).value == "1:0"  # type: ignore[union-attr]
    assert asked.count(Reason.FEED_INVALID) == 1
    assert asked.requests[2].headers["if-none-match"] == '"good"'


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, content=b'"' + b"x" * DOCUMENT_BYTES + b'"'),
        httpx2.Response(
            200, content=gzip.compress(b" " * 10_000_000), headers={"content-encoding": "gzip"}
        ),
        httpx2.Response(500),
    ],
    ids=["large", "inflated", "status"],
)
async def test_an_answer_is_bounded(answer: httpx2.Response) -> None:
    asked = Asked()
    await asked.run(answer)
    assert asked.count(Reason.FEED_FAILED) == 1
    assert asked.history.latest is None


async def test_events_are_taken_as_they_come() -> None:
    asked = Asked()
    seen: list[object] = []

    async def body() -> AsyncIterator[bytes]:
        for piece in (
            b'data: {"score": "0:0"}\n\n',
            b": alive\n\n",
            b'data: {"score":',
            b" 1}\n\n",
        ):
            asked.clock.advance(50)
            yield piece
            seen.append(asked.history.latest)

    await asked.run(httpx2.Response(200, content=body(), headers=EVENTS))
    assert seen == ["0:0", "0:0", "0:0", "1"]
    assert not asked.reading(199).stale  # type: ignore[union-attr]  # comments confirm
    assert "text/event-stream" in asked.requests[0].headers["accept"]


async def test_a_stream_that_ends_is_opened_anew_where_it_ended() -> None:
    asked = Asked()
    await asked.run(
        stream(b'retry: 2000\nid: 7\ndata: {"score": "0:0"}\n\n'),
        stream(b'data: {"score": "1:0"}\n\n'),
    )
    assert "last-event-id" not in asked.requests[0].headers
    assert asked.requests[1].headers["last-event-id"] == "7"
    assert asked.slept == [2.0, 5.0]
    assert asked.history.latest == "1:0"


@pytest.mark.parametrize(("said", "waited"), [(0, 0.5), (10**8, LONGEST_PAUSE_S)])
async def test_a_stream_cannot_ask_for_a_storm_or_for_silence(said: int, waited: float) -> None:
    asked = Asked()
    await asked.run(stream(b"retry: %d\n\n" % said))
    assert asked.slept == [waited]


async def test_only_events_of_the_configured_type_have_the_value() -> None:
    asked = Asked(replace(FEED, event="score"))
    await asked.run(stream(b'data: {"score": "9:9"}\n\nevent: score\ndata: {"score": 1}\n\n'))
    assert asked.history.latest == "1"


async def test_an_event_without_a_value_leaves_the_stream_open() -> None:
    asked = Asked()
    await asked.run(stream(b"data: hello\n\n", b'data: {"score": "1:0"}\n\n'))
    assert asked.count(Reason.FEED_INVALID) == 1
    assert asked.history.latest == "1:0"


async def test_an_event_that_never_ends_is_given_up() -> None:
    asked = Asked()
    await asked.run(stream(*[b"data: " + b"x" * 1000 + b"\n"] * 100))
    assert asked.count(Reason.FEED_INVALID) == 1
    assert asked.slept == [10.0]


@pytest.mark.parametrize(
    ("every_s", "stale_s", "after"), [(5, None, 60), (60, None, 180), (60, 7, 7)]
)
def test_a_value_is_old_after_some_looks_without_it(
    every_s: float, stale_s: float | None, after: float
) -> None:
    assert PolledFeed(url=URL, every_s=every_s, stale_s=stale_s).stale_after_s == after
