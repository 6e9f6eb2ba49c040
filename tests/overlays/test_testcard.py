from dataclasses import replace

import numpy as np
import pytest

from overlays.testcard import CODES, Card, CardPainter, code_region, nearest_code, planes, rgb_of

CONTENT = Card(code="content", title="Channel", label="360p", duration_s=64, clock=True)
SPOT = Card(code="ad-1", title="A product with rather a long name", subtitle="Buy it")
SIZES = [(640, 360), (1280, 720), (320, 180)]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("size", SIZES)
def test_the_code_of_a_card_is_read_back_from_its_picture(code: str, size: tuple[int, int]) -> None:
    frame = CardPainter(replace(SPOT, code=code), size).frame(7, 25)

    left, top, right, bottom = code_region(size)
    square = rgb_of(frame)[top:bottom, left:right].reshape(-1, 3)

    assert np.abs(square - np.array(CODES[code])).max() <= 4  # of every pixel, to its edges
    assert nearest_code(tuple(square.mean(axis=0))) == code


@pytest.mark.parametrize("size", [(1920, 1080), *SIZES])
def test_the_code_square_is_a_sixth_of_the_height_and_inside_the_frame(
    size: tuple[int, int],
) -> None:
    left, top, right, bottom = code_region(size)

    assert right - left == bottom - top == pytest.approx(size[1] / 6, abs=2)
    assert left > 0
    assert right < size[0]
    assert top > 0


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (90, 60, 20)])
def test_a_colour_that_is_no_code_is_not_taken_for_one(colour: tuple[int, int, int]) -> None:
    assert nearest_code(colour) is None


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_still_known_after_a_colour_matrix_was_mistaken(code: str) -> None:
    bt601 = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
    bt709 = np.array([[0.2126, 0.7152, 0.0722], [-0.1146, -0.3854, 0.5], [0.5, -0.4542, -0.0458]])

    mistaken = np.clip(np.linalg.inv(bt601) @ bt709 @ np.array(CODES[code]), 0, 255)

    assert nearest_code(tuple(mistaken)) == code


def test_frames_are_planar_yuv_in_limited_range() -> None:
    frame = CardPainter(CONTENT, (640, 360)).frame(0, 25)

    y, u, v = planes(frame)

    assert frame.shape == (540, 640)
    assert frame.dtype == np.uint8
    assert (y.shape, u.shape, v.shape) == ((360, 640), (180, 320), (180, 320))
    assert y.min() >= 16
    assert y.max() <= 235


def test_the_same_frame_is_drawn_twice_alike_and_the_next_one_differs() -> None:
    painter = CardPainter(CONTENT, (640, 360))

    assert np.array_equal(painter.frame(31, 25), painter.frame(31, 25))
    assert not np.array_equal(painter.frame(31, 25), painter.frame(32, 25))


def test_the_background_of_a_loop_of_64_s_has_no_seam() -> None:
    painter = CardPainter(replace(CONTENT, clock=False), (320, 180))

    before, start = painter.frame(1599, 25), painter.frame(0, 25)

    upper_half = np.s_[:90, :200]  # without the bar, which does start again
    assert np.abs(before[upper_half].astype(int) - start[upper_half]).mean() < 3


def test_the_clock_counts_frames_within_each_second() -> None:
    painter = CardPainter(CONTENT, (640, 360))
    clock = np.s_[135:215, 140:500]
    still = replace(CONTENT, clock=False)

    shown = painter.frame(25 * 61 + 3, 25)[clock]
    without = CardPainter(still, (640, 360)).frame(25 * 61 + 3, 25)[clock]

    assert (shown != without).mean() > 0.05


def test_the_progress_bar_grows_and_stays_full_after_the_end() -> None:
    painter = CardPainter(SPOT, (640, 360))

    def filled(number: int) -> int:
        row = rgb_of(painter.frame(number, 25))[-34].astype(int)
        return int((np.abs(row - np.array(SPOT.accent)).max(axis=1) < 12).sum())

    assert filled(0) == 0
    assert filled(125) == pytest.approx(290, abs=4)
    assert filled(250) == filled(500) == pytest.approx(580, abs=4)


@pytest.mark.parametrize("size", [(640, 362), (638, 360), (32, 32)])
def test_a_size_that_cannot_be_drawn_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        CardPainter(SPOT, size)
