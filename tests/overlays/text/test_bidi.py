"""UAX #9, the rules for text without explicit formatting; R for alef bet gimel, A for Arabic."""

import pytest

from overlays.text.bidi import base_level, levels, visual_order

H, A = "\u05d0\u05d1\u05d2", "\u0627\u0628\u062a"

LEVELS = {
    "plain": ("abc", 0, "000"),
    "P2: the first strong character": (f"1 {H}", 1, "21111"),
    "W2: a number after Arabic": (f"{A} 1", 1, "11112"),
    "W3: Arabic is right to left": (f"a {A}", 0, "00111"),
    "W4: separators in numbers": (f"{H} 12:30", 1, "111122222"),
    "W5: a currency sign with its number": (f"{H} 5$", 1, "111122"),
    "W6: a sign alone": (f"{H} $", 1, "11111"),
    "W7: a number after Latin": ("ab 12", 0, "00000"),
    "N0: brackets around the other direction": (f"abc ({H}) 123", 0, "00000111" + "00222"),
    "N0: brackets with the outer direction inside": (f"{H} (a{H}) b", 1, "111112" + "111" + "112"),
    "N0: empty brackets": (f"{H} ()", 1, "111111"),
    "N1: between the same": (f"a {H} {H}", 0, "001111111"),
    "N2: between different ones": (f"{H} a", 1, "11112"),
    "L1: white space at the end": (f"a{H} ", 0, "01110"),
}


@pytest.mark.parametrize(("text", "base", "expected"), LEVELS.values(), ids=LEVELS)
def test_levels_follow_the_rules(text: str, base: int, expected: str) -> None:
    assert base_level(text) == base
    assert "".join(map(str, levels(text, base))) == expected


def test_a_mark_has_the_level_of_its_letter() -> None:
    assert levels("a\u05b0\u05d0\u05b0", 0) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("of_levels", "order"),
    [
        ([], []),
        ([0, 0], [0, 1]),
        ([1, 1, 1], [2, 1, 0]),
        ([1, 2, 2, 1], [3, 1, 2, 0]),
        ([0, 1, 1, 0], [0, 2, 1, 3]),
    ],
)
def test_runs_are_reversed_from_the_highest_level_down(
    of_levels: list[int], order: list[int]
) -> None:  # L2
    assert visual_order(of_levels) == order
