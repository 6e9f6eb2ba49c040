"""One poller for each feed that is asked: a document looked at again and again, or events.

Which of the two it is the answer says, by its Content-Type. A feed that is down is asked less and
less often, and its last value stays.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import anyio

from packager.clock import Clock
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PolledFeed
from packager.facts.values import text_of_json
from packager.feeds.events import EventReader
from packager.feeds.history import History
from packager.log import report
from packager.metrics import Metrics
from packager.outbound import GuardedClient, Limits, OutboundError, Oversize, Policy, TimedOut
from packager.outbound.client import Streamed
from packager.reasons import Reason

DOCUMENT_BYTES = 262_144
DOCUMENT_S = 10.0  # for the whole of one
LONGEST_PAUSE_S = 60.0  # of a feed that is down, unless it is asked less often anyway
SHORTEST_RETRY_S = 0.5  # whatever a stream says of it
# A stream may say nothing for as long as `read_s`; it is opened anew after so many bytes.
_LIMITS = Limits(read_s=60.0, total_s=DOCUMENT_S, max_bytes=1 << 30)
_ACCEPTED = "application/json, text/event-stream"
_VALIDATORS = {"etag": "if-none-match", "last-modified": "if-modified-since"}


class Poller:
    """Asks one feed, and tells its history."""

    def __init__(
        self,
        show: str,
        fact: Fact,
        feed: PolledFeed,
        history: History,
        *,
        client: GuardedClient,
        clock: Clock,
        metrics: Metrics,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Ask nothing yet.

        Args:
            show: Name of the show.
            fact: Whose feed it is.
            feed: How it is asked.
            history: Is told of values.
            client: What asks; it stays the caller's.
            clock: Says the time.
            metrics: Is told of failures.
            sleep: Waits so many seconds, by the same clock.
        """
        self._fact = fact
        self._feed = feed
        self._history = history
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._sleep = sleep
        self._policy = Policy.for_urls([feed.url])
        self._named = {"show": show, "fact": fact.name}
        self._validators: dict[str, str] = {}
        self._events = EventReader()
        self._failures = 0  # in a row
        self._is_stale = False  # and that was reported

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            await self._sleep(await self.once())

    async def once(self) -> float:
        """Ask once; give the seconds to wait before the next time."""
        try:
            await self._ask()
        except Exception as error:  # a stranger's bytes must not end the asking
            return self._failed(error)
        retry_s = self._events.retry_s
        if retry_s is None:
            return self._feed.every_s
        return min(max(retry_s, SHORTEST_RETRY_S), LONGEST_PAUSE_S)

    async def _ask(self) -> None:
        headers = {"accept": _ACCEPTED, **self._validators}
        if self._events.last_id.isascii() and self._events.last_id.isprintable():
            headers["last-event-id"] = self._events.last_id
        async with self._client.streamed(
            self._feed.url,
            policy=self._policy,
            limits=_LIMITS,
            headers={name: value for name, value in headers.items() if value},
            credentials=self._feed.headers,
        ) as answer:
            if answer.status == 304:
                self._confirm()
            elif answer.headers.get("content-type", "").lower().startswith("text/event-stream"):
                await self._follow(answer)
            else:
                self._take(await _document(answer))
                known = {ours: answer.headers.get(theirs) for theirs, ours in _VALIDATORS.items()}
                # Only now: a document without a value is to be read again.
                self._validators = {name: value for name, value in known.items() if value}

    async def _follow(self, answer: Streamed) -> None:
        """Take events in for as long as there are some."""
        self._validators = {}
        self._events = EventReader(self._events.last_id)
        async with aclosing(answer.pieces) as pieces:
            async for piece in pieces:
                events = [e for e in self._events.feed(piece) if e.type == self._feed.event]
                if not events:  # a comment, which streams send to stay open
                    self._confirm()
                for event in events:
                    try:
                        self._take(event.data)
                    except ValueError as error:  # the next event may be better
                        self._report(Reason.FEED_INVALID, "feed_not_read", detail=str(error))

    def _take(self, document: bytes | str) -> None:
        """Take a document's value in.

        Raises:
            ValueError: It has none, or not one that the fact can have.
        """
        value = self._fact.read(text_of_json(self._feed.value_in(document), self._fact.kind))
        self._history.tell(value, self._clock.now())
        self._is_well()

    def _confirm(self) -> None:
        self._history.confirm(self._clock.now())
        self._is_well()

    def _is_well(self) -> None:
        self._failures, self._is_stale = 0, False

    def _failed(self, error: Exception) -> float:
        """Count a failure; give the seconds to wait."""
        outbound = isinstance(error, OutboundError)
        reason = Reason.FEED_FAILED if outbound else Reason.FEED_INVALID
        detail = str(error) if isinstance(error, OutboundError | ValueError) else repr(error)
        self._report(reason, "feed_not_read", detail=detail)
        reading = self._history.at(self._clock.now())
        if reading is not None and reading.stale and not self._is_stale:
            self._is_stale = True
            self._report(Reason.FEED_STALE, "feed_stale", since=reading.since.isoformat())
        self._failures += 1
        every_s = self._feed.every_s
        pause_s: float = every_s * 2 ** min(self._failures, 16)
        return min(pause_s, max(every_s, LONGEST_PAUSE_S))

    def _report(self, reason: Reason, event: str, **fields: object) -> None:
        report(reason, event, self._metrics, **self._named, **fields)


async def _document(answer: Streamed) -> bytes:
    """All of an answer.

    Raises:
        OutboundError: It is too large, too slow or incomplete.
    """
    body = bytearray()
    try:
        with anyio.fail_after(DOCUMENT_S):
            async with aclosing(answer.pieces) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > DOCUMENT_BYTES:
                        raise Oversize(f"a feed's document of more than {DOCUMENT_BYTES} bytes")
    except TimeoutError as error:
        raise TimedOut(f"a feed's document did not come in {DOCUMENT_S:g} s") from error
    return bytes(body)
