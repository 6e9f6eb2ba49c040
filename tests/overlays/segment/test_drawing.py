"""Overlays on decoded frames: order, treatments of the film, and what is left alone."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from film_samples import bug, shown

from overlays.frames.colour import Colours
from overlays.frames.treatments import Palette, Squeeze, make_palette
from overlays.layers import Picture
from overlays.segment.draw import Painter, planes_of

SIZE = (96, 64)
HD = Colours()


@dataclass(frozen=True)
class Done:
    """A treatment that does not change."""

    what: Squeeze | Palette

    def at(self, time: Fraction) -> Squeeze | Palette | None:
        return self.what


def film_frame() -> av.VideoFrame:
    planes = np.tile(np.linspace(30, 220, SIZE[0]).astype(np.uint8), (SIZE[1] * 3 // 2, 1))
    return av.VideoFrame.from_ndarray(planes, "yuv420p")


def pixels(frame: av.VideoFrame) -> np.ndarray:
    return np.asarray(frame.to_ndarray())


def test_a_frame_that_nothing_touches_is_handed_on() -> None:
    frame = film_frame()
    assert Painter([shown(bug(), begins_at=5)], HD).draw(frame, Fraction(1)) is frame


def test_the_frame_that_is_drawn_on_is_another_one() -> None:
    frame = film_frame()
    before = pixels(frame).copy()
    drawn = Painter([shown(bug())], HD).draw(frame, Fraction(1))
    assert np.array_equal(pixels(frame), before)
    assert not np.array_equal(pixels(drawn), before)
    assert np.array_equal(pixels(drawn)[: SIZE[1], 64:], before[: SIZE[1], 64:])


def test_what_comes_later_lies_above() -> None:
    white = np.full((20, 40, 4), 255, np.uint8)

    @dataclass(frozen=True)
    class White:
        picture = Picture(white, 20, 10)

        def at(self, time: Fraction) -> Picture | None:
            return self.picture

    above = Painter([shown(bug()), shown(White())], HD).draw(film_frame(), Fraction(0))
    below = Painter([shown(White()), shown(bug())], HD).draw(film_frame(), Fraction(0))
    assert planes_of(above)[0][20, 40] == 235
    assert planes_of(below)[0][20, 40] < 100


def test_a_squeezed_film_leaves_room_that_is_filled() -> None:
    frame = film_frame()
    squeeze = Done(Squeeze(8, 4, 48, 32, around=(255, 255, 255)))
    y, u, v = planes_of(Painter([shown(squeeze)], HD).draw(frame, Fraction(0)))
    assert (y[36:] == 235).all()
    assert (y[:, 56:] == 235).all()
    assert (y[:4] == 235).all()
    assert (u[18:] == 128).all()
    assert (v[:, 28:] == 128).all()
    shrunk = y[4:36, 8:56].astype(int)
    original = planes_of(frame)[0][::2, ::2].astype(int)
    assert np.abs(shrunk - original)[:, 2:-2].max() <= 6


def test_a_treatment_reaches_what_lies_below_it_only() -> None:
    grey = shown(Done(make_palette(saturation=0)))
    below = Painter([shown(bug()), grey], HD).draw(film_frame(), Fraction(0))
    above = Painter([grey, shown(bug())], HD).draw(film_frame(), Fraction(0))
    assert (planes_of(below)[2] == 128).all()
    assert planes_of(above)[2][10, 20] > 160
    assert planes_of(above)[2][30, 40] == 128


def test_a_picture_is_converted_again_only_when_it_is_another() -> None:
    first, second = bug().picture, bug(left=40).picture

    @dataclass(frozen=True)
    class Moving:
        def at(self, time: Fraction) -> Picture | None:
            return first if time < 1 else second

    painter = Painter([shown(Moving())], HD)
    held = []
    for time in (0, 0.5, 1, 1.5):
        painter.draw(film_frame(), Fraction(time))
        held.append(painter._patches[0][2])
    assert held[0] is held[1]
    assert held[1] is not held[2]
    assert held[2] is held[3]
