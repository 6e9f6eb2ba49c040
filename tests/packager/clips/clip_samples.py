"""Clips for tests, of the card that Weft brings along."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from overlays.templates.model import Template
from packager.clips.film import Film
from packager.config.clip_settings import Clip
from packager.templates.folder import find_folder, load_template

CARD = find_folder("card", beside=Path("/nowhere"))


@cache
def card() -> Template:
    return load_template(CARD)


def a_clip(**settings: Any) -> Clip:
    whole = {"template": CARD, "data": {"name": "{name}"}, "seconds": Decimal(2)} | settings
    return Clip(**whole)


def a_film(name: str = "Ana", images: dict[str, bytes] | None = None, **changes: Any) -> Film:
    data = {"name": name} | ({"avatar": next(iter(images))} if images else {})
    film = Film(
        template=card().digest,
        folder=CARD,
        data=card().canonical(data, images),
        seconds=Fraction(2),
        size=(320, 180),
        fps=Fraction(25),
        background="#102030",
    )
    return replace(film, **changes)
