"""Text as it is drawn: normalised, without control characters, within limits.

What viewers and feeds send must neither reorder what stands around it (UAX #9 overrides), nor grow
over the picture (stacked marks), nor cost without bound.
"""

import unicodedata

MAX_CLUSTERS = 500
MAX_MARKS = 6  # of one cluster: more than any orthography stacks

_JOINERS = "\u200c\u200d"
_SELECTORS = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_VIRAMA = 9  # canonical combining class


def clean(text: str) -> str:
    """Text as it is drawn and as it counts for a state.

    NFC; line breaks are line feeds, other white space is a space; control and format characters go,
    save the joiners that scripts and emoji need; at most MAX_CLUSTERS clusters, the last of them
    an ellipsis where more was given.
    """
    text = text[: 16 * MAX_CLUSTERS]  # before anything that costs
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    kept = "".join(filter(None, map(_shown, text)))
    lines = (" ".join(line.split(" ")).strip(" ") for line in kept.split("\n"))
    parts = clusters("\n".join(lines).strip("\n"))
    if len(parts) > MAX_CLUSTERS:
        parts = [*parts[: MAX_CLUSTERS - 1], "…"]
    return "".join(part[:1] + _few_marks(part[1:]) for part in parts)


def clusters(text: str) -> list[str]:
    """Split text into what a reader takes for one character (UAX #29, as far as it is drawn)."""
    found: list[str] = []
    flags = 0  # regional indicators in a row: two are a flag
    for character in text:
        regional = ord(character) in _REGIONAL
        if found and _continues(found[-1], character, flags):
            found[-1] += character
        else:
            found.append(character)
        flags = flags + 1 if regional else 0
    return found


def is_mark(character: str) -> bool:
    """Whether a character stands on the one before it."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in _JOINERS
        or ord(character) in _SELECTORS
        or ord(character) in _SKIN_TONES
    )


def _continues(cluster: str, character: str, flags: int) -> bool:
    if is_mark(character):
        return cluster != "\n"
    last = cluster[-1]
    if ord(character) in _REGIONAL:
        return flags % 2 == 1
    return last == "\u200d" or (
        unicodedata.combining(last) == _VIRAMA and unicodedata.category(character) == "Lo"
    )


def _few_marks(rest: str) -> str:
    """What follows the first character of a cluster; conjuncts and emoji sequences stay whole."""
    kept, row = [], 0
    for character in rest:
        row = row + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if row <= MAX_MARKS:
            kept.append(character)
    return "".join(kept[: 4 * MAX_MARKS])


def _shown(character: str) -> str:
    if character == "\n" or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Zs" or character == "\t":
        return character if character == "\u00a0" else " "
    return (
        "" if category in ("Cc", "Cf", "Cs", "Cn") and not _assigned_later(character) else character
    )


def _assigned_later(character: str) -> bool:
    """Emoji newer than Python's tables: a font may have them."""
    return 0x1F000 <= ord(character) < 0x1FC00
