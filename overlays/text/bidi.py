"""The order of characters on a line that runs in two directions (UAX #9).

Explicit embeddings, overrides and isolates are removed before (`clean`): each text is a paragraph
of its own, so what is left are the rules for weak and neutral characters.
"""

import unicodedata
from collections.abc import Sequence
from itertools import groupby

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {close: open_ for open_, close in _PAIRS.items()}
_NEUTRAL = ("B", "S", "WS", "ON")


def base_level(text: str) -> int:
    """0 for left to right, 1 for right to left: the first strong character says it (P2, P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return int(kind != "L")
    return 0


def levels(text: str, base: int) -> list[int]:
    """The embedding level of each character of a paragraph: odd runs from right to left.

    Args:
        text: Without explicit formatting characters.
        base: 0 or 1, the paragraph's direction.
    """
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    outer = "R" if base else "L"
    _weak(kinds, outer)
    _brackets(text, kinds, outer)
    _neutral(kinds, outer)
    found = [_level(kind, base) for kind in kinds]
    for place in range(len(text) - 1, -1, -1):  # L1: white space at the end
        if not text[place].isspace():
            break
        found[place] = base
    return found


def visual_order(of_levels: Sequence[int]) -> list[int]:
    """Places of runs from left to right, given the level of each (L2)."""
    order = list(range(len(of_levels)))
    odd = [level for level in of_levels if level % 2]
    if not odd:
        return order
    for level in range(max(of_levels), min(odd) - 1, -1):
        order = [
            place
            for high, group in groupby(order, key=lambda place: of_levels[place] >= level)
            for place in (reversed(list(group)) if high else group)
        ]
    return order


def _level(kind: str, base: int) -> int:  # I1, I2
    if base % 2:
        return base if kind == "R" else base + 1
    return {"R": base + 1, "L": base}.get(kind, base + 2)


def _weak(kinds: list[str], outer: str) -> None:
    strong = before = outer
    for place, kind in enumerate(kinds):
        if kind in ("NSM", "BN"):  # W1; and a joiner is part of what it joins
            kind = before
        elif kind == "EN" and strong == "AL":  # W2
            kind = "AN"
        if kind in ("L", "R", "AL"):
            strong = kind
        kinds[place] = before = kind
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    for place in range(1, len(kinds) - 1):  # W4
        left, kind, right = kinds[place - 1 : place + 2]
        if left == right and (
            (kind == "ES" and left == "EN") or (kind == "CS" and left in ("EN", "AN"))
        ):
            kinds[place] = left
    place = 0
    for kind, group in groupby(list(kinds)):  # W5, W6
        length = len(list(group))
        span = slice(place, place + length)
        after = kinds[place + length] if place + length < len(kinds) else outer
        if kind == "ET":
            near = "EN" in (kinds[place - 1] if place else outer, after)
            kinds[span] = ["EN" if near else "ON"] * length
        elif kind in ("ES", "CS"):
            kinds[span] = ["ON"] * length
        place += length
    strong = outer
    for place, kind in enumerate(kinds):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[place] = "L"


def _strong(kind: str) -> str | None:
    """How a character counts for the neutral ones beside it."""
    return "R" if kind in ("R", "EN", "AN") else "L" if kind == "L" else None


def _brackets(text: str, kinds: list[str], outer: str) -> None:  # N0
    stack: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for place, character in enumerate(text):
        if kinds[place] != "ON":
            continue
        if character in _PAIRS:
            stack.append((character, place))
        elif character in _CLOSING:
            for depth in range(len(stack) - 1, -1, -1):
                if stack[depth][0] == _CLOSING[character]:
                    pairs.append((stack[depth][1], place))
                    del stack[depth:]
                    break
    for first, last in sorted(pairs):
        inside = {_strong(kind) for kind in kinds[first + 1 : last]} - {None}
        if outer in inside:
            direction = outer
        elif inside:
            context = next(filter(None, map(_strong, reversed(kinds[:first]))), outer)
            direction = context if context in inside else outer
        else:
            continue
        kinds[first] = kinds[last] = direction


def _neutral(kinds: list[str], outer: str) -> None:  # N1, N2
    place = 0
    for neutral, group in groupby(list(kinds), key=lambda kind: kind in _NEUTRAL):
        length = len(list(group))
        if neutral:
            before = _strong(kinds[place - 1]) if place else outer
            after = _strong(kinds[place + length]) if place + length < len(kinds) else outer
            kinds[place : place + length] = [
                before if before == after and before else outer
            ] * length
        place += length
