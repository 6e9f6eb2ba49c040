"""Worker processes: real ones, given bad work (failures.md, row 19; threat 20)."""

import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from rendering_bench import DRAW, INIT, SEGMENT, drawn, make_work, until

from packager.children import WorkerLimits
from packager.rendering import workers as workers_module
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.workers import WorkerDied, WorkerNotStarted, Workers


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers(1, limits=WorkerLimits(timeout_s=20, memory_bytes=1024**3), draw=DRAW)
    yield made
    await made.aclose()
    assert made.pids == []


def order(**data: Any) -> Order:
    return Order(work=make_work(**data), segment=SEGMENT, init=INIT, templates={})


def is_gone(pid: int) -> bool:
    """Also where nobody has asked yet how it ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


async def test_a_worker_draws_one_order_after_the_other(workers: Workers) -> None:
    assert workers.pids == []
    assert (await workers.draw(order(n=1)))[0] == drawn(n=1)
    (pid,) = workers.pids
    data, seconds = await workers.draw(order(do="print", n=2))
    assert data == drawn(do="print", n=2)  # what it printed does not stand before it
    assert 0 < seconds < 20
    assert workers.pids == [pid]


async def test_a_refusal_is_an_answer(workers: Workers) -> None:
    with pytest.raises(DrawingRefused) as refused:
        await workers.draw(order(do="refuse"))
    assert refused.value.code == "encrypted"
    assert "samples are" in str(refused.value)
    (pid,) = workers.pids
    await workers.draw(order())
    assert workers.pids == [pid]


@pytest.mark.parametrize(
    ("do", "told"),
    [("crash", "ended with -6"), ("raise", "ValueError: a bug"), ("eat", "MemoryError")],
)
async def test_what_ends_a_worker_ends_one_order(workers: Workers, do: str, told: str) -> None:
    await workers.draw(order())
    (pid,) = workers.pids
    with pytest.raises(WorkerDied, match=told):
        await workers.draw(order(do=do))
    assert is_gone(pid)
    assert (await workers.draw(order(n=2)))[0] == drawn(n=2)


async def test_what_an_order_left_is_gone_before_the_next(workers: Workers) -> None:
    # Three of them are more than the process may have.
    for number in range(4):
        await workers.draw(order(do="circle", n=number))
    assert len(workers.pids) == 1


async def test_a_worker_that_is_killed_is_replaced(workers: Workers, tmp_path: Path) -> None:
    note = tmp_path / "note"

    async def kill() -> None:
        await until(note.exists)
        os.kill(int(note.read_text().split()[0]), signal.SIGKILL)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kill)
        with pytest.raises(WorkerDied, match="ended with -9"):
            await workers.draw(order(do="hang", note=str(note)))
    assert (await workers.draw(order()))[0] == drawn()


async def test_a_worker_that_was_killed_while_idle_is_found_out(workers: Workers) -> None:
    await workers.draw(order())
    os.kill(workers.pids[0], signal.SIGKILL)
    with pytest.raises(WorkerDied):
        await workers.draw(order())
    assert (await workers.draw(order()))[0] == drawn()


@pytest.mark.parametrize("do", ["hang", "spin"])
async def test_a_worker_that_takes_too_long_is_ended(do: str) -> None:
    workers = Workers(1, limits=WorkerLimits(timeout_s=0.5, memory_bytes=1024**3), draw=DRAW)
    with pytest.raises(WorkerDied, match=r"more than 0\.5 s"):
        await workers.draw(order(do=do))
    assert workers.pids == []
    assert (await workers.draw(order()))[0] == drawn()
    await workers.aclose()


async def test_processor_time_is_limited_by_the_system_too() -> None:
    # Also where nobody watches: the server may be dead.
    workers = Workers(1, limits=WorkerLimits(timeout_s=0.5, memory_bytes=1024**3), draw=DRAW)
    workers._timeout_s = 60.0
    with pytest.raises(WorkerDied, match=f"ended with -{int(signal.SIGXCPU)}"):
        await workers.draw(order(do="spin"))
    await workers.aclose()


async def test_who_leaves_takes_the_order_along(workers: Workers, tmp_path: Path) -> None:
    note = tmp_path / "note"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(workers.draw, order(do="hang", note=str(note)))
        await until(note.exists)
        tasks.cancel_scope.cancel()
    assert is_gone(int(note.read_text().split()[0]))
    assert (await workers.draw(order()))[0] == drawn()


async def test_so_many_draw_at_a_time(tmp_path: Path) -> None:
    workers = Workers(2, draw=DRAW)
    gate, notes = tmp_path / "gate", [tmp_path / f"note{n}" for n in range(3)]
    async with anyio.create_task_group() as tasks:
        for note in notes:
            tasks.start_soon(workers.draw, order(gates=[str(gate)], note=str(note)))
        await until(lambda: sum(note.exists() for note in notes) == 2)
        await anyio.sleep(0.2)
        assert sum(note.exists() for note in notes) == 2
        gate.touch()
    assert len({note.read_text() for note in notes}) == 2
    assert len(workers.pids) == 2
    await workers.aclose()


async def test_a_worker_is_replaced_after_some_orders(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "ORDERS", 2)
    await workers.draw(order())
    (first,) = workers.pids
    await workers.draw(order())
    assert workers.pids == []
    assert is_gone(first)


async def test_a_worker_is_nice_and_has_no_network(workers: Workers) -> None:
    nice, _ = await workers.draw(order(do="nice"))
    assert int(nice) == min(19, os.nice(0) + 10)
    with socket.create_server(("127.0.0.1", 0)) as server:
        said, _ = await workers.draw(order(do="call", port=server.getsockname()[1]))
    if said == b"reached":
        pytest.skip("this system does not let a process leave its network")
    assert said.startswith(b"no: ")


@pytest.mark.parametrize("draw", ["rendering_bench:nothing", "no_such_module:draw"])
async def test_a_worker_that_cannot_begin_is_no_orders_fault(draw: str) -> None:
    workers = Workers(1, draw=draw)
    with pytest.raises(WorkerNotStarted, match="Error"):
        await workers.draw(order())
    nowhere = Workers(1, command=["/nowhere"])
    with pytest.raises(WorkerNotStarted, match="No such file"):
        await nowhere.draw(order())
    talker = Workers(1, command=[sys.executable, "-c", "print('hello, I am no worker')"])
    with pytest.raises(WorkerNotStarted):
        await talker.draw(order())


async def test_a_worker_ends_with_its_pipe(workers: Workers) -> None:
    await workers.draw(order())
    (worker,) = workers._idle
    worker._orders.close()
    with anyio.fail_after(20):
        await anyio.to_thread.run_sync(worker._process.wait)
    assert worker._process.returncode == 0


async def test_a_worker_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
import anyio
from packager.rendering.order import Order
from packager.rendering.workers import Workers
from rendering_bench import DRAW, make_work

work = make_work(do="hang", note={str(note)!r})
anyio.run(Workers(1, draw=DRAW).draw, Order(work=work, segment=b"", init=b"", templates={{}}))
"""
    async with await anyio.open_process([sys.executable, "-c", code]) as parent:
        await until(note.exists)
        parent.kill()
    await until(lambda: is_gone(int(note.read_text().split()[0])))


async def test_the_server_does_without_pyav() -> None:
    """Only workers import it, and what draws with it."""
    names = ", ".join(f"packager.rendering.{name}" for name in ("opening", "worker", "process"))
    code = f"import sys; sys.modules['av'] = None; import {names}"
    assert (await anyio.run_process([sys.executable, "-c", code], check=False)).returncode == 0
