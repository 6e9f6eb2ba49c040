"""What the log of a server says, and what it never says (P9, P10; threats 30, 33 and 34)."""

import json
from collections.abc import Callable

import httpx2
import pytest
from app_bench import ADS, Bench, Running, answer, down

from packager.config import VastFill, VastServer
from packager.decisions.templates import read_template
from packager.reasons import Reason

LIVE = "/v1/master/default/live/index.m3u8"
CANARIES = {
    "value": "canary-viewer-value-7Qx",
    "origin's query": "canary-origin-query-8Rz",
    "ad server's key": "canary-ad-server-key-9Tw",
    "agent": "canary-agent-1Vb",
    "forged token": "Canary0ForgedToken0With0Capitals0And0Digits0123456789",
    "unknown parameter": "canary-unknown-2Nm",
    "body": "canary-body-3Lk",
}
ADDRESS = "8.8.4.4"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def leaky(make_bench: Callable[..., Bench]) -> Bench:
    """A world where secrets stand wherever they stand in real ones."""
    key = CANARIES["ad server's key"]
    bench = make_bench(
        live_fill=VastFill(
            server=VastServer(url=read_template(f"{ADS}/vast/fill?key={key}&{{ads}}"))
        )
    )
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8"}
    return bench


async def provoke(bench: Bench, running: Running) -> None:
    """Use the server well and badly, with canaries in every place."""
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(
            app=running.app, client=(ADDRESS, 4711), raise_app_exceptions=False
        ),
        base_url="http://weft.example",
        headers={"user-agent": CANARIES["agent"], "x-forwarded-for": ADDRESS},
    )
    query = {
        "ads.who": CANARIES["value"],
        "manifest.sig": CANARIES["origin's query"],
        "x": CANARIES["unknown parameter"],
    }
    forged = CANARIES["forged token"]
    async with client:
        player = await running.player().open(LIVE, **query)
        bench.world.faults["/vast/fill"] = down
        for _ in range(6):
            await player.poll()
            bench.clock.advance(2)
        bench.world.faults |= {".m3u8": down}
        await player.poll()
        await client.get(LIVE, params={**query, "manifest.other": CANARIES["origin's query"]})
        await client.get(f"/v1/manifest/default/{forged}/0.m3u8")
        await client.get(f"{LIVE}?aws.sessionId={forged}")
        await client.get(f"/{CANARIES['unknown parameter']}/%2e%2e/x")
        await client.get(LIVE, params={"ads.x": "<" + CANARIES["value"]})
        await client.post("/v1/session/default/live/index", content=CANARIES["body"])
        await client.post(
            "/v1/session/default/live/index", json={"adsParams": {"a": [CANARIES["body"]]}}
        )


async def test_no_secret_and_no_viewer_is_in_the_log(leaky: Bench) -> None:
    async with leaky.run() as running:
        await provoke(leaky, running)
        sessions = [
            resident.session.token for resident in running.weft.sessions._residents.values()
        ]
        text = running.log.getvalue()
        assert text.count("\n") > 8
        for what, canary in CANARIES.items():
            assert canary not in text, what
        assert ADDRESS not in text
        for token in sessions:
            assert token not in text
        metrics = running.metrics.render().decode()
        for canary in (*CANARIES.values(), ADDRESS, *sessions):
            assert canary not in metrics


async def test_one_event_is_one_line_that_names_its_reason(leaky: Bench) -> None:
    async with leaky.run() as running:
        await provoke(leaky, running)
        events = [json.loads(line) for line in running.log.getvalue().splitlines()]
        reasons = {event["reason"] for event in events if "reason" in event}
        assert reasons >= {
            Reason.AD_UNREACHABLE,
            Reason.BREAK_UNFILLED,
            Reason.MANIFEST_STALE_SERVED,
            Reason.ORIGIN_UNREACHABLE,
            Reason.TOKEN_INVALID,
            Reason.PARAMETERS_INVALID,
            Reason.PATH_INVALID,
        }
        for reason in reasons:
            assert running.count(Reason[reason.upper()]) >= 1


async def test_what_strangers_write_cannot_make_lines_or_control_a_terminal(bench: Bench) -> None:
    page = answer("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=\x1b[2Jx\nlog line\n", status=200)
    bench.world.faults["index.m3u8"] = page
    async with bench.run() as running:
        await running.get(LIVE)
        await running.get("/v1/session/default/live/index", params={"ads.\n\x1b": "1"})
        for line in running.log.getvalue().splitlines():
            json.loads(line)
            assert "\x1b" not in line
