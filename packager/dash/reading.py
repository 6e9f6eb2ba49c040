"""MPDs read off the event loop, each in a thread of its own (see `packager.xml_thread`)."""

from functools import partial

from manifests.dash.model import Mpd
from manifests.dash.reader import read_mpd
from packager.xml_thread import XmlThread


class MpdReading:
    """Reads MPDs as the origin's cache wants them read."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._thread = XmlThread("mpd")

    async def read(self, body: bytes, url: str) -> Mpd:
        """Read an MPD.

        Raises:
            ManifestError: It cannot be read.
        """
        return await self._thread.run(partial(read_mpd, url=url), body)
