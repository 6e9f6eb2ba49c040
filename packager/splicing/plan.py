"""The plan of ``weft splice``: breaks and what fills them, as a JSON document.

    {"breaks": [{"at": 12, "creatives": [{"id": "ad", "segments": [["ad/1.ts", 5.0]]}]}]}

Everything is checked while it is read, so that a mistake is told by its place in the document.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal

from manifests.creative import Creative
from packager.splicing.creatives import read_creative
from packager.splicing.values import (
    PlanError,
    read_date,
    read_list,
    read_match,
    read_object,
    read_seconds,
    refuse,
)

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBreak:
    """One break of a plan."""

    id: str  # an MPD's Periods are named after it
    where: str  # in the document, "breaks[0]"
    at: Decimal | None = None  # seconds since the manifest's first segment; None: its end
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
    from_cues: bool = False  # the manifest's own cues say where; the one break says what
    now: Decimal | None = None  # when a live MPD is looked at, seconds since 1970

    @property
    def creatives(self) -> tuple[Creative, ...]:
        """All of them, in order."""
        return tuple(creative for one in self.breaks for creative in one.creatives)


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
    plan = read_object(document, "the plan", required=("breaks",), optional=("from_cues", "now"))
    from_cues = plan.get("from_cues", False)
    if not isinstance(from_cues, bool):
        refuse("from_cues", "true or false", from_cues)
    rows = read_list(plan["breaks"], "breaks")
    if from_cues and (len(rows) != 1 or not isinstance(rows[0], dict) or len(rows[0]) != 1):
        raise PlanError(
            "breaks: with from_cues the cues say where and how long; "
            "give one break with nothing but its creatives"
        )
    breaks = tuple(_break(row, number, from_cues) for number, row in enumerate(rows))
    named: dict[str, str] = {}
    for one in breaks:
        if named.setdefault(one.id, one.where) != one.where:
            raise PlanError(f"{one.where}.id: {named[one.id]} is {one.id!r} too")
    now = read_date(plan["now"], "now") if "now" in plan else None
    return FilePlan(breaks=breaks, from_cues=from_cues, now=now)


def _break(row: object, number: int, from_cues: bool) -> PlannedBreak:
    where, name = f"breaks[{number}]", f"p{number}"
    values = read_object(
        row, where, required=("creatives",), optional=("at", "start", "duration", "id")
    )
    creatives = tuple(
        read_creative(one, f"{where}.creatives[{n}]")
        for n, one in enumerate(read_list(values["creatives"], f"{where}.creatives"))
    )
    if from_cues:
        return PlannedBreak(id=name, where=where, creatives=creatives)
    if "id" in values:
        name = read_match(values["id"], f"{where}.id", _ID, "letters, digits, '.', '_' or '-'")
    if ("at" in values) == ("start" in values):
        raise PlanError(f'{where}: give either at (seconds, or "end") or start (a date)')
    start = at = None
    duration = read_seconds(values.get("duration", Decimal(0)), f"{where}.duration")
    if "start" in values:
        start = read_date(values["start"], f"{where}.start")
    elif values["at"] != "end":
        at = read_seconds(values["at"], f"{where}.at")
    elif duration:
        raise PlanError(f"{where}.duration: nothing is left to replace at the end; leave it out")
    return PlannedBreak(
        id=name, where=where, at=at, start=start, duration=duration, creatives=creatives
    )
