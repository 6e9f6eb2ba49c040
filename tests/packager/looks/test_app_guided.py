"""Overlays that players draw: what manifests of guided sessions tell, and the pictures of it."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import pytest
from app_bench import ADS, ORIGIN, SEGMENT_S, Bench, Listed, Player, Running, answer, down
from PIL import Image

from manifests.dash.model import Mpd
from manifests.dash.overlay_events import SCHEME
from manifests.dash.reading.reader import read_mpd
from packager.config.ad_settings import VastServer
from packager.config.fact_settings import Fact
from packager.config.overlay_settings import AdFill, Overlay, ShowAt, ShowAtCues
from packager.config.rendering_settings import RenderingSettings
from packager.config.show_settings import Show
from packager.decisions.templates import read_template
from packager.reasons import Reason
from packager.templates.folder import find_folder

WEFT = "http://weft.example"
NAME = Fact(name="name", kind="string")
VAST = f"""<VAST version="4.2"><Ad id="logo"><InLine>
  <Impression>{ADS}/beacon/logo/impression</Impression>
  <Creatives><Creative><NonLinearAds><NonLinear width="320" height="50">
  <StaticResource creativeType="image/png">https://img.example/logo.png</StaticResource>
  </NonLinear></NonLinearAds></Creative></Creatives></InLine></Ad></VAST>"""

MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def overlay(template: str = "scorebug", **settings: Any) -> Overlay:
    data = {"scorebug": {"score": "1:0"}, "sponsor_l": {"sponsor": "Acme"}}[template]
    folder = find_folder(template, beside=Path("/nowhere"))
    return Overlay(**{"name": template, "template": folder, "data": data} | settings)


def studio(make_bench: MakeBench, *overlays: Overlay, facts: tuple[Fact, ...] = ()) -> Bench:
    bench = make_bench()  # real workers draw
    shows = {
        kind: Show(
            name=kind,
            origin=f"{ORIGIN}{kind}/",
            overlays={one.name: one for one in overlays},
            facts={one.name: one for one in facts},
        )
        for kind in ("live", "vod")
    }
    bench.config = replace(bench.config, shows=shows, rendering=RenderingSettings(wait_s=30.0))
    return bench


async def began(running: Running, ending: str, kind: str = "live", **said: Any) -> Any:
    body = {"insertionMode": "GUIDED", **said}
    answer = await running.client.post(f"/v1/session/default/{kind}/index.{ending}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def opened(running: Running, kind: str = "live", **said: Any) -> Player:
    session = await began(running, "m3u8", kind, **said)
    return await running.player().open(session["manifestUrl"])


def ranges(listed: Listed) -> list[dict[str, str]]:
    """The attributes of the overlays that a playlist tells of."""
    found = []
    for line in listed.text.splitlines():
        if line.startswith("#EXT-X-DATERANGE:"):
            pairs = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', line.partition(":")[2])
            found.append({name: value.strip('"') for name, value in pairs})
    return found


async def picture(running: Running, url: str) -> Image.Image:
    got = await running.get(url)
    assert got.status_code == 200, got.text
    assert got.headers["content-type"] == "image/png"
    return Image.open(BytesIO(got.content))


async def test_a_live_playlist_tells_what_to_draw_and_keeps_the_segments(
    make_bench: MakeBench,
) -> None:
    """A-60: what was told of stays as it was; each range ends where the next begins."""
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        first = await player.poll()
        assert all(uri.startswith(ORIGIN) for uri in first.uris)
        told = ranges(first)
        assert [one["CLASS"] for one in told] == [
            "com.apple.hls.overlay"
        ] * 4  # where players begin
        assert {one["DURATION"] for one in told} == {"2"}
        assert told[0]["X-VIEWPORT"] == "1920x1080"
        assert "X-SQUEEZECURRENT" not in told[0]
        shown = await picture(running, told[0]["X-ASSET-URI"])
        assert (shown.format, shown.size, shown.mode) == ("PNG", (1920, 1080), "RGBA")
        assert shown.getextrema()[3] == (0, 255)
        for _ in range(2):
            bench.clock.advance(SEGMENT_S)
            later = ranges(await player.poll())
        assert later[:4] == told
        assert len(later) == len({one["X-OVERLAY-ID"] for one in later}) == 6
        assert len({one["X-ASSET-URI"] for one in later}) == 1
        assert (
            ranges(await player.poll(1)) == later[2:]
        )  # whoever comes first, from where it begins
        assert ranges(await player.poll(-1)) == []


@pytest.mark.parametrize(
    ("consent", "kept"),
    [(None, "public, max-age=31536000, immutable"), ("personalise", "private, no-store")],
)
async def test_a_picture_may_be_kept_by_caches_and_a_private_one_by_nobody(
    make_bench: MakeBench, consent: Any, kept: str
) -> None:
    fact = replace(NAME, consent=consent)
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(fact,))
    async with bench.run(stocked=False) as running:
        player = await opened(running, facts={"name": "Ana"})
        url = ranges(await player.poll())[0]["X-ASSET-URI"]
        assert url.startswith("/tm/" if consent is None else "/v1/private/")
        got = await running.get(url)
        assert (got.status_code, got.headers["cache-control"]) == (200, kept)


async def test_what_changes_is_told_from_the_next_segment_on(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(NAME,))
    async with bench.run(stocked=False) as running:
        player = await opened(running, facts={"name": "Ana"})
        before = ranges(await player.poll())
        path = f"/v1/session/default/live/{player.token}"
        await running.client.patch(path, json={"facts": {"name": "Ben"}})
        assert ranges(await player.poll()) == before
        bench.clock.advance(SEGMENT_S)
        *kept, after = ranges(await player.poll())
        assert kept == before
        assert after["X-ASSET-URI"] != before[0]["X-ASSET-URI"]


async def test_what_is_known_to_the_end_is_told_as_a_whole(make_bench: MakeBench) -> None:
    """A-60: each segment of it says the same, so that who comes later hears of it."""
    show = ShowAtCues(source="cues", classes=("com.acme",), schemes=("urn:acme",))
    bench = studio(make_bench, overlay("sponsor_l", show=show))
    edge = bench.world.edge * SEGMENT_S
    at = f"1970-01-01T00:{edge // 60:02}:{edge % 60:02}Z"
    bench.world.cues[bench.world.edge - 1] = (
        f'#EXT-X-DATERANGE:ID="c",CLASS="com.acme",START-DATE="{at}",DURATION=6'
    )
    bench.world.events = [
        '</EventStream><EventStream schemeIdUri="urn:acme" timescale="1">'
        f'<Event presentationTime="{edge}" duration="6" id="1"/>'
    ]
    async with bench.run(stocked=False) as running:
        player = await opened(running)
        session = await began(running, "mpd")
        for _ in range(4):
            listed = await player.poll()
            text = (await running.get(session["manifestUrl"], follow_redirects=True)).content
            bench.clock.advance(SEGMENT_S)
        told = [one for one in ranges(listed) if "X-OVERLAY-ID" in one]
        assert len(told) == 3
        assert all(one == told[0] for one in told)
        assert (told[0]["START-DATE"], told[0]["DURATION"]) == (at.replace("Z", ".000Z"), "6")
        mpd = read_mpd(text, url=WEFT + session["manifestUrl"])
        assert [(begins, lasts) for begins, lasts, _ in events(mpd)] == [(edge, 6)]


async def test_vod_has_a_range_for_the_time_of_an_overlay(make_bench: MakeBench) -> None:
    """An L-frame says where the film goes; all overlays are one picture."""
    show = ShowAt(at=Decimal(5), seconds=Decimal(6))
    bench = studio(make_bench, overlay("sponsor_l", show=show))
    async with bench.run(stocked=False) as running:
        listed = await (await opened(running, "vod")).poll()
        (told,) = ranges(listed)
        assert (told["START-DATE"][-10:], told["DURATION"]) == ("00:05.000Z", "6")
        assert told["X-SQUEEZECURRENT"] == "0.75"
        assert told["X-SQUEEZECURRENT-POSITION"] == "0x0"
        shown = await picture(running, told["X-ASSET-URI"])
        assert shown.getpixel((100, 100)) == (0, 0, 0, 0)
        assert shown.getpixel((100, 1000))[3] == 255  # type: ignore[index]


def events(mpd: Mpd) -> list[tuple[float, float, str]]:
    found = []
    for stream in mpd.periods[0].event_streams:
        if stream.scheme == SCHEME:
            for one in stream.events:
                assert one.duration is not None
                (shown,) = one.element
                found.append((float(one.at), float(one.duration), shown.attrib["uri"]))
    return found


async def test_an_mpd_tells_the_same(make_bench: MakeBench) -> None:
    """B-50: what was told stays, and the video is the origin's."""
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        session = await began(running, "mpd")
        seen: dict[float, tuple[float, float, str]] = {}
        for _ in range(3):
            text = (await running.get(session["manifestUrl"], follow_redirects=True)).text
            assert "/look/" not in text
            told = events(read_mpd(text.encode(), url=WEFT + session["manifestUrl"]))
            assert told
            for one in told:
                assert seen.setdefault(one[0], one) == one
            bench.clock.advance(SEGMENT_S)
        shown = await picture(running, told[-1][2])
        assert shown.size == (1920, 1080)
        begins, lasts, _ = told[-1]
        assert begins + lasts == (bench.world.edge - 1) * SEGMENT_S


async def test_a_static_mpd_has_an_event_for_the_time_of_an_overlay(
    make_bench: MakeBench,
) -> None:
    show = ShowAt(at=Decimal(5), seconds=Decimal(6))
    bench = studio(make_bench, overlay("sponsor_l", show=show))
    async with bench.run(stocked=False) as running:
        session = await began(running, "mpd", "vod")
        text = (await running.get(session["manifestUrl"], follow_redirects=True)).content
        mpd = read_mpd(text, url=WEFT + session["manifestUrl"])
        ((begins, lasts, _),) = events(mpd)
        assert (begins, lasts) == (5, 6)
        (stream,) = mpd.periods[0].event_streams
        (shown,) = stream.events[0].element
        names = [etree_name(child.tag) for child in shown]
        assert names == ["Viewport", "Overlay", "Squeeze"]
        assert dict(shown[2][1].attrib) == {"x": "1440", "y": "810"}


def etree_name(tag: object) -> str:
    return str(tag).rpartition("}")[2]


async def test_a_picture_that_is_not_there_is_told_so(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay())
    bench.draw = "nowhere:draw"
    async with bench.run(stocked=False) as running:
        told = ranges(await (await opened(running)).poll())[0]
        with anyio.fail_after(60):
            got = await running.get(told["X-ASSET-URI"])
        assert (got.status_code, got.json()) == (404, {"error": "overlay_not_there"})
        assert running.count(Reason.OVERLAY_NOT_THERE) == 1
        signed = told["X-ASSET-URI"].split("/")[-2]
        forged = told["X-ASSET-URI"].replace(signed, signed[:-2] + "AA")
        assert (await running.get(forged)).status_code == 403


@pytest.mark.parametrize(("reporting", "calls"), [("client", 1), ("server", 0)])
async def test_ads_are_for_the_player_to_draw_where_it_reports(
    make_bench: MakeBench, reporting: str, calls: int
) -> None:
    """E-04: guided, who draws an ad tells of it."""
    fill = AdFill(server=VastServer(url=read_template(f"{ADS}/vast/logo")), image="logo")
    show = ShowAtCues(source="cues", classes=("com.acme",), fill=fill)
    bench = studio(make_bench, overlay("sponsor_l", show=show))
    bench.world.faults["/vast/logo"] = answer(VAST)
    bench.world.faults["/logo.png"] = down
    edge = bench.world.edge * SEGMENT_S
    at = f"1970-01-01T00:{edge // 60:02}:{edge % 60:02}Z"
    bench.world.cues[bench.world.edge - 1] = (
        f'#EXT-X-DATERANGE:ID="c",CLASS="com.acme",START-DATE="{at}",DURATION=6'
    )
    async with bench.run(stocked=False) as running:
        session = await began(running, "m3u8", reportingMode=reporting)
        player = await running.player().open(session["manifestUrl"])
        for _ in range(3):
            listed = await player.poll()
            assert all(uri.startswith(ORIGIN) for uri in listed.uris)
            await running.weft.planner._deciding._flights.landed()
            bench.clock.advance(SEGMENT_S)
        document = (await running.get(session["trackingUrl"])).json()
        assert bench.world.ad_calls() == calls
        assert len(document["nonLinearAvails"]) == calls
        for avail in document["nonLinearAvails"]:
            (drawn,) = avail["nonLinearAdsList"][0]["nonLinearAdList"]
            assert drawn["staticResource"] == "https://img.example/logo.png"
