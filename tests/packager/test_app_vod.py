"""VOD sessions of the composed server: everything is decided before the first media playlist."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from app_bench import ADS, Bench, answer, vast

from packager.config.ad_settings import Bumpers, VastServer
from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak, VastFill
from packager.decisions.templates import read_template
from packager.reasons import Reason

VOD = "/v1/master/default/vod/index.m3u8"
CONTENT = [str(n) for n in range(10)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_pre_mid_and_post_roll_play_in_every_rendition_and_never_change(
    bench: Bench,
) -> None:
    """A-05, A-06, A-33: insertion, without dates, byte-stable."""
    async with bench.run() as running:
        player = await running.player().open(VOD)
        lists = [await player.poll(number) for number in range(3)]
        kinds = lists[0].kinds
        assert kinds[:5] == ["bumper", "0", "1", "2", "3"]
        assert sorted(kinds[5:8]) == ["a", "a", "b"]
        assert kinds[8:] == ["4", "5", "6", "7", "8", "9", "slate"]
        for number, listed in enumerate(lists):
            assert listed.kinds == kinds
            assert listed.marks == lists[0].marks
            assert listed.ended
            assert "#EXT-X-PLAYLIST-TYPE:VOD" in listed.text
            assert "PROGRAM-DATE-TIME" not in listed.text
            bench.clock.advance(3600)
            assert (await player.poll(number)).text == listed.text
        assert bench.world.ad_calls() == 1


async def test_a_vod_playlist_waits_for_its_ads_longer_than_a_live_one_may(bench: Bench) -> None:
    """What the first media playlist lacks, the session lacks for good (A-05)."""
    gate = bench.world.gates["/vast/pod/2"] = asyncio.Event()
    async with bench.run() as running:
        player = await running.player().open(VOD)
        polls = asyncio.gather(player.poll(0), player.poll(2))
        await asyncio.sleep(0.4)
        assert not polls.done()
        gate.set()
        first, audio = await polls
        assert "a" in first.kinds
        assert first.kinds == audio.kinds
        assert bench.world.ad_calls() == 1


async def test_an_ad_server_that_times_out_costs_a_vod_session_its_ads_and_no_more(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench()
    bench.config = replace(bench.config, timeouts=replace(bench.config.timeouts, ad_s=0.2))
    bench.world.gates["/vast/pod/2"] = asyncio.Event()
    async with bench.run() as running:
        player = await running.player().open(VOD)
        listed = await player.poll()
        assert listed.kinds == ["bumper", *CONTENT, "slate"]
        assert running.count(Reason.AD_TIMEOUT) == 1
        bench.world.gates.clear()
        assert (await player.poll()).text == listed.text


async def test_nothing_inserted_leaves_the_dates_where_they_are(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(
        vod_breaks=(ScheduledBreak(at=Decimal(8), fill=vast("empty"), seconds=Decimal(10)),)
    )
    async with bench.run() as running:
        player = await running.player().open(VOD)
        listed = await player.poll()
        assert listed.kinds == CONTENT
        assert listed.text.count("#EXT-X-PROGRAM-DATE-TIME") == 10
        assert running.count(Reason.AD_EMPTY) == 1


async def test_the_ad_server_hears_where_in_the_content_a_break_is(
    make_bench: Callable[..., Bench],
) -> None:
    """D-22: positions 1 to 3; the playhead counts from the beginning, whatever the dates say."""
    fill = VastFill(
        server=VastServer(
            url=read_template(f"{ADS}/vast/empty?p=[BREAKPOSITION]&t=[MEDIAPLAYHEAD]")
        )
    )
    places: tuple[Decimal | str, ...] = (Decimal(0), Decimal(8), "end")
    bench = make_bench(vod_breaks=tuple(ScheduledBreak(at=at, fill=fill) for at in places))  # type: ignore[arg-type]
    bench.world.epoch_at = Decimal(1_000_000)
    async with bench.run() as running:
        await (await running.player().open(VOD)).poll()
        calls = [url for url in bench.world.asked if url.path == "/vast/empty"]
        asked = sorted(url.query.decode() for url in calls)
        assert [query.partition("&")[0] for query in asked] == ["p=1", "p=2", "p=3"]
        assert "00%3A00%3A08" in asked[1]
        assert "00%3A00%3A20" in asked[2]


async def test_a_bumper_and_ads_at_one_border_play_in_the_order_of_the_configuration(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(
        vod_breaks=(
            ScheduledBreak(at=Decimal(8), fill=AssetFill(asset="bumper")),
            ScheduledBreak(at=Decimal(8), fill=vast("pod/1"), seconds=Decimal(10)),
        )
    )
    async with bench.run() as running:
        kinds = (await (await running.player().open(VOD)).poll()).kinds
        assert kinds[:5] == ["0", "1", "2", "3", "bumper"]
        assert set(kinds[5:-6]) <= {"a", "b"}
        assert kinds[-6:] == CONTENT[4:]


async def test_cues_in_vod_replace_intervals_and_insert_at_points(
    make_bench: Callable[..., Bench],
) -> None:
    """A-72 and A-73."""
    bench = make_bench(vod_breaks=(CueBreaks(fill=vast("fill"), otherwise="slate"),))
    bench.world.vod_cues = {
        2: "#EXT-X-CUE-OUT:4",
        4: "#EXT-X-CUE-IN",
        7: "#EXT-X-CUE-OUT:0\n#EXT-X-CUE-IN",
    }
    async with bench.run() as running:
        player = await running.player().open(VOD)
        listed = await player.poll()
        assert listed.kinds[:2] == ["0", "1"]
        assert "2" not in listed.kinds
        assert "3" not in listed.kinds
        after = listed.kinds[listed.kinds.index("6") + 1 : listed.kinds.index("7")]
        assert set(after) <= {"a", "b"}
        assert after
        assert listed.ended


async def test_a_session_whose_ladder_is_not_known_keeps_its_content_when_it_becomes_known(
    make_bench: Callable[..., Bench],
) -> None:
    """A-05: what was published without ads stays without."""
    bench = make_bench()
    bench.world.faults["/init.mp4"] = answer(status=503)
    async with bench.run() as running:
        early = await running.player().open(VOD)
        first = await early.poll()
        assert first.kinds == CONTENT
        assert running.count(Reason.LADDER_UNMATCHED) >= 1
        bench.world.faults.clear()
        bench.clock.advance(40)
        late = await running.player().open(VOD)
        assert (await late.poll()).kinds[0] == "bumper"
        assert (await early.poll()).text == first.text
        assert (await early.poll(2)).kinds == CONTENT


async def test_an_event_is_live_until_it_ends_and_keeps_its_ads(bench: Bench) -> None:
    """A-05, A-49: append only, the type kept, ENDLIST at the end."""
    bench.world.cues = {52: "#EXT-X-CUE-OUT:4"}
    bench.world.playlist_type = "EVENT"
    path = "/v1/master/default/live/index.m3u8"
    async with bench.run() as running:
        player = await running.player().open(path)
        before = ""
        for _ in range(8):
            listed = await player.poll()
            assert "#EXT-X-PLAYLIST-TYPE:EVENT" in listed.text
            assert listed.text.startswith(before)
            before = listed.text
            bench.clock.advance(2)
        assert listed.kinds[:52] == [str(n) for n in range(52)]
        assert set(listed.kinds[52:54]) <= {"a", "b", "slate"}
        bench.world.ended = True
        listed = await player.poll()
        assert listed.ended
        assert listed.text.startswith(before)


async def test_a_live_session_goes_on_as_live_when_its_channel_has_ended(
    make_bench: Callable[..., Bench],
) -> None:
    """A restart finds an ended playlist; scheduled breaks must not be inserted into it (A-06)."""
    bench = make_bench()
    bench.use_sqlite()
    show = bench.config.shows["live"]
    pre_roll = ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="bumper"))
    assets = bench.config.shows["vod"].assets
    show = replace(show, breaks=(*show.breaks, pre_roll), assets=assets)
    bench.config = replace(bench.config, shows={**bench.config.shows, "live": show})
    bench.world.cues = {52: "#EXT-X-CUE-OUT:4"}
    bench.world.playlist_type = "EVENT"
    path = "/v1/master/default/live/index.m3u8"
    async with bench.run() as running:
        player = await running.player().open(path)
        for _ in range(6):
            before = await player.poll()
            bench.clock.advance(2)
    bench.world.ended = True
    async with bench.run() as running:
        again = running.player().adopt(player)
        after = await again.poll()
        assert after.ended
        assert after.kinds == [*before.kinds, *after.kinds[len(before.kinds) :]]
        assert after.numbered().items() >= before.numbered().items()
        new = await running.player().open(path)
        assert (await new.poll()).kinds[0] == "bumper"  # for whom it is VOD


async def test_bumpers_play_around_the_ads_of_a_break(make_bench: Callable[..., Bench]) -> None:
    """Issue 4: before and after, of the break's time; a break without ads has none."""
    asset = Bumpers(before="bumper", after="bumper")
    bench = make_bench(
        vod_breaks=(
            ScheduledBreak(at=Decimal(8), fill=vast("pod/2"), seconds=Decimal(10), bumpers=asset),
            ScheduledBreak(at=Decimal(12), fill=vast("empty"), seconds=Decimal(10), bumpers=asset),
        )
    )
    async with bench.run() as running:
        player = await running.player().open(VOD)
        kinds = (await player.poll()).kinds
        first = kinds.index("bumper")
        assert sorted(kinds[first + 1 : first + 4]) == ["a", "a", "b"]
        assert kinds[first + 4] == "bumper"
        assert kinds.count("bumper") == 2
