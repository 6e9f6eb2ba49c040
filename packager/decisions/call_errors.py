"""Why a call of an ad server brought nothing, as the codes of the registry have it."""

from collections.abc import Mapping

from packager.outbound import (
    BadStatus,
    OutboundError,
    Oversize,
    RatioExceeded,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)
from packager.reasons import Reason

_REASONS: Mapping[type[OutboundError], Reason] = {
    Refused: Reason.AD_REFUSED,
    Unreachable: Reason.AD_UNREACHABLE,
    TimedOut: Reason.AD_TIMEOUT,
    BadStatus: Reason.AD_STATUS,
    Oversize: Reason.AD_OVERSIZE,
    RatioExceeded: Reason.AD_OVERSIZE,
    Truncated: Reason.AD_UNPARSEABLE,
}


def reason_of(error: OutboundError) -> Reason:
    """The reason for which an ad server gave no answer."""
    return _REASONS.get(type(error), Reason.AD_UNREACHABLE)
