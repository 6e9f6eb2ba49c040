"""What ad servers see of a viewer, from the request to the wire (E-01, D-20 to D-23, D-56)."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs

import httpx2
import orjson
import pytest
from app_bench import ADS, Bench, Running

from packager.config.ad_settings import Ads, Cap, ConsentSettings, Frequency, VastServer
from packager.config.break_settings import ScheduledBreak, VastFill
from packager.decisions.templates import read_body, read_template

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"
TCF = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"
DEVICE = {
    "user-agent": 'Player/1.0 "x" ümlaut',
    "accept-language": "de-CH",
    "referer": "https://page.example/secret",
    "x-requested-with": "com.example.app",
    "x-forwarded-for": "6.6.6.6, 8.8.4.4",
}
TOLD = {
    "x-device-ip": "8.8.4.4",
    "x-device-user-agent": 'Player/1.0 "x" mlaut',
    "x-device-accept-language": "de-CH",
    "x-device-referer": "https://page.example/",
    "x-device-requested-with": "com.example.app",
}
MACROS = "ip=[DEVICEIP]&ua=[DEVICEUA]&id=[IFA]&tcf=[GDPRCONSENT]&lmt=[LIMITADTRACKING]"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Heard:
    """An ad server that listens, and has no ads."""

    def __init__(self, bench: Bench, end: str = "/vast/fill") -> None:
        self.requests: list[httpx2.Request] = []
        bench.world.faults[end] = self._answer

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return httpx2.Response(200)

    def one(self) -> httpx2.Request:
        (request,) = self.requests
        return request

    def query(self) -> dict[str, str]:
        query = parse_qs(self.one().url.query.decode(), keep_blank_values=True)
        return {name: value for name, (value,) in query.items()}


def about_the_viewer(request: httpx2.Request) -> dict[str, str]:
    names = [name for name in request.headers if name.startswith(("x-", "sec-", "forwarded"))]
    return {name: request.headers[name] for name in names}


async def watch(running: Running, path: str = LIVE, **parameters: str) -> None:
    """Watch a break from behind a proxy, with all that a player may say of itself."""
    transport = httpx2.ASGITransport(app=running.app, client=("10.0.0.7", 4711))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://weft.example", headers=_bytes(DEVICE)
    ) as client:
        player = await type(running.player())(client, running.names).open(path, **parameters)
        await player.poll()


def _bytes(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


def live_bench(make_bench: Callable[..., Bench], server: VastServer, **show: object) -> Bench:
    bench = make_bench(live_fill=VastFill(server=server), show_changes=show)
    bench.world.cues = {48: "#EXT-X-CUE-OUT:8"}
    return bench


async def test_an_ad_server_is_told_for_whom_it_is_asked(make_bench: Callable[..., Bench]) -> None:
    url = f"{ADS}/vast/fill?{MACROS}&a={{session.client_ip}}&u={{session.user_agent}}&{{ads}}"
    bench = live_bench(make_bench, VastServer(url=read_template(url)))
    heard = Heard(bench)
    async with bench.run() as running:
        await watch(running, **{"ads.ifa": "i-d", "ads.zone": "a&b"})
    request = heard.one()
    assert request.method == "GET"
    assert about_the_viewer(request) == TOLD
    assert "xml" in request.headers["accept"]
    assert request.headers["user-agent"] == "weft"
    assert heard.query() == {
        "ip": "8.8.4.4",
        "ua": TOLD["x-device-user-agent"],
        "id": "i-d",
        "tcf": "-1",
        "lmt": "-1",
        "a": "8.8.4.4",
        "u": TOLD["x-device-user-agent"],
        "ifa": "i-d",
        "zone": "a&b",
    }


REFUSALS: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "Sec-GPC": ({}, {"sec-gpc": "1"}, {"sec-gpc": "1"}),
    "GDPR without consent": ({"ads.gdpr": "1"}, {}, {}),
    "limited tracking": ({"ads.lmt": "1", "ads.gdpr_consent": TCF}, {}, {}),
}
"""What the player says in parameters and in headers, and what is left of the headers."""


@pytest.mark.parametrize(("said", "headers", "left"), REFUSALS.values(), ids=REFUSALS)
async def test_nobody_is_told_of_who_refuses_threat_34(
    make_bench: Callable[..., Bench],
    monkeypatch: pytest.MonkeyPatch,
    said: dict[str, str],
    headers: dict[str, str],
    left: dict[str, str],
) -> None:
    url = f"{ADS}/vast/fill?{MACROS}&s={{session.id}}&a={{session.client_ip}}&all={{ads.ppid}}"
    consent = ConsentSettings(identifiers=("ppid",))
    server = VastServer(url=read_template(url), forwarded_for=True)
    bench = live_bench(make_bench, server, consent=consent)
    heard = Heard(bench)
    monkeypatch.setitem(DEVICE, "x-nothing", "")
    for name, value in headers.items():
        monkeypatch.setitem(DEVICE, name, value)
    async with bench.run() as running:
        await watch(running, **{"ads.ifa": "i-d", "ads.ppid": "p-d", **said})
        (session,) = running.weft.sessions._residents
        digest = running.weft.planner._ahead.asking.session_digest(session.sid)
    assert about_the_viewer(heard.one()) == left
    query = heard.query()
    assert query.pop("s") not in ("", session.sid, digest)
    assert query == {
        "ip": "-2",
        "ua": "-2",
        "id": "-2",
        "tcf": said.get("ads.gdpr_consent", "-1"),
        "lmt": "1",
        "a": "",
        "all": "",
    }


async def test_consent_may_be_required(make_bench: Callable[..., Bench]) -> None:
    server = VastServer(url=read_template(f"{ADS}/vast/fill?{MACROS}"))
    show = {"consent": ConsentSettings(mode="require", parameters={"tcf": "tc"})}
    bench = live_bench(make_bench, server, **show)
    heard = Heard(bench)
    async with bench.run() as running:
        await watch(running)
        assert about_the_viewer(heard.requests.pop()) == {}
        # Consent strings are long; other parameters may not be.
        consent = f"{TCF}.{'A' * 1500}"
        await watch(running, **{"ads.tc": consent})
        assert heard.query()["tcf"] == consent
        assert about_the_viewer(heard.one()) == TOLD
        assert (await running.get(f"{LIVE}?ads.other={consent}")).status_code == 400


async def test_sessions_cannot_be_recognised_from_break_to_break(
    make_bench: Callable[..., Bench],
) -> None:
    fill = VastFill(server=VastServer(url=read_template(f"{ADS}/vast/fill?s={{session.id}}")))
    breaks = tuple(ScheduledBreak(at=Decimal(at), fill=fill) for at in (0, 8, 16))
    bench = make_bench(vod_breaks=breaks)
    heard = Heard(bench)
    async with bench.run() as running:
        await watch(running, VOD)
        assert len({str(request.url) for request in heard.requests}) == 1
        heard.requests.clear()
        await watch(running, VOD, **{"ads.gdpr": "1"})
        assert len({str(request.url) for request in heard.requests}) == 3


async def test_a_call_can_be_posted_with_headers_of_its_own(
    make_bench: Callable[..., Bench],
) -> None:
    body = '{"id": "{session.id}", "d": {break.seconds}, "ua": "{session.user_agent}", "p": {ads}}'
    server = VastServer(
        url=read_template(f"{ADS}/vast/fill?x"),
        body=read_body(body, "percent"),
        headers={"Content-Type": "application/json", "X-Key": "k"},
        forwarded_for=True,
    )
    bench = live_bench(make_bench, server)
    heard = Heard(bench)
    async with bench.run() as running:
        await watch(running, **{"ads.zone": "a&b"})
    request = heard.one()
    assert request.method == "POST"
    told = TOLD | {"x-forwarded-for": "8.8.4.4", "x-key": "k"}
    assert about_the_viewer(request) == told
    assert request.headers["content-type"] == "application/json"
    posted = orjson.loads(request.content)
    assert posted.pop("id")
    assert posted == {"d": 8, "ua": TOLD["x-device-user-agent"], "p": {"zone": "a&b"}}


async def test_breaks_that_are_decided_together_keep_a_cap_d_56(
    make_bench: Callable[..., Bench],
) -> None:
    fill = VastFill(server=VastServer(url=read_template(f"{ADS}/vast/pod/2?same=for-all")))
    breaks = tuple(
        ScheduledBreak(at=Decimal(at), fill=fill, seconds=Decimal(10)) for at in (0, 8, 16)
    )
    bench = make_bench(vod_breaks=breaks)

    async def played(cap: Cap | None) -> list[str]:
        shows = {**bench.config.shows}
        shows["vod"] = replace(shows["vod"], ads=Ads(frequency=Frequency(creative=cap)))
        bench.config = replace(bench.config, shows=shows)
        async with bench.run() as running:
            for _ in range(2):  # viewers, of whom the second may see what the first saw
                listed = await (await running.player().open(VOD)).poll()
                ads = sorted(kind for kind in listed.kinds if kind in "ab")
            return ads

    many = await played(None)
    assert set(many) == {"a", "b"}
    each = {name: many.count(name) // 3 for name in "ab"}
    once = await played(Cap(times=1, per_s=3600))
    assert {name: once.count(name) for name in "ab"} == each  # in which break, nobody promises
    often = await played(Cap(times=1, per_s=8))
    assert often == many
