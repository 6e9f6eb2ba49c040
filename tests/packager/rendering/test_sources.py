from collections import Counter

import anyio
import httpx2
import pytest

from packager.outbound import GuardedClient, Limits, OutboundError, Oversize, Truncated
from packager.rendering.jobs import Piece
from packager.rendering.sources import Sources

DATA = bytes(range(200))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Cdn:
    """Answers `/N` with N bytes, `/odd` without a care for ranges, and counts."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.gate = anyio.Event()
        self.gate.set()

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked[request.url.path] += 1
        assert request.headers["accept-encoding"] == "identity"
        await self.gate.wait()
        name = request.url.path[1:]
        if name == "missing":
            return httpx2.Response(404)
        byte_range = request.headers.get("range")
        if byte_range is None or name == "odd":
            return httpx2.Response(200, content=DATA if name == "odd" else DATA[: int(name)])
        first, last = map(int, byte_range.removeprefix("bytes=").split("-"))
        return httpx2.Response(206, content=DATA[first : last + 1])


def sources(cdn: Cdn, **settings: object) -> Sources:
    client = GuardedClient(transport=httpx2.MockTransport(cdn))
    return Sources(client, **settings)  # type: ignore[arg-type]


def at(name: object, byte_range: tuple[int, int] | None = None) -> Piece:
    return Piece(f"http://cdn.example/{name}", byte_range)


async def test_a_segment_is_fetched_once_for_all_who_want_it() -> None:
    cdn = Cdn()
    cdn.gate = anyio.Event()
    source = sources(cdn)
    got: list[bytes] = []

    async def get() -> None:
        got.append(await source.get(at(50)))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(get)
        await anyio.wait_all_tasks_blocked()
        cdn.gate.set()
    got.append(await source.get(at(50)))
    assert got == [DATA[:50]] * 11
    assert cdn.asked == {"/50": 1}


async def test_only_so_many_bytes_are_kept_of_those_asked_for_last() -> None:
    cdn = Cdn()
    source = sources(cdn, kept_bytes=100)
    for name in (40, 50, 40, 60, 40, 50, 101, 40):
        assert await source.get(at(name)) == DATA[:name]
    # 60 sent 50 away, 50 sent 60 away, and 101, which is not kept itself, all of them.
    assert cdn.asked == {"/40": 2, "/50": 2, "/60": 1, "/101": 1}


async def test_ranges_are_parts_of_files() -> None:
    cdn = Cdn()
    source = sources(cdn)
    assert await source.get(at(200, (10, 19))) == DATA[10:20]
    assert await source.get(at(200, (20, 29))) == DATA[20:30]
    assert await source.get(at("odd", (20, 29))) == DATA[20:30]
    with pytest.raises(Truncated):
        await source.get(at("odd", (190, 209)))


async def test_a_failure_is_not_kept_and_too_much_is_not_read() -> None:
    cdn = Cdn()
    source = sources(cdn, limits=Limits(max_bytes=100))
    for _ in range(2):
        with pytest.raises(OutboundError):
            await source.get(at("missing"))
    assert cdn.asked["/missing"] == 2
    with pytest.raises(Oversize):
        await source.get(at(150))
    await source.aclose()
    with pytest.raises(OutboundError):
        await source.get(at(20))
