"""The one HTTP client of a process: for origins, ad servers, feeds, creatives and beacons.

It follows redirects itself, judging every hop, inflates bodies itself, counting every piece, and
knows no cookies and no proxies. Nothing else in the project opens a connection to somewhere.
"""

import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import anyio
import httpx2

from packager.outbound.decompress import ACCEPTED, decoder
from packager.outbound.errors import (
    BadStatus,
    OutboundError,
    Oversize,
    RatioExceeded,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)
from packager.outbound.guard import AddressGuard, Network, Policy, read_target
from packager.outbound.network import GuardedTransport, Resolver, resolve

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RATIO_FROM_BYTES = 256 * 1024  # below, a high ratio does no harm and short texts may reach it
_VALIDATORS = frozenset({"if-none-match", "if-modified-since"})
_CREDENTIALS = frozenset({"authorization"})  # not for whom a redirect names
_UNSENDABLE = re.compile(r"[^ -~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one call may take, and how much it may bring."""

    connect_s: float = 2.0  # name, connection and TLS; also the wait for a free connection
    read_s: float = 5.0  # between two reads
    total_s: float = 10.0  # all redirects and the whole body
    max_bytes: int = 4 * 1024 * 1024  # of the body, inflated
    max_ratio: int = 100  # inflated bytes to bytes received
    max_redirects: int = 3


MANIFEST_LIMITS = Limits()
CREATIVE_LIMITS = Limits(total_s=120.0, max_bytes=200 * 1024 * 1024)
PING_LIMITS = Limits(total_s=8.0, max_bytes=64 * 1024)  # a pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer: status 2xx, 206 where a part was asked for, 304 where a validator was sent."""

    url: str  # after redirects: what the URIs inside are relative to
    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes  # inflated


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """An answer whose body is still coming."""

    status: int  # as in `Fetched`
    headers: Mapping[str, str]  # names in any case
    pieces: AsyncGenerator[bytes, None]  # inflated, within the limits of the call but its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """An answer whose body was written to a file."""

    url: str  # after redirects
    headers: Mapping[str, str]  # names in any case
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """What is sent to a URL, and what of it goes on where that redirects to."""

    headers: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)  # not for whom a redirect names
    body: bytes | None = None  # None: GET

    @property
    def all_headers(self) -> Mapping[str, str]:
        return {**self.headers, **self.credentials}

    def redirected(self, status: int) -> "_Message":
        """RFC 9110, section 15.4: only 307 and 308 keep method and body."""
        return self if status in (307, 308) else replace(self, body=None)

    def for_strangers(self) -> "_Message":
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _CREDENTIALS}
        return replace(self, headers=headers, credentials={})


class GuardedClient:
    """Fetches what its guard permits, within limits; one for the life of a process."""

    def __init__(
        self,
        *,
        allow: Iterable[Network] = (),
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        user_agent: str = "weft",
    ) -> None:
        """Make a client.

        Args:
            allow: Networks that are not public and may be reached nevertheless.
            resolver: What finds the addresses of a name.
            ssl_context: What verifies servers; by default against the system's authorities.
            transport: In place of the network. It checks no addresses: for tests.
            user_agent: How the client names itself.
        """
        self._transport = transport or GuardedTransport(
            AddressGuard(allow), resolver=resolver, ssl_context=ssl_context
        )
        self._headers = {"Accept": "*/*", "Accept-Encoding": ACCEPTED, "User-Agent": user_agent}

    async def fetch(
        self,
        url: str,
        *,
        policy: Policy,
        limits: Limits = MANIFEST_LIMITS,
        headers: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Fetched:
        """GET `url`, or POST a body to it, and return the whole answer.

        Args:
            url: An absolute URL.
            policy: Where it, and every redirect, may lead.
            limits: Of time and size.
            headers: Sent beside the client's own. With If-None-Match or If-Modified-Since the
                answer may have status 304 and no body; with Range status 206 and a part of it.
            credentials: Further headers, for the host of `url` alone.
            body: What to POST, if anything. It may arrive twice, as any request of this client.

        Raises:
            OutboundError: There is no such answer; the class and `reason` say why.
        """
        message = _Message(headers=headers or {}, credentials=credentials or {}, body=body)
        with _total_time(limits):
            target, response = await self._open(url, policy, limits, message)
            async with aclosing(response):
                pieces = [piece async for piece in _pieces(response, target.host, limits)]
        return Fetched(
            url=str(target),
            status=response.status_code,
            headers=response.headers,
            body=pieces[0] if len(pieces) == 1 else b"".join(pieces),
        )

    @asynccontextmanager
    async def streamed(
        self,
        url: str,
        *,
        policy: Policy,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Streamed]:
        """GET `url` and give its answer as it comes; it is closed when the block is left.

        Args:
            url: As in `fetch`, and what follows.
            policy: See there.
            limits: Of size; of time, up to the head of the answer, and between two pieces.
            headers: See `fetch`.
            credentials: See there.

        Raises:
            OutboundError: There is no such answer; reading the pieces may raise one, too.
        """
        message = _Message(headers=headers or {}, credentials=credentials or {})
        with _total_time(limits):
            target, response = await self._open(url, policy, limits, message)
        async with aclosing(response):
            yield Streamed(
                status=response.status_code,
                headers=response.headers,
                pieces=_pieces(response, target.host, limits),
            )

    async def download(
        self, url: str, path: Path, *, policy: Policy, limits: Limits = CREATIVE_LIMITS
    ) -> Downloaded:
        """GET `url` and write its body to a new file at `path`; after an error there is no file.

        Raises:
            OutboundError: There is no such answer; the class and `reason` say why.
            OSError: The file cannot be made or written, or is there already.
        """
        with _total_time(limits):
            target, response = await self._open(url, policy, limits, _Message())
            async with aclosing(response), await anyio.open_file(path, "xb") as file:
                try:
                    async with aclosing(_pieces(response, target.host, limits)) as pieces:
                        size_bytes = sum([await file.write(piece) async for piece in pieces])
                except BaseException:
                    path.unlink()  # noqa: ASYNC240 -- awaiting could be cancelled
                    raise
        return Downloaded(url=str(target), headers=response.headers, size_bytes=size_bytes)

    async def ping(
        self,
        url: str,
        *,
        policy: Policy,
        limits: Limits = PING_LIMITS,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """GET `url` to tell a server something; what it answers with a 2xx is of no interest.

        Unlike `fetch`, this never sends anything a second time: what a server was told twice it
        may count twice.

        Raises:
            OutboundError: There is no such answer; `unsent` and `redirected` say who may have got
                the request nevertheless.
        """
        with _total_time(limits):
            message = _Message(headers=headers or {})
            target, response = await self._open(url, policy, limits, message, tries=1)
        # A short body that was read leaves a connection that can be used again.
        async with aclosing(response):
            with anyio.move_on_after(limits.read_s), suppress(OutboundError):
                async for _ in _pieces(response, target.host, limits):
                    pass

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def _open(
        self,
        url: str,
        policy: Policy,
        limits: Limits,
        message: "_Message",
        *,
        tries: int = 2,
    ) -> tuple[httpx2.URL, httpx2.Response]:
        """Follow redirects; return where they end and the good answer there, its body unread."""
        if any(_UNSENDABLE.search(value) for value in message.all_headers.values()):
            raise Refused("header with a control character")
        target = read_target(url, policy)
        redirected = False
        try:
            for _ in range(limits.max_redirects + 1):
                response = await self._send(target, limits, message, tries)
                if _is_good(response.status_code, message.headers):
                    return target, response
                await response.aclose()
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or location is None:
                    raise BadStatus(target.host, response.status_code)
                redirected = True
                following = read_target(location, policy, base=target)
                message = message.redirected(response.status_code)
                if (following.scheme, following.netloc) != (target.scheme, target.netloc):
                    message = message.for_strangers()
                target = following
            raise Refused(f"{target.host}: more than {limits.max_redirects} redirects")
        except OutboundError as error:
            error.redirected = redirected
            raise

    async def _send(
        self, target: httpx2.URL, limits: Limits, message: "_Message", tries: int
    ) -> httpx2.Response:
        timeout = {
            "connect": limits.connect_s,
            "pool": limits.connect_s,
            "read": limits.read_s,
            "write": limits.read_s,
        }
        headers = httpx2.Headers(self._headers)
        headers.update(message.all_headers)  # in the place of the client's own, in any case
        request = httpx2.Request(
            "GET" if message.body is None else "POST",
            target,
            headers=headers,
            content=message.body,
            extensions={"timeout": timeout},
        )
        # Twice, because a server may close an idle connection just when it is used again.
        for left in reversed(range(tries)):
            try:
                return await self._transport.handle_async_request(request)
            except (httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
                raise _unsent(TimedOut(f"{target.host}: {type(error).__name__}")) from error
            except httpx2.TimeoutException as error:
                raise TimedOut(f"{target.host}: {type(error).__name__}") from error
            except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError) as error:
                if not left:
                    raise Unreachable(f"{target.host}: no HTTP answer") from error
            except httpx2.ConnectError as error:
                raise _unsent(Unreachable(f"{target.host}: no connection")) from error
            except httpx2.TransportError as error:
                raise Unreachable(f"{target.host}: no connection") from error
        raise AssertionError  # pragma: no cover


def _unsent(error: OutboundError) -> OutboundError:
    error.unsent = True
    return error


def _is_good(status: int, headers: Mapping[str, str]) -> bool:
    if status == 304:
        return any(name.lower() in _VALIDATORS for name in headers)
    if status == 206:
        return any(name.lower() == "range" for name in headers)
    return 200 <= status <= 205


@contextmanager
def _total_time(limits: Limits) -> Iterator[None]:
    try:
        with anyio.fail_after(limits.total_s):
            yield
    except TimeoutError as error:
        raise TimedOut(f"not complete in {limits.total_s:g} s") from error


async def _pieces(
    response: httpx2.Response, host: str, limits: Limits
) -> AsyncGenerator[bytes, None]:
    """Yield the inflated body, never more of it than the limits allow."""
    length = response.headers.get("content-length", "")
    announced = None
    if length.isdecimal() and "transfer-encoding" not in response.headers:
        announced = int(length)
        if announced > limits.max_bytes:
            raise Oversize(f"{host}: {announced} bytes announced")
    decode = decoder(response.headers.get("content-encoding", ""))
    received = inflated = 0
    try:
        async for chunk in cast(httpx2.AsyncByteStream, response.stream):
            received += len(chunk)
            for piece in decode.feed(chunk):
                inflated += len(piece)
                if inflated > max(received * limits.max_ratio, _RATIO_FROM_BYTES):
                    raise RatioExceeded(f"{host}: {received} bytes became more than {inflated}")
                if inflated > limits.max_bytes:
                    raise Oversize(f"{host}: more than {limits.max_bytes} bytes")
                yield piece
            if received > limits.max_bytes:  # and yet inflated to less: nothing honest does
                raise Oversize(f"{host}: more than {limits.max_bytes} bytes received")
    except httpx2.TimeoutException as error:
        raise TimedOut(f"{host}: the body stopped coming") from error
    except httpx2.TransportError as error:
        raise Truncated(f"{host}: connection lost after {received} bytes of body") from error
    decode.finish()
    if announced is not None and received != announced:
        raise Truncated(f"{host}: {received} bytes of body, {announced} announced")
