"""Leaving the content for a break of a cue and coming back, at borders of the reference rendition.

All renditions follow it in that (A-26): here a session's decision becomes a splice.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.hls.numbering import Shadow
from manifests.splicing.timeline import FRAME_S, Splice, fitting, splice


def splice_in_shadow(
    shadow: Shadow, ad_break: AdBreak, pod: Iterable[Creative], rung: str, *, to_the_end: bool
) -> Splice | None:
    """A session's decision for a break as a splice, as far as it is known now.

    Args:
        shadow: The break's, in the reference rendition.
        ad_break: The break, as the log has it now.
        pod: What fills it, in order.
        rung: Key of the reference rendition's rung.
        to_the_end: The break is left open up to its end even if the pod is shorter.

    Returns:
        The splice; None if nothing of the pod fits any more.
    """
    out_at = shadow.starts[0]
    pod = fitting(pod, ad_break, out_at)
    if not pod:
        return None
    one = splice(
        break_id=ad_break.id,
        out_at=out_at,
        in_at=None,
        pod=pod,
        rung=rung,
        limit=ad_break.in_at,
    )
    filled_until = out_at + (one.ends[-1] if one.ends else 0)
    back = ad_break.in_at
    if not to_the_end and (back is None or filled_until < back - FRAME_S):
        back = filled_until  # rule D-53: the rest is content
    if back is None:
        return one
    in_at = _first_border(shadow, back)
    if one.limit is None or in_at is None:
        return replace(one, in_at=in_at)
    # Late out, late in (rule A-26): what the content leaves open up to its border is filled.
    return replace(one, in_at=in_at, limit=max(one.limit, in_at))


def _first_border(shadow: Shadow, at: Decimal) -> Decimal | None:
    """The first border at or after an instant (rule A-26); None if it is not listed yet."""
    index = bisect_left(shadow.starts, at - FRAME_S)
    return shadow.starts[index] if index < len(shadow.starts) else None
