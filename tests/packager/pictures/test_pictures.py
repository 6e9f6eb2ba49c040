"""Pictures of a process: had in the background, judged, kept, moderated."""

import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import httpx2
import orjson
import pytest
from picture_samples import a_picture, png_bomb

from packager.budget import Budget
from packager.clock import ManualClock
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.pictures import getting
from packager.pictures.getting import Getter
from packager.pictures.moderation import Moderation
from packager.pictures.pictures import FAILED_S, Pictures
from packager.reasons import Reason

NOW = datetime(2026, 11, 22, tzinfo=UTC)
IMG = "https://img.example/"
MODERATION = "https://moderation.example/ask"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Web:
    """Answers with what is set for a path, and counts."""

    def __init__(self) -> None:
        self.answers: dict[str, httpx2.Response] = {}
        self.asked: Counter[str] = Counter()
        self.told: list[object] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked[str(request.url)] += 1
        if request.url.host == "moderation.example":
            self.told.append(orjson.loads(request.content))
            assert request.headers["x-key"] == "k"
        await self.gate.wait()
        return self.answers.get(request.url.path, httpx2.Response(404))

    def put(self, name: str, data: bytes) -> str:
        self.answers[f"/{name}"] = httpx2.Response(200, content=data)
        return IMG + name


class Desk:
    """Pictures that are got from a `Web`."""

    def __init__(
        self, web: Web, folder: Path, *, per_minute: int = 100, **settings: object
    ) -> None:
        client = GuardedClient(transport=httpx2.MockTransport(web))
        moderation = Moderation(client, MODERATION, {"X-Key": "k"})
        kept = {"kept_bytes": settings.pop("kept_bytes")} if "kept_bytes" in settings else {}
        if settings.pop("moderated", False):
            settings["moderation"] = moderation
        self.metrics = Metrics()
        getter = Getter(client, partial(_work, folder), **settings)  # type: ignore[arg-type]
        budget = Budget(ManualClock(), per_minute=per_minute)
        self.pictures = Pictures(getter, self.metrics, budget=budget, **kept)  # type: ignore[arg-type]

    def count(self, reason: Reason) -> int:
        text = self.metrics.render().decode()
        line = next(line for line in text.splitlines() if f'reason="{reason}"' in line)
        return int(float(line.rpartition(" ")[2]))


def _work(folder: Path) -> AbstractContextManager[Path]:
    @contextmanager
    def made() -> object:  # type: ignore[misc]
        with tempfile.TemporaryDirectory(dir=folder) as name:
            yield Path(name)

    return made()  # type: ignore[return-value]


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def desk(web: Web, tmp_path: Path) -> Callable[..., Desk]:
    return partial(Desk, web, tmp_path)


async def test_nobody_waits_and_it_is_fetched_once(web: Web, desk: Callable[..., Desk]) -> None:
    """Failures.md, row 28: one flight; and none at all where it is kept."""
    url, pictures = web.put("a.png", a_picture()), desk().pictures
    web.gate.clear()
    assert [pictures.get(url, now=NOW) for _ in range(20)] == [None] * 20
    await asyncio.sleep(0)
    web.gate.set()
    await pictures.settled()
    found = pictures.get(url, now=NOW)
    assert found is not None
    assert (found.width, found.height, found.data) == (40, 30, a_picture())
    assert found.digest == hashlib.sha256(a_picture()).hexdigest()
    assert url not in found.name
    assert web.asked[url] == 1
    await pictures.aclose()


async def test_who_makes_something_in_the_background_may_wait(
    web: Web, desk: Callable[..., Desk]
) -> None:
    url, pictures = web.put("a.png", a_picture()), desk().pictures
    found = await pictures.fetched(url, now=NOW)
    assert found is not None
    assert found is await pictures.fetched(url, now=NOW)
    assert await pictures.fetched(IMG + "none.png", now=NOW) is None


async def test_large_pictures_become_small(web: Web, desk: Callable[..., Desk]) -> None:
    url = web.put("large.png", a_picture(size=(4000, 3000)))
    found = await desk().pictures.fetched(url, now=NOW)
    assert found is not None
    assert (found.width, found.height) == (960, 720)


BAD = {
    "bomb": (png_bomb(), Reason.PICTURE_OVERSIZE),
    "magic": (b"<svg/>", Reason.PICTURE_INVALID),
    "broken": (a_picture()[:60], Reason.PICTURE_INVALID),
    "oversize": (a_picture() + bytes(600 * 1024), Reason.PICTURE_OVERSIZE),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD)
async def test_what_is_no_picture_is_refused_and_not_asked_for_again_for_a_while(
    web: Web, desk: Callable[..., Desk], data: bytes, reason: Reason
) -> None:
    """Failures.md, threat 18: the bomb, which is 17 KB, is never decoded."""
    url, one = web.put("a.png", data), desk()
    for _ in range(3):
        assert await one.pictures.fetched(url, now=NOW) is None
    assert one.count(reason) == web.asked[url] == 1
    later = NOW + timedelta(seconds=FAILED_S)
    assert await one.pictures.fetched(url, now=later) is None
    assert web.asked[url] == 2


async def test_a_worker_that_dies_takes_only_its_picture(
    web: Web, desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failures.md, row 19."""
    monkeypatch.setattr(getting, "WORKER", ("/bin/sh", "-c", "kill -SEGV $$"))
    one = desk()
    assert await one.pictures.fetched(web.put("a.png", a_picture()), now=NOW) is None
    assert one.count(Reason.WORKER_CRASHED) == 1


async def test_what_nobody_foresaw_is_told(web: Web, desk: Callable[..., Desk]) -> None:
    web.answers["/a.png"] = ValueError  # type: ignore[assignment]
    one = desk()
    assert await one.pictures.fetched(IMG + "a.png", now=NOW) is None
    assert one.count(Reason.INTERNAL_ERROR) == 1


async def test_a_slow_host_is_given_up(
    web: Web, desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getting, "FETCH_S", 0.05)
    web.gate.clear()
    one = desk()
    assert await one.pictures.fetched(IMG + "slow.png", now=NOW) is None
    assert one.count(Reason.PICTURE_UNREACHABLE) == 1


async def test_a_redirect_to_a_private_address_is_not_followed(tmp_path: Path) -> None:
    """P7, threats 3 and 4: the connection that is allowed is to the first server alone."""
    connected: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(await reader.readuntil(b"\r\n\r\n"))
        head = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:{port}/secret.png\r\n"
        writer.write(f"{head}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "0.0.0.0")
    port = server.sockets[0].getsockname()[1]
    client = GuardedClient(allow=(ip_network("127.0.0.1/32"),))
    metrics = Metrics()
    budget = Budget(ManualClock(), per_minute=1)
    pictures = Pictures(Getter(client, partial(_work, tmp_path)), metrics, budget=budget)
    assert await pictures.fetched(f"http://127.0.0.1:{port}/a.png", now=NOW) is None
    assert [head.split()[1] for head in connected] == [b"/a.png"]
    assert f'reason="{Reason.PICTURE_REFUSED}"}} 1.0' in metrics.render().decode()
    server.close()
    await client.aclose()


async def test_a_value_that_no_url_may_have_asks_nobody(
    web: Web, desk: Callable[..., Desk]
) -> None:
    one = desk()
    assert await one.pictures.fetched("", now=NOW, own=True) is None
    assert one.count(Reason.PICTURE_REFUSED) == 1
    assert not web.asked


async def test_viewers_own_pictures_come_from_below_what_is_configured(
    web: Web, desk: Callable[..., Desk]
) -> None:
    one = desk(below=("https://img.example/avatars/",))
    inside, outside = web.put("avatars/a.png", a_picture()), web.put("a.png", a_picture())
    assert await one.pictures.fetched(inside, now=NOW, own=True) is not None
    assert await one.pictures.fetched(outside, now=NOW, own=True) is None
    assert await one.pictures.fetched(outside, now=NOW) is not None  # the operator's own words
    assert one.count(Reason.PICTURE_REFUSED) == 1


SAID = {
    "yes": ({"allow": True}, None),
    "no": ({"allow": False}, Reason.PICTURE_NOT_ALLOWED),
    "no answer": (None, Reason.PICTURE_NOT_MODERATED),
    "no word": ({"allow": "yes"}, Reason.PICTURE_NOT_MODERATED),
    "no mapping": ([True], Reason.PICTURE_NOT_MODERATED),
}


@pytest.mark.parametrize(("said", "reason"), SAID.values(), ids=SAID)
async def test_viewers_own_pictures_are_shown_where_moderation_says_so(
    web: Web, desk: Callable[..., Desk], said: object, reason: Reason | None
) -> None:
    url, one = web.put("a.png", a_picture()), desk(moderated=True)
    if said is not None:
        web.answers["/ask"] = httpx2.Response(200, content=orjson.dumps(said))
    found = await one.pictures.fetched(url, now=NOW, own=True)
    assert (found is None) == (reason is not None)
    assert web.told == [{"url": url, "sha256": hashlib.sha256(a_picture()).hexdigest()}]
    if reason is not None:
        assert one.count(reason) == 1
    assert await one.pictures.fetched(url, now=NOW) is not None  # nobody is asked of others
    assert len(web.told) == 1


async def test_a_picture_is_asked_about_anew_and_goes_where_the_answer_is_no(
    web: Web, desk: Callable[..., Desk]
) -> None:
    url, one = web.put("a.png", a_picture()), desk(moderated=True)
    web.answers["/ask"] = httpx2.Response(200, content=b'{"allow": true}')
    assert await one.pictures.fetched(url, now=NOW, own=True) is not None
    web.answers["/ask"] = httpx2.Response(200, content=b'{"allow": false}')
    later = NOW + timedelta(seconds=600)
    assert one.pictures.get(url, now=later, own=True) is not None
    await one.pictures.settled()
    assert one.pictures.get(url, now=later, own=True) is None
    await one.pictures.aclose()


async def test_no_more_is_kept_than_may_be(web: Web, desk: Callable[..., Desk]) -> None:
    urls = [web.put(f"{n}.png", a_picture(f"#{n}0{n}0{n}0")) for n in range(4)]
    pictures = desk(kept_bytes=3 * len(a_picture("#303030"))).pictures
    for url in urls:
        assert await pictures.fetched(url, now=NOW) is not None
    assert pictures.get(urls[3], now=NOW) is not None
    assert pictures.get(urls[0], now=NOW) is None
    await pictures.aclose()


async def test_no_more_are_fetched_than_may_be(web: Web, desk: Callable[..., Desk]) -> None:
    """Threat 36: what a viewer asks for, others answer."""
    one = desk(per_minute=2)
    for n in range(5):
        one.pictures.get(IMG + f"{n}.png", now=NOW)
        one.pictures.get(IMG + "0.png", now=NOW)  # that is on its way
    await one.pictures.settled()
    assert web.asked.total() == 2
    assert one.count(Reason.PICTURE_BUDGET) == 3
