"""Settings of stories: the parts that a show without an origin is made of.

A part plays an asset or what a fact or choice names, chooses moments that fit a time, leaves room
for ads, or holds parts that play on a condition.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from packager.config import scalars, story_checks
from packager.config.break_settings import FILL, OTHERWISE, Fill, Otherwise, ScheduledBreak
from packager.config.document import ConfigError, Node, Scalar
from packager.config.settings import ListOf, OneOf, Section, required, setting

_ASKED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WHEN = "CEL over facts and choices: it plays where this is true"
_ELSE = "beside `break` as in `breaks`; beside `then` the parts that play where `when` is false"


def asked(text: str) -> str | None:
    """The name in ``{name}``; None: the text is meant as it is."""
    match = _ASKED.fullmatch(text)
    return None if match is None else match[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayPart:
    """An asset, or the one that a fact or choice names."""

    play: str = required(
        "name of an asset; `{sponsor}`: the one that this fact or choice is", read=scalars.text
    )
    when: str | None = setting(None, _WHEN, read=scalars.text)


_seconds = scalars.number("0.1", "7200")


def _read_seconds(node: Node) -> Decimal | str:
    if isinstance(node, Scalar) and (name := asked(node.text)) is not None:
        return name
    return _seconds(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlights:
    """Moments of which as many are shown as fit."""

    moments: tuple[str, ...] = required(
        "names of the assets to choose from, in the order in which they happened",
        read=ListOf(scalars.name),
    )
    seconds: Decimal | str = required(
        "time that there is; `{length}`: so many as this fact or choice says", read=_read_seconds
    )
    keep: tuple[str, ...] = setting(
        (), "kinds of which all are kept, as far as they fit", read=ListOf(scalars.name)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPart:
    """The best choice of moments, each in one of its cuts."""

    fit: Highlights = required(
        "choose moments that fit a time: the most of what is to be kept, then the most weight",
        read=Section(Highlights),
    )
    when: str | None = setting(None, _WHEN, read=scalars.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakPart(ScheduledBreak):
    """Room for ads between two parts."""

    # Which part it follows says where; where that is, in seconds, only a session knows.
    at: Decimal | Literal["end"] = field(default=Decimal(0), compare=False)
    fill: Fill = required(
        "ads between two parts: `{vast: URL}`, `{asset: NAME}` or `slate`", read=FILL, key="break"
    )
    otherwise: Otherwise = setting("content", _ELSE, read=OTHERWISE, key="else")
    when: str | None = setting(None, _WHEN, read=scalars.text)


def _read_parts(node: Node) -> "tuple[Part, ...]":
    parts: tuple[Part, ...] = PARTS(node)
    if not parts:
        raise ConfigError.at(node.place, "has no parts; add one, or remove it")
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPart:
    """Parts that play on a condition."""

    when: str | None = setting(None, _WHEN, read=scalars.text)
    then: "tuple[Part, ...]" = required("parts that play where `when` is true", read=_read_parts)
    otherwise: "tuple[Part, ...]" = setting(
        (), _ELSE, read=_read_parts, key="else", shown="content"
    )


Part = PlayPart | FitPart | BreakPart | BranchPart

PARTS = ListOf(
    OneOf(
        {
            "play": Section(PlayPart),
            "fit": Section(FitPart),
            "break": Section(BreakPart, checks=(story_checks.slate_has_seconds,)),
            "then": Section(BranchPart, checks=(story_checks.branch_has_condition,)),
        }
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLadder:
    """What a story's renditions are like."""

    like: str | None = setting(
        None,
        "the asset at a URL that all others are packaged like; without it, the first one that"
        " there is, and where all are files, 360p up to 1080p",
        read=scalars.name,
    )


def every_part(parts: Sequence[Part]) -> Iterator[Part]:
    """All parts, those of branches too, in the order of the document."""
    for part in parts:
        yield part
        if isinstance(part, BranchPart):
            yield from every_part((*part.then, *part.otherwise))


def break_parts(parts: Sequence[Part]) -> tuple[BreakPart, ...]:
    """The breaks among them, in that order."""
    return tuple(part for part in every_part(parts) if isinstance(part, BreakPart))
