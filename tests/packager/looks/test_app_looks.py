"""Shows with overlays, played from a composed server whose workers write down what they draw."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from app_bench import ORIGIN, SEGMENT_S, Bench, Listed, Player, Running, down, vast
from app_bench import answer as app_answer

from manifests.dash.content_segments import latest_segments, representations_of
from manifests.dash.model import Mpd
from manifests.dash.reading.addressing import initialization_url
from manifests.dash.reading.reader import read_mpd
from overlays.segment.own_sets import augmented_init
from packager.config.break_settings import CueBreaks
from packager.config.choice_settings import Choice
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.overlay_settings import Overlay, ShowAt, ShowAtCues, ShowWhen
from packager.config.rendering_settings import RenderingSettings
from packager.config.scalars import Secret
from packager.config.show_settings import Show
from packager.origin import OriginCache
from packager.reasons import Reason
from packager.rendering.jobs import Job, Priority
from packager.rendering.rendering import Overlay as Offer
from packager.templates.folder import find_folder
from tests.overlays.segment.film_samples import make_film

WEFT = "http://weft.example/"
DRAW = "look_drawing:draw"
SCOREBUG = find_folder("scorebug", beside=Path("/nowhere"))
NAME = Fact(name="name", kind="string")

MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def overlay(**settings: Any) -> Overlay:
    settings = {"name": "bug", "template": SCOREBUG, "data": {"score": "1:0"}} | settings
    return Overlay(**settings)


def studio(make_bench: MakeBench, *overlays: Overlay, facts: tuple[Fact, ...] = ()) -> Bench:
    """Shows without breaks but with overlays; both are of the bench's origin."""
    bench = make_bench(draw=DRAW)
    drawn = {one.name: one for one in overlays}
    known = {one.name: one for one in facts}
    shows = {
        kind: Show(name=kind, origin=f"{ORIGIN}{kind}/", overlays=drawn, facts=known)
        for kind in ("live", "vod")
    }
    patient = RenderingSettings(wait_s=30.0)
    bench.config = replace(bench.config, shows=shows, rendering=patient)
    return bench


def overlaid(listed: Listed) -> list[int]:
    """Numbers of the segments that are drawn on, from the window's start."""
    return [index for index, uri in enumerate(listed.uris) if not uri.startswith(ORIGIN)]


async def said(running: Running, url: str) -> list[str]:
    """What is drawn onto a segment, from its bytes."""
    got = await running.get(url, follow_redirects=True)
    assert got.status_code == 200, got.text
    return list(json.loads(got.content[got.content.rindex(b"[") :]))


async def test_live_segments_are_drawn_on_and_keep_their_names(make_bench: MakeBench) -> None:
    """H-01: the player fails the test where a number changes its URI."""
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        first = await player.poll()
        assert overlaid(first) == [4, 5, 6, 7]
        assert await said(running, first.uris[7]) == ["1:0"]
        for _ in range(6):
            bench.clock.advance(SEGMENT_S)
            last = await player.poll()
        assert overlaid(last) == list(range(8))
        assert "DISCONTINUITY\n" not in last.text
        assert last.text.count("#EXT-X-MAP") == 1
        assert running.count(Reason.OVERLAY_BACKLOG) == 0


async def test_sound_is_not_drawn_on(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert overlaid(await player.poll(-1)) == []


async def test_viewers_of_the_same_share_a_look_and_others_do_not(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(NAME,))
    async with bench.run(stocked=False) as running:
        path = "/v1/master/default/live/index.m3u8"
        ana, anas_twin, ben = [
            await (await running.player().open(path, name=name)).poll()
            for name in ("Ana", "Ana", "Ben")
        ]
        assert ana.uris == anas_twin.uris
        assert ben.uris[:4] == ana.uris[:4]
        assert not {*ben.uris[4:]} & {*ana.uris[4:]}
        assert await said(running, ben.uris[-1]) == ["Ben"]


async def test_what_needs_consent_is_private(make_bench: MakeBench) -> None:
    bench = studio(
        make_bench,
        overlay(data={"score": "{name}"}),
        facts=(replace(NAME, consent="personalise"),),
    )
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8", name="Ana")
        uri = (await player.poll()).uris[-1]
        assert uri.startswith(f"{WEFT}v1/private/")
        got = await running.get(uri)
        assert got.headers["cache-control"] == "private, no-store"


async def test_cues_show_and_hide(make_bench: MakeBench) -> None:
    show = ShowAtCues(source="cues", classes=("com.acme.bug",))
    bench = studio(make_bench, overlay(show=show))
    start = bench.world.edge
    at = f"1970-01-01T00:01:{(start + 2) * SEGMENT_S - 60:02}Z"
    bench.world.cues[start + 1] = (
        f'#EXT-X-DATERANGE:ID="b",CLASS="com.acme.bug",START-DATE="{at}",DURATION=4'
    )
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        shown: dict[int, bool] = {}
        for _ in range(8):
            bench.clock.advance(SEGMENT_S)
            listed = await player.poll()
            first = bench.world.edge - len(listed.uris)
            shown |= {first + index: False for index in range(len(listed.uris))}
            shown |= {first + index: True for index in overlaid(listed)}
        assert [number - start for number, is_shown in shown.items() if is_shown] == [2, 3]


async def test_vod_is_drawn_on_when_a_player_comes(make_bench: MakeBench) -> None:
    show = ShowAt(at=Decimal(4), seconds=Decimal(5))
    bench = studio(make_bench, overlay(show=show))
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/vod/index.m3u8")
        listed = await player.poll()
        assert overlaid(listed) == [2, 3, 4]
        assert all(uri.startswith(f"{WEFT}v1/look/default/vod/") for uri in listed.uris[2:5])
        assert await said(running, listed.uris[3]) == ["1:0"]
        answer = await running.get(listed.uris[2])
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("/tm/")
        assert answer.headers["cache-control"] == "public, max-age=60"


async def test_init_sections_come_by_the_way_of_weft_from_the_first_answer_on(
    make_bench: MakeBench,
) -> None:
    """What is drawn on may need parameter sets of ours, and nobody knows yet whether it does."""
    bench = studio(make_bench, overlay(show=ShowAtCues(source="cues")))  # nothing shows it
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        listed = await player.poll()
        assert overlaid(listed) == []
        (way,) = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', listed.text)
        assert way.startswith("/v1/look/default/live/init/")
        answer = await running.get(way)
        original = way.replace("/v1/look/default/live/init/", f"{ORIGIN}live/")
        assert (answer.status_code, answer.headers["location"]) == (302, original)


@pytest.mark.parametrize("form", ["hls", "dash"])
async def test_an_init_section_has_sets_of_ours_where_the_originals_do_not_serve(
    make_bench: MakeBench, form: str
) -> None:
    scaled = make_film("cqm=jvt").init
    bench = studio(make_bench, overlay())
    bench.world.faults["init.mp4"] = app_answer(scaled)
    async with bench.run(stocked=False) as running:
        if form == "dash":
            mpd = await opened_mpd(running, "vod")
            _, _, representation = next(iter(representations_of(mpd)))
            way = initialization_url(representation)
        else:
            player = await running.player().open("/v1/master/default/vod/index.m3u8")
            (way,) = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', (await player.poll()).text)
        assert way is not None
        answer = await running.get(way)
        assert answer.status_code == 200
        assert answer.content == augmented_init(scaled) != scaled


async def test_an_init_section_that_weft_cannot_have_is_left_to_the_origin(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/vod/index.m3u8")
        (way,) = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', (await player.poll()).text)
        for fault in (down, app_answer(b"....ftypnonsense")):
            bench.world.faults["init.mp4"] = fault
            answer = await running.get(way)
            assert answer.status_code == 302
            assert answer.headers["location"].startswith(ORIGIN)
            assert answer.headers["cache-control"] == "no-store"


async def test_a_look_that_nobody_has_leads_to_the_original(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        answer = await running.get("/v1/look/default/vod/0123/a/s3.m4s")
        assert (answer.status_code, answer.headers["location"]) == (302, f"{ORIGIN}vod/a/s3.m4s")
        assert answer.headers["cache-control"] == "no-store"
        for path in ("/v1/look/default/vod/0123/../../x", "/v1/look/default/nobody/0123/a"):
            assert (await running.get(path)).status_code in (400, 404)


async def test_data_that_does_not_fit_is_told_and_content_plays(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay(data={"look": "pink"}))
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert overlaid(await player.poll()) == []
        assert running.count(Reason.OVERLAY_DATA_INVALID) == 1


async def test_a_restart_changes_no_name(make_bench: MakeBench) -> None:
    """P2: what was listed as drawn on, or not, stays so in the next process."""
    bench = studio(make_bench, overlay())
    bench.use_sqlite()
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        await player.poll()
        bench.clock.advance(3 * SEGMENT_S)
        await player.poll()
    bench.clock.advance(SEGMENT_S)
    async with bench.run(stocked=False) as running:
        await running.player().adopt(player).poll()


async def test_a_segment_whose_source_is_gone_is_left_to_the_origin(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        bench.world.faults[".m4s"] = down
        listed = await player.poll()
        answer = await running.get(listed.uris[-1])
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(ORIGIN)


async def opened_mpd(running: Running, kind: str, **facts: str) -> Mpd:
    answer = await running.get(
        f"/v1/dash/default/{kind}/index.mpd", params=facts or None, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return read_mpd(answer.content, url=str(answer.url))


def video_of(mpd: Mpd) -> list[str]:
    """URLs of the video that an MPD lists, of its first Representation."""
    _, period, representation = next(iter(representations_of(mpd)))
    return [one.name for one in latest_segments(mpd, period, representation)][::-1]


@pytest.mark.parametrize("kind", ["live", "vod"])
async def test_dash_asks_for_video_by_the_way_of_the_look(make_bench: MakeBench, kind: str) -> None:
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        mpd = await opened_mpd(running, kind)
        urls = video_of(mpd)
        assert all(url.startswith(f"{WEFT}v1/look/default/{kind}/") for url in urls)
        assert await said(running, urls[-1]) == ["1:0"]
        (audio,) = (
            each.bases[0] for one, each in mpd.periods[0].representations() if one.kind == "audio"
        )
        assert audio.startswith(ORIGIN)
        _, _, representation = next(iter(representations_of(mpd)))
        init = initialization_url(representation)
        assert init is not None
        answer = await running.get(init)
        assert answer.headers["location"].startswith(ORIGIN)


async def test_dash_keeps_what_it_was_told_and_changes_at_one_instant(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(NAME,))
    async with bench.run(stocked=False) as running:
        ana = video_of(await opened_mpd(running, "live", name="Ana"))
        ben = video_of(await opened_mpd(running, "live", name="Ben"))
        assert ana[-1] != ben[-1]
        first = (await running.get(ana[-1])).headers["location"]
        assert (await running.get(ana[-1])).headers["location"] == first
        assert await said(running, ben[-1]) == ["Ben"]


async def change(running: Running, player: Player, **facts: str) -> None:
    path = f"/v1/session/default/live/{player.token}"
    answer = await running.client.patch(path, json={"facts": facts})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_change_of_facts_shows_in_what_was_not_listed(
    make_bench: MakeBench, restarted: bool
) -> None:
    """PATCH: within a segment, and nothing that was listed changes (P2)."""
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(NAME,))
    bench.use_sqlite()
    async with bench.run(stocked=False) as running:
        path = "/v1/master/default/live/index.m3u8"
        player = await running.player().open(path, name="Ana")
        before = await player.poll()
        assert await said(running, before.uris[-1]) == ["Ana"]
        await change(running, player, name="Ben")
        assert (await player.poll()).uris == before.uris
        bench.clock.advance(SEGMENT_S)
        after = await player.poll()
        assert after.uris[:-1] == before.uris[1:]
        assert await said(running, after.uris[-1]) == ["Ben"]
        if not restarted:
            for _ in range(4):
                bench.clock.advance(SEGMENT_S)
                await player.poll()
            return
    async with bench.run(stocked=False) as running:
        player = running.player().adopt(player)
        assert (await player.poll()).uris == after.uris
        bench.clock.advance(SEGMENT_S)
        assert await said(running, (await player.poll()).uris[-1]) == ["Ben"]


SIDE = Choice(name="side", of=("home", "away"), by='name == "Ana" ? "home" : "away"')


@pytest.mark.parametrize("way", ["data", "rule"])
async def test_a_choice_is_drawn_and_changes_in_what_was_not_listed(
    make_bench: MakeBench, way: str
) -> None:
    """Two names of one side have one look; nothing that was listed changes (H-01)."""
    drawn = {"data": {"score": "{side}"}} if way == "data" else {"data": {"score": "home"}}
    shown = {"show": ShowWhen(when='side == "home"')} if way == "rule" else {}
    bench = studio(make_bench, overlay(**drawn, **shown), facts=(NAME,))
    shows = {n: replace(one, choices={"side": SIDE}) for n, one in bench.config.shows.items()}
    bench.config = replace(bench.config, shows=shows)
    async with bench.run(stocked=False) as running:
        path = "/v1/master/default/live/index.m3u8"
        ben, dan = [await running.player().open(path, name=name) for name in ("Ben", "Dan")]
        player = await running.player().open(path, name="Ana")
        before = await player.poll()
        assert await said(running, before.uris[-1]) == ["home"]
        assert (await ben.poll()).uris == (await dan.poll()).uris
        await change(running, player, name="Ben")
        assert (await player.poll()).uris == before.uris
        bench.clock.advance(SEGMENT_S)
        after = await player.poll()
        assert after.uris[:-1] == before.uris[1:]
        if way == "data":
            assert await said(running, after.uris[-1]) == ["away"]
        else:
            assert after.uris[-1].startswith(ORIGIN)
        worn = video_of(await opened_mpd(running, "live", name="Ana"))[-1]
        assert await said(running, worn) == ["home"]


async def test_dash_tells_of_a_change_of_facts(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(NAME,))
    async with bench.run(stocked=False) as running:
        began = await running.client.post(
            "/v1/session/default/live/index.mpd", json={"facts": {"name": "Ana"}}
        )
        path = began.json()["manifestUrl"]
        old = read_mpd((await running.get(path)).content, url=WEFT + path[1:])
        answer = await running.client.patch(
            began.json()["sessionUrl"], json={"facts": {"name": "Ben"}}
        )
        assert answer.status_code == 200, answer.text
        new = read_mpd((await running.get(path)).content, url=WEFT + path[1:])
        assert old.publish_time is not None
        assert new.publish_time is not None
        assert new.publish_time > old.publish_time  # B-41
        assert await said(running, video_of(old)[-1]) == ["Ana"]
        assert await said(running, video_of(new)[-1]) == ["Ben"]


async def test_ads_stand_between_segments_that_are_drawn_on(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay())
    live = bench.config.shows["live"]
    breaks = (CueBreaks(fill=vast(), otherwise="content"),)
    bench.config = replace(
        bench.config, shows={**bench.config.shows, "live": replace(live, breaks=breaks)}
    )
    start = bench.world.edge
    # As long as both ads: which of them is first depends on the session.
    bench.world.cues[start + 2] = "#EXT-X-CUE-OUT:6"
    bench.world.cues[start + 5] = "#EXT-X-CUE-IN"
    async with bench.run() as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        seen: dict[int, str] = {}
        for _ in range(8):
            listed = await player.poll()
            seen |= {listed.sequence + index: uri for index, uri in enumerate(listed.uris)}
            bench.clock.advance(SEGMENT_S)
        kinds = [
            "drawn" if uri.endswith("/s.m4s") else "content" if uri.startswith(ORIGIN) else "ad"
            for _, uri in sorted(seen.items())
        ]
        assert kinds == ["content"] * 4 + ["drawn"] * 6 + ["ad"] * 3 + ["drawn"] * 2


async def test_a_rule_over_facts_shows_and_hides(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay(show=ShowWhen(when='name == "Ana"')), facts=(NAME,))
    async with bench.run(stocked=False) as running:
        path = "/v1/master/default/live/index.m3u8"
        assert overlaid(await (await running.player().open(path, name="Ben")).poll()) == []
        player = await running.player().open(path, name="Ana")
        assert overlaid(await player.poll()) == [4, 5, 6, 7]
        await change(running, player, name="Ben")
        bench.clock.advance(SEGMENT_S)
        assert overlaid(await player.poll()) == [3, 4, 5, 6]


async def test_dash_players_may_ask_in_any_order(make_bench: MakeBench) -> None:
    show = ShowAt(at=Decimal(4), seconds=Decimal(5))
    bench = studio(make_bench, overlay(show=show))
    async with bench.run(stocked=False) as running:
        urls = video_of(await opened_mpd(running, "vod"))
        drawn = [
            number
            for number in (9, 3, 0, 4, 2, 5, 1)
            if "/tm/" in (await running.get(urls[number])).headers["location"]
        ]
        assert drawn == [3, 4, 2]


async def test_dash_segments_are_drawn_on_before_they_are_asked_for(make_bench: MakeBench) -> None:
    """What follows in VOD, and what comes next in live for those who watch."""
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        name = "s4.m4s"
        vod = video_of(await opened_mpd(running, "vod"))
        await running.get(vod[3])
        await until(lambda: wanted(bench, name) == 1)
        live = video_of(await opened_mpd(running, "live"))
        await running.get(live[-1])
        bench.clock.advance(SEGMENT_S)
        await opened_mpd(running, "live")
        name = f"s{bench.world.edge - 1}.m4s"
        await until(lambda: wanted(bench, name) == 1)


async def test_what_is_not_drawn_ahead_is_drawn_when_a_player_comes(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes next waits for what is asked for, and a refusal of it says nothing for later."""
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        rendering = running.weft.rendering
        offer, offered = rendering.offer, list[Priority]()

        async def busy(job: Job) -> Offer:
            offered.append(job.priority)
            if job.priority is Priority.LIKELY:
                return Offer(reason=Reason.OVERLAY_BACKLOG)
            return await offer(job)

        monkeypatch.setattr(rendering, "offer", busy)
        vod = video_of(await opened_mpd(running, "vod"))
        for number in (5, 6):
            assert "/tm/" in (await running.get(vod[number])).headers["location"]
            await until(lambda: offered[-1] is Priority.LIKELY)
        assert offered == [Priority.NEXT, Priority.LIKELY] * 2


def wanted(bench: Bench, name: str) -> int:
    """How often a segment's bytes were fetched from the origin."""
    return sum(count for url, count in bench.world.requests.items() if url.endswith(f"/{name}"))


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not holds():  # noqa: ASYNC110  (workers tell nobody here)
            await anyio.sleep(0.01)


async def test_what_hls_and_dash_have_in_common_is_drawn_once(make_bench: MakeBench) -> None:
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        told = (await player.poll()).uris[-1]
        asked = video_of(await opened_mpd(running, "live"))[-1]
        assert (await running.get(asked)).headers["location"] == told.removeprefix(WEFT[:-1])


async def test_a_playlist_stands_still_while_a_store_is_slow(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process names is not known: nothing is named that may change (P2)."""
    bench = studio(make_bench, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        before = await player.poll()
        settle = running.weft.store.settle_listing

        async def never(*_: object) -> dict[str, str]:
            await anyio.sleep_forever()
            raise AssertionError

        monkeypatch.setattr(running.weft.store, "settle_listing", never)
        bench.clock.advance(SEGMENT_S)
        assert (await player.poll()).uris[-1] == before.uris[-1]
        bench.clock.advance(SEGMENT_S)
        held = await player.poll()
        assert held.uris[-1] == before.uris[-1]
        bench.clock.advance(SEGMENT_S)  # longer than a playlist may stay as it is
        assert overlaid(await player.poll())[-1] == 4
        monkeypatch.setattr(running.weft.store, "settle_listing", settle)
        bench.clock.advance(SEGMENT_S)
        assert overlaid(await player.poll())[-1] == 7
        assert running.count(Reason.STORE_FAILED) >= 2


@pytest.mark.parametrize("into_s", [0.0, 0.5, 1.75], ids="{}s".format)
async def test_what_a_feed_says_is_listed_within_one_segment(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, into_s: float
) -> None:
    """From the change to the first segment that shows it, in every rendition, HLS and DASH."""
    # Who follows the origin waits by the machine's clock, and would look at it at any time.
    monkeypatch.setattr(OriginCache, "follow", lambda *_, **__: None)
    secret = Secret("s" * 32)
    score = Fact(name="score", kind="string", shared=True, feed=PushedFeed(secret=secret))
    bench = studio(make_bench, overlay(data={"score": "{score}"}), facts=(score,))
    head = {"authorization": f"Bearer {secret.reveal}"}
    async with bench.run(stocked=False) as running:

        async def push(text: str) -> None:
            url = "/v1/feeds/default/live/score"
            assert (await running.client.post(url, json=text, headers=head)).status_code == 204

        async def latest() -> list[str]:
            uris = [(await player.poll(number)).uris[-1] for number in (0, 1)]
            uris.append(video_of(await opened_mpd(running, "live"))[-1])
            return [(await said(running, uri))[0] for uri in uris]

        await push("0:0")
        bench.clock.advance(SEGMENT_S)
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert await latest() == ["0:0"] * 3
        bench.clock.advance(into_s)
        await push("1:0")
        waited_s = 0.0
        while await latest() != ["1:0"] * 3:
            bench.clock.advance(0.25)
            waited_s += 0.25
            assert waited_s <= SEGMENT_S


async def test_two_quick_changes_of_facts_take_nothing_back(make_bench: MakeBench) -> None:
    """H-01: between them nobody was told anything, so nothing says where the first one began."""
    bench = studio(make_bench, overlay(data={"score": "{name}"}), facts=(NAME,))
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8", name="Ana")
        before = await player.poll()
        for name in ("Ben", "Cid"):
            await change(running, player, name=name)
            bench.clock.advance(0.01)
        bench.clock.advance(SEGMENT_S)
        after = await player.poll()
        assert after.uris[:-1] == before.uris[1:]
        assert await said(running, after.uris[-1]) == ["Cid"]
