"""States, not viewers: the name of a rendered segment is a hash of all that can be seen in it.

Whoever sees the same pixels gets the same name, so that a state is rendered once for all of them.
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


def state_key(overlays: Sequence[Shown], *, segment: str, rendition: str, profile: str) -> str:
    """The name of a rendered segment.

    Args:
        overlays: From back to front.
        segment: Identity of the source segment: of its bytes, not of its URL.
        rendition: Of the ladder, with its size.
        profile: Of the encoder.

    Returns:
        64 hexadecimal digits: equal for what looks equal; any visible change gives another one.
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
    parts = orjson.dumps([_FORMAT, shown, segment, rendition, profile])
    return hashlib.sha256(parts).hexdigest()
