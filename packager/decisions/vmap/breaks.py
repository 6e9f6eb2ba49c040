"""What VMAP says of a show's breaks, as values (splice rules D-40 to D-43)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Literal

from packager.decisions.ads import Extension, Tracking, Vast
from packager.decisions.vast_errors import ErrorCall, error_calls
from packager.reasons import Reason

MAX_TIMES = 100  # of one break that is repeated


class VmapCode(IntEnum):
    """What `error` URLs of a break are told (VMAP 1.0.1, table of error codes)."""

    UNDEFINED = 900
    SCHEMA = 1000
    VERSION = 1001
    PARSING = 1002
    BREAK_TYPE = 1003  # not supported
    AD_RESPONSE = 1004
    TEMPLATE_TYPE = 1005  # not supported
    AD_RESPONSE_PARSING = 1006
    AD_RESPONSE_TIMEOUT = 1007
    AD_RESPONSE_RETRIEVAL = 1008


# What a break's ads can fail for. That there are none for it is no failure.
CODES: Mapping[Reason, VmapCode] = {
    Reason.AD_TIMEOUT: VmapCode.AD_RESPONSE_TIMEOUT,
    Reason.HOLD_EXPIRED: VmapCode.AD_RESPONSE_TIMEOUT,
    Reason.AD_UNREACHABLE: VmapCode.AD_RESPONSE_RETRIEVAL,
    Reason.AD_REFUSED: VmapCode.AD_RESPONSE_RETRIEVAL,
    Reason.AD_STATUS: VmapCode.AD_RESPONSE_RETRIEVAL,
    Reason.AD_SHED: VmapCode.AD_RESPONSE_RETRIEVAL,
    Reason.AD_SERVER_RESTS: VmapCode.AD_RESPONSE_RETRIEVAL,
    Reason.AD_UNPARSEABLE: VmapCode.AD_RESPONSE_PARSING,
    Reason.AD_OVERSIZE: VmapCode.AD_RESPONSE_PARSING,
    Reason.AD_WRAPPER_FAILED: VmapCode.AD_RESPONSE,
}


@dataclass(frozen=True, slots=True)
class Offset:
    """When a break is.

    `value` is seconds of a `time`, a percentage of a `percent`, and of a `position` which of the
    content's own opportunities it is, from 1.
    """

    kind: Literal["time", "percent", "start", "end", "position"]
    value: Decimal = Decimal(0)

    def seconds(self, duration: Decimal) -> Decimal | None:
        """Seconds into content of a duration; may be beyond its end. None: a `position`."""
        match self.kind:
            case "start":
                return Decimal(0)
            case "end":
                return duration
            case "percent":
                return duration * self.value / 100
            case "time":
                return self.value
            case _:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdSource:
    """Where the ads of a break come from: exactly one of the last three (D-41)."""

    id: str = ""
    allow_multiple: bool = True
    follow_redirects: bool = True
    vast: Vast | None = None
    tag_url: str = ""
    template_type: str = ""  # of what the URL gives: vast1 to vast4, or somebody's own
    custom: str = ""
    custom_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmapBreak:
    """A break; one without a source only tells that it was there."""

    offset: Offset
    types: frozenset[str] = frozenset({"linear"})  # of linear, nonlinear, display
    id: str = ""
    repeat_after: Decimal | None = None  # seconds
    source: AdSource | None = None
    tracking: tuple[Tracking, ...] = ()  # breakStart, breakEnd, error (D-42)
    extensions: tuple[Extension, ...] = ()

    def times(self, duration: Decimal) -> tuple[Decimal, ...]:
        """Seconds of content at which it is, at most its `duration`; the first `MAX_TIMES`.

        None at all: it is beyond the end (D-43), or at an opportunity of the content.
        """
        first = self.offset.seconds(duration)
        if first is None or first > duration:
            return ()
        if not self.repeat_after:
            return (first,)
        count = min(int((duration - first) / self.repeat_after) + 1, MAX_TIMES)
        return tuple(first + number * self.repeat_after for number in range(count))

    @property
    def is_told(self) -> bool:
        """Whether anybody wants to know when it begins or ends."""
        return bool(self.urls("breakStart") or self.urls("breakEnd"))

    def urls(self, event: str) -> tuple[str, ...]:
        """What to fire at `breakStart` or `breakEnd`, each once."""
        return urls_of(self.tracking, event)

    def errors(self, code: VmapCode) -> tuple[ErrorCall, ...]:
        """Whom to tell what went wrong with the break."""
        return error_calls(urls_of(self.tracking, "error"), code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vmap:
    """A document: breaks in its order, which is that of breaks at one time (D-43)."""

    version: str
    breaks: tuple[VmapBreak, ...] = ()
    extensions: tuple[Extension, ...] = ()
    errors: tuple[ErrorCall, ...] = ()  # whom to tell of breaks that cannot be read
    flaws: tuple[str, ...] = ()  # what was left out because it is broken or too much, in words
    truncated: bool = False  # there were more breaks than are read


def urls_of(tracking: tuple[Tracking, ...], event: str) -> tuple[str, ...]:
    """What to fire at an event, each once."""
    return tuple(dict.fromkeys(one.url for one in tracking if one.event == event))
