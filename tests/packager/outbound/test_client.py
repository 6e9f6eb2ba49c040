"""The client follows, counts and stops (failures.md, rows 1 to 5, threats 4, 17 and 23)."""

import asyncio
import gzip
import random
import socket
import ssl
import time
import tracemalloc
from ipaddress import ip_network
from pathlib import Path

import brotli
import httpx2
import pytest

from packager.outbound import (
    PUBLIC,
    BadStatus,
    GuardedClient,
    Limits,
    OutboundError,
    Oversize,
    Policy,
    RatioExceeded,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)
from packager.reasons import Reason

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # making the default one takes its time
PLAYLIST = b"#EXTM3U\n" + b"#EXTINF:6.000,\nsegment.ts\n" * 100
MEBIBYTE = 1024 * 1024


def response(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


@pytest.fixture
async def client():
    client = GuardedClient(
        allow=[ip_network("127.0.0.0/8")], ssl_context=NO_TLS, user_agent="weft/test"
    )
    yield client
    await client.aclose()


def mocked(answer: httpx2.Response | Exception) -> GuardedClient:
    def handle(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return GuardedClient(transport=httpx2.MockTransport(handle))


async def test_a_body_is_fetched_with_few_headers_and_no_cookie(client, serve) -> None:
    server = await serve(response(PLAYLIST, "Content-Type: text/plain", "Set-Cookie: a=b; Path=/"))
    for _ in range(2):
        fetched = await client.fetch(
            server.url("/a?b=c#d"), policy=PUBLIC, headers={"X-Device-IP": "192.0.2.0"}
        )
    assert fetched.url == server.url("/a?b=c")
    assert fetched.status == 200
    assert fetched.headers["content-type"] == "text/plain"
    assert fetched.body == PLAYLIST
    assert server.connections == 1  # kept alive
    assert server.requests[1].decode().lower().split("\r\n") == [
        "get /a?b=c http/1.1",
        f"host: 127.0.0.1:{server.port}",
        "accept: */*",
        "accept-encoding: gzip, br",
        "user-agent: weft/test",
        "x-device-ip: 192.0.2.0",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("br", brotli.compress)],
)
async def test_a_compressed_body_is_inflated(client, serve, coding, compress) -> None:
    server = await serve(response(compress(PLAYLIST), f"Content-Encoding: {coding}"))
    assert (await client.fetch(server.url(), policy=PUBLIC)).body == PLAYLIST


async def test_a_chunked_body_is_put_together(client, serve) -> None:
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b"#EXT", b"M3U", b"\n"))
    server = await serve(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    )
    assert (await client.fetch(server.url(), policy=PUBLIC)).body == b"#EXTM3U\n"


async def test_a_body_may_be_empty(client, serve) -> None:
    server = await serve(response(status="204 No Content"))
    assert (await client.fetch(server.url(), policy=PUBLIC)).body == b""


# Bodies that are sent


async def test_a_body_is_posted_whole(client, serve) -> None:
    received: list[bytes] = []

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        # The conftest's server reads heads; the body comes behind this one.
        received.append(head)
        writer.write(response(PLAYLIST))

    server = await serve(answer)
    fetched = await client.fetch(
        server.url(), policy=PUBLIC, body=b"a=b&c", headers={"Content-Type": "x/y"}
    )
    assert fetched.body == PLAYLIST
    assert received[0].startswith(b"POST / HTTP/1.1\r\n")
    assert b"Content-Length: 5\r\n" in received[0]
    assert b"Content-Type: x/y\r\n" in received[0]


@pytest.mark.parametrize(
    ("status", "again"), [(301, False), (302, False), (303, False), (307, True), (308, True)]
)
async def test_only_some_redirects_take_a_body_along(status: int, again: bool) -> None:
    """RFC 9110, section 15.4."""
    seen: list[tuple[str, bytes]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.method, request.content))
        if len(seen) == 1:
            return httpx2.Response(status, headers={"location": "/2"})
        return httpx2.Response(200)

    client = GuardedClient(transport=httpx2.MockTransport(handle))
    await client.fetch("http://a.test/", policy=PUBLIC, body=b"canary")
    assert seen == [("POST", b"canary"), ("POST", b"canary") if again else ("GET", b"")]


async def test_an_empty_body_is_posted_too() -> None:
    methods: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        methods.append(request.method)
        return httpx2.Response(200)

    client = GuardedClient(transport=httpx2.MockTransport(handle))
    await client.fetch("http://a.test/", policy=PUBLIC, body=b"")
    await client.fetch("http://a.test/", policy=PUBLIC)
    assert methods == ["POST", "GET"]


# Redirects


async def test_redirects_are_followed_and_the_url_is_that_of_the_last(client, serve) -> None:
    end = await serve(response(PLAYLIST))

    async def redirect(request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split()[1].decode()
        to = {"/1": "2", "/2": "/sub/3", "/sub/3": end.url("/live/index.m3u8?x#y")}[path]
        writer.write(response(b"moved", f"Location: {to}", status="302 Found"))

    start = await serve(redirect)
    fetched = await client.fetch(start.url("/1"), policy=PUBLIC)
    assert fetched.url == end.url("/live/index.m3u8?x")
    assert fetched.body == PLAYLIST


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_loop_ends_after_three_hops(client, serve, status: int) -> None:
    server = await serve(response(b"", "Location: /again", status=f"{status} Moved"))
    with pytest.raises(Refused, match="3 redirects"):
        await client.fetch(server.url(), policy=PUBLIC)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.5:6379/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:8080/",
        "http://[64:ff9b::7f00:1]:8080/",
        "//0.0.0.0:8080/",
        "http://127.0.0.1:22/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "file:///etc/passwd",
        "http://user@127.0.0.1:8080/",
        "http://a\tb/",
        "http://[",
        "\\\\evil\\x",
    ],
)
async def test_every_redirect_is_judged(client, serve, location: str) -> None:
    server = await serve(response(b"", f"Location: {location}", status="302 Found"))
    with pytest.raises(Refused):
        await client.fetch(server.url(), policy=PUBLIC)
    assert len(server.requests) == 1


async def test_a_redirect_to_a_host_that_is_not_configured_is_refused(client, serve) -> None:
    canary = await serve(response(b"secret"))
    to = canary.url(host="127.0.0.2")
    server = await serve(response(b"", f"Location: {to}", status="302 Found"))
    with pytest.raises(Refused):
        await client.fetch(server.url(), policy=Policy.for_urls([server.url()]))
    assert canary.connections == 0


async def test_a_redirect_without_a_place_is_a_bad_status(client, serve) -> None:
    server = await serve(response(status="302 Found"))
    with pytest.raises(BadStatus):
        await client.fetch(server.url(), policy=PUBLIC)


async def test_credentials_stay_with_the_host_they_were_meant_for(client, serve) -> None:
    other = await serve(response())
    server = await serve(response(b"", f"Location: {other.url()}", status="307 Moved"))
    await client.fetch(
        server.url(), policy=PUBLIC, headers={"Authorization": "Bearer x", "X-Other": "y"}
    )
    assert b"Bearer" in server.requests[0]
    assert b"Bearer" not in other.requests[0]
    assert b"X-Other" in other.requests[0]


async def test_what_is_given_as_credentials_stays_with_its_host_whatever_its_name() -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        headers = request.headers
        seen.append((str(request.url), headers.get("x-key"), headers.get("x-other")))
        to = {"/1": "/2", "/2": "https://a.test/3", "/3": "http://a.test/4"}.get(request.url.path)
        return httpx2.Response(302 if to else 200, headers={"location": to} if to else {})

    client = GuardedClient(transport=httpx2.MockTransport(handle))
    keys, other = {"X-Key": "k"}, {"X-Other": "o"}
    await client.fetch("http://a.test/1", policy=PUBLIC, credentials=keys, headers=other)
    assert seen == [
        ("http://a.test/1", "k", "o"),
        ("http://a.test/2", "k", "o"),
        ("https://a.test/3", None, "o"),
        ("http://a.test/4", None, "o"),
    ]
    with pytest.raises(Refused, match="control character"):
        await client.fetch("http://a.test/", policy=PUBLIC, credentials={"X-Key": "a\r\nb: c"})


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\0", "ü", "\u2028"])
async def test_a_header_that_would_be_two_is_refused(client, serve, value: str) -> None:
    server = await serve(response())
    with pytest.raises(Refused):
        await client.fetch(server.url(), policy=PUBLIC, headers={"X-Title": value})
    assert server.connections == 0


# Statuses


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Reason.ORIGIN_NOT_FOUND),
        (410, Reason.ORIGIN_NOT_FOUND),
        (403, Reason.ORIGIN_STATUS),
        (500, Reason.ORIGIN_STATUS),
        (503, Reason.ORIGIN_STATUS),
        (206, Reason.ORIGIN_STATUS),
        (304, Reason.ORIGIN_STATUS),
    ],
)
async def test_a_status_that_is_no_success_is_an_error(client, serve, status, reason) -> None:
    server = await serve(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
    with pytest.raises(BadStatus) as error:
        await client.fetch(server.url(), policy=PUBLIC)
    assert (error.value.status, error.value.reason) == (status, reason)


async def test_304_is_an_answer_to_a_validator(client, serve) -> None:
    server = await serve(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n')
    fetched = await client.fetch(server.url(), policy=PUBLIC, headers={"If-None-Match": '"a"'})
    assert (fetched.status, fetched.body) == (304, b"")


# Limits of size


async def test_a_body_of_fifty_megabytes_is_not_read(client, serve) -> None:
    sent = 0

    async def flood(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 50 * MEBIBYTE:
            writer.write(bytes(MEBIBYTE))
            await writer.drain()
            sent += MEBIBYTE

    server = await serve(flood)
    with pytest.raises(Oversize):
        await client.fetch(server.url(), policy=PUBLIC)
    await asyncio.sleep(0.05)
    assert sent < 30 * MEBIBYTE  # what the buffers of two sockets took beside the 4 MiB


async def test_a_body_that_announces_too_much_is_not_read(client, serve) -> None:
    server = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    with pytest.raises(Oversize):
        await client.fetch(server.url(), policy=PUBLIC)


async def test_a_body_of_just_the_limit_is_read(client, serve) -> None:
    server = await serve(response(bytes(1000)))
    assert await client.fetch(server.url(), policy=PUBLIC, limits=Limits(max_bytes=1000))
    with pytest.raises(Oversize):
        await client.fetch(server.url(), policy=PUBLIC, limits=Limits(max_bytes=999))


def gzip_bomb() -> bytes:
    return gzip.compress(bytes(100 * MEBIBYTE))


def brotli_bomb() -> bytes:
    return brotli.compress(bytes(100 * MEBIBYTE), quality=3)


@pytest.mark.parametrize(
    ("coding", "bomb", "error"),
    [
        ("gzip", gzip_bomb, Oversize),
        ("br", brotli_bomb, RatioExceeded),
        ("gzip, gzip", lambda: gzip.compress(gzip_bomb()), RatioExceeded),
        ("br, gzip", lambda: gzip.compress(brotli_bomb()), RatioExceeded),
    ],
    ids=["gzip", "br", "gzip twice", "br in gzip"],
)
async def test_a_bomb_is_stopped_while_it_is_small(client, serve, coding, bomb, error) -> None:
    server = await serve(response(bomb(), f"Content-Encoding: {coding}"))
    tracemalloc.start()
    try:
        with pytest.raises(error):
            await client.fetch(server.url(), policy=PUBLIC)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * MEBIBYTE


async def test_a_bomb_of_modest_ratio_is_stopped_by_its_size(client, serve) -> None:
    noise = random.Random(1).randbytes(40_000)
    server = await serve(response(brotli.compress(noise * 200, quality=5), "Content-Encoding: br"))
    with pytest.raises(Oversize):
        await client.fetch(server.url(), policy=PUBLIC, limits=Limits(max_ratio=10_000))


async def test_input_that_inflates_to_nothing_is_counted_too(client, serve) -> None:
    async def flood(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        nothing = gzip.compress(b"") * 1000
        while True:
            writer.write(nothing)
            await writer.drain()

    server = await serve(flood)
    with pytest.raises(Oversize):
        await client.fetch(server.url(), policy=PUBLIC, limits=Limits(max_bytes=100_000))


async def test_a_short_text_may_be_compressed_as_well_as_it_can_be(client, serve) -> None:
    body = bytes(200_000)
    server = await serve(response(gzip.compress(body), "Content-Encoding: gzip"))
    assert (await client.fetch(server.url(), policy=PUBLIC)).body == body


# Bodies that end early


CUT = {
    "content length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n#EXTM3U\n",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n#EXTM3U\n",
    "last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n#EXTM3U\n\r\n",
    "gzip": b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(PLAYLIST)[:-3],
    "brotli": b"HTTP/1.0 200 OK\r\nContent-Encoding: br\r\n\r\n" + brotli.compress(PLAYLIST)[:-3],
    "gzip, length right": response(gzip.compress(PLAYLIST)[:-3], "Content-Encoding: gzip"),
    "damaged": response(b"\x1f\x8b\x08\0\0\0\0\0\0\0damaged", "Content-Encoding: gzip"),
    "coding": response(b"x", "Content-Encoding: zstd"),
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT)
async def test_a_truncated_body_is_an_error(client, serve, answer: bytes) -> None:
    async def cut(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await serve(cut)
    with pytest.raises(Truncated):
        await client.fetch(server.url(), policy=PUBLIC)


async def test_a_length_that_is_not_the_bodys_is_an_error_on_any_transport() -> None:
    client = mocked(httpx2.Response(200, content=b"abc", headers={"Content-Length": "5"}))
    with pytest.raises(Truncated):
        await client.fetch("http://a.example/", policy=PUBLIC)


# Connections and time


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
async def test_what_does_not_speak_http_is_unreachable(client, serve, answer: bytes) -> None:
    async def hang_up(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server = await serve(hang_up)
    with pytest.raises(Unreachable):
        await client.fetch(server.url(), policy=PUBLIC)


async def test_a_closed_port_is_unreachable(client) -> None:
    with socket.socket() as bound:  # and not listening
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            await client.fetch(f"http://127.0.0.1:{bound.getsockname()[1]}/", policy=PUBLIC)


async def test_a_connection_that_was_closed_while_idle_is_opened_again(client, serve) -> None:
    async def once(request: bytes, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 2:
            writer.transport.abort()  # after the second request came in on the first connection
        else:
            writer.write(response(b"ok"))

    server = await serve(once)
    for _ in range(2):
        assert (await client.fetch(server.url(), policy=PUBLIC)).body == b"ok"
    assert (server.connections, len(server.requests)) == (2, 3)


async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silence(request: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def silence_in_the_body(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
    await asyncio.sleep(60)


async def slow_headers(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for n in range(1000):
        writer.write(b"X-%d: y\r\n" % n)
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        (drip, Limits(total_s=0.2)),
        (slow_headers, Limits(total_s=0.2)),
        (silence, Limits(read_s=0.2)),
        (silence_in_the_body, Limits(read_s=0.2)),
    ],
    ids=["drip", "slow headers", "silence", "silence in the body"],
)
async def test_a_slow_server_is_left_in_time(client, serve, answer, limits) -> None:
    server = await serve(answer)
    start = time.monotonic()
    with pytest.raises(TimedOut) as error:
        await client.fetch(server.url(), policy=PUBLIC, limits=limits)
    assert 0.1 < time.monotonic() - start < 1.5
    assert error.value.reason == "origin_timeout"


async def test_other_errors_of_a_transport_are_unreachable() -> None:
    with pytest.raises(Unreachable):
        await mocked(httpx2.UnsupportedProtocol("x")).fetch("http://a.example/", policy=PUBLIC)


# Downloads


async def test_a_download_is_written_to_a_file(client, serve, tmp_path: Path) -> None:
    body = random.Random(2).randbytes(300_000)
    server = await serve(
        response(gzip.compress(body), "Content-Encoding: gzip", "Content-Type: video/mp4")
    )
    path = tmp_path / "creative.mp4"
    downloaded = await client.download(server.url("/ad.mp4"), path, policy=PUBLIC)
    assert path.read_bytes() == body
    assert downloaded.size_bytes == len(body)
    assert downloaded.url == server.url("/ad.mp4")
    assert downloaded.headers["content-type"] == "video/mp4"


async def test_a_download_that_fails_leaves_no_file(client, serve, tmp_path: Path) -> None:
    path = tmp_path / "creative.mp4"
    server = await serve(drip)
    for limits, error in ((Limits(max_bytes=999), Oversize), (Limits(total_s=0.2), TimedOut)):
        with pytest.raises(error):
            await client.download(server.url(), path, policy=PUBLIC, limits=limits)
        assert not path.exists()


async def test_a_download_overwrites_nothing(client, serve, tmp_path: Path) -> None:
    path = tmp_path / "creative.mp4"
    path.write_bytes(b"mine")
    server = await serve(response(b"theirs"))
    with pytest.raises(FileExistsError):
        await client.download(server.url(), path, policy=PUBLIC)
    assert path.read_bytes() == b"mine"


# Errors


def test_every_kind_of_error_has_a_reason_of_its_own() -> None:
    kinds = OutboundError.__subclasses__()
    here = [cls for cls in kinds if cls.__module__.startswith("packager.outbound.")]
    errors = [cls("x") for cls in here if cls is not BadStatus]
    errors += [BadStatus("a.example", 404), BadStatus("a.example", 500)]
    assert len({error.reason for error in errors}) == len(errors) == 10


@pytest.mark.parametrize("answer", [b"", response(status="500 X"), *CUT.values()])
async def test_no_error_repeats_a_signed_url(client, serve, answer: bytes) -> None:
    async def say(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server = await serve(say)
    with pytest.raises(OutboundError) as error:
        await client.fetch(server.url("/secret?token=secret"), policy=PUBLIC)
    assert "secret" not in str(error.value)


async def test_an_answer_is_streamed_as_it_comes(client, serve) -> None:
    server = await serve(response(b"one two", "Content-Type: text/plain"))
    async with client.streamed(server.url("/"), policy=PUBLIC, limits=Limits()) as answer:
        assert (answer.status, answer.headers["content-type"]) == (200, "text/plain")
        assert b"".join([piece async for piece in answer.pieces]) == b"one two"


async def test_a_streamed_answer_is_bounded_and_must_be_good() -> None:
    limits = Limits(max_bytes=10)
    bad = mocked(httpx2.Response(503))
    with pytest.raises(BadStatus):
        async with bad.streamed("https://a.example/", policy=PUBLIC, limits=limits):
            pytest.fail("there is no good answer")
    large = mocked(httpx2.Response(200, content=b"x" * 20))
    async with large.streamed("https://a.example/", policy=PUBLIC, limits=limits) as answer:
        with pytest.raises(Oversize):
            [piece async for piece in answer.pieces]


async def test_a_stream_may_last_longer_than_it_may_take_to_begin() -> None:
    async def slow():
        for _ in range(3):
            await asyncio.sleep(0.1)
            yield b"x"

    patient = mocked(httpx2.Response(200, content=slow()))
    limits = Limits(total_s=0.15)
    async with patient.streamed("https://a.example/", policy=PUBLIC, limits=limits) as answer:
        assert [piece async for piece in answer.pieces] == [b"x"] * 3


async def test_a_header_of_a_call_takes_the_place_of_the_clients_own_in_any_case() -> None:
    seen: list[httpx2.Headers] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers)
        return httpx2.Response(200)

    client = GuardedClient(transport=httpx2.MockTransport(handle))
    headers = {"accept": "application/json", "user-agent": "theirs"}
    await client.fetch("https://a.example/", policy=PUBLIC, headers=headers)
    assert seen[0].get_list("accept") == ["application/json"]
    assert seen[0].get_list("user-agent") == ["theirs"]
