"""From what is to be drawn onto a segment to the job that a worker does."""

from datetime import datetime
from fractions import Fraction

import orjson

from manifests.content_segment import ContentSegment, Source
from manifests.timing import format_date_time
from manifests.uris import without_query
from overlays.states import Shown, part_of_life, state_key
from packager.looks.frames import Frames
from packager.looks.inits import path_of
from packager.looks.look import Choice
from packager.looks.steps import Drawn
from packager.rendering.jobs import Drawing, Ending, Job, Piece, Priority, Work

PROFILE = "superfast"


def order(
    choice: Choice,
    *,
    origin: str,
    frames: Frames,
    deadline: datetime,
    priority: Priority = Priority.NEXT,
) -> Job:
    """Make the job of a choice onto which something is drawn.

    Args:
        choice: What is drawn onto which segment.
        origin: Of the show.
        frames: Of the rendition.
        deadline: When the result is of no use any more.
        priority: What goes first.
    """
    segment = choice.segment
    augmented = path_of(segment.init, origin) is not None
    return Job(
        key=_key(choice, augmented),
        work=Work(
            segment=_piece(segment.media),
            init=None if segment.init is None else _piece(segment.init),
            drawings=tuple(_drawing(one, segment) for one in choice.drawn),
            profile=PROFILE,
            ending=_ending(segment),
            augmented=augmented,
        ),
        megapixels=frames.megapixels(float(segment.duration)),
        deadline=deadline,
        priority=priority,
        private=any(one.private for one in choice.drawn),
    )


def _key(choice: Choice, augmented: bool) -> str:
    segment = choice.segment
    # An origin that begins again may give an old name to new pictures, at another time.
    identity = f"{_identity(segment.media)} {format_date_time(segment.start)}"
    # Its init section names a rendition alike to all, whether they read a playlist or an MPD.
    rendition = "" if segment.init is None else f"{_identity(segment.init)} {augmented}"
    shown = [Shown(one.template, one.data, _part(one, segment)) for one in choice.drawn]
    return state_key(shown, segment=identity, rendition=rendition, profile=PROFILE)


def _identity(source: Source) -> str:
    return f"{without_query(source.url)} {source.first_byte}-{source.last_byte}"


def _part(one: Drawn, segment: ContentSegment) -> str:
    begins = Fraction(segment.start - one.begins)
    return part_of_life(
        one.template, begins, begins + Fraction(segment.duration), lasts=_lasts(one)
    )


def _drawing(one: Drawn, segment: ContentSegment) -> Drawing:
    return Drawing(
        template=one.template.digest,
        data=orjson.dumps(one.data.data, option=orjson.OPT_SORT_KEYS).decode(),
        begins_s=Fraction(one.begins - segment.start),
        lasts_s=_lasts(one),
        images=tuple(sorted(one.data.images.items())),
    )


def _lasts(one: Drawn) -> Fraction | None:
    return None if one.ends is None else Fraction(one.ends - one.begins)


def _piece(source: Source) -> Piece:
    if source.first_byte is None or source.last_byte is None:
        return Piece(source.url)
    return Piece(source.url, (source.first_byte, source.last_byte))


def _ending(segment: ContentSegment) -> Ending:
    return "ts" if segment.init is None else "m4s"
