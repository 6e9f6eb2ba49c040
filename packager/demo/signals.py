"""SCTE 35 messages of the demo's channel: offers of time for ads or for overlays (rule C-06)."""

from fractions import Fraction

from manifests.scte35 import (
    SegmentationDescriptor,
    SpliceInfo,
    SpliceInsert,
    TimeSignal,
    write_splice_info,
)
from packager.demo.schedule import Offer

_PTS_HZ = 90_000
# Placement opportunities for overlays, which come in turn; the number after it ends each.
PROVIDER, DISTRIBUTOR = 0x38, 0x3A


def offer_message(
    offer: Offer, event_id: int, *, announced_s: int | None, at: Fraction | None = None
) -> bytes:
    """Write the message that begins or ends an offer.

    Args:
        offer: What the time is offered for.
        event_id: The same for its beginning and its end.
        announced_s: How long it lasts; None: it ends.
        at: Seconds on the media's axis; None: where the message stands.
    """
    pts = None if at is None else round(at * _PTS_HZ) % 2**33
    lasts = None if announced_s is None else announced_s * _PTS_HZ
    begins = lasts is not None
    if offer is Offer.OVERLAYS:
        type_id = (PROVIDER if event_id % 2 else DISTRIBUTOR) + (not begins)
        part = SegmentationDescriptor(event_id=event_id, type_id=type_id, duration_ticks=lasts)
        return write_splice_info(SpliceInfo(command=TimeSignal(pts_ticks=pts), descriptors=(part,)))
    insert = SpliceInsert(
        event_id=event_id,
        out_of_network=begins,
        immediate=pts is None,
        pts_ticks=pts,
        duration_ticks=lasts,
        auto_return=begins,
    )
    return write_splice_info(SpliceInfo(command=insert))
