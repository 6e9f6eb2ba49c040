"""Servers on loopback that say, byte by byte, what a test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)  # heads, as they came

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Answer | bytes], Awaitable[Server]]]:
    """Start a server whose every request is answered with given bytes, or by a function."""
    async with AsyncExitStack() as stack:

        async def start(answer: Answer | bytes) -> Server:
            server = Server()

            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                server.connections += 1
                try:
                    while True:
                        request = await reader.readuntil(b"\r\n\r\n")
                        server.requests.append(request)
                        if isinstance(answer, bytes):
                            writer.write(answer)
                        else:
                            await answer(request, writer)
                        await writer.drain()
                except (ConnectionError, asyncio.IncompleteReadError):
                    pass
                finally:
                    writer.close()

            listener = await asyncio.start_server(handle, "127.0.0.1", 0)
            stack.push_async_callback(listener.wait_closed)
            stack.callback(listener.close)
            server.port = listener.sockets[0].getsockname()[1]
            return server

        yield start
