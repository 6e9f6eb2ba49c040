"""What an ad decision may depend on, and the VAST macros that say it (rules D-20 to D-23)."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from uuid import UUID

from manifests.breaks import AdBreak
from packager import VERSION
from packager.decisions.disclosure import NOBODY, Disclosed
from packager.decisions.macros import MacroValue, clock_time
from packager.decisions.vmap.breaks import AdSource
from packager.packaging.ladder import Ladder
from packager.parameters import Pairs
from packager.personalization.settled import NOTHING, Settled

# AdCOM list "Creative Subtypes": 2.0, 3.0, 4.0, 4.1, 4.2, 4.3 and their wrappers
_VAST_VERSIONS = (2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16)
_MEDIA_TYPES = ("video/mp4", "video/webm", "video/quicktime")


class BreakPosition(IntEnum):
    """Where in the content a break is, as the macro BREAKPOSITION has it (D-22)."""

    PRE_ROLL = 1
    MID_ROLL = 2
    POST_ROLL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """What a decision may depend on; two equal requests of one session are one decision.

    Everything in it may be told to ad servers: of the viewer, only what they may know is in it.
    """

    show: str
    session: str  # keyed digest of the session's name; never the name or token itself
    ad_break: AdBreak
    length: Fraction | None  # seconds that may be filled; None: no limit known
    now: datetime  # with time zone
    live: bool
    playhead: Decimal | None = None  # seconds of VOD content before the break, where known
    position: BreakPosition = BreakPosition.MID_ROLL
    viewer: Disclosed = NOBODY
    # the session's ad parameters, without `ads.`; they may say who the viewer is
    params: Pairs = field(default=(), repr=False)
    facts: Pairs = field(default=(), repr=False)
    choices: Pairs = ()  # that may be told
    settled: Settled = NOTHING  # all of them; for the house's own media
    blocked_categories: tuple[str, ...] = ()
    ladder: Ladder  # what creatives are conditioned for
    source: AdSource | None = None  # where the ads come from, as a VMAP says
    linear: bool = True  # False: nothing is played, only drawn (D-40)
    spread_s: float = 0.0  # seconds that there are before anybody waits for the answer

    @property
    def macros(self) -> dict[str, MacroValue]:
        """The values of VAST macros in an ad call; what is missing here is sent as unknown.

        All calls of one request, those of wrappers too, have one TRANSACTIONID (D-23).
        """
        # As good as random, and the same when the same call is explained later.
        draw = hashlib.sha256(
            "\0".join((self.show, self.session, self.ad_break.id, self.now.isoformat())).encode(
                errors="replace"
            )
        ).digest()
        values: dict[str, MacroValue] = self.viewer.macros | {
            "TIMESTAMP": self.now.isoformat(timespec="milliseconds"),
            "CACHEBUSTING": f"{int.from_bytes(draw[16:]) % 10**8:08d}",
            "TRANSACTIONID": str(UUID(bytes=draw[:16], version=4)),
            "BREAKPOSITION": int(self.position),
            "SERVERSIDE": 1,  # a server, on behalf of a client
            "SERVERUA": f"Weft/{VERSION}",
            "ADTYPE": "video",
            "MEDIAMIME": _MEDIA_TYPES,
            "VASTVERSIONS": _VAST_VERSIONS,
        }
        if self.length is not None:
            values["BREAKMAXDURATION"] = int(self.length)
        if self.playhead is not None:
            values["MEDIAPLAYHEAD"] = clock_time(self.playhead)
        if self.blocked_categories:
            values["BLOCKEDADCATEGORIES"] = self.blocked_categories
        return values
