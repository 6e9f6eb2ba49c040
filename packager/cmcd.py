"""What a player says of itself with a request: CMCD, as far as it is used here (part F)."""

import re

from starlette.requests import Request

HEADERS = ("cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session")
LONGEST_BUFFER_S = 120.0  # that a player is believed to have
_BUFFER = re.compile(r"(?:^|,)bl=(\d{1,9})(?=,|$)", re.ASCII)  # milliseconds


def buffered_s(request: Request) -> float:
    """Seconds that the player has ahead of its playhead; 0 where it does not say.

    Rule F-01: headers if there is any of them, else the query; what cannot be read is ignored.
    """
    values = [request.headers.get(name) for name in HEADERS]
    said = [value for value in values if value is not None] or [
        request.query_params.get("CMCD", "")
    ]
    for value in said:
        match = _BUFFER.search(value.replace(" ", ""))
        if match is not None:
            return int(match[1]) / 1000
    return 0.0
