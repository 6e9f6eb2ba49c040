"""What manifests tell of the ads of a pod: ad creative signalling, SVTA 2053 (rule E-12)."""

from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b

SCHEME = "urn:svta:advertising-wg:ad-creative-signaling"  # EventStream@schemeIdUri, and CLASS


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalling:
    """What a session that wants to be told is told of one break's ads; fixed once published."""

    texts: tuple[str | None, ...] = ()  # JSON, ASCII, for each entry of the pod; None: no ad
    live: bool  # the content may come back before the ads are over
    digest: bytes = field(init=False, repr=False)  # what tells it from others

    def __post_init__(self) -> None:
        digest = blake2b(repr((self.texts, self.live)).encode(), digest_size=16).digest()
        object.__setattr__(self, "digest", digest)

    @property
    def size(self) -> int:
        """Bytes that it counts for in a cache."""
        return 256 + sum(len(text) for text in self.texts if text is not None)

    def text(self, index: int) -> str | None:
        """What is told of an entry of the pod."""
        return self.texts[index] if index < len(self.texts) else None


def told_ms(seconds: Decimal) -> int:
    """An ad's length as players are told it, to the millisecond."""
    return round(seconds * 1000)
