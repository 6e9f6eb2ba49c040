"""HTTP as players, pages, caches and strangers meet it (design 5.2 and 5.4; threats 6 to 10)."""

import gzip
import json
import random
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx2
import pytest
from app_bench import ORIGIN, Bench, Running
from starlette.routing import Route
from starlette.types import Message

from packager.admin import create_admin
from packager.app import routes
from packager.door import Door
from packager.metrics import Metrics
from packager.parameters import MAX_BODY_BYTES, MAX_QUERY_CHARACTERS
from packager.reasons import Reason
from packager.tokens import Token, Tokens, digest_of, new_sid

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"
HLS = "application/vnd.apple.mpegurl"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def raw(
    running: Running,
    path: bytes,
    *,
    method: str = "GET",
    headers: Sequence[tuple[bytes, bytes]] = (),
    query: bytes = b"",
    body: Sequence[bytes] = (b"",),
) -> tuple[int, dict[str, str], bytes]:
    """Send bytes that no client would; servers decode the path and hand on both."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"weft.example"), *headers],
        "client": ("203.0.113.9", 1),
        "server": ("weft.example", 80),
    }
    pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in body] + [
        {"type": "http.disconnect"}
    ]
    if body == (b"",):
        pieces = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return pieces.pop(0) if len(pieces) > 1 else pieces[0]

    async def send(message: Message) -> None:
        sent.append(message)

    await running.app(scope, receive, send)
    fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], fields, b"".join(m.get("body", b"") for m in sent[1:])


def refused(answer: httpx2.Response, status: int, reason: Reason) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.json() == {"error": str(reason)}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    return True


async def test_every_answer_says_its_type_who_may_read_it_and_who_may_keep_it(
    bench: Bench,
) -> None:
    bench.clock.advance(10)
    bench.world.cues = {52: "#EXT-X-CUE-OUT:6"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        listed = await player.poll()
        ad = next(uri for uri in listed.uris if not uri.startswith(ORIGIN))
        file = "/tm/" + "/".join(ad.split("/")[-2:])
        expected = {
            f"{LIVE}?aws.sessionId={player.token}": (HLS, "private, no-store"),
            player.renditions[0]: (HLS, "private, no-store"),
            file: ("video/iso.segment", "public, max-age=31536000, immutable"),
            file.rpartition("/")[0] + "/init.mp4": (
                "video/mp4",
                "public, max-age=31536000, immutable",
            ),
            "/openapi.json": ("application/json", "private, no-store"),
            "/v1/session/default/live/index.m3u8": ("application/json", "private, no-store"),
        }
        for path, (content_type, caching) in expected.items():
            got = await running.get(path)
            assert got.status_code == 200, path
            assert got.headers["content-type"] == content_type
            assert got.headers["cache-control"] == caching
            assert got.headers["access-control-allow-origin"] == "*"  # also without an Origin
            assert "access-control-allow-credentials" not in got.headers
            cookie = {"cookie": "a=b", "origin": "https://page.example"}
            with_cookie = await running.get(path, headers=cookie)
            assert with_cookie.headers["access-control-allow-origin"] == "*"


async def test_head_is_get_without_a_body(bench: Bench) -> None:
    async with bench.run() as running:
        player = await running.player().open(VOD)
        listed = await player.poll()
        for path in (player.renditions[0], listed.uris[0], "/openapi.json"):
            identity = {"accept-encoding": "identity"}
            got = await running.get(path, headers=identity)
            head = await running.client.head(path, headers=identity)
            assert head.status_code == 200
            assert head.content == b""
            assert head.headers["content-length"] == str(len(got.content))
            assert head.headers["content-type"] == got.headers["content-type"]
        missing = await running.client.head("/tm/x/y")
        assert (missing.status_code, missing.content) == (404, b"")


async def test_preflights_are_answered_for_every_path_without_asking_anybody(
    bench: Bench,
) -> None:
    asking = {
        "origin": "https://page.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "cmcd-request,cmcd-session",
    }
    async with bench.run() as running:
        for path in (LIVE, "/v1/manifest/default/x/0.m3u8", "/tm/a/b"):
            got = await running.client.options(path, headers=asking)
            assert got.status_code == 204
            assert got.content == b""
            assert got.headers["access-control-allow-origin"] == "*"
            assert got.headers["access-control-allow-headers"] == "*"
            assert "GET" in got.headers["access-control-allow-methods"]
            assert "access-control-allow-credentials" not in got.headers
        assert not bench.world.requests


async def test_a_compressed_answer_is_the_plain_one(bench: Bench) -> None:
    async with bench.run() as running:
        player = await running.player().open(VOD)
        path = player.renditions[0]
        plain = await running.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        for accepted in ("gzip", "br;q=1.0, gzip;q=0.8", "*", "deflate, GZIP"):
            packed = await running.get(path, headers={"accept-encoding": accepted})
            assert packed.headers["content-encoding"] == "gzip", accepted
            assert packed.headers["vary"] == "Accept-Encoding"
            assert int(packed.headers["content-length"]) < len(plain.content)
            assert packed.content == plain.content
        for refused_ in ("", "identity", "gzip;q=0", "br", "*;q=0.000"):
            got = await running.get(path, headers={"accept-encoding": refused_})
            assert "content-encoding" not in got.headers, refused_
        status, headers, body = await raw(
            running, path.encode(), headers=[(b"accept-encoding", b"gzip")]
        )
        assert status == 200
        assert gzip.decompress(body) == plain.content
        assert headers["content-length"] == str(len(body))


async def test_what_is_not_there_is_said_with_a_code(bench: Bench) -> None:
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        base = player.renditions[0].removesuffix("0.m3u8")
        cases = {
            "/": Reason.NOT_FOUND,
            "/favicon.ico": Reason.NOT_FOUND,
            "/v1/master/nobody/live/index.m3u8": Reason.TENANT_UNKNOWN,
            "/v1/master/default/nothing/index.m3u8": Reason.SHOW_UNKNOWN,
            "/v1/session/default/nothing/index.m3u8": Reason.SHOW_UNKNOWN,
            f"{base}3.m3u8": Reason.NOT_FOUND,
            f"{base}99999999999999999999.m3u8": Reason.NOT_FOUND,
            f"{base}{'9' * 1800}.m3u8": Reason.NOT_FOUND,
            f"{base}0.mpd": Reason.NOT_FOUND,
            f"{base}-1.m3u8": Reason.NOT_FOUND,
            "/tm/00000000000000000000000000000000/1.m4s": Reason.ASSET_UNKNOWN,
            "/tm/x/y": Reason.ASSET_UNKNOWN,
        }
        for path, reason in cases.items():
            assert refused(await running.get(path), 404, reason)
            assert running.count(reason) >= 1
        assert refused(await running.client.delete(LIVE), 405, Reason.METHOD_NOT_ALLOWED)
        assert refused(await running.client.post(LIVE), 405, Reason.METHOD_NOT_ALLOWED)
        assert running.count(Reason.INTERNAL_ERROR) == 0


async def test_media_is_served_in_ranges_and_confirmed_by_its_etag(bench: Bench) -> None:
    async with bench.run() as running:
        player = await running.player().open(VOD)
        path = next(u for u in (await player.poll()).uris if "/tm/" in u)
        whole = await running.get(path)
        part = await running.get(path, headers={"range": "bytes=10-19"})
        assert part.status_code == 206
        assert part.content == whole.content[10:20]
        assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
        tail = await running.get(path, headers={"range": "bytes=-5"})
        assert tail.content == whole.content[-5:]
        beyond = await running.get(path, headers={"range": f"bytes={len(whole.content)}-"})
        assert beyond.status_code == 416
        assert whole.headers["accept-ranges"] == "bytes"
        etag = whole.headers["etag"]
        again = await running.get(path, headers={"if-none-match": etag})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
        for known, status in (
            (f'"other", W/{etag}', 304),
            ("*", 304),
            ('"other"', 200),
            (etag.strip('"'), 200),
            (f"{etag}-", 200),
        ):
            got = await running.get(path, headers={"if-none-match": known})
            assert got.status_code == status, known


PIECES = (
    *(b"..", b".", b"%2e%2e", b"..%2f", b"%2e%2e%2f", b"..%5c", b"\\", b"..\\", b"%252e%252e"),
    *(b"%00", b"%0d%0a", b"%c0%ae%c0%ae", b";", b"..;", b"?", b"#", b"\x00", b"\n", b"\r\nX: y"),
    *(
        b"\xe2\x80\xa8",
        b"%u002e",
        b"....//",
        b"file:",
        b"etc",
        b"passwd",
        b"token.key",
        b"C:",
        b" ",
    ),
    *(b"index", b"live", b"default", b"'", b'"', b"<script>", b"{$x}", b"$(id)", b"`", b"|", b"*"),
)


PREFIXES = (b"/tm/", b"/v1/master/default/live/", b"/v1/session/default/live/")


async def test_no_path_leads_out_of_its_place(bench: Bench) -> None:
    """Threat 6: 300 paths from a seed; none reaches the origin, a file or a traceback."""
    draw = random.Random(6)
    (bench.folder / "token.key").write_text("k" * 64 + "\n")
    async with bench.run() as running:
        before = sum(bench.world.requests.values())
        for _ in range(300):
            prefix = draw.choice(
                [b"/tm/", b"/v1/master/default/live/", b"/v1/session/default/live/"]
            )
            pieces = draw.choices(PIECES, k=draw.randint(1, 6))
            bad = draw.choice(PIECES[:24])
            path = prefix + b"/".join([bad, *pieces]) + draw.choice([b"", b".m3u8", b"/index.m3u8"])
            status, headers, body = await raw(running, path)
            assert status in (400, 404), path
            assert json.loads(body)["error"] in ("path_invalid", "not_found", "asset_unknown")
            assert headers["content-type"] == "application/json"
        assert sum(bench.world.requests.values()) == before
        assert running.count(Reason.INTERNAL_ERROR) == 0
        for path in (b"/tm/../token.key", b"/tm/x/../../token.key", b"/tm//token.key"):
            assert (await raw(running, path))[0] in (400, 404)


async def test_a_request_with_two_hosts_or_an_endless_query_is_turned_away(bench: Bench) -> None:
    async with bench.run() as running:
        status, headers, body = await raw(
            running, LIVE.encode(), headers=[(b"host", b"evil.example")]
        )
        assert (status, json.loads(body)) == (400, {"error": "path_invalid"})
        assert headers["access-control-allow-origin"] == "*"
        long = b"x=" + b"1" * MAX_QUERY_CHARACTERS
        assert (await raw(running, LIVE.encode(), query=long))[0] == 413
        assert (await raw(running, b"/" + b"a" * 5000))[0] == 400
        many = [(b"x-%d" % number, b"1") for number in range(64)]
        assert (await raw(running, LIVE.encode(), headers=many))[0] == 413
        assert (await raw(running, LIVE.encode(), headers=[(b"x", b"1" * 16_384)]))[0] == 413
        assert not bench.world.requests


async def test_a_strange_host_never_gets_into_an_answer(bench: Bench) -> None:
    """Threat 23."""
    async with bench.run() as running:
        for host in ("evil.example", "evil.example/?x=", "a@evil.example", "[::1", "\x7f"):
            headers = [(b"x-forwarded-host", b"evil.example")]
            scope_host = host.encode("latin-1")
            status, fields, body = await raw(
                running, b"/v1/session/default/live/index", headers=headers
            )
            assert status == 200
            assert b"evil" not in body
            assert "location" not in fields
            del scope_host
        for path in ("//evil.example/%2e%2e", "//evil.example"):
            status, fields, _ = await raw(running, path.encode())
            assert status in (400, 404)
            assert "location" not in fields


async def test_parameters_that_are_too_many_or_odd_are_refused(bench: Bench) -> None:
    """Threats 11, 12 and 29: and nothing was asked of the origin for them."""
    async with bench.run() as running:
        queries = {
            "ads.a=%0d%0aSet-Cookie:x": (400, Reason.PARAMETERS_INVALID),
            "ads.a=%22%3Cx%3E": (400, Reason.PARAMETERS_INVALID),
            "manifest.a=%7B$x%7D": (400, Reason.PARAMETERS_INVALID),
            "ads.a=1&ads.a=2": (400, Reason.PARAMETERS_INVALID),
            "&".join(f"ads.{n}=1" for n in range(40)): (400, Reason.PARAMETERS_INVALID),
            "ads.a=" + "x" * 300: (400, Reason.PARAMETERS_INVALID),
            "ads.a=%ff": (400, Reason.PARAMETERS_INVALID),
        }
        for query, (status, reason) in queries.items():
            for path in (LIVE, "/v1/session/default/live/index.m3u8"):
                assert refused(await running.get(f"{path}?{query}"), status, reason)
        path = "/v1/session/default/live/index.m3u8"
        post = running.client.post
        assert refused(await post(path, content=b"{"), 400, Reason.PARAMETERS_INVALID)
        assert refused(await post(path, content=b"[]"), 400, Reason.PARAMETERS_INVALID)
        large = b" " * (MAX_BODY_BYTES + 1)
        assert refused(await post(path, content=large), 413, Reason.REQUEST_TOO_LARGE)
        assert (await post(path, content=b"")).status_code == 200
        assert (await post(path, json={"unknown": 1})).status_code == 200


async def test_a_body_that_ends_early_is_the_clients_fault(bench: Bench) -> None:
    async with bench.run() as running:
        path = b"/v1/session/default/live/index.m3u8"
        status, _, body = await raw(running, path, method="POST", body=(b'{"adsPa', b"rams"))
        assert (status, json.loads(body)) == (400, {"error": "parameters_invalid"})
        assert running.count(Reason.INTERNAL_ERROR) == 0


async def test_unknown_parameters_change_nothing_and_go_nowhere(bench: Bench) -> None:
    """Threats 9 and 24."""
    async with bench.run() as running:
        await running.player().open(LIVE)
        asked = len(bench.world.asked)
        strange = {"sid": "admin", "utm_source": "x", "origin": "http://169.254.169.254/", "_": "1"}
        player = await running.player().open(LIVE, **strange)
        assert all("169.254" not in str(url) for url in bench.world.asked)
        assert len(bench.world.asked) == asked
        session = running.weft.sessions.lookup(player.token, running.weft.clock.now())
        assert session is not None
        assert session.record.parameters.ads == ()
        assert "admin" not in session.sid


async def test_origin_parameters_go_to_the_origin_and_no_further(bench: Bench) -> None:
    async with bench.run() as running:
        player = await running.player().open(f"{LIVE}?manifest.tier=gold&ads.x=1")
        asked = [url for url in bench.world.asked if url.path.endswith("index.m3u8")]
        assert [url.query for url in asked] == [b"tier=gold"]
        await player.poll()
        listed = await player.poll(1)
        assert "tier" not in listed.text


async def test_a_token_opens_its_own_session_and_nothing_else(
    make_bench: Callable[..., Bench],
) -> None:
    """Threat 10: 6 x 6 of tenants, shows and assets."""
    bench = make_bench()
    bench.config = replace(bench.config, tenants=("default", "other"))
    shows = bench.config.shows
    places = [
        (tenant, show, asset)
        for tenant in ("default", "other")
        for show, asset in (("live", "index"), ("vod", "index"), ("vod", "sub/index"))
    ]
    assert shows
    async with bench.run() as running:
        tokens = {}
        for tenant, show, asset in places:
            bench.world.faults["sub/index.m3u8"] = lambda request: httpx2.Response(
                200, content=(bench.media.content / "index.m3u8").read_bytes()
            )
            path = f"/v1/session/{tenant}/{show}/{asset}.m3u8"
            url = (await running.get(path)).json()["manifestUrl"]
            tokens[(tenant, show, asset)] = url.partition("=")[2]
        for mine, token in tokens.items():
            for tenant, show, asset in places:
                path = f"/v1/master/{tenant}/{show}/{asset}.m3u8?aws.sessionId={token}"
                got = await running.get(path)
                media = await running.get(f"/v1/manifest/{tenant}/{token}/0.m3u8")
                if mine == (tenant, show, asset):
                    assert got.status_code == media.status_code == 200
                else:
                    assert refused(got, 403, Reason.TOKEN_INVALID)
                    assert media.status_code == (200 if mine[0] == tenant else 403)


async def test_odd_tokens_are_refused_alike(bench: Bench) -> None:
    """Threat 7: a sample of edits, at the routes; test_tokens has them all."""
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        token = player.token
        data = bytearray(urlsafe_b64decode(token + "=="))
        draw = random.Random(7)
        bodies = set()
        for _ in range(60):
            index = draw.randrange(len(data))
            if 1 <= index <= 4:
                continue  # the key's id
            edited = bytearray(data)
            edited[index] ^= 1 << draw.randrange(8)
            forged = urlsafe_b64encode(edited).rstrip(b"=").decode()
            got = await running.get(f"/v1/manifest/default/{forged}/0.m3u8")
            assert refused(got, 403, Reason.TOKEN_INVALID)
            bodies.add(got.content)
        assert len(bodies) == 1
        for odd in ("x", "-", "a" * 500, token[:-1], token + "A", "null", "0", "~.~"):
            path = f"/v1/manifest/default/{odd}/0.m3u8"
            assert refused(await running.get(path), 403, Reason.TOKEN_INVALID)
            assert (await running.get(f"{LIVE}?aws.sessionId={odd}")).status_code == 403
        strangers = Tokens(["s" * 40]).write(
            Token(
                sid=new_sid(),
                tenant="default",
                show="live",
                asset_digest=digest_of("index"),
                issued_at=0,
                expires_at=2**31,
            )
        )
        path = f"/v1/manifest/default/{strangers}/0.m3u8"
        assert refused(await running.get(path), 403, Reason.TOKEN_KEY_UNKNOWN)
        assert refused(await running.get(f"{LIVE}?aws.sessionId="), 403, Reason.TOKEN_INVALID)


async def test_sessions_that_have_ended_or_were_lost_are_told_apart(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await player.poll()
        bench.clock.advance(1000)
        got = await running.get(player.renditions[0])
        assert refused(got, 410, Reason.SESSION_EXPIRED)
        again = await running.player().open(LIVE)
    async with bench.run() as running:  # in memory: lost with the process
        got = await running.get(again.renditions[0])
        assert refused(got, 404, Reason.SESSION_UNKNOWN)


async def test_a_vod_session_lasts_while_its_player_is_silent(bench: Bench) -> None:
    async with bench.run() as running:
        player = await running.player().open(VOD)
        await player.poll()
        bench.clock.advance(4 * 3600)
        assert (await player.poll(1)).kinds


def client_at(running: Running, address: str, **headers: str) -> httpx2.AsyncClient:
    """A client that the server sees at an address."""
    transport = httpx2.ASGITransport(app=running.app, client=(address, 4711))
    return httpx2.AsyncClient(transport=transport, base_url="http://weft.example", headers=headers)


async def test_one_address_cannot_start_sessions_without_end_nor_make_the_origin_work(
    bench: Bench,
) -> None:
    """Threat 36."""
    async with bench.run() as running, client_at(running, "8.8.4.4") as client:
        statuses = []
        for number in range(130):
            got = await client.get(f"{LIVE}?manifest.n=1&ads.n={number}")
            statuses.append(got.status_code)
        assert statuses == [200] * 120 + [429] * 10
        assert refused(got, 429, Reason.SESSION_RATE)
        assert got.headers["retry-after"]
        asked = len(bench.world.asked)
        for number in range(20):
            assert (await client.get(f"{LIVE}?manifest.n={number}x")).status_code == 429
        assert len(bench.world.asked) == asked
        async with client_at(running, "8.8.8.8") as other:
            assert (await other.get(LIVE)).status_code == 200
        bench.clock.advance(10)
        assert (await client.get(LIVE)).status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("8.8.4.4", "", True),
        ("8.8.4.4", "1.1.1.1", True),  # a viewer's own word
        ("::ffff:8.8.4.4", "", True),
        ("2606:4700::1", "", True),
        ("127.0.0.1", "", False),
        ("10.0.0.7", "8.8.4.4", True),  # a proxy's word
        ("10.0.0.7", "6.6.6.6, 8.8.4.4", True),  # of which only the last is its own
        ("10.0.0.7", "10.0.0.9", False),
        ("::1", "nonsense", False),
        ("testclient", "", False),
    ],
)
async def test_sessions_are_counted_by_the_address_of_the_viewer(
    bench: Bench, peer: str, forwarded: str, counted: bool
) -> None:
    async with bench.run() as running:
        taken: list[str] = []
        running.weft.sessions.admit = lambda address, now: taken.append(address)  # type: ignore[method-assign]
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        async with client_at(running, peer, **headers) as client:
            assert (await client.get(LIVE)).status_code == 200
        wanted = "2606:4700::" if ":" in peer and "." not in peer and counted else "8.8.4.4"
        assert taken == ([wanted] if counted else [])


async def test_a_full_store_refuses_new_sessions_and_serves_those_that_are(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    bench.config = replace(bench.config, sessions=replace(bench.config.sessions, limit=2))
    async with bench.run() as running:
        players = [await running.player().open(LIVE) for _ in range(2)]
        got = await running.get(LIVE)
        assert refused(got, 503, Reason.SESSION_LIMIT)
        assert got.headers["retry-after"]
        for player in players:
            assert (await player.poll()).kinds


async def test_the_openapi_document_names_every_route_and_nothing_else(bench: Bench) -> None:
    async with bench.run() as running:
        document = (await running.get("/openapi.json")).json()
        assert document["openapi"] == "3.1.0"
        served = {
            re.sub(r":\w+}", "}", route.path): {m.lower() for m in route.methods or ()} - {"head"}
            for route in routes(running.weft)
            if isinstance(route, Route)
        }
        assert {path: set(item) for path, item in document["paths"].items()} == served
        for path, item in document["paths"].items():
            for operation in item.values():
                named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
                assert named == set(re.findall(r"{(\w+)}", path))
                assert {"200", "204", "302"} & set(operation["responses"])
                assert all(response["description"] for response in operation["responses"].values())
        told = set()
        start = document["paths"]["/v1/session/{tenant}/{show}/{asset}"]["get"]
        for response in start["responses"].values():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            told |= set(schema.get("properties", {}).get("error", {}).get("enum", ()))
        assert told == {str(reason) for reason in Reason if reason.status is not None}


async def test_public_urls_stand_in_answers_when_they_are_configured(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    bench.config = replace(bench.config, public_url="https://tv.example/weft/")
    async with bench.run() as running:
        got = await running.get("/v1/session/default/live/index.m3u8")
        url = got.json()["manifestUrl"]
        assert url.startswith("https://tv.example/weft/v1/master/default/live/index.m3u8?")
        master = await running.get(url.removeprefix("https://tv.example/weft"))
        uris = [line for line in master.text.splitlines() if not line.startswith("#")]
        assert all(u.startswith("https://tv.example/weft/v1/manifest/default/") for u in uris)


async def test_a_bug_is_a_plain_500_with_its_code(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench.run() as running:

        def broken(*args: object) -> None:
            raise RuntimeError("secret details")

        monkeypatch.setattr(type(running.weft.presentations.hls), "get", broken)
        got = await running.get(LIVE)
        assert got.status_code == 500
        assert got.json() == {"error": "internal_error"}
        assert got.headers["access-control-allow-origin"] == "*"
        assert running.count(Reason.INTERNAL_ERROR) == 1


async def test_operators_see_health_readiness_and_metrics(bench: Bench) -> None:
    async with bench.run() as running:
        await running.player().open(LIVE)
        admin = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=create_admin(running.weft)),
            base_url="http://admin.example",
        )
        async with admin:
            assert (await admin.get("/healthz")).json() == {"status": "ok"}
            await running.weft.warming.done.wait()
            ready = await admin.get("/readyz")
            assert (ready.status_code, ready.json()) == (200, {"ready": True})
            metrics = await admin.get("/metrics")
            assert metrics.headers["content-type"].startswith("text/plain")
            assert "weft_sessions 1.0" in metrics.text
            assert 'weft_manifests_total{format="hls",kind="multivariant",outcome="made"} 1.0' in (
                metrics.text
            )
            assert (await admin.get("/v1/master/default/live/index.m3u8")).status_code == 404
        for path in ("/healthz", "/readyz", "/metrics"):
            assert refused(await running.get(path), 404, Reason.NOT_FOUND)


async def test_a_server_is_not_ready_before_its_shows_are_warm(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(show_changes={"warm": ("index",)})
    bench.world.faults["index.m3u8"] = lambda request: httpx2.ConnectError("starting")
    async with bench.run(stocked=False) as running:
        transport = httpx2.ASGITransport(app=create_admin(running.weft))
        async with httpx2.AsyncClient(transport=transport, base_url="http://a") as admin:
            assert (await admin.get("/readyz")).status_code == 503
            bench.world.faults.clear()
            bench.clock.advance(2)
            await running.weft.warming.done.wait()
            assert (await admin.get("/readyz")).status_code == 200
        assert running.weft.house.jobs == 0


async def test_the_door_lets_other_protocols_pass() -> None:
    seen = []

    async def app(scope: object, receive: object, send: object) -> None:
        seen.append(scope)

    await Door(app, Metrics())({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]
