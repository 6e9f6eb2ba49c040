"""States, not viewers: a rendered segment is named by a hash of all that is seen or heard in it.

Whoever sees and hears the same gets the same name, so that a state is rendered once for all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import orjson

from overlays.templates.model import Template
from overlays.templates.schema import Canonical

_FORMAT = "weft-state-1"  # goes up when the same parts come to mean another picture


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One overlay as a segment shows it."""

    template: Template
    data: Canonical
    part: str  # of its life: `part_of_life(...)`


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """One stem as a segment has it."""

    stem: str  # digest of its file
    gain_db: float
    duck_db: float
    fade_s: Fraction
    part: str  # of its life: `part_of_sound(...)`


def part_of_sound(
    begins: Fraction | None,
    ends: Fraction | None,
    top: Fraction | None,
    *,
    fade_s: Fraction,
    lasts_s: Fraction,
) -> str:
    """Which part of a stem's life a segment has, as far as it can be heard.

    Args:
        begins: When it fades in, in seconds from the segment's start; None: long before.
        ends: When it fades out; None: not known yet.
        top: When its beginning was or is played; None: it goes on by the clock of the content.
        fade_s: Seconds of a fade.
        lasts_s: Seconds of the segment.
    """
    enters = None if begins is None or begins + fade_s <= 0 else begins
    leaves = None if ends is None or ends >= lasts_s else ends
    return f"in {enters} out {leaves} of {top}"


def part_of_life(
    template: Template, begins: Fraction, ends: Fraction, *, lasts: Fraction | None
) -> str:
    """Which part of an overlay's life a segment shows, as far as it can be seen.

    Args:
        template: Of the overlay.
        begins: Start of the segment, in seconds since the overlay began; may be negative.
        ends: Its end.
        lasts: Seconds that the overlay is shown in all; None where its end is not known yet.

    Returns:
        The same text for segments in which the overlay moves alike: all that lie in the hold of
        one that stands still, or in the same part of its loop.
    """
    phases = template.phases
    out_at = None if lasts is None else max(lasts - phases.leave_s, Fraction(0))
    leaves = out_at is not None and ends > out_at
    if begins >= phases.enter_s and not leaves:
        if not phases.loop_s:
            return "hold"
        return f"loop {(begins - phases.enter_s) % phases.loop_s}"
    return f"at {begins} of {lasts}" if leaves else f"at {begins}"


def state_key(
    overlays: Sequence[Shown],
    sounds: Sequence[Sounding] = (),
    *,
    segment: str,
    rendition: str,
    profile: str,
) -> str:
    """The name of a rendered segment.

    Args:
        overlays: From back to front.
        sounds: What is mixed under its sound.
        segment: Identity of the source segment: of its bytes, not of its URL.
        rendition: Of the ladder, with its size.
        profile: Of the encoder.

    Returns:
        64 hexadecimal digits: equal for what looks and sounds equal; any change that can be seen or
        heard gives another one.
    """
    shown = [
        [
            overlay.template.id,
            overlay.template.version,
            overlay.template.digest,
            hashlib.sha256(overlay.data.text).hexdigest(),
            overlay.part,
        ]
        for overlay in overlays
    ]
    heard = [[one.stem, one.gain_db, one.duck_db, str(one.fade_s), one.part] for one in sounds]
    parts = orjson.dumps([_FORMAT, shown, heard, segment, rendition, profile])
    return hashlib.sha256(parts).hexdigest()
