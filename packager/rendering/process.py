"""One worker process: started, asked, ended. All of it blocks: `workers` does it in threads."""

import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO, cast

from packager.children import environment
from packager.rendering.jobs import work_to_json
from packager.rendering.order import Order
from packager.rendering.wire import Message, WireError, receive, send

_LOG_TAIL = 500  # characters of what a dead worker said
_DYING_S = 1.0  # from a process' closing its pipes to its end


class ProcessFailed(Exception):
    """The process is gone, or says what is no answer."""


class WorkerProcess:
    """A process that answers orders."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            OSError: It cannot be started.
        """
        self.orders = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 # open for as long as the process
        try:
            self._process = subprocess.Popen(  # noqa: S603 # a command of ours
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=environment(),
            )
        except OSError:
            self._log.close()
            raise
        self._orders = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, order: Order) -> Message:
        """Give an order and wait for the answer.

        Raises:
            ProcessFailed: There is none.
        """
        self.orders += 1
        head = {
            "work": work_to_json(order.work),
            "templates": dict(order.templates),
            "stems": dict(order.stems),
        }
        try:
            send(self._orders, head, (order.init, order.segment, order.before, order.after))
        except (OSError, ValueError) as error:
            raise ProcessFailed from error
        return self.listen()

    def listen(self) -> Message:
        """Wait for what it says next.

        Raises:
            ProcessFailed: It says nothing any more.
        """
        try:
            message = receive(self._answers)
        except (OSError, ValueError, WireError) as error:
            raise ProcessFailed(str(error)) from error
        if message is None:
            raise ProcessFailed
        return message

    def end(self, at_once: bool = True) -> str:
        """Kill it; return how it ended, and what it said last.

        Args:
            at_once: False: it may be ending by itself, and its own end says more.
        """
        if not at_once:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DYING_S)
        self._process.kill()
        code = self._process.wait()
        for pipe in (self._orders, self._answers):
            with suppress(OSError):
                pipe.close()
        with self._log as log:
            log.seek(0)
            said = log.read().decode("utf-8", "replace").strip()[-_LOG_TAIL:]
        return f"the worker ended with {code}: {said}"
