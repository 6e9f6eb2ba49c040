"""Server-sent events, read from bytes as they come (HTML Living Standard, section 9.2.6)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_EVENT_BYTES = 65_536

_LINE_END = re.compile(rb"\r\n|\n|\r")
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


class EventTooLarge(ValueError):
    """An event, or one of its lines, has more bytes than are read."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    type: str
    data: str


class EventReader:
    """Reads one stream; `last_id` and `retry_s` are for when it is opened anew."""

    def __init__(self, last_id: str = "") -> None:
        """Begin a stream, after the event of that id."""
        self.last_id = last_id
        self.retry_s: float | None = None
        self._rest = b""  # of a line
        self._began = False
        self._type = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Read what came; give the events that are whole by now.

        Raises:
            EventTooLarge: One is; the stream is of no more use.
        """
        text = self._rest + piece
        if not self._began and text:
            text = text.removeprefix(b"\xef\xbb\xbf")
            self._began = True
        # A CR at the end may be half of a line's end.
        held = text.endswith(b"\r")
        *lines, self._rest = _LINE_END.split(text[:-1] if held else text)
        if held:
            self._rest += b"\r"
        for line in lines:
            self._size += len(line)
            self._check(0)
            if event := self._line(line.decode("utf-8", "replace")):
                yield event
        self._check(len(self._rest))

    def _check(self, more: int) -> None:
        if self._size + more > MAX_EVENT_BYTES:
            raise EventTooLarge(f"an event of more than {MAX_EVENT_BYTES} bytes")

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._dispatched()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and _DIGITS.fullmatch(value):
            self.retry_s = int(value) / 1000
        return None

    def _dispatched(self) -> Event | None:
        event = Event(self._type or "message", "\n".join(self._data)) if self._data else None
        self._type, self._data, self._size = "", [], 0
        return event
