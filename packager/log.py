"""Logging: one event is one line, no secret is in it, and no event floods.

Events are past facts with the same keys everywhere: ``log.warning("ad_break_underfilled",
session_id=..., missing_s=15)``. What happened to a viewer goes through `report`.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Literal, TextIO

import orjson
import structlog

from packager.clock import Clock, SystemClock
from packager.metrics import Metrics
from packager.reasons import Level, Reason

MAX_CHARACTERS = 8192  # of one value
MAX_EVENTS = 20  # of one name and reason in
WINDOW_S = 10.0
MAX_NAMES = 2000

_REDACTED = "[redacted]"
_SECRET_KEYS = frozenset(
    {"authorization", "cookie", "set-cookie", "header", "headers", "password", "query", "secret"}
    | {"signature", "token", "client_ip", "ip", "user_agent"}
)
# A header with credentials, to the end of its line.
_HEADER = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)\b[\"']?\s*[:=,][^\n]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic) +[^\s\"',]+")
_USER = re.compile(r"://[^/\s@]+@")
_QUERY = re.compile(r"\?[^\s\"'<>]+")
# Signed text in base64: long, with capitals, small letters and digits. A digest in hex is not.
_TOKEN = re.compile(
    r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*[0-9])[A-Za-z0-9_-]{32,}(?:\.[\w.-]+)?"
)

Event = MutableMapping[str, Any]


def report(reason: Reason, event: str, metrics: Metrics, **fields: object) -> None:
    """Count and log that a viewer got less than planned or was refused: the one way to do it.

    Args:
        reason: Why; it also says how loud the line is.
        event: What happened, a past fact: ``origin_playlist_kept``.
        metrics: Where it is counted, every time, even where the log has had enough of it.
        fields: What an operator needs to find the cause.
    """
    metrics.degraded(reason)
    log = structlog.get_logger()
    log.log(logging.getLevelNamesMapping()[reason.level.upper()], event, reason=reason, **fields)


def configure(
    *,
    format: Literal["json", "console"] = "json",
    level: Level = "info",
    stream: TextIO | None = None,
    clock: Clock | None = None,
) -> None:
    """Set up logging of this process, also what libraries log through the standard library.

    Args:
        format: ``json``, one object a line; ``console``, for people.
        level: The least that is written; of libraries, warnings and above.
        stream: Where to, standard error if None.
        clock: For the times and the limit of events.
    """
    clock = clock or SystemClock()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            RateLimit(clock.monotonic),
            _Timestamp(clock),
            _exception_as_text,
            clean,
            _as_json if format == "json" else _as_text,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
    )
    root = logging.getLogger()
    root.handlers = [_FromLibraries()]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))


class RateLimit:
    """Lets `MAX_EVENTS` of one event and reason pass in `WINDOW_S`, and says what it withheld."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}  # since when, how many

    def __call__(self, logger: object, method: str, event: Event) -> Event:
        """Pass the event on, with `suppressed` where others before it were not, or drop it."""
        key = (str(event["event"]), str(event.get("reason", "")))
        now = self._monotonic()
        since, count = self._windows.get(key, (now, 0))
        if now - since >= WINDOW_S:
            if count > MAX_EVENTS:
                event["suppressed"] = count - MAX_EVENTS
            since, count = now, 0
        if key not in self._windows and len(self._windows) >= MAX_NAMES:
            self._windows.clear()  # somebody makes up names from data
        self._windows[key] = (since, count + 1)
        if count >= MAX_EVENTS:
            raise structlog.DropEvent
        return event


def clean(logger: object, method: str, event: Event) -> Event:
    """Take secrets and control characters out of an event, however deep."""
    return {_text(key): _value(key, value) for key, value in event.items()}


def redact(text: str) -> str:
    """Take credentials, queries and signed tokens out of a text."""
    text = _HEADER.sub(rf"\1 {_REDACTED}", text)
    text = _BEARER.sub(rf"\1 {_REDACTED}", text)
    text = _USER.sub(f"://{_REDACTED}@", text)
    text = _QUERY.sub(f"?{_REDACTED}", text)
    return _TOKEN.sub(_REDACTED, text)


def escape(text: str) -> str:
    r"""Write characters that are not printable as ``\x1b``: what a terminal or a reader obeys."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _text(value: object) -> str:
    text = redact(str(value))
    if len(text) > MAX_CHARACTERS:
        text = f"{text[:MAX_CHARACTERS]}..."
    return escape(text)


def _value(key: object, value: object) -> object:
    if str(key).lower() in _SECRET_KEYS:
        return _REDACTED
    match value:
        case None | bool() | float():
            return value
        case int() if abs(value) < 1 << 53:  # what every JSON reader takes
            return value
        case Mapping():
            return {_text(inner): _value(inner, item) for inner, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_value("", item) for item in value]
        case _:
            return _text(value)


class _Timestamp:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, logger: object, method: str, event: Event) -> Event:
        event["at"] = self._clock.now().isoformat(timespec="milliseconds")
        return event


def _exception_as_text(logger: object, method: str, event: Event) -> Event:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["traceback"] = "".join(traceback.format_exception(error))
    return event


def _as_json(logger: object, method: str, event: Event) -> str:
    return orjson.dumps(
        {key: event.pop(key) for key in ("at", "level", "event")} | {**event}
    ).decode()


def _as_text(logger: object, method: str, event: Event) -> str:
    head = f"{event.pop('at')[11:23]} {event.pop('level'):7} {event.pop('event')}"
    return " ".join([head, *(f"{key}={_shown(value)}" for key, value in event.items())])


def _shown(value: object) -> str:
    is_word = isinstance(value, str) and re.fullmatch(r"[^\s\"=]+", value)
    return str(value) if is_word else orjson.dumps(value).decode()


class _FromLibraries(logging.Handler):
    """Hands what libraries log to the same processors."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library_message",
            library=record.name,
            message=record.getMessage(),
            exc_info=record.exc_info,
        )
