"""Outcomes: a function of the show, of answers, and of how long clips are."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from packager.config.asset_settings import Asset, Cut
from packager.config.break_settings import SlateFill
from packager.config.choice_settings import Choice
from packager.config.clip_settings import Clip as Made
from packager.config.fact_settings import Fact
from packager.config.show_settings import Show
from packager.config.story_settings import BranchPart, BreakPart, FitPart, Highlights, PlayPart
from packager.stories.clips import clips_of, finite_names
from packager.stories.outcome import (
    Gap,
    NotYet,
    Outcome,
    Told,
    read_outcome,
    settle,
    story_of,
    write_outcome,
)

FILE = Path("x.mp4")


class Said:
    """Answers as a test says them."""

    def __init__(self, forbidden: tuple[str, ...] = (), **values: str) -> None:
        self._values = {"look": "light", "sponsor": "acme", "length": "10", "minutes": "2"} | values
        self._forbidden = forbidden

    def value(self, name: str) -> str:
        return self._values[name]

    def allowed(self, asset: str) -> bool:
        return asset not in self._forbidden


class Shelf:
    """Clips of ten seconds, but for those that are told otherwise."""

    def __init__(self, **lengths: Decimal | str | None) -> None:
        self._lengths: Mapping[str, Decimal | str | None] = lengths

    def made(self, asset: str) -> str | None:
        return f"={asset}" if self.length(asset) is not None else None

    def length(self, clip: str) -> Decimal | None:
        length = self._lengths.get(clip.replace("~", "_").replace(":", "__"), Decimal(10))
        if isinstance(length, str):
            raise NotYet(clip)
        return length


def show(*parts: object, **assets: Asset) -> Show:
    facts = {
        "look": Fact(name="look", kind="string", of=("light", "dark"), default="light"),
        "sponsor": Fact(name="sponsor", kind="string", of=("acme", "zeta"), default="acme"),
        "length": Fact(name="length", kind="int", of=("10", "20"), default="10"),
        "minutes": Fact(name="minutes", kind="int"),
    }
    known = {name: Asset(file=FILE) for name in ("acme", "zeta", "goals", "bumper")}
    known["opener"] = Asset(origin="https://vod.example/{look}/")
    return Show(name="recap", facts=facts, assets=known | assets, story=parts)  # type: ignore[arg-type]


def outcome(one: Show, said: Said | None = None, shelf: Shelf | None = None) -> Outcome:
    return settle(story_of(one), said or Said(), shelf or Shelf())[0]


def test_parts_play_in_their_order_with_what_was_asked_for() -> None:
    story = show(PlayPart(play="opener"), PlayPart(play="goals"), PlayPart(play="{sponsor}"))
    assert outcome(story) == ("opener~light", "goals", "acme")
    assert outcome(story, Said(look="dark", sponsor="zeta")) == ("opener~dark", "goals", "zeta")


def test_conditions_and_branches_may_ask_for_any_fact() -> None:
    story = show(
        PlayPart(play="bumper", when="minutes > 5"),
        BranchPart(
            when='look == "dark"',
            then=(PlayPart(play="goals"),),
            otherwise=(PlayPart(play="acme"), PlayPart(play="zeta")),
        ),
    )
    assert outcome(story) == ("acme", "zeta")
    assert outcome(story, Said(look="dark", minutes="9")) == ("bumper", "goals")


def test_a_choice_without_a_value_is_nothing_and_not_an_error() -> None:
    """One whose values came as often as they may has none, whole numbers or not."""
    spare = Choice(name="spare", of=("10", "20"))
    fit = Highlights(moments=("goals",), seconds="spare")
    parts = (PlayPart(play="{spare}"), FitPart(fit=fit), PlayPart(play="acme", when="spare == 0"))
    story = replace(show(*parts), choices={"spare": spare})
    assert outcome(story, Said(spare="")) == ("acme",)
    assert outcome(story, Said(spare="20")) == ("goals",)


def test_a_condition_that_fails_does_not_hold() -> None:
    story = show(PlayPart(play="goals"), PlayPart(play="acme", when="10 / minutes > 1"))
    assert outcome(story, Said(minutes="0")) == ("goals",)


def test_breaks_keep_their_numbers_whatever_plays_before_them() -> None:
    gap = BreakPart(fill=SlateFill(), seconds=Decimal(5))
    first = replace(gap, when="minutes > 5")
    story = show(first, PlayPart(play="goals"), gap)
    assert outcome(story) == ("goals", Gap(1))
    assert outcome(story, Said(minutes="6")) == (Gap(0), "goals", Gap(1))


def test_what_cannot_be_played_or_seen_has_its_stand_in() -> None:
    odd = Asset(file=FILE, otherwise="goals")
    story = show(PlayPart(play="odd"), PlayPart(play="acme"), odd=odd)
    entries, told = settle(story_of(story), Said(), Shelf(odd=None, acme=None))
    assert entries == ("goals",)
    assert told == (Told("odd", "goals"), Told("acme", ""))
    assert outcome(story, Said(forbidden=("odd",))) == ("goals", "acme")


def test_what_is_on_its_way_is_waited_for_unless_something_stands_in_for_it() -> None:
    waits = Shelf(odd="on its way", acme="on its way")
    story = show(PlayPart(play="odd"), odd=Asset(file=FILE, otherwise="goals"))
    assert outcome(story, shelf=waits) == ("goals",)
    with pytest.raises(NotYet):
        outcome(show(PlayPart(play="acme")), shelf=waits)


def test_moments_fit_as_long_as_a_fact_says() -> None:
    goal = Asset(file=FILE, kind="goal", weight=1, cuts={"short": Cut(file=FILE, weight=1)})
    fit = Highlights(moments=("goal", "save", "card"), seconds="length", keep=("goal",))
    moments = {
        "goal": goal,
        "save": Asset(file=FILE, weight=50),
        "card": Asset(file=FILE, weight=5),
    }
    story = show(FitPart(fit=fit), **moments)
    shelf = Shelf(goal__short=Decimal(5), card=Decimal(5))
    assert outcome(story, shelf=shelf) == ("goal:short", "card")
    assert outcome(story, Said(length="20"), shelf) == ("goal:short", "save", "card")
    assert outcome(story, Said(forbidden=("goal",)), shelf) == ("save",)


def test_moments_that_cannot_be_played_are_left_out() -> None:
    fit = Highlights(moments=("goals", "acme"), seconds=Decimal(30))
    entries, told = settle(story_of(show(FitPart(fit=fit))), Said(), Shelf(goals=None))
    assert entries == ("acme",)
    assert told == (Told("goals", ""),)


def test_what_is_made_of_a_template_plays_when_it_is_made() -> None:
    hello = Made(template=Path("card"), otherwise="bumper")
    story = show(PlayPart(play="hello"), hello=hello)
    assert outcome(story) == ("=hello",)
    assert outcome(story, shelf=Shelf(hello="on its way")) == ("bumper",)
    assert outcome(story, shelf=Shelf(hello=None)) == ("bumper",)


def test_an_asset_has_a_clip_for_each_value_in_its_url_and_each_cut() -> None:
    asset = Asset(
        origin="https://vod.example/{look}/{sponsor}/",
        path="{look}.mpd",
        cuts={"short": Cut(file=FILE)},
    )
    clips = tuple(clips_of("goal", asset, finite_names(show())))
    assert [one.name for one in clips] == [
        "goal~light~acme",
        "goal~light~zeta",
        "goal~dark~acme",
        "goal~dark~zeta",
        "goal:short",
    ]
    assert clips[3].source == "https://vod.example/dark/zeta/dark.mpd"
    assert clips[4].source == FILE


def test_outcomes_are_written_and_read_back() -> None:
    one: Outcome = ("opener~dark", Gap(0), "goal:short", Gap(12))
    assert write_outcome(one) == "opener~dark,@0,goal:short,@12"
    assert read_outcome(write_outcome(one)) == one
    with pytest.raises(ValueError, match="x"):
        read_outcome("@x")
