"""Parts of the composition at their edges, where no player comes by on a good day."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import httpx2
import pytest
from app_bench import MEDIA, Bench, answer, down, vast

from manifests.break_log import CueSettings
from manifests.breaks import AdBreak
from packager import warming
from packager.bodies import Body
from packager.config.break_settings import CueBreaks, ScheduledBreak
from packager.cue_news import _ended_by_maximum
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.offers import Decided
from packager.hls import keeper
from packager.openings import Opening, refusal_of
from packager.outbound import Unreachable
from packager.packaging.errors import CreativeFailed, WorkerCrashed
from packager.packaging.ladder import Ladder, Unmatched
from packager.packaging.library import MediaLibrary
from packager.parameters import Parameters
from packager.paths import PathError, check_asset, check_raw_path
from packager.reasons import Reason
from packager.single_flight import FlightsClosed, FlightsFull
from packager.stores import StoreError
from packager.upkeep import beside
from packager.viewer import Viewer

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"
BREAK = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("path", ["index", "a/b/c", "sub-1/x_2.v3", "a@b/c+d~e", "...", "a..b"])
def test_paths_that_name_assets_are_taken(path: str) -> None:
    assert check_asset(path) == path
    check_raw_path(b"/" + path.encode())


@pytest.mark.parametrize(
    "path", ["", "/", "a//b", "a/", "/a", ".", "..", "a/..", "../a", "a/./b", "a b", "a%20b", "é"]
)
def test_paths_that_name_no_asset_are_refused(path: str) -> None:
    with pytest.raises(PathError):
        check_asset(path)


def test_paths_have_a_longest_length() -> None:
    with pytest.raises(PathError):
        check_asset("a" * 1025)
    with pytest.raises(PathError):
        check_raw_path(b"/" + b"a" * 2048)


def test_short_bodies_are_not_worth_compressing() -> None:
    assert not Body(b"x" * 859).compresses
    assert Body(b"x" * 860).compresses
    assert Body(b"x" * 860).gzip == Body(b"x" * 860).gzip


async def test_a_break_that_nothing_ends_ends_at_the_maximum_and_is_counted(
    make_bench: Callable[..., Bench],
) -> None:
    """A-79."""
    bench = make_bench()
    limits = replace(bench.config.shows["live"].limits, max_break_s=Decimal(10))
    show = replace(bench.config.shows["live"], limits=limits)
    bench.config = replace(bench.config, shows={"live": show})
    bench.world.cues = {52: "#EXT-X-CUE-OUT"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        for _ in range(12):
            listed = await player.poll()
            bench.clock.advance(2)
        assert listed.kinds[-4:] == ["57", "58", "59", "60"]
        assert not listed.kinds[-5].isdecimal()
        assert running.count(Reason.CUE_IN_MISSING) == 1


def test_a_show_without_cues_has_no_maximum_to_count() -> None:
    one = AdBreak(id="b1", start=Decimal(0), out_at=Decimal(0), planned_end=None)
    ended = replace(one, planned_end=Decimal(300))
    assert not _ended_by_maximum(one, ended, None)
    assert _ended_by_maximum(one, ended, CueSettings())
    assert not _ended_by_maximum(one, replace(one, planned_end=Decimal(30)), CueSettings())


async def test_a_show_that_cannot_be_warmed_is_reported_and_the_server_is_ready_all_the_same(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warming, "TRIES", 2)
    monkeypatch.setattr(warming, "PAUSE_S", 0.01)
    bench = make_bench(show_changes={"warm": ("index",)})
    bench.world.faults["index.m3u8"] = down
    async with bench.run(stocked=False) as running:
        await running.weft.warming.done.wait()
        assert running.weft.warming.done.is_set()
        assert "asset_not_warmed" in running.log.getvalue()


async def test_two_failures_beside_each_other_come_out_together() -> None:
    started = asyncio.Event()

    async def one() -> None:
        started.set()
        raise ValueError("one")

    async def other() -> None:
        await started.wait()
        raise KeyError("other")

    with pytest.raises(BaseExceptionGroup) as caught:
        async with beside(one, other):
            await asyncio.sleep(1)
    assert len(caught.value.exceptions) == 2


async def test_a_decision_that_fails_by_a_bug_leaves_the_break_to_the_content(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1: the log has the traceback, the viewer has the content."""
    bench.world.cues = BREAK
    async with bench.run() as running:
        filler = running.weft.planner._deciding._filler

        async def broken(*args: object, **settings: object) -> None:
            raise ZeroDivisionError("in the sums")

        monkeypatch.setattr(type(filler), "fill", broken)
        player = await running.player().open(LIVE)
        kinds: list[str] = []
        for _ in range(7):
            kinds = (await player.poll()).kinds
            bench.clock.advance(2)
        assert "54" in kinds
        assert running.count(Reason.INTERNAL_ERROR) >= 1
        assert running.count(Reason.HOLD_EXPIRED) == 1
        assert "ZeroDivisionError" in running.log.getvalue()


async def test_decisions_have_a_number_that_may_be_in_flight(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 29: those past the cap get the content."""
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:

        def full(*args: object) -> None:
            raise FlightsFull("no more")

        monkeypatch.setattr(running.weft.planner._deciding._flights, "start", full)
        player = await running.player().open(LIVE)
        assert (await player.poll()).kinds[-1] == "53"
        assert running.count(Reason.AD_TIMEOUT) == 1


async def test_a_decision_that_cannot_be_stored_while_the_store_is_slow_is_content(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.world.cues = BREAK
    bench.clock.advance(10)
    async with bench.run() as running:
        store, settle = running.weft.store, running.weft.store.settle
        tries = []

        async def once(sid: str, decision: object, ads: bytes) -> object:
            tries.append(decision)
            if len(tries) == 1:
                raise StoreError("busy")
            return await settle(sid, decision, ads)  # type: ignore[arg-type]

        monkeypatch.setattr(store, "settle", once)
        player = await running.player().open(LIVE)
        assert (await player.poll()).kinds[-1] == "54"
        assert running.count(Reason.HOLD_EXPIRED) == 1


async def test_presentations_that_cannot_be_made_now_are_an_unreachable_origin(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench.run() as running:
        presentations = running.weft.presentations.hls

        async def closed(*args: object) -> None:
            raise FlightsClosed("closing")

        monkeypatch.setattr(presentations._prepared._flights, "run", closed)
        with pytest.raises(Unreachable):
            await presentations.get("default", bench.config.shows["live"], "index")
        got = await running.get(LIVE)
        assert (got.status_code, got.json()) == (502, {"error": "origin_unreachable"})


async def test_a_presentation_without_a_ladder_has_no_rungs(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    async with bench.run() as running:
        get = running.weft.presentations.hls.get
        plain = await get("default", bench.config.shows["plain"], "index")
        assert plain.rung(0) is None
        assert plain.reference_rung is None
        live = await get("default", bench.config.shows["live"], "index")
        assert live.reference_rung == live.rung(0)
        assert await get("default", bench.config.shows["live"], "index") is live


async def test_subtitles_that_cannot_follow_go_and_the_breaks_stay(bench: Bench) -> None:
    """A-55: any other rendition would take the breaks with it (A-50)."""
    text = (bench.media.content / "index.m3u8").read_text()
    media = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="x",URI="words.m3u8"\n#EXT-X-STREAM'
    text = text.replace("#EXT-X-STREAM", media, 1)
    text = text.replace('AUDIO="audio"', 'AUDIO="audio",SUBTITLES="s"')
    bench.world.faults["live/index.m3u8"] = answer(text)
    bench.world.faults["words.m3u8"] = answer(
        "#EXTM3U\n#EXT-X-TARGETDURATION:3600\n#EXTINF:3600,\nwords.ttml\n#EXT-X-ENDLIST\n"
    )
    bench.world.faults["words.ttml"] = answer("<tt/>")
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        assert "SUBTITLES" not in player.master
        assert len(player.renditions) == 3
        assert {"a", "b"} & set((await player.poll()).kinds)
        assert running.count(Reason.SUBTITLES_REMOVED) == 1


async def test_a_rung_that_cannot_be_made_takes_the_breaks_with_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def partly(*args: object) -> Ladder:
        return Ladder((*bench.media.ladder.entries[:2], Unmatched("a codec of tomorrow")))

    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        monkeypatch.setattr(running.weft.library, "derive_ladder", partly)
        player = await running.player().open(LIVE)
        assert (await player.poll()).kinds[-1] == "53"
        assert running.count(Reason.LADDER_UNMATCHED) == 2  # the show and its break
        await running.player().open(LIVE)
        assert running.count(Reason.LADDER_UNMATCHED) <= 3  # not looked at again for each viewer


async def test_a_ladder_for_other_playlists_is_not_taken(
    bench: Bench,
) -> None:
    async with bench.run() as running:
        memory = running.weft.presentations.hls._ladders._memory
        await memory.keep("x", "digest", bench.media.ladder)
        assert await memory.get("x", "digest") == bench.media.ladder
        assert await memory.get("x", "another") is None
        assert await memory.get("y", "digest") is None


async def test_house_media_that_cannot_be_packaged_are_reported_once_and_tried_later(
    make_bench: Callable[..., Bench], tmp_path: Path
) -> None:
    bench = make_bench()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no film")
    show = bench.config.shows["live"]
    assert show.slate is not None
    show = replace(show, slate=replace(show.slate, file=broken))
    bench.config = replace(bench.config, shows={"live": show})
    async with bench.run(stocked=False) as running:
        house, ladder = running.weft.house, bench.media.ladder
        assert house.slate(show, ladder) is None
        await house.settled()
        assert running.count(Reason.CREATIVE_REFUSED) == 1
        assert house.slate(show, ladder) is None
        await house.settled()
        assert running.count(Reason.CREATIVE_REFUSED) == 1
        assert house.slate(replace(show, slate=None), ladder) is None


async def test_a_slate_is_cut_behind_the_scenes_and_is_there_the_next_time(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    async with bench.run() as running:
        house, ladder = running.weft.house, bench.media.ladder
        option = house.slate(bench.config.shows["live"], ladder)
        assert option is not None
        assert option.cut(Fraction(1)) is not None  # made before
        assert option.cut(Fraction(8, 5)) is None
        await house.settled()
        cut = option.cut(Fraction(8, 5))
        assert cut is not None
        assert cut[1] == Fraction(8, 5)
        assert option.cut(Fraction(1, 50)) is None  # shorter than any slate
        await house.settled()
        assert running.count(Reason.CREATIVE_FAILED) == 1
        assert option.cut(Fraction(1, 50)) is None
        await house.settled()
        assert running.count(Reason.CREATIVE_FAILED) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CreativeFailed("no picture"), Reason.CREATIVE_FAILED),
        (WorkerCrashed("signal 11"), Reason.WORKER_CRASHED),
        (OSError("disk full"), Reason.MEDIA_WRITE_FAILED),
    ],
)
async def test_a_creative_that_cannot_be_packaged_is_not_tried_again_for_a_while(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason
) -> None:
    async with bench.run(stocked=False) as running:

        async def fails(*args: object, **more: object) -> None:
            raise error

        monkeypatch.setattr(MediaLibrary, "condition", fails)
        house, file = running.weft.house, MediaFile(url=f"{MEDIA}/a.mp4", type="video/mp4")
        assert await house.condition(file, Ad(id="a"), bench.media.ladder) is None
        await house.settled()
        assert await house.condition(file, Ad(id="a"), bench.media.ladder) is reason
        assert running.count(reason) == 1
        assert bench.world.requests[f"{MEDIA}/a.mp4"] == 1


async def test_rules_without_ads_ask_nobody(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    async with bench.run() as running:
        show = bench.config.shows["vod"]
        decider = running.weft.planner._ahead.asking.decider_for(show, show.breaks[2])
        assert await decider.renewed(Decided(), bench.media.ladder) == Decided()


async def test_ad_calls_wait_as_long_as_the_configuration_says(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    timeouts = replace(bench.config.timeouts, ad_s=7.0)
    bench.config = replace(bench.config, timeouts=timeouts)
    seen: list[object] = []
    bench.world.faults["/vast/fill"] = lambda request: (
        seen.append(  # type: ignore[func-returns-value]
            request.extensions["timeout"]["read"]
        )
        or httpx2.Response(204)
    )
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        await (await running.player().open(LIVE)).poll()
        assert seen == [7.0]


async def test_the_plan_that_is_known_decides_nothing(bench: Bench) -> None:
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        weft = running.weft
        show = bench.config.shows["live"]
        presentation = await weft.presentations.hls.get("default", show, "index")
        channel = await presentation.keeper.current(0)
        session = await weft.sessions.start(
            "default", "live", "index", Parameters(), weft.clock.now()
        )
        assert weft.planner.known(session, presentation, channel).splices == ()
        weft.planner.begin(session, presentation, channel, Viewer())
        await weft.planner._deciding._flights.landed()
        session = weft.sessions.latest(session)
        assert len(weft.planner.known(session, presentation, channel).splices) == 1
        assert bench.world.ad_calls() == 1


async def test_tenants_open_only_their_own_shows(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    show = replace(bench.config.shows["plain"], tenants=("one",))
    bench.config = replace(bench.config, tenants=("one", "two"), shows={"plain": show})
    async with bench.run(stocked=False) as running:
        assert (await running.get("/v1/master/one/plain/index.m3u8")).status_code == 200
        got = await running.get("/v1/master/two/plain/index.m3u8")
        assert (got.status_code, got.json()) == (404, {"error": "show_unknown"})


async def test_playlists_of_thousands_of_segments_are_woven_off_the_loop(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LARGE_SEGMENTS", 5)
    bench = make_bench()
    async with bench.run() as running:
        listed = await (await running.player().open(VOD)).poll()
        assert len(listed.kinds) > 10


async def test_undated_content_is_not_undated_again(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    vod = bench.world.vod
    bench.world.vod = lambda name: "\n".join(  # type: ignore[method-assign]
        line for line in vod(name).split("\n") if "PROGRAM-DATE" not in line
    )
    async with bench.run() as running:
        listed = await (await running.player().open(VOD)).poll()
        assert listed.kinds[0] == "bumper"


async def test_breaks_that_cannot_be_placed_are_refused(bench: Bench) -> None:
    """A-26: another rendition's borders are further away than half a segment."""
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        show = bench.config.shows["live"]
        presentation = await running.weft.presentations.hls.get("default", show, "index")
        await presentation.keeper.current(2)
        channel = await presentation.keeper.current(0)
        one = Opening(channel.log.breaks[0], show.breaks[0])
        assert refusal_of(one, presentation, channel, live=True) is None
        audio = channel.tracks["2"]
        starts = tuple(start for start in audio.starts if not 100 < start < 108)
        far = replace(audio, starts=starts, segments=audio.segments[: len(starts) - 1])
        crooked = replace(channel, tracks={**channel.tracks, "2": far})
        refused = refusal_of(one, presentation, crooked, live=True)
        assert refused is Reason.BREAK_REFUSED_ALIGNMENT
        nowhere = replace(channel, shadows={})
        assert refusal_of(one, presentation, nowhere, live=True) is Reason.BREAK_TOO_LATE


def test_a_scheduled_rule_says_its_longest() -> None:
    one = AdBreak(id="s0", start=Decimal(0), out_at=Decimal(0), planned_end=Decimal(0))
    rule = ScheduledBreak(at=Decimal(0), fill=vast(), seconds=Decimal(9))
    assert Opening(one, rule).longest == 9
    assert Opening(one, CueBreaks(fill=vast())).longest is None
