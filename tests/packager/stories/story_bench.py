"""A server with a story: assets that are HLS and DASH at a host of their own, and files."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx2
from app_bench import _RUNGS, Answer, Bench, Running, TinyMedia, World
from media_for_bench import make_clip

from packager.config.asset_settings import Asset
from packager.config.fact_settings import Fact
from packager.config.show_settings import Show
from packager.config.story_settings import PlayPart
from packager.packaging.ladder import Rung
from packager.packaging.vod import package_vod

ASSETS = "http://assets.example/"
LENGTHS = {"opener/light": 4, "opener/dark": 4, "goals": 6}
MASTER = "/v1/master/default/recap/index.m3u8"
MPD = "/v1/dash/default/recap/index.mpd"
LOOK = Fact(name="look", kind="string", of=("light", "dark"), default="light")


def make_assets(root: Path, rungs: Sequence[Rung] = _RUNGS) -> Path:
    """Presentations of a few seconds, as somebody else's packager would have made them."""
    for number, (name, seconds) in enumerate(LENGTHS.items()):
        folder = root / name
        folder.mkdir(parents=True)
        package_vod(make_clip(seconds, shade=40 + 30 * number), rungs, folder)
    _speak_two_languages(root, rungs)
    return root


SUBTITLES = """#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:3
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:3,
XX-0.vtt
#EXTINF:3,
XX-1.vtt
#EXT-X-ENDLIST
"""


def _speak_two_languages(root: Path, rungs: Sequence[Rung]) -> None:
    """`two/`: the pictures of the goals, and the sound of two films."""
    (sound,) = [rung.key for rung in rungs if rung.kind == "audio"]
    shutil.copytree(root / "goals", root / "two")
    package_vod(make_clip(6, shade=200), rungs, root / "other")
    shutil.copytree(root / "other" / sound, root / "two" / "es")
    playlist = (root / "other" / f"{sound}.m3u8").read_text()
    (root / "two" / "es.m3u8").write_text(playlist.replace(sound, "es"))
    index = root / "two" / "index.m3u8"
    lines = []
    for line in index.read_text().split("\n"):
        if line.startswith("#EXT-X-MEDIA"):
            english = line.replace('NAME="Audio 1"', 'NAME="English",LANGUAGE="en"')
            spanish = line.replace('NAME="Audio 1"', 'NAME="Espanol",LANGUAGE="es"')
            spanish = spanish.replace("DEFAULT=YES", "DEFAULT=NO").replace(sound, "es")
            lines += [english, spanish]
        else:
            lines.append(line)
    for language, words in (("en", "Goal"), ("sv", "Mal")):
        tag = f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="{language}",LANGUAGE="{language}"'
        lines.insert(3, f'{tag},AUTOSELECT=YES,URI="text-{language}.m3u8"')
        (root / "two" / f"text-{language}.m3u8").write_text(SUBTITLES.replace("XX", language))
        for number, at in enumerate(("00:01.000 --> 00:02.500", "00:04.000 --> 00:05.000")):
            text = (
                f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n{at}\n{words} {number}\n"
            )
            (root / "two" / f"{language}-{number}.vtt").write_text(text)
    text = "\n".join(lines).replace('AUDIO="audio"\n', 'AUDIO="audio",SUBTITLES="t"\n')
    index.write_text(text)


class StoryWorld(World):
    """With assets."""

    def __init__(self, media: TinyMedia, bench: Bench, folder: Path) -> None:
        super().__init__(media, bench.clock)
        self._assets = folder

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host != "assets.example":
            return await super().__call__(request)
        name = request.url.path
        self.requests[str(request.url)] += 1
        if (gate := self.gates.get(name)) is not None:
            await gate.wait()
        if (fault := self.faults.get(name)) is not None:
            raise cast(Exception, fault(request))
        path = self._assets / name[1:]
        if not path.is_file():
            return httpx2.Response(404)
        return httpx2.Response(200, content=path.read_bytes())


def recap(**changes: Any) -> Show:
    """Opener, goals, and what the house has."""
    show = Show(
        name="recap",
        facts={"look": LOOK},
        assets={
            "opener": Asset(origin=ASSETS + "opener/{look}/"),
            "goals": Asset(origin=ASSETS + "goals/"),
        },
        story=(PlayPart(play="opener"), PlayPart(play="goals")),
    )
    return replace(show, **changes)


@asynccontextmanager
async def telling(
    bench: Bench,
    assets: Path,
    show: Show,
    *,
    ready: bool = True,
    faults: Mapping[str, Answer] | None = None,
    gates: Mapping[str, asyncio.Event] | None = None,
) -> Any:
    """Run a server with a story; `faults` and `gates` are the world's from the beginning."""
    bench.world = StoryWorld(bench.media, bench, assets)
    bench.world.faults |= faults or {}
    bench.world.gates |= gates or {}
    bench.config = replace(bench.config, shows={"recap": show})
    async with bench.run(stocked=False) as running:
        if ready:
            await running.weft.presentations.stories.prepared.wait()
            await running.weft.house.settled()
        yield running


Telling = Callable[..., Any]
__all__ = ["ASSETS", "LOOK", "MASTER", "MPD", "Running", "make_assets", "recap", "telling"]
