"""Applications on a port of loopback, for tests with real clients."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

from starlette.types import ASGIApp

from packager.server import listener

OpenApp = Callable[[str], AbstractAsyncContextManager[ASGIApp]]

START_S = 30.0


@contextmanager
def serving(open_app: OpenApp) -> Iterator[str]:
    """Serve an application from a thread of its own, with its own event loop.

    Args:
        open_app: Is given the server's URL, ``http://127.0.0.1:<port>``, and opens the application.

    Yields:
        That URL, when it answers.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with open_app(url) as app:
            server = listener(app, "127.0.0.1", port)
            task = asyncio.create_task(server.serve())
            await stopped.wait()
            server.stop()  # type: ignore[no-untyped-call]
            await task

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(_run, loop, serve())
        try:
            _wait_for(port, running)
            yield url
        finally:
            if not running.done():
                loop.call_soon_threadsafe(stopped.set)
        running.result()  # raises what went wrong in it


def only(app: ASGIApp) -> OpenApp:
    """An application that needs neither its URL nor opening."""

    @asynccontextmanager
    async def open_app(url: str) -> AsyncIterator[ASGIApp]:
        yield app

    return open_app


def _run(loop: asyncio.AbstractEventLoop, main: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(main)


def _wait_for(port: int, running: "Future[None]") -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if running.done():
            running.result()  # raises
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("the application did not start")
