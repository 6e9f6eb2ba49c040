"""A job as a value: which segment, what is drawn onto it, and by when.

What decides the bytes lies in the queue's file and goes to a worker as JSON; the rest says when,
and for whom.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from fractions import Fraction
from typing import Any, Literal

Ending = Literal["m4s", "mp4", "ts"]  # of the replacement's name, which tells its type

_KEY = re.compile(r"[0-9a-f]{32,64}")


class Priority(IntEnum):
    """What goes first, whatever its deadline."""

    NEXT = 0  # a manifest names it, or is about to
    LIKELY = 1  # a player is about to come to it, and nobody waits for it yet


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the origin's: an init section or a segment."""

    url: str  # absolute
    byte_range: tuple[int, int] | None = None  # first and last, both of it; None: all there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One overlay over a segment."""

    template: str  # digest of its version
    data: str  # JSON, as its template reads it
    begins_s: Fraction  # from the segment's first frame; negative where it stood there before
    lasts_s: Fraction | None = None  # in all; None: its end is not known yet
    images: tuple[tuple[str, bytes], ...] = ()  # that the data names


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that decides the bytes of a replacement."""

    segment: Piece
    init: Piece | None = None  # None: the segment needs none
    drawings: tuple[Drawing, ...]  # in z-order, the lowest first
    profile: str  # of the encoder
    ending: Ending = "m4s"
    augmented: bool = False  # players have the init section with our parameter sets, if need be


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work, and by when it is of use."""

    key: str  # content address in hex: of the state, the segment, the rendition and the profile
    work: Work
    megapixels: float  # width x height x frames / 10^6: what it costs is told by these
    deadline: datetime
    priority: Priority = Priority.NEXT
    private: bool = False  # pixels of one person

    def __post_init__(self) -> None:
        """Refuse a key that could be no name of a file.

        Raises:
            ValueError: It is none in hex.
        """
        if not _KEY.fullmatch(self.key):
            raise ValueError("a job's key is a digest, 32 to 64 digits in hex")


def work_to_json(work: Work) -> dict[str, Any]:
    """Return work as JSON values."""
    return {
        "segment": _piece_to_json(work.segment),
        "init": None if work.init is None else _piece_to_json(work.init),
        "drawings": [
            {
                "template": one.template,
                "data": one.data,
                "begins_s": str(one.begins_s),
                "lasts_s": None if one.lasts_s is None else str(one.lasts_s),
                "images": [[name, b64encode(data).decode()] for name, data in one.images],
            }
            for one in work.drawings
        ],
        "profile": work.profile,
        "ending": work.ending,
        "augmented": work.augmented,
    }


def work_from_json(value: dict[str, Any]) -> Work:
    """Return the work that `work_to_json` wrote."""
    return Work(
        segment=_piece_from_json(value["segment"]),
        init=None if value["init"] is None else _piece_from_json(value["init"]),
        drawings=tuple(
            Drawing(
                template=one["template"],
                data=one["data"],
                begins_s=Fraction(one["begins_s"]),
                lasts_s=None if one["lasts_s"] is None else Fraction(one["lasts_s"]),
                images=tuple((name, b64decode(data)) for name, data in one["images"]),
            )
            for one in value["drawings"]
        ),
        profile=value["profile"],
        ending=value["ending"],
        augmented=value["augmented"],
    )


def _piece_to_json(piece: Piece) -> list[Any]:
    return [piece.url, piece.byte_range]


def _piece_from_json(value: list[Any]) -> Piece:
    url, byte_range = value
    return Piece(url, None if byte_range is None else (byte_range[0], byte_range[1]))
