"""The queue, by a clock that stands still (failures.md, rows 19, 20 and 33)."""

import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from rendering_bench import make_job, make_key, make_work

from packager.clock import ManualClock
from packager.reasons import Reason
from packager.rendering.admission import FIRST_S, FIXED_MEGAPIXELS, SAFETY
from packager.rendering.jobs import Job, Priority
from packager.rendering.queue import POISON_S, RETRY_S, Offered, Queue, QueueRules, Turn
from packager.rendering.rows import Kept, Taken
from packager.stores import StoreError

RULES = QueueRules(waiting=8, kept_bytes=1000, private_bytes=100, private_per_minute=3)
FIRST_COST_S = FIRST_S * (1.0 + FIXED_MEGAPIXELS)  # of a job of one megapixel
BUSY = Offered(reason=Reason.OVERLAY_BACKLOG)

Open = Callable[..., Awaitable[Queue]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def open_queue(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Open]:
    opened: list[Queue] = []

    async def open(rules: QueueRules = RULES, has_room: Callable[[], bool] = lambda: True) -> Queue:
        path = tmp_path / "rendering.db"
        opened.append(await Queue.open(path, clock=clock, rules=rules, has_room=has_room))
        return opened[-1]

    yield open
    for one in opened:
        await one.close()


@pytest.fixture
async def queue(open_queue: Open) -> Queue:
    return await open_queue()


async def put(queue: Queue, job: Job) -> Offered:
    return await queue.offer(job.key, job)


async def take(queue: Queue) -> Taken:
    turn = await queue.take()
    assert turn.job is not None
    return turn.job


async def order_of(queue: Queue) -> list[int]:
    """Which jobs are taken, one after the other."""
    found = []
    while (job := (await queue.take()).job) is not None:
        found.append(int(job.id, 16))
    return found


async def test_a_job_is_taken_once_and_is_there_with_its_result(queue: Queue) -> None:
    job = make_job(1, megapixels=2.5, score="1:0")
    assert await put(queue, job) == Offered()
    taken = await take(queue)
    assert taken == Taken(id=job.key, work=job.work, megapixels=2.5, private=False)
    assert (await queue.take()).job is None
    assert await put(queue, job) == Offered()  # under way
    assert (await queue.done(taken, 100, 0.1)).in_time
    assert await put(queue, job) == Offered(ready=True)
    assert (await queue.take()).job is None


async def test_what_a_manifest_names_goes_before_what_may_come_and_then_the_earliest(
    queue: Queue,
) -> None:
    for number, deadline_s, priority in (
        (1, 5, Priority.LIKELY),
        (2, 9, Priority.NEXT),
        (3, 7, Priority.NEXT),
        (4, 4, Priority.LIKELY),
    ):
        await put(queue, make_job(number, deadline_s=deadline_s, priority=priority))
    assert await order_of(queue) == [3, 2, 4, 1]


async def test_a_second_put_only_makes_it_more_urgent_and_of_use_for_longer(
    queue: Queue, clock: ManualClock
) -> None:
    await put(queue, make_job(1, deadline_s=20, priority=Priority.LIKELY))
    await put(queue, make_job(2, deadline_s=10))
    await put(queue, make_job(1, deadline_s=5))
    await put(queue, make_job(1, deadline_s=40, priority=Priority.LIKELY))
    assert await queue.counts() == {"waiting": 2, "taken": 0}
    standing = await queue.standing(make_key(1))
    assert standing is not None
    assert standing.late_at == 40
    clock.advance(30)
    turn = await queue.take()
    assert turn.job is not None
    assert turn.job.id == make_key(1)  # somebody had a use for it until 40
    assert turn.dropped == [(make_key(2), Reason.OVERLAY_LATE)]


async def test_what_nobody_counted_on_fails_nobody(queue: Queue, clock: ManualClock) -> None:
    for number in (1, 2):
        job = make_job(number, deadline_s=10 * number, priority=Priority.LIKELY)
        assert await put(queue, job) == Offered()
    clock.advance(15)
    turn = await queue.take()
    assert turn.dropped == []
    standing = await queue.standing(make_key(1))
    assert standing is not None
    assert standing.state == "late"
    assert turn.job is not None
    clock.advance(15)
    assert (await queue.done(turn.job, 100, 0.1)).in_time


async def test_a_job_that_would_come_too_late_is_not_admitted(queue: Queue) -> None:
    alone_s = SAFETY * FIRST_COST_S
    assert await put(queue, make_job(1, deadline_s=alone_s * 0.99)) == BUSY
    assert await put(queue, make_job(1, deadline_s=alone_s * 1.01)) == Offered()
    # Behind one more, twice as long; before it by its deadline, as if it were not there.
    assert await put(queue, make_job(2, deadline_s=alone_s * 1.99)) == BUSY
    assert await put(queue, make_job(2, deadline_s=alone_s * 2.01)) == Offered()
    assert await put(queue, make_job(3, deadline_s=alone_s * 1.005)) == Offered()
    # What may come takes nothing from what is named, and waits for all of it.
    likely = Priority.LIKELY
    assert await put(queue, make_job(4, deadline_s=alone_s * 3.9, priority=likely)) == BUSY
    assert await put(queue, make_job(4, deadline_s=alone_s * 4.1, priority=likely)) == Offered()


async def test_what_is_under_way_counts_for_what_is_left_of_it(
    queue: Queue, clock: ManualClock
) -> None:
    await put(queue, make_job(1, megapixels=600.0))  # 10 s
    await take(queue)
    # Reserve and all, 10 s that are left take 12.5.
    assert await put(queue, make_job(2, deadline_s=12)) == BUSY
    clock.advance(5)
    assert await put(queue, make_job(2, deadline_s=7, now=clock.now())) == Offered()


async def test_admission_goes_by_what_jobs_cost_lately(queue: Queue, clock: ManualClock) -> None:
    job = make_job(99, deadline_s=1.0)
    assert await put(queue, job) == Offered()
    await queue.done(await take(queue), 1, 30.0)
    assert await put(queue, make_job(2, deadline_s=1.0)) == BUSY
    clock.advance(600)  # nothing was measured since: an old measure says less
    assert await put(queue, make_job(2, deadline_s=1.0, now=clock.now())) == Offered()


async def test_more_workers_are_ready_earlier(open_queue: Open) -> None:
    one, two = await open_queue(), await open_queue(replace(RULES, workers=2))
    await put(one, make_job(1, megapixels=600.0, deadline_s=15))  # 10 s
    behind = make_job(2, megapixels=600.0, deadline_s=20)
    assert await put(one, behind) == BUSY
    assert await put(two, behind) == Offered()


async def test_late_jobs_are_dropped_and_may_be_put_anew(queue: Queue, clock: ManualClock) -> None:
    await put(queue, make_job(1, deadline_s=10))
    clock.advance(10 - FIRST_COST_S / 2)  # it is not late yet, but would be
    assert await queue.take() == Turn(None, [(make_key(1), Reason.OVERLAY_LATE)])
    standing = await queue.standing(make_key(1))
    assert standing is not None
    assert (standing.state, standing.reason) == ("late", Reason.OVERLAY_LATE)
    assert await put(queue, make_job(1, deadline_s=10, now=clock.now())) == Offered()
    assert (await take(queue)).work == make_work()


async def test_a_result_that_came_late_is_kept_and_told_as_late(
    queue: Queue, clock: ManualClock
) -> None:
    await put(queue, make_job(1, deadline_s=10))
    taken = await take(queue)
    clock.advance(11)
    assert not (await queue.done(taken, 100, 11.0)).in_time
    assert await put(queue, make_job(1, deadline_s=10, now=clock.now())) == Offered(ready=True)


async def test_the_queue_is_bounded_and_what_may_come_gives_way(queue: Queue) -> None:
    for number in range(8):
        priority = Priority.LIKELY if number < 2 else Priority.NEXT
        assert (
            await put(queue, make_job(number, priority=priority, deadline_s=60 + number))
            == Offered()
        )
    assert await put(queue, make_job(8, priority=Priority.LIKELY)) == BUSY
    assert await put(queue, make_job(9)) == Offered()
    assert await queue.standing(make_key(1)) is None  # the later one of those that may come
    assert await put(queue, make_job(10)) == Offered()
    assert await put(queue, make_job(11)) == BUSY
    assert await put(queue, make_job(9)) == Offered()  # it has its place
    assert (await queue.counts())["waiting"] == 8


async def test_the_second_crash_is_poison_for_a_time(queue: Queue, clock: ManualClock) -> None:
    await put(queue, make_job(1, deadline_s=2 * POISON_S))
    assert not await queue.crashed((await take(queue)).id)
    assert await queue.crashed((await take(queue)).id)
    assert (await queue.take()).job is None
    poisoned = Offered(reason=Reason.OVERLAY_POISONED)
    assert await put(queue, make_job(1)) == poisoned
    clock.advance(POISON_S - 1)
    assert await put(queue, make_job(1, now=clock.now())) == poisoned
    clock.advance(2)
    assert await put(queue, make_job(1, now=clock.now())) == Offered()
    assert not await queue.crashed((await take(queue)).id)  # counted anew


async def test_a_failure_stands_for_its_time(queue: Queue, clock: ManualClock) -> None:
    await put(queue, make_job(1))
    await queue.fail((await take(queue)).id, Reason.OVERLAY_SOURCE_MISSING, for_s=RETRY_S)
    assert await put(queue, make_job(1)) == Offered(reason=Reason.OVERLAY_SOURCE_MISSING)
    clock.advance(RETRY_S)
    assert await queue.standing(make_key(1)) is None
    assert await put(queue, make_job(1, now=clock.now())) == Offered()


async def test_on_a_disk_that_is_nearly_full_nothing_new_is_taken_on(open_queue: Open) -> None:
    room = [True]
    queue = await open_queue(has_room=lambda: room[0])
    await put(queue, make_job(1))
    await queue.done(await take(queue), 10, 0.1)
    await put(queue, make_job(2))
    room[0] = False
    assert await put(queue, make_job(1)) == Offered(ready=True)
    full = Reason.MEDIA_WRITE_FAILED
    assert await put(queue, make_job(3)) == Offered(reason=full)
    assert await queue.take() == Turn(None, [(make_key(2), full)])


async def test_results_that_were_asked_for_longest_ago_make_room(
    queue: Queue, clock: ManualClock
) -> None:
    for number in range(1, 4):
        await put(queue, make_job(number, now=clock.now()))
        settled = await queue.done(await take(queue), 300, 0.1)
        assert settled.gone == []
        clock.advance(1)
    await queue.touch([make_key(1), make_key(77)])
    await put(queue, make_job(4, now=clock.now()))
    settled = await queue.done(await take(queue), 300, 0.1)
    assert settled.gone == [Kept(make_key(2), False, 300)]
    assert {one.id for one in await queue.kept()} == {make_key(n) for n in (1, 3, 4)}


async def test_private_results_have_a_budget_a_time_and_a_place_of_their_own(
    queue: Queue, clock: ManualClock
) -> None:
    def private(number: int) -> Job:
        return make_job(number, private=True, now=clock.now())

    await put(queue, make_job(50))
    await queue.done(await take(queue), 900, 0.1)
    for number in (1, 2, 3):
        assert await put(queue, private(number)) == Offered()
    assert await put(queue, private(4)) == Offered(reason=Reason.OVERLAY_BUDGET)
    assert await put(queue, private(1)) == Offered()  # is one of them
    assert await put(queue, make_job(5)) == Offered()  # is nobody's
    gone = []
    for _ in range(4):
        gone += (await queue.done(await take(queue), 50, 0.1)).gone
        clock.advance(1)
    assert gone == [Kept(make_key(1), True, 50)]
    clock.advance(61)
    assert await put(queue, private(4)) == Offered()
    assert await put(queue, private(2)) == Offered(ready=True)
    clock.advance(RULES.private_s - 1)
    assert await queue.standing(make_key(2)) is not None  # it was wanted again
    assert await queue.standing(make_key(3)) is None
    clock.advance(2)
    assert await queue.standing(make_key(2)) is None
    gone = await queue.forget_ended()
    assert {one.id for one in gone if one.private} == {make_key(2), make_key(3)}


async def test_what_was_to_be_drawn_is_forgotten_with_the_outcome(
    queue: Queue, tmp_path: Path, clock: ManualClock
) -> None:
    for number in range(4):
        await put(queue, make_job(number, viewer="Rumpelstilzchen"))
    await queue.done(await take(queue), 1, 0.1)
    await queue.fail((await take(queue)).id, Reason.OVERLAY_REFUSED, for_s=60)
    for _ in range(2):
        await queue.crashed((await take(queue)).id)
    clock.advance(61)
    await queue.take()
    with closing(sqlite3.connect(tmp_path / "rendering.db")) as connection:
        rows = connection.execute("SELECT state, work FROM jobs ORDER BY id").fetchall()
    assert rows == [("done", ""), ("failed", ""), ("failed", ""), ("late", "")]


async def test_what_nobody_works_on_any_more_waits_again(queue: Queue, clock: ManualClock) -> None:
    for number in (1, 2):
        await put(queue, make_job(number))
        await take(queue)
    await queue.put_back_all(but=[make_key(1)], older_s=5.0)
    assert await queue.counts() == {"waiting": 0, "taken": 2}  # just taken: by whom is not known
    clock.advance(5)
    await queue.put_back_all(but=[make_key(1)], older_s=5.0)
    assert (await take(queue)).id == make_key(2)
    await queue.put_back(make_key(2))
    assert (await take(queue)).id == make_key(2)


async def test_the_queue_outlives_its_process(open_queue: Open) -> None:
    first = await open_queue()
    for number in (1, 2):
        await put(first, make_job(number, n=number))
    await queue_done(first)
    await first.close()
    second = await open_queue()
    assert await put(second, make_job(1)) == Offered(ready=True)
    taken = await take(second)
    assert (taken.id, taken.work) == (make_key(2), make_work(n=2))


async def queue_done(queue: Queue) -> None:
    await queue.done(await take(queue), 1, 0.1)


async def test_a_process_that_was_killed_loses_nothing(tmp_path: Path, open_queue: Open) -> None:
    code = f"""
import asyncio, os, signal
from pathlib import Path
from packager.clock import ManualClock
from packager.rendering.queue import Queue, QueueRules
from rendering_bench import make_job

async def main():
    queue = await Queue.open(Path({str(tmp_path / "rendering.db")!r}), clock=ManualClock(),
        rules=QueueRules(), has_room=lambda: True)
    for number in range(5):
        await queue.offer(make_job(number).key, make_job(number))
    await queue.take()
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    paths = f"import sys; sys.path[:0] = {sys.path!r}\n"
    ended = await anyio.run_process([sys.executable, "-c", paths + code], check=False)
    assert ended.returncode == -signal.SIGKILL
    queue = await open_queue()
    assert await queue.counts() == {"waiting": 4, "taken": 1}
    await queue.put_back_all()
    assert await order_of(queue) == [0, 1, 2, 3, 4]


async def test_a_job_of_another_release_is_passed_over(queue: Queue, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        await put(queue, make_job(number))
    with closing(sqlite3.connect(tmp_path / "rendering.db", isolation_level=None)) as connection:
        for number, work in ((1, "{}"), (2, "not JSON")):
            connection.execute("UPDATE jobs SET work = ? WHERE id = ?", (work, make_key(number)))
    assert await order_of(queue) == [3]


async def test_a_file_that_takes_nothing_is_told(queue: Queue, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "rendering.db", isolation_level=None)) as connection:
        connection.execute("DROP TABLE jobs")
    with pytest.raises(StoreError, match="no such table"):
        await put(queue, make_job(1))


async def test_the_file_is_its_owners_alone(queue: Queue, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "rendering.db").stat().st_mode) == 0o600


async def test_lost_results_are_rendered_again(queue: Queue) -> None:
    await put(queue, make_job(1))
    await queue.done(await take(queue), 1, 0.1)
    await queue.lose([make_key(1)])
    assert await put(queue, make_job(1)) == Offered()
