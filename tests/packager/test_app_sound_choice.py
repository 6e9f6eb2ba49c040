"""Which of the content's own sound a session begins with, from a composed server."""

from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest
from app_bench import Bench, TinyMedia

from manifests.dash.reading.reader import read_mpd
from manifests.hls.multivariant import read_multivariant_playlist
from packager.config.fact_settings import Fact
from packager.config.show_settings import Audio

MakeBench = Callable[..., Bench]
SOUND = Fact(name="sound", kind="string")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def choosing(make_bench: MakeBench, media: TinyMedia) -> Bench:
    """The VOD show, with ads, whose sound there is twice."""
    bench = make_bench()
    show = replace(bench.config.shows["vod"], facts={"sound": SOUND}, audio=Audio(prefer="{sound}"))
    bench.config = replace(bench.config, shows=bench.config.shows | {"vod": show})
    lines = (media.content / "index.m3u8").read_text().splitlines()
    (at,) = (number for number, line in enumerate(lines) if "TYPE=AUDIO" in line)
    name = lines[at].partition('NAME="')[2].partition('"')[0]
    lines.insert(at + 1, lines[at].replace(f'NAME="{name}"', 'NAME="Fans"').replace("=YES", "=NO"))
    text = "\n".join([*lines, ""])
    bench.world.faults["vod/index.m3u8"] = lambda _: httpx2.Response(200, text=text)
    mpd = bench.world.mpd(live=False)
    start = mpd.index('<AdaptationSet id="2"')
    end = mpd.index("</AdaptationSet>", start) + len("</AdaptationSet>")
    twin = mpd[start:end].replace('id="2"', 'id="5"').replace('lang="en"', 'lang="qaa"')
    twin = twin.replace('Representation id="', 'Representation id="x')
    text_of_mpd = mpd[:end] + twin + mpd[end:]
    bench.world.faults["vod/index.mpd"] = lambda _: httpx2.Response(200, text=text_of_mpd)
    return bench


@pytest.mark.parametrize(("sound", "begins"), [("fans", "Fans"), ("other", None), (None, None)])
async def test_hls_players_begin_with_it(
    make_bench: MakeBench, tiny_media: TinyMedia, sound: str | None, begins: str | None
) -> None:
    bench = choosing(make_bench, tiny_media)
    async with bench.run() as running:
        answer = await running.get(
            "/v1/master/default/vod/index.m3u8", params=sound and {"sound": sound}
        )
        assert answer.status_code == 200, answer.text
        playlist = read_multivariant_playlist(answer.content, url="http://weft.example/")
        assert len(playlist.renditions) == 2
        (default,) = (one.name for one in playlist.renditions if one.default)
        assert (default == "Fans") is (begins == "Fans")


@pytest.mark.parametrize("sound", ["qaa", "other"])
async def test_dash_players_begin_with_it_in_every_period(
    make_bench: MakeBench, tiny_media: TinyMedia, sound: str
) -> None:
    bench = choosing(make_bench, tiny_media)
    async with bench.run() as running:
        answer = await running.get(
            "/v1/dash/default/vod/index.mpd", params={"sound": sound}, follow_redirects=True
        )
        assert answer.status_code == 200, answer.text
        mpd = read_mpd(answer.content, url=str(answer.url))
        assert len(mpd.periods) > 1
        for period in mpd.periods:
            told = {
                one.language: (one.element.get("selectionPriority"), one.roles)
                for one in period.sets
                if one.kind == "audio"
            }
            assert told.keys() == {"en", "qaa"}
            assert (told["qaa"] == ("2", ("main",))) is (sound == "qaa")
