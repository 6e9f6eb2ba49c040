"""Live sessions of the composed server: what players see through breaks (splice rules, part A)."""

import asyncio
from collections.abc import Callable

import pytest
from app_bench import Bench, Listed, Player, Running, answer, down, vast

from packager.config.break_settings import SlateFill
from packager.reasons import Reason

LIVE = "/v1/master/default/live/index.m3u8"
BREAK = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}  # segments of 2 s, from second 104 on


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def watch(
    bench: Bench, player: Player, polls: int, *, numbers: tuple[int, ...] = (0, 2)
) -> list[str]:
    """Poll every 2 s; give what played, in order, as far as all renditions agree on it (H-03)."""
    seen: dict[int, str] = {}
    for _ in range(polls):
        lists: list[Listed] = await asyncio.gather(*(player.poll(n) for n in numbers))
        for listed in lists[1:]:
            assert listed.kinds == lists[0].kinds
            assert listed.discontinuity_sequence == lists[0].discontinuity_sequence
        for index, kind in enumerate(lists[0].kinds):
            seen[lists[0].sequence + index] = kind
        bench.clock.advance(2)
    return [seen[number] for number in sorted(seen)]


async def test_a_break_plays_ads_then_slate_then_content_again(bench: Bench) -> None:
    bench.world.cues = BREAK
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        played = await watch(bench, player, 14)
        assert played[:10] == [str(n) for n in range(42, 52)]
        assert sorted(played[10:13]) == ["a", "a", "b"]
        assert played[13:16] == ["slate", "56", "57"]
        assert running.count(Reason.BREAK_UNFILLED) == 1  # two seconds of it


async def test_two_breaks_and_the_second_ends_early(bench: Bench) -> None:
    bench.world.cues = {
        **BREAK,
        62: "#EXT-X-CUE-OUT:12",
        65: "#EXT-X-CUE-IN",  # after 6 of 12 s
    }
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        played = await watch(bench, player, 22)
        second = played[played.index("61") + 1 : played.index("65")]
        assert len(second) == 3
        assert set(second) <= {"a", "b", "slate"}
        assert played[played.index("65") :] == [str(n) for n in range(65, 71)]
        assert running.count(Reason.CUE_IN_EARLY) == 1


async def test_an_explicit_session_is_started_by_post_and_by_get(bench: Bench) -> None:
    bench.world.cues = BREAK
    bench.clock.advance(6)
    async with bench.run() as running:
        path = "/v1/session/default/live/index.m3u8"
        posted = await running.client.post(path, json={"adsParams": {"slot": "evening"}})
        got = await running.get("/v1/session/default/live/index?ads.slot=morning")
        for answer_ in (posted, got):
            assert answer_.status_code == 200
            url = answer_.json()["manifestUrl"]
            assert url.startswith(f"{LIVE}?aws.sessionId=")
            player = await running.player().open(url)
            assert player.token == url.partition("=")[2]
            await player.poll()
        calls = [str(url) for url in bench.world.asked if url.host == "ads.example"]
        assert ["slot=evening" in call for call in calls] == [True, False]
        assert "slot=morning" in calls[1]


async def test_an_implicit_session_begins_with_its_multivariant_playlist(bench: Bench) -> None:
    async with bench.run() as running:
        one = await running.player().open(LIVE)
        other = await running.player().open(LIVE)
        assert one.token != other.token
        again = await running.get(f"{LIVE}?aws.sessionId={one.token}")
        assert again.text == one.master
        assert one.master.count("#EXT-X-STREAM-INF") == 2
        assert len(one.renditions) == 3
        assert (await one.poll()).text == (await other.poll()).text  # no session in a body


async def test_renditions_polled_at_once_share_one_ad_call_and_decision(bench: Bench) -> None:
    """A-03, and threat 36: one call for a break, however many ask."""
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        lists = await asyncio.gather(*(player.poll(n % 3) for n in range(12)))
        assert len({tuple(listed.kinds) for listed in lists}) == 1
        assert "a" in lists[0].kinds
        assert bench.world.ad_calls() == 1
        assert len((await running.weft.store.load_session(sid(running, player))).decisions) == 1  # type: ignore[union-attr]


def sid(running: Running, player: Player) -> str:
    session = running.weft.sessions.lookup(player.token, running.weft.clock.now())
    assert session is not None
    return session.sid


async def test_an_ad_call_that_is_slow_holds_the_playlist_until_the_ads_are_there(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(patience_s=0.15)
    gate = bench.world.gates["/vast/fill"] = asyncio.Event()
    bench.world.cues = BREAK
    bench.clock.advance(4)  # the out point is the edge: nothing is held yet
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        assert (await player.poll()).kinds[-1] == "51"
        bench.clock.advance(2)
        assert (await player.poll()).kinds[-1] == "51"  # the content of the break is not shown
        gate.set()
        await asyncio.sleep(0.05)
        assert (await player.poll()).kinds[-2:] != ["51", "52"]
        bench.clock.advance(2)
        listed = await player.poll()
        assert listed.kinds[listed.kinds.index("51") + 1] in ("a", "b")
        assert not running.count(Reason.HOLD_EXPIRED)


async def test_an_ad_call_that_outlasts_the_hold_leaves_the_break_to_the_content_for_good(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(patience_s=0.15)
    gate = bench.world.gates["/vast/fill"] = asyncio.Event()
    bench.world.cues = BREAK
    bench.clock.advance(4)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await player.poll()
        bench.clock.advance(2)
        assert (await player.poll()).kinds[-1] == "51"
        bench.clock.advance(1.5)  # more than half a target duration later
        assert (await player.poll()).kinds[-1] == "52"
        assert running.count(Reason.HOLD_EXPIRED) == 1
        gate.set()
        await asyncio.sleep(0.05)
        played = await watch(bench, player, 10)
        assert not {"a", "b", "slate"} & set(played)
        assert running.count(Reason.HOLD_EXPIRED) == 1


FAILURES = {
    "down": (down, Reason.AD_UNREACHABLE),
    "status": (answer(status=500), Reason.AD_STATUS),
    "garbage": (answer(bytes(range(256))), Reason.AD_UNPARSEABLE),
    "cut off": (answer('<VAST version="4.2"><Ad id="1"><InLi'), Reason.AD_UNPARSEABLE),
    "page": (answer("<!DOCTYPE html><p>Sign in"), Reason.AD_UNPARSEABLE),
    "empty": (answer('<VAST version="4.2"/>'), Reason.AD_EMPTY),
    "no content": (answer(status=204), Reason.AD_EMPTY),
    "oversize": (answer(b"<VAST>" + b" " * (2 << 20)), Reason.AD_OVERSIZE),
    "redirect": (answer(status=302, location="http://10.0.0.1/"), Reason.AD_REFUSED),
}


@pytest.mark.parametrize("otherwise", ["content", "slate"])
@pytest.mark.parametrize(("fault", "reason"), FAILURES.values(), ids=FAILURES)
async def test_an_ad_server_that_fails_costs_ads_and_nothing_else(
    make_bench: Callable[..., Bench], otherwise: str, fault: object, reason: Reason
) -> None:
    bench = make_bench(otherwise=otherwise)
    bench.world.cues = BREAK
    bench.world.faults["/vast/fill"] = fault  # type: ignore[assignment]
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        played = await watch(bench, player, 9)
        inside = played[played.index("51") + 1 : played.index("56")]
        wanted = ["52", "53", "54", "55"] if otherwise == "content" else ["slate"] * 4
        assert inside == wanted
        assert running.count(reason) == 1
        assert running.count(Reason.BREAK_UNFILLED) == 1
        assert bench.world.ad_calls() == 1


async def test_a_show_may_fill_its_breaks_with_slate_alone(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(live_fill=SlateFill())
    bench.world.cues = BREAK
    async with bench.run() as running:
        played = await watch(bench, await running.player().open(LIVE), 9)
        assert played[10:15] == ["slate"] * 4 + ["56"]
        assert not bench.world.ad_calls()


async def test_the_rest_of_a_break_is_a_slate_cut_to_its_length(
    make_bench: Callable[..., Bench],
) -> None:
    """D-53: a break of 5 s with an ad of 4 s; the slate of 1 s was made for an earlier break."""
    bench = make_bench(live_fill=vast("pod/1"))
    bench.world.ad_server._ads = bench.world.ad_server._ads[:1]
    bench.world.cues = {52: "#EXT-X-CUE-OUT:5"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        played = await watch(bench, player, 9)
        assert played[10:14] == ["a", "a", "slate", "55"]


async def test_a_session_that_joins_in_mid_break_gets_the_whole_break(bench: Bench) -> None:
    """A-18: the out point is still listed, so the ads play from their beginning."""
    bench.world.cues = BREAK
    bench.clock.advance(8)  # four seconds into the break
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        listed = await player.poll()
        assert listed.kinds[:6] == ["46", "47", "48", "49", "50", "51"]
        assert set(listed.kinds[6:]) <= {"a", "b"}


async def test_who_joins_in_mid_break_has_ads_asked_for_before_the_first_media_playlist(
    bench: Bench,
) -> None:
    """What of the 150 ms passes on the way between two requests is not waited for."""
    bench.world.cues = BREAK
    bench.clock.advance(8)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await asyncio.sleep(0.2)
        assert bench.world.ad_calls() == 1
        assert {*(await player.poll()).kinds} & {"a", "b"}
        assert bench.world.ad_calls() == 1


async def test_a_session_that_joins_when_the_out_point_is_gone_gets_content(
    make_bench: Callable[..., Bench],
) -> None:
    """A-18, E-08: no ad without its beginning."""
    bench = make_bench()
    bench.world.cues = {52: "#EXT-X-CUE-OUT:40"}
    async with bench.run() as running:
        first = await running.player().open(LIVE)
        await watch(bench, first, 12)  # the break is known, and its out point leaves the window
        calls = bench.world.ad_calls()
        second = await running.player().open(LIVE)
        listed = await second.poll()
        assert all(kind.isdecimal() for kind in listed.kinds)
        assert bench.world.ad_calls() == calls
        assert running.count(Reason.BREAK_TOO_LATE) == 1


async def test_breaks_that_are_over_are_not_decided_for_new_sessions(bench: Bench) -> None:
    """Threat 36: a new session costs no ad calls for what it will never see."""
    bench.world.cues = {52: "#EXT-X-CUE-OUT:4", 58: "#EXT-X-CUE-OUT:4", 64: "#EXT-X-CUE-OUT:4"}
    async with bench.run() as running:
        await watch(bench, await running.player().open(LIVE), 30)
        calls = bench.world.ad_calls()
        assert calls == 3
        late = await running.player().open(LIVE)
        await late.poll()
        await asyncio.sleep(0.05)
        assert bench.world.ad_calls() == calls


async def test_a_break_that_passes_while_nobody_polls_counts_as_not_replaced(bench: Bench) -> None:
    """A-29: N = R = 0 for a break that no playlist of the session ever showed."""
    bench.world.cues = BREAK
    async with bench.run() as running:
        sleeper = await running.player().open(LIVE)
        viewer = await running.player().open(LIVE)
        assert (await sleeper.poll()).kinds[-1] == "49"
        await watch(bench, viewer, 14)
        listed = await sleeper.poll()
        assert listed.kinds == [str(n) for n in range(listed.sequence, listed.sequence + 8)]
        assert listed.discontinuity_sequence == 0
        assert bench.world.ad_calls() == 1  # the viewer's
        lists = [await sleeper.poll(n) for n in (1, 2)]
        assert {tuple(one.kinds) for one in lists} == {tuple(listed.kinds)}


async def test_a_poll_gap_over_the_end_of_a_break_keeps_its_numbers(bench: Bench) -> None:
    bench.world.cues = BREAK
    async with bench.run() as running:
        viewer = await running.player().open(LIVE)
        player = await running.player().open(LIVE)
        await watch(bench, player, 4)
        await watch(bench, viewer, 12)
        listed = await player.poll()
        assert listed.discontinuity_sequence == 4  # before two ads, slate, content
        late_rendition = await player.poll(1)  # first loaded now
        assert late_rendition.kinds == listed.kinds
        assert late_rendition.discontinuity_sequence == listed.discontinuity_sequence


async def test_a_creative_that_is_not_packaged_yet_is_skipped_now_and_played_in_the_next_break(
    make_bench: Callable[..., Bench],
) -> None:
    """D-57."""
    bench = make_bench()
    bench.world.cues = {52: "#EXT-X-CUE-OUT:6", 60: "#EXT-X-CUE-OUT:6"}
    async with bench.run(stocked=False) as running:
        await running.weft.warming.done.wait()
        player = await running.player().open(LIVE)
        await running.weft.house.settled()
        played = await watch(bench, player, 6)
        await running.weft.house.settled()
        played = await watch(bench, player, 9)
        first = played[played.index("51") + 1 : played.index("55")]
        assert first == ["slate"] * 3
        second = played[played.index("59") + 1 : played.index("63")]
        assert sorted(second) == ["a", "a", "b"]
        assert running.count(Reason.AD_NOT_CONDITIONED) == 2


async def test_a_creative_that_is_no_video_is_skipped_with_its_reason(bench: Bench) -> None:
    bench.world.cues = {52: "#EXT-X-CUE-OUT:6", 60: "#EXT-X-CUE-OUT:6"}
    page = answer("<!DOCTYPE html><title>Not a film</title>" * 100)
    bench.world.faults = {"/a.mp4": page, "/b.mp4": answer(status=404)}
    async with bench.run(stocked=False) as running:
        player = await running.player().open(LIVE)
        await running.weft.house.settled()
        await watch(bench, player, 6)
        await running.weft.house.settled()
        assert running.count(Reason.CREATIVE_REFUSED) == 1
        assert running.count(Reason.CREATIVE_UNREACHABLE) == 1
        played = await watch(bench, player, 9)
        second = played[played.index("59") + 1 : played.index("63")]
        assert second == ["slate"] * 3
        assert running.count(Reason.CREATIVE_REFUSED) == 2  # the second break says it too
        assert bench.world.requests["http://media.example/a.mp4"] == 1


async def test_a_creative_that_is_too_large_is_given_up(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.world.cues = BREAK
    bench.world.faults["/a.mp4"] = answer(b"", **{"content-length": str(300 << 20)})
    async with bench.run(stocked=False) as running:
        await watch(bench, await running.player().open(LIVE), 4)
        await running.weft.house.settled()
        assert running.count(Reason.CREATIVE_OVERSIZE) == 1
        assert not list(bench.folder.glob("tmp*"))


async def test_an_insertion_point_in_live_is_left_alone_and_counted_once(bench: Bench) -> None:
    bench.world.cues = {52: "#EXT-X-CUE-OUT:0\n#EXT-X-CUE-IN"}
    async with bench.run() as running:
        played = await watch(bench, await running.player().open(LIVE), 6)
        assert played == [str(n) for n in range(42, 55)]
        assert running.count(Reason.BREAK_INSERT_IN_LIVE) == 1
        assert not bench.world.ad_calls()


async def test_odd_cues_are_counted_once_each(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.world.cues = {
        51: "#EXT-X-CUE-OUT:20",
        53: "#EXT-X-CUE-OUT:4",  # inside another break: closes it
    }
    async with bench.run() as running:
        await watch(bench, await running.player().open(LIVE), 8)
        assert running.count(Reason.CUE_NESTED) == 1


async def test_a_show_without_breaks_passes_everything_through(bench: Bench) -> None:
    bench.world.cues = BREAK
    async with bench.run() as running:
        player = await running.player().open("/v1/master/default/plain/index.m3u8")
        played = await watch(bench, player, 8)
        assert played == [str(n) for n in range(42, 57)]
        assert "#EXT-X-CUE-OUT:8" in (await player.poll()).text
        assert not bench.world.ad_calls()


async def test_renditions_that_nobody_watches_are_let_go_and_come_back_with_their_numbers(
    bench: Bench,
) -> None:
    bench.world.cues = BREAK
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await watch(bench, player, 3)
        await watch(bench, player, 40, numbers=(0,))
        listed = await player.poll(2)
        assert listed.kinds == (await player.poll(0)).kinds


async def test_a_rendition_that_lags_waits_and_is_counted(bench: Bench) -> None:
    """Failures, row 9: the leader is not held back."""
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await player.poll(2)
        folder = (await player.poll(2)).uris[0].split("/")[-2]
        bench.world.lag[folder] = 3
        for _ in range(4):
            bench.clock.advance(2)
            leader, lagging = await player.poll(0), await player.poll(2)
        assert int(leader.kinds[-1]) - int(lagging.kinds[-1]) == 3
        assert running.count(Reason.RENDITION_LAGGING) == 1


async def test_numbers_remember_breaks_for_as_long_as_a_session_lasts(
    make_bench: Callable[..., Bench],
) -> None:
    """A-12: the sums run over all breaks since the session's start, also those long past."""
    bench = make_bench()
    bench.use_sqlite()
    bench.world.cues = BREAK
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await watch(bench, player, 14)
        for _ in range(46):  # 23 hours
            bench.clock.advance(500)
            await watch(bench, player, 1)
            for _ in range(3):
                bench.clock.advance(432)
                listed = await player.poll()
        assert listed.discontinuity_sequence == 4
        await running.weft.sessions.sweep(bench.clock.now())
    async with bench.run(stocked=False) as running:
        again = running.player().adopt(player)
        assert (await again.poll()).discontinuity_sequence == 4
