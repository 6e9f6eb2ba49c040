"""VAST macros, ``[CACHEBUSTING]`` and the like, in URLs of ad servers (splice rules D-20 to D-22).

The names are those of VAST 4.3 with the later additions of the IAB's list.
"""

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

UNKNOWN = "-1"  # we do not know the value
WITHHELD = "-2"  # we know it and do not tell
MacroValue = str | int | tuple[str | int, ...]

_LIST = """
ADCATEGORIES ADCOUNT ADPLAYHEAD ADSERVINGID ADTYPE APIFRAMEWORKS APPBUNDLE ASSETURI
BLOCKEDADCATEGORIES BREAKMAXADLENGTH BREAKMAXADS BREAKMAXDURATION BREAKMINADLENGTH
BREAKPOSITION CACHEBUSTING CLICKPOS CLICKTYPE CLIENTUA CONTENTCAT CONTENTID CONTENTPLAYHEAD
CONTENTURI DEVICEIP DEVICEUA DOMAIN DSAPARAMS DSAPUBRENDER DSAREQUIRED ERRORCODE EXTENSIONS
GDPRCONSENT GPPSECTIONID GPPSTRING IFA IFATYPE INVENTORYSTATE LATLONG LIMITADTRACKING
MEDIAMIME MEDIAPLAYHEAD OMIDPARTNER PAGEURL PLACEMENTTYPE PLAYBACKMETHODS PLAYERCAPABILITIES
PLAYERSIZE PLAYERSTATE PODSEQUENCE REASON REGULATIONS SERVERSIDE SERVERUA STOREID STOREURL
TIMESTAMP TRANSACTIONID UNIVERSALADID VASTVERSIONS VERIFICATIONVENDORS
"""
NAMES = frozenset(_LIST.split())

_MACRO = re.compile(r"\[([A-Z]{2,20})\]")


def expand_macros(url: str, values: Mapping[str, MacroValue]) -> str:
    """Put `values` in the place of macros, each percent-encoded, lists item by item (D-20).

    A macro of the standard without a value becomes -1; brackets around any other word stay.
    """

    def replacement(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return _encode(values[name])
        return UNKNOWN if name in NAMES else match[0]

    return _MACRO.sub(replacement, url)


def fill_macros(url: str, values: Mapping[str, MacroValue]) -> str:
    """Put `values` in the place of their macros and leave others to who knows more."""
    return _MACRO.sub(
        lambda match: _encode(values[match[1]]) if match[1] in values else match[0], url
    )


def clock_time(seconds: Decimal) -> str:
    """A time as macros have it: ``hh:mm:ss.mmm``."""
    minutes, rest = divmod(int(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def cache_buster(*names: str) -> str:
    """Eight digits, as good as random and the same for the same names (D-21)."""
    digest = hashlib.sha256("\0".join(names).encode(errors="replace")).digest()
    return f"{int.from_bytes(digest) % 10**8:08d}"


def encode_component(text: str) -> str:
    """Percent-encode as ECMAScript's encodeURIComponent does, which D-20 prescribes."""
    # A lone surrogate has no UTF-8; it can only come from a caller that read bytes as text.
    return quote(text, safe="!*'()", errors="replace")


def _encode(value: MacroValue) -> str:
    items = value if isinstance(value, tuple) else (value,)
    return ",".join(encode_component(str(item)) for item in items)
