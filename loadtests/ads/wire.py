"""HTTP/1.1 for applications that misbehave: an honest server cannot reset a connection.

An application that calls `reset` has its connection reset, whatever was sent before. What it sends
in pieces leaves in those pieces.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope, Send

MAX_HEAD = 64 * 1024
MAX_BODY = 1 << 20
_LINGER_NOT = struct.pack("ii", 1, 0)  # closing then sends RST


_RESET = "loadtests.reset"  # a message of our own, and the ASGI extension that takes it


class Reset(ConnectionResetError):
    """The connection was to be reset, and the server is one that cannot."""


async def reset(scope: Scope, send: Send) -> None:
    """Reset the connection, in an application that is served by `listening`.

    Raises:
        Reset: It is served by something else, as in a test without sockets.
    """
    # Not an exception where it can be helped: frameworks make an answer of those.
    if _RESET not in scope.get("extensions", {}):
        raise Reset
    await send({"type": _RESET})


class _Unreadable(Exception):
    """What came is not a request that this server reads."""


@asynccontextmanager
async def listening(
    app: ASGIApp, *, address: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve an application on the running event loop.

    Args:
        app: Gets requests, and no lifespan events.
        address: Where to listen.
        port: 0 takes one that is free.

    Yields:
        The server's URL, without a slash at its end.
    """
    conversations: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.create_task(_converse(app, reader, writer))
        conversations.add(conversation)
        conversation.add_done_callback(conversations.discard)

    server = await asyncio.start_server(connected, address, port, limit=MAX_HEAD)
    try:
        yield f"http://{address}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await server.wait_closed()


async def _converse(
    app: ASGIApp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of one connection, until it ends."""
    ahead = bytearray()
    try:
        while await _answer(app, reader, writer, ahead):
            pass
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _Unreadable):
        pass  # the other side has gone, or speaks something else
    except asyncio.CancelledError:
        writer.transport.abort()  # in mid-answer
        raise
    finally:
        writer.close()


async def _answer(
    app: ASGIApp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ahead: bytearray
) -> bool:
    """Answer one request; whether another may follow on the connection, begun in `ahead`."""
    head = bytes(ahead) + await reader.readuntil(b"\r\n\r\n")
    ahead.clear()
    scope = _scope(head, writer)
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or not length.isdigit() or int(length) > MAX_BODY:
        raise _Unreadable
    body: bytes | None = await reader.readexactly(int(length))
    chunked = False
    begun = complete = False

    async def receive() -> Message:
        nonlocal body
        if body is None:  # nothing is left to be read but the end of the connection
            with suppress(OSError):
                ahead.extend(await reader.read(1))
            if ahead:  # of the next request: who asked has not gone
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        message = {"type": "http.request", "body": body, "more_body": False}
        body = None
        return message

    async def send(message: Message) -> None:
        nonlocal begun, chunked, complete
        if message["type"] == _RESET:
            _reset(writer)
            return
        if message["type"] == "http.response.start":
            begun = True
            status = message["status"]
            fields = [(name.lower(), value) for name, value in message.get("headers", ())]
            chunked = status not in (204, 304) and all(n != b"content-length" for n, _ in fields)
            if chunked:
                fields.append((b"transfer-encoding", b"chunked"))
            writer.write(_head(status, fields))
            return
        piece = message.get("body", b"")
        complete = not message.get("more_body", False)
        if chunked:
            piece = (b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"") + (
                b"0\r\n\r\n" if complete else b""
            )
        writer.write(piece)
        await writer.drain()

    await app(scope, receive, send)
    if not begun:
        _reset(writer)
    return complete and headers.get(b"connection", b"").lower() != b"close"


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    with suppress(OSError):  # the other side has gone first
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    writer.transport.abort()


def _scope(head: bytes, writer: asyncio.StreamWriter) -> Scope:
    line, *lines = head[:-4].split(b"\r\n")
    method, _, rest = line.partition(b" ")
    target, _, version = rest.partition(b" ")
    if version != b"HTTP/1.1" or not target.startswith(b"/"):
        raise _Unreadable
    path, _, query = target.partition(b"?")
    fields = (one.partition(b":") for one in lines)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method.decode("latin-1"),
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "extensions": {_RESET: {}},
        "headers": [(name.strip().lower(), value.strip()) for name, _, value in fields],
        "client": writer.get_extra_info("peername")[:2],
        "server": writer.get_extra_info("sockname")[:2],
    }


def _head(status: int, fields: list[tuple[bytes, bytes]]) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}".encode()]
    lines += [name + b": " + value for name, value in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"
