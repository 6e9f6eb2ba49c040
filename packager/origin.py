"""The origin's documents: read once per change, shared by everyone, kept while the origin fails.

A viewer never waits for a fetch that someone else has begun longer than `patience_s` ago, and never
gets an error while a good copy is younger than `stale_for_s` (failures.md, rows 1 to 6 and 28).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from inspect import iscoroutinefunction
from typing import Any, Generic, Protocol, TypeVar, cast
from zlib import crc32

import anyio

from manifests.errors import ManifestLimitError
from packager.clock import Clock
from packager.outbound import (
    MANIFEST_LIMITS,
    Fetched,
    GuardedClient,
    Limits,
    NotManifest,
    OutboundError,
    Oversize,
    Policy,
    Unreachable,
)
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight

V = TypeVar("V")
Seconds = float | Callable[[V], float]  # a number, or what it is for this document; inf: for ever

_PARSE_OFF_LOOP_BYTES = 256 * 1024
_MIN_ENTRY_BYTES = 1024  # what the cache counts for an entry, were its body smaller or none
_NEGATIVE_S = 1.0  # how long a failure stands for the answer (failures.md, threat 25)
_BREAKER_FAILURES = 3
_MIN_PAUSE_S = 0.1  # of a follower, whatever the origin says of its pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Generic[V]):
    """What was read from one URL. Instants are those of `Clock.monotonic`."""

    url: str  # after redirects: what the URIs inside are relative to
    value: V  # the same object for as long as the bytes are the same
    changed_at: float  # when these bytes were first seen
    confirmed_at: float  # when the origin last said that this is its document
    stale_since: float | None = None  # since when it should have been confirmed and was not

    def due_at(self, now: float, *, fresh_s: float) -> float:
        """When to ask for it again, where a version is taken for the latest for `fresh_s`."""
        if self.stale_since is not None:
            return now + min(fresh_s, 0.5)
        return max(self.confirmed_at + fresh_s, now + 0.05)


class OriginObserver:
    """What the cache tells of its work; this one listens to nothing."""

    def fetched(self, url: str, seconds: float, failure: Reason | None) -> None:
        """One fetch ended: well, or with a failure."""

    def stale_served(self, url: str, reason: Reason) -> None:
        """Someone got a document that is stale, for this reason."""

    def breaker(self, url: str, *, opened: bool) -> None:
        """After failures in a row a document is asked for less often, or again as usual."""


# Reads a body, given the URL that it came from; what may not run on the event loop is awaited.
Parse = Callable[[bytes, str], V] | Callable[[bytes, str], Awaitable[V]]
_Key = tuple[str, Parse[Any]]


class Documents(Protocol):
    """Where documents are had from by their URL, as from `OriginCache`."""

    async def get(self, url: str, *, max_age_s: Seconds[V], parse: Parse[V]) -> Document[V]:
        """The document at `url`, or the last good one."""

    def follow(self, url: str, *, interval_s: Seconds[V], parse: Parse[V]) -> None:
        """Keep a document fresh while somebody asks for it."""


@dataclass(slots=True)
class _Entry:
    """What is known of one document, and of the last attempts to get it."""

    document: Document[Any] | None = None
    digest: bytes = b""
    validators: dict[str, str] = field(default_factory=dict)
    size_bytes: int = 0
    failure: OutboundError | None = None  # of the last attempt
    failures: int = 0  # in a row
    retry_at: float = 0.0  # no attempt before
    began_at: float = 0.0  # the last attempt
    watched_at: float = 0.0  # somebody asked


class OriginCache:
    """Documents by URL and by what reads them."""

    def __init__(
        self,
        client: GuardedClient,
        *,
        policy: Policy,
        clock: Clock,
        limits: Limits = MANIFEST_LIMITS,
        observer: OriginObserver | None = None,
        max_bytes: int = 64 * 1024 * 1024,
        max_flights: int = 512,
        max_followers: int = 2048,
        patience_s: float = 0.4,
        stale_for_s: float = 24 * 3600.0,
        breaker_s: float = 4.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Make an empty cache.

        Args:
            client: What fetches; it stays the caller's.
            policy: Which hosts are origins.
            clock: Says the time.
            limits: Of one fetch.
            observer: Is told of fetches, failures and stale answers.
            max_bytes: Of the bodies behind the values kept; least recently asked for go first.
            max_flights: Fetches at a time.
            max_followers: Documents refreshed in the background.
            patience_s: The longest wait for a refresh where there is a good copy.
            stale_for_s: How long after its last confirmation a copy may stand in for a failure.
            breaker_s: About how long a document that has a good copy is left alone after three
                failures in a row, and after each further one.
            sleep: How a follower waits, by the same clock.
        """
        self._client = client
        self._policy = policy
        self._clock = clock
        self._limits = limits
        self._observer = observer or OriginObserver()
        self._max_bytes = max_bytes
        self._patience_s = patience_s
        self._stale_for_s = stale_for_s
        self._breaker_s = breaker_s
        self._sleep = sleep
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._bytes = 0
        self._flights: SingleFlight[Document[Any]] = SingleFlight(limit=max_flights)
        self._followers: SingleFlight[None] = SingleFlight(limit=max_followers)

    async def get(self, url: str, *, max_age_s: Seconds[V], parse: Parse[V]) -> Document[V]:
        """Return the document at `url`: fresh, or the last good one where that cannot be had.

        Args:
            url: An absolute URL.
            max_age_s: For how long after its confirmation it is fresh.
            parse: Reads the body, given the URL that it came from; called once per change, and for
                a large body in a thread. The same callable each time: it is part of the key.

        Raises:
            OutboundError: There is no good copy, and none can be had now.
        """
        key: _Key = (url, parse)
        entry = self._touched(key)
        now = entry.watched_at = self._clock.monotonic()
        document: Document[V] | None = entry.document
        if document is None:
            return await self._first(key, entry, now)
        stale_since = document.confirmed_at + _seconds(max_age_s, document.value)
        if now < stale_since:
            return document
        if now - document.confirmed_at >= self._stale_for_s:
            return await self._first(key, entry, now)
        reason = Reason.ORIGIN_TIMEOUT  # as far as this answer goes: the refresh goes on
        try:
            if now < entry.retry_at and entry.failure is not None:
                raise entry.failure
            flight = self._start(key, entry)
            patience_s = max(0.0, entry.began_at + self._patience_s - now)
            return await self._flights.wait(flight, patience_s=patience_s)
        except OutboundError as error:
            reason = error.reason
        except FlightError:
            reason = Reason.ORIGIN_UNREACHABLE
        except TimeoutError:
            pass
        self._observer.stale_served(url, reason)
        return replace(document, stale_since=stale_since)

    def follow(
        self,
        url: str,
        *,
        interval_s: Seconds[V],
        parse: Parse[V],
        idle_s: float = 30.0,
    ) -> None:
        """Keep a document fresh in the background while somebody asks for it.

        Call it beside every `get`; it costs nothing where the document is followed already.

        Args:
            url: As in `get`, which must have succeeded once.
            interval_s: From one refresh to the next. Half of it where the last one brought no
                change (RFC 8216bis, section 6.3.4). inf: the document is finished, stop.
            parse: As in `get`.
            idle_s: Stop when nobody has called `get` for so long.
        """
        key: _Key = (url, parse)
        if key not in self._followers:
            with suppress(FlightError):  # not followed: then `get` fetches when asked
                self._followers.start(key, lambda: self._follow(key, interval_s, idle_s))

    async def aclose(self) -> None:
        """End all background work; the client stays open."""
        await self._followers.aclose()
        await self._flights.aclose()

    async def _first(self, key: _Key, entry: _Entry, now: float) -> Document[Any]:
        """Wait for a fetch for as long as it takes; raise its failure, or one just before."""
        if now < entry.retry_at and entry.failure is not None:
            raise entry.failure
        try:
            return await self._flights.wait(self._start(key, entry))
        except FlightError as error:
            raise Unreachable(f"not fetched: {error}") from error

    def _start(self, key: _Key, entry: _Entry) -> "asyncio.Task[Document[Any]]":
        if key not in self._flights:
            entry.began_at = self._clock.monotonic()
        return self._flights.start(key, lambda: self._refresh(key, entry))

    async def _follow(self, key: _Key, interval_s: Seconds[Any], idle_s: float) -> None:
        while (entry := self._entries.get(key)) and (document := entry.document):
            interval = _seconds(interval_s, document.value)
            if interval == float("inf"):
                return
            if document.changed_at < document.confirmed_at:
                interval /= 2
            due_at = max(document.confirmed_at + interval, entry.retry_at)
            await self._sleep(max(_MIN_PAUSE_S, due_at - self._clock.monotonic()))
            if self._clock.monotonic() - entry.watched_at > idle_s:
                return
            with suppress(OutboundError, FlightError):
                await self._flights.wait(self._start(key, entry))

    async def _refresh(self, key: _Key, entry: _Entry) -> Document[Any]:
        """Fetch and read the document, and write down how that went."""
        url = key[0]
        try:
            document, size_bytes = await self._read(key, entry)
        except OutboundError as error:
            now = self._clock.monotonic()
            entry.failure = error
            entry.failures += 1
            broken = entry.failures >= _BREAKER_FAILURES and entry.document is not None
            # Spread by URL: renditions that failed together are not tried again together.
            pause_s = (
                self._breaker_s * (0.75 + crc32(url.encode()) / 2**33) if broken else _NEGATIVE_S
            )
            entry.retry_at = now + pause_s
            if entry.failures == _BREAKER_FAILURES:
                self._observer.breaker(url, opened=True)
            self._observer.fetched(url, now - entry.began_at, error.reason)
            raise
        if entry.failures >= _BREAKER_FAILURES:
            self._observer.breaker(url, opened=False)
        entry.document = document
        entry.failure, entry.failures, entry.retry_at = None, 0, 0.0
        self._keep(key, entry, size_bytes)
        self._observer.fetched(url, document.confirmed_at - entry.began_at, None)
        return document

    async def _read(self, key: _Key, entry: _Entry) -> tuple[Document[Any], int]:
        """Return the document as the origin has it now, and the bytes it counts for."""
        url, parse = key
        known = entry.document
        fetched = await self._fetch(url, entry.validators if known else {})
        if known and fetched.status == 304:
            if fetched.url == known.url:
                return replace(known, confirmed_at=self._clock.monotonic()), entry.size_bytes
            # Unchanged, but behind another redirect: its relative URIs lead elsewhere.
            fetched = await self._fetch(url, {})
        digest = blake2b(fetched.body, digest_size=16).digest()
        if known and digest == entry.digest and fetched.url == known.url:
            document = replace(known, confirmed_at=self._clock.monotonic())
        else:
            value = await parsed(fetched, parse)
            now = self._clock.monotonic()
            document = Document(url=fetched.url, value=value, changed_at=now, confirmed_at=now)
        entry.digest = digest
        entry.validators = _validators(fetched)
        return document, len(fetched.body)

    async def _fetch(self, url: str, headers: dict[str, str]) -> Fetched:
        return await self._client.fetch(
            url, policy=self._policy, limits=self._limits, headers=headers
        )

    def _touched(self, key: _Key) -> _Entry:
        entry = self._entries.get(key)
        if entry is None:
            entry = _Entry()
            self._keep(key, entry, 0)
        else:
            self._entries.move_to_end(key)
        return entry

    def _keep(self, key: _Key, entry: _Entry, size_bytes: int) -> None:
        """Put `entry` in its place as the last to go, and let the first go if there is no room."""
        held = self._entries.pop(key, None)
        if held is not None:
            self._bytes -= held.size_bytes
        entry.size_bytes = max(size_bytes, _MIN_ENTRY_BYTES)
        self._entries[key] = entry
        self._bytes += entry.size_bytes
        while self._bytes > self._max_bytes and len(self._entries) > 1:
            _, gone = self._entries.popitem(last=False)
            self._bytes -= gone.size_bytes


def _seconds(seconds: Seconds[V], value: V) -> float:
    return seconds(value) if callable(seconds) else seconds


def _validators(fetched: Fetched) -> dict[str, str]:
    """Return the headers that ask whether this answer still holds (RFC 9110, section 13.1)."""
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {
        asking: value
        for asking, told in pairs
        if (value := fetched.headers.get(told)) is not None
        and value.isascii()
        and value.isprintable()
    }


async def parsed(fetched: Fetched, parse: Parse[V]) -> V:
    """Read what was fetched, in a thread where it is large.

    Raises:
        OutboundError: It cannot be read.
    """
    try:
        if iscoroutinefunction(parse):
            return cast("V", await parse(fetched.body, fetched.url))
        read = cast("Callable[[bytes, str], V]", parse)
        if len(fetched.body) > _PARSE_OFF_LOOP_BYTES:
            return await anyio.to_thread.run_sync(read, fetched.body, fetched.url)
        return read(fetched.body, fetched.url)
    except OutboundError:  # a part that is elsewhere
        raise
    except ManifestLimitError as error:
        raise Oversize(f"{len(fetched.body)} bytes: {error}") from error
    except Exception as error:  # a stranger's bytes must not take down what a good copy can carry
        raise NotManifest(f"{len(fetched.body)} bytes: {type(error).__name__}") from error
