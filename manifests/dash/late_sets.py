"""Sets that are listed later than video and audio: text, thumbnails, trick play (B-04).

Segments are added to the last Period only, so what such a set lacks when its Period is cut can
never be added. It is waited for while players hardly notice. After that the Period is cut without
it: a set that is sparse, far behind or at its end holds nothing up.
"""

from decimal import Decimal

from manifests.dash.content_clock import Listed, computes, instant, is_main, origin_of
from manifests.dash.model import Mpd
from manifests.splicing.timeline import FRAME_S

# Representation@id, and where it is listed to: content clock, or seconds into the Period.
Late = tuple[tuple[str, Decimal], ...]


def late_at(mpd: Mpd, cut: Decimal) -> Late:
    """What may still grow before a cut, beside video and audio.

    Args:
        mpd: Only its last Period grows, and only where segments are listed.
        cut: On the content clock.
    """
    period = mpd.periods[-1]
    if not mpd.is_dynamic or mpd.minimum_update_s is None or computes(period):
        return ()
    start = origin_of(mpd) + period.start
    found = []
    for one, representation in period.representations():
        how = representation.addressing
        if is_main(one) or how is None or how.mode not in ("timeline", "list") or how.is_open:
            continue
        until = start if how.end is None else instant(start, how.seconds(how.end))
        if until < cut:
            found.append((representation.id, until))
    return tuple(found)


def is_awaited(late: Late, listed: Listed) -> bool:
    """Whether content stands still at a cut until more is listed there.

    Only for what lacks no more than the last segment of video and audio. So these have at most
    one segment behind the cut meanwhile, which is within what content may stand still (A-07).
    """
    return any(until >= listed.last_start - FRAME_S for _, until in late)
