"""How ad calls are answered: in time or late, whole or cut, and what is noted of them."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from loadtests.ads import AdServer, Film, listening
from loadtests.ads.delivery import MAX_S, Delivery, read_delivery
from loadtests.ads.scenarios import SCENARIOS
from loadtests.ads.server import MAX_KEPT, listing
from loadtests.ads.vmap_scenarios import VMAP_SCENARIOS

NOW = 1_800_000_000.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> AdServer:
    return AdServer(clock=lambda: NOW)


@pytest.fixture
async def client(server: AdServer) -> AsyncIterator[httpx2.AsyncClient]:
    async with (
        listening(server.app) as url,
        httpx2.AsyncClient(base_url=url, verify=False, timeout=20) as found,
    ):
        yield found


IN_TIME = sorted(SCENARIOS.keys() - {"slow", "drip", "hang", "reset", "cut", "not-gzip"})


@pytest.mark.parametrize("name", IN_TIME)
async def test_every_scenario_is_answered(
    server: AdServer, client: httpx2.AsyncClient, name: str
) -> None:
    async with client.stream("GET", f"/vast/{name}?n=10&bytes=10000") as answer:
        expected = {"status": 500, "none": 204, "redirect": 302}.get(name, 200)
        assert answer.status_code == expected
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert bool(raw) == (name not in ("status", "none", "redirect", "blank"))


@pytest.mark.parametrize("name", sorted(VMAP_SCENARIOS.keys() - {"slow"}))
async def test_every_scenario_of_vmap_is_answered(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.get(f"/vmap/{name}?n=10")
    assert answer.status_code == (500 if name == "status" else 200)


async def test_a_call_names_the_address_it_came_to(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/vast/single")
    assert f"{client.base_url}/sink/ok/-/-/1-film10/inline/start".encode() in answer.content
    assert answer.headers["content-type"] == "application/xml"


async def test_an_ad_server_may_be_told_its_address() -> None:
    server = AdServer(base_url="https://ads.example/x")
    transport = httpx2.ASGITransport(app=server.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://ads.test") as client:
        found = (await client.get("/vast/single")).text
    assert "https://ads.example/x/sink/ok/" in found
    assert "ads.test" not in found


async def test_compressed_marked_and_mislabelled_answers(client: httpx2.AsyncClient) -> None:
    plain = (await client.get("/vast/pod?sid=v")).content
    async with client.stream("GET", "/vast/gzip?sid=v") as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == plain
    assert (await client.get("/vast/bom?sid=v")).content == b"\xef\xbb\xbf" + plain
    assert (await client.get("/vast/lead?sid=v")).content.lstrip() == plain
    assert (await client.get("/vast/wrong-type?sid=v")).headers["content-type"] == "text/html"
    assert "content-type" not in (await client.get("/vast/no-content-type?sid=v")).headers
    with pytest.raises(httpx2.DecodingError):
        await client.get("/vast/not-gzip")


async def test_the_query_sends_any_scenario_in_any_way(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/vast/empty?bom=1&gzip=1&status=503&type=text/plain")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain")
    assert answer.content.startswith(b"\xef\xbb\xbf<?xml")
    answer = await client.get("/vast/redirect?to=/vast/single", follow_redirects=True)
    assert answer.status_code == 200
    answer = await client.get("/vast/redirect")
    assert answer.headers["location"] == "http://169.254.169.254/latest/meta-data/"


async def test_a_drip_comes_byte_by_byte(client: httpx2.AsyncClient) -> None:
    async with client.stream("GET", "/vast/nothing?drip=0.002&ns=0") as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    whole = (await client.get("/vast/nothing?ns=0")).content
    assert b"".join(pieces) == whole
    assert len(pieces) > len(whole) // 4  # a busy reader finds some together


async def test_slow_answers_wait(client: httpx2.AsyncClient) -> None:
    began = asyncio.get_running_loop().time()
    await client.get("/vast/slow?slow=0.2")
    assert asyncio.get_running_loop().time() - began >= 0.2


@pytest.mark.parametrize("name", ["reset", "cut"])
async def test_connections_are_reset(client: httpx2.AsyncClient, name: str) -> None:
    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        await client.get(f"/vast/{name}")


async def test_what_hangs_gives_no_answer(server: AdServer, client: httpx2.AsyncClient) -> None:
    with pytest.raises(httpx2.ReadTimeout):
        await client.get("/vast/hang", timeout=0.2)
    assert server.calls.total == 1


def test_the_scenarios_send_what_they_say() -> None:
    def of(name: str) -> Delivery:
        return read_delivery(SCENARIOS[name].query)

    assert of("slow") == Delivery(slow_s=3.0)
    assert of("drip") == Delivery(drip_s=0.005)
    assert of("cut") == Delivery(cut=True)
    assert of("reset") == Delivery(reset=True)
    assert of("hang") == Delivery(hang=True)
    assert of("pod") == Delivery()


@pytest.mark.parametrize(
    "query",
    [
        {"slow": "x", "drip": "-1", "status": "99"},
        {"slow": "nan", "status": "²00", "gzip": "7"},
        {"slow": "-inf", "status": "700", "to": "/a\r\nX: y"},
    ],
)
def test_an_unreadable_query_is_as_none(query: dict[str, str]) -> None:
    assert read_delivery(query) == Delivery()


def test_waiting_is_bounded() -> None:
    assert read_delivery({"slow": "1e9", "drip": "inf"}) == Delivery(slow_s=MAX_S, drip_s=MAX_S)


async def test_ad_calls_are_noted(server: AdServer, client: httpx2.AsyncClient) -> None:
    await client.get("/vast/pod?sid=a&break=b1&x=1", headers={"X-Device-IP": "192.0.2.7"})
    await client.post("/vmap/breaks?sid=b", content=b"the viewer", headers={"X-Key": "k"})
    assert (await client.get("/vast/no-such")).status_code == 404
    first, second, third = server.calls
    assert first.name == ("vast", "pod", "a", "b1")
    assert (first.number, first.at, first.method, first.status) == (1, NOW, "GET", 200)
    assert (first.path, first.query) == ("/vast/pod", "sid=a&break=b1&x=1")
    assert first.header("x-device-ip") == "192.0.2.7"
    assert (second.method, second.body) == ("POST", "the viewer")
    assert third.status == 404
    told = (await client.get("/calls?session=a")).json()
    assert told["total"] == 3
    assert [one["name"]["scenario"] for one in told["list"]] == ["pod"]


async def test_films_are_served_where_they_are_files(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"a film")
    films = [
        Film(id="own", seconds=Decimal(5), file=file),
        Film(id="far", seconds=Decimal(5), url="https://media.test/far.mp4"),
    ]
    transport = httpx2.ASGITransport(app=AdServer(films).app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://ads.test") as client:
        answer = await client.get("/media/own.mp4")
        assert (answer.content, answer.headers["content-type"]) == (b"a film", "video/mp4")
        assert (await client.get("/media/far.mp4")).status_code == 404
        assert (await client.get("/media/none.mp4")).status_code == 404


def test_documents_are_made_once_and_no_more_are_kept_than_there_is_room_for() -> None:
    server = AdServer()
    for number in range(2 * MAX_KEPT):
        server.document("vast", "nothing", {"x": str(number)}, "http://ads.test")
    assert len(server._kept) == MAX_KEPT
    server.document("vast", "wide", {}, "http://ads.test")
    assert all(len(text) < 1000 for text in server._kept.values())  # too large to be kept


async def test_the_index_lists_every_scenario(client: httpx2.AsyncClient) -> None:
    found = (await client.get("/")).text
    assert found == listing()
    for name in (*SCENARIOS, *VMAP_SCENARIOS):
        assert f"\n  {name} " in found
