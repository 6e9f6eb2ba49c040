"""From what is to be drawn onto a segment, or mixed into it, to the job that a worker does."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import orjson

from manifests.content_segment import ContentSegment, Source
from manifests.timing import format_date_time
from manifests.uris import without_query
from overlays.states import Shown, Sounding, part_of_life, part_of_sound, state_key
from packager.looks.inits import path_of
from packager.looks.look import Choice
from packager.looks.steps import Drawn, Heard
from packager.looks.streams import Streams
from packager.rendering.jobs import Drawing, Ending, Job, Piece, Priority, Sound, Work

PROFILE = "superfast"


def order(
    choice: Choice,
    *,
    origin: str,
    streams: Streams,
    deadline: datetime,
    priority: Priority = Priority.NEXT,
) -> Job:
    """Make the job of a choice onto which something is drawn, or into which it is mixed.

    Args:
        choice: What is drawn onto which segment.
        origin: Of the show.
        streams: What the rendition carries.
        deadline: When the result is of no use any more.
        priority: What goes first.
    """
    segment = choice.segment
    drawn, heard = _drawn(choice), _heard(choice)
    augmented = bool(drawn) and path_of(segment.init, origin) is not None
    return Job(
        key=_key(choice, augmented),
        work=Work(
            segment=_piece(segment.media),
            init=None if segment.init is None else _piece(segment.init),
            drawings=tuple(_drawing(one, segment) for one in drawn),
            sounds=tuple(_sound(one, segment) for one in heard),
            before=_neighbour(segment.before if heard else None),
            after=_neighbour(segment.after if heard else None),
            profile=PROFILE,
            ending=_ending(segment),
            augmented=augmented,
        ),
        megapixels=streams.megapixels(float(segment.duration)),
        deadline=deadline,
        priority=priority,
        private=any(one.private for one in drawn),
    )


def _key(choice: Choice, augmented: bool) -> str:
    segment = choice.segment
    # An origin that begins again may give an old name to new pictures, at another time.
    identity = f"{_identity(segment.media)} {format_date_time(segment.start)}"
    # Its init section names a rendition alike to all, whether they read a playlist or an MPD.
    rendition = "" if segment.init is None else f"{_identity(segment.init)} {augmented}"
    shown = [Shown(one.template, one.data, _part(one, segment)) for one in _drawn(choice)]
    sounds = [_sounding(one, segment) for one in _heard(choice)]
    return state_key(shown, sounds, segment=identity, rendition=rendition, profile=PROFILE)


def _drawn(choice: Choice) -> list[Drawn]:
    return [one for one in choice.drawn if isinstance(one, Drawn)]


def _heard(choice: Choice) -> list[Heard]:
    return [one for one in choice.drawn if isinstance(one, Heard)]


def _identity(source: Source) -> str:
    return f"{without_query(source.url)} {source.first_byte}-{source.last_byte}"


def _part(one: Drawn, segment: ContentSegment) -> str:
    begins = Fraction(segment.start - one.begins)
    return part_of_life(
        one.template, begins, begins + Fraction(segment.duration), lasts=_lasts(one)
    )


def drawing_at_rest(one: Drawn) -> Drawing:
    """Make the drawing of an overlay that has come and never goes."""
    return Drawing(
        template=one.template.digest,
        data=orjson.dumps(one.data.data, option=orjson.OPT_SORT_KEYS).decode(),
        begins_s=Fraction(0),
        images=tuple(sorted(one.data.images.items())),
    )


def _drawing(one: Drawn, segment: ContentSegment) -> Drawing:
    return replace(
        drawing_at_rest(one), begins_s=Fraction(one.begins - segment.start), lasts_s=_lasts(one)
    )


def _sounding(one: Heard, segment: ContentSegment) -> Sounding:
    sound = _sound(one, segment)
    part = part_of_sound(
        sound.begins_s,
        sound.ends_s,
        sound.top_s,
        fade_s=sound.fade_s,
        lasts_s=Fraction(segment.duration),
    )
    return Sounding(
        stem=sound.stem,
        gain_db=sound.gain_db,
        duck_db=sound.duck_db,
        fade_s=sound.fade_s,
        part=part,
    )


def _sound(one: Heard, segment: ContentSegment) -> Sound:
    def within(instant: Decimal | None) -> Fraction | None:
        return None if instant is None else Fraction(instant - segment.start)

    return Sound(
        stem=one.stem,
        gain_db=float(one.gain_db),
        duck_db=float(one.duck_db),
        fade_s=Fraction(one.fade_s),
        begins_s=within(one.begins),
        ends_s=within(one.ends),
        top_s=within(one.top),
    )


def _lasts(one: Drawn) -> Fraction | None:
    return None if one.ends is None else Fraction(one.ends - one.begins)


def _piece(source: Source) -> Piece:
    if source.first_byte is None or source.last_byte is None:
        return Piece(source.url)
    return Piece(source.url, (source.first_byte, source.last_byte))


def _neighbour(source: Source | None) -> Piece | None:
    return None if source is None else _piece(source)


def _ending(segment: ContentSegment) -> Ending:
    return "ts" if segment.init is None else "m4s"
