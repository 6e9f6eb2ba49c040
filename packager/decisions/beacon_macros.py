"""What macros in the tracking URLs of an ad stand for (splice rules D-20 to D-22, E-01)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from packager.decisions.ads import Ad
from packager.decisions.macros import MacroValue, cache_buster, clock_time


def beacon_macros(
    ad: Ad,
    *,
    index: int,
    now: datetime,
    seed: str,
    base: Mapping[str, MacroValue] | None = None,
    ad_playhead: Decimal | None = None,
    media_playhead: Decimal | None = None,
    asset_url: str = "",
    reason: int | None = None,
) -> dict[str, MacroValue]:
    """Give the values for `expand_macros`; one that is missing here is sent as unknown.

    Of what a device alone knows (CLICKPOS, PLAYERSTATE, PLAYERSIZE ...) there is nothing: URLs that
    a player fires are given to it with `fill_macros`, which leaves those for the player.

    Args:
        ad: Whose URL it is.
        index: How many ads of the break play before it.
        now: When the URL is called, with time zone.
        seed: What tells this call from others: CACHEBUSTING is new for each.
        base: What is known of break, session and viewer (BREAKPOSITION, TRANSACTIONID, DEVICEIP,
            GDPRCONSENT ...), as it was in the ad call.
        ad_playhead: Seconds of the ad that have played.
        media_playhead: Seconds of the content before the break.
        asset_url: The file that the ad was packaged from.
        reason: Of `verificationNotExecuted`: 1 rejected, 2 not supported, 3 failed (D-11).
    """
    values: dict[str, MacroValue] = {
        "SERVERSIDE": 1,  # a server, on behalf of a client
        **(base or {}),
        "TIMESTAMP": now.isoformat(timespec="milliseconds"),
        "CACHEBUSTING": cache_buster(seed, now.isoformat()),
        "ADTYPE": ad.kind,
        "ADCOUNT": index + 1,  # of a tracking URL: ads played, this one included
    }
    if ad.sequence is not None:
        values["PODSEQUENCE"] = ad.sequence
    if ad.serving_id:
        values["ADSERVINGID"] = ad.serving_id
    if ad.universal_ad_ids:
        values["UNIVERSALADID"] = tuple(
            f"{name.registry} {name.value}" for name in ad.universal_ad_ids
        )
    if ad_playhead is not None:
        values["ADPLAYHEAD"] = clock_time(ad_playhead)
    if media_playhead is not None:
        values["MEDIAPLAYHEAD"] = clock_time(media_playhead)
        values["CONTENTPLAYHEAD"] = clock_time(media_playhead)  # its name before VAST 4.1
    if asset_url:
        values["ASSETURI"] = asset_url
    if reason is not None:
        values["REASON"] = reason
    return values
