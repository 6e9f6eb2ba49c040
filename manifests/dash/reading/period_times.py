"""Where the Periods of an MPD start and end, and what they are called (5.3.2.1, B-02, B-05)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from manifests.dash.durations import plain
from manifests.dash.reading.attribute_values import place, read_seconds
from manifests.errors import MpdSyntaxError

# A start and the end of the Period before are written apart, each rounded: a frame or so.
ROUNDING_S = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class PeriodTime:
    """A Period on the MPD's timeline."""

    element: etree._Element
    id: str
    start: Decimal  # seconds
    end: Decimal | None  # None: not known yet

    @property
    def duration(self) -> Decimal | None:
        """How long it is, if that is known."""
        return None if self.end is None else self.end - self.start


def place_periods(
    elements: Sequence[etree._Element], *, is_dynamic: bool, duration: Decimal | None
) -> tuple[PeriodTime, ...]:
    """Find where Periods start and end.

    Early available Periods of a dynamic MPD, those whose start nobody can know yet, are not among
    the result: they announce what nobody may play, and return when they have a place.

    Args:
        elements: The Period elements in document order.
        is_dynamic: Whether MPD@type is `dynamic`.
        duration: MPD@mediaPresentationDuration in seconds.

    Raises:
        MpdSyntaxError: Periods overlap, go back, have no length or the same id, or a static
            MPD does not tell where one starts or ends.
    """
    starts: list[Decimal | None] = []
    following: Decimal | None = None if is_dynamic else Decimal(0)
    lengths = [read_seconds(element, "duration") for element in elements]
    for element, length in zip(elements, lengths, strict=True):
        start = read_seconds(element, "start")
        if start is None:
            start = following
        if start is None and not is_dynamic:
            raise MpdSyntaxError(f"{place(element)}: nothing tells where it starts")
        starts.append(start)
        following = None if start is None or length is None else start + length
    placed: list[PeriodTime] = []
    ids = _ids(elements, starts)
    later: Decimal | None = None  # where the next one that has a place starts
    presentation_end = duration  # tells only of the last one in the document
    for element, name, start, length in reversed(
        tuple(zip(elements, ids, starts, lengths, strict=True))
    ):
        if start is not None:
            end = _end(element, start, length, later, presentation_end)
            if end is None and not is_dynamic:
                raise MpdSyntaxError(f"{place(element)}: nothing tells where it ends")
            placed.append(PeriodTime(element, name, start, end))
            later = start
        presentation_end = None
    return tuple(reversed(placed))


def _end(
    element: etree._Element,
    start: Decimal,
    length: Decimal | None,
    later: Decimal | None,
    presentation_end: Decimal | None,
) -> Decimal | None:
    """Where a Period ends: by its own duration, the next start, or the whole presentation."""
    if later is not None and later <= start:
        raise MpdSyntaxError(f"{place(element)} starts at {start} s, the next one at {later} s")
    if length is None:
        end = later if later is not None else presentation_end
    else:
        end = start + length
        if later is not None:
            if end > later + ROUNDING_S:
                raise MpdSyntaxError(
                    f"{place(element)} overlaps the next one: it ends at {end} s,"
                    f" the next one starts at {later} s"
                )
            if end > later - ROUNDING_S:
                end = later
    if end is not None and end <= start:
        raise MpdSyntaxError(f"{place(element)} has no length: {start} s to {end} s")
    return end


def _ids(elements: Sequence[etree._Element], starts: Sequence[Decimal | None]) -> list[str]:
    """The ids, made from the starts where none is written."""
    written: set[str] = set()
    for element in elements:
        name = element.get("id")
        if name is not None:
            if name in written:
                raise MpdSyntaxError(f"{place(element)}: a second one with id {name[:80]!r}")
            written.add(name)
    return [
        element.get("id") if element.get("id") is not None else _made(start, written)
        for element, start in zip(elements, starts, strict=True)
    ]


def _made(start: Decimal | None, written: set[str]) -> str:
    """An id that is a function of the start, and none of the written ones."""
    name = f"t{plain(start or Decimal(0))}"
    while name in written:
        name += "~"
    return name
