"""What a template is, once its folder is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, Literal, TypeVar

from overlays.drawing.scene import Box, Scene
from overlays.drawing.sprites import Moment
from overlays.templates.clip import Clip
from overlays.templates.lottie import Lottie
from overlays.templates.schema import Canonical, DataSchema
from overlays.text.fonts import Font

Size = tuple[int, int]
"""Width and height in pixels."""

_Set = TypeVar("_Set")

SAFE_AREAS: Mapping[str, float] = {"graphics": 0.05, "action": 0.035, "none": 0.0}
"""EBU R 95 (16:9): the share of width and height that is left free on each side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Seconds that an overlay takes to come and to go, and how it stays."""

    enter_s: Fraction
    leave_s: Fraction
    loop_s: Fraction  # after so many seconds the hold looks the same; 0: it stands still
    fps: Fraction  # of what moves

    def moment(self, time: Fraction, lasts: Fraction | None) -> Moment | None:
        """Where in its life an overlay is.

        Args:
            time: Seconds since it began.
            lasts: Seconds that it is shown in all; None where its end is not known yet.

        Returns:
            The moment, on the template's own grid of frames; None before and after its life.
        """
        if time < 0 or (lasts is not None and time >= lasts):
            return None
        out_at = None if lasts is None else max(Fraction(0), lasts - self.leave_s)
        if out_at is not None and time >= out_at and self.leave_s:
            return Moment("out", float(self._frame(time - out_at)))
        if time < self.enter_s:
            return Moment("in", float(self._frame(time)))
        if not self.loop_s:
            return Moment("hold", 0.0)
        return Moment("hold", float(self._frame((time - self.enter_s) % self.loop_s)))

    def _frame(self, seconds: Fraction) -> Fraction:
        return seconds * self.fps // 1 / self.fps


@dataclass(frozen=True, slots=True, kw_only=True)
class Palettes(Generic[_Set]):
    """Sets of colours, one of which the data chooses."""

    by: str | None  # the property that names one
    of: Mapping[str, _Set]

    def chosen(self, data: Mapping[str, Any]) -> _Set | None:
        """The set for some data; the first one where the data names none, None of none."""
        named = data.get(self.by) if self.by else None
        return self.of.get(str(named), next(iter(self.of.values()), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """How the content's own colours are changed; as it is made, they are not."""

    hue: float = 0.0  # degrees by which they are turned
    saturation: float = 1.0  # 0 for grey
    contrast: float = 1.0  # of luma, around middle grey
    brightness: float = 0.0  # added to luma, as a share of its range

    def part(self, share: float) -> "Tone":
        """On the way to this one, from 0 to 1."""
        return Tone(
            hue=self.hue * share,
            saturation=1 + (self.saturation - 1) * share,
            contrast=1 + (self.contrast - 1) * share,
            brightness=self.brightness * share,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """What becomes of the content while the overlay stands; it gets there as the overlay enters."""

    box: Box | None  # where an L-frame wants it, in the template's pixels
    palettes: Palettes[Tone]  # none where its colours stay
    easing: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Data to look at a template with."""

    name: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """A template: everything but the data."""

    id: str
    version: str
    title: str
    kind: Literal["drawing", "lottie", "clip"]
    size: Size
    phases: Phases
    schema: DataSchema
    palettes: Palettes[Mapping[str, str]]
    families: Mapping[str, tuple[Font, ...]]
    scene: Scene  # drawn over the art, where there is any
    art: Lottie | Clip | None
    video: Video | None
    pictures: Mapping[str, bytes]  # its own, by file name
    samples: tuple[Sample, ...]
    thumbnail: str | None  # name of its file
    safe_area: str  # a key of SAFE_AREAS
    digest: str  # of its files and the bundled fonts: equal digests draw equal pixels

    def canonical(self, data: Any, images: Mapping[str, bytes] | None = None) -> Canonical:
        """Check data and reduce it to what is visible.

        Args:
            data: As JSON gives it.
            images: Pictures that it names, beside the template's own.

        Raises:
            DataError: It does not fit the schema.
        """
        return self.schema.canonical(data, {**self.pictures, **(images or {})})
