"""Stories of the composed server: HLS and DASH of one outcome, judged by checkers of their own."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import dash_judge
import dash_record
import judge as hls_judge
import pytest
from app_bench import Bench, down, vast
from playlist_text import read as read_text
from story_bench import ASSETS, LOOK, MASTER, MPD, Running, make_assets, recap, telling

from manifests.dash.model import Mpd
from manifests.dash.reading.reader import read_mpd
from packager.config.asset_settings import Asset
from packager.config.break_settings import AssetFill, ScheduledBreak
from packager.config.clip_settings import Clip as Made
from packager.config.fact_settings import Fact
from packager.config.story_settings import BranchPart, BreakPart, FitPart, Highlights, PlayPart
from packager.reasons import Reason
from packager.stories.answers import SessionAnswers
from packager.stories.stories import PARAMETER
from packager.templates.folder import find_folder
from tests.mpd_schema import assert_valid, needs_schema

URL = "http://weft.example/v1/dash/default/recap/index.mpd"


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def mpd_of(running: Running, path: str = MPD) -> tuple[bytes, Mpd]:
    answer = await running.get(path, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.content, read_mpd(answer.content, url=URL)


def story_documents(running: Running) -> Callable[[str], bytes]:
    """What the "origin" of a viewer of whom nothing is known says."""
    stories = running.weft.presentations.stories
    show = running.weft.config.shows["recap"]
    outcome = dict(stories.settled(show, SessionAnswers({"look": "light"}), lambda name: None))[
        PARAMETER
    ]
    return lambda name: stories.document(f"https://story.invalid/recap/{outcome}/{name}")[1]


async def test_a_story_is_a_vod_of_its_parts(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """A-20: a discontinuity between parts, at the same place in all renditions."""
    async with telling(make_bench(), assets, recap()) as running:
        player = await running.player().open(MASTER)
        lists = [await player.poll(number) for number in range(3)]
        for listed in lists:
            assert listed.ended
            assert "#EXT-X-PLAYLIST-TYPE:VOD" in listed.text
            assert listed.marks == [False, False, True, False, False]
            for uri in listed.uris:
                path = uri.removeprefix("http://weft.example")
                assert (await running.get(path)).status_code == 200
        _, mpd = await mpd_of(running)
        assert [period.start for period in mpd.periods] == [0, 4]
        assert mpd.duration == Decimal(10)
        for period in mpd.periods:
            assert [one.kind for one in period.sets] == ["video", "audio"]
        assert not running.count(Reason.STORY_ASSET_REPLACED)


async def test_the_judge_of_playlists_finds_nothing(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """But that Weft's own media are named by their path alone, as ads are (A-47 is of others)."""

    def absolute(text: str) -> str:
        return text.replace("/tm/", "https://weft.example/tm/")

    async with telling(make_bench(), assets, recap()) as running:
        player = await running.player().open(MASTER)
        answers = [absolute((await player.poll(number)).text) for number in range(3)]
        document = story_documents(running)
        history: list[hls_judge.Event] = []
        clock = {}
        url = "https://weft.example/x/0.m3u8"
        for number, answer in enumerate(answers):
            text = absolute(document(f"{number}.m3u8").decode())
            name = f"v{number}"
            history.append(hls_judge.Fetched(poll=0, name=name, url=url, text=text))
            history.append(hls_judge.Answered(poll=0, session="one", name=name, text=answer))
            entries = read_text(text, url).entries
            starts = accumulate((one.duration for one in entries), initial=Decimal(0))
            clock |= {one.place: start for one, start in zip(entries, starts, strict=False)}
        facts = hls_judge.Facts(ads={}, clock=clock)
        assert not list(map(str, hls_judge.judge(history, facts)))


@needs_schema
async def test_the_judge_of_mpds_and_the_schema_find_nothing(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    async with telling(make_bench(), assets, recap()) as running:
        body, _ = await mpd_of(running)
        assert_valid(body)
        document = story_documents(running)
        origin = document("index.mpd")
        assert_valid(origin)
        moved = origin.replace(b"https://story.invalid/", b"http://weft.example/")
        body = body.replace(b"<Location>/", b"<Location>https://weft.invalid/")
        history = (
            dash_record.Fetched(poll=0, at=Fraction(0), url=URL, body=moved),
            dash_record.Answered(
                poll=0, at=Fraction(0), session="one", url=URL, body=body, decided=()
            ),
        )
        facts = dash_record.Facts(ads={})
        assert not list(map(str, dash_judge.judge(history, facts)))


async def test_hls_and_dash_have_the_same_media_files(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    async with telling(make_bench(), assets, recap()) as running:
        player = await running.player().open(MASTER)
        folders = {uri.rpartition("/")[0] for uri in (await player.poll(0)).uris}
        _, mpd = await mpd_of(running)
        bases = {period.sets[0].representations[0].bases[0].rstrip("/") for period in mpd.periods}
        assert bases == folders


async def test_facts_choose_and_viewers_who_chose_alike_share_bytes(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """Design 3: nothing in a body names the session."""
    async with telling(make_bench(), assets, recap()) as running:
        texts = {}
        for look in ("light", "dark", "dark", "?"):
            player = await running.player().open(MASTER, look=look)
            texts.setdefault(look, []).append((await player.poll(0)).text)
        assert texts["dark"][0] == texts["dark"][1]
        assert texts["light"] == texts["?"]  # what it cannot be counts as not said
        assert texts["dark"][0] != texts["light"][0]
        found = running.metrics.render().decode()
        assert 'outcome="shared"' in found


async def test_who_opens_a_story_says_nothing_of_what_its_origin_is_asked_for(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    async with telling(make_bench(), assets, recap()) as running:
        plain = await (await running.player().open(MASTER)).poll()
        told = await running.player().open(MASTER, **{f"manifest.{PARAMETER}": "goals,../x"})
        assert (await told.poll()).text == plain.text
        other = await running.get("/v1/master/default/recap/other.m3u8")
        assert other.status_code == 404


async def test_files_alone_get_a_ladder_of_our_own(
    make_bench: Callable[..., Bench], assets: Path, tiny_media: object
) -> None:
    bench = make_bench()
    file = Asset(file=bench.media.source("a"))
    show = recap(assets={"a": file}, story=(PlayPart(play="a"), PlayPart(play="a")))
    async with telling(bench, assets, show) as running:
        player = await running.player().open(MASTER)
        assert "RESOLUTION=640x360" in player.master
        assert 'CODECS="avc1.' in player.master
        listed = await player.poll()
        assert listed.marks == [False, True]
        _, mpd = await mpd_of(running)
        assert mpd.duration == Decimal(8)
        assert "1080" not in player.master  # not more than the source has


async def test_breaks_stand_between_parts_where_the_story_has_them(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """A-33 and B-20: the same ads at the same place in HLS and in DASH."""
    bench = make_bench()
    gap = BreakPart(fill=vast("pod/2"), seconds=Decimal(10))
    outro = ScheduledBreak(at="end", fill=AssetFill(asset="bumper"))
    show = recap(
        story=(PlayPart(play="opener"), gap, PlayPart(play="goals")),
        breaks=(outro,),
    )
    bumper = Asset(file=bench.media.source("bumper"))
    show = replace(show, assets={**show.assets, "bumper": bumper})
    async with telling(bench, assets, show) as running:
        # The first viewer's ads are packaged for the next one.
        await (await running.player().open(MASTER)).poll()
        await running.weft.house.settled()
        player = await running.player().open(MASTER)
        listed = await player.poll()
        opener, goals = listed.marks.index(True, 1), len(listed.marks)
        assert opener == 2
        assert goals > 8
        for number in (1, 2):
            assert (await player.poll(number)).marks == listed.marks
        token = player.token
        _, mpd = await mpd_of(running, f"{MPD}?aws.sessionId={token}")
        ids = [period.id for period in mpd.periods]
        assert ids[0] == "c0"
        assert ids[1].startswith("s1.")
        assert ids.index("c1") == len(ids) - 2
        assert ids[-1] == "s0.0"
        seconds = sum(
            (segment for segment in map(Decimal, _extinfs(listed.text))), start=Decimal(0)
        )
        assert mpd.duration == seconds
        assert running.weft.config.shows["recap"].breaks == (outro,)


def _extinfs(text: str) -> list[str]:
    return [line[8:].rstrip(",") for line in text.splitlines() if line.startswith("#EXTINF:")]


async def test_conditions_lead_to_parts_and_moments_fit_their_time(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    bench = make_bench()
    files = {name: Asset(file=bench.media.source(name), kind="goal") for name in ("a", "b")}
    fit = Highlights(moments=("a", "b"), seconds=Decimal(5))
    show = recap(
        assets={**recap().assets, **files},
        story=(
            BranchPart(
                when='look == "dark"',
                then=(FitPart(fit=fit),),
                otherwise=(PlayPart(play="goals"),),
            ),
        ),
    )
    async with telling(bench, assets, show) as running:
        dark = await running.player().open(MASTER, look="dark")
        assert sum(map(Decimal, _extinfs((await dark.poll()).text))) == 4
        light = await running.player().open(MASTER)
        assert sum(map(Decimal, _extinfs((await light.poll()).text))) == 6


@needs_schema
async def test_a_story_may_be_like_a_dash_presentation(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    bench = make_bench()
    opener = Asset(origin=ASSETS + "opener/{look}/", path="index.mpd")
    show = recap(assets={"opener": opener, "a": Asset(file=bench.media.source("a"))})
    show = replace(show, story=(PlayPart(play="a"), PlayPart(play="opener")))
    async with telling(bench, assets, show) as running:
        player = await running.player().open(MASTER)
        assert player.master.count("#EXT-X-STREAM-INF") == 2
        assert "RESOLUTION=64x36" in player.master
        assert (await player.poll()).marks == [False, False, True, False]
        body, mpd = await mpd_of(running)
        assert_valid(body)
        assert mpd.duration == Decimal(8)
        assert not running.count(Reason.CREATIVE_STREAM_UNMATCHED)


async def test_an_origin_that_comes_late_is_looked_at_again(
    make_bench: Callable[..., Bench], assets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.stories.stories.RETRY_S", 0.05)
    bench = make_bench()
    faults = {"/opener/light/index.m3u8": down}
    async with telling(bench, assets, recap(), ready=False, faults=faults) as running:
        await running.weft.presentations.stories.prepared.wait()
        assert (await running.get(MASTER)).status_code == 503
        assert running.count(Reason.STORY_LADDER_MISSING) >= 1
        bench.world.faults.clear()
        for _ in range(200):
            bench.clock.advance(2)
            await asyncio.sleep(0.05)
            if (await running.get(MASTER)).status_code == 200:
                break
        else:
            raise AssertionError("it never came")


async def test_a_break_may_show_an_asset_at_a_url(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    gap = BreakPart(fill=AssetFill(asset="goals"))
    show = recap(story=(PlayPart(play="opener"), gap, PlayPart(play="opener")))
    async with telling(make_bench(), assets, show) as running:
        listed = await (await running.player().open(MASTER)).poll()
        assert len(listed.uris) == 7
        assert listed.marks.count(True) == 2
        _, mpd = await mpd_of(running)
        assert [period.id for period in mpd.periods] == ["c0", "s0.0", "c1"]
        assert mpd.duration == Decimal(14)


async def test_an_asset_that_does_not_fit_has_its_stand_in_and_says_why(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """Content that repeats one segment is no presentation of its own."""
    bench = make_bench()
    odd = Asset(origin="http://origin.example/vod/", otherwise="goals")
    show = recap(assets={**recap().assets, "odd": odd}, story=(PlayPart(play="odd"),))
    async with telling(bench, assets, show) as running:
        player = await running.player().open(MASTER)
        assert len((await player.poll()).uris) == 3
        assert running.count(Reason.STORY_ASSET_REPLACED) == 1
        assert running.count(Reason.CREATIVE_STREAM_UNMATCHED) == 1
        line = next(one for one in running.log.getvalue().splitlines() if '"odd"' in one)
        assert "creative_stream_unmatched" in line


async def test_sound_in_several_languages_stays_apart_and_begins_with_the_viewers(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """A-57 is of what cannot follow; sound can: no track is taken away, in HLS or in DASH."""
    lang = Fact(name="lang", kind="string", of=("en", "es-MX", "fr"), default="en")
    two = Asset(origin=ASSETS + "two/")
    file = Asset(file=make_bench("files").media.source("a"))
    show = recap(
        facts={"lang": lang},
        language="lang",
        assets={"two": two, "file": file},
        story=(PlayPart(play="two"), PlayPart(play="file")),
    )
    async with telling(make_bench(), assets, show) as running:
        for said, first in (("en", "en"), ("es-MX", "es"), ("fr", "en")):
            player = await running.player().open(MASTER, lang=said)
            media = [line for line in player.master.split("\n") if line.startswith("#EXT-X-MEDIA")]
            assert len(media) == 4
            begins = [line for line in media if "AUDIO" in line and "DEFAULT=YES" in line]
            assert [f'LANGUAGE="{first}"' in line for line in begins] == [True]
            sounds = [(await player.poll(number)).uris for number in (2, 3)]
            assert not set(sounds[0][:3]) & set(sounds[1][:3])
            _, mpd = await mpd_of(running, f"{MPD}?lang={said}")
            for period in mpd.periods:
                assert next(one.language for one in period.sets if one.kind == "audio") == first
                assert len(period.sets) == 3
        assert not running.count(Reason.CREATIVE_STREAM_UNMATCHED)


async def test_subtitles_go_with_what_they_belong_to(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """A-55: cues where a part has them, at the borders of the video; none where it has none."""
    file = Asset(file=make_bench("files").media.source("a"))
    show = recap(
        assets={"two": Asset(origin=ASSETS + "two/"), "file": file},
        story=(PlayPart(play="file"), PlayPart(play="two")),
    )
    async with telling(make_bench(), assets, show) as running:
        player = await running.player().open(MASTER)
        found = {}
        for line in player.master.split("\n"):
            if "TYPE=SUBTITLES" in line:
                language = line.split('LANGUAGE="')[1][:2]
                listed = player.read((await running.get(line.split('URI="')[1][:-1])).text)
                found[language] = [
                    (await running.get(uri.removeprefix("http://weft.example"))).text
                    for uri in listed.uris
                ]
                assert listed.marks == [False, False, True, False, False]
        assert set(found) == {"en", "sv"}
        for language, words in (("en", "Goal"), ("sv", "Mal")):
            texts = found[language]
            assert [words in text for text in texts] == [False, False, True, True, True]
            assert f"00:00:01.000 --> 00:00:02.500\n{words} 0" in texts[2]
            assert f"00:00:01.000 --> 00:00:02.500\n{words} 0" in texts[3]
            assert f"00:00:04.000 --> 00:00:05.000\n{words} 1" in texts[4]
        _, mpd = await mpd_of(running)
        assert len(mpd.periods) == 2


async def test_what_is_made_of_a_template_plays_in_a_story_for_whom_it_was_made(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    card = find_folder("card", beside=Path("/nowhere"))
    hello = Made(template=card, data={"name": "{name}"}, seconds=Decimal(2), otherwise="goals")
    name = Fact(name="name", kind="string", of=("Ana", "Bo"), default="Bo")
    show = recap(
        facts={**recap().facts, "name": name},
        assets={**recap().assets, "hello": hello},
        story=(PlayPart(play="hello"), PlayPart(play="opener")),
    )
    async with telling(make_bench(), assets, show) as running:
        early = await (await running.player().open(MASTER, name="Ana")).poll()
        assert len(early.uris) == 5  # what `or` says, until it is made
        assert running.count(Reason.STORY_ASSET_REPLACED) == 1
        await running.weft.assets.settled()
        late = await (await running.player().open(MASTER, name="Ana")).poll()
        assert late.marks == [False, True, False]
        answer = await running.get(late.uris[0].removeprefix("http://weft.example"))
        assert answer.status_code == 200
        _, mpd = await mpd_of(running, f"{MPD}?name=Ana")
        assert mpd.duration == Decimal(6)
        other = await (await running.player().open(MASTER, name="Bo")).poll()
        assert other.uris[0] != late.uris[0]


async def test_nothing_broken_is_served_while_media_are_on_their_way(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    bench = make_bench()
    gate = asyncio.Event()
    gates = {"/goals/index.m3u8": gate}
    async with telling(bench, assets, recap(), ready=False, gates=gates) as running:
        early = await running.get(MASTER)
        assert early.status_code == 503
        assert early.json() == {"error": "story_not_ready"}
        assert int(early.headers["retry-after"]) > 0
        gate.set()
        await running.weft.presentations.stories.prepared.wait()
        await running.weft.house.settled()
        assert (await running.get(MASTER)).status_code == 200


async def test_nothing_at_all_to_play_is_told_as_that(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    show = recap()
    missing = Asset(origin=ASSETS + "nowhere/")
    show = replace(show, assets={**show.assets, "gone": missing}, story=(PlayPart(play="gone"),))
    async with telling(make_bench(), assets, show) as running:
        answer = await running.get(MASTER)
        assert answer.status_code == 404
        assert answer.json() == {"error": "story_empty"}


async def test_who_is_told_the_same_story_has_the_same_playlists_in_any_language(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    tongue = Fact(name="tongue", kind="string", of=("en", "es"))
    story = recap(facts={"look": LOOK, "tongue": tongue}, language="tongue")
    async with telling(make_bench(), assets, story) as running:
        dark, light, spanish = [
            await running.player().open(MASTER, **facts)
            for facts in (
                {"look": "dark", "tongue": "en"},
                {"look": "light"},
                {"look": "dark", "tongue": "es"},
            )
        ]
        assert dark.renditions == spanish.renditions
        assert not set(dark.renditions) & set(light.renditions)
        answer = await running.get(dark.renditions[0])
        assert answer.headers["cache-control"] == "public, max-age=3600"
        at = []
        for facts in ({"look": "dark"}, {"look": "dark"}, {"look": "light"}):
            session = (await running.get(MPD, params=facts)).headers["location"]
            at.append((await running.get(session)).headers["location"])
        assert at[0] == at[1] != at[2]


async def test_a_session_goes_on_with_its_story_after_a_restart(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    """A-03: settled when the session began, and stored with it."""
    bench = make_bench()
    bench.use_sqlite()
    async with telling(bench, assets, recap()) as running:
        player = await running.player().open(MASTER, look="dark")
        before = await player.poll()
        session = (await running.get(MPD, params={"look": "dark"})).headers["location"]
        mpd, _ = await mpd_of(running, session)
    async with telling(bench, assets, recap()) as running:
        again = running.player().adopt(player)
        assert (await again.poll()).text == before.text
        after, _ = await mpd_of(running, session)
        assert after == mpd
