"""What came to a server, in order: the last requests in detail, and how many there were."""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from starlette.requests import Request

MAX_TEXT = 4096  # characters of a path, a query or a header that are kept

# What an ad server or a beacon's receiver may go by.
HEADERS = (
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "referer",
    "traceparent",
    "x-device-ip",
    "x-device-user-agent",
    "x-device-accept-language",
    "x-device-referer",
    "x-device-requested-with",
    "x-forwarded-for",
    "x-weft-idempotency-key",
)

Name = TypeVar("Name", bound=NamedTuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit(Generic[Name]):
    """One request."""

    number: int  # 1 for the first that ever came
    at: float  # seconds since 1970
    name: Name  # what its path says
    method: str
    path: str  # as it came, without the query
    query: str  # as it came
    headers: tuple[tuple[str, str], ...]  # those of HEADERS that it had
    body: str  # the beginning of what was posted
    status: int  # that it is answered with; 0: not at all

    def header(self, name: str) -> str:
        """A header's value; empty where there was none."""
        return dict(self.headers).get(name, "")

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self) | {"name": self.name._asdict(), "headers": dict(self.headers)}


class Hits(Generic[Name]):
    """Requests as they come; only the latest are kept, all are counted."""

    def __init__(self, *, most: int) -> None:
        """Make an empty log.

        Args:
            most: How many requests are kept.
        """
        self.total = 0
        self._kept: deque[Hit[Name]] = deque(maxlen=most)

    def __iter__(self) -> Iterator[Hit[Name]]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def dropped(self) -> int:
        """How many are counted and no longer kept."""
        return self.total - len(self._kept)

    def take(
        self, request: Request, name: Name, *, at: float, status: int, body: bytes = b""
    ) -> Hit[Name]:
        """Note a request."""
        self.total += 1
        hit = Hit(
            number=self.total,
            at=at,
            name=name,
            method=request.method,
            path=raw_path(request)[:MAX_TEXT],
            query=request.url.query[:MAX_TEXT],
            headers=tuple(
                (name, request.headers[name][:MAX_TEXT])
                for name in HEADERS
                if name in request.headers
            ),
            body=body[:MAX_TEXT].decode(errors="replace"),
            status=status,
        )
        self._kept.append(hit)
        return hit

    def clear(self) -> None:
        """Forget everything."""
        self.total = 0
        self._kept.clear()


def raw_path(request: Request) -> str:
    """The path as it came: what is percent-encoded still is."""
    raw: bytes | None = request.scope.get("raw_path")
    return request.scope["path"] if raw is None else raw.decode("latin-1").partition("?")[0]
