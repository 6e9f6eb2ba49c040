"""Where a session's breaks are on its player's clock, also those in which nothing is played."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from manifests.splicing.timeline import Splice
from packager.decisions.ad_record import NO_POD, PodRecord
from packager.decisions.ads import Ad
from packager.tracking.avails import Avail, Kind, PlacedAd

_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filmless:
    """A break in which the content plays on: it stayed empty, or is only drawn over."""

    break_id: str
    at: Decimal  # the instant of the content clock at which it is
    pod: PodRecord  # without films
    linear: bool = True


def avails_of(
    splices: Iterable[Splice],
    pods: Mapping[str, PodRecord],
    *,
    zero: Decimal,
    filmless: Sequence[Filmless] = (),
) -> tuple[Avail, ...]:
    """Place breaks and ads in presentation time.

    Args:
        splices: The session's, in order; insertions move what comes after them.
        pods: What ad servers said of each pod, and a VMAP of the break itself, by break id.
        zero: The instant of the content clock at which presentation time is 0.
        filmless: Breaks without a splice; at one instant they come after those with one.
    """
    found: list[Avail] = []
    inserted = Decimal(0)
    waiting = deque(sorted(filmless, key=lambda one: one.at))
    for one in splices:
        while waiting and waiting[0].at < one.out_at:
            found.append(_filmless(waiting.popleft(), inserted - zero))
        start = one.out_at - zero + inserted
        pod = pods.get(one.break_id, NO_POD)
        placed = _placed(one, start, pod.ads)
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
                overlays=pod.overlays,
                tracking=pod.tracking,
            )
        )
    return (*found, *(_filmless(one, inserted - zero) for one in waiting))


def _filmless(one: Filmless, offset: Decimal) -> Avail:
    """The viewer does not leave the content; overlays last as long as they should at least."""
    lengths = [drawn.min_duration for ad in one.pod.overlays for drawn in ad.nonlinears]
    return Avail(
        id=one.break_id,
        start_s=one.at + offset,
        duration_s=max((length for length in lengths if length is not None), default=Decimal(0)),
        overlays=one.pod.overlays,
        tracking=one.pod.tracking,
        linear=one.linear,
    )


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
