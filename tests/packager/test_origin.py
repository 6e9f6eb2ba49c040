"""The origin's documents, and what viewers get while the origin fails (failures.md, section 1)."""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from manifests.errors import ManifestLimitError, PlaylistSyntaxError
from packager.clock import ManualClock
from packager.origin import Document, OriginCache, OriginObserver
from packager.outbound import (
    PUBLIC,
    BadStatus,
    GuardedClient,
    NotManifest,
    OutboundError,
    Oversize,
    Truncated,
    Unreachable,
)
from packager.reasons import Reason

URL = "http://origin.example/live/index.m3u8"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Origin:
    """An origin whose next answer a test writes down; it counts what it is asked."""

    def __init__(self) -> None:
        self.body = b"#EXTM3U\n1"
        self.status = 200
        self.headers: dict[str, str | bytes] = {}
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.requests: list[httpx2.Request] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        if request.url.path == "/moved":
            return httpx2.Response(302, headers=self.headers)
        asked, told = request.headers.get("if-none-match"), self.headers.get("etag")
        if self.status == 200 and told is not None and asked == told:
            return httpx2.Response(304, headers=self.headers)
        return httpx2.Response(self.status, content=self.body, headers=self.headers)


class Reader:
    """Reads a body as its text, and counts."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.threads: list[threading.Thread] = []

    def __call__(self, body: bytes, url: str) -> list[str]:
        self.urls.append(url)
        self.threads.append(threading.current_thread())
        if not body.startswith(b"#EXTM3U"):
            raise PlaylistSyntaxError("not a playlist", line=1)
        return body.decode().split("\n")


class Observer(OriginObserver):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.fetches: list[Reason | None] = []
        self.seconds: list[float] = []
        self.stale: list[Reason] = []
        self.breakers: list[bool] = []

    def fetched(self, url: str, seconds: float, failure: Reason | None) -> None:
        self.fetches.append(failure)
        self.seconds.append(seconds)

    def stale_served(self, url: str, reason: Reason) -> None:
        self.stale.append(reason)

    def breaker(self, url: str, *, opened: bool) -> None:
        self.breakers.append(opened)


class Bench:
    """A cache with all that is around it."""

    def __init__(self, **settings: object) -> None:
        self.origin = Origin()
        self.read = Reader()
        self.observer = Observer()
        self.clock = ManualClock()
        self.naps: list[float] = []  # of followers
        self.wake: Callable[[float], object] = lambda now: None  # called as they wake up
        client = GuardedClient(transport=httpx2.MockTransport(self.origin))
        self.cache = OriginCache(
            client,
            policy=PUBLIC,
            clock=self.clock,
            observer=self.observer,
            sleep=self.sleep,
            **settings,  # type: ignore[arg-type]
        )

    async def get(self, url: str = URL, max_age_s: float = 2.0) -> Document[list[str]]:
        return await self.cache.get(url, max_age_s=max_age_s, parse=self.read)

    async def sleep(self, seconds: float) -> None:
        self.naps.append(round(seconds, 3))
        self.clock.advance(seconds)
        await asyncio.sleep(0)
        self.wake(self.clock.monotonic())

    async def follow(self, **following: object) -> None:
        """Get the document, follow it, and wait until the follower has ended."""
        await self.get()
        self.cache.follow(URL, parse=self.read, **following)  # type: ignore[arg-type]
        while len(self.cache._followers):  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0)


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Bench]]:
    benches: list[Bench] = []

    def bench(**settings: object) -> Bench:
        benches.append(Bench(**settings))
        return benches[-1]

    yield bench
    for each in benches:
        await each.cache.aclose()


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


# Freshness


async def test_a_fresh_document_is_not_fetched_again(make) -> None:
    bench = make()
    first = await bench.get()
    bench.clock.advance(1.9)
    assert await bench.get() is first
    assert first.url == URL
    assert first.value == ["#EXTM3U", "1"]
    assert first.stale_since is None
    bench.clock.advance(0.1)
    assert await bench.get() is not first
    assert len(bench.origin.requests) == 2


async def test_the_same_bytes_are_read_once(make) -> None:
    bench = make()
    first = await bench.get()
    bench.clock.advance(3)
    second = await bench.get()
    assert second.value is first.value
    assert (second.changed_at, second.confirmed_at) == (0, 3)
    bench.origin.body = b"#EXTM3U\n2"
    bench.clock.advance(3)
    third = await bench.get()
    assert third.value == ["#EXTM3U", "2"]
    assert (third.changed_at, third.confirmed_at) == (6, 6)
    assert len(bench.read.urls) == 2


async def test_the_age_may_depend_on_what_was_read(make) -> None:
    bench = make()
    for _ in range(3):
        await bench.cache.get(URL, max_age_s=lambda lines: 2.0 * len(lines), parse=bench.read)
        bench.clock.advance(2.5)
    assert len(bench.origin.requests) == 2
    bench.clock.advance(1e9)
    await bench.get(max_age_s=math.inf)
    assert len(bench.origin.requests) == 2


async def test_two_readers_of_one_url_have_a_document_each(make) -> None:
    bench = make()
    assert (await bench.get()).value == ["#EXTM3U", "1"]
    length = await bench.cache.get(URL, max_age_s=2.0, parse=size)
    assert length.value == 9


def size(body: bytes, url: str) -> int:
    return len(body)


async def test_validators_spare_the_body(make) -> None:
    bench = make()
    bench.origin.headers = {"etag": '"a"', "last-modified": "Sun, 22 Nov 2026 08:00:00 GMT"}
    first = await bench.get()
    bench.clock.advance(3)
    second = await bench.get()
    asked = bench.origin.requests[1].headers
    assert asked["if-none-match"] == '"a"'
    assert asked["if-modified-since"] == "Sun, 22 Nov 2026 08:00:00 GMT"
    assert second.value is first.value
    assert second.confirmed_at == 3
    bench.origin.headers["etag"] = '"b"'
    bench.origin.body = b"#EXTM3U\n2"
    bench.clock.advance(3)
    assert (await bench.get()).value == ["#EXTM3U", "2"]


async def test_a_validator_that_cannot_be_sent_is_not_kept(make) -> None:
    bench = make()
    bench.origin.headers = {"last-modified": b"caf\xe9"}
    await bench.get()
    bench.clock.advance(3)
    assert (await bench.get()).stale_since is None
    assert "if-modified-since" not in bench.origin.requests[1].headers


@pytest.mark.parametrize("etag", [{}, {"etag": '"a"'}], ids=["without ETag", "with ETag"])
async def test_the_same_bytes_behind_another_redirect_are_read_again(make, etag) -> None:
    """A-47: relative URIs are relative to where the redirects ended."""
    bench = make()
    url = "http://origin.example/moved"
    bench.origin.headers = {"location": "http://a.example/x/index.m3u8", **etag}
    assert (await bench.get(url)).url == "http://a.example/x/index.m3u8"
    bench.origin.headers = {"location": "http://a.example/y/index.m3u8", **etag}
    bench.clock.advance(3)
    assert (await bench.get(url)).url == "http://a.example/y/index.m3u8"
    assert bench.read.urls == ["http://a.example/x/index.m3u8", "http://a.example/y/index.m3u8"]


@pytest.mark.parametrize(("length", "elsewhere"), [(1_000, False), (300_000, True)])
async def test_a_large_document_is_read_off_the_loop(make, length: int, elsewhere: bool) -> None:
    bench = make()
    bench.origin.body = b"#EXTM3U\n" + b"x" * length
    await bench.get()
    assert (bench.read.threads[0] is not threading.current_thread()) is elsewhere


# One fetch for all


async def test_all_who_ask_at_once_share_one_fetch_and_a_leaver_ends_nothing(make) -> None:
    bench = make()
    bench.origin.gate.clear()
    waiters = [asyncio.create_task(bench.get()) for _ in range(50)]
    await settle()
    waiters[0].cancel()
    await settle()
    bench.origin.gate.set()
    documents = await asyncio.gather(*waiters[1:])
    assert len({id(document) for document in documents}) == 1
    assert waiters[0].cancelled()
    assert len(bench.origin.requests) == 1


async def test_too_many_fetches_at_once_are_an_error_only_without_a_good_copy(make) -> None:
    bench = make(max_flights=1)
    await bench.get()
    bench.clock.advance(3)
    bench.origin.gate.clear()
    other = asyncio.create_task(bench.get("http://origin.example/other"))
    await settle()
    with pytest.raises(Unreachable):
        await bench.get("http://origin.example/third")
    assert (await bench.get()).stale_since == 2
    bench.origin.gate.set()
    await other


# An origin that fails


FAILURES = {
    "no connection": (httpx2.ConnectError("x"), 200, b"", Reason.ORIGIN_UNREACHABLE),
    "timeout": (httpx2.ReadTimeout("x"), 200, b"", Reason.ORIGIN_TIMEOUT),
    "status": (None, 503, b"", Reason.ORIGIN_STATUS),
    "not found": (None, 404, b"", Reason.ORIGIN_NOT_FOUND),
    "HTML": (None, 200, b"<!doctype html><title>Log in</title>", Reason.ORIGIN_NOT_MANIFEST),
    "empty": (None, 200, b"", Reason.ORIGIN_NOT_MANIFEST),
    "not text": (None, 200, b"#EXTM3U\n\xff\xfe", Reason.ORIGIN_NOT_MANIFEST),
    "oversize": (None, 200, b"#EXTM3U\n" + bytes(5_000_000), Reason.ORIGIN_OVERSIZE),
}


@pytest.mark.parametrize(("error", "status", "body", "reason"), FAILURES.values(), ids=FAILURES)
async def test_a_failure_is_told_at_first_and_covered_by_the_last_good_copy_later(
    make, error, status, body, reason
) -> None:
    bench = make()
    good = bench.origin.body
    bench.origin.error, bench.origin.status, bench.origin.body = error, status, body
    with pytest.raises(OutboundError) as raised:
        await bench.get()
    assert raised.value.reason == reason
    assert bench.observer.fetches == [reason]

    bench.clock.advance(1)
    bench.origin.error, bench.origin.status, bench.origin.body = None, 200, good
    first = await bench.get()
    bench.origin.error, bench.origin.status, bench.origin.body = error, status, body
    bench.clock.advance(5)
    second = await bench.get()
    assert second.value is first.value
    assert second.stale_since == first.confirmed_at + 2
    assert bench.observer.stale == [reason]
    assert bench.observer.fetches == [reason, None, reason]

    bench.origin.error, bench.origin.status, bench.origin.body = None, 200, b"#EXTM3U\nback"
    bench.clock.advance(1)
    third = await bench.get()
    assert (third.value[-1], third.stale_since) == ("back", None)


async def test_a_truncated_body_is_never_kept(make) -> None:
    bench = make()
    bench.origin.headers = {"content-length": "1000"}
    with pytest.raises(Truncated):
        await bench.get()


async def test_limits_of_the_reader_are_oversize(make) -> None:
    def refuse(body: bytes, url: str) -> None:
        raise ManifestLimitError("too many segments")

    with pytest.raises(Oversize):
        await make().cache.get(URL, max_age_s=2, parse=refuse)


async def test_a_reader_that_breaks_does_not_take_the_good_copy_away(make) -> None:
    bench = make()
    broken = False

    def read(body: bytes, url: str) -> str:
        if broken:
            raise RecursionError
        return "good"

    await bench.cache.get(URL, max_age_s=2, parse=read)
    broken = True
    bench.origin.body = b"#EXTM3U\n2"
    bench.clock.advance(3)
    assert (await bench.cache.get(URL, max_age_s=2, parse=read)).value == "good"
    with pytest.raises(NotManifest) as error:
        await bench.cache.get(URL + "?2", max_age_s=2, parse=read)
    assert isinstance(error.value.__cause__, RecursionError)


async def test_a_failure_stands_for_the_answer_for_a_second_at_most(make) -> None:
    bench = make()
    bench.origin.status = 404
    for _ in range(3):
        with pytest.raises(BadStatus):
            await bench.get()
    assert len(bench.origin.requests) == 1
    for n in range(2, 8):  # also when the breaker is open
        bench.clock.advance(1.0)
        with pytest.raises(BadStatus):
            await bench.get()
        assert len(bench.origin.requests) == n


async def test_a_copy_older_than_its_limit_stands_in_no_more(make) -> None:
    bench = make(stale_for_s=60.0)
    await bench.get()
    bench.origin.status = 500
    bench.clock.advance(59)
    assert (await bench.get()).stale_since == 2
    bench.clock.advance(2)
    with pytest.raises(BadStatus):
        await bench.get()
    bench.origin.status = 200
    bench.clock.advance(1)
    assert (await bench.get()).stale_since is None


async def test_a_slow_origin_is_waited_for_with_patience_and_then_behind_the_scenes(make) -> None:
    bench = make(patience_s=0.2)
    first = await bench.get()
    bench.clock.advance(3)
    bench.origin.gate.clear()
    bench.origin.body = b"#EXTM3U\n2"
    loop = asyncio.get_running_loop()
    start = loop.time()
    stale = await bench.get()
    waited_s = loop.time() - start
    assert stale.value is first.value
    assert stale.stale_since == 2
    assert 0.19 < waited_s < 1.0

    # Patience counts from the fetch, not from each who asks.
    bench.clock.advance(1)
    start = loop.time()
    assert (await bench.get()).stale_since == 2
    assert loop.time() - start < 0.15
    assert bench.observer.stale == [Reason.ORIGIN_TIMEOUT] * 2

    bench.origin.gate.set()
    await settle()
    assert (await bench.get()).value == ["#EXTM3U", "2"]
    assert len(bench.origin.requests) == 2
    assert bench.observer.seconds[-1] == 1


async def test_an_answer_within_patience_is_fresh(make) -> None:
    bench = make(patience_s=5.0)
    await bench.get()
    bench.clock.advance(3)
    bench.origin.gate.clear()
    bench.origin.body = b"#EXTM3U\n2"
    waiter = asyncio.create_task(bench.get())
    await settle()
    bench.origin.gate.set()
    assert (await waiter).value == ["#EXTM3U", "2"]
    assert bench.observer.stale == []


async def test_after_three_failures_a_document_is_left_alone_for_a_while(make) -> None:
    bench = make(breaker_s=4.0)
    await bench.get()
    bench.origin.status = 500
    asked = []
    for _ in range(200):
        bench.clock.advance(0.1)
        assert (await bench.get(max_age_s=0.0)).value == ["#EXTM3U", "1"]
        asked.append(len(bench.origin.requests))
    # Three attempts a second apart, then one every 3 to 5 seconds.
    assert asked[25] == 4
    assert 3 <= asked[-1] - asked[25] <= 6
    assert bench.observer.breakers == [True]

    bench.origin.status = 200
    bench.clock.advance(5)
    assert (await bench.get()).stale_since is None
    assert bench.observer.breakers == [True, False]


# Memory


async def test_the_least_recently_asked_for_goes_first(make) -> None:
    bench = make(max_bytes=3 * 2000)
    bench.origin.body = b"#EXTM3U\n".ljust(2000, b"x")
    urls = [f"http://origin.example/{n}" for n in range(4)]
    for url in urls[:3]:
        await bench.get(url)
    await bench.get(urls[0])
    await bench.get(urls[3])
    assert len(bench.origin.requests) == 4
    for url in (urls[0], urls[2], urls[3]):
        await bench.get(url)
    assert len(bench.origin.requests) == 4
    await bench.get(urls[1])
    assert len(bench.origin.requests) == 5


async def test_failures_take_room_too_and_are_bounded(make) -> None:
    bench = make(max_bytes=10 * 1024)
    bench.origin.status = 404
    for n in range(100):
        with pytest.raises(BadStatus):
            await bench.get(f"http://origin.example/{n}")
    assert len(bench.cache._entries) == 10
    assert bench.cache._bytes == 10 * 1024


async def test_a_document_larger_than_the_cache_is_served_nevertheless(make) -> None:
    bench = make(max_bytes=1024)
    bench.origin.body = b"#EXTM3U\n".ljust(5000, b"x")
    for n in range(3):
        assert await bench.get(f"http://origin.example/{n}")
    assert len(bench.cache._entries) == 1
    assert bench.cache._bytes == 5000


async def test_a_document_that_went_while_it_was_fetched_is_kept_again(make) -> None:
    bench = make(max_bytes=1024)
    bench.origin.gate.clear()
    waiter = asyncio.create_task(bench.get("http://origin.example/1"))
    await settle()
    other = asyncio.create_task(bench.get("http://origin.example/2"))
    await settle()
    again = asyncio.create_task(bench.get("http://origin.example/1"))
    await settle()
    bench.origin.gate.set()
    assert await waiter is await again
    await other
    assert len(bench.origin.requests) == 2
    assert bench.cache._bytes == 1024


# Followers


async def test_a_watched_document_is_refreshed_at_its_pace_until_nobody_watches(make) -> None:
    bench = make()

    def change(now: float) -> None:
        bench.origin.body = b"#EXTM3U\n%d" % now

    bench.wake = change
    await bench.follow(interval_s=lambda lines: 4.0, idle_s=30.0)
    assert bench.naps == [4.0] * 8
    assert len(bench.origin.requests) == 8  # at 0, 4 ... 28; at 32 nobody had watched for 30 s
    assert (await bench.get(max_age_s=math.inf)).value[-1] == "28"


async def test_without_a_change_the_next_look_comes_in_half_the_time(make) -> None:
    bench = make()
    await bench.follow(interval_s=4.0, idle_s=9.0)
    assert bench.naps == [4.0, 2.0, 2.0, 2.0]  # RFC 8216bis, section 6.3.4


async def test_a_document_is_followed_for_as_long_as_somebody_watches(make) -> None:
    bench = make()
    viewers = []

    def watch(now: float) -> None:
        if now <= 100:
            viewers.append(asyncio.ensure_future(bench.get(max_age_s=math.inf)))
            bench.cache.follow(URL, interval_s=4.0, parse=bench.read, idle_s=9.0)

    bench.wake = watch
    await bench.follow(interval_s=4.0, idle_s=9.0)
    assert 108 <= bench.clock.monotonic() <= 112
    assert len(await asyncio.gather(*viewers)) == 49
    assert bench.observer.stale == []


async def test_no_pace_is_faster_than_a_follower_may_go(make) -> None:
    bench = make()
    await bench.follow(interval_s=0.0, idle_s=1.0)
    assert set(bench.naps) == {0.1}


async def test_a_finished_document_is_not_followed(make) -> None:
    bench = make()
    await bench.get()
    bench.cache.follow(URL, interval_s=lambda lines: math.inf, parse=bench.read)
    await settle()
    assert len(bench.cache._followers) == 0


async def test_what_was_never_read_is_not_followed(make) -> None:
    bench = make()
    bench.cache.follow(URL, interval_s=0.0, parse=bench.read)
    await settle()
    assert len(bench.cache._followers) == 0
    assert bench.origin.requests == []


async def test_a_follower_goes_on_through_failures_at_the_pace_of_the_breaker(make) -> None:
    bench = make(breaker_s=8.0)

    def fail_for_a_while(now: float) -> None:
        bench.origin.status = 500 if now < 30 else 200

    bench.wake = fail_for_a_while
    await bench.follow(interval_s=4.0, idle_s=45.0)
    assert bench.naps[:3] == [4.0, 1.0, 1.0]
    open_naps = [nap for nap in bench.naps[3:] if nap > 4.0]
    assert all(6.0 <= nap <= 10.0 for nap in open_naps)
    assert len(open_naps) in (3, 4)
    assert bench.observer.breakers == [True, False]
    assert bench.naps[-1] == 2.0


async def test_a_follower_outlives_a_lack_of_flights(make) -> None:
    bench = make(max_flights=1)
    busy = asyncio.Event()

    def crowd(now: float) -> None:
        if now == 4.0:
            bench.cache._flights.start("another document", busy.wait)
        elif now > 6.0:
            busy.set()

    bench.wake = crowd
    await bench.follow(interval_s=4.0, idle_s=9.0)
    assert bench.naps[:2] == [4.0, 0.1]
    assert bench.clock.monotonic() > 9.0
    assert len(bench.origin.requests) >= 2


async def test_no_more_documents_than_allowed_are_followed(make) -> None:
    bench = make(max_followers=1)
    for n in range(3):
        url = f"http://origin.example/{n}"
        await bench.get(url)
        bench.cache.follow(url, interval_s=60.0, parse=bench.read)
    assert len(bench.cache._followers) == 1


async def test_closing_ends_fetches_and_followers(make) -> None:
    bench = make()
    await bench.get()
    bench.cache.follow(URL, interval_s=60.0, parse=bench.read)
    bench.origin.gate.clear()
    waiter = asyncio.create_task(bench.get("http://origin.example/2"))
    await settle()
    await bench.cache.aclose()
    with pytest.raises(Unreachable):
        await waiter
    assert len(bench.cache._followers) == len(bench.cache._flights) == 0
    bench.clock.advance(3)
    assert (await bench.get()).stale_since == 2
