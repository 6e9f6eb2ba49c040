"""Where the breaks of a VMAP are in one presentation, and which have no place (D-40 to D-43)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from packager.decisions.vast_errors import ErrorCall
from packager.decisions.vmap.breaks import Vmap, VmapBreak, VmapCode

MAX_PLACES = 100  # of one session


@dataclass(frozen=True, slots=True)
class Place:
    """One time that a break comes."""

    break_id: str  # Weft's own: what a VMAP calls its breaks may be any text
    number: int  # of the break in the document, from 0
    at: Decimal  # seconds from the start of the content


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What a presentation has of a VMAP."""

    places: tuple[Place, ...] = ()  # by time; at one time in the order of the document (D-43)
    errors: tuple[ErrorCall, ...] = ()  # whom to tell of breaks that have no place
    flaws: tuple[str, ...] = ()  # why they have none, in words


@dataclass(frozen=True, slots=True)
class _Refused:
    why: str
    code: VmapCode


def place_breaks(
    vmap: Vmap, duration: Decimal, opportunities: Sequence[tuple[str, Decimal]] = ()
) -> Placement:
    """Find the places of all breaks that are spliced.

    A break without ads to be had (D-41) is at no place and nothing is wrong with it.

    Args:
        vmap: The document.
        duration: Of the content, seconds.
        opportunities: Breaks that the content's own cues make, in order: id, and seconds from its
            start. A break at ``#m`` is the m-th of them.
    """
    found: dict[str, Place] = {}
    errors: list[ErrorCall] = []
    flaws: list[str] = []
    for number, one in enumerate(vmap.breaks):
        refused = _refusal(one)
        places = [] if refused else list(_places(number, one, duration, opportunities))
        if one.source is not None and not refused and not places:
            refused = _Refused("is at no place of the content", VmapCode.UNDEFINED)
        if refused is not None:
            flaws.append(f"break {one.id[:80]!r} {refused.why}")
            errors += one.errors(refused.code)
        for place in places:
            found.setdefault(place.break_id, place)
    places = sorted(found.values(), key=lambda place: place.at)
    if len(places) > MAX_PLACES:
        flaws.append(f"{len(places) - MAX_PLACES} breaks after the first {MAX_PLACES}")
    return Placement(
        places=tuple(places[:MAX_PLACES]),
        errors=tuple(dict.fromkeys(errors)),
        flaws=tuple(flaws),
    )


def _refusal(one: VmapBreak) -> _Refused | None:
    """Why a break is not spliced, wherever it is."""
    source = one.source
    if source is None:
        return None  # it only tells that it was there
    if "linear" not in one.types:
        return _Refused("is not for films", VmapCode.BREAK_TYPE)
    is_vast = not source.template_type or source.template_type.startswith("vast")
    if source.vast is None and not (source.tag_url and is_vast):
        return _Refused("has ads that are not VAST", VmapCode.TEMPLATE_TYPE)
    return None


def _places(
    number: int,
    one: VmapBreak,
    duration: Decimal,
    opportunities: Sequence[tuple[str, Decimal]],
) -> Iterator[Place]:
    if one.source is None:
        return
    if one.offset.kind == "position":
        which = int(one.offset.value) - 1
        if which < len(opportunities):
            break_id, at = opportunities[which]
            yield Place(break_id, number, at)
        return
    for count, at in enumerate(one.times(duration)):
        yield Place(f"v{number}-{count}" if count else f"v{number}", number, at)
