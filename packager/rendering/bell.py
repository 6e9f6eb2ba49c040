"""A bell: tells coroutines of this process that something has changed."""

import anyio


class Bell:
    """Rings for all who took hold of it before."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def ring(self) -> None:
        """Wake everybody who waits."""
        self._event.set()
        self._event = anyio.Event()

    def listen(self) -> anyio.Event:
        """Take hold of the next ring, before looking at what it tells of."""
        return self._event


async def heard(event: anyio.Event, longest_s: float) -> None:
    """Wait for a ring, or so long: other processes ring no bell here."""
    with anyio.move_on_after(longest_s):
        await event.wait()
