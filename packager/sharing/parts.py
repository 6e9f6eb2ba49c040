"""What a show's playlists and MPDs depend on, by its settings: may viewers share them, and which.

A film, and a story, is settled when it begins: who have the same values of all that it reads share
it. Live, what a viewer says may change at any time (`PATCH`), while players keep the URLs of their
playlists; so live content is shared where it reads nothing of a viewer.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from packager.config.break_settings import AssetFill, BreakRule, ScheduledBreak, VastFill, VmapFill
from packager.config.clip_settings import Clip
from packager.config.overlay_settings import ShowWhen
from packager.config.show_settings import Show
from packager.looks.binding import facts_of
from packager.paths import Ending
from packager.personalization.names import all_names, choices_in
from packager.rules import names_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the content of one format reads."""

    facts: frozenset[str] = frozenset()  # that viewers say
    choices: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()  # that its breaks may show, if their rights hold
    own: str = ""  # why each session has its own; empty: it is shared


def part_of(
    show: Show, ending: Ending, *, live: bool, private: Collection[str] = frozenset()
) -> Part:
    """What the playlists or MPDs of a show depend on.

    Args:
        show: As configured.
        ending: Of the format: what else HLS depends on is in the multivariant playlist, which is
            each session's own.
        live: Whether its content is.
        private: Names of the overlays that have pixels of one viewer.
    """
    assets = frozenset(_shown(show))
    names = {name for name in _drawn(show) if not name.startswith("ad.")}
    names.update(choice for text in _house(show) for choice in choices_in(text))
    if ending == "mpd":
        names.update(facts_of(show.audio.prefer or ""))
    facts = frozenset(one for one in names if one in show.facts and show.facts[one].is_said)
    choices = frozenset(names.intersection(show.choices))
    return Part(
        facts=facts,
        choices=choices,
        assets=assets,
        own=_why_own(show, facts, choices, assets, live=live, private=private),
    )


def _why_own(
    show: Show,
    facts: Collection[str],
    choices: Collection[str],
    assets: Collection[str],
    *,
    live: bool,
    private: Collection[str],
) -> str:
    if show.draws_ads or any(isinstance(one.fill, VastFill | VmapFill) for one in show.break_rules):
        return "ad servers decide for each session"
    made = [one for one in show.assets.values() if isinstance(one, Clip)]
    asked = {*facts, *(name for clip in made for name in facts_of(clip.data))}
    if any(isinstance(show.assets[name], Clip) for name in assets):
        return "who comes first sees what stands in for clips that are yet to be made"
    if private or any(clip.private for clip in made):
        return "something in it is one viewer's own"
    for name in sorted(asked.intersection(show.facts)):
        fact = show.facts[name]
        if fact.consent is not None:
            return f"the fact {name} needs the viewer's consent"
        if fact.is_said and fact.values is None:
            return f"the fact {name} may be anything; give it `of`"
    if not live:
        return ""
    if any(isinstance(one, ScheduledBreak) and one.at == 0 for one in show.breaks):
        return "pre-rolls are where each session joins"
    changing = sorted(facts) + sorted(one for one in choices if not show.choices[one].shared)
    changing += sorted(one for one in assets if show.assets[one].rights is not None)
    return f"it may change with {', '.join(changing)} at any time" if changing else ""


def _drawn(show: Show) -> Iterator[str]:
    """What overlays and music ask for, and what their rules do."""
    names = dict.fromkeys((*show.facts, *show.choices), "")
    for overlay in show.overlays.values():
        yield from facts_of(overlay.data)
    for rule in (
        *(one.show for one in show.overlays.values()),
        *(one.show for one in show.music.values()),
    ):
        if isinstance(rule, ShowWhen):
            yield from names_in(rule.when, names)


def _house(show: Show) -> Iterator[str]:
    """The names of assets that breaks may show, as they are written."""
    for rule in show.break_rules:
        yield from _named(rule)


def _named(rule: BreakRule) -> Iterator[str]:
    for fill in (rule.fill, rule.otherwise):
        if isinstance(fill, AssetFill):
            yield fill.asset
    yield from (one for one in (rule.bumpers.before, rule.bumpers.after) if one is not None)


def _shown(show: Show) -> Iterator[str]:
    """The assets that breaks may show, and what stands in for them."""
    values = {name: choice.values for name, choice in show.choices.items()}
    for text in _house(show):
        for asset in all_names(text, values):
            name: str | None = asset
            while name is not None and name in show.assets:
                yield name
                name = show.assets[name].otherwise  # the check `clips_end`: it ends
