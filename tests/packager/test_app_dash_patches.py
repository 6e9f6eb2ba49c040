"""Patches of live MPDs through the composed server: carried out, they give the session's next MPD.

B-48; what is answered where there is no patch is what players need: see
`manifests.dash.patching.patch`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from app_bench import Bench, Running
from lxml import etree
from mpd_for_bench import event

from packager.reasons import Reason
from tests.manifests.dash.mpd_patching import applied, is_same

LIVE = "/v1/dash/default/live/index.mpd"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
PATCH = "{urn:mpeg:dash:schema:mpd-patch:2020}"
DASH_PATCH = "application/dash-patch+xml"


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """A live show with patches; its MPD is so large that they are worth it."""
    made = make_bench(show_changes={"patches": True})

    def long_mpd(request: httpx2.Request) -> httpx2.Response:
        text = made.world.mpd(live=True)
        padding = f"<ProgramInformation><Title>{'long ' * 2000}</Title></ProgramInformation>"
        return httpx2.Response(200, text=text.replace(" <Location>", f"{padding}<Location>", 1))

    made.world.faults["live/index.mpd"] = long_mpd
    return made


@dataclass
class PatchedPlayer:
    """Opens a live MPD and goes on by patches, as 23009-1, 5.15 says."""

    running: Running
    url: str = ""
    mpd: bytes = b""

    async def open(self, path: str = LIVE) -> "PatchedPlayer":
        redirect = await self.running.get(path)
        self.url = redirect.headers["location"]
        await self.whole()
        return self

    async def whole(self) -> bytes:
        found = await self.running.get(self.url)
        assert found.status_code == 200
        self.mpd = found.content
        return self.mpd

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.mpd)

    @property
    def patch_url(self) -> str:
        return self.root.findtext(f"{MPD}PatchLocation") or ""

    async def patch(self, url: str = "") -> etree._Element:
        """What is answered at the URL, which is no error."""
        found = await self.running.get(url or self.patch_url)
        assert found.status_code == 200, found.text
        assert found.headers["content-type"] == DASH_PATCH
        assert found.headers["cache-control"] == "private, no-store"
        return etree.fromstring(found.content)

    async def follow(self) -> bool:
        """Update; whether by a patch. It gives the very MPD that a whole answer would have."""
        patch = await self.patch()
        is_patched = fits(patch, self.root) and patch.get("publishTime") != self.published
        before = self.mpd
        await self.whole()
        if is_patched:
            assert is_same(applied(etree.tostring(patch), before), self.mpd)
        return is_patched

    @property
    def published(self) -> str:
        return self.root.get("publishTime", "")

    @property
    def periods(self) -> list[str]:
        return [one.get("id", "") for one in self.root.iter(f"{MPD}Period")]


def fits(patch: etree._Element, root: etree._Element) -> bool:
    """Whether a client may carry it out; otherwise it asks for the whole MPD."""
    return (patch.get("mpdId"), patch.get("originalPublishTime")) == (
        root.get("id"),
        root.get("publishTime"),
    )


def at(url: str, publish_time: str) -> str:
    """The patch URL for another version."""
    return re.sub(r"publishTime=.*", f"publishTime={publish_time}", url)


def outcomes(running: Running) -> dict[str, int]:
    """How patches were answered so far."""
    found = re.findall(
        r'weft_manifests_total\{format="dash",kind="patch",outcome="(\w+)"\} (\d+)',
        running.metrics.render().decode(),
    )
    return {name: int(count) for name, count in found}


async def test_patches_carried_out_give_the_next_mpd_through_a_break(bench: Bench) -> None:
    """B-48: apply(patch, old answer) equals the new answer, URLs and all."""
    bench.world.events = [event(103.4, 6, event_id=7)]
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        assert player.root.get("id") == "weft"
        steps = []
        for _ in range(20):
            bench.clock.advance(2)
            steps.append((await player.follow(), tuple(player.periods)))
        by_patch = [periods for is_patched, periods in steps if is_patched]
        # The first step is the last one before the break, which begins at 103.4 s.
        assert steps[0] == (True, ("P0",))
        assert len(by_patch) >= 12
        assert any("b103.0" in periods for periods in by_patch)  # within the break too
        assert steps[-1][1] == ("P0~b103",)
        assert outcomes(running)["made"] == len(by_patch)


async def test_a_client_that_missed_versions_gets_one_patch_for_all(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        other = await PatchedPlayer(running).open()
        other.url = player.url  # the same session, in another window
        for _ in range(3):
            bench.clock.advance(2)
            await other.whole()
        assert await player.follow()
        bench.clock.advance(2)
        assert await player.follow()


async def test_a_patch_leads_to_the_next_one_without_the_whole_mpd(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        for _ in range(4):
            bench.clock.advance(2)
            patch = await player.patch()
            assert fits(patch, player.root)
            # What follows from it: namespaces, PatchLocation and publishTime among them.
            player.mpd = etree.tostring(applied(etree.tostring(patch), player.mpd))
        followed = player.mpd
        await player.whole()
        assert is_same(etree.fromstring(followed), player.mpd)


async def test_sessions_share_a_patch_but_for_their_own_urls(bench: Bench) -> None:
    async with bench.run() as running:
        first, second = [await PatchedPlayer(running).open() for _ in range(2)]
        bench.clock.advance(2)
        answers = []
        for mine, others in ((first, second), (second, first)):
            token, theirs = (one.url.partition("=")[2] for one in (mine, others))
            text = etree.tostring(await mine.patch()).decode()
            assert token in text
            assert theirs not in text
            answers.append(text.replace(token, "TOKEN"))
        assert answers[0] == answers[1]
        assert outcomes(running) == {"made": 1, "shared": 1}
        for player in (first, second):
            assert await player.follow()


async def test_another_sessions_version_is_not_patched(bench: Bench) -> None:
    """A publishTime of another session's tells nothing of what this one has."""
    async with bench.run() as running:
        first = await PatchedPlayer(running).open()
        bench.clock.advance(2)
        second = await PatchedPlayer(running).open()
        bench.clock.advance(2)
        patch = await second.patch(at(second.patch_url, first.published))
        assert not fits(patch, first.root)


async def test_whoever_has_the_latest_version_is_told_to_keep_it(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        patch = await player.patch()
        assert fits(patch, player.root)
        assert is_same(applied(etree.tostring(patch), player.mpd), player.mpd)
        assert outcomes(running) == {"unchanged": 1}


@pytest.mark.parametrize(
    "published",
    ["1970-01-01T00:00:01Z", "2099-01-01T00:00:00Z", "1970-01-01T00:03:20.0001Z"],
    ids=["too old", "too new", "never sent"],
)
async def test_a_version_that_is_not_known_gets_a_patch_that_does_not_fit(
    bench: Bench, published: str
) -> None:
    """And no 410 or 425, after which dash.js would never ask again."""
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        patch = await player.patch(at(player.patch_url, published))
        assert patch.get("mpdId") == "weft"
        assert patch.get("originalPublishTime") == player.published != published
        assert outcomes(running) == {"unchanged": 1}


async def test_a_restarted_server_sends_its_clients_for_the_whole_mpd(
    make_bench: Callable[..., Bench], bench: Bench
) -> None:
    bench.use_sqlite()
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
    bench.clock.advance(2)
    async with bench.run() as running:
        player.running = running
        assert not await player.follow()
        bench.clock.advance(2)
        assert await player.follow()


async def test_small_mpds_are_answered_whole(bench: Bench) -> None:
    """A patch of more than 60 % of the MPD is not worth it."""
    bench.world.faults.clear()
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        bench.clock.advance(2)
        assert not await player.follow()
        await PatchedPlayer(running).open()
        assert outcomes(running) == {"unchanged": 1}


async def test_a_presentation_that_ends_does_so_with_a_whole_mpd(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        bench.clock.advance(2)
        live = bench.world.mpd(live=True)
        ended = re.sub(r' (publishTime|minimumUpdatePeriod|timeShiftBufferDepth)="\S+"', "", live)
        ended = ended.replace('"dynamic"', '"static" mediaPresentationDuration="PT102S"')
        bench.world.faults["live/index.mpd"] = lambda request: httpx2.Response(200, text=ended)
        assert not await player.follow()
        assert player.root.get("type") == "static"
        assert player.patch_url == ""


async def test_the_urls_lifetime_is_some_updates_long(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        location = player.root.find(f"{MPD}PatchLocation")
        assert location is not None
        assert location.get("ttl") == "60"
        token = player.url.partition("=")[2]
        published = player.published
        assert location.text == (
            f"/v1/dash/default/live/index.mpp?aws.sessionId={token}&publishTime={published}"
        )


async def test_public_urls_are_those_of_patches_too(bench: Bench) -> None:
    bench.changes["public_url"] = "https://weft.example/tv/"
    bench.config = bench._config()
    async with bench.run() as running:
        redirect = await running.get(LIVE)
        url = redirect.headers["location"].removeprefix("https://weft.example/tv")
        root = etree.fromstring((await running.get(url)).content)
        found = root.findtext(f"{MPD}PatchLocation")
        assert found.startswith("https://weft.example/tv/v1/dash/default/live/index.mpp?")


async def test_without_the_setting_mpds_tell_of_no_patches(
    make_bench: Callable[..., Bench],
) -> None:
    """Nor is one made for a player that got a URL before: it gets what it needs to go on."""
    async with make_bench().run() as running:
        player = await PatchedPlayer(running).open()
        assert player.patch_url == ""
        assert "id" not in player.root.attrib
        token = player.url.partition("=")[2]
        url = f"/v1/dash/default/live/index.mpp?aws.sessionId={token}&publishTime="
        patch = await player.patch(f"{url}1970-01-01T00:01:38Z")
        assert [etree.QName(one).localname for one in patch] == ["replace"]
        assert patch.get("originalPublishTime") == player.published


async def test_vod_has_no_patches(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open("/v1/dash/default/vod/index.mpd")
        assert player.patch_url == ""


REFUSED: dict[str, tuple[dict[str, Any], int, Reason]] = {
    "no publishTime": ({"publishTime": None}, 400, Reason.PARAMETERS_INVALID),
    "an empty one": ({"publishTime": ""}, 400, Reason.PARAMETERS_INVALID),
    "one that is no time": ({"publishTime": "yesterday"}, 400, Reason.PARAMETERS_INVALID),
    "a long one": (
        {"publishTime": "2026-01-01T00:00:00." + "1" * 100 + "Z"},
        400,
        Reason.PARAMETERS_INVALID,
    ),
    "one out of bounds": ({"publishTime": "9999-01-01T00:00:00Z"}, 400, Reason.PARAMETERS_INVALID),
    "no session": ({"aws.sessionId": None}, 403, Reason.TOKEN_INVALID),
    "a forged session": ({"aws.sessionId": "x.y"}, 403, Reason.TOKEN_INVALID),
}


@pytest.mark.parametrize(("changed", "status", "reason"), REFUSED.values(), ids=REFUSED)
async def test_what_players_never_ask_for_is_refused(
    bench: Bench, changed: dict[str, Any], status: int, reason: Reason
) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        path, _, query = player.patch_url.partition("?")
        parameters = dict(pair.split("=", 1) for pair in query.split("&")) | changed
        sent = {name: value for name, value in parameters.items() if value is not None}
        found = await running.get(path, params=sent)
        assert (found.status_code, found.json()) == (status, {"error": str(reason)})


async def test_another_shows_url_is_refused(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        found = await running.get(player.patch_url.replace("/live/", "/vod/"))
        assert (found.status_code, found.json()["error"]) == (403, "token_invalid")


async def test_viewers_that_invent_versions_make_nothing_grow(bench: Bench) -> None:
    async with bench.run() as running:
        player = await PatchedPlayer(running).open()
        patches = running.weft.patches
        bench.clock.advance(2)
        for number in range(200):
            published = f"1970-01-01T00:00:{number % 60:02}.{number:03}Z"
            await player.patch(at(player.patch_url, published))
        assert len(patches._sent) == 1
        assert len(patches._made) == 0
        for _ in range(20):
            bench.clock.advance(2)
            await player.whole()
        assert len(*patches._sent.values()) <= 4


async def test_a_session_that_is_told_of_its_ads_is_patched_as_well(bench: Bench) -> None:
    """What is told comes with the ad's Period, and never changes (B-50, E-12)."""
    bench.world.events = [event(103.4, 6, event_id=7)]
    async with bench.run() as running:
        player = await PatchedPlayer(running).open(f"{LIVE}?aws.adSignalingEnabled=true")
        patched, told = 0, 0
        for _ in range(10):
            bench.clock.advance(2)
            is_patched = await player.follow()
            patched += is_patched
            told += is_patched and b":ad-creative-signaling" in player.mpd
        assert patched >= 5
        assert told
