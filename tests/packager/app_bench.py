"""The world around a composed server: an origin, an ad server, creatives, players, a clock.

Nothing inside the server is replaced. Its outbound calls end in `World`, its clock stands still
until a test moves it, and its media folder begins as a copy of one that the product's own packaging
filled, so that no test waits for an encoder.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
from media_for_bench import make_clip
from mpd_for_bench import mpd_text
from starlette.types import ASGIApp

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from manifests.hls.multivariant import read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from manifests.timing import format_date_time
from packager.app import create_app
from packager.clock import ManualClock, unix_seconds
from packager.config.ad_settings import VastServer
from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak, SlateFill, VastFill
from packager.config.process_settings import Media, Store, Timeouts
from packager.config.show_settings import Asset, Show
from packager.config.values import Config
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.templates import read_template
from packager.demo.ad_server import AdServer, DemoAd
from packager.log import configure
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.packaging.ladder import AudioSpec, Ladder, Rung, VideoSpec
from packager.packaging.library import MediaLibrary
from packager.packaging.probe import Probe, derive_ladder, media_playlist_uris
from packager.packaging.store import digest_of_source
from packager.packaging.vod import package_vod
from packager.reasons import Reason
from packager.rendering.workers import DRAW
from packager.weft import Weft, open_weft

ORIGIN = "http://origin.example/"
ADS = "http://ads.example"
MEDIA = "http://media.example"
SEGMENT_S = 2
WINDOW = 8  # segments of the live playlists
CREATIVES = {"a": 4, "b": 2, "long": 12}  # seconds
SLATE_S, BUMPER_S = 2, 2

_VIDEO = VideoSpec(width=64, height=36, frame_rate=Fraction(25), bitrate=120_000)
_RUNGS = tuple(
    Rung(
        kind=kind,
        container="cmaf",
        segment_s=Fraction(SEGMENT_S),
        frame_grid=Fraction(25),
        video=video,
        audio=audio,
    )
    for kind, video, audio in (
        ("video", _VIDEO, None),
        ("video", replace(_VIDEO, width=48, height=28), None),
        ("audio", None, AudioSpec(sample_rate=48_000, channels=2, bitrate=64_000)),
    )
)


@dataclass(frozen=True)
class TinyMedia:
    """Files made once per run."""

    content: Path  # a VOD presentation of one segment and its renditions
    folder: Path  # a media folder with everything conditioned for the content's ladder
    sources: Path  # creatives, slate and bumper as files
    ladder: Ladder

    def source(self, name: str) -> Path:
        return self.sources / f"{name}.mp4"


def make_tiny_media(root: Path) -> TinyMedia:
    sources = root / "sources"
    sources.mkdir()
    clips = {**CREATIVES, "slate": SLATE_S, "bumper": BUMPER_S, "content": SEGMENT_S}
    for number, (name, seconds) in enumerate(clips.items()):
        (sources / f"{name}.mp4").write_bytes(make_clip(seconds, shade=20 + 30 * number))
    content = root / "content"
    content.mkdir()
    index = package_vod(sources / "content.mp4", _RUNGS, content)
    source = read_multivariant_playlist(index.read_bytes(), url=ORIGIN + "index.m3u8")
    probes = []
    for uri in media_playlist_uris(source):
        name = uri.removeprefix(ORIGIN)
        playlist = read_media_playlist((content / name).read_bytes(), url=uri)
        segment = playlist.segments[0]
        assert segment.map is not None
        probes.append(
            Probe(
                playlist=playlist,
                init=(content / segment.map.uri.removeprefix(ORIGIN)).read_bytes(),
                media=(content / segment.uri.removeprefix(ORIGIN)).read_bytes(),
            )
        )
    ladder = derive_ladder(source, probes)
    asyncio.run(_condition_all(root / "media", sources, ladder))
    return TinyMedia(content, root / "media", sources, ladder)


async def _condition_all(folder: Path, sources: Path, ladder: Ladder) -> None:
    library = MediaLibrary(folder, workers=2)
    kinds = dict.fromkeys(CREATIVES, "ad") | {"slate": "slate", "bumper": "bumper"}
    made = await asyncio.gather(
        *(
            library.condition(sources / f"{name}.mp4", ladder, kind=kind)  # type: ignore[arg-type]
            for name, kind in kinds.items()
        )
    )
    slate = made[list(kinds).index("slate")]
    await library.cut(slate, Fraction(1))
    await library.aclose()


_LADDERS: dict[object, Ladder] = {}


class RememberingLibrary(MediaLibrary):
    """The library; what it saw in the same media before, in this run of the tests, it remembers."""

    async def derive_ladder(
        self, source: MultivariantPlaylist | MediaPlaylist, probes: Sequence[Probe]
    ) -> Ladder:
        lengths = tuple(sorted({s.duration for p in probes for s in p.playlist.segments}))
        key = (
            source.lines if isinstance(source, MultivariantPlaylist) else "media",
            lengths,
            tuple((probe.init, probe.media) for probe in probes),
        )
        if key not in _LADDERS:
            _LADDERS[key] = await super().derive_ladder(source, probes)
        return _LADDERS[key]


Answer = Callable[[httpx2.Request], httpx2.Response | Exception]


class World:
    """Everything that the server can reach: origin, ad server, media. Misbehaves on request.

    The origin has `live/index.m3u8` and its media playlists, whose window moves with the clock, and
    `vod/index.m3u8`. `cues[n]` are lines before live segment n. The same are there as MPDs, whose
    breaks are in `events`.
    """

    def __init__(self, media: TinyMedia, clock: ManualClock) -> None:
        self._media = media
        self._clock = clock
        self.cues: dict[int, str] = {}
        self.vod_cues: dict[int, str] = {}
        self.events: list[str] = []  # of the live MPD
        self.vod_events: list[str] = []
        self.vod_segments = 10
        self.ended = False
        self.playlist_type = ""
        self.epoch = 0  # origin restarts: number of the first segment, and another path
        self.epoch_at = Decimal(0)
        self.lag: dict[str, int] = {}  # segments that a live rendition is behind
        self.faults: dict[str, Answer] = {}  # by the end of the URL's path, before all else
        self.gates: dict[str, asyncio.Event] = {}  # by the end of the path: waits for it
        self.requests: Counter[str] = Counter()  # by URL without query
        self.asked: list[httpx2.URL] = []
        self.ad_server = AdServer(
            [
                DemoAd(id=name, media_url=f"{MEDIA}/{name}.mp4", duration=Decimal(seconds))
                for name, seconds in CREATIVES.items()
                if name != "long"
            ],
            base_url=ADS,
        )
        self.ads: ASGIApp = self.ad_server.app  # answers at ADS

    def ad_calls(self) -> int:
        """Calls that ask for ads; those that tell of them are others."""
        told = (f"{ADS}/beacon/", f"{ADS}/sink/")
        asked = [one for one in self.requests if one.startswith(ADS) and not one.startswith(told)]
        return sum(self.requests[one] for one in asked)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        self.asked.append(url)
        self.requests[str(url.copy_with(query=None))] += 1
        for end, gate in tuple(self.gates.items()):
            if url.path.endswith(end):
                await gate.wait()
        for end, answer in tuple(self.faults.items()):
            if url.path.endswith(end):
                found = answer(request)
                if isinstance(found, Exception):
                    raise found
                return found
        if url.host == "ads.example":
            return await httpx2.ASGITransport(app=self.ads).handle_async_request(request)
        if url.host == "media.example":
            path = self._media.sources / url.path[1:]
            return _file(path)
        *folders, file = url.path[1:].split("/")
        if file == "index.mpd":
            return httpx2.Response(200, content=self.mpd(live=folders[0] == "live").encode())
        if file == "index.m3u8":
            return httpx2.Response(200, content=(self._media.content / file).read_bytes())
        if file.endswith(".m3u8"):
            text = self.live(file) if folders[0] == "live" else self.vod(file)
            return httpx2.Response(200, content=text.encode())
        name = folders[-1]
        if file.startswith("s"):  # every segment is the one that there is
            paths = (self._media.content / name).glob("1.*")
            file = next((path.name for path in paths), file)
        return _file(self._media.content / name / file)

    @property
    def edge(self) -> int:
        """Number of the live segment after the last one listed."""
        elapsed = unix_seconds(self._clock.now()) - self.epoch_at
        return self.epoch + int(elapsed // SEGMENT_S)

    def live(self, name: str) -> str:
        folder = name.removesuffix(".m3u8")
        end = self.edge - self.lag.get(folder, 0)
        first = max(end - WINDOW, self.epoch)
        if self.playlist_type == "EVENT":
            first = self.epoch
        lines = self._head(folder, first)
        for number in range(first, end):
            lines += self._segment(folder, number, self.cues)
        if self.ended:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join([*lines, ""])

    def vod(self, name: str) -> str:
        folder = name.removesuffix(".m3u8")
        lines = self._head(folder, 0)
        lines.insert(3, "#EXT-X-PLAYLIST-TYPE:VOD")
        for number in range(self.vod_segments):
            lines += self._segment(folder, number, self.vod_cues)
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    def mpd(self, *, live: bool) -> str:
        folders = tuple(rung.key for rung in _RUNGS)
        end = self.edge if live else self.vod_segments
        return mpd_text(
            folders,  # type: ignore[arg-type]
            first=max(end - WINDOW, self.epoch) if live else 0,
            end=end,
            events=tuple(self.events if live else self.vod_events),
            live=live,
        )

    def _head(self, folder: str, first: int) -> list[str]:
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
        ]
        if self.playlist_type:
            lines.append(f"#EXT-X-PLAYLIST-TYPE:{self.playlist_type}")
        return [*lines, f'#EXT-X-MAP:URI="{folder}/init.mp4"']

    def _segment(self, folder: str, number: int, cues: Mapping[int, str]) -> list[str]:
        at = self.epoch_at + (number - self.epoch) * SEGMENT_S
        lines = cues[number].split("\n") if number in cues else []
        name = f"s{number}" + (f"-{int(self.epoch_at)}" if self.epoch_at else "")
        return [
            *lines,
            f"#EXT-X-PROGRAM-DATE-TIME:{format_date_time(at)}",
            f"#EXTINF:{SEGMENT_S}.000000,",
            f"{folder}/{name}.m4s",
        ]


def _file(path: Path) -> httpx2.Response:
    if not path.is_file():
        return httpx2.Response(404)
    return httpx2.Response(200, content=path.read_bytes())


def answer(content: bytes | str = b"", status: int = 200, **headers: str) -> Answer:
    """An answer for `World.faults`."""
    return lambda request: httpx2.Response(status, content=content, headers=headers)


def down(request: httpx2.Request) -> Exception:
    """No connection, for `World.faults`."""
    return httpx2.ConnectError("refused")


def vast(scenario: str = "fill") -> VastFill:
    url = f"{ADS}/vast/{scenario}?d={{break.seconds}}&sid={{session.id}}&{{ads}}"
    return VastFill(server=VastServer(url=read_template(url)))


@dataclass
class Listed:
    """What a player reads in a media playlist."""

    text: str
    sequence: int
    discontinuity_sequence: int
    kinds: list[str]  # "c12", "a", "slate": one per segment
    uris: list[str]
    marks: list[bool]  # a DISCONTINUITY stands before it
    ended: bool

    def numbered(self) -> dict[int, tuple[str, int]]:
        """What H-01 and H-02 are about: number -> URI and discontinuity number."""
        found, dsn = {}, self.discontinuity_sequence
        for index, (uri, mark) in enumerate(zip(self.uris, self.marks, strict=True)):
            dsn += mark
            found[self.sequence + index] = (uri, dsn)
        return found


class Player:
    """Opens a session and polls, and fails the test where a playlist breaks a promise."""

    def __init__(self, client: httpx2.AsyncClient, names: Mapping[str, str]) -> None:
        self._client = client
        self._names = names  # of a digest in a URI
        self.master = ""
        self.renditions: list[str] = []
        self._seen: dict[str, dict[int, tuple[str, int]]] = {}
        self._last: dict[str, tuple[int, int]] = {}

    @property
    def token(self) -> str:
        return self.renditions[0].split("/")[4]

    async def open(self, path: str, **parameters: str) -> "Player":
        answer = await self._client.get(path, params=parameters or None)
        assert answer.status_code == 200, answer.text
        self.master = answer.text
        lines = self.master.splitlines()
        self.renditions = [line for line in lines if line and not line.startswith("#")]
        self.renditions += [
            line.split('URI="')[1].split('"')[0]
            for line in lines
            if line.startswith("#EXT-X-MEDIA")
        ]
        return self

    def adopt(self, other: "Player") -> "Player":
        """Go on with another player's session and memory, perhaps at another server."""
        self.master, self.renditions = other.master, other.renditions
        self._seen, self._last = other._seen, other._last
        return self

    async def poll(self, number: int = 0) -> Listed:
        answer = await self._client.get(self.renditions[number])
        assert answer.status_code == 200, answer.text
        listed = self.read(answer.text)
        self._check(self.renditions[number], listed)
        return listed

    def read(self, text: str) -> Listed:
        playlist = read_media_playlist(text, url="http://weft.example/v1/manifest/t/k/0.m3u8")
        uris = [segment.uri for segment in playlist.segments]
        return Listed(
            text=text,
            sequence=playlist.media_sequence,
            discontinuity_sequence=playlist.discontinuity_sequence,
            kinds=[self._kind(uri) for uri in uris],
            uris=uris,
            marks=[segment.discontinuity for segment in playlist.segments],
            ended=playlist.ended,
        )

    def _kind(self, uri: str) -> str:
        if uri.startswith(ORIGIN):
            return uri.rpartition("/s")[2].removesuffix(".m4s")
        return self._names.get(uri.split("/")[-2], "?")

    def _check(self, url: str, listed: Listed) -> None:
        """H-01, H-02: numbers never fall, and one seen before keeps its meaning."""
        numbers = (listed.sequence, listed.discontinuity_sequence)
        last = self._last.setdefault(url, numbers)
        assert numbers[0] >= last[0], f"MEDIA-SEQUENCE fell: {last} {numbers}"
        assert numbers[1] >= last[1], f"DISCONTINUITY-SEQUENCE fell: {last} {numbers}"
        self._last[url] = numbers
        seen = self._seen.setdefault(url, {})
        for number, meaning in listed.numbered().items():
            assert seen.setdefault(number, meaning) == meaning, f"segment {number} changed"


@dataclass
class Running:
    """A server that runs, and how to talk to it."""

    weft: Weft
    app: ASGIApp
    client: httpx2.AsyncClient
    metrics: Metrics
    log: StringIO
    names: Mapping[str, str]

    def player(self) -> Player:
        return Player(self.client, self.names)

    async def get(self, path: str, **settings: Any) -> httpx2.Response:
        return await self.client.get(path, **settings)

    def count(self, reason: Reason) -> int:
        """How often something was degraded or refused for a reason."""
        line = f'{{reason="{reason}"}} '
        for text in self.metrics.render().decode().splitlines():
            if line in text and not text.startswith("#") and "_created" not in text:
                return int(float(text.rpartition(" ")[2]))
        return 0


@dataclass
class Bench:
    """A world, and servers in it: one after the other, or several at a time."""

    media: TinyMedia
    folder: Path
    seconds: float = 100.0  # on the clock at the start
    clock: ManualClock = field(default_factory=ManualClock)
    live_fill: Any = None
    otherwise: str = "slate"
    vod_breaks: tuple[Any, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)  # of the Config
    show_changes: dict[str, Any] = field(default_factory=dict)  # of the live show
    conditioned: bool = True  # the media folder has everything
    patience_s: float = 2.0  # with an ad server; only a busy machine needs so much
    origin_patience_s: float = 10.0  # where there is an older document; the same of it
    draw: str = DRAW  # what draws overlays in worker processes
    templates: dict[str, Path] = field(default_factory=dict)  # of overlays, by digest

    def __post_init__(self) -> None:
        self.clock.advance(self.seconds)
        self.world = World(self.media, self.clock)
        if self.conditioned:
            shutil.copytree(self.media.folder, self.folder)
        self.config = self._config()

    def _config(self) -> Config:
        slate = Asset(file=self.media.source("slate"))
        live = Show(
            name="live",
            origin=f"{ORIGIN}live/",
            breaks=(CueBreaks(fill=self.live_fill or vast(), otherwise=self.otherwise),),  # type: ignore[arg-type]
            slate=slate,
            **self.show_changes,
        )
        vod = Show(
            name="vod",
            origin=f"{ORIGIN}vod/",
            breaks=self.vod_breaks
            or (
                ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="bumper")),
                ScheduledBreak(at=Decimal(8), fill=vast("pod/2"), seconds=Decimal(10)),
                ScheduledBreak(at="end", fill=SlateFill(), seconds=Decimal(2)),
            ),
            slate=slate,
            assets={"bumper": Asset(file=self.media.source("bumper"))},
        )
        plain = Show(name="plain", origin=f"{ORIGIN}live/")
        config = Config(
            media=Media(folder=self.folder, workers=1),
            timeouts=Timeouts(ad_deadline_s=self.patience_s),
            shows={"live": live, "vod": vod, "plain": plain},
        )
        config = replace(config, **self.changes)
        timeouts = replace(config.timeouts, origin_deadline_s=self.origin_patience_s)
        return replace(config, timeouts=timeouts)

    def use_sqlite(self) -> None:
        self.config = replace(self.config, store=Store(self.folder.parent / "weft.db"))

    @asynccontextmanager
    async def run(self, *, stocked: bool = True) -> AsyncIterator[Running]:
        """Run a server; `stocked`: what the ads and the house need was met before."""
        metrics = Metrics()
        log = StringIO()
        configure(stream=log, level="debug", clock=self.clock)
        library = RememberingLibrary(self.folder, uri_prefix="/tm")
        async with open_weft(
            self.config,
            clock=self.clock,
            metrics=metrics,
            client=GuardedClient(transport=httpx2.MockTransport(self.world)),
            library=library,
            templates=self.templates,
            draw=self.draw,
        ) as weft:
            app = create_app(weft)
            transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(
                transport=transport, base_url="http://weft.example"
            ) as client:
                running = Running(weft, app, client, metrics, log, self._names())
                if stocked:
                    await self._stock(running)
                yield running

    async def _stock(self, running: Running) -> None:
        """Have the server meet its ads and its house media, as an earlier viewer would have."""
        house, ladder = running.weft.house, self.media.ladder
        for name in CREATIVES:
            file = MediaFile(url=f"{MEDIA}/{name}.mp4", type="video/mp4")
            await house.condition(file, Ad(id=name), ladder)
        for show in running.weft.config.shows.values():
            house.prepare(show, ladder)
        await house.settled()
        self.world.requests.clear()

    def _names(self) -> dict[str, str]:
        """What plays, by the digest in its URIs."""
        names = {}
        library = MediaLibrary(self.folder)
        for asset in library._folder.assets():
            found = (
                name
                for name in (*CREATIVES, "slate", "bumper")
                if digest_of_source(self.media.source(name)) == asset.source
            )
            name = next(found, "story")
            for rendition in asset.renditions:
                for segment in rendition.segments:
                    names[segment.digest] = name
        library._folder.close()
        return names
