"""Overlaid segments of a composed server, drawn by real worker processes.

The clock stands still unless a test moves it; players wait in real time.
"""

import errno
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
import pytest
from app_bench import ORIGIN, Bench, Running, answer, down
from rendering_bench import DRAW, TEMPLATE, make_job, until

from packager.config.rendering_settings import RenderingSettings
from packager.reasons import Reason
from packager.rendering.jobs import Job, Piece, Priority
from packager.rendering.queue import POISON_S, RETRY_S
from packager.rendering.rendered import Rendered
from packager.rendering.rendering import Overlay

MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Studio:
    """A bench whose content can be overlaid, and jobs for it."""

    def __init__(self, bench: Bench, tmp_path: Path) -> None:
        self.bench = bench
        self.note, self.gate = tmp_path / "note", tmp_path / "gate"
        folder = next(path for path in bench.media.content.iterdir() if "64" in path.name)
        self.segment_url = f"{ORIGIN}vod/{folder.name}/s3.m4s"
        self.init_url = f"{ORIGIN}vod/{folder.name}/init.mp4"
        self.segment = next(folder.glob("1.*")).read_bytes()
        self.init = (folder / "init.mp4").read_bytes()

    def job(
        self, number: int = 1, *, deadline_s: float = 30.0, private: bool = False, **data: Any
    ) -> Job:
        job = make_job(
            number,
            deadline_s=deadline_s,
            now=self.bench.clock.now(),
            private=private,
            note=str(self.note),
            n=number,
            **data,
        )
        pieces = {"segment": Piece(self.segment_url), "init": Piece(self.init_url)}
        return replace(job, work=replace(job.work, **pieces))

    def gated(self, number: int = 1, *, deadline_s: float = 30.0, **settings: Any) -> Job:
        """A job that is not done before `open` is called for all, or for its number."""
        gates = [str(self.gate), f"{self.gate}{number}"]
        return self.job(number, deadline_s=deadline_s, gates=gates, **settings)

    def open(self, number: int | None = None) -> None:
        Path(f"{self.gate}{'' if number is None else number}").touch()

    def drawn(self, job: Job) -> bytes:
        (drawing,) = job.work.drawings
        return self.init + self.segment + drawing.data.encode()

    async def occupy(self, running: Running, drawn_on: Job, next_one: Job) -> str:
        """Have a worker draw on a job and another job taken beside it; return the other's URL."""
        await promised(running, drawn_on)
        await self.stands(begun=1, waiting=0)
        url = await promised(running, next_one)
        await self.stands(begun=1, waiting=0)
        return url

    def begun(self) -> list[int]:
        """The processes that began a job, one after the other."""
        return [pid for pid, _ in self._notes()]

    def order(self) -> list[int]:
        """The numbers of the jobs that were begun."""
        return [number for _, number in self._notes()]

    def _notes(self) -> list[tuple[int, int]]:
        lines = self.note.read_text().splitlines() if self.note.exists() else []
        return [(int(pid), int(number)) for pid, number in map(str.split, lines)]

    async def stands(self, *, begun: int, waiting: int) -> None:
        """Wait until so many jobs were begun, and of the others so many nobody has taken yet."""
        count = "SELECT COUNT(*) FROM jobs WHERE state = 'waiting'"
        path = self.bench.folder / "rendering.db"
        with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
            await until(
                lambda: (
                    (len(self.begun()), *connection.execute(count).fetchone()) == (begun, waiting)
                )
            )


@pytest.fixture
def make_studio(make_bench: MakeBench, tmp_path: Path) -> Callable[..., Studio]:
    def make(name: str = "weft", **rendering: Any) -> Studio:
        bench = make_bench(
            name,
            draw=DRAW,
            templates={TEMPLATE: tmp_path},
            changes={"rendering": RenderingSettings(**rendering)},
        )
        return Studio(bench, tmp_path)

    return make


@pytest.fixture
def studio(make_studio: Callable[..., Studio]) -> Studio:
    return make_studio()


async def promised(running: Running, job: Job) -> str:
    overlay = await running.weft.rendering.offer(job)
    assert overlay.url is not None, overlay
    return overlay.url


async def gets(running: Running, url: str, count: int) -> list[httpx2.Response]:
    found: list[httpx2.Response] = []

    async def get() -> None:
        found.append(await running.get(url))

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(get)
    return found


def is_original(got: httpx2.Response, studio: Studio) -> bool:
    """A redirect that nobody keeps, to where the origin has the segment."""
    return (
        got.status_code == 302
        and got.headers["location"] == studio.segment_url
        and got.headers["cache-control"] == "no-store"
        and got.headers["access-control-allow-origin"] == "*"
    )


def outcomes(running: Running) -> dict[str, int]:
    found = {}
    for line in running.metrics.render().decode().splitlines():
        if line.startswith("weft_overlay_requests_total{"):
            outcome, count = line.split('"')[1], int(float(line.rpartition(" ")[2]))
            found |= {outcome: count} if count else {}
    return found


async def test_200_gets_of_one_cold_key_are_one_render(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        job = studio.job(score="1:0")
        url = await promised(running, job)
        got = await gets(running, url, 200)
        assert {one.status_code for one in got} == {200}
        assert {one.content for one in got} == {studio.drawn(job)}
        assert got[0].headers["cache-control"] == "public, max-age=31536000, immutable"
        assert got[0].headers["content-type"] == "video/iso.segment"
        assert len(studio.begun()) == 1
        asked = studio.bench.world.requests
        assert (asked[studio.segment_url], asked[studio.init_url]) == (1, 1)
        tag = {"if-none-match": got[0].headers["etag"]}
        assert (await running.get(url, headers=tag)).status_code == 304
        assert await running.weft.rendering.offer(job) == Overlay(url, ready=True)
        assert sum(outcomes(running).values()) == 201


async def test_what_10000_sessions_see_is_rendered_once_for_each_of_20_states(
    studio: Studio,
) -> None:
    async with studio.bench.run(stocked=False) as running:
        jobs = [studio.job(number, deadline_s=600) for number in range(20)]
        urls: set[str] = set()

        async def session(number: int) -> None:
            urls.add(await promised(running, jobs[number % 20]))

        async with anyio.create_task_group() as tasks:
            for number in range(10_000):
                tasks.start_soon(session, number)
        for url in urls:
            assert (await running.get(url)).status_code == 200
        assert sorted(studio.order()) == list(range(20))
        assert studio.bench.world.requests[studio.segment_url] == 1


async def test_past_the_deadline_all_get_the_original(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        url = await promised(running, studio.gated(deadline_s=1.0))
        got = await gets(running, url, 200)
        assert all(is_original(one, studio) for one in got)
        assert outcomes(running) == {"late": 200}
        await until(lambda: len(studio.begun()) == 1)
        # It is done nevertheless, and who comes then has it.
        studio.bench.clock.advance(2)
        studio.open()
        await until(lambda: running.count(Reason.OVERLAY_LATE) == 1)
        assert (await running.get(url)).status_code == 200
        assert len(studio.begun()) == 1


async def test_nobody_waits_longer_than_the_setting_says(
    make_studio: Callable[..., Studio],
) -> None:
    studio = make_studio(wait_s=0.2)
    async with studio.bench.run(stocked=False) as running:
        url = await promised(running, studio.gated(deadline_s=600))
        assert is_original(await running.get(url), studio)
        studio.open()


async def test_what_was_not_begun_in_time_is_dropped_and_answered_at_once(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        url = await studio.occupy(
            running, studio.gated(1, deadline_s=600), studio.job(2, deadline_s=300)
        )
        third = await promised(running, studio.job(3, deadline_s=400))
        studio.bench.clock.advance(399.99)
        studio.open()
        await until(lambda: running.count(Reason.OVERLAY_LATE) == 2)
        assert (await running.get(url)).status_code == 200  # late, and kept
        assert is_original(await running.get(third), studio)
        assert outcomes(running) == {"ready": 1, "late": 1}


async def test_a_worker_that_is_killed_costs_one_try_and_the_second_is_poison(
    studio: Studio,
) -> None:
    async with studio.bench.run(stocked=False) as running:
        job = studio.gated(1, deadline_s=2 * POISON_S)
        url = await promised(running, job)
        await until(lambda: len(studio.begun()) == 1)
        os.kill(studio.begun()[0], signal.SIGKILL)
        await until(lambda: len(studio.begun()) == 2)
        assert running.count(Reason.WORKER_CRASHED) == 1
        studio.open()
        assert (await running.get(url)).content == studio.drawn(job)

        crashing = studio.job(2, do="crash")
        url = await promised(running, crashing)
        assert is_original(await running.get(url), studio)
        assert len(studio.begun()) == 4
        assert running.count(Reason.WORKER_CRASHED) == 3
        assert running.count(Reason.OVERLAY_POISONED) == 1
        assert is_original(await running.get(url), studio)
        poisoned = Overlay(reason=Reason.OVERLAY_POISONED)
        assert await running.weft.rendering.offer(crashing) == poisoned
        # Others are none the worse.
        third = studio.job(3)
        assert (await running.get(await promised(running, third))).content == studio.drawn(third)
        assert len(studio.begun()) == 5


@pytest.mark.parametrize("do", ["hang", "eat", "raise"])
async def test_a_job_that_ends_its_workers_is_given_up(
    do: str, make_studio: Callable[..., Studio]
) -> None:
    studio = make_studio(segment_s=1.0, memory_mib=512, wait_s=30.0)
    async with studio.bench.run(stocked=False) as running:
        url = await promised(running, studio.job(1, deadline_s=POISON_S, do=do))
        assert is_original(await running.get(url), studio)
        assert running.count(Reason.OVERLAY_POISONED) == 1
        assert len(set(studio.begun())) == 2
        assert outcomes(running) == {"failed": 1}


async def test_a_refusal_is_told_with_its_own_code(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        url = await promised(running, studio.job(do="refuse"))
        assert is_original(await running.get(url), studio)
        assert len(studio.begun()) == 1
        (line,) = (
            json.loads(one) for one in running.log.getvalue().splitlines() if "encrypted" in one
        )
        assert (line["reason"], line["code"]) == ("overlay_refused", "encrypted")
        studio.bench.templates.clear()
        url = await promised(running, studio.job(2))
    assert "template_unknown" not in running.log.getvalue()
    async with studio.bench.run(stocked=False) as running:
        assert is_original(await running.get(url), studio)
        assert "template_unknown" in running.log.getvalue()


async def test_on_a_full_disk_viewers_get_originals(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Rendered, id: str, data: bytes, *, private: bool) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with studio.bench.run(stocked=False) as running:
        with monkeypatch.context() as patched:
            patched.setattr(Rendered, "keep", full)
            url = await promised(running, studio.job())
            assert is_original(await running.get(url), studio)
            assert running.count(Reason.MEDIA_WRITE_FAILED) == 1
            refused = Overlay(reason=Reason.MEDIA_WRITE_FAILED)
            assert await running.weft.rendering.offer(studio.job()) == refused
        studio.bench.clock.advance(RETRY_S)  # somebody made room
        job = studio.job()
        assert (await running.get(await promised(running, job))).content == studio.drawn(job)


async def test_on_a_disk_that_is_nearly_full_nothing_is_rendered(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(studio.bench.folder)
    async with studio.bench.run(stocked=False) as running:
        url = await studio.occupy(running, studio.gated(1), studio.job(2))
        third = await promised(running, studio.job(3))
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100 * 1024**2))
        studio.bench.clock.advance(1)
        refused = Overlay(reason=Reason.MEDIA_WRITE_FAILED)
        assert await running.weft.rendering.offer(studio.job(4)) == refused
        studio.open()
        assert is_original(await running.get(third), studio)
        assert (await running.get(url)).status_code == 200  # it was taken before
        assert studio.order() == [1, 2]
        assert running.count(Reason.MEDIA_WRITE_FAILED) == 2


async def test_a_queue_that_takes_nothing_costs_overlays_and_nothing_else(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/plain/index.m3u8")
        url = await promised(running, studio.gated())
        with closing(sqlite3.connect(studio.bench.folder / "rendering.db")) as connection:
            connection.execute("DROP TABLE jobs")
        assert is_original(await running.get(url), studio)
        failed = Overlay(reason=Reason.OVERLAY_QUEUE_FAILED)
        assert await running.weft.rendering.offer(studio.job(2)) == failed
        studio.open()
        assert (await player.poll()).kinds
        assert running.count(Reason.OVERLAY_QUEUE_FAILED) >= 2


async def test_manifests_do_not_wait_for_the_queue(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/plain/index.m3u8")
        offered: list[Overlay] = []

        async def offer() -> None:
            offered.append(await running.weft.rendering.offer(studio.job()))

        path = studio.bench.folder / "rendering.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")  # another process writes, and takes its time
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(offer)
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
                    assert (await player.poll()).kinds
                assert offered == []
                connection.execute("ROLLBACK")
        assert offered[0].url is not None


async def test_what_waited_is_rendered_after_a_restart(studio: Studio) -> None:
    jobs = [studio.gated(number) for number in (1, 2, 3)]
    async with studio.bench.run(stocked=False) as running:
        urls = [await promised(running, job) for job in jobs]
        await until(studio.begun)
    (pid,) = studio.begun()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    studio.open()
    async with studio.bench.run(stocked=False) as running:
        for job, url in zip(jobs, urls, strict=True):
            assert (await running.get(url)).content == studio.drawn(job)
        assert running.count(Reason.WORKER_CRASHED) == 0
    async with studio.bench.run(stocked=False) as running:
        assert (await running.get(urls[0])).status_code == 200
        assert len(studio.begun()) == 4


async def test_one_of_several_processes_renders_until_it_ends(studio: Studio) -> None:
    ended, first_up, first_gone = anyio.Event(), anyio.Event(), anyio.Event()

    async def first() -> None:
        async with studio.bench.run(stocked=False) as running:
            job = studio.job(1)
            assert (await running.get(await promised(running, job))).status_code == 200
            first_up.set()
            await ended.wait()
        first_gone.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        await first_up.wait()
        async with studio.bench.run(stocked=False) as second:
            (pid,) = set(studio.begun())
            job = studio.job(2)
            assert (await second.get(await promised(second, job))).content == studio.drawn(job)
            assert set(studio.begun()) == {pid}
            gated = studio.gated(3)
            url = await promised(second, gated)
            await until(lambda: studio.order() == [1, 2, 3])
            ended.set()  # with a job under way
            await first_gone.wait()
            studio.open()
            assert (await second.get(url)).content == studio.drawn(gated)
            assert studio.order() == [1, 2, 3, 3]
            assert len(set(studio.begun())) == 2


async def test_a_private_result_is_nobody_elses_and_gone_after_its_time(
    make_studio: Callable[..., Studio],
) -> None:
    studio = make_studio(private_per_minute=2, private_s=60)
    async with studio.bench.run(stocked=False) as running:
        job = studio.job(1, private=True, name="Ada")
        url = await promised(running, job)
        assert url.startswith("/v1/private/")
        assert job.key not in url
        got = await running.get(url)
        assert got.content == studio.drawn(job)
        assert got.headers["cache-control"] == "private, no-store"
        public = await promised(running, replace(job, private=False))
        assert public != url
        guess = url.replace(url.split("/")[3], job.key)
        assert (await running.get(guess)).status_code == 403
        await promised(running, studio.job(2, private=True))
        over = Overlay(reason=Reason.OVERLAY_BUDGET)
        assert await running.weft.rendering.offer(studio.job(3, private=True)) == over
        studio.bench.clock.advance(61)
        assert is_original(await running.get(url), studio)
        assert running.count(Reason.OVERLAY_GONE) == 1
        kept = studio.bench.folder / "rendered-private" / url.split("/")[3]
        assert kept.is_file()
        await running.weft.rendering._renderer._tend()
        assert not kept.exists()


async def test_an_origin_without_the_segment_costs_the_overlay(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        for number, fault in enumerate((down, answer(status=404))):
            studio.bench.world.faults["s3.m4s"] = fault
            url = await promised(running, studio.job(number, deadline_s=600))
            assert is_original(await running.get(url), studio)
            assert running.count(Reason.OVERLAY_SOURCE_MISSING) == number + 1
        studio.bench.world.faults.clear()
        studio.bench.clock.advance(RETRY_S)
        assert (await running.get(await promised(running, studio.job(1)))).status_code == 200


async def test_a_segment_that_comes_a_moment_late_is_asked_for_again(studio: Studio) -> None:
    answers = iter([answer(status=404), None])

    def once(request: httpx2.Request) -> httpx2.Response | Exception:
        found = next(answers)
        return found(request) if found else httpx2.Response(200, content=studio.segment)

    studio.bench.world.faults["s3.m4s"] = once
    async with studio.bench.run(stocked=False) as running:
        job = studio.job()
        assert (await running.get(await promised(running, job))).content == studio.drawn(job)


async def test_an_original_that_is_part_of_a_file_is_sent_as_it_is(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        job = studio.job(do="refuse")
        piece = Piece(studio.segment_url, (10, 109))
        job = replace(job, work=replace(job.work, segment=piece))
        got = await running.get(await promised(running, job))
        assert (got.status_code, got.content) == (200, studio.segment[10:110])
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["content-type"] == "video/iso.segment"


async def test_a_result_that_never_was_there_is_the_original(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        url = running.weft.rendering.addresses.url_of(studio.job())
        assert url is not None
        assert is_original(await running.get(url), studio)
        assert outcomes(running) == {"gone": 1}


async def test_players_are_sent_nowhere_else(studio: Studio) -> None:
    """Threat 22."""
    async with studio.bench.run(stocked=False) as running:
        url = await promised(running, studio.job())
        _, _, id, original, name = url.split("/")
        other = await promised(running, studio.job(2))
        for path in (
            f"/tm/{id}/{original[:-4]}AAAA/{name}",
            f"/tm/{id}/{other.split('/')[3]}/{name}",
            f"/tm/{id}/{original}/s.ts",
            f"/v1/private/{id}/{original}/{name}",
            f"/tm/{id}/aHR0cDovL2V2aWwuZXhhbXBsZS8/{name}",
        ):
            got = await running.get(path)
            assert (got.status_code, got.json()) == (403, {"error": "token_invalid"}), path


async def test_what_may_come_waits_for_what_is_named(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        await studio.occupy(running, studio.gated(1), studio.gated(2))
        likely = [replace(studio.gated(number), priority=Priority.LIKELY) for number in (3, 4)]
        sooner = studio.gated(6, deadline_s=20)
        jobs = [*likely, studio.gated(5), sooner, replace(likely[1], priority=Priority.NEXT)]
        urls = [await promised(running, job) for job in jobs]
        for begun, waiting in ((2, 3), (3, 2), (4, 1), (5, 0), (6, 0)):
            studio.open(studio.order()[-1])  # the next one is drawn on, another one is taken
            await studio.stands(begun=begun, waiting=waiting)
        studio.open()
        for url in urls:
            assert (await running.get(url)).status_code == 200
        assert studio.order() == [1, 2, 6, 4, 5, 3]


async def test_the_deadline_is_the_jobs_own(studio: Studio) -> None:
    async with studio.bench.run(stocked=False) as running:
        busy = Overlay(reason=Reason.OVERLAY_BACKLOG)
        soon = replace(studio.job(), deadline=studio.bench.clock.now() + timedelta(milliseconds=50))
        assert await running.weft.rendering.offer(soon) == busy
        assert running.count(Reason.OVERLAY_BACKLOG) == 1
        likely = replace(soon, priority=Priority.LIKELY)
        assert await running.weft.rendering.offer(likely) == busy
        assert running.count(Reason.OVERLAY_BACKLOG) == 1  # nobody counted on it
        await promised(running, studio.job())
