"""NonLinear ads that Weft draws into pictures, played from a composed server (D-10)."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import pytest
from app_bench import ADS, ORIGIN, SEGMENT_S, Bench, Player, Running, answer, down
from PIL import Image

from manifests.dash.reading.reader import read_mpd
from manifests.dash.video_segments import latest_segments, video_representations
from packager.config.ad_settings import VastServer
from packager.config.overlay_settings import AdFill, Overlay, ShowAt, ShowAtCues
from packager.config.rendering_settings import RenderingSettings
from packager.config.show_settings import Show
from packager.decisions.templates import read_template
from packager.reasons import Reason
from packager.templates.folder import find_folder

WEFT = "http://weft.example"
LOGO_URL = "https://img.example/logo.png"
CLASS, SCHEME = "com.acme.sponsor", "urn:acme:sponsor:2026"
FILL = AdFill(
    server=VastServer(url=read_template(f"{ADS}/vast/logo?d={{break.seconds}}&sid={{session.id}}")),
    image="logo",
)
AT_CUES = ShowAtCues(source="cues", classes=(CLASS,), schemes=(SCHEME,), fill=FILL)

MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def a_logo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 30), "#c02040").save(out, "PNG")
    return out.getvalue()


DIGEST = hashlib.sha256(a_logo()).hexdigest()


def vast(resource: str = "", *, duration: str = ' minSuggestedDuration="00:00:04"') -> str:
    static = f'<StaticResource creativeType="image/png"><![CDATA[{LOGO_URL}]]></StaticResource>'
    return f"""<VAST version="4.2"><Ad id="logo"><InLine>
  <Error><![CDATA[{ADS}/beacon/logo/error?c=[ERRORCODE]]]></Error>
  <Impression>{ADS}/beacon/logo/impression</Impression>
  <Creatives><Creative><NonLinearAds>
  <TrackingEvents><Tracking event="creativeView">{ADS}/beacon/logo/creativeView</Tracking>
  <Tracking event="acceptInvitation">{ADS}/beacon/logo/accept</Tracking></TrackingEvents>
  <NonLinear width="320" height="50"{duration}>{resource or static}
  <NonLinearClickThrough>https://shop.example/</NonLinearClickThrough>
  </NonLinear></NonLinearAds></Creative></Creatives></InLine></Ad></VAST>"""


def studio(make_bench: MakeBench, show: ShowAt | ShowAtCues = AT_CUES) -> Bench:
    bench = make_bench(draw="look_drawing:draw_pictures")
    overlay = Overlay(
        name="sponsor",
        template=find_folder("sponsor_l", beside=Path("/nowhere")),
        data={"sponsor": "Acme"},
        show=show,
    )
    shows = {
        kind: Show(name=kind, origin=f"{ORIGIN}{kind}/", overlays={"sponsor": overlay})
        for kind in ("live", "vod")
    }
    bench.config = replace(bench.config, shows=shows, rendering=RenderingSettings(wait_s=30.0))
    bench.world.faults["/vast/logo"] = answer(vast())
    bench.world.faults["/logo.png"] = answer(a_logo())
    return bench


def cue(bench: Bench, ahead: int, segments: int) -> int:
    """Announce an overlay over live segments, so many ahead of the edge; its first one."""
    first = bench.world.edge + ahead
    at, seconds = first * SEGMENT_S, segments * SEGMENT_S
    text = f"1970-01-01T00:{at // 60:02}:{at % 60:02}Z"
    bench.world.cues[first - 1] = (
        f'#EXT-X-DATERANGE:ID="s{at}",CLASS="{CLASS}",START-DATE="{text}",DURATION={seconds}'
    )
    bench.world.events = [
        f'</EventStream><EventStream schemeIdUri="{SCHEME}" timescale="1">'
        f'<Event presentationTime="{at}" duration="{seconds}" id="{at}"/>'
    ]
    return first


async def settled(running: Running) -> None:
    """Until ads and pictures that were sought are there."""
    with anyio.fail_after(30):
        for _ in range(2):
            await running.weft.planner._deciding._flights.landed()
            await running.weft.own_looks._ads._seeking.landed()
            await running.weft.own_looks._flights.landed()
            await running.weft.pictures.settled()


async def told(running: Running, path: str) -> tuple[str, list[str] | None]:
    """Where a segment is, and what is drawn onto it; None: it is the original."""
    way = await running.get(path)
    assert way.status_code == 302, way.text
    assert way.headers["cache-control"] == "private, no-store"
    location = way.headers["location"]
    if location.startswith(ORIGIN):
        return location, None
    got = await running.get(location)
    assert got.status_code == 200, got.text
    return location, list(json.loads(got.content[got.content.rindex(b"[") :]))


async def owed(running: Running, least: int = 0) -> list[str]:
    """What was called to tell of the ad, by the end of the path."""
    with anyio.fail_after(10):
        while (await running.weft.outbox.ledger()).count("owed") < least:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    count = (await running.weft.outbox.ledger()).count("owed")
    return [str(count)]


async def began(running: Running, reporting: str, ending: str = "m3u8", kind: str = "live") -> Any:
    answer = await running.client.post(
        f"/v1/session/default/{kind}/index.{ending}", json={"reportingMode": reporting}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def opened(running: Running, reporting: str = "server", kind: str = "live") -> Player:
    return await running.player().open((await began(running, reporting, kind=kind))["manifestUrl"])


async def own(player: Player) -> dict[int, str]:
    """The segments that a session asks for itself, by their number at the origin."""
    folder = player.renditions[0].rpartition("/")[0]
    mark, found = "/v1/manifest/t/k/", {}
    for uri in (await player.poll()).uris:
        if mark in uri:
            path = uri.partition(mark)[2]
            assert path.startswith("look/m3u8/")
            found[int(uri.rpartition("/s")[2].removesuffix(".m4s"))] = f"{folder}/{path}"
    return found


async def test_an_ad_is_drawn_for_its_time_and_told_of_once(make_bench: MakeBench) -> None:
    bench = studio(make_bench)
    first = cue(bench, 2, 3)
    async with bench.run(stocked=False) as running:
        player, ways = await opened(running), {}
        for _ in range(8):
            ways |= await own(player)
            await settled(running)
            bench.clock.advance(SEGMENT_S)
        assert [number - first for number in sorted(ways)] == [0, 1, 2]
        assert (await running.weft.outbox.ledger()).count("owed") == 0
        for way in ways.values():
            location, drawn = await told(running, way)
            assert location.startswith("/tm/")
            assert drawn == [DIGEST]
        await owed(running, 2)
        for way in ways.values():  # the other rendition, a seek back
            await told(running, way)
        assert await owed(running, 2) == ["2"]  # impression and creativeView
        assert bench.world.ad_calls() == 1
        assert sum(url.host == "img.example" for url in bench.world.asked) == 1


async def test_sessions_with_the_same_ad_share_what_is_drawn(make_bench: MakeBench) -> None:
    bench = studio(make_bench)
    cue(bench, 1, 3)
    async with bench.run(stocked=False) as running:
        players = [await opened(running), await opened(running, "client")]
        for _ in range(3):
            one, other = [await own(player) for player in players]
            await settled(running)
            bench.clock.advance(SEGMENT_S)
        assert set(one) == set(other) != set()
        assert set(one.values()).isdisjoint(other.values())
        for number in one:
            assert await told(running, one[number]) == await told(running, other[number])
        assert bench.world.ad_calls() == 2


async def test_players_that_report_find_what_was_drawn_and_nothing_to_draw(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench)
    first = cue(bench, 1, 3)
    async with bench.run(stocked=False) as running:
        session = await began(running, "client")
        player = await running.player().open(session["manifestUrl"])
        begin = bench.world.edge - len((await player.poll()).uris)
        bench.clock.advance(SEGMENT_S)
        await player.poll()
        await settled(running)
        document = (await running.get(session["trackingUrl"])).json()
        (avail,) = document["nonLinearAvails"]
        assert avail["startTimeInSeconds"] == (first - begin) * SEGMENT_S
        assert avail["durationInSeconds"] == 3 * SEGMENT_S
        (shown,) = avail["nonLinearAdsList"]
        (drawn,) = shown["nonLinearAdList"]
        assert drawn["staticResource"] in ("", None)
        assert drawn["clickThrough"] == "https://shop.example/"
        urls = {one["eventType"]: one["beaconUrls"] for one in shown["trackingEvents"]}
        assert urls["impression"] == [f"{ADS}/beacon/logo/impression"]
        assert urls["creativeView"] == [f"{ADS}/beacon/logo/creativeView"]
        for _ in range(4):
            bench.clock.advance(SEGMENT_S)
            ways = await own(player)
        for way in ways.values():
            await told(running, way)
        assert await owed(running) == ["0"]


FAILURES = {
    "ad server down": ("/vast/logo", down, Reason.AD_UNREACHABLE),
    "no ad": ("/vast/logo", answer('<VAST version="4.2"/>'), Reason.AD_EMPTY),
    "nonsense": ("/vast/logo", answer("<VAST"), Reason.AD_UNPARSEABLE),
    "a page": (
        "/vast/logo",
        answer(vast("<IFrameResource>https://overlay.example/</IFrameResource>")),
        None,
    ),
    "picture gone": ("/logo.png", answer(status=404), Reason.PICTURE_UNREACHABLE),
    "no picture": ("/logo.png", answer("<svg/>"), Reason.PICTURE_INVALID),
}


@pytest.mark.parametrize(("end", "fault", "reason"), FAILURES.values(), ids=FAILURES)
async def test_without_an_ad_the_content_plays(
    make_bench: MakeBench, end: str, fault: Any, reason: Reason | None
) -> None:
    bench = studio(make_bench)
    bench.world.faults[end] = fault
    cue(bench, 1, 3)
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        for _ in range(4):
            ways = await own(player)
            await settled(running)
            bench.clock.advance(SEGMENT_S)
        assert ways
        for way in ways.values():
            assert (await told(running, way))[1] is None
        assert reason is None or running.count(reason) >= 1
        assert bench.world.ad_calls() <= 2
        await running.weft.planner._deciding._errors._flights.landed()
        assert await owed(running) == (["1"] if reason is None else ["0"])  # 503


async def test_an_ad_that_comes_late_shows_from_the_next_segment_on(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench)
    first = cue(bench, 1, 4)
    gate = bench.world.gates["/vast/logo"] = asyncio.Event()
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        for _ in range(4):
            ways = await own(player)
            bench.clock.advance(SEGMENT_S)
        assert (await told(running, ways[first]))[1] is None
        gate.set()
        await settled(running)
        assert (await told(running, ways[first + 1]))[1] == [DIGEST]
        assert await owed(running, 2) == ["2"]


async def test_who_is_sent_to_the_original_was_shown_nothing(make_bench: MakeBench) -> None:
    """E-05: a segment that could not be drawn on is no evidence."""
    bench = studio(make_bench)
    cue(bench, 1, 3)
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        for _ in range(3):
            bench.world.faults[".m4s"] = down
            ways = await own(player)
            await settled(running)
            bench.clock.advance(SEGMENT_S)
        for way in ways.values():
            assert (await told(running, way))[1] is None
        assert await owed(running) == ["0"]


async def test_an_ad_is_asked_for_once_also_after_a_restart(make_bench: MakeBench) -> None:
    bench = studio(make_bench)
    bench.use_sqlite()
    cue(bench, 1, 6)
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        for _ in range(2):
            await player.poll()
            await settled(running)
            bench.clock.advance(SEGMENT_S)
    async with bench.run(stocked=False) as running:
        player = running.player().adopt(player)
        ways = await own(player)
        await settled(running)
        assert (await told(running, ways[max(ways)]))[1] == [DIGEST]
        assert bench.world.ad_calls() == 1


async def test_vod_has_ads_at_set_times(make_bench: MakeBench) -> None:
    show = ShowAt(at=Decimal(4), seconds=Decimal(6), fill=FILL)
    bench = studio(make_bench, show)
    async with bench.run(stocked=False) as running:
        player = await opened(running, kind="vod")
        ways = await own(player)
        assert sorted(ways) == [2, 3, 4]
        await settled(running)
        assert (await told(running, ways[3]))[1] == [DIGEST]
        assert await owed(running, 2) == ["2"]


async def video_of(running: Running, session: Any) -> dict[int, str]:
    """URLs of the video that an MPD lists, by number."""
    answer = await running.get(session["manifestUrl"])
    assert answer.status_code == 200, answer.text
    mpd = read_mpd(answer.content, url=f"{WEFT}{session['manifestUrl']}")
    period, representation = next(iter(video_representations(mpd)))
    names = [one.name for one in latest_segments(mpd, period, representation)]
    return {int(name.rpartition("/s")[2].removesuffix(".m4s")): name for name in names}


async def test_dash_draws_ads_where_events_of_a_scheme_are(make_bench: MakeBench) -> None:
    """B-50: for as long as the Event lasts, whatever its id."""
    bench = studio(make_bench)
    first = cue(bench, 1, 3)
    async with bench.run(stocked=False) as running:
        session = await began(running, "server", "mpd")
        for _ in range(5):
            urls = await video_of(running, session)
            await settled(running)
            bench.clock.advance(SEGMENT_S)
        assert all("/look/mpd/" in url for url in urls.values())
        drawn = {number: (await told(running, url))[1] for number, url in urls.items()}
        assert [number - first for number, each in sorted(drawn.items()) if each] == [0, 1, 2]
        assert await owed(running, 2) == ["2"]
        assert bench.world.ad_calls() == 1


async def test_what_is_no_segment_of_the_show_is_not_led_to(make_bench: MakeBench) -> None:
    bench = studio(make_bench)
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        folder = player.renditions[0].rpartition("/")[0]
        gone = await running.get(f"{folder}/look/m3u8/a/unknown.m4s")
        assert gone.headers["location"] == f"{ORIGIN}live/a/unknown.m4s"
        for path in ("look/mp4/a", "look/m3u8/../../x", "look/m3u8//"):
            assert (await running.get(f"{folder}/{path}")).status_code in (400, 404)
        forged = folder.replace(player.token, player.token[:-4] + "AAAA")
        assert (await running.get(f"{forged}/look/m3u8/a/s1.m4s")).status_code == 403
