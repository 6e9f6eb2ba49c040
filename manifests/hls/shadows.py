"""Casting shadows: what every window shows of the breaks in it is kept (`Shadow`).

A rendition that was not followed when a break began, or whose window went past segments unseen,
has the numbers that the reference rendition's shadow tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from manifests.breaks import AdBreak
from manifests.hls.numbering import Shadow
from manifests.hls.track import Track
from manifests.splicing.timeline import FRAME_S


def cast_all(
    shadows: Mapping[tuple[str, str], Shadow],
    tracks: Mapping[str, Track],
    breaks: Sequence[AdBreak],
    *,
    reference: str,
) -> dict[tuple[str, str], Shadow]:
    """Bring every break's shadow up to date in every followed rendition.

    Args:
        shadows: What is known so far, by break and rendition.
        tracks: The followed renditions, by name.
        breaks: In order.
        reference: Name of the reference rendition.
    """
    found = dict(shadows)
    names = sorted(tracks, key=lambda name: name != reference)
    for ad_break in breaks:
        if ad_break.is_point:
            continue
        for name in names:
            key = (ad_break.id, name)
            track = tracks[name]
            known = found.get((ad_break.id, reference))
            if known is not None:
                out_at = known.starts[0]
            elif name == reference:
                border = track.first_border(ad_break.out_at, FRAME_S)
                if border is None or ad_break.out_at < track.starts[0] - FRAME_S:
                    break  # not listed yet, or gone before it was known
                out_at = border
            else:
                break
            if name == reference:
                known = None
            one = cast(found.get(key), track, out_at, ad_break.in_at, reference=known)
            if one is not None:
                found[key] = one
    return found


def cast(
    shadow: Shadow | None,
    track: Track,
    out_at: Decimal,
    until: Decimal | None,
    *,
    reference: Shadow | None = None,
) -> Shadow | None:
    """Bring a break's shadow up to date with a rendition's window.

    Args:
        shadow: What is known so far.
        track: The rendition.
        out_at: The break's out border in the reference rendition.
        until: Where the break ends at the latest, None while unknown.
        reference: The reference rendition's shadow, from which numbers are inferred if this
            rendition was not followed when the break began.

    Returns:
        The shadow, or None if the break has not come yet or nothing is known of it.
    """
    if (shadow is not None and shadow.complete) or not track.segments:
        return shadow
    if shadow is None:
        if out_at > track.edge + FRAME_S:
            return None
        if reference is None or out_at >= track.starts[0] - FRAME_S:
            at = track.border(out_at)
            shadow = Shadow(
                first_msn=track.first_msn + at,
                dsn_before=track.dsns[at - 1] if at else track.dsns[0] - track.marks[0],
                starts=track.starts[at : at + 1],
                middles=(),
                dsns=(),
            )
        else:
            shadow = _inferred(reference, track)
    return _extended(shadow, track, until, reference)


def _inferred(reference: Shadow, track: Track) -> Shadow:
    """The same number of segments as in the reference lie before this window.

    Where the origin began again in between, no numbers were left for what was not seen.
    """
    index = reference.border(track.starts[0])
    numbered = index
    if track.shift.restarts:
        numbered = min(index, max(track.first_msn - track.shift.since_msn, 0))
    return replace(
        reference,
        first_msn=track.first_msn - numbered,
        starts=(*reference.starts[index - numbered : index], track.starts[0]),
        middles=reference.middles[index - numbered : index],
        dsns=reference.dsns[index - numbered : index],
        complete=False,
    )


def _extended(
    shadow: Shadow, track: Track, until: Decimal | None, reference: Shadow | None
) -> Shadow:
    """Add borders up to the first one behind `until`."""
    missing = track.first_msn - shadow.first_msn - len(shadow.dsns)
    if missing > 0:
        shadow = _bridged(shadow, track, missing, reference)
    starts, middles, dsns = list(shadow.starts), list(shadow.middles), list(shadow.dsns)
    complete = False
    for index in range(max(-missing, 0), len(track.segments)):
        start, duration = track.starts[index], track.segments[index].duration
        if until is None or until > starts[-1] + FRAME_S:
            starts[-1] = start  # later than the end before, where content is missing
        middles.append(start + duration / 2)
        dsns.append(track.dsns[index])
        if until is not None and start - duration >= until:
            complete = True  # one segment more than the end: borders differ between renditions
            break
        starts.append(start + duration)
    return replace(
        shadow,
        starts=tuple(starts),
        middles=tuple(middles),
        dsns=tuple(dsns),
        complete=complete,
    )


def _bridged(shadow: Shadow, track: Track, missing: int, reference: Shadow | None) -> Shadow:
    """The window went past segments unseen: the reference has seen their borders, or they are even.

    Adds the starts of `missing - 1` segments and that of the window.
    """
    last, first = shadow.starts[-1], track.starts[0]
    step = (first - last) / missing
    starts = [last + step * number for number in range(1, missing)]
    if reference is not None:
        inside = [at for at in reference.starts if last + FRAME_S < at < first - FRAME_S]
        if len(inside) == len(starts):
            starts = inside
    before = track.dsns[0] - track.marks[0]
    return replace(
        shadow,
        starts=(*shadow.starts, *starts, first),
        middles=(*shadow.middles, *((a + b) / 2 for a, b in pairwise((last, *starts, first)))),
        dsns=(*shadow.dsns, *((before,) * missing)),
    )
