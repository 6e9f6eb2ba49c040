"""From what became of a call to what becomes of the beacon: once, or not at all (E-03, E-09)."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from packager.outbound import BadStatus, OutboundError, Refused
from packager.reasons import Reason

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 900.0
_NOT_NOW = frozenset({408, 425, 429})  # the server did not take it and may do so later


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a beacon that was sent, or was to be.

    again: nobody counted it, so it can be tried again. unknown: somebody may have.
    """

    outcome: Literal["delivered", "refused", "again", "unknown"]
    reason: Reason | None = None
    host_failed: bool = False  # the server as a whole is in trouble, for its breaker


DELIVERED = Verdict("delivered")
UNKNOWN = Verdict("unknown", Reason.BEACON_OUTCOME_UNKNOWN, host_failed=True)


def judge(error: OutboundError | None) -> Verdict:
    """Judge a call by the error that it ended with; None: it was answered with a 2xx."""
    match error:
        case None:
            return DELIVERED
        case BadStatus(status=status) if 200 <= status < 400:
            return DELIVERED  # E-09: a redirect that leads nowhere is an answer, too
        case BadStatus(status=status) if status >= 500 or status in _NOT_NOW:
            # Who redirected has counted, and would count again.
            if error.redirected:
                return UNKNOWN
            return Verdict("again", Reason.BEACON_FAILED, host_failed=True)
        case BadStatus():
            return Verdict("refused", Reason.BEACON_STATUS)
        case Refused():
            return Verdict("refused", Reason.BEACON_REFUSED)
        case _ if error.unsent and not error.redirected:
            return Verdict("again", Reason.BEACON_UNREACHABLE, host_failed=True)
        case _:
            return UNKNOWN


def wait_s(tries: int, key: bytes) -> float:
    """Seconds until a beacon is tried again: twice as long each time, spread by its key.

    Args:
        tries: How often it was tried, 1 or more.
        key: The beacon's; what failed together does not come back together.
    """
    longest = min(FIRST_WAIT_S * 2.0 ** min(tries - 1, 30), LONGEST_WAIT_S)
    digest = blake2b(key + tries.to_bytes(4, "big"), digest_size=4).digest()
    return longest * (0.5 + 0.5 * int.from_bytes(digest, "big") / 2**32)
