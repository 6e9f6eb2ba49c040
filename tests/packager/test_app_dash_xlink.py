"""MPDs with remote Periods through the composed server (splice rule B-47)."""

from collections.abc import Callable

import httpx2
import pytest
from app_bench import ORIGIN, Bench, Running, answer, down
from lxml import etree

from manifests.dash.reading.xlink import MAX_REMOTE, REMOTE_LIMITS
from packager.dash.reading import REMOTE_FRESH_S
from packager.reasons import Reason

PATH = "/v1/dash/default/live/index.mpd"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
XLINK = 'xmlns:x="http://www.w3.org/1999/xlink"'
ZERO = f'<Period {XLINK} x:href="urn:mpeg:dash:resolve-to-zero:2013"/>'


@pytest.fixture
def resolving(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(show_changes={"xlink": "resolve"})


def serve(bench: Bench, *hrefs: str, live: bool = False, element: str = "Period") -> None:
    """Have the origin's MPD end with remote elements."""

    def mpd(request: httpx2.Request) -> httpx2.Response:
        remote = "".join(f'<{element} {XLINK} x:href="{href}"/>' for href in hrefs)
        text = bench.world.mpd(live=live).replace(' mediaPresentationDuration="PT20S"', "")
        if not live:
            text = text.replace('start="PT0S"', 'duration="PT20S"')
        return httpx2.Response(200, content=text.replace("</MPD>", f"{remote}</MPD>"))

    bench.world.faults["index.mpd"] = mpd


def period(bench: Bench, name: str) -> str:
    """What a remote Period stands for: the content once more, under another name."""
    text = bench.world.mpd(live=False)
    inside = text[text.index("<Period") : text.index("</MPD>")]
    return inside.replace('id="P0" start="PT0S"', f'id="{name}" duration="PT20S"')


async def periods(running: Running) -> list[str]:
    started = await running.get(PATH)
    assert started.status_code == 302, started.text
    found = await running.get(started.headers["location"])
    assert found.status_code == 200, found.text
    assert b"xlink" not in found.content
    return [
        f"{one.get('id')} {one.get('start')}"
        for one in etree.fromstring(found.content).iter(f"{MPD}Period")
    ]


async def refusal(running: Running) -> tuple[int, str]:
    found = await running.get(PATH)
    return found.status_code, found.json()["error"]


async def test_remote_periods_are_refused_unless_a_show_wants_them(bench: Bench) -> None:
    serve(bench, "ad.xml")
    bench.world.faults["ad.xml"] = answer(period(bench, "R"))
    async with bench.run() as running:
        assert await refusal(running) == (502, "origin_remote")
        assert "Period is elsewhere" in running.log.getvalue()
        assert bench.world.requests[f"{ORIGIN}live/ad.xml"] == 0


async def test_where_they_are_refused_the_last_good_mpd_serves(bench: Bench) -> None:
    async with bench.run() as running:
        good = await periods(running)
        serve(bench, "ad.xml", live=True)
        bench.clock.advance(2)
        assert await periods(running) == good
        assert running.count(Reason.ORIGIN_REMOTE) == 1
        assert running.count(Reason.MANIFEST_STALE_SERVED) >= 1


async def test_a_show_that_wants_them_has_them_whole(resolving: Bench) -> None:
    serve(resolving, "ad.xml?sid=1", "/live/deep/more.xml")
    resolving.world.faults["live/ad.xml"] = answer(period(resolving, "R"))
    both = period(resolving, "S") + period(resolving, "T")
    resolving.world.faults["deep/more.xml"] = answer(both)
    async with resolving.run() as running:
        expected = ["P0 PT0S", "R PT20S", "S PT40S", "T PT60S"]
        assert await periods(running) == expected
        assert await periods(running) == expected
        assert resolving.world.requests[f"{ORIGIN}live/ad.xml"] == 1
        assert any(url.query == b"sid=1" for url in resolving.world.asked)


async def test_a_remote_period_may_resolve_to_nothing(resolving: Bench) -> None:
    serve(resolving, "ad.xml")
    resolving.world.faults["ad.xml"] = answer(ZERO)
    async with resolving.run() as running:
        assert await periods(running) == ["P0 PT0S"]


async def test_mpds_that_are_whole_are_read_as_ever(resolving: Bench) -> None:
    async with resolving.run() as running:
        assert await periods(running) == ["P0 PT0S"]


async def test_live_what_is_remote_is_not_fetched_with_every_mpd(resolving: Bench) -> None:
    serve(resolving, "ad.xml", live=True)
    resolving.world.faults["ad.xml"] = answer(ZERO)
    async with resolving.run() as running:
        for _ in range(5):
            assert await periods(running) == ["P0 PT0S"]
            resolving.clock.advance(2)
        assert resolving.world.requests[f"{ORIGIN}live/ad.xml"] == 1
        resolving.clock.advance(REMOTE_FRESH_S)
        await periods(running)
        assert resolving.world.requests[f"{ORIGIN}live/ad.xml"] == 2


NESTED = f'<Period {XLINK} x:href="other.xml"/>'
BAD = {
    "not there": (answer(status=404), "status 404"),
    "no connection": (down, "no connection"),
    "elsewhere": (answer(status=302, location="http://evil.example/"), "not a configured host"),
    "an MPD": (answer('<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'), "not Period"),
    "HTML": (answer("<!DOCTYPE html><html></html>"), "an HTML page"),
    "a document type": (answer("<!DOCTYPE a [<!ENTITY b 'c'>]><Period>&b;</Period>"), "refused"),
    "nothing": (answer(), "no element"),
    "too much": (answer(b"<Period>" + b" " * REMOTE_LIMITS.bytes + b"</Period>"), "bytes"),
    "too many elements": (answer(b"<Period/>" * 30_000), "elements"),
    "a nested one": (answer(NESTED), "remote again"),
}


@pytest.mark.parametrize(("there", "reason"), BAD.values(), ids=BAD)
async def test_what_is_remote_and_bad_is_a_reason_and_the_last_good_mpd_serves(
    resolving: Bench, there: Callable[..., httpx2.Response | Exception], reason: str
) -> None:
    serve(resolving, "ad.xml", live=True)
    resolving.world.faults["ad.xml"] = there
    async with resolving.run() as running:
        assert await refusal(running) == (502, "origin_remote")
        assert reason in running.log.getvalue()
        assert not any(url.path.endswith("other.xml") for url in resolving.world.asked)
        assert not any(url.host == "evil.example" for url in resolving.world.asked)
        resolving.world.faults["ad.xml"] = answer(ZERO)
        resolving.clock.advance(2)
        good = await periods(running)
        serve(resolving, "other-ad.xml", live=True)
        resolving.world.faults["ad.xml"] = there
        for _ in range(2):
            resolving.clock.advance(2)
            assert await periods(running) == good


@pytest.mark.parametrize(
    ("there", "reason"),
    [(down, Reason.ORIGIN_UNREACHABLE), (answer("<Period><"), Reason.ORIGIN_REMOTE)],
    ids=["down", "damaged"],
)
async def test_what_was_good_stays_while_its_host_fails(
    resolving: Bench, there: Callable[..., httpx2.Response | Exception], reason: Reason
) -> None:
    serve(resolving, "ad.xml", live=True)
    resolving.world.faults["ad.xml"] = answer(ZERO)
    async with resolving.run() as running:
        await periods(running)
        resolving.world.faults["ad.xml"] = there
        resolving.clock.advance(REMOTE_FRESH_S + 2)
        started = await running.get(PATH)
        found = await running.get(started.headers["location"])
        assert b'publishTime="1970-01-01T00:02:12' in found.content  # of the latest MPD
        assert {one: running.count(one) for one in Reason if one.startswith("origin_")} == {
            **{one: 0 for one in Reason if one.startswith("origin_")},
            reason: 1,
        }


REFUSED = {
    "another host": (["http://evil.example/ad.xml"], "Period", "not a configured host"),
    "another scheme": (["file:///etc/passwd"], "Period", "scheme"),
    "too many": ([f"{n}.xml" for n in range(MAX_REMOTE + 1)], "Period", "remote elements"),
    "another element": (["ad.xml"], "UTCTiming", "only Periods"),
}


@pytest.mark.parametrize(("hrefs", "element", "reason"), REFUSED.values(), ids=REFUSED)
async def test_what_is_not_to_be_resolved_is_not_asked_for(
    resolving: Bench, hrefs: list[str], element: str, reason: str
) -> None:
    serve(resolving, *hrefs, element=element)
    async with resolving.run() as running:
        assert await refusal(running) == (502, "origin_remote")
        assert reason in running.log.getvalue()
        assert not any(url.path.endswith((".xml", "passwd")) for url in resolving.world.asked)
