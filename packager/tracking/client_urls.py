"""URLs that a client is to call: the macros that are for the server to replace are replaced.

Splice rule D-20: who makes the request replaces the macros. So what is settled when the client is
told (the break, the ad, the device, consent) is filled in, and what exists at the request only (its
time, a random number, where the player is) stays for the client, as MediaTailor leaves it; that
also keeps the same URL the same from poll to poll.
"""

import re
from collections.abc import Mapping

from packager.decisions.macros import MacroValue, expand_macros

# Known when the request is made, where it is made.
LEFT = frozenset(
    {
        *("TIMESTAMP", "CACHEBUSTING", "ADPLAYHEAD", "MEDIAPLAYHEAD", "CONTENTPLAYHEAD"),
        *("PLAYERSTATE", "INVENTORYSTATE", "PLAYERSIZE", "CLICKPOS", "CLICKTYPE"),
        *("ERRORCODE", "REASON"),
        *("CLIENTUA", "OMIDPARTNER", "PLAYERCAPABILITIES"),  # who makes the request
    }
)

_LEFT = re.compile(rf"(\[(?:{'|'.join(sorted(LEFT))})\])")
_CLIENT = {"SERVERSIDE": 0}  # D-21: fired by the client


def client_url(url: str, values: Mapping[str, MacroValue]) -> str:
    """Fill in `values`; of what they lack, the client's own macros stay and others become -1."""
    known = {**values, **_CLIENT}
    return "".join(
        part if number % 2 else expand_macros(part, known)
        for number, part in enumerate(_LEFT.split(url))
    )
