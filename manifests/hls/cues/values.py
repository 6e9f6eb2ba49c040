"""The text of cue tags, which nobody has specified: read with all the tolerance of rule A-79."""

import re
from dataclasses import dataclass
from decimal import Decimal

from manifests.hls.lexer import BLANKS
from manifests.hls.numbers import DECIMAL

# Commas inside of quotes do not count; a quote that is never closed ends with the line. Possessive:
# every character is looked at once, whatever a line consists of (threat 21).
_PIECE = re.compile(r'(?:[^,"]++|"[^"]*+(?:"|\Z))++')
_ISO_DURATION = re.compile(
    r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Values:
    """What follows the colon of a tag, taken apart at its commas; no text has quotes any more."""

    bare: tuple[str, ...]  # without a name
    named: dict[str, str]  # by name in capitals; of one that is there twice the first

    def text(self, *names: str) -> str | None:
        """The first of these attributes that is there and not empty."""
        return next((self.named[name] for name in names if self.named.get(name)), None)

    def seconds(self, *names: str) -> Decimal | None:
        """The first of these attributes that is there, as seconds."""
        text = self.text(*names)
        return None if text is None else read_seconds(text)


def read_tag(line: str) -> tuple[str, str]:
    """The name of a tag, without `#`, and what follows its colon; blanks around them are gone."""
    name, _, value = line.strip(BLANKS)[1:].partition(":")
    return name.strip(BLANKS), value.strip(BLANKS)


def read_values(text: str) -> Values:
    """Take apart a list of numbers and attributes, quoted or not; any text will do."""
    bare: list[str] = []
    named: dict[str, str] = {}
    for piece in _PIECE.findall(text):
        name, equals, value = piece.partition("=")
        if equals and '"' not in name:
            named.setdefault(name.strip().upper(), value.strip(' \t"'))
        elif piece.strip():
            bare.append(piece.strip(' \t"'))
    return Values(tuple(bare), named)


def read_seconds(text: str) -> Decimal | None:
    """Seconds, as a number or as in `PT10S` (rule A-75); None if it is neither."""
    text = text.strip()
    if DECIMAL.fullmatch(text):
        return Decimal(text)
    match = _ISO_DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (Decimal(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
