"""Which clips a story is for one session: a function of the show, of what is settled and known.

Nothing is asked for here but the length of clips, so that equal answers give equal outcomes, in
any process.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache, partial
from typing import Protocol

from packager.config.asset_settings import Asset
from packager.config.clip_settings import Clip as Made
from packager.config.show_settings import Show
from packager.config.story_settings import (
    BranchPart,
    BreakPart,
    FitPart,
    Highlights,
    Part,
    PlayPart,
    asked,
    break_parts,
    every_part,
)
from packager.facts.values import read_value
from packager.personalization.policy import kinds_of
from packager.rules import Rule, RuleFailed, Value, compile_rule
from packager.stories.clips import Way, ways_of
from packager.stories.fit import Cut, Moment, budget_of, fit, length_of

MAX_ENTRIES = 500  # clips and breaks in an outcome
_GAP = "@"  # begins the name of a break in an outcome's text


class Answers(Protocol):
    """What is settled and known of a session."""

    def value(self, name: str) -> str:
        """The value of a fact or choice; facts of which nothing is known have their default."""

    def allowed(self, asset: str) -> bool:
        """Whether the session may see an asset."""


class Shelf(Protocol):
    """What there is to play."""

    def length(self, clip: str) -> Decimal | None:
        """Seconds that a clip lasts; None: it cannot be played.

        Raises:
            NotYet: That is not known yet.
        """

    def made(self, asset: str) -> str | None:
        """The clip that is made of an asset's template for the session; None: it cannot be.

        Raises:
            NotYet: It is being made.
        """


class NotYet(Exception):
    """A clip that the story needs is still on its way."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Room for ads."""

    number: int  # among the story's breaks, as `break_parts` gives them


Entry = str | Gap  # the name of a clip, or a break
Outcome = tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Something of a story that a session did not get."""

    asset: str
    instead: str  # what plays in its place; empty: nothing


@dataclass(frozen=True, slots=True)
class Story:
    """A show's story, ready to be settled: its rules are compiled."""

    parts: tuple[Part, ...]
    assets: Mapping[str, Asset | Made]
    ways: Mapping[str, tuple[Way, ...]]  # to show each of them
    rules: Mapping[str, Rule]  # by their text
    read: Mapping[str, Callable[[str], Value]]  # what rules find for an answer, by name
    numbers: Mapping[int, int] = field(repr=False)  # of breaks, by identity


def story_of(show: Show) -> Story:
    """Make a show's story ready.

    Args:
        show: It has one.

    Raises:
        RuleError: A condition cannot be read.
    """
    kinds = kinds_of(show.facts, show.choices)
    texts = {part.when for part in every_part(show.story) if part.when is not None}
    facts = {name: partial(read_value, fact.kind) for name, fact in show.facts.items()}
    return Story(
        parts=show.story,
        assets=show.assets,
        ways={name: ways_of(name, asset) for name, asset in show.assets.items()},
        rules={text: compile_rule(text, kinds, "bool") for text in texts},
        read={**facts, **{name: choice.read for name, choice in show.choices.items()}},
        numbers={id(part): number for number, part in enumerate(break_parts(show.story))},
    )


def settle(story: Story, answers: Answers, shelf: Shelf) -> tuple[Outcome, tuple[Told, ...]]:
    """Put a story in order for a session.

    Args:
        story: The show's.
        answers: What is settled and known.
        shelf: Has the clips.

    Returns:
        What plays, and what of the story does not.

    Raises:
        NotYet: A clip is on its way, and nothing that is there stands in for it.
    """
    settling = _Settling(story, answers, shelf)
    entries = tuple(settling.parts(story.parts))[:MAX_ENTRIES]
    return entries, tuple(settling.told)


class _Settling:
    """A story on its way to an outcome."""

    def __init__(self, story: Story, answers: Answers, shelf: Shelf) -> None:
        self._story = story
        self._answers = answers
        self._shelf = shelf
        self._held: dict[str, bool] = {}  # conditions, by their text
        self._values: dict[str, Value] = {}  # that conditions asked for so far
        self.told: list[Told] = []

    def parts(self, parts: Sequence[Part]) -> Iterator[Entry]:
        for part in parts:
            holds = part.when is None or self._holds(part.when)
            if isinstance(part, BranchPart):
                yield from self.parts(part.then if holds else part.otherwise)
            elif holds:
                yield from self._part(part)

    def _part(self, part: PlayPart | FitPart | BreakPart) -> Iterator[Entry]:
        if isinstance(part, BreakPart):
            yield Gap(self._story.numbers[id(part)])
        elif isinstance(part, FitPart):
            yield from self._highlights(part.fit)
        else:
            name = asked(part.play)
            asset = part.play if name is None else self._answers.value(name)
            clip = self._played(asset) if asset else None  # a choice may be empty
            if clip is not None:
                yield clip

    def _holds(self, text: str) -> bool:
        known = self._held.get(text)
        if known is None:
            rule = self._story.rules[text]
            for name in rule.reads:
                if name not in self._values:
                    self._values[name] = self._story.read[name](self._answers.value(name))
            try:
                known = bool(rule.settle(self._values))
            except RuleFailed:
                known = False
            self._held[text] = known
        return known

    def _played(self, name: str) -> str | None:
        """The clip of an asset, or of what stands in for it."""
        first, waits = name, False
        asset = self._story.assets.get(name)
        while asset is not None:
            if self._answers.allowed(name):
                try:
                    clip = self._clip(name)
                    if clip is not None and self._shelf.length(clip) is not None:
                        if name != first:
                            self.told.append(Told(first, name))
                        return clip
                except NotYet:
                    waits = True
            name = asset.otherwise or ""
            asset = self._story.assets.get(name)
        if waits:
            raise NotYet(first)
        self.told.append(Told(first, ""))
        return None

    def _clip(self, name: str) -> str | None:
        ways = self._story.ways[name]
        return ways[0].clip(self._answers.value) if ways else self._shelf.made(name)

    def _highlights(self, wanted: Highlights) -> Iterator[str]:
        seconds = wanted.seconds
        if isinstance(seconds, str):
            seconds = Decimal(self._answers.value(seconds) or 0)  # a choice may be empty
        named: list[list[str]] = []
        moments: list[Moment] = []
        for name in wanted.moments:
            asset = self._story.assets[name]
            if not isinstance(asset, Asset) or not self._answers.allowed(name):
                continue
            clips, cuts = [], []
            for way in self._story.ways[name]:
                clip = way.clip(self._answers.value)
                length = self._shelf.length(clip)
                if length is not None:
                    clips.append(clip)
                    cuts.append(Cut(_centiseconds(length), way.weight))
            if not clips:
                self.told.append(Told(name, ""))
                continue
            named.append(clips)
            moments.append(Moment(tuple(cuts), asset.kind))
        chosen = _fitted(tuple(moments), budget_of(seconds), frozenset(wanted.keep))
        for clips, place in zip(named, chosen, strict=True):
            if place is not None:
                yield clips[place]


# Sessions ask for the same moments and the same time, again and again.
_fitted = lru_cache(1024)(fit)
_centiseconds = lru_cache(4096)(length_of)


def write_outcome(outcome: Outcome) -> str:
    """An outcome as text: names of clips and numbers of breaks."""
    return ",".join(f"{_GAP}{one.number}" if isinstance(one, Gap) else one for one in outcome)


def read_outcome(text: str) -> Outcome:
    """Read what `write_outcome` wrote.

    Raises:
        ValueError: It is something else.
    """
    return tuple(
        Gap(int(one[1:])) if one.startswith(_GAP) else one for one in text.split(",") if one
    )
