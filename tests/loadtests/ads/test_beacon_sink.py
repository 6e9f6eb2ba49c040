"""The sink notes every beacon in order and answers as its path asks."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from loadtests.ads import BeaconName, Reset, Sink
from loadtests.ads.sink import KEY_HEADER

NOW = 1_800_000_000.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def sink() -> Sink:
    return Sink(max_hits=5, clock=lambda: NOW)


@pytest.fixture
async def client(sink: Sink) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=[Mount("/sink", routes=sink.routes())])
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://ads.test/sink") as found:
        yield found


def beacon(event: str = "start", *, answer: str = "ok", session: str = "v", ad: str = "1") -> str:
    return f"/{answer}/{session}/b1/{ad}/inline/{event}"


def key(name: str) -> dict[str, str]:
    return {KEY_HEADER: name}


async def test_a_beacon_says_whose_it_is(sink: Sink, client: httpx2.AsyncClient) -> None:
    headers = {"X-Device-IP": "192.0.2.7", "User-Agent": "weft", "X-Other": "x", **key("k")}
    answer = await client.get(beacon("start", session="a%2Fb") + "?cb=1&t=%20", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    (hit,) = sink.hits
    assert hit.name == BeaconName("ok", "a/b", "b1", "1", "inline", "start")
    assert (hit.number, hit.at, hit.method, hit.status) == (1, NOW, "GET", 204)
    assert hit.query == "cb=1&t=%20"
    assert hit.header("x-device-ip") == "192.0.2.7"
    assert hit.header("x-other") == ""
    assert hit.header(KEY_HEADER) == "k"


@pytest.mark.parametrize(
    ("answer", "status", "location"),
    [
        ("ok", 204, None),
        ("200", 200, None),
        ("404", 404, None),
        ("503", 503, None),
        ("slow-0.01", 204, None),
        ("slow-x", 204, None),
        ("302", 302, "/sink/ok/v/b1/1/inline/start"),
        ("redirect-loop", 302, "/sink/redirect-loop/v/b1/1/inline/start"),
        ("nonsense", 404, None),
        ("999", 404, None),
    ],
)
async def test_it_answers_as_the_path_asks(
    sink: Sink, client: httpx2.AsyncClient, answer: str, status: int, location: str | None
) -> None:
    found = await client.get(beacon(answer=answer))
    assert found.status_code == status
    assert found.headers.get("location") == location
    assert [hit.status for hit in sink.hits] == [status]


async def test_it_can_leave_the_caller_without_an_answer(
    sink: Sink, client: httpx2.AsyncClient
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.get(beacon(answer="hang"))
    with pytest.raises(Reset):  # only a connection can be reset
        await client.get(beacon(answer="reset"))
    assert [hit.status for hit in sink.hits] == [0, 0]


async def test_a_redirect_leads_to_a_beacon_that_is_taken(
    sink: Sink, client: httpx2.AsyncClient
) -> None:
    await client.get(beacon(answer="307"), headers=key("k"), follow_redirects=True)
    assert [hit.status for hit in sink.hits] == [307, 204]
    assert sink.duplicates() == {}


async def test_pages_of_any_origin_may_call_it(client: httpx2.AsyncClient) -> None:
    """Players tell of their ads from the sites that they are on, and call again if they may not."""
    answer = await client.post(beacon(), headers={"Origin": "http://site.test"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")


async def test_a_failure_may_pass(sink: Sink, client: httpx2.AsyncClient) -> None:
    one, other = beacon(answer="flaky-2", ad="1"), beacon(answer="flaky-2", ad="2")
    found = [
        (await client.get(url, headers=key(url))).status_code for url in (one, one, other, one)
    ]
    assert found == [500, 500, 500, 204]
    assert sink.repeated() == {one: 3}
    assert sink.duplicates() == {}


async def test_keys_that_were_taken_twice_are_told(sink: Sink, client: httpx2.AsyncClient) -> None:
    for event, session, name in (
        ("start", "v", "k1"),
        ("start", "v", "k1"),
        ("complete", "v", "k2"),
        ("start", "w", "k3"),
        ("start", "w", "k3"),
    ):
        await client.get(beacon(event, session=session), headers=key(name))
    assert sink.duplicates() == {"k1": 2, "k3": 2}
    assert sink.duplicates("v") == {"k1": 2}
    assert sink.duplicates("x") == {}


async def test_everything_is_counted_and_the_latest_are_kept(
    sink: Sink, client: httpx2.AsyncClient
) -> None:
    for number in range(8):
        await client.get(beacon(f"event{number}"), headers=key(f"k{number % 2}"))
    assert (sink.hits.total, len(sink.hits), sink.hits.dropped) == (8, 5, 3)
    assert [hit.name.event for hit in sink.of("v")] == [f"event{n}" for n in range(3, 8)]
    assert [hit.number for hit in sink.of("v", "event4")] == [5]
    assert sink.duplicates() == {"k0": 4, "k1": 4}  # also of calls that are not kept


async def test_the_report_tells_of_a_session(sink: Sink, client: httpx2.AsyncClient) -> None:
    await client.get(beacon("start"), headers=key("k"))
    await client.post(beacon("start", answer="500"), headers=key("k"))
    await client.get(beacon("start", session="w"))
    report = (await client.get("/report?session=v")).json()
    assert report["total"] == 3
    assert report["hits"] == 2
    assert report["events"] == {"start": 2}
    assert report["answers"] == {"204": 1, "500": 1}
    assert report["beacons"] == {"v/b1/1/inline/start": 2}
    assert report["without_key"] == 0
    assert report["repeated"] == {"k": 2}
    assert report["duplicates"] == {}
    assert [one["name"]["answer"] for one in report["list"]] == ["ok", "500"]
    assert report["list"][0]["headers"][KEY_HEADER] == "k"
    everything = (await client.get("/report?most=1")).json()
    assert everything["without_key"] == 1
    assert [one["name"]["session"] for one in everything["list"]] == ["w"]
    assert (await client.get("/report?most=0")).json()["list"] == []


async def test_what_came_can_be_forgotten(sink: Sink, client: httpx2.AsyncClient) -> None:
    for _ in range(2):
        await client.get(beacon(), headers=key("k"))
    assert (await client.post("/clear")).status_code == 204
    assert (sink.hits.total, len(sink.hits), sink.duplicates()) == (0, 0, {})
    assert (await client.get("/clear")).status_code != 204  # nobody forgets by looking


async def test_an_outage_is_for_all_beacons_until_it_ends(
    sink: Sink, client: httpx2.AsyncClient
) -> None:
    await client.post("/outage/503")
    assert (await client.get(beacon())).status_code == 503
    await client.post("/outage")
    assert (await client.get(beacon())).status_code == 204


@pytest.mark.parametrize("path", ["/", "/short", "/ok/v", "/a/b/c/d/e/f/g/h", "/ok/%ff/b/a/l/e"])
async def test_any_path_is_noted(sink: Sink, client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (204, 404)
    assert sink.hits.total == 1


async def test_what_is_kept_of_a_call_is_bounded(sink: Sink, client: httpx2.AsyncClient) -> None:
    url = beacon("x" * 9000) + "?" + "y" * 9000
    await client.post(url, headers=key("z" * 9000), content=b"w" * 9000)
    (hit,) = sink.hits
    assert max(map(len, (hit.path, hit.query, hit.header(KEY_HEADER), hit.body))) == 4096
