"""Connections go to the address that was checked (failures.md, threat 3)."""

import asyncio
import ssl
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import anyio
import httpcore2
import pytest

from packager.outbound import PUBLIC, GuardedClient, Limits, Refused, TimedOut, Unreachable
from packager.outbound.guard import Address, AddressGuard
from packager.outbound.network import GuardedBackend, GuardedTransport, resolve

LOOPBACK = [ip_network("127.0.0.0/8")]


class Connections(list[tuple[str, int]]):
    """Where connections went; none is made."""

    fail: dict[str, Exception]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    made = Connections()
    made.fail = {}

    async def connect_tcp(self, host, port, *args):
        made.append((host, port))
        if host in made.fail:
            raise made.fail[host]
        return httpcore2.AsyncMockStream([])

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect_tcp)
    return made


def answering(*answers: str) -> tuple[GuardedBackend, list[str]]:
    """Return a backend whose resolver gives these answers, one per question, and the questions."""
    asked: list[str] = []
    left: Iterator[str] = iter(answers)

    async def resolver(host: str, port: int) -> tuple[Address, ...]:
        asked.append(host)
        return tuple(ip_address(text) for text in next(left).split())

    return GuardedBackend(AddressGuard(), resolver), asked


async def test_the_name_is_resolved_once_and_the_connection_goes_to_that_address(
    connections: Connections,
) -> None:
    backend, asked = answering("93.184.216.34", "127.0.0.1")
    await backend.connect_tcp("rebinding.example", 80, 1.0)
    assert connections == [("93.184.216.34", 80)]
    with pytest.raises(Refused):
        await backend.connect_tcp("rebinding.example", 80, 1.0)
    assert connections == [("93.184.216.34", 80)]
    assert asked == ["rebinding.example"] * 2


async def test_of_several_addresses_only_public_ones_are_tried(connections: Connections) -> None:
    backend, _ = answering("10.0.0.1 ::1 2606:4700::1111 169.254.169.254 8.8.8.8")
    connections.fail["2606:4700::1111"] = httpcore2.ConnectError()
    await backend.connect_tcp("mixed.example", 443, 1.0)
    assert connections == [("2606:4700::1111", 443), ("8.8.8.8", 443)]


async def test_when_no_address_answers_the_last_error_is_told(connections: Connections) -> None:
    backend, _ = answering(" ".join(f"8.8.8.{n}" for n in range(20)))
    connections.fail = {f"8.8.8.{n}": httpcore2.ConnectError(str(n)) for n in range(20)}
    with pytest.raises(httpcore2.ConnectError, match="3"):
        await backend.connect_tcp("down.example", 443, None)
    assert len(connections) == 4


async def test_a_name_without_addresses_cannot_be_connected_to(connections: Connections) -> None:
    backend, _ = answering("")
    with pytest.raises(Refused):
        await backend.connect_tcp("empty.example", 80, 1.0)

    async def failing(host: str, port: int) -> tuple[Address, ...]:
        raise OSError

    with pytest.raises(httpcore2.ConnectError):
        await GuardedBackend(AddressGuard(), failing).connect_tcp("no.example", 80, 1.0)
    assert connections == []


async def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    async def hanging(host: str, port: int) -> tuple[Address, ...]:
        await anyio.sleep_forever()
        raise AssertionError

    client = GuardedClient(resolver=hanging)
    with pytest.raises(TimedOut):
        await client.fetch("http://a.example/", policy=PUBLIC, limits=Limits(connect_s=0.05))
    await client.aclose()


async def test_no_unix_socket_is_connected_to() -> None:
    with pytest.raises(NotImplementedError):
        await GuardedBackend(AddressGuard()).connect_unix_socket("/run/docker.sock")


async def test_the_system_resolves_numbers_in_its_own_way() -> None:
    assert await resolve("127.1", 80) == (ip_address("127.0.0.1"),)
    assert await resolve("::ffff:127.0.0.1", 80) == (ip_address("::ffff:127.0.0.1"),)
    assert ip_address("127.0.0.1") in await resolve("localhost", 80)
    with pytest.raises(OSError, match="host name"):
        await resolve("a" * 64, 80)


async def test_host_header_and_tls_name_are_those_of_the_url(serve) -> None:
    async def resolver(host: str, port: int) -> tuple[Address, ...]:
        return (ip_address("127.0.0.1"),)

    client = GuardedClient(allow=LOOPBACK, resolver=resolver)
    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    await client.fetch(server.url(host="origin.example"), policy=PUBLIC)
    assert f"host: origin.example:{server.port}\r\n".encode() in server.requests[0].lower()

    hello = asyncio.get_running_loop().create_future()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.set_result(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable):
            await client.fetch(f"https://origin.example:{port}/", policy=PUBLIC)
    assert b"origin.example" in await hello
    await client.aclose()


async def test_servers_are_verified_and_the_environment_names_no_proxy(
    monkeypatch: pytest.MonkeyPatch, serve
) -> None:
    context = GuardedTransport(AddressGuard())._pool._ssl_context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname

    proxy = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norigin")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())
    client = GuardedClient(allow=LOOPBACK)
    assert (await client.fetch(server.url(), policy=PUBLIC)).body == b"origin"
    assert proxy.connections == 0
    await client.aclose()
