import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.frames.blend import Planes, make_patch
from overlays.frames.colour import Colours, colours_of
from overlays.frames.treatments import Squeeze, make_palette
from overlays.layers import Picture

SIZE = (64, 48)
HD = Colours()


def grey(size: tuple[int, int] = SIZE, luma: int = 100) -> Planes:
    width, height = size
    half = height // 2, width // 2
    return (
        np.full((height, width), luma, np.uint8),
        np.full(half, 90, np.uint8),
        np.full(half, 160, np.uint8),
    )


def picture(width: int, height: int, rgba: tuple[int, ...], left: int, top: int) -> Picture:
    return Picture(np.full((height, width, 4), rgba, np.uint8), left, top)


COLOURS = {  # BT.709 and BT.601, limited range, to a unit
    "white": ((255, 255, 255), (235, 128, 128), (235, 128, 128)),
    "black": ((0, 0, 0), (16, 128, 128), (16, 128, 128)),
    "red": ((255, 0, 0), (63, 102, 240), (81, 90, 240)),
    "green": ((0, 255, 0), (173, 42, 26), (145, 54, 34)),
    "blue": ((0, 0, 255), (32, 240, 118), (41, 240, 110)),
}


@pytest.mark.parametrize(("rgb", "bt709", "bt601"), COLOURS.values(), ids=COLOURS)
def test_colours_are_those_of_the_standards(
    rgb: tuple[int, int, int], bt709: tuple[int, ...], bt601: tuple[int, ...]
) -> None:
    assert HD.of(rgb) == bt709
    small = colours_of(2, full_range=False, height=360)
    assert small.of(rgb) == bt601
    assert colours_of(2, full_range=False, height=720) == HD
    assert colours_of(5, full_range=False, height=1080) == small


def test_what_is_opaque_covers_and_what_is_transparent_does_not_touch() -> None:
    planes = grey()
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[:, :10] = (255, 255, 255, 255)
    make_patch(Picture(pixels, 4, 6), SIZE, HD).lay(planes)
    expected = grey()
    expected[0][6:26, 4:14] = 235
    for plane, colour in zip(expected[1:], (128, 128), strict=True):
        plane[3:13, 2:7] = colour
    assert all(np.array_equal(one, other) for one, other in zip(planes, expected, strict=True))


@pytest.mark.parametrize(("left", "top"), [(3, 5), (-7, -3), (58, 40), (-30, 44)])
def test_a_picture_is_laid_at_any_place_and_cut_at_the_edges(left: int, top: int) -> None:
    planes = grey()
    make_patch(picture(21, 13, (255, 255, 255, 255), left, top), SIZE, HD).lay(planes)
    covered = np.zeros((SIZE[1], SIZE[0]), bool)
    covered[max(top, 0) : max(top + 13, 0), max(left, 0) : max(left + 21, 0)] = True
    assert (planes[0][covered] == 235).all()
    assert (planes[0][~covered] == 100).all()


@pytest.mark.parametrize(("left", "top"), [(64, 0), (0, 48), (-21, 0), (0, -13), (900, 900)])
def test_a_picture_outside_the_frame_is_not_seen(left: int, top: int) -> None:
    assert make_patch(picture(21, 13, (1, 2, 3, 255), left, top), SIZE, HD).tiles == ()
    assert make_patch(picture(21, 13, (1, 2, 3, 0), 5, 5), SIZE, HD).tiles == ()


@given(st.integers(0, 255), st.integers(16, 235), st.integers(0, 255))
def test_mixing_is_exact_to_a_unit(alpha: int, luma: int, white: int) -> None:
    planes = grey(luma=luma)
    make_patch(picture(16, 16, (white, white, white, alpha), 8, 8), SIZE, HD).lay(planes)
    over = 16 + white * 219 / 255
    expected = luma + (over - luma) * alpha / 255
    assert np.abs(planes[0][8:24, 8:24] - expected).max() <= 1.01
    assert (planes[0][:8] == luma).all()


def test_a_soft_edge_is_mixed_and_its_inside_copied() -> None:
    pixels = np.full((96, 96, 4), (255, 255, 255, 255), np.uint8)
    pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1] = ((255, 255, 255, 128),) * 4
    patch = make_patch(Picture(pixels, 0, 0), (96, 96), HD)
    kinds = {tile.rest is None for tile in patch.tiles}
    assert kinds == {True, False}
    planes = grey((96, 96))
    patch.lay(planes)
    assert (planes[0][1:-1, 1:-1] == 235).all()
    assert abs(int(planes[0][0, 50]) - 168) <= 1


def test_what_looks_as_before_is_not_converted_anew() -> None:
    before = picture(60, 90, (10, 200, 30, 255), 2, 2)
    pixels = before.pixels.copy()
    pixels[40, 7] = 255
    after = Picture(pixels, 2, 2)
    old = make_patch(before, (96, 96), HD)
    new = make_patch(after, (96, 96), HD, before=old)
    assert [one is other for one, other in zip(new.bands, old.bands, strict=True)] == [
        True,
        False,
        True,
    ]
    planes, expected = grey((96, 96)), grey((96, 96))
    new.lay(planes)
    make_patch(after, (96, 96), HD).lay(expected)
    assert all(np.array_equal(one, other) for one, other in zip(planes, expected, strict=True))
    moved = make_patch(Picture(before.pixels, 4, 2), (96, 96), HD, before=old)
    assert not {*map(id, moved.bands)} & {*map(id, old.bands)}


def test_a_palette_of_a_film_in_full_range_has_its_black_and_white() -> None:
    planes = np.full((2, 2), 100, np.uint8), *(np.full((1, 1), 255, np.uint8) for _ in "uv")
    make_palette(brightness=1, full_range=True).apply(planes)
    assert [int(plane[0, 0]) for plane in planes] == [255, 255, 255]
    make_palette(brightness=-1, full_range=True).apply(planes)
    assert planes[0][0, 0] == 0


def test_colours_come_back_from_planes() -> None:
    rgb = tuple(np.array([one], np.float32) for one in (200, 30, 90))
    planes = [
        HD.plane(plane, (rgb[0], rgb[1], rgb[2]), np.ones(1, np.float32)) for plane in range(3)
    ]
    back = HD.rgb(*planes)
    assert np.allclose(np.concatenate(back), (200, 30, 90), atol=0.01)


def test_a_palette_turns_hues_and_leaves_grey_alone() -> None:
    u, v = np.full((4, 4), 128, np.uint8), np.full((4, 4), 128, np.uint8)
    u[0], v[0] = 148, 128
    planes = np.arange(64, dtype=np.uint8).reshape(8, 8) + 60, u, v
    before = planes[0].copy()
    make_palette(hue_degrees=90).apply(planes)
    assert np.array_equal(planes[0], before)
    assert (planes[1][1:] == 128).all()
    assert (int(planes[1][0, 0]), int(planes[2][0, 0])) == (128, 148)
    make_palette(saturation=0).apply(planes)
    assert (planes[2] == 128).all()
    make_palette(brightness=2).apply(planes)
    assert (planes[0] == 235).all()


@pytest.mark.parametrize(
    "squeeze",
    [Squeeze(0, 0, 40, 30), Squeeze(-9, 3, 500, 1), Squeeze(63, 47, 9, 9), Squeeze(5, 5, 0, 0)],
)
def test_a_squeezed_film_stays_inside_the_frame_on_even_pixels(squeeze: Squeeze) -> None:
    left, top, width, height = squeeze.within(SIZE)
    assert min(left, top) >= 0
    assert min(width, height) >= 2
    assert left + width <= SIZE[0]
    assert top + height <= SIZE[1]
    assert not any(number % 2 for number in (left, top, width, height))
