"""VOD whose breaks a VMAP says: in HLS and DASH, once a session, told of, kept (D-40 to D-43)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx2
import pytest
from app_bench import ADS, Bench, Listed, Player, Running, answer, down
from lxml import etree

from packager import schedules
from packager.config.ad_settings import VastServer
from packager.config.break_settings import CueBreaks, SlateFill, VmapBreaks
from packager.config.show_settings import Show
from packager.decisions.templates import read_template
from packager.reasons import Reason
from packager.single_flight import FlightsFull
from packager.stores import StoreError

pytestmark = pytest.mark.anyio
VOD = "/v1/master/default/vod/index.m3u8"
DASH = "/v1/dash/default/vod/index.mpd"
CONTENT = [str(n) for n in range(10)]
RULE = VmapBreaks(server=VastServer(url=read_template(f"{ADS}/vmap?sid={{session.id}}&{{ads}}")))
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def tag(path: str) -> str:
    return f'<vmap:AdTagURI templateType="vast3"><![CDATA[{ADS}/vast/{path}]]></vmap:AdTagURI>'


def inline(name: str) -> str:
    return f"""<vmap:VASTAdData><VAST version="3.0"><Ad id="{name}"><InLine>
      <Impression>{ADS}/beacon/{name}/impression</Impression>
      <Creatives><Creative><Linear><Duration>00:00:02</Duration><MediaFiles>
      <MediaFile delivery="progressive" type="video/mp4" width="64" height="36">
      http://media.example/{name}.mp4</MediaFile></MediaFiles></Linear></Creative></Creatives>
      </InLine></Ad></VAST></vmap:VASTAdData>"""


def ad_break(offset: str, source: str, name: str = "x", **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    events = "".join(
        f'<vmap:Tracking event="{event}">{ADS}/beacon/{name}/{event}{query}</vmap:Tracking>'
        for event, query in (("breakStart", ""), ("breakEnd", ""), ("error", "?c=[ERRORCODE]"))
    )
    if source:
        source = f"<vmap:AdSource>{source}</vmap:AdSource>"
    return (
        f'<vmap:AdBreak timeOffset="{offset}" breakType="linear" breakId="{name}"{more}>{source}'
        f"<vmap:TrackingEvents>{events}</vmap:TrackingEvents></vmap:AdBreak>"
    ).replace('breakType="linear"' if "breakType" in attributes else "\0", "")


def vmap(*breaks: str) -> str:
    return (
        '<vmap:VMAP xmlns:vmap="http://www.iab.net/videosuite/vmap" version="1.0">'
        + "".join(breaks)
        + "</vmap:VMAP>"
    )


THREE = vmap(
    ad_break("start", inline("b"), "pre"),
    ad_break("00:00:07.500", tag("pod/2"), "mid"),
    ad_break("end", inline("a"), "post"),
)


@pytest.fixture
def film(make_bench: Callable[..., Bench]) -> Bench:
    bench = make_bench(vod_breaks=(RULE,))
    bench.world.faults["/vmap"] = answer(THREE)
    return bench


def told(bench: Bench) -> list[str]:
    """What the ad server was told, in order: ``{name}/{event}`` and the query."""
    found = [url for url in bench.world.asked if url.path.startswith("/beacon/")]
    return [f"{url.path[8:]}{'?' if url.query else ''}{url.query.decode()}" for url in found]


async def settled(bench: Bench, running: Running, at_least: int = 1) -> list[str]:
    for _ in range(200):
        await asyncio.sleep(0.02)
        pending = (await running.weft.outbox.ledger()).count("pending")
        if len(told(bench)) >= at_least and not pending:
            break
    return told(bench)


async def hls(running: Running, **parameters: str) -> tuple[Player, Listed]:
    player = await running.player().open(VOD, **parameters)
    return player, await player.poll()


async def test_breaks_are_where_the_vmap_has_them_in_every_rendition(film: Bench) -> None:
    """D-43: an offset goes to the nearest border; nothing changes afterwards (A-05)."""
    async with film.run() as running:
        player, listed = await hls(running)
        kinds = listed.kinds
        assert kinds[:5] == ["b", "0", "1", "2", "3"]
        assert sorted(kinds[5:8]) == ["a", "a", "b"]
        assert kinds[8:] == ["4", "5", "6", "7", "8", "9", "a", "a"]
        for number in range(3):
            assert (await player.poll(number)).kinds == kinds
        film.clock.advance(3600)
        assert (await player.poll()).text == listed.text
        assert Counter(url.path for url in film.world.asked if url.host == "ads.example") == {
            "/vmap": 1,
            "/vast/pod/2": 1,
        }


async def test_dash_has_the_same_breaks(film: Bench) -> None:
    async with film.run() as running:
        redirect = await running.get(DASH)
        got = await running.get(redirect.headers["location"])
        root = etree.fromstring(got.content)
        periods = [period.get("id", "") for period in root.iter(f"{MPD}Period")]
        ads = [one for one in periods if one.startswith("v")]
        assert ads == ["v0.0", "v1.0", "v1.1", "v2.0"]
        assert periods[0] == "v0.0"
        assert periods[-1] == "v2.0"
        assert (await running.get(redirect.headers["location"])).content == got.content
        assert film.world.requests[f"{ADS}/vmap"] == 1


async def test_the_vmap_outlives_the_process(film: Bench) -> None:
    """A-02, A-03: also where the next process is told something else."""
    film.use_sqlite()
    async with film.run() as running:
        player, listed = await hls(running)
    film.world.faults["/vmap"] = answer(vmap())
    film.world.asked.clear()
    async with film.run(stocked=False) as running:
        again = running.player().adopt(player)
        assert (await again.poll()).text == listed.text
        assert (await again.poll(2)).kinds == listed.kinds
        assert not [url for url in film.world.asked if url.host == "ads.example"]
        _, other = await hls(running)
        assert other.kinds == CONTENT


async def test_a_process_that_ends_before_its_breaks_are_decided_leaves_them_to_the_next(
    film: Bench,
) -> None:
    film.use_sqlite()
    film.world.gates["/vast/pod/2"] = asyncio.Event()
    async with film.run() as running:
        player = await running.player().open(VOD)
        for _ in range(100):
            await asyncio.sleep(0.02)
            if film.world.requests[f"{ADS}/vast/pod/2"]:
                break
    film.world.gates.clear()
    async with film.run() as running:
        listed = await running.player().adopt(player).poll()
        assert sorted(kind for kind in listed.kinds if kind in "ab") == ["a"] * 4 + ["b"] * 2
        assert film.world.requests[f"{ADS}/vmap"] == 0  # of this process


async def test_two_processes_have_one_vmap(film: Bench) -> None:
    film.use_sqlite()
    documents = [vmap(ad_break("start", inline("a"))), vmap(ad_break("end", inline("b")))]
    film.world.faults["/vmap"] = lambda request: httpx2.Response(200, text=documents.pop())
    async with film.run() as one, film.run(stocked=False) as other:
        player = await one.player().open(VOD)
        twin = other.player().adopt(player)
        lists = await asyncio.gather(player.poll(), twin.poll())
        assert lists[0].text == lists[1].text
        assert len(lists[0].kinds) > len(CONTENT)


async def test_breaks_are_told_of_once_when_they_are_seen(film: Bench) -> None:
    """D-42: breakStart with the first ad, breakEnd with the end of the last one (E-02, E-05)."""
    async with film.run() as running:
        player, listed = await hls(running)
        base = player.renditions[0].rpartition("/")[0] + "/"
        places = [uri.partition("segment/")[2] for uri in listed.uris]
        for _ in range(2):
            for place in places[5:8]:  # the break in the middle
                await running.get(f"{base}segment/{place}")
                film.clock.advance(2)
                await asyncio.sleep(0.02)
        await running.get(f"{base}segment/{places[7]}")
        found = await settled(film, running, 14)
        ours = [one for one in found if one.startswith("mid/")]
        assert ours == ["mid/breakStart", "mid/breakEnd"]
        assert not [one for one in found if one.startswith(("pre/", "post/"))]
        assert sum("impression" in one for one in found) == 2
        assert (await running.weft.outbox.ledger()).balances


async def test_a_client_that_reports_is_given_what_the_break_is_told_by(film: Bench) -> None:
    async with film.run() as running:
        started = await running.client.post("/v1/session/default/vod/index.m3u8", json={})
        player = await running.player().open(started.json()["manifestUrl"])
        await player.poll()
        document = (await running.get(started.json()["trackingUrl"])).json()
        events = [
            [event["eventType"] for event in avail["adBreakTrackingEvents"]]
            for avail in document["avails"]
        ]
        assert events == [["breakStart", "breakEnd", "error"]] * 3
        assert [avail["availId"] for avail in document["avails"]] == ["v0", "v1", "v2"]


def overlay(name: str, *, film: str = "") -> str:
    return f"""<vmap:VASTAdData><VAST version="3.0"><Ad id="{name}"><InLine>
      <Error>{ADS}/beacon/{name}/refused?c=[ERRORCODE]</Error>
      <Impression>{ADS}/beacon/{name}/impression</Impression>
      <Creatives>{film}<Creative><NonLinearAds><TrackingEvents>
      <Tracking event="creativeView">{ADS}/beacon/{name}/view</Tracking></TrackingEvents>
      <NonLinear width="320" height="50" minSuggestedDuration="00:00:05">
      <StaticResource creativeType="image/png">http://media.example/{name}.png</StaticResource>
      </NonLinear></NonLinearAds></Creative></Creatives></InLine></Ad></VAST></vmap:VASTAdData>"""


async def tracked(running: Running, ending: str = "m3u8") -> str:
    """The URL of the tracking document of a new session, whose player reports."""
    started = await running.client.post(f"/v1/session/default/vod/index.{ending}", json={})
    assert started.status_code == 200, started.text
    return str(started.json()["trackingUrl"])


async def document_at(running: Running, url: str) -> dict[str, Any]:
    """The document, which is the same each time."""
    found = (await running.get(url)).json()
    assert (await running.get(url)).json() == found
    return dict(found)


@pytest.mark.parametrize("ending", ["m3u8", "mpd"])
async def test_breaks_that_stay_empty_are_told_of_by_the_client(film: Bench, ending: str) -> None:
    """D-42: once, where the content passes them; also those that have no source (D-41)."""
    film.world.faults["/vmap"] = answer(
        vmap(
            ad_break("start", inline("b"), "pre"),
            ad_break("00:00:04", tag("empty"), "none"),
            ad_break("00:00:08", "", "mark"),
            ad_break("00:00:12", tag("status/500"), "failed"),
        )
    )
    async with film.run() as running:
        document = await document_at(running, await tracked(running, ending))
        told_of = [
            (
                avail["startTimeInSeconds"],
                avail["durationInSeconds"],
                len(avail["ads"]),
                [event["beaconUrls"][0].partition("/beacon/")[2] for event in _events(avail)],
            )
            for avail in document["avails"]
        ]
        assert told_of == [
            (0.0, 2.0, 1, ["pre/breakStart", "pre/breakEnd", "pre/error?c=[ERRORCODE]"]),
            (6.0, 0.0, 0, ["none/breakStart", "none/breakEnd"]),
            (10.0, 0.0, 0, ["mark/breakStart", "mark/breakEnd"]),
            (14.0, 0.0, 0, ["failed/breakStart", "failed/breakEnd"]),
        ]
        assert document["nonLinearAvails"] == []


def _events(avail: dict[str, Any]) -> list[dict[str, Any]]:
    return list(avail["adBreakTrackingEvents"])


async def test_of_breaks_that_stay_empty_a_server_tells_nothing(film: Bench) -> None:
    """E-05: nothing proves that they were seen."""
    film.world.faults["/vmap"] = answer(vmap(ad_break("start", ""), ad_break("end", tag("empty"))))
    async with film.run() as running:
        player, listed = await hls(running)
        assert listed.kinds == CONTENT
        for number in range(3):
            await player.poll(number)
        assert await settled(film, running) == ["none/error?code=303"]
        url = f"/v1/tracking/default/vod/{player.token}"
        assert (await running.get(url)).json()["avails"] == []


async def test_overlays_of_a_vmap_are_for_the_client_to_draw(film: Bench) -> None:
    """D-10, D-40: whatever else the ad has; nobody is told that they were refused."""
    film.use_sqlite()
    spot = "<Creative><Linear><Duration>00:00:02</Duration></Linear></Creative>"
    both = overlay("both", film=spot)
    film.world.faults["/vmap"] = answer(
        vmap(
            ad_break("00:00:02", inline("b"), "film"),
            ad_break("00:00:06", overlay("logo"), "drawn", breakType="nonlinear"),
            ad_break("00:00:10", both, "two", breakType="display,nonlinear"),
            ad_break("00:00:14", tag("status/500"), "failed", breakType="nonlinear"),
        )
    )
    async with film.run() as running:
        url = await tracked(running)
        document = await document_at(running, url)
        assert [avail["availId"] for avail in document["avails"]] == ["v0"]
        drawn, two, failed = document["nonLinearAvails"]
        assert (drawn["startTimeInSeconds"], drawn["durationInSeconds"]) == (8.0, 5.0)
        assert (drawn["ads"], len(_events(drawn))) == ([], 2)
        (shown,) = drawn["nonLinearAdsList"]
        (picture,) = shown["nonLinearAdList"]
        assert picture["staticResource"] == "http://media.example/logo.png"
        assert {event["eventType"] for event in shown["trackingEvents"]} >= {
            "impression",
            "creativeView",
        }
        assert len(two["nonLinearAdsList"]) == 1
        assert (failed["nonLinearAdsList"], len(_events(failed))) == ([], 2)
        assert await settled(film, running) == ["failed/error?c=1008"]
        assert not any(asked.endswith(".png") for asked in film.world.requests)
    film.world.faults["/vmap"] = answer(vmap())
    async with film.run() as running:
        assert await document_at(running, url) == document


async def test_an_overlay_among_films_is_drawn_over_them(film: Bench) -> None:
    film.world.faults["/vmap"] = answer(
        vmap(
            ad_break("start", overlay("logo"), "alone"),
            ad_break("end", _together(overlay("logo"), inline("a")), "both"),
        )
    )
    async with film.run() as running:
        alone, both = (await document_at(running, await tracked(running)))["avails"]
        assert [len(each["nonLinearAdsList"]) for each in (alone, both)] == [1, 1]
        assert [len(each["ads"]) for each in (alone, both)] == [0, 1]
        assert (alone["durationInSeconds"], both["durationInSeconds"]) == (5.0, 4.0)
        await hls(running)  # of a server that reports, an overlay is refused (D-14)
        assert await settled(film, running, 2) == ["logo/refused?c=201"] * 2


def _together(*sources: str) -> str:
    """One answer of the ads of several."""
    ads = [one.partition('<VAST version="3.0">')[2].partition("</VAST>")[0] for one in sources]
    return f'<vmap:VASTAdData><VAST version="3.0">{"".join(ads)}</VAST></vmap:VASTAdData>'


SKIPPED = {
    "beyond the end": (ad_break("01:00:00", inline("a")), "900"),
    "an opportunity that is not there": (ad_break("#4", inline("a")), "900"),
    "an overlay": (ad_break("start", inline("a"), breakType="nonlinear"), "1003"),
    "words of its own": (
        ad_break("start", "<vmap:CustomAdData templateType='x'>ads</vmap:CustomAdData>"),
        "1005",
    ),
    "not VAST": (ad_break("start", tag("pod/2").replace("vast3", "acme")), "1005"),
    "no time": (ad_break("soon", inline("a")), "1000"),
}


@pytest.mark.parametrize(("broken", "code"), SKIPPED.values(), ids=SKIPPED)
async def test_a_break_without_a_place_is_told_and_takes_no_other_with_it(
    film: Bench, broken: str, code: str
) -> None:
    film.world.faults["/vmap"] = answer(vmap(broken, ad_break("00:00:08", inline("b"), "good")))
    async with film.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == [*CONTENT[:4], "b", *CONTENT[4:]]
        assert running.count(Reason.VMAP_BREAK_SKIPPED) == 1
        assert await settled(film, running) == [f"x/error?c={code}"]


FAILED: dict[str, tuple[Any, Reason]] = {
    "down": (down, Reason.AD_UNREACHABLE),
    "an error": (answer(status=503), Reason.AD_STATUS),
    "not XML": (answer("<html>"), Reason.AD_UNPARSEABLE),
    "VAST": (answer('<VAST version="4.2"/>'), Reason.AD_UNPARSEABLE),
}


@pytest.mark.parametrize(("fault", "reason"), FAILED.values(), ids=FAILED)
async def test_a_vmap_that_cannot_be_had_leaves_the_content(
    film: Bench, fault: Any, reason: Reason
) -> None:
    """H-12, row 11: for good (A-05), with its reason."""
    film.world.faults["/vmap"] = fault
    async with film.run() as running:
        player, listed = await hls(running)
        assert listed.kinds == CONTENT
        assert running.count(reason) == 1
        film.world.faults["/vmap"] = answer(THREE)
        assert (await player.poll()).text == listed.text


async def test_a_vmap_that_is_late_leaves_the_content(film: Bench) -> None:
    film.config = replace(film.config, timeouts=replace(film.config.timeouts, ad_s=0.2))
    film.world.gates["/vmap"] = asyncio.Event()
    async with film.run() as running:
        player, listed = await hls(running)
        assert listed.kinds == CONTENT
        assert running.count(Reason.AD_TIMEOUT) == 1
        film.world.gates.clear()
        assert (await player.poll()).text == listed.text


SOURCES = {
    "garbage": "1006",
    "status/500": "1008",
    "empty": None,  # that there is no ad is no failure
}


@pytest.mark.parametrize(("scenario", "code"), SOURCES.items(), ids=SOURCES)
async def test_a_break_whose_ads_fail_is_told_so_once(
    film: Bench, scenario: str, code: str | None
) -> None:
    film.world.faults["/vmap"] = answer(vmap(ad_break("00:00:08", tag(scenario), "mid")))
    async with film.run() as running:
        player, listed = await hls(running)
        assert listed.kinds == CONTENT
        await player.poll(1)
        found = await settled(film, running)
        assert found == ([f"mid/error?c={code}"] if code else ["none/error?code=303"])


async def test_a_break_that_is_given_up_is_told_so(
    film: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with film.run() as running:

        def full(*args: object) -> None:
            raise FlightsFull("no more")

        monkeypatch.setattr(running.weft.planner._deciding._flights, "start", full)
        _, listed = await hls(running)
        assert listed.kinds == CONTENT
        found = await settled(film, running, 3)
        assert sorted(found) == [f"{name}/error?c=1007" for name in ("mid", "post", "pre")]


async def test_what_a_source_does_not_allow_is_not_played(film: Bench) -> None:
    """D-41: allowMultipleAds and followRedirects."""
    one = f'<vmap:AdSource allowMultipleAds="false">{tag("buffet/2")}</vmap:AdSource>'
    none = f'<vmap:AdSource followRedirects="false">{tag("wrapper")}</vmap:AdSource>'
    document = vmap(ad_break("start", "", "x"), ad_break("end", "", "y"))
    document = document.replace("<vmap:TrackingEvents>", f"{one}<vmap:TrackingEvents>", 1)
    head, _, tail = document.rpartition("<vmap:TrackingEvents>")
    film.world.faults["/vmap"] = answer(f"{head}{none}<vmap:TrackingEvents>{tail}")
    async with film.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == ["a", "a", *CONTENT]
        assert f"{ADS}/vast/pod" not in film.world.requests


async def test_an_opportunity_of_the_content_is_filled_by_the_vmap(
    make_bench: Callable[..., Bench],
) -> None:
    """D-40: ``#2`` is the second break of the content's own cues; others are their rule's."""
    bench = make_bench(vod_breaks=(RULE, CueBreaks(fill=SlateFill())))
    bench.world.vod_cues = {
        2: "#EXT-X-CUE-OUT:2",
        3: "#EXT-X-CUE-IN",
        6: "#EXT-X-CUE-OUT:2",
        7: "#EXT-X-CUE-IN",
    }
    bench.world.faults["/vmap"] = answer(vmap(ad_break("#2", inline("b"))))
    async with bench.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == ["0", "1", "slate", "3", "4", "5", "b", "7", "8", "9"]


async def test_breaks_at_one_border_play_in_the_order_of_the_document(film: Bench) -> None:
    """D-43, and D-40: a break comes again as often as the content lasts."""
    film.world.faults["/vmap"] = answer(
        vmap(
            ad_break("00:00:08", inline("b")),
            ad_break("40%", inline("a")),
            ad_break("00:00:06", inline("b"), repeatAfter="00:00:10"),
        )
    )
    async with film.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == [*"012", "b", "3", "b", "a", "a", *"4567", "b", *"89"]


NEAREST = {"00:00:07.100": 4, "00:00:06.900": 3, "00:00:07": 3, "00:00:00.400": 0, "99%": 10}


@pytest.mark.parametrize(("offset", "border"), NEAREST.items())
async def test_an_offset_goes_to_the_nearest_border_d_43(
    film: Bench, offset: str, border: int
) -> None:
    film.world.faults["/vmap"] = answer(vmap(ad_break(offset, inline("b"))))
    async with film.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == [*CONTENT[:border], "b", *CONTENT[border:]]


async def test_breaks_that_come_to_one_border_are_in_the_order_of_the_document_d_43(
    film: Bench,
) -> None:
    film.world.faults["/vmap"] = answer(
        vmap(ad_break("00:00:08.500", inline("a")), ad_break("00:00:07.500", inline("b")))
    )
    async with film.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == [*"0123", "a", "a", "b", *"456789"]


async def test_a_host_that_a_vmap_names_is_left_alone_when_it_fails(film: Bench) -> None:
    """Row 29: as an ad server of the configuration's; what the document has itself is played."""
    tags = "http://tags.example"
    film.world.faults["/vmap"] = answer(
        vmap(ad_break("start", tag("down").replace(ADS, tags), "bad"), ad_break("end", inline("b")))
    )
    film.world.faults["/vast/down"] = answer(status=500)
    async with film.run() as running:
        for _ in range(7):
            _, listed = await hls(running)
            assert listed.kinds == [*CONTENT, "b"]
        assert film.world.requests[f"{tags}/vast/down"] == 5
        assert running.count(Reason.AD_STATUS) == 5
        assert running.count(Reason.AD_SERVER_RESTS) == 2
        assert await settled(film, running, 7) == ["bad/error?c=1008"] * 7
        film.clock.advance(3)
        await hls(running)
        assert film.world.requests[f"{tags}/vast/down"] == 6


async def test_tags_at_the_host_of_the_vmap_are_left_alone_when_they_fail(film: Bench) -> None:
    """Row 29: that the host still says when breaks are does not make up for its ads."""
    film.world.faults["/vmap"] = answer(vmap(ad_break("start", tag("down"))))
    film.world.faults["/vast/down"] = answer(status=500)
    async with film.run() as running:
        for _ in range(7):
            _, listed = await hls(running)
            assert listed.kinds == CONTENT
        assert film.world.requests[f"{ADS}/vmap"] == 7
        assert film.world.requests[f"{ADS}/vast/down"] == 5
        assert running.count(Reason.AD_SERVER_RESTS) == 2


async def test_the_server_is_asked_with_what_it_may_know(film: Bench) -> None:
    async with film.run() as running:
        await hls(running, **{"ads.zone": "7&8"})
        (asked,) = [url for url in film.world.asked if url.path == "/vmap"]
        assert asked.query.decode().endswith("&zone=7%268")
        assert len(asked.params["sid"]) == 36


async def test_live_content_has_no_vmap(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    live = bench.config.shows["live"]
    shows: dict[str, Show] = {**bench.config.shows, "live": replace(live, breaks=(RULE,))}
    bench.config = replace(bench.config, shows=shows)
    async with bench.run() as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert (await player.poll()).kinds
        assert f"{ADS}/vmap" not in bench.world.requests


async def test_what_is_for_the_vmap_server_alone_goes_nowhere_else(film: Bench) -> None:
    """Threat 33: hosts that it names are somebody else's, as those of wrappers are."""
    heard: dict[str, httpx2.Request] = {}

    def hear(request: httpx2.Request) -> httpx2.Response:
        heard[request.url.path] = request
        return httpx2.Response(200, text=THREE if request.url.path == "/vmap" else "")

    film.world.faults["/vmap"] = film.world.faults["/vast/pod/2"] = hear
    rule = replace(RULE, server=replace(RULE.server, headers={"X-Key": "secret"}))
    shows: dict[str, Show] = {**film.config.shows}
    film.config = replace(
        film.config, shows={**shows, "vod": replace(shows["vod"], breaks=(rule,))}
    )
    async with film.run() as running:
        running.client.headers["user-agent"] = "Player/1.0"
        await hls(running)
    asked, further = heard["/vmap"].headers, heard["/vast/pod/2"].headers
    assert asked["x-key"] == "secret"
    assert "x-key" not in further
    assert asked["x-device-user-agent"] == further["x-device-user-agent"] == "Player/1.0"


async def test_a_vmap_too_large_to_be_kept_is_not_used(film: Bench) -> None:
    """A-02: what cannot be kept could not be the same in the next process."""
    noise = "".join(sha256(b"%d" % n).hexdigest() for n in range(12_000))
    big = vmap(ad_break("start", inline("a")), f"<vmap:Extensions>{noise}</vmap:Extensions>")
    film.world.faults["/vmap"] = answer(big)
    async with film.run() as running:
        player, listed = await hls(running)
        assert listed.kinds == CONTENT
        assert running.count(Reason.AD_OVERSIZE) == 1
        assert (await player.poll(1)).kinds == CONTENT


async def test_a_vmap_that_cannot_be_stored_leaves_the_content_for_good(
    film: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1, row 21: nothing is published that is not kept."""

    async def fails(*args: object) -> None:
        raise StoreError("disk I/O error")

    async with film.run() as running:
        with monkeypatch.context() as broken:
            broken.setattr(running.weft.store, "settle", fails)
            player, listed = await hls(running)
        assert listed.kinds == CONTENT
        assert running.count(Reason.STORE_FAILED) >= 1
        assert (await player.poll()).text == listed.text
        assert (await player.poll(1)).kinds == CONTENT


async def test_a_vmap_that_meets_a_bug_leaves_the_content(
    film: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1: the log has the traceback, the viewer has the content."""

    def broken(*args: object, **more: object) -> None:
        raise ZeroDivisionError("in the sums")

    monkeypatch.setattr(schedules, "place_breaks", broken)
    async with film.run() as running:
        player, listed = await hls(running)
        assert listed.kinds == CONTENT
        assert running.count(Reason.INTERNAL_ERROR) >= 1
        assert "ZeroDivisionError" in running.log.getvalue()
        assert (await player.poll()).text == listed.text


async def test_a_vmap_that_is_stored_late_changes_nothing_any_more(film: Bench) -> None:
    film.config = replace(film.config, timeouts=replace(film.config.timeouts, ad_s=0.1))
    gate = film.world.gates["/vmap"] = asyncio.Event()
    async with film.run() as running:
        started = await running.client.post("/v1/session/default/vod/index.m3u8", json={})
        player = await running.player().open(started.json()["manifestUrl"])
        listed = await player.poll()
        gate.set()
        await asyncio.sleep(0.2)
        assert (await player.poll()).text == listed.text
        assert listed.kinds == CONTENT


async def test_hostile_text_in_a_vmap_gets_nowhere(film: Bench) -> None:
    """Threats 12, 30: names of breaks are Weft's own, and the log has one line for an event."""
    name = "x&#10;#EXT-X-ENDLIST&#10;&quot;"
    document = vmap(ad_break("start", inline("a"), name), ad_break("99:00:00", inline("a"), name))
    film.world.faults["/vmap"] = answer(document.replace(f"{ADS}/beacon/{name}", f"{ADS}/beacon/x"))
    async with film.run() as running:
        _, listed = await hls(running)
        assert listed.kinds == ["a", "a", *CONTENT]
        assert listed.text.count("#EXT-X-ENDLIST") == 1
        assert running.count(Reason.VMAP_BREAK_SKIPPED) == 1
        assert "\n#EXT" not in running.log.getvalue()
