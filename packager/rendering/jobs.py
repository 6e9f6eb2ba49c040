"""A job as a value: which segment, what is drawn onto it or mixed into it, and by when.

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

# Of the result's name, which tells its type: a replacement, or a picture of overlays alone.
Ending = Literal["m4s", "mp4", "ts", "png"]

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
class Sound:
    """One stem under a segment's sound; times in seconds from the segment's first sample."""

    stem: str  # digest of its file
    gain_db: float
    duck_db: float
    fade_s: Fraction
    begins_s: Fraction | None = None  # None: long before
    ends_s: Fraction | None = None  # None: its end is not known yet
    top_s: Fraction | None = None  # of its beginning; None: it goes on by the track's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that decides the bytes of a replacement."""

    segment: Piece | None  # None: what is drawn stands alone
    init: Piece | None = None  # None: the segment needs none
    drawings: tuple[Drawing, ...] = ()  # in z-order, the lowest first
    sounds: tuple[Sound, ...] = ()
    before: Piece | None = None  # the segments beside it, which its sound goes on from and into
    after: Piece | None = None
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
        "init": _piece_to_json(work.init),
        "drawings": [
            {
                "template": one.template,
                "data": one.data,
                "begins_s": str(one.begins_s),
                "lasts_s": _seconds_to_json(one.lasts_s),
                "images": [[name, b64encode(data).decode()] for name, data in one.images],
            }
            for one in work.drawings
        ],
        "sounds": [
            {
                "stem": one.stem,
                "gain_db": one.gain_db,
                "duck_db": one.duck_db,
                "times": [
                    _seconds_to_json(time)
                    for time in (one.fade_s, one.begins_s, one.ends_s, one.top_s)
                ],
            }
            for one in work.sounds
        ],
        "beside": [_piece_to_json(piece) for piece in (work.before, work.after)],
        "profile": work.profile,
        "ending": work.ending,
        "augmented": work.augmented,
    }


def work_from_json(value: dict[str, Any]) -> Work:
    """Return the work that `work_to_json` wrote."""
    before, after = map(_piece_from_json, value["beside"])
    return Work(
        segment=_piece_from_json(value["segment"]),
        init=_piece_from_json(value["init"]),
        drawings=tuple(
            Drawing(
                template=one["template"],
                data=one["data"],
                begins_s=Fraction(one["begins_s"]),
                lasts_s=_seconds_from_json(one["lasts_s"]),
                images=tuple((name, b64decode(data)) for name, data in one["images"]),
            )
            for one in value["drawings"]
        ),
        sounds=tuple(_sound_from_json(one) for one in value["sounds"]),
        before=before,
        after=after,
        profile=value["profile"],
        ending=value["ending"],
        augmented=value["augmented"],
    )


def _sound_from_json(value: dict[str, Any]) -> Sound:
    fade_s, begins_s, ends_s, top_s = map(_seconds_from_json, value["times"])
    return Sound(
        stem=value["stem"],
        gain_db=value["gain_db"],
        duck_db=value["duck_db"],
        fade_s=fade_s or Fraction(0),
        begins_s=begins_s,
        ends_s=ends_s,
        top_s=top_s,
    )


def _seconds_to_json(seconds: Fraction | None) -> str | None:
    return None if seconds is None else str(seconds)


def _seconds_from_json(value: str | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _piece_to_json(piece: Piece | None) -> list[Any] | None:
    return None if piece is None else [piece.url, piece.byte_range]


def _piece_from_json(value: list[Any] | None) -> Piece | None:
    if value is None:
        return None
    url, byte_range = value
    return Piece(url, None if byte_range is None else (byte_range[0], byte_range[1]))
