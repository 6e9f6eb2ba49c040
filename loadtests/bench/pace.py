"""Whether playlists keep their pace while the ad server does not: viewers against a whole server.

Weft and what it asks are processes of their own, Weft anew for every condition. Viewers are
scripted: they ask for what players ask for, as often, and note how long each answer took. HLS
viewers find breaks when they begin; to DASH viewers the Events of the MPD announce them some
seconds ahead.
"""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urljoin

import httpx2
import uvloop

from loadtests.ads.process import ad_server_process
from loadtests.bench.measure import Aim
from loadtests.bench.processes import (
    BREAK_EVERY_S,
    START_S,
    Server,
    free_port,
    origin_process,
    weft_process,
)
from packager.demo.build import Recipe, ensure_demo_media
from packager.reasons import Reason

POLL_S = 2.0  # a target duration of the channel, and its MPD's minimumUpdatePeriod
AIM_S = 0.25

# What the ad server does, and by which path; None: nothing listens.
CONDITIONS: Mapping[str, tuple[str, str | None]] = {
    "good": ("ads at once", "pod"),
    "slow": ("answers after 3 s", "slow"),
    "hang": ("never answers", "hang"),
    "down": ("refuses connections", None),
    "reset": ("resets connections", "reset"),
    "garbage": ("answers with bytes", "garbage"),
    "loop": ("wrappers of themselves", "loop"),
}

_SHOWS = """\
shows:
  live:
    origin: {origin}/live/
    breaks:
      - {{from: cues, fill: {{vast: "{ads}?d={{break.seconds}}&sid={{session.id}}"}}, else: slate}}
    slate: {{file: "{slate}"}}
"""
_COUNT = re.compile(r'^(weft_\w+?)_total\{\w+="(\w+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How long answers took, in milliseconds."""

    count: int
    median_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What viewers saw under one condition."""

    name: str
    hls: Answers
    dash: Answers
    wrong: int  # answers that were no playlist
    filled: int  # breaks of sessions
    fallen_back: int
    reasons: Mapping[str, int]
    late_ms: float  # of viewers, 99 of 100 times: what the machine adds to every figure

    @property
    def says(self) -> str:
        """What the ad server does."""
        return CONDITIONS[self.name][0]

    @property
    def p99_ms(self) -> float:
        """Of the format that is slower."""
        return max(self.hls.p99_ms, self.dash.p99_ms)


def run_pace(
    *,
    seconds: float,
    viewers: int,
    folder: Path,
    names: tuple[str, ...] = tuple(CONDITIONS),
) -> tuple[list[Pace], list[Aim]]:
    """Watch a live channel under each condition.

    Args:
        seconds: For each.
        viewers: Half of them in HLS, half in DASH.
        folder: For generated media, kept from run to run.
        names: Keys of `CONDITIONS`.
    """
    media = ensure_demo_media(folder, Recipe(rungs=("360p",), loop_s=16))
    with TemporaryDirectory() as packaged, origin_process(media) as origin:
        films = [f"{clip.duration_s}={origin}/media/{clip.file}" for clip in media.creatives]
        with ad_server_process([part for film in films for part in ("--film", film)]) as ads:
            found = []
            for name in names:
                path = CONDITIONS[name][1]
                url = f"http://127.0.0.1:{free_port()}/" if path is None else f"{ads}/vast/{path}"
                slate = (media.folder / media.slate.file).resolve()
                shows = _SHOWS.format(origin=origin, ads=url, slate=slate)
                with weft_process(Path(packaged), shows) as server:
                    found.append(uvloop.run(_watch(name, server, seconds, viewers)))
    return found, [aim_of(one) for one in found]


def aim_of(one: Pace) -> Aim:
    """Whether playlists kept their pace, in both formats and all of them."""
    return Aim(
        f"playlists, ad server {one.says}: p99 below {AIM_S * 1000:.0f} ms",
        f"{one.p99_ms:.1f} ms" + (f", {one.wrong} refused" if one.wrong else ""),
        one.p99_ms < AIM_S * 1000 and not one.wrong,
    )


@dataclass(slots=True)
class _Notes:
    """What all viewers note."""

    took: dict[str, list[float]] = field(default_factory=lambda: {"hls": [], "dash": []})
    late: list[float] = field(default_factory=list)  # seconds after the time to ask
    wrong: int = 0

    def answers(self, format: str) -> Answers:
        took = self.took[format]
        return Answers(
            count=len(took),
            median_ms=_hundredths(took)[49] * 1000,
            p99_ms=_hundredths(took)[98] * 1000,
            longest_ms=max(took, default=0.0) * 1000,
        )


def _hundredths(values: Sequence[float]) -> Sequence[float]:
    return quantiles(values, n=100) if len(values) > 1 else [*values, 0.0][:1] * 99


async def _watch(name: str, server: Server, seconds: float, viewers: int) -> Pace:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(limits=limits, timeout=30.0) as client:
        await _warm_up(client, server, with_ads=name == "good")
        before = await _counts(client, server)
        notes = _Notes()
        end = time.perf_counter() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(viewers):
                format = ("hls", "dash")[number % 2]
                # They come one by one: what a crowd costs that comes at once is another question.
                wait_s = (number + 0.5) / viewers * min(BREAK_EVERY_S, seconds / 2)
                view = _view(client, server, number, format, notes, wait_s=wait_s, end=end)
                group.create_task(view)
        after = await _counts(client, server)
    counts = {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}
    reasons = {code: n for (what, code), n in counts.items() if what == "weft_degradations"}
    results = {code: n for (what, code), n in counts.items() if what == "weft_ad_requests"}
    given_up = reasons.get(Reason.HOLD_EXPIRED, 0)
    return Pace(
        name=name,
        hls=notes.answers("hls"),
        dash=notes.answers("dash"),
        wrong=notes.wrong,
        filled=results.get("filled", 0),
        fallen_back=results.get("empty", 0) + results.get("failed", 0) + given_up,
        reasons=dict(sorted(reasons.items(), key=lambda one: -one[1])),
        late_ms=_hundredths(notes.late)[98] * 1000,
    )


async def _warm_up(client: httpx2.AsyncClient, server: Server, *, with_ads: bool) -> None:
    """Have the channel looked at, and the house's media and ads packaged, as far as there are any.

    Packaging has a processor to itself where there is one; what it takes from a playlist on a
    smaller machine is not what is measured.
    """
    notes = _Notes()
    for format in ("hls", "dash"):
        await _view(client, server, -1, format, notes, end=time.perf_counter())
    tries = 10
    while with_ads and not (await _counts(client, server)).get(("weft_ad_requests", "filled")):
        if (tries := tries - 1) < 0:
            raise RuntimeError("no break was filled in time")
        await _view(client, server, -1, "hls", notes, end=time.perf_counter() + BREAK_EVERY_S)
    end = time.perf_counter() + START_S
    while "\nweft_packaging_jobs 0.0\n" not in await _metrics(client, server):
        if time.perf_counter() > end:
            raise RuntimeError("packaging did not end in time")
        await asyncio.sleep(0.2)


async def _view(
    client: httpx2.AsyncClient,
    server: Server,
    number: int,
    format: str,
    notes: _Notes,
    *,
    wait_s: float = 0.0,
    end: float,
) -> None:
    """Open a session after a while and poll it until `end`, of `time.perf_counter`."""
    # Every viewer is at an address of its own: sessions of one address are limited.
    headers = {"x-forwarded-for": f"10.1.{number // 250 % 250}.{number % 250 + 1}"}

    async def get(url: str, *, timed: bool = True) -> httpx2.Response:
        began = time.perf_counter()
        answer = await client.get(url, headers=headers)
        if timed:
            notes.took[format].append(time.perf_counter() - began)
            notes.wrong += answer.status_code != 200
        return answer

    await asyncio.sleep(wait_s)
    if format == "dash":
        url = f"{server.url}/v1/dash/default/live/index.mpd"
        answer = await get(url, timed=False)
        while answer.status_code == 302:  # a session, and where it shares its MPD; not yet an MPD
            url = urljoin(url, answer.headers["location"])
            answer = await get(url, timed=False)
        urls = [url]
    else:
        url = f"{server.url}/v1/master/default/live/index.m3u8"
        text = (await get(url)).text
        names = [line for line in text.splitlines() if line and not line.startswith("#")]
        names += re.findall(r'#EXT-X-MEDIA:.*URI="([^"]+)"', text)
        urls = [urljoin(url, name) for name in names]
    while True:
        polled = time.perf_counter()
        await asyncio.gather(*map(get, urls))
        if polled + POLL_S >= end:
            return
        if (rest := polled + POLL_S - time.perf_counter()) > 0:
            await asyncio.sleep(rest)
            notes.late.append(time.perf_counter() - polled - POLL_S)


async def _counts(client: httpx2.AsyncClient, server: Server) -> dict[tuple[str, str], int]:
    """The counters with one label, by their name and its value."""
    text = await _metrics(client, server)
    return {(name, label): int(float(number)) for name, label, number in _COUNT.findall(text)}


async def _metrics(client: httpx2.AsyncClient, server: Server) -> str:
    return (await client.get(f"{server.admin_url}/metrics")).text
