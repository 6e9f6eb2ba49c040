"""Origins that fail, in every way that failures.md knows: what players get, what is counted."""

import asyncio
import gzip
from collections.abc import Callable
from decimal import Decimal

import httpx2
import pytest
from app_bench import Answer, Bench, answer, down

from packager.reasons import Reason

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def timeout(request: httpx2.Request) -> Exception:
    return httpx2.ReadTimeout("no answer")


def cut_off(request: httpx2.Request) -> httpx2.Response:
    """An answer that ends before its announced length."""
    return httpx2.Response(200, headers={"content-length": "5000"}, stream=_Piece())


class _Piece(httpx2.AsyncByteStream):
    async def __aiter__(self):  # type: ignore[no-untyped-def]
        yield b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n"


HTML = "<!DOCTYPE html><title>Sign in</title><p>This is a hotel's network."
BOMB = gzip.compress(b"#EXTM3U\n" + b"# " * (3 << 20))
LONG = "#EXTM3U\n" + "#EXT-X-UNKNOWN\n" * 400_000

FAULTS: dict[str, tuple[Answer, int, Reason]] = {
    "unreachable": (down, 502, Reason.ORIGIN_UNREACHABLE),
    "timeout": (timeout, 504, Reason.ORIGIN_TIMEOUT),
    "status": (answer(status=503), 502, Reason.ORIGIN_STATUS),
    "missing": (answer(status=404), 404, Reason.ORIGIN_NOT_FOUND),
    "html": (answer(HTML), 502, Reason.ORIGIN_NOT_MANIFEST),
    "nothing": (answer(b""), 502, Reason.ORIGIN_NOT_MANIFEST),
    "bytes": (answer(bytes(range(256)) * 9), 502, Reason.ORIGIN_NOT_MANIFEST),
    "cut off": (cut_off, 502, Reason.ORIGIN_TRUNCATED),
    "oversize": (answer(LONG), 502, Reason.ORIGIN_OVERSIZE),
    "bomb": (answer(BOMB, **{"content-encoding": "gzip"}), 502, Reason.ORIGIN_RATIO),
    "redirect": (answer(status=302, location="http://10.0.0.1/"), 502, Reason.ORIGIN_REFUSED),
}


@pytest.mark.parametrize(("fault", "status", "reason"), FAULTS.values(), ids=FAULTS)
async def test_an_origin_that_fails_at_the_start_is_said_with_its_reason(
    bench: Bench, fault: Answer, status: int, reason: Reason
) -> None:
    """Rows 2 to 6; the answer names the code alone, and is nobody's to keep."""
    bench.world.faults["index.m3u8"] = fault
    async with bench.run() as running:
        for path in (LIVE, "/v1/session/default/live/index.m3u8"):
            got = await running.get(path)
            assert got.status_code == status
            assert got.json() == {"error": str(reason)}
            assert got.headers["cache-control"] == "no-store"
        assert running.count(reason) >= 2
        bench.world.faults.clear()
        bench.clock.advance(1.1)  # threat 25: a failure stands for a second
        assert (await running.get(LIVE)).status_code == 200


@pytest.mark.parametrize(("fault", "status", "reason"), FAULTS.values(), ids=FAULTS)
async def test_an_origin_that_fails_later_leaves_the_last_good_playlist(
    bench: Bench, fault: Answer, status: int, reason: Reason
) -> None:
    """P1: never dark; and the break that is on air goes on."""
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8"}
    bench.clock.advance(8)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        good = await player.poll()
        assert "a" in good.kinds
        bench.world.faults[".m3u8"] = fault
        for _ in range(6):
            bench.clock.advance(2)
            for number in range(2):
                listed = await player.poll(number)
                if number == 0:
                    assert listed.text == good.text
        assert running.count(reason) >= 1
        assert running.count(Reason.MANIFEST_STALE_SERVED) >= 5
        bench.world.faults.clear()
        bench.clock.advance(8)
        assert (await player.poll()).sequence > good.sequence


async def test_new_sessions_start_from_the_last_good_copy(bench: Bench) -> None:
    async with bench.run() as running:
        good = await (await running.player().open(LIVE)).poll()
        bench.world.faults[".m3u8"] = down
        bench.clock.advance(60)
        late = await running.player().open(LIVE)
        assert (await late.poll()).text == good.text


async def test_a_vod_playlist_that_is_cut_in_mid_list_is_never_taken(bench: Bench) -> None:
    """Row 4: its length was announced."""
    async with bench.run() as running:
        player = await running.player().open(VOD)
        running.weft.presentations.origin._entries.clear()
        bench.world.faults[".m3u8"] = cut_off
        got = await running.get(player.renditions[1])
        assert (got.status_code, got.json()) == (502, {"error": "origin_truncated"})
        bench.world.faults.clear()
        bench.clock.advance(2)
        listed = await player.poll(1)
        assert listed.ended
        assert listed.kinds[-2:] == ["9", "slate"]


async def test_one_rendition_that_is_gone_leaves_the_others(bench: Bench) -> None:
    """Row 3."""
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        first = [await player.poll(number) for number in range(3)]
        name = first[2].uris[0].split("/")[-2]
        bench.world.faults[f"{name}.m3u8"] = answer(status=404)
        bench.clock.advance(4)
        assert (await player.poll(0)).kinds[-1] == "51"
        assert (await player.poll(1)).kinds[-1] == "51"
        assert (await player.poll(2)).text == first[2].text
        assert running.count(Reason.ORIGIN_NOT_FOUND) == 1


async def test_the_reference_rendition_may_be_gone_too(bench: Bench) -> None:
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        first = [await player.poll(number) for number in range(3)]
        name = first[0].uris[0].split("/")[-2]
        bench.world.faults[f"{name}.m3u8"] = answer(status=404)
        kinds = []
        for _ in range(8):
            bench.clock.advance(2)
            kinds = (await player.poll(1)).kinds
        assert kinds[-1] in ("56", "55")  # behind by the patience with the reference
        assert (await player.poll(0)).text == first[0].text


async def test_a_rendition_that_vanished_from_every_cache_is_published_from_the_channel(
    bench: Bench,
) -> None:
    """P1: what was published once can be published again, whatever the origin's cache has lost."""
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        good = [await player.poll(number) for number in range(3)]
        running.weft.presentations.origin._entries.clear()
        bench.world.faults[".m3u8"] = down
        bench.clock.advance(4)
        for number in range(3):
            assert (await player.poll(number)).text == good[number].text
        assert running.count(Reason.RENDITION_MISSING) >= 3


async def test_a_playlist_that_cannot_be_carried_on_leaves_its_rendition_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from manifests.errors import ManifestError
    from manifests.hls.channel import Channel

    async with bench.run() as running:
        player = await running.player().open(LIVE)
        good = [await player.poll(number) for number in range(2)]
        advance = Channel.advance

        def picky(self: Channel, playlists: dict[str, object]) -> Channel:
            if "1" in playlists or "2" in playlists:
                raise ManifestError("numbers that nobody can follow")
            return advance(self, playlists)  # type: ignore[arg-type]

        monkeypatch.setattr(Channel, "advance", picky)
        bench.clock.advance(2)
        assert (await player.poll(1)).text == good[1].text
        assert (await player.poll(0)).kinds[-1] == "50"
        assert running.count(Reason.ORIGIN_NOT_MANIFEST) == 1
        got = await running.get(player.renditions[2])  # never seen before: nothing to show
        assert (got.status_code, got.json()) == (502, {"error": "origin_not_manifest"})


async def test_a_slow_origin_costs_no_viewer_more_than_a_moment(
    make_bench: Callable[..., Bench],
) -> None:
    """Row 1, P4: an answer within the patience, and the refresh goes on behind it."""
    bench = make_bench(origin_patience_s=0.1)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        good = await player.poll()
        gate = bench.world.gates[".m3u8"] = asyncio.Event()
        bench.clock.advance(2)
        loop = asyncio.get_running_loop()
        began = loop.time()
        lists = await asyncio.gather(*(player.poll() for _ in range(20)))
        assert loop.time() - began < 2  # the patience is 0.1 s; the machine may be busy
        assert {listed.text for listed in lists} == {good.text}
        assert running.count(Reason.MANIFEST_STALE_SERVED) >= 1
        gate.set()
        await running.weft.presentations.origin._flights.landed()
        bench.clock.advance(0.6)
        assert (await player.poll()).kinds[-1] == "50"


async def test_a_crowd_on_a_cold_asset_is_one_fetch_of_each_document(bench: Bench) -> None:
    """Row 28."""
    async with bench.run() as running:
        players = await asyncio.gather(*(running.player().open(LIVE) for _ in range(30)))
        await asyncio.gather(*(player.poll() for player in players))
        playlists = {u: n for u, n in bench.world.requests.items() if u.endswith(".m3u8")}
        assert set(playlists.values()) == {1}


async def test_an_origin_that_starts_again_is_carried_on_in_a_running_session(
    bench: Bench,
) -> None:
    """A-19, row 8: numbers go on behind a discontinuity; it is counted for each rendition."""
    bench.world.cues = {52: "#EXT-X-CUE-OUT:4"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        for _ in range(12):
            before = await player.poll()
            await player.poll(2)
            bench.clock.advance(2)
        bench.world.epoch_at = Decimal(int(bench.clock.monotonic()) - 6)  # three segments ago
        bench.world.cues = {}
        for _ in range(6):
            listed = await player.poll()
            audio = await player.poll(2)
            bench.clock.advance(2)
        assert listed.sequence >= before.sequence
        assert listed.discontinuity_sequence >= before.discontinuity_sequence
        assert listed.kinds == audio.kinds
        assert listed.kinds[-1].startswith("7-")
        assert running.count(Reason.ORIGIN_RESTARTED) == 2


async def test_a_multivariant_playlist_that_changes_goes_to_new_sessions_only(
    bench: Bench,
) -> None:
    async with bench.run() as running:
        old = await running.player().open(LIVE)
        await old.poll()
        text = (bench.media.content / "index.m3u8").read_text()
        bench.world.faults["live/index.m3u8"] = answer(text + "#EXT-X-NEW:1\n")
        bench.clock.advance(11)
        new = await running.player().open(LIVE)
        assert "#EXT-X-NEW:1" in new.master
        assert (await old.poll()).text == (await new.poll()).text


async def test_an_origin_without_a_multivariant_playlist_is_played_too(bench: Bench) -> None:
    folder = next(path for path in bench.media.content.iterdir() if path.is_dir())
    bench.world.faults["live/index.m3u8"] = lambda request: httpx2.Response(
        200, content=bench.world.live(f"{folder.name}.m3u8").encode()
    )
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        assert len(player.renditions) == 1
        assert (await player.poll()).kinds[-1] == "49"


async def test_iframe_playlists_are_taken_out_and_steering_too(bench: Bench) -> None:
    """A-57, H-09: nothing leads past us."""
    text = (bench.media.content / "index.m3u8").read_text()
    text += '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"\n#EXT-X-START:TIME-OFFSET=4\n'
    bench.world.faults["index.m3u8"] = answer(text)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        assert "I-FRAME" not in player.master
        assert "EXT-X-START" not in player.master
        assert "origin.example" not in player.master
        assert running.count(Reason.IFRAMES_REMOVED) == 1


async def test_variants_that_are_all_iframes_are_no_presentation(bench: Bench) -> None:
    text = '#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="iframes.m3u8"\n'
    bench.world.faults["index.m3u8"] = answer(text)
    async with bench.run() as running:
        got = await running.get(LIVE)
        assert (got.status_code, got.json()) == (502, {"error": "origin_not_manifest"})


async def test_a_show_that_cannot_be_matched_plays_without_breaks(
    make_bench: Callable[..., Bench],
) -> None:
    """A-50: no break at all rather than one in some renditions."""
    bench = make_bench()
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8"}
    bench.world.faults[".m4s"] = answer(b"not media at all")
    bench.world.faults["/init.mp4"] = answer(b"nor is this")
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        for _ in range(8):
            listed = await player.poll()
            bench.clock.advance(2)
        assert listed.kinds == [str(n) for n in range(49, 57)]
        assert running.count(Reason.LADDER_UNMATCHED) >= 2  # the show, and its break
        assert not bench.world.ad_calls()
