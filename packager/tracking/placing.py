"""Where a session's breaks are on its player's clock."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import get_args

from manifests.splicing.timeline import Splice
from packager.decisions.ads import Ad, Tracking
from packager.tracking.avails import Avail, Kind, PlacedAd

NO_TRACKING: Mapping[str, Sequence[Tracking]] = {}

_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


def avails_of(
    splices: Iterable[Splice],
    ads: Mapping[str, Sequence[Ad | None]],
    *,
    zero: Decimal,
    tracking: Mapping[str, Sequence[Tracking]] = NO_TRACKING,
) -> tuple[Avail, ...]:
    """Place breaks and ads in presentation time.

    Args:
        splices: The session's, in order; insertions move what comes after them.
        ads: What ad servers said of the entries of each pod, by break id.
        zero: The instant of the content clock at which presentation time is 0.
        tracking: What a VMAP wants to be told of the breaks themselves, by break id (D-42).
    """
    found: list[Avail] = []
    inserted = Decimal(0)
    for one in splices:
        start = one.out_at - zero + inserted
        placed = _placed(one, start, ads.get(one.break_id, ()))
        if not placed:
            continue
        end = max(entry.start_s + entry.seconds for entry in placed)
        if one.is_insertion:
            inserted += end - start
        elif one.in_at is not None:
            end = start + one.in_at - one.out_at
        found.append(
            Avail(
                id=one.break_id,
                start_s=start,
                duration_s=end - start,
                ads=tuple(placed),
                tracking=tuple(tracking.get(one.break_id, ())),
            )
        )
    return tuple(found)


def _placed(one: Splice, start: Decimal, ads: Sequence[Ad | None]) -> list[PlacedAd]:
    limit = None if one.is_insertion else one.in_at if one.limit is None else one.limit
    placed: list[PlacedAd] = []
    at = Decimal(0)
    for index, creative in enumerate(one.pod):
        left = None if limit is None else limit - one.out_at - at
        if left is not None and left <= 0:
            break
        placed.append(
            PlacedAd(
                index=index,
                start_s=start + at,
                duration_s=creative.duration,
                ad=ads[index] if index < len(ads) else None,
                kind=_KINDS[creative.kind],
                creative_id=creative.id,
                shown_s=left if left is not None and left < creative.duration else None,
            )
        )
        at += creative.duration
    return placed
