"""The plan of ``weft splice``: breaks and what fills them, as a JSON document.

    {"breaks": [{"at": 12, "creatives": [{"id": "ad", "segments": [["ad/1.ts", 5.0]]}]}]}

Everything is checked while it is read, so that a mistake is told by its place in the document.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from manifests.creative import Creative, CreativeRendition, CreativeSegment
from manifests.errors import ManifestError
from manifests.timing import read_date_time
from manifests.uris import CLEAN

RUNG = "only"  # a plan is for one playlist, so its creatives have one rendition


class PlanError(ValueError):
    """A plan cannot be read, or does not suit its playlist; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBreak:
    """One break of a plan."""

    at: Decimal | None = None  # seconds since the playlist's first segment; None: its end
    start: Decimal | None = None  # or an instant, seconds since 1970
    duration: Decimal = Decimal(0)  # seconds of content that go; 0: an insertion
    creatives: tuple[Creative, ...]

    @property
    def length(self) -> Decimal:
        """Seconds that its creatives last."""
        return sum((one.duration for one in self.creatives), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """A plan as written."""

    breaks: tuple[PlannedBreak, ...]
    from_cues: bool = False  # the playlist's own cues say where; the one break says what


def read_plan(text: str) -> FilePlan:
    """Read a plan.

    Raises:
        PlanError: It is not JSON, or something in it is missing, misspelt or impossible.
    """
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError as error:
        raise PlanError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except (RecursionError, ArithmeticError) as error:
        raise PlanError(f"not a plan: {type(error).__name__}") from None
    plan = _object(document, "the plan", required=("breaks",), optional=("from_cues",))
    from_cues = plan.get("from_cues", False)
    if not isinstance(from_cues, bool):
        _refuse("from_cues", "true or false", from_cues)
    rows = _list(plan["breaks"], "breaks")
    if from_cues and (len(rows) != 1 or not isinstance(rows[0], dict) or len(rows[0]) != 1):
        raise PlanError(
            "breaks: with from_cues the cues say where and how long; "
            "give one break with nothing but its creatives"
        )
    return FilePlan(
        breaks=tuple(_break(row, f"breaks[{n}]", from_cues) for n, row in enumerate(rows)),
        from_cues=from_cues,
    )


def _break(row: object, where: str, from_cues: bool) -> PlannedBreak:
    values = _object(row, where, required=("creatives",), optional=("at", "start", "duration"))
    creatives = tuple(
        _creative(one, f"{where}.creatives[{n}]")
        for n, one in enumerate(_list(values["creatives"], f"{where}.creatives"))
    )
    if from_cues:
        return PlannedBreak(creatives=creatives)
    if ("at" in values) == ("start" in values):
        raise PlanError(f'{where}: give either at (seconds, or "end") or start (a date)')
    duration = _seconds(values.get("duration", Decimal(0)), f"{where}.duration")
    if "start" in values:
        start = _date(values["start"], f"{where}.start")
        return PlannedBreak(start=start, duration=duration, creatives=creatives)
    at = None if values["at"] == "end" else _seconds(values["at"], f"{where}.at")
    if at is None and duration:
        raise PlanError(f"{where}.duration: nothing is left to replace at the end; leave it out")
    return PlannedBreak(at=at, duration=duration, creatives=creatives)


def _creative(value: object, where: str) -> Creative:
    values = _object(value, where, required=("id", "segments"), optional=("init",))
    if not isinstance(values["id"], str) or not values["id"]:
        _refuse(f"{where}.id", "a name", values["id"])
    init = values.get("init")
    segments = tuple(
        _segment(one, f"{where}.segments[{n}]")
        for n, one in enumerate(_list(values["segments"], f"{where}.segments"))
    )
    return Creative(
        id=values["id"],
        duration=sum((one.duration for one in segments), Decimal(0)),
        renditions={
            RUNG: CreativeRendition(segments, None if init is None else _uri(init, f"{where}.init"))
        },
    )


def _segment(value: object, where: str) -> CreativeSegment:
    if not isinstance(value, list) or len(value) != 2:
        _refuse(where, '["uri", seconds]', value)
    duration = _seconds(value[1], f"{where}[1]")
    if not duration:
        _refuse(f"{where}[1]", "more than 0 seconds", value[1])
    return CreativeSegment(_uri(value[0], f"{where}[0]"), duration)


def _object(
    value: object, where: str, *, required: Sequence[str], optional: Sequence[str]
) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(where, "an object", value)
    for name in value:
        if name not in required and name not in optional:
            known = ", ".join((*required, *optional))
            raise PlanError(f"{where}: unknown key {name[:40]!r}; known: {known}")
    for name in required:
        if name not in value:
            raise PlanError(f"{where}: {name} is missing")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        _refuse(where, "a list that is not empty", value)
    return value


def _seconds(value: object, where: str) -> Decimal:
    # A year is more than any playlist lists, and keeps exponents from growing.
    if not isinstance(value, Decimal) or not 0 <= value < 366 * 86_400:
        _refuse(where, "seconds, 0 or more", value)
    # The digits stay as written, without an exponent: they go into EXTINF.
    return value if value.as_tuple().exponent == 0 else Decimal(f"{value:f}")


def _date(value: object, where: str) -> Decimal:
    if not isinstance(value, str):
        _refuse(where, 'a date as in "2026-01-01T00:10:18Z"', value)
    try:
        return read_date_time(value)
    except ManifestError as error:
        raise PlanError(f"{where}: {error}") from None


def _uri(value: object, where: str) -> str:
    if not isinstance(value, str) or not CLEAN.fullmatch(value) or value.startswith("#"):
        _refuse(where, "a URI", value)
    return value


def _refuse(where: str, expected: str, value: object) -> NoReturn:
    shown = json.dumps(value, default=str)
    shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
    raise PlanError(f"{where}: expected {expected}, found {shown}")
