"""Where the breaks of a VMAP are in one presentation, and which have no place (D-40 to D-43)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from packager.decisions.vast_errors import ErrorCall
from packager.decisions.vmap.breaks import Vmap, VmapBreak, VmapCode

MAX_PLACES = 100  # of one session


# Films are spliced. Overlays are for players to draw, and a mark is only told of (D-41).
PlaceKind = Literal["film", "overlay", "mark"]


@dataclass(frozen=True, slots=True)
class Place:
    """One time that a break comes."""

    break_id: str  # Weft's own: what a VMAP calls its breaks may be any text
    number: int  # of the break in the document, from 0
    at: Decimal  # seconds from the start of the content
    kind: PlaceKind = "film"


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
    vmap: Vmap,
    duration: Decimal,
    opportunities: Sequence[tuple[str, Decimal]] = (),
    *,
    by_player: bool = False,
) -> Placement:
    """Find the places of all breaks.

    Without a player that reports, overlays are refused, and a break without ads to be had (D-41) is
    at no place and nothing is wrong with it.

    Args:
        vmap: The document.
        duration: Of the content, seconds.
        opportunities: Breaks that the content's own cues make, in order: id, and seconds from its
            start. A break at ``#m`` is the m-th of them.
        by_player: The session's player reports; only it can draw, and tell what was seen.
    """
    found: dict[str, Place] = {}
    errors: list[ErrorCall] = []
    flaws: list[str] = []
    for number, one in enumerate(vmap.breaks):
        kind = _kind(one)
        refused = _refusal(one, by_player=by_player)
        if kind == "mark" and not (by_player and one.is_told):
            continue
        places = [] if refused else list(_places(number, one, kind, duration, opportunities))
        if not refused and not places:
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


def _kind(one: VmapBreak) -> PlaceKind:
    if one.source is None:
        return "mark"
    return "film" if "linear" in one.types else "overlay"


def _refusal(one: VmapBreak, *, by_player: bool) -> _Refused | None:
    """Why a break is not had, wherever it is."""
    source = one.source
    if source is None:
        return None  # it only tells that it was there
    if "linear" not in one.types and not (by_player and "nonlinear" in one.types):
        return _Refused("is not for films", VmapCode.BREAK_TYPE)
    is_vast = not source.template_type or source.template_type.startswith("vast")
    if source.vast is None and not (source.tag_url and is_vast):
        return _Refused("has ads that are not VAST", VmapCode.TEMPLATE_TYPE)
    return None


def _places(
    number: int,
    one: VmapBreak,
    kind: PlaceKind,
    duration: Decimal,
    opportunities: Sequence[tuple[str, Decimal]],
) -> Iterator[Place]:
    if one.offset.kind == "position":
        which = int(one.offset.value) - 1
        if which < len(opportunities):
            break_id, at = opportunities[which]
            # The content's own break stays its own where no film is for it.
            yield Place(break_id if kind == "film" else f"v{number}", number, at, kind)
        return
    for count, at in enumerate(one.times(duration)):
        yield Place(f"v{number}-{count}" if count else f"v{number}", number, at, kind)
