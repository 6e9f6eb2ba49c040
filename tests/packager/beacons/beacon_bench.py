"""What the tests of beacons share: beacons, and a loopback server that writes down what it got."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packager.beacons import Beacon, Outbox
from packager.beacons.rows import Claim, Room

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ROOM = Room(total=10_000, per_host=10_000, left={})


def a_beacon(
    number: int = 0,
    *,
    host: str = "ads.example",
    event: str = "impression",
    owed_at: datetime = START,
    expire_s: float = 86_400,
    session: str = "",
    **values: object,
) -> Beacon:
    """A beacon; those of different numbers are different, and of different sessions."""
    url = f"https://{host}/{event}?n={number}"
    made: dict[str, object] = {
        "session": session or f"session-{number}",
        "break_id": "b1",
        "ad": 0,
        "event": event,
        "template": url,
        "url": url,
        "owed_at": owed_at,
        "expires_at": owed_at + timedelta(seconds=expire_s),
    }
    return Beacon(**(made | values))  # type: ignore[arg-type]


async def claim_all(outbox: Outbox, room: Room = ROOM) -> list[Claim]:
    return await outbox.claim(room)


def status(code: int, *headers: str) -> bytes:
    head = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {code} Answer\r\n{head}Content-Length: 0\r\n\r\n".encode()


@dataclass(frozen=True)
class Got:
    """One request as it came."""

    path: str
    headers: dict[str, str]  # names in lower case

    @property
    def key(self) -> str:
        return self.headers["x-weft-idempotency-key"]


Answer = Callable[[Got], Awaitable[bytes | None]]  # None: the connection is closed instead


@dataclass
class Sink:
    """A server on loopback."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    now: int = 0  # requests that have not been answered
    most: int = 0
    answers: list[bytes | None] = field(default_factory=list)  # one each, then OK
    answer: Answer | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [got.path for got in self.got]

    @property
    def keys(self) -> Counter[str]:
        return Counter(got.key for got in self.got)

    def beacon(self, number: int = 0, **values: object) -> Beacon:
        """A beacon that comes here."""
        beacon = a_beacon(number, **values)  # type: ignore[arg-type]
        url = f"http://{self.host}/{beacon.event}?n={number}"
        return a_beacon(number, **({"template": url, "url": url} | values))  # type: ignore[arg-type]

    async def until(self, requests: int, *, within_s: float = 20) -> None:
        """Wait for this many requests."""
        async with asyncio.timeout(within_s):
            while len(self.got) < requests:
                self.news.clear()
                await self.news.wait()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Sink"]:
        sink = cls()
        server = await asyncio.start_server(sink._serve, "127.0.0.1", 0)
        sink.port = server.sockets[0].getsockname()[1]
        async with server:
            yield sink

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                pairs = (line.partition(": ") for line in lines[1:] if line)
                got = Got(lines[0].split()[1], {name.lower(): value for name, _, value in pairs})
                self.got.append(got)
                self.news.set()
                self.now += 1
                self.most = max(self.most, self.now)
                answer: bytes | None = OK
                if self.answers:
                    answer = self.answers.pop(0)
                elif self.answer is not None:
                    answer = await self.answer(got)
                self.now -= 1
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def states(path: Path) -> dict[str, str]:
    """Every row's state (and reason) by its key, as another program reads it from the file."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT lower(hex(key)), trim(state || ' ' || reason) FROM beacons"
        return dict(connection.execute(sql).fetchall())
