"""The demo's show with overlays: a score from a feed, a sponsor on a cue, and a viewer's name.

Its channel has no breaks: its cues offer time for overlays, a sponsor's and the viewer's in turn.
Two small renditions are all that it has, so that two cores draw on them and play them as well.
"""

from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe

from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.overlay_settings import Overlay, ShowAlways, ShowAtCues, ShowRule
from packager.config.scalars import Secret
from packager.config.show_settings import Show
from packager.demo.media import DemoMedia
from packager.demo.schedule import Dialect, Offer, OriginSettings
from packager.demo.signals import DISTRIBUTOR, PROVIDER
from packager.templates.folder import find_folder

STAGE = "overlays"  # name of the show
MAX_HEIGHT = 720
FIRST_SCORE = "0 : 0"

CUES = OriginSettings(
    offer=Offer.OVERLAYS,
    dialect=Dialect.DATERANGE,
    break_every_s=20,
    break_at_s=10,
    break_s=8,
)


def stage_media(media: DemoMedia) -> DemoMedia:
    """The demo's media without what is too large to be drawn on beside everything else."""
    smallest = media.videos[-1]
    kept = [one for one in media.renditions if one.height <= MAX_HEIGHT or one is smallest]
    return replace(media, renditions=tuple(kept))


def stage_show(origin: str) -> Show:
    """The show's settings; the secret of its feed is made anew.

    Args:
        origin: URL of its channel, with a slash at the end.
    """
    score = Fact(
        name="score",
        kind="string",
        default=FIRST_SCORE,
        shared=True,
        feed=PushedFeed(secret=Secret(token_urlsafe(32))),
    )
    palette = Fact(name="palette", kind="string", of=("dark", "light"), default="dark")
    viewer = Fact(name="viewer", kind="string", default="stranger", max_characters=24)
    overlays = (
        _overlay(
            "sponsor",
            "sponsor_l",
            {
                "sponsor": "Northwind",
                "headline": "Wide awake at half-time",
                "text": "Northwind Coffee, roasted this morning.",
                "action": "Order now",
            },
            ShowAtCues(source="cues", types=(PROVIDER,)),
        ),
        _overlay(
            "name",
            "lower_third",
            {"name": "Hello, {viewer}", "line": "Your name, in your picture alone"},
            ShowAtCues(source="cues", types=(DISTRIBUTOR,)),
            private=True,
        ),
        _overlay(
            "bug",
            "scorebug",
            {"score": "{score}", "home": "WARP", "away": "WEFT", "look": "{palette}"},
        ),
    )
    return Show(
        name=STAGE,
        origin=origin,
        facts={fact.name: fact for fact in (score, palette, viewer)},
        overlays={one.name: one for one in overlays},
    )


def _overlay(
    name: str,
    template: str,
    data: dict[str, str],
    show: ShowRule = ShowAlways(),  # noqa: B008 - a value
    *,
    private: bool = False,
) -> Overlay:
    folder = find_folder(template, beside=Path())
    return Overlay(name=name, template=folder, data=data, show=show, private=private)
