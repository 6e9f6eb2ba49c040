import pytest

from packager.beacons.verdicts import LONGEST_WAIT_S, judge, wait_s
from packager.outbound import (
    BadStatus,
    OutboundError,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)
from packager.reasons import Reason


def an_error(error: OutboundError, *, unsent: bool = False, redirected: bool = False):  # type: ignore[no-untyped-def]
    error.unsent, error.redirected = unsent, redirected
    return error


CASES = {
    "2xx": (None, "delivered", None),
    "206, which nobody asked for": (BadStatus("h", 206), "delivered", None),
    "redirect that leads nowhere": (BadStatus("h", 302), "delivered", None),
    "404": (BadStatus("h", 404), "refused", Reason.BEACON_STATUS),
    "410 behind a redirect": (
        an_error(BadStatus("h", 410), redirected=True),
        "refused",
        Reason.BEACON_STATUS,
    ),
    "429": (BadStatus("h", 429), "again", Reason.BEACON_FAILED),
    "500": (BadStatus("h", 500), "again", Reason.BEACON_FAILED),
    "503 behind a redirect": (
        an_error(BadStatus("h", 503), redirected=True),
        "unknown",
        Reason.BEACON_OUTCOME_UNKNOWN,
    ),
    "private address": (Refused("h"), "refused", Reason.BEACON_REFUSED),
    "no connection": (
        an_error(Unreachable("h"), unsent=True),
        "again",
        Reason.BEACON_UNREACHABLE,
    ),
    "no connection in time": (
        an_error(TimedOut("h"), unsent=True),
        "again",
        Reason.BEACON_UNREACHABLE,
    ),
    "no connection behind a redirect": (
        an_error(Unreachable("h"), unsent=True, redirected=True),
        "unknown",
        Reason.BEACON_OUTCOME_UNKNOWN,
    ),
    "connection lost": (Unreachable("h"), "unknown", Reason.BEACON_OUTCOME_UNKNOWN),
    "no answer in time": (TimedOut("h"), "unknown", Reason.BEACON_OUTCOME_UNKNOWN),
    "half an answer": (Truncated("h"), "unknown", Reason.BEACON_OUTCOME_UNKNOWN),
}


@pytest.mark.parametrize(("error", "outcome", "reason"), CASES.values(), ids=CASES)
def test_only_what_nobody_can_have_counted_is_tried_again(
    error: OutboundError | None, outcome: str, reason: Reason | None
) -> None:
    """E-03, E-09."""
    verdict = judge(error)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_server_that_says_no_is_not_in_trouble() -> None:
    assert not judge(BadStatus("h", 404)).host_failed
    assert judge(BadStatus("h", 500)).host_failed
    assert judge(TimedOut("h")).host_failed


def test_waits_double_up_to_a_quarter_of_an_hour_and_are_spread() -> None:
    """failures.md, row 32."""
    keys = [number.to_bytes(16, "big") for number in range(200)]
    for tries, longest in ((1, 1.0), (2, 2.0), (5, 16.0), (11, 900.0), (5000, LONGEST_WAIT_S)):
        waits = [wait_s(tries, key) for key in keys]
        assert longest / 2 <= min(waits) < max(waits) <= longest
        assert len(set(waits)) > 190
        assert waits == [wait_s(tries, key) for key in keys]
