"""Patches of sessions' MPDs: made once between two joined MPDs, shared by all who go that way.

What a session was sent is remembered as numbers of joined MPDs. Their texts are those that `Mpds`
keeps for new answers: what it has dropped has no patch any more. So nothing here grows with what
viewers ask for, and every bound may be met, because a client without a patch asks for the whole
MPD, which costs little.
"""

import time
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from cachetools import LRUCache

from manifests.dash.channel import DashChannel
from manifests.dash.patching.patch_text import PatchText, after, before, patch_text
from packager.clock import Clock
from packager.cpu_share import CpuShare
from packager.dash.mpds import JoinedMpd, Mpds
from packager.single_flight import FlightError, SingleFlight
from packager.xml_thread import XmlThread

IN_THE_MAKING = 8  # at a time; each holds two MPDs
PATIENCE_S = 1.0  # with one that is being made
SENT = 4  # versions that are remembered for a session: a client has one of the latest
_OVERHEAD_BYTES = 512  # that an entry of a cache takes, besides text
_UNKNOWN = 0  # the number of no MPD

_LEAST_TTL_S, _UPDATES = Decimal(60), 10


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of comparing two MPDs, and the seconds of work that it took."""

    patch: PatchText | None
    seconds: float

    @property
    def size(self) -> int:
        return _OVERHEAD_BYTES + (0 if self.patch is None else self.patch.size)


class Patches:
    """The patches of a process."""

    def __init__(
        self,
        mpds: Mpds,
        clock: Clock,
        *,
        max_bytes: int = 16 * 1024 * 1024,
        max_sessions: int = 65_536,
    ) -> None:
        """Make an empty cache of at most `max_bytes` of patches.

        Args:
            mpds: Have the MPDs that were sent.
            clock: Says when there was enough work.
            max_bytes: Of the patches.
            max_sessions: Whose MPDs are remembered.
        """
        self._mpds = mpds
        self._clock = clock
        # By the numbers of the earlier and the later MPD.
        self._made: LRUCache[tuple[int, int], _Made] = LRUCache(max_bytes, lambda made: made.size)
        # By session: publishTime and number of the last MPDs.
        self._sent: LRUCache[str, tuple[tuple[Decimal, int], ...]] = LRUCache(max_sessions)
        self._flights: SingleFlight[PatchText | None] = SingleFlight(limit=IN_THE_MAKING)
        self._thread = XmlThread("mpd-patch")
        self._share = CpuShare()

    def sent(self, sid: str, publish_time: Decimal, mpd: JoinedMpd) -> None:
        """Remember what a session was sent."""
        known = self._sent.get(sid, ())
        number = dict(known).get(publish_time)
        if number == mpd.number:
            return
        this = mpd.number
        if number is not None:
            # Joined again. If it is not known to be what it was, nor is what the client has.
            earlier = self._mpds.by_number(number)
            this = mpd.number if earlier and earlier.text == mpd.text else _UNKNOWN
        others = [one for one in known if one[0] != publish_time]
        self._sent[sid] = (*others[1 - SENT :], (publish_time, this))

    async def between(
        self, sid: str, publish_time: Decimal, mpd: JoinedMpd, *, ttl_s: Decimal
    ) -> tuple[PatchText | None, bool]:
        """The patch from what a session was sent to its latest MPD, and whether it was there.

        Args:
            sid: The session.
            publish_time: Of the MPD that its client has.
            mpd: The latest one.
            ttl_s: PatchLocation@ttl in the latest one.

        Returns:
            None as the patch: there is none, it is not known what the client has, or there is too
            much to do.
        """
        number = dict(self._sent.get(sid, ())).get(publish_time)
        earlier = None if number is None else self._mpds.by_number(number)
        if earlier is None:
            return None, False
        key = (earlier.number, mpd.number)
        made = self._made.get(key)
        if made is not None:
            return made.patch, True
        if key not in self._flights and not self._share.allows(self._clock.monotonic()):
            return None, False
        try:
            task = self._flights.start(key, partial(self._make, earlier, mpd, ttl_s))
            return await self._flights.wait(task, patience_s=PATIENCE_S), False
        except (FlightError, TimeoutError):
            return None, False

    async def aclose(self) -> None:
        """End what is being made."""
        await self._flights.aclose()

    async def _make(self, earlier: JoinedMpd, later: JoinedMpd, ttl_s: Decimal) -> PatchText | None:
        old, new = before(earlier.text), after(later.text, ttl_s=ttl_s)
        made = await self._thread.run(partial(_timed, old), new)
        self._share.spent(made.seconds, self._clock.monotonic())
        if made.size <= self._made.maxsize:
            self._made[earlier.number, later.number] = made
        return made.patch


def _timed(old: bytes, new: bytes) -> _Made:
    began = time.thread_time()
    return _Made(patch_text(old, new), time.thread_time() - began)


def patch_ttl_s(channel: DashChannel) -> Decimal | None:
    """For how long a channel's MPD says that there are patches of it; None: it is not updated.

    Whole seconds, which is all that Shaka reads.
    """
    mpd = channel.mpd
    if mpd is None or not mpd.is_dynamic or mpd.minimum_update_s is None:
        return None
    return max(_LEAST_TTL_S, (_UPDATES * mpd.minimum_update_s).to_integral_value())
