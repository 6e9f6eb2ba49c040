"""Settings of choices: their values, what settles them, and what editors have pinned.

What a choice is for is in `packager.personalization`.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import Literal

from packager.config import scalars
from packager.config.document import ConfigError, Node, Scalar
from packager.config.settings import ListOf, MapOf, Section, required, setting
from packager.rules import Kind, Value, check_rule_name

MAX_VALUES = 64
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
_CAP = re.compile(r"([1-9][0-9]{0,3})/(hour|day)")
_PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Cap:
    """How often a value may be given to one viewer."""

    times: int
    period: timedelta
    text: str  # as configured: ``2/day``


def value(node: Node) -> str:
    """Read a value of a choice: a name, or a whole number."""
    number = node.value if isinstance(node, Scalar) else None
    if isinstance(number, int) and not isinstance(number, bool) and _WHOLE.fullmatch(str(number)):
        return str(number)
    return scalars.name(node)


def cap(node: Node) -> Cap:
    """Read ``2/day``."""
    found = _CAP.fullmatch(scalars.text(node))
    if found is None:
        raise ConfigError.at(node.place, "must be so many times an hour or a day: `2/day`")
    return Cap(int(found[1]), _PERIODS[found[2]], found[0])


def weight(node: Node) -> Fraction:
    """Read a weight, exact; its decimals are few, so that odds are ratios of small numbers."""
    found = Fraction(_weight(node))
    if found.denominator > 1000:
        raise ConfigError.at(node.place, "must have three decimals at most")
    return found


def share(node: Node) -> Fraction:
    """Read a share of sessions, exact."""
    found = Fraction(_share(node))
    if found.denominator > 10_000:
        raise ConfigError.at(node.place, "must have four decimals at most")
    return found


def instant(node: Node) -> datetime:
    """Read a date, which ends with its day in UTC, or an instant with its zone."""
    text = node.text if isinstance(node, Scalar) else ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        reason = "must be a date, 2026-11-22, or an instant with zone, 2026-11-22T20:15:00Z"
        raise ConfigError.at(node.place, reason) from error
    if len(text) == len("2026-11-22"):
        return datetime.combine(found.date() + timedelta(days=1), time(), UTC)
    if found.tzinfo is None:
        raise ConfigError.at(node.place, "has no time zone; add `Z` for UTC, or `+01:00`")
    return found.astimezone(UTC)


_weight = scalars.number("0", "1000000", unit="(a weight)")
_share = scalars.number("0", "1", unit="(a share)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A value that an editor wants, above rules and draws."""

    value: str = required("the value that is given", read=value)
    when: str | None = setting(
        None,
        "rule over facts and earlier choices: for whom; without it, for all",
        read=scalars.text,
    )
    author: str = required("who pinned it", read=scalars.text)
    reason: str = required("what for", read=scalars.text)
    until: datetime | None = setting(
        None,
        "when it ends: a date, whose last second in UTC it is, or an instant with its zone",
        read=instant,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A name, a finite set of values, and what settles it for a session."""

    name: str = ""  # its key under `choices`
    of: tuple[str, ...] = required(
        "its values: names, of assets where there are such, or whole numbers",
        read=ListOf(value),
    )
    by: str | None = setting(
        None,
        'rule over facts and other choices, in CEL, that gives the value: `theme == "dark" ? "dark"'
        ' : "light"`; empty text leaves it to the draw',
        read=scalars.text,
    )
    weigh: Mapping[str, Fraction] = setting(
        {},
        "weights of the values where it is drawn: `{acme: 3, zeta: 1}`; without it, all alike",
        read=MapOf(weight, check_name=str),
    )
    floor: Fraction = setting(
        Fraction(0),
        "share of sessions that get any of the allowed values, all alike, whatever rule and"
        " weights say: `0.05`",
        read=share,
    )
    cap: Cap | None = setting(
        None, "how often one value may come to a session anew: `2/day`, `1/hour`", read=cap
    )
    apart: Literal["tags"] | None = setting(
        None,
        "`tags`: its asset has no tag in common with that of the choice before it that says so too",
        read=scalars.word("tags"),
    )
    shared: bool = setting(
        False, "everybody has the same value: it depends on nothing of a viewer", read=scalars.flag
    )
    otherwise: str | None = setting(
        None,
        "value where none of `of` is allowed; without it, the choice is empty then",
        read=value,
        key="or",
    )
    pins: tuple[Pin, ...] = setting(
        (), "values that editors pinned; the first that applies counts", read=ListOf(Section(Pin))
    )

    @property
    def kind(self) -> Kind:
        """What rules find it to be: an int where all its values are whole numbers."""
        return "int" if all(_WHOLE.fullmatch(one) for one in self.values) else "string"

    def read(self, value: str) -> Value:
        """What rules find for a value; empty text is none."""
        if self.kind == "int":
            return int(value) if value.isdecimal() else 0
        return value

    @property
    def values(self) -> tuple[str, ...]:
        """All that it can be, but for nothing."""
        return self.of if self.otherwise is None else (*self.of, self.otherwise)


CHOICES = MapOf(Section(Choice), check_name=check_rule_name, named=True)
