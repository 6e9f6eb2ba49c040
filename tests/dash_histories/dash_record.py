"""What a history of MPDs is made of, and what a judge says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

FRAME = Fraction(42, 1000)  # one video frame
AUDIO = Fraction(30, 1000)  # one audio frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A version of the MPD as the origin gave it."""

    poll: int
    at: Fraction  # seconds since 1970; 0 for a static presentation
    url: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One break that a session fills; instants on the content clock."""

    break_id: str
    start: Fraction  # where the cue says that it begins
    out_at: Fraction
    in_at: Fraction | None  # where content comes back, as far as is known
    ads: tuple[str, ...]  # prefixes of the pod's URLs, in order; with equal ones repeated
    early: bool = False  # content comes back before the pod is over (B-31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An MPD as a session got it."""

    poll: int
    at: Fraction
    session: str
    url: str
    body: bytes = field(repr=False)
    decided: tuple[Decided, ...] = ()
    until: Fraction | None = None  # a break that is not decided yet begins here


Happening = Fetched | Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What texts cannot say."""

    ads: Mapping[str, Fraction]  # prefix of a creative's URLs: how long it plays, seconds
    insertion: bool = False  # ads take nothing away and move what follows
    proxy: str = "https://weft.invalid/"  # where MPDs may come from


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that an answer breaks."""

    rule: str
    poll: int
    session: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule} at poll {self.poll}, {self.session}: {self.text}"
