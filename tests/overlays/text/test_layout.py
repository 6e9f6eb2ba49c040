from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.text.draw import draw_text
from overlays.text.layout import Layout, Style, lay_out
from packager.templates.folder import shelf

STYLE = Style(fonts=shelf().families["bold"], size=40, min_size=20)


def shown(layout: Layout) -> list[str]:
    """Lines as they are read from left to right, run by run."""
    return ["".join(run.text for run in line.runs) for line in layout.lines]


def test_text_that_fits_keeps_its_size() -> None:
    layout = lay_out("Hello", STYLE, (400, 60))
    assert (layout.size, layout.cut, shown(layout)) == (40, False, ["Hello"])


def test_text_becomes_smaller_before_it_is_cut() -> None:
    layout = lay_out("A name of some length", STYLE, (300, 60))
    assert 20 < layout.size < 40
    assert not layout.cut


def test_what_does_not_fit_at_the_smallest_size_ends_in_an_ellipsis() -> None:
    layout = lay_out("A name of far, far too great a length", STYLE, (120, 60))
    assert layout.cut
    assert layout.size == 20
    assert shown(layout)[0].endswith("…")
    assert layout.lines[0].width * layout.size <= 120


def test_the_ellipsis_of_right_to_left_text_is_at_the_left() -> None:
    layout = lay_out("אבגדהוזחטיכלמנסעפצקרשת" * 3, STYLE, (120, 60))
    assert layout.cut
    assert layout.lines[0].base == 1
    assert layout.lines[0].runs[0].text.endswith("…")


def test_lines_are_broken_between_words_and_ideographs() -> None:
    style = replace(STYLE, lines=3, size=30, min_size=30)
    layout = lay_out("one two three four", style, (130, 200))
    assert shown(layout) == ["one two", "three", "four"]
    layout = lay_out("東京から一時間、海の見える席。", style, (160, 200))
    assert not any(line.startswith(("、", "。")) for line in shown(layout))
    assert "".join(shown(layout)) == "東京から一時間、海の見える席。"


def test_a_font_is_found_for_each_script_and_what_none_has_is_told() -> None:
    layout = lay_out("Ab אב عر हि 日 🔥 ไ", replace(STYLE, size=20), (900, 60))
    fonts = {run.font.name.partition("-")[0] for run in layout.lines[0].runs if run.font}
    assert fonts == {
        *("NotoSans", "NotoSansHebrew", "NotoSansArabic", "NotoSansDevanagari"),
        *("NotoSansCJK", "NotoColorEmoji.ttf"),
    }
    assert layout.missing == ("ไ",)


def test_spaces_and_punctuation_stay_in_the_run_beside_them() -> None:
    layout = lay_out("日本 、中国", STYLE, (900, 60))
    assert shown(layout) == ["日本 、中国"]
    assert len(layout.lines[0].runs) == 1


def test_all_sizes_of_a_ladder_break_and_cut_at_the_same_places() -> None:
    layout = lay_out("A name of far, far too great a length", STYLE, (120, 60))
    for scale in (1 / 3, 0.5, 1.0, 2.0):
        picture, left, _ = draw_text(layout, STYLE, (120, 60), (255, 255, 255, 255), scale=scale)
        bounds = picture.getchannel("A").getbbox()
        assert bounds is not None
        assert (bounds[2] + left) / scale == pytest.approx(120, abs=8)


@given(st.text(max_size=60), st.floats(1, 500), st.floats(1, 200), st.integers(1, 4))
def test_any_text_fits_or_is_cut(text: str, width: float, height: float, lines: int) -> None:
    style = replace(STYLE, lines=lines)
    layout = lay_out(text, style, (width, height))
    assert 1 <= len(layout.lines) <= lines
    for line in layout.lines:
        narrow = len(line.runs) <= 1  # an ellipsis alone may be wider than its box
        assert narrow or line.width * layout.size <= width + 0.01
    draw_text(layout, style, (width, height), (255, 255, 255, 255), scale=0.5)
