"""Reading VAST in a thread that is replaced now and then.

libxml2 keeps every element and attribute name that a thread has ever read until the thread ends: an
ad server that invents names could fill the memory of a process, about 2.5 bytes for each it sends.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from packager.decisions.ads import Vast
from packager.decisions.vast import read_vast

RETIRE_BYTES = 16 << 20  # of documents read by one thread


class VastReader:
    """Reads documents one after another, off the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "vast")
        self._bytes = 0

    async def read(self, body: bytes) -> Vast:
        """Read a document as `read_vast` does.

        Raises:
            VastError: As `read_vast` does.
        """
        if self._bytes > RETIRE_BYTES:
            self._thread.shutdown(wait=False)  # it finishes what it was given
            self._thread = ThreadPoolExecutor(1, "vast")
            self._bytes = 0
        self._bytes += len(body)
        return await asyncio.get_running_loop().run_in_executor(self._thread, read_vast, body)
