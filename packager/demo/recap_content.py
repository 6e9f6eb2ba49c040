"""What the demo's recap is made of: the highlights of a match, and what stands around them.

Each component is a test card with colours and notes of its own, so that people and programs see
and hear which one plays. Opener and end are lettered in each language and look; sound is in every
language, a tune in major for English and in minor for German.
"""

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from overlays.testcard import Card, CardPainter, Frame, Rgb
from packager.demo.content import CARDS, CREATIVES, LADDER, LOOP_RATE, SAMPLE_RATE, Samples, pluck

SIZE = "360p"  # of all components, a key of `content.LADDER`
LANGUAGES = {"en": "English", "de": "Deutsch"}
LOOKS = ("light", "dark")
GOAL = "goal"

_SCALES = {"en": (1.0, 5 / 4, 3 / 2, 2.0), "de": (1.0, 6 / 5, 3 / 2, 9 / 5)}
_WORDS = {
    "opener": {"en": ("The match", "Warp against Weft"), "de": ("Das Spiel", "Warp gegen Weft")},
    "end": {"en": ("Good night", "See you on Sunday"), "de": ("Gute Nacht", "Bis Sonntag")},
}
_COLOURS: dict[str, tuple[Rgb, Rgb, Rgb]] = {
    "light": ((74, 150, 226), (236, 176, 112), (255, 244, 214)),
    "dark": ((8, 8, 28), (58, 34, 96), (120, 150, 255)),
}


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are, in whole segments of `content.SEGMENT_S`."""

    minute_s: int = 60  # of highlights, for each minute that a viewer has
    moments_s: tuple[int, ...] = (18, 14, 16)  # of the moments, in turn
    short_s: int = 6  # of their shorter cuts
    frame_s: int = 4  # of opener, sponsor and end


@dataclass(frozen=True, slots=True)
class Highlight:
    """A moment of the match."""

    name: str
    title: str  # a word that is the same in all languages
    minute: int
    weight: int
    kind: str = ""


MATCH = (
    Highlight("kick_off", "Kick-off", 1, 30),
    Highlight("solo", "Solo", 9, 45),
    Highlight("goal_1", "1:0", 17, 100, GOAL),
    Highlight("foul", "Foul", 26, 20),
    Highlight("volley", "Volley", 34, 60),
    Highlight("goal_2", "1:1", 41, 100, GOAL),
    Highlight("pressing", "Pressing", 52, 15),
    Highlight("dribbling", "Dribbling", 60, 40),
    Highlight("penalty", "Penalty", 68, 80),
    Highlight("goal_3", "2:1", 77, 100, GOAL),
    Highlight("reflex", "Reflex", 85, 55),
    Highlight("finale", "Finale", 90, 35),
)
SPONSORS = tuple(clip.name for clip in CREATIVES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Something that a recap may play; it has a folder of its own."""

    name: str  # of the folder
    card: Card
    seconds: int
    short_s: int | None = None  # of a shorter cut, which is the beginning of it
    root: float  # Hz, of its tune


def components(timing: Timing) -> tuple[Component, ...]:
    """All that a recap may play.

    Args:
        timing: How long it is.
    """
    return (*_frames(timing), *_sponsors(timing), *_moments(timing))


def component_frames(component: Component) -> Iterator[Frame]:
    """Draw a component (YUV 4:2:0), `LOOP_RATE` frames for each second."""
    painter = CardPainter(component.card, LADDER[SIZE][0])
    return (painter.frame(number, LOOP_RATE) for number in range(component.seconds * LOOP_RATE))


def component_samples(component: Component, language: str) -> Iterator[Samples]:
    """Play its tune, second by second, in a language; shape (`SAMPLE_RATE`, 2)."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    for second in range(component.seconds):
        sound = np.zeros_like(time)
        for step, interval in enumerate(_SCALES[language]):
            higher = component.root * interval * (1 + second % 2 / 8)
            sound += 0.2 * pluck(time - step / 4, higher, decay_s=0.12)
        yield np.repeat(sound[:, None], 2, axis=1).astype(np.float32)


def _frames(timing: Timing) -> Iterator[Component]:
    for name, words in _WORDS.items():
        for look in LOOKS:
            top, bottom, accent = _COLOURS[look]
            if name == "end":
                top, bottom = bottom, top
            for language, (title, subtitle) in words.items():
                card = Card(
                    code="bumper",
                    title=title,
                    subtitle=subtitle,
                    label=LANGUAGES[language],
                    duration_s=timing.frame_s,
                    top=top,
                    bottom=bottom,
                    accent=accent,
                )
                yield Component(
                    name=f"{name}-{look}-{language}", card=card, seconds=timing.frame_s, root=392.0
                )


def _sponsors(timing: Timing) -> Iterator[Component]:
    for name in SPONSORS:
        # Of the ad's colours, upside down: it is not the ad.
        ad = CARDS[name]
        card = Card(
            code=ad.code,
            title=ad.title,
            subtitle=ad.subtitle,
            label="Sponsor",
            duration_s=timing.frame_s,
            top=ad.bottom,
            bottom=ad.top,
            accent=ad.accent,
        )
        yield Component(name=name, card=card, seconds=timing.frame_s, root=330.0)


def _moments(timing: Timing) -> Iterator[Component]:
    for number, (one, seconds) in enumerate(zip(MATCH, cycle(timing.moments_s), strict=False)):
        hue = number * 5 % len(MATCH) / len(MATCH)  # neighbours are far apart
        card = Card(
            code="content",
            title=one.title,
            subtitle=f"{one.minute}'",
            label="Goal" if one.kind == GOAL else "",
            duration_s=seconds,
            top=_rgb(hue, 0.85, 0.3 + 0.15 * (number % 2)),
            bottom=_rgb(hue + 0.06, 0.7, 0.6 + 0.3 * (number % 2)),
            accent=_rgb(hue + 0.5, 0.4, 1.0),
        )
        yield Component(
            name=one.name,
            card=card,
            seconds=seconds,
            short_s=timing.short_s,
            root=196.0 * 2 ** (number / 12),
        )


def _rgb(hue: float, saturation: float, value: float) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)
