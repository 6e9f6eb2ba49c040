"""What a show's variety costs: how many timelines, fragments and renders it can come to.

Counted are the values of choices and of what viewers may say, where that has only so many, for each
thing that is put into the show: never too few. What a feed or the clock says is the same for
everybody at a moment, and counts once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import prod

from packager.config.break_settings import AssetFill, VastFill, VmapFill
from packager.config.clip_settings import Clip
from packager.config.document import Entries, Problem
from packager.config.overlay_settings import ShowWhen
from packager.config.show_settings import Show
from packager.config.story_settings import BreakPart, FitPart, Part, PlayPart, asked, every_part
from packager.looks.binding import facts_of
from packager.rules import names_in
from packager.sharing.parts import part_of
from packager.stories.clips import clips_of, finite_names, placeholders, ways_to_show

Count = int | None
"""None: without bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """How many there can be at a moment."""

    timelines: Count  # different streams
    fragments: Count  # versions of content, and clips: each is written and cached for itself
    renders: Count  # versions of all overlays and of assets made of templates: each is drawn

    def told(self) -> tuple[tuple[str, Count], ...]:
        """The numbers by name, as `limits` has them."""
        return (
            ("timelines", self.timelines),
            ("fragments", self.fragments),
            ("renders", self.renders),
        )


def cost_of(show: Show) -> Cost:
    """What a show can come to, by its settings."""
    drawn = [
        *(set(_asked_by(show, one.data, one.show)) for one in show.overlays.values()),
        *(set(_asked_by(show, {}, one.show)) for one in show.music.values()),
    ]
    made = [one for one in show.assets.values() if isinstance(one, Clip)]
    clips = [_versions(show, facts_of(one.data)) for one in made]
    looks = _versions(show, set[str]().union(*drawn))
    overlays = [_versions(show, names) for names in drawn[: len(show.overlays)]]
    linked = sum(
        len(list(clips_of(name, one, finite_names(show)))) for name, one in show.assets.items()
    )
    return Cost(
        timelines=_timelines(show),
        fragments=_sum([0 if show.story else looks, *clips, linked]),
        renders=_sum([*overlays, *clips]),
    )


def alike_of(show: Show, lengths: dict[str, Decimal]) -> str:
    """The share of its runtime that everybody sees alike, as far as settings tell it.

    Args:
        show: As configured.
        lengths: Seconds of its assets, by name, where they are known.
    """
    if not show.story:
        return _alike_of_origin(show)
    alike, total, unknown = Decimal(0), Decimal(0), False
    for part in show.story:
        if isinstance(part, BreakPart):
            continue  # it adds to the story
        seconds = _longest(show, part, lengths)
        if seconds is None:
            unknown = True
        else:
            total += seconds
            alike += seconds if _is_fixed(show, part) else 0
    if unknown or not total:
        parts = [one for one in show.story if not isinstance(one, BreakPart)]
        return f"{sum(_is_fixed(show, one) for one in parts)} of {len(parts)} parts"
    return f"{100 * alike / total:.0f} %"


def costs_within_limits(show: Show, entries: Entries) -> Iterator[Problem]:
    """A show that can come to more than its `limits` say, with the line of the limit."""
    limits = entries.values.get("limits")
    if not isinstance(limits, Entries):
        return
    for name, count in cost_of(show).told():
        most = getattr(show.limits, name)
        if most is not None and (count is None or count > most):
            many = "without bound" if count is None else str(count)
            reason = (
                f"the show can have more {name}: {many}; let it read fewer facts and choices, or"
                " such with fewer values in `of`"
            )
            yield Problem(limits.keys[name], reason)


def _timelines(show: Show) -> Count:
    if show.draws_ads or any(isinstance(one.fill, VastFill | VmapFill) for one in show.break_rules):
        return None
    part = part_of(show, "mpd", live=False)
    names = {*part.facts, *part.choices}
    for name in part.assets:
        names.update(_asked_by(show, {}, show.assets[name].rights))
    if show.story:
        names.update(_asked_by_story(show))
    return _versions(show, names)


def _asked_by_story(show: Show) -> Iterator[str]:
    for part in every_part(show.story):
        yield from _asked_by(show, {}, part.when)
        if isinstance(part, PlayPart) and (name := asked(part.play)) is not None:
            yield name
        elif isinstance(part, FitPart) and isinstance(part.fit.seconds, str):
            yield part.fit.seconds
    for asset in show.assets.values():
        yield from _asked_by(show, {}, asset.rights)
        if isinstance(asset, Clip):
            yield from facts_of(asset.data)
        for _, playable, _ in ways_to_show(asset):
            yield from placeholders(playable)
    if show.language is not None:
        yield show.language


def _asked_by(show: Show, data: object, rule: object) -> Iterator[str]:
    """What data asks for, and a rule, or times that are one."""
    yield from facts_of(data)
    text = rule.when if isinstance(rule, ShowWhen) else rule
    if isinstance(text, str):
        yield from names_in(text, dict.fromkeys((*show.facts, *show.choices), ""))


def _versions(show: Show, names: Iterable[str]) -> Count:
    """How many combinations of values there are of what viewers say, and of choices."""
    counts: list[Count] = []
    for name in sorted(set(names)):
        if name in show.choices:
            counts.append(1 if show.choices[name].shared else len(show.choices[name].values))
        elif name in show.facts and show.facts[name].is_said:
            values = show.facts[name].values
            counts.append(None if values is None else len(values))
    known = [one for one in counts if one is not None]
    return prod(known) if len(known) == len(counts) else None


def _sum(counts: Iterable[Count]) -> Count:
    total = 0
    for one in counts:
        if one is None:
            return None
        total += one
    return total


def _alike_of_origin(show: Show) -> str:
    told = ["breaks"] if any(map(_is_varied, show.breaks)) else []
    for overlay in show.overlays.values():
        if overlay.fill or _versions(show, _asked_by(show, overlay.data, overlay.show)) != 1:
            told.append(f"what {overlay.name} is drawn on")
    for music in show.music.values():
        if _versions(show, _asked_by(show, {}, music.show)) != 1:
            told.append(f"where {music.name} is heard")
    return f"all but {', '.join(told)}" if told else "100 %"


def _is_varied(rule: object) -> bool:
    fill = getattr(rule, "fill", None)
    named = [fill, getattr(rule, "otherwise", None)]
    return isinstance(fill, VastFill | VmapFill) or any(
        isinstance(one, AssetFill) and "{" in one.asset for one in named
    )


def _is_fixed(show: Show, part: Part) -> bool:
    """Whether everybody sees the same of a story's part."""
    if not isinstance(part, PlayPart) or part.when is not None or part.play not in show.assets:
        return False
    asset = show.assets[part.play]
    names = [
        *_asked_by(show, asset.data if isinstance(asset, Clip) else {}, asset.rights),
        *(name for _, playable, _ in ways_to_show(asset) for name in placeholders(playable)),
    ]
    return _versions(show, names) == 1


def _longest(show: Show, part: Part, lengths: dict[str, Decimal]) -> Decimal | None:
    """Most seconds that a part takes; None: that is not known."""
    if isinstance(part, PlayPart):
        name = asked(part.play)
        if name is None:
            return lengths.get(part.play)
        if name not in show.choices:
            return None
        found = [lengths.get(one) for one in show.choices[name].values]
    elif isinstance(part, FitPart):
        if isinstance(part.fit.seconds, Decimal):
            return part.fit.seconds
        choice = show.choices.get(part.fit.seconds)
        values = () if choice is None else choice.values
        found = [Decimal(one) if one.isdecimal() else None for one in values]
    elif isinstance(part, BreakPart):
        return Decimal(0)
    else:
        sides = [
            [_longest(show, one, lengths) for one in side] for side in (part.then, part.otherwise)
        ]
        if any(one is None for side in sides for one in side):
            return None
        return max(sum((one or Decimal(0) for one in side), Decimal(0)) for side in sides)
    known = [one for one in found if one is not None]
    return max(known) if known and len(known) == len(found) else None
