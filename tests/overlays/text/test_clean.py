"""What viewers send is drawn as text and as nothing else (failures.md, attacks, no. 19)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.text.clean import MAX_CLUSTERS, MAX_MARKS, clean, clusters

CASES = {
    "composed": ("e\u0301", "é"),
    "line endings": ("a\r\nb\u2028c", "a\nb\nc"),
    "tabs and spaces": ("  a\tb  ", "a b"),
    "an override cannot reorder": ("a\u202egnp.\u202c", "agnp."),
    "isolates and marks of direction": ("\u2066a\u2069\u200fb", "ab"),
    "null and bell": ("a\0\x07b", "ab"),
    "a lone surrogate": ("a\ud800b", "ab"),
    "joiners stay: Persian": ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
    "joiners stay: a family": ("👨\u200d👩", "👨\u200d👩"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_text_is_cleaned(text: str, expected: str) -> None:
    assert clean(text) == expected


CLUSTERS = {
    "flags": "🇩🇪|🇧🇷",
    "a skin tone": "👍🏽|x",
    "a family": "👨\u200d👩\u200d👧|!",
    "a conjunct": "स्त्री|ल",
    "Hebrew points": "\u05e9\u05b4\u05c1|\u05d9",
    "a heart in colour": "❤\ufe0f|a",
}


@pytest.mark.parametrize("parts", CLUSTERS.values(), ids=CLUSTERS)
def test_what_is_one_for_a_reader_stays_together(parts: str) -> None:
    assert clusters(parts.replace("|", "")) == parts.split("|")


def test_stacked_marks_do_not_grow_over_the_picture() -> None:
    assert len(clean("x" + "\u0345\u0351" * 200)) <= 1 + 4 * MAX_MARKS
    assert len(clean("x" + "\u0351" * 200)) == 1 + MAX_MARKS


def test_a_megabyte_is_cut_to_its_limit_and_says_so() -> None:
    text = clean("ab " * 400_000)
    assert len(clusters(text)) == MAX_CLUSTERS
    assert text.endswith("…")


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "".join(clusters(once)) == once
