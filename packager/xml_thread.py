"""Reading XML off the event loop, in threads that do not live long.

libxml2 keeps the names of elements and attributes in one dictionary for each thread, which lasts as
long as the thread or any tree that was read in it. A thread that reads many documents

- grows: who invents names fills the memory, by about 2.5 bytes for each byte that is sent;
- is not safe for trees: asking one for its elements by name looks into the dictionary without a
  lock. While the thread reads the next document the dictionary may move, and the process dies.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


class XmlThread:
    """Reads documents one after another, in the order in which they are given."""

    def __init__(self, name: str, *, retire_bytes: int = 0) -> None:
        """Start no thread yet.

        Args:
            name: Of the threads, for those who look at them.
            retire_bytes: A thread that has read more is replaced. With 0 every document has a
                thread and a dictionary of its own: any thread may look into a tree that `run`
                gives, copy it and write it, at any time. With more, `read` must not give trees.
        """
        self._name = name
        self._retire_bytes = retire_bytes
        self._line = ThreadPoolExecutor(1, f"{name}-line")  # reads nothing itself
        self._thread = ThreadPoolExecutor(1, name)
        self._bytes = 0  # that it has read

    async def run(self, read: Callable[[bytes], Value], body: bytes) -> Value:
        """Return what `read` gives for a document, or raise what it raises.

        Who stops waiting does not stop the reading, and the next document waits for its end.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._line, self._read, read, body)

    def _read(self, read: Callable[[bytes], Value], body: bytes) -> Value:
        if self._bytes > self._retire_bytes:
            self._thread.shutdown()
            self._thread = ThreadPoolExecutor(1, self._name)
            self._bytes = 0
        self._bytes += len(body)
        return self._thread.submit(read, body).result()
