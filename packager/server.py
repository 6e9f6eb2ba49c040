"""Serving: the viewers' application and the operators' one, each on its own address.

One process serves both on one event loop. More workers are more such processes that share the
viewers' port; the operators' side is the first one's.
"""

import asyncio
import multiprocessing
import signal
import socket
import sys
from collections.abc import Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

import uvloop
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

from packager.admin import create_admin
from packager.app import create_app
from packager.config.values import Config
from packager.log import configure
from packager.stores import StoreError
from packager.weft import open_weft

HEADER_TIMEOUT_S = 10.0


class ServeError(Exception):
    """Serving cannot begin or go on; the text says why."""


class AddressInUse(ServeError):
    """Another process listens on an address that the configuration names."""


class WorkerEnded(ServeError):
    """A worker ended though nobody told it to."""


def check_free(address: str, port: int) -> None:
    """Refuse an address that is taken: ports are shared among workers, so binding would succeed.

    Raises:
        AddressInUse: It is taken, or not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise AddressInUse(f"cannot listen on {address}:{port}: {error.strerror}") from error


def listener(app: ASGIApp, address: str, port: int) -> Server:
    """An HTTP server for an application, on the running event loop."""
    return Server(
        app,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(HEADER_TIMEOUT_S * 1000), max_buffer_size=256 * 1024
        ),
    )


async def serve_until_stopped(*servers: Server) -> None:
    """Serve until SIGINT or SIGTERM, then let answers that have begun end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with asyncio.TaskGroup() as tasks:
        for server in servers:
            tasks.create_task(server.serve())
        await stopped.wait()
        for server in servers:
            server.stop()  # type: ignore[no-untyped-call]


async def serve(config: Config, *, with_admin: bool = True) -> None:
    """Serve a configuration in this process.

    Raises:
        StoreError, OSError: Something that is needed cannot be opened.
    """
    configure(format=config.log.format, level=config.log.level)
    async with open_weft(config) as weft:
        servers = [listener(create_app(weft), config.listen.address, config.listen.port)]
        if with_admin:
            servers.append(listener(create_admin(weft), config.admin.address, config.admin.port))
        await serve_until_stopped(*servers)


def run(config: Config, workers: int) -> None:
    """Serve a configuration with some processes, until told to stop.

    Raises:
        ServeError: An address is taken, or a worker ended.
        StoreError, OSError: Something that is needed cannot be opened.
    """
    check_free(config.listen.address, config.listen.port)
    check_free(config.admin.address, config.admin.port)
    if workers == 1:
        uvloop.run(serve(config))
    else:
        _supervise(config, workers)


def _supervise(config: Config, workers: int) -> None:
    """Run workers until a signal ends them all, or until one of them ends."""
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=_worker, args=(config, number), name=f"weft-{number}")
        for number in range(workers)
    ]
    told_to_stop = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal told_to_stop
        told_to_stop = True
        _terminate(processes)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for process in processes:
        if not told_to_stop:
            process.start()
    started = [process for process in processes if process.pid is not None]
    wait([process.sentinel for process in started])
    _terminate(started)
    for process in started:
        process.join()
    if not told_to_stop:
        # Half a server would go unnoticed; who started it can start it again.
        codes = ", ".join(str(process.exitcode) for process in started)
        raise WorkerEnded(f"a worker ended by itself; exit codes: {codes}")


def _terminate(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.is_alive():
            process.terminate()


def _worker(config: Config, number: int) -> None:
    try:
        uvloop.run(serve(config, with_admin=number == 0))
    except (StoreError, OSError) as error:
        sys.exit(f"weft: {error}")
