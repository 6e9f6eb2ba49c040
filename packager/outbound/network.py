"""Connections that go only to addresses that were checked (failures.md, threats 2 and 3).

The pool of httpcore2 asks its network backend for a connection to a name. This backend resolves the
name itself, checks every address, and connects to one that passed: between the check and the
connection nothing resolves again. Host header and TLS server name stay those of the URL.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

import anyio
import httpcore2
import httpx2

from packager.outbound.errors import Refused
from packager.outbound.guard import Address, AddressGuard

Resolver = Callable[[str, int], Awaitable[tuple[Address, ...]]]

MAX_CONNECTIONS = 256
KEEP_ALIVE_S = 30.0
_TRIES = 4  # of the addresses of one name


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Return the addresses of `host` in the system's order, as `getaddrinfo` reads the spelling.

    Raises:
        OSError: There are none.
    """
    loop = asyncio.get_running_loop()
    try:
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label of more than 63 characters, or an empty one
        raise OSError("not a host name") from error
    return tuple(dict.fromkeys(ip_address(info[4][0]) for info in infos))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections to permitted addresses, and nothing else."""

    def __init__(self, guard: AddressGuard, resolver: Resolver = resolve) -> None:
        self._guard = guard
        self._resolver = resolver
        self._tcp = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the interface of httpcore2
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve `host`, and connect to the first of its permitted addresses that answers.

        Raises:
            Refused: None of its addresses is permitted.
            httpcore2.ConnectError: It has no address, or none answers.
            httpcore2.ConnectTimeout: All this took longer than `timeout` seconds.
        """
        try:
            with anyio.fail_after(timeout):
                addresses = await self._permitted(host, port)
                for last, address in _marking_last(addresses):
                    # One silent address must leave time for the next.
                    share = None if timeout is None else timeout / len(addresses)
                    try:
                        return await self._tcp.connect_tcp(
                            str(address), port, share, local_address, socket_options
                        )
                    except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                        if last:
                            raise
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"{host}: no connection in {timeout} s") from error
        raise AssertionError  # pragma: no cover

    async def _permitted(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            addresses = await self._resolver(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host}: no address") from error
        permitted = tuple(address for address in addresses if self._guard.permits(address))
        if not permitted:
            raise Refused(f"{host}: its address is not to be reached")
        return permitted[:_TRIES]


def _marking_last(addresses: tuple[Address, ...]) -> Iterable[tuple[bool, Address]]:
    return ((address is addresses[-1], address) for address in addresses)


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """The transport of httpx2 over a `GuardedBackend`: HTTP/1.1, no proxies, no Unix sockets."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        # The base class has no argument for a backend; all it does beside making the pool is to
        # turn the pool's requests, responses and errors into those of httpx2.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context or httpx2.create_ssl_context(trust_env=False),
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_S,
            network_backend=GuardedBackend(guard, resolver),
        )
