"""What the log of a server says, and what it never says (P9, P10; threats 30, 33 and 34)."""

import json
from collections.abc import Callable

import httpx2
import pytest
from app_bench import ADS, Bench, Player, Running, answer, down

from packager.config import VastFill, VastServer
from packager.decisions.templates import read_body, read_template
from packager.reasons import Reason

LIVE = "/v1/master/default/live/index.m3u8"
CANARIES = {
    "value": "canary-viewer-value-7Qx",
    "origin's query": "canary-origin-query-8Rz",
    "ad server's key": "canary-ad-server-key-9Tw",
    "ad server's header": "canary-ad-server-header-5Jh",
    "ad server's body": "canary-ad-server-body-6Gf",
    "agent": "canary-agent-1Vb",
    "languages": "canary-languages-4Ds",
    "site": "canary-site-5zp.example",
    "app": "canary.app.6Yt",
    "advertising id": "canary-ifa-7Re",
    "consent": "CanaryConsent8WqCPXxRfAPXxRfAAfKABENB",
    "forged token": "Canary0ForgedToken0With0Capitals0And0Digits0123456789",
    "unknown parameter": "canary-unknown-2Nm",
    "body": "canary-body-3Lk",
}
ADDRESS = "8.8.4.4"
FORWARDED = "8.8.4.5"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def leaky(make_bench: Callable[..., Bench]) -> Bench:
    """A world where secrets stand wherever they stand in real ones."""
    key = CANARIES["ad server's key"]
    server = VastServer(
        url=read_template(f"{ADS}/vast/fill?key={key}&ip=[DEVICEIP]&ifa=[IFA]&{{ads}}"),
        body=read_body(CANARIES["ad server's body"] + "={session.user_agent}", "percent"),
        headers={"X-Key": CANARIES["ad server's header"]},
        forwarded_for=True,
    )
    bench = make_bench(live_fill=VastFill(server=server))
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8"}
    return bench


def overheard(request: httpx2.Request) -> Exception:
    """An ad server that is told every secret that is its business, and fails."""
    heard = f"{request.url} {request.headers.raw} {request.content!r}"
    for what in ("ad server's key", "ad server's header", "ad server's body", "agent", "languages",
                 "site", "app", "advertising id", "consent"):  # fmt: skip
        assert CANARIES[what] in heard, what
    assert ADDRESS in heard
    assert FORWARDED not in heard
    return httpx2.ConnectError(f"refused: {request.url}")


async def provoke(bench: Bench, running: Running) -> None:
    """Use the server well and badly, with canaries in every place."""
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(
            app=running.app, client=("10.0.0.7", 4711), raise_app_exceptions=False
        ),
        base_url="http://weft.example",
        headers={
            "user-agent": CANARIES["agent"],
            "x-forwarded-for": f"{FORWARDED}, {ADDRESS}",
            "accept-language": CANARIES["languages"],
            "referer": f"https://{CANARIES['site']}/{CANARIES['value']}",
            "x-requested-with": CANARIES["app"],
        },
    )
    query = {
        "ads.who": CANARIES["value"],
        "ads.ifa": CANARIES["advertising id"],
        "ads.gdpr_consent": CANARIES["consent"],
        "manifest.sig": CANARIES["origin's query"],
        "x": CANARIES["unknown parameter"],
    }
    forged = CANARIES["forged token"]
    async with client:
        player = await Player(client, running.names).open(LIVE, **query)
        bench.world.faults["/vast/fill"] = overheard
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
        sessions = [session.token for session in running.weft.sessions._residents]
        text = running.log.getvalue()
        assert text.count("\n") > 8
        for what, canary in CANARIES.items():
            assert canary not in text, what
        assert ADDRESS not in text
        assert FORWARDED not in text
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
