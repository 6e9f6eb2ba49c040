"""The process that draws: one order after the other, until its pipe is closed.

What a template or a segment can break is this process. It is niced, has limits for memory, time and
files and no network, and is given bytes. What it cannot do is an answer; anything else that goes
wrong ends it, and its parent starts another.
"""

import gc
import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any, BinaryIO

from packager.children import be_modest, leave_network, set_limit
from packager.rendering.jobs import work_from_json
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.wire import receive, send

_LOOK_S = 1.0  # between two looks at whether the parent lives
_LOG_BYTES = 16 * 1024 * 1024  # of the one file that it writes: what it has to complain of

Draw = Callable[[Order], bytes]


def main() -> None:
    """Answer orders on standard input, on what was standard output.

    Arguments: address space in bytes, seconds of processor time for one order, and what draws, as
    ``package.module:function``.
    """
    memory_bytes, cpu_s, what = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is its parent's to answer
    leave_network()
    Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    be_modest(memory_bytes)
    set_limit(resource.RLIMIT_FSIZE, _LOG_BYTES)
    serve(sys.stdin.buffer, answers, _find(what), cpu_s=cpu_s)


def serve(orders: BinaryIO, answers: BinaryIO, draw: Draw, *, cpu_s: int) -> None:
    """Answer orders until there are no more."""
    send(answers, {"ready": True})
    while message := receive(orders):
        _allow(cpu_s)
        send(answers, *_answer(*message, draw))
        gc.collect()  # circles of few objects may hold many bytes, and would wait for long


def _answer(
    head: dict[str, Any], blobs: list[bytes], draw: Draw
) -> tuple[dict[str, Any], list[bytes]]:
    init, segment, before, after = blobs
    order = Order(
        work=work_from_json(head["work"]),
        segment=segment,
        init=init,
        before=before,
        after=after,
        templates=head["templates"],
        stems=head["stems"],
    )
    try:
        return {}, [draw(order)]
    except DrawingRefused as error:
        return {"refused": error.code, "text": str(error)}, []


def _allow(cpu_s: int) -> None:
    """Give the next order its time: the limit counts all that the process ever used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + cpu_s + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _follow(parent: int) -> None:
    """End with the parent, also when it was killed over an order that never ends."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def _find(what: str) -> Draw:
    module, _, name = what.partition(":")
    draw: Draw = getattr(importlib.import_module(module), name)
    return draw


if __name__ == "__main__":
    main()
