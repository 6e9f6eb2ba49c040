"""Draws are keyed hashes: the same in any process, exactly even, and of nobody's name."""

import subprocess
import sys
from collections import Counter
from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.personalization import draws
from packager.personalization.draws import draw, draw_key, handle_of, key_id
from packager.personalization.odds import odds_of

KEY = draw_key("a secret of more than 32 characters")


def test_a_draw_is_the_same_in_another_process() -> None:
    code = (
        "from packager.personalization.draws import *;"
        "k = draw_key('a secret of more than 32 characters');"
        "print([draw(k, handle_of(str(n), k), 'cup', 'look', 7) for n in range(20)])"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    ours = [draw(KEY, handle_of(str(n), KEY), "cup", "look", 7) for n in range(20)]
    assert said.stdout.strip() == str(ours)


def test_key_session_show_and_choice_each_make_another_draw() -> None:
    bound = 1 << 60
    places = [("ann", "cup", "look"), ("bob", "cup", "look"), ("ann", "news", "look")]
    places += [("ann", "cup", "sponsor"), ("anncup", "", "look")]
    drawn = {draw(KEY, *place, bound) for place in places}
    drawn.add(draw(draw_key("another secret, as long as it must be"), "ann", "cup", "look", bound))
    assert len(drawn) == len(places) + 1


@pytest.mark.parametrize("bound", [1, 2, 3, 7, 1000])
def test_numbers_below_a_bound_come_out_evenly(bound: int) -> None:
    count = 20_000
    found = Counter(draw(KEY, str(n), "cup", "look", bound) for n in range(count))
    assert set(found) <= set(range(bound))
    if bound <= 7:
        margin = 5 * sqrt(count * (1 / bound) * (1 - 1 / bound))
        assert all(abs(found[n] - count / bound) <= margin for n in range(bound))


def test_what_would_be_likelier_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """With numbers of one byte and a bound of 200, 56 of 256 are hashed once more."""
    monkeypatch.setattr(draws, "_BYTES", 1)
    monkeypatch.setattr(draws, "_SPAN", 256)
    found = Counter(draw(KEY, str(n), "cup", "look", 200) for n in range(40_000))
    low = sum(found[n] for n in range(56))
    assert set(found) == set(range(200))
    assert abs(low - 40_000 * 56 / 200) < 5 * sqrt(40_000 * 0.28 * 0.72)  # without: 17,500


def test_neither_handle_nor_key_id_tells_what_it_is_of() -> None:
    handle = handle_of("AAECAwQFBgcICQoLDA0ODw", KEY)
    assert handle != handle_of("AAECAwQFBgcICQoLDA0ODw", draw_key("b" * 32))
    assert "AAEC" not in handle
    assert len(handle) == 24
    assert KEY.hex()[:8] != key_id(KEY)


VALUES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True).map(tuple)
WEIGHTS = st.fractions(0, 1000, max_denominator=1000)


@given(VALUES, st.data())
def test_chances_are_exact_and_are_those_of_the_line(
    allowed: tuple[str, ...], data: st.DataObject
) -> None:
    weights = {value: data.draw(WEIGHTS) for value in allowed}
    floor = data.draw(st.fractions(0, 1, max_denominator=20))
    ruled = data.draw(st.none() | st.sampled_from(allowed))
    odds = odds_of(allowed, weights=weights, floor=floor, ruled=ruled)
    total = sum(weights.values())
    if odds is None:
        assert ruled is None
        assert total == 0
        assert floor == 0
        return
    main = {
        v: Fraction(v == ruled) if ruled else weights[v] / total if total else 0 for v in allowed
    }
    evenly = floor if ruled or total else Fraction(1)
    expected = {v: evenly / len(allowed) + (1 - evenly) * main[v] for v in allowed}
    assert {value: Fraction(ratio) for value, ratio in odds.ratios} == expected
    assert sum(expected.values()) == 1
    assert odds.ends[-1] == odds.bound
    widths = Counter[str]()
    for (value, _), start, end in zip(odds.ways, (0, *odds.ends), odds.ends, strict=False):
        assert start < end
        assert {odds.at(start)[0], odds.at(end - 1)[0]} == {value}
        widths[value] += end - start
    assert {v: Fraction(widths[v], odds.bound) for v in allowed} == expected
