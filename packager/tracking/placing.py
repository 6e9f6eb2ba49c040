"""Where a session's breaks are on its player's clock, also those in which nothing is played."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from manifests.splicing.timeline import FRAME_S, Splice
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
    lasts_s: Decimal = Decimal(0)  # that is drawn over by us; players draw as long as ads ask


def avails_of(
    splices: Iterable[Splice],
    pods: Mapping[str, PodRecord],
    *,
    zero: Decimal,
    by_segments: bool,
    filmless: Sequence[Filmless] = (),
) -> tuple[Avail, ...]:
    """Place breaks and ads in presentation time.

    Args:
        splices: The session's, in order; insertions move what comes after them.
        pods: What ad servers said of each pod, and a VMAP of the break itself, by break id.
        zero: The instant of the content clock at which presentation time is 0.
        by_segments: Whether an early return leaves out whole segments, as in HLS (A-27); else it
            ends the ad at its very instant, as in DASH (B-31).
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
        placed = _placed(one, start, pod.ads, _shown(one, by_segments=by_segments))
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
        duration_s=max(length for length in (*lengths, one.lasts_s) if length is not None),
        overlays=one.pod.overlays,
        tracking=one.pod.tracking,
        linear=one.linear,
    )


def _shown(one: Splice, *, by_segments: bool) -> Decimal | None:
    """Seconds of a pod that are shown; None: all that there are."""
    if one.is_insertion:
        return None
    if by_segments:
        return one.ends[one.final - 1] if one.final else Decimal(0)
    until = one.in_at if one.limit is None else one.limit
    return None if until is None else until - one.out_at


def _placed(
    one: Splice, start: Decimal, ads: Sequence[Ad | None], shown: Decimal | None
) -> list[PlacedAd]:
    placed: list[PlacedAd] = []
    at = Decimal(0)
    for index, creative in enumerate(one.pod):
        left = None if shown is None else shown - at
        if left is not None and left <= FRAME_S:
            break
        # D-51: an ad that is a frame too long is whole.
        is_cut = left is not None and left < creative.duration - FRAME_S
        placed.append(
            PlacedAd(
                index=index,
                start_s=start + at,
                duration_s=creative.duration,
                ad=ads[index] if index < len(ads) else None,
                kind=_KINDS[creative.kind],
                creative_id=creative.id,
                shown_s=left if is_cut else None,
            )
        )
        at += creative.duration
    return placed
