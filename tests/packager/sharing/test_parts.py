"""What shows can share, by their settings."""

from dataclasses import replace
from decimal import Decimal

import pytest

from packager.config.ad_settings import Bumpers, VastServer
from packager.config.asset_settings import Asset
from packager.config.break_settings import (
    AssetFill,
    CueBreaks,
    ScheduledBreak,
    SlateFill,
    VastFill,
)
from packager.config.choice_settings import Choice
from packager.config.clip_settings import Clip
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.music_settings import Music
from packager.config.overlay_settings import AdFill, Overlay, ShowAt, ShowWhen
from packager.config.scalars import Secret
from packager.config.show_settings import Audio, Show
from packager.decisions.templates import read_template
from packager.sharing.parts import part_of

SECRET = Secret("a feed's secret of more than 32 characters")
FACTS = {
    fact.name: fact
    for fact in (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="name", kind="string"),
        Fact(name="club", kind="string", of=("reds", "blues"), consent="personalise"),
        Fact(name="score", kind="string", shared=True, feed=PushedFeed(secret=SECRET)),
        Fact(name="hour", kind="int", source="hour"),
    )
}
CHOICES = {
    choice.name: choice
    for choice in (
        Choice(name="look", of=("light", "dark"), by="theme"),
        Choice(name="mood", of=("calm", "loud"), shared=True, by='score == "0:0" ? "calm" : ""'),
        Choice(name="unread", of=("a", "b")),
    )
}
SHOW = Show(
    name="cup", origin="http://origin.example/cup/", facts=FACTS, choices=CHOICES,
    assets={"light": Asset(), "dark": Asset(otherwise="rest"), "rest": Asset()},
)  # fmt: skip
BUG = Overlay(name="bug", template=None, data={"score": "{score}"})  # type: ignore[arg-type]
ADS = VastFill(server=VastServer(url=read_template("http://ads.example/vast")))


def drawn(**data: str) -> dict[str, Overlay]:
    return {"bug": replace(BUG, data=data)}


def test_a_show_without_anything_put_into_it_is_one_for_all() -> None:
    for live in (True, False):
        part = part_of(SHOW, "m3u8", live=live)
        assert (part.own, part.facts, part.choices) == ("", set(), set())


def test_of_a_film_is_known_by_what_its_overlays_music_and_breaks_read() -> None:
    show = replace(
        SHOW,
        overlays={"bug": replace(BUG, data={"t": "{theme}"}, show=ShowWhen(when="hour > 8"))},
        music={"m": Music(name="m", file=None, show=ShowWhen(when='look == "dark"'))},  # type: ignore[arg-type]
        breaks=(
            ScheduledBreak(
                at=Decimal(0), fill=AssetFill(asset="{look}"), bumpers=Bumpers(after="rest")
            ),
        ),
    )
    part = part_of(show, "m3u8", live=False)
    assert part.own == ""
    assert part.facts == {"theme"}
    assert part.choices == {"look"}
    assert part.assets == {"light", "dark", "rest"}


def test_the_sound_that_players_begin_with_is_in_the_mpd_and_in_no_media_playlist() -> None:
    show = replace(SHOW, audio=Audio(prefer="{theme}"))
    assert part_of(show, "m3u8", live=True).facts == set()
    assert part_of(show, "mpd", live=False).facts == {"theme"}
    assert "theme" in part_of(show, "mpd", live=True).own


@pytest.mark.parametrize("name", ["score", "hour", "mood"])
def test_what_is_the_same_for_all_is_shared_live(name: str) -> None:
    show = replace(SHOW, overlays=drawn(text=f"{{{name}}}"))
    assert part_of(show, "m3u8", live=True).own == ""


@pytest.mark.parametrize("name", ["theme", "look"])
def test_what_a_viewer_may_change_is_shared_in_films_alone(name: str) -> None:
    show = replace(SHOW, overlays=drawn(text=f"{{{name}}}"))
    assert part_of(show, "m3u8", live=False).own == ""
    assert name in part_of(show, "m3u8", live=True).own


@pytest.mark.parametrize("name", ["name", "club"])
def test_what_may_be_anything_or_needs_consent_is_each_sessions_own(name: str) -> None:
    show = replace(SHOW, overlays=drawn(text=f"{{{name}}}"))
    assert name in part_of(show, "m3u8", live=False).own
    clip = Clip(template=None, data={"text": f"{{{name}}}"})  # type: ignore[arg-type]
    show = replace(SHOW, assets={"card": clip})
    assert name in part_of(show, "m3u8", live=False).own


AD = ShowAt(at=Decimal(1), fill=AdFill(server=ADS.server))
CARD = Clip(template=None)  # type: ignore[arg-type]
OWN = {
    "a clip that is made when somebody has asked": {
        "breaks": (ScheduledBreak(at=Decimal(8), fill=AssetFill(asset="card")),),
        "assets": {"card": CARD},
    },
    "ads": {"breaks": (CueBreaks(fill=ADS),)},
    "ads that are drawn": {
        "overlays": {
            "bug": replace(BUG, show=ShowAt(at=Decimal(1), fill=AdFill(server=ADS.server)))
        }
    },
    "a private clip": {"assets": {"card": Clip(template=None, private=True)}},  # type: ignore[arg-type]
}


@pytest.mark.parametrize("changes", OWN.values(), ids=OWN)
def test_what_is_for_one_viewer_is_at_the_sessions_own_urls(changes: dict[str, object]) -> None:
    show = replace(SHOW, **changes)  # type: ignore[arg-type]
    for live in (True, False):
        assert part_of(show, "m3u8", live=live).own
    assert part_of(SHOW, "m3u8", live=False, private=["bug"]).own


def test_live_the_operators_breaks_are_shared_but_for_pre_rolls_and_rights() -> None:
    by_cue = CueBreaks(fill=AssetFill(asset="light"))
    assert part_of(replace(SHOW, breaks=(by_cue,)), "m3u8", live=True).own == ""
    joins = ScheduledBreak(at=Decimal(0), fill=SlateFill())
    assert part_of(replace(SHOW, breaks=(joins,)), "m3u8", live=True).own
    assert part_of(replace(SHOW, breaks=(joins,)), "m3u8", live=False).own == ""
    limited = {"light": Asset(rights='theme == "light"')}
    show = replace(SHOW, breaks=(by_cue,), assets=limited)
    assert "light" in part_of(show, "m3u8", live=True).own
