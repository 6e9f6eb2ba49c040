"""What can be wrong with an outbound call. Every error carries a `reason` of the registry.

OutboundError
    Refused           the URL, its host, its address or a redirect is not to be reached
    Unreachable       no connection: name, network, TLS, or an answer that is not HTTP
    TimedOut          one of the time limits of the call passed
    BadStatus         the answer has a status that is not 2xx; `status` is it
    Oversize          the body has more bytes than the call allows
    RatioExceeded     the body inflates more than the call allows
    Truncated         the body is incomplete, damaged, or in a coding that was not asked for
    NotManifest       the body is whole, and is not a manifest that can be read
    NotWhole          the manifest has parts elsewhere, which are refused or cannot be had

The texts name hosts and numbers, never a path or a query: those may be signed,
and texts are logged.
"""

from packager.reasons import Reason


class OutboundError(Exception):
    """An outbound call did not bring what it was made for; the text says why.

    `unsent` is true where nobody can have got the request: there was no connection to send it on.
    `redirected` is true where somebody got it and answered with a redirect.
    """

    reason: Reason
    unsent = False
    redirected = False


class Refused(OutboundError):
    """The URL, its host, its address or a redirect is not to be reached."""

    reason = Reason.ORIGIN_REFUSED


class Unreachable(OutboundError):
    """There is no connection: name, network, TLS, or an answer that is not HTTP."""

    reason = Reason.ORIGIN_UNREACHABLE


class TimedOut(OutboundError):
    """One of the time limits of the call passed."""

    reason = Reason.ORIGIN_TIMEOUT


class BadStatus(OutboundError):
    """The answer has a `status` that is not 2xx."""

    def __init__(self, host: str, status: int) -> None:
        super().__init__(f"{host}: status {status}")
        self.status = status
        self.reason = Reason.ORIGIN_NOT_FOUND if status in (404, 410) else Reason.ORIGIN_STATUS


class Oversize(OutboundError):
    """The body has more bytes than the call allows."""

    reason = Reason.ORIGIN_OVERSIZE


class RatioExceeded(OutboundError):
    """The body inflates more than the call allows."""

    reason = Reason.ORIGIN_RATIO


class Truncated(OutboundError):
    """The body is incomplete, damaged, or in a coding that was not asked for."""

    reason = Reason.ORIGIN_TRUNCATED


class NotManifest(OutboundError):
    """The body is whole, and is not a manifest that can be read; the cause says why."""

    reason = Reason.ORIGIN_NOT_MANIFEST


class NotWhole(OutboundError):
    """The manifest has parts elsewhere, which are refused or cannot be had."""

    reason = Reason.ORIGIN_REMOTE
