"""Jobs for tests of rendering, and what a worker can be given to draw: well, or badly.

The functions at the end run in worker processes, which find this module as the tests do. What one
of them is to do stands in the data of the job's one drawing.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import anyio.to_thread

from packager.rendering.jobs import Drawing, Job, Piece, Priority, Work
from packager.rendering.order import DrawingRefused, Order

DRAW = "rendering_bench:draw"
SEGMENT, INIT = b"segment", b"init"
SEGMENT_URL = "http://cdn.example/a/1.m4s?token=x"
INIT_URL = "http://cdn.example/a/init.mp4"
TEMPLATE = "t" * 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_key(number: int) -> str:
    return f"{number:064x}"


def make_work(**data: Any) -> Work:
    drawing = Drawing(template=TEMPLATE, data=json.dumps(data), begins_s=Fraction(-1, 3))
    return Work(
        segment=Piece(SEGMENT_URL),
        init=Piece(INIT_URL),
        drawings=(drawing,),
        profile="superfast",
    )


def make_job(
    number: int = 1,
    *,
    deadline_s: float = 60.0,
    now: datetime = EPOCH,
    megapixels: float = 1.0,
    priority: Priority = Priority.NEXT,
    private: bool = False,
    work: Work | None = None,
    **data: Any,
) -> Job:
    """A job, due `deadline_s` after `now`."""
    return Job(
        key=make_key(number),
        work=work or make_work(**data),
        megapixels=megapixels,
        deadline=now + timedelta(seconds=deadline_s),
        priority=priority,
        private=private,
    )


async def until(holds: Callable[[], object], *, longest_s: float = 30.0) -> None:
    """Wait for what a worker does, as it shows in files or counts."""

    def look() -> None:
        give_up_at = time.monotonic() + longest_s
        while not holds():
            assert time.monotonic() < give_up_at, "it did not come about"
            time.sleep(0.01)

    await anyio.to_thread.run_sync(look)


def drawn(**data: Any) -> bytes:
    """What `draw` makes of a job with this data."""
    return INIT + SEGMENT + json.dumps(data).encode()


def draw(order: Order) -> bytes:
    """Do what the data says."""
    (drawing,) = order.work.drawings
    data = json.loads(drawing.data)
    if note := data.get("note"):  # a file that says which process began
        with Path(note).open("a") as file:
            file.write(f"{os.getpid()} {data.get('n', 0)}\n")
    if gates := data.get("gates"):  # files without any of which it does not go on
        while not any(Path(gate).exists() for gate in gates):
            time.sleep(0.01)
    match data.get("do"):
        case "crash":
            os.abort()
        case "hang":
            time.sleep(600)
        case "spin":
            while True:
                pass
        case "eat":
            eaten = [b"x" * 1024**2 for _ in range(100_000)]
            return eaten[0]
        case "circle":
            circle: list[object] = [bytes(400 * 1024**2)]
            circle.append(circle)
        case "raise":
            raise ValueError("a bug")
        case "refuse":
            raise DrawingRefused("encrypted", "samples are encrypted")
        case "print":
            print("a library speaks")
        case "nice":
            return f"{os.nice(0)}".encode()
        case "call":
            return reach(data["port"])
    return order.init + order.segment + drawing.data.encode()


def reach(port: int) -> bytes:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError as error:
        return f"no: {type(error).__name__}".encode()
    return b"reached"
