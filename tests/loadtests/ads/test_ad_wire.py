"""What the server says on the wire, byte by byte, to an ordinary client and to a bad one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from loadtests.ads import AdServer, listening, reset
from loadtests.ads.hits import raw_path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    body = await request.body()
    if request.url.path == "/silent":
        return
    if request.url.path == "/none":
        await Response(status_code=204)(scope, receive, send)
        return
    if request.url.path == "/pieces":
        await send({"type": "http.response.start", "status": 299, "headers": []})
        for piece in (b"a", b"", b"bc"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})
        return
    if request.url.path == "/reset":
        await reset(scope, send)
        return
    text = f"{request.method} {raw_path(request)}|{request.url.query}|{body.decode()}"
    await PlainTextResponse(text)(scope, receive, send)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with listening(echo) as found:
        yield found


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(verify=False, timeout=20) as found:
        yield found


async def talk(url: str, sent: bytes) -> bytes:
    """Send bytes; give everything that comes until the connection ends."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    found = b""
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(20):
            while piece := await reader.read(65_536):
                found += piece
    writer.close()
    return found


async def test_requests_come_as_they_were_sent(url: str, client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"{url}/a%2Fb/%20?x=%20&y")).text == "GET /a%2Fb/%20|x=%20&y|"
    assert (await client.post(f"{url}/p", content=b"body")).text == "POST /p||body"


async def test_a_connection_serves_one_request_after_another(url: str) -> None:
    asked = b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    found = await talk(url, asked + asked + last)
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert found.endswith(b"GET /2||")


async def test_an_answer_without_a_length_is_sent_in_chunks(
    url: str, client: httpx2.AsyncClient
) -> None:
    answer = await client.get(f"{url}/pieces")
    assert (answer.status_code, answer.text) == (299, "abc")
    raw = await talk(url, b"GET /pieces HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert raw.endswith(b"\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")


async def test_an_answer_without_a_body_has_none(url: str, client: httpx2.AsyncClient) -> None:
    assert (await client.get(f"{url}/none")).status_code == 204
    assert (await client.get(f"{url}/after")).status_code == 200


@pytest.mark.parametrize("path", ["/reset", "/silent"])
async def test_a_connection_can_be_reset(url: str, path: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_not_read_ends_the_connection(url: str, sent: bytes) -> None:
    assert await talk(url, sent) == b""
    assert b"200 OK" in await talk(url, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "anyio_backend",
    [("asyncio", {"use_uvloop": uvloop}) for uvloop in (False, True)],
    ids=["asyncio", "uvloop"],
)
@pytest.mark.parametrize("who", ["caller", "server"])
async def test_an_answer_ends_with_the_connection(
    anyio_backend: tuple[str, dict[str, bool]], who: str
) -> None:
    loop = asyncio.get_running_loop()
    complaints: list[object] = []
    loop.set_exception_handler(lambda loop, context: complaints.append(context))
    ended: asyncio.Future[BaseException] = loop.create_future()

    async def for_ever(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
                await asyncio.sleep(0.01)
        except BaseException as error:
            ended.set_result(error)
            raise

    async with asyncio.timeout(20):
        async with listening(for_ever) as url:
            host, _, port = url.removeprefix("http://").partition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await reader.read(1)
            if who == "caller":
                writer.close()
                assert isinstance(await ended, OSError)
        assert isinstance(await ended, OSError | asyncio.CancelledError)
        writer.close()
        await asyncio.sleep(0.05)  # for whoever still wants to write
    assert complaints == []


async def test_nothing_keeps_the_server_from_ending(client: httpx2.AsyncClient) -> None:
    server = AdServer()
    async with asyncio.timeout(20):
        async with listening(server.app) as url:
            asked = asyncio.create_task(client.get(f"{url}/vast/hang"))
            while not (await client.get(f"{url}/calls")).json()["total"]:
                pass
        with pytest.raises(httpx2.TransportError):
            await asked
