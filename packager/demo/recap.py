"""The demo's recap: a story of one to three minutes that each session has in a version of its own.

What a viewer says decides on the look, the language, the time for highlights and the card with
their name; the sponsor is drawn by weights among those that have the rights for the country.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from packager.config.asset_settings import Asset, Cut
from packager.config.choice_settings import Choice
from packager.config.clip_settings import Clip
from packager.config.fact_settings import Fact
from packager.config.show_settings import Show
from packager.config.story_settings import FitPart, Highlights, PlayPart
from packager.demo.recap_build import SHORT
from packager.demo.recap_content import GOAL, LANGUAGES, LOOKS, MATCH, SPONSORS, Timing
from packager.templates.folder import find_folder

RECAP = "recap"  # name of the show
MINUTES = ("1", "2", "3")
MAX_NAME = 24  # characters

_COUNTRIES = ("SE", "DE", "US", "JP")
_RIGHTS = {
    "northwind": 'country != "JP"',
    "halden": 'country in ["SE", "DE"]',
    "lumen": 'country != "DE"',
}
_WEIGHTS = {"northwind": 3, "halden": 2, "lumen": 1}


def recap_show(origin: str, timing: Timing) -> Show:
    """The show's settings.

    Args:
        origin: URL below which its components are, with a slash at the end.
        timing: How long everything is.
    """
    facts = (
        Fact(name="look", kind="string", of=LOOKS, default="light"),
        Fact(name="minutes", kind="int", of=MINUTES, default="2"),
        Fact(name="language", kind="string", of=tuple(LANGUAGES), source="language", default="en"),
        Fact(name="country", kind="string", of=_COUNTRIES, default="SE"),
        Fact(name="viewer", kind="string", max_characters=MAX_NAME),
    )
    choices = (
        Choice(
            name="length",
            of=tuple(str(int(one) * timing.minute_s) for one in MINUTES),
            by=f"minutes * {timing.minute_s}",
        ),
        Choice(
            name="sponsor",
            of=SPONSORS,
            weigh={name: Fraction(weight) for name, weight in _WEIGHTS.items()},
        ),
        Choice(name="card", of=("light", "night"), by='look == "dark" ? "night" : "light"'),
    )
    return Show(
        name=RECAP,
        facts={one.name: one for one in facts},
        choices={one.name: one for one in choices},
        language="language",
        assets=_assets(origin, timing),
        story=(
            PlayPart(play="hello", when='viewer != ""'),
            PlayPart(play="opener"),
            PlayPart(play="{sponsor}"),
            FitPart(
                fit=Highlights(
                    moments=tuple(one.name for one in MATCH), seconds="length", keep=(GOAL,)
                )
            ),
            PlayPart(play="end"),
        ),
    )


def _assets(origin: str, timing: Timing) -> Mapping[str, Asset | Clip]:
    framed = {
        name: Asset(origin=f"{origin}{name}-{{look}}-{{language}}/") for name in ("opener", "end")
    }
    hello = Clip(
        template=find_folder("card", beside=Path()),
        data={"title": "Warp : Weft", "name": "{viewer}", "line": "2:1", "look": "{card}"},
        seconds=Decimal(timing.frame_s),
        background="#141a2c",
        private=True,
    )
    sponsors = {name: Asset(origin=f"{origin}{name}/", rights=_RIGHTS[name]) for name in SPONSORS}
    moments = {
        one.name: Asset(
            origin=f"{origin}{one.name}/",
            kind=one.kind,
            weight=one.weight,
            cuts={
                SHORT: Cut(
                    origin=f"{origin}{one.name}/", path=f"{SHORT}.m3u8", weight=one.weight * 3 // 5
                )
            },
        )
        for one in MATCH
    }
    return {**framed, "hello": hello, **sponsors, **moments}
