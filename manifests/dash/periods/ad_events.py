"""MPDs that tell of their ads: an event stream in each ad's Period (rules B-50, E-12)."""

from decimal import Decimal
from hashlib import blake2b

from manifests.splicing.signalling import SCHEME, told_ms

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def ad_events(text: str, *, id: str, duration: Decimal, prefix: str | None) -> bytes:
    """Write what goes behind a Period's AssetIdentifier: one event, as long as the ad.

    An early return changes nothing of it (B-50): players end it with the Period.

    Args:
        text: What is told of the ad: ASCII.
        id: The Period's.
        duration: Of the ad, in seconds.
        prefix: Of the MPD's elements.
    """
    tag = f"{prefix}:" if prefix else ""
    # Event@id is a number, and tells the events of a scheme apart in all Periods.
    number = int.from_bytes(blake2b(id.encode(), digest_size=4).digest())
    return (
        f'<{tag}EventStream schemeIdUri="{SCHEME}" timescale="1000">'
        f'<{tag}Event presentationTime="0" duration="{told_ms(duration)}" id="{number}">'
        f"{text.translate(_ESCAPES)}</{tag}Event></{tag}EventStream>"
    ).encode()
