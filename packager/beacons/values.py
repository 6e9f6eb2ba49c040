"""A beacon: one call that an ad server is owed, and what makes two of them the same one (E-03)."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

NO_AD = -1  # the `ad` of what is owed for a break as a whole: breakStart, breakEnd

_EVENTS = """
acceptInvitation acceptInvitationLinear adCollapse adExpand breakEnd breakStart clickTracking close
closeLinear collapse complete creativeView error exitFullscreen expand firstQuartile fullscreen
iconClickTracking iconViewTracking impression interactiveStart loaded midpoint minimize mute
notUsed notViewable otherAdInteraction overlayViewDuration pause playerCollapse playerExpand
progress resume rewind skip start thirdQuartile timeSpentViewing unmute verificationNotExecuted
viewUndetermined viewable
"""
EVENTS = frozenset(_EVENTS.split())
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """One GET that is owed because something of an ad was seen.

    `template` and `url` differ in the macros: a URL with a new time or random number in it must
    still be the same beacon, so the key is made of what the ad server wrote, before `url` was.
    """

    session: str  # digest of the session's id, never the id
    break_id: str
    ad: int  # index in the pod; NO_AD: of the break
    event: str  # a name of EVENTS; several of one name are told apart after an @: `progress@5`
    template: str = field(repr=False)  # the URL as the ad server wrote it
    url: str = field(repr=False)  # the URL to be called, its macros expanded
    owed_at: datetime
    expires_at: datetime  # nobody tries again from here on
    # Of the viewer, where there is consent (E-01): X-Device-IP and the like.
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def key(self) -> bytes:
        """What it is known by, 16 bytes: owed twice under one key, it is one beacon."""
        return _digest(16, self.session, self.break_id, str(self.ad), self.event, self.template)

    @property
    def lane(self) -> int:
        """The ad instance, 64 bits: what one server is owed for it keeps its order (E-02)."""
        digest = _digest(8, self.session, self.break_id, str(self.ad))
        return int.from_bytes(digest, "big", signed=True)

    @property
    def kind(self) -> str:
        """The event as it is counted: a name of `EVENTS`, or `OTHER`."""
        name = self.event.partition("@")[0]
        return name if name in EVENTS else OTHER


def _digest(size: int, *parts: str) -> bytes:
    digest = blake2b(digest_size=size, person=b"weft beacon")
    for part in parts:
        data = part.encode(errors="surrogatepass")
        digest.update(b"%d:" % len(data))  # no border can be moved from one part into another
        digest.update(data)
    return digest.digest()
