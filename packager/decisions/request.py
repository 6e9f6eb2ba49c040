"""The URL of an ad call: a template from the configuration, filled for one session and break.

``https://ads.example/vast?d={break.seconds}&sid={session.id}&{ads}&cb=[CACHEBUSTING]``: fields in
braces are Weft's own, words in brackets are VAST macros (splice rules D-20 to D-23). What a viewer
sent appears only after the ``?``, percent-encoded, and only where the template asks for it.
"""

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from uuid import UUID

from manifests.breaks import AdBreak
from packager.decisions.macros import WITHHELD, MacroValue, encode_component, expand_macros
from packager.packaging.ladder import Ladder

FIELDS = {
    "break.seconds": "length of the break in whole seconds, -1 where it is unknown",
    "break.id": "Weft's name of the break, the same for all sessions",
    "break.event_id": "the event id of the cue, empty where there is none",
    "session.id": "keyed digest of the session's name, for frequency caps",
    "show": "name of the show",
    "stream": "`live` or `vod`",
    "ads": "all ad parameters of the session, as `name=value` pairs; only after the `?`",
    "ads.NAME": "one ad parameter, empty where the session has none; only after the `?`",
}

_FIELD = re.compile(r"\{([^{}]*)\}")
_ADS_NAME = re.compile(r"ads\.[A-Za-z0-9_.-]{1,64}", re.ASCII)
_START = re.compile(
    r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\])(:\d+)?[/?]", re.ASCII
)

# AdCOM list "Creative Subtypes": 2.0, 3.0, 4.0, 4.1, 4.2, 4.3, none of them as wrapper
_VAST_VERSIONS = (2, 3, 7, 11, 13, 15)
_MEDIA_TYPES = ("video/mp4", "video/webm", "video/quicktime")


class BreakPosition(IntEnum):
    """Where in the content a break is, as the macro BREAKPOSITION has it (D-22)."""

    PRE_ROLL = 1
    MID_ROLL = 2
    POST_ROLL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """What a decision may depend on; two equal requests of one session are one decision."""

    show: str
    session: str  # keyed digest of the session's name; never the name or token itself
    ad_break: AdBreak
    length: Fraction | None  # seconds that may be filled; None: no limit known
    now: datetime  # with time zone
    live: bool
    playhead: Decimal | None = None  # seconds of VOD content before the break, where known
    position: BreakPosition = BreakPosition.MID_ROLL
    # the session's ad parameters, without `ads.`; they may say who the viewer is
    params: tuple[tuple[str, str], ...] = dataclasses.field(default=(), repr=False)
    ladder: Ladder  # what creatives are conditioned for


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A URL with fields; made by `read_template`."""

    # One more than there are fields; operators put keys of ad servers there.
    literals: tuple[str, ...] = dataclasses.field(repr=False)
    fields: tuple[str, ...]

    def expand(self, request: DecisionRequest) -> str:
        """Fill in the fields and macros; the same request gives the same URL."""
        macros = request_macros(request)
        parts = [expand_macros(self.literals[0], macros)]
        for field, literal in zip(self.fields, self.literals[1:], strict=True):
            parts += (_value(field, request), expand_macros(literal, macros))
        return "".join(parts)


def read_template(text: str) -> UrlTemplate:
    """Read a URL template.

    Raises:
        ValueError: It is not an absolute http(s) URL with a fixed host, or a field is unknown or
            stands where it must not.
    """
    if _START.match(text) is None:
        raise ValueError("an ad server's URL begins with http(s)://, a fixed host and / or ?")
    if not text.isascii() or not text.isprintable() or " " in text or "#" in text:
        raise ValueError("a URL has no spaces, fragments or unencoded characters")
    pieces = _FIELD.split(text)
    literals, fields = tuple(pieces[::2]), tuple(pieces[1::2])
    if any("{" in literal or "}" in literal for literal in literals):
        raise ValueError("a brace is not closed, or one is inside another")
    in_query = False
    for literal, field in zip(literals, fields, strict=False):
        in_query = in_query or "?" in literal
        if field not in FIELDS and not _ADS_NAME.fullmatch(field):
            raise ValueError(f"{{{field}}} is not one of {', '.join(FIELDS)}")
        if field.startswith("ads") and not in_query:
            raise ValueError(f"{{{field}}} is only allowed after the ?")
    return UrlTemplate(literals, fields)


def request_macros(request: DecisionRequest) -> dict[str, MacroValue]:
    """The values of VAST macros in an ad call; what is missing here is sent as unknown."""
    # As good as random, and the same when the same call is explained later.
    draw = hashlib.sha256(
        "\0".join(
            (request.show, request.session, request.ad_break.id, request.now.isoformat())
        ).encode(errors="replace")
    ).digest()
    values: dict[str, MacroValue] = {
        "TIMESTAMP": request.now.isoformat(timespec="milliseconds"),
        "CACHEBUSTING": f"{int.from_bytes(draw[16:]) % 10**8:08d}",
        "TRANSACTIONID": str(UUID(bytes=draw[:16], version=4)),
        "BREAKPOSITION": int(request.position),
        "SERVERSIDE": 1,  # a server, on behalf of a client
        "DEVICEIP": WITHHELD,
        "DEVICEUA": WITHHELD,
        "ADTYPE": "video",
        "MEDIAMIME": _MEDIA_TYPES,
        "VASTVERSIONS": _VAST_VERSIONS,
    }
    if request.length is not None:
        values["BREAKMAXDURATION"] = int(request.length)
    if request.playhead is not None:
        values["MEDIAPLAYHEAD"] = _clock_time(request.playhead)
    return values


def _value(field: str, request: DecisionRequest) -> str:
    match field:
        case "ads":
            return "&".join(
                f"{encode_component(name)}={encode_component(value)}"
                for name, value in request.params
            )
        case "break.seconds":
            return "-1" if request.length is None else str(int(request.length))
        case "break.id":
            return encode_component(request.ad_break.id)
        case "break.event_id":
            return encode_component(request.ad_break.event_id or "")
        case "session.id":
            return encode_component(request.session)
        case "show":
            return encode_component(request.show)
        case "stream":
            return "live" if request.live else "vod"
        case _:
            return encode_component(dict(request.params).get(field.removeprefix("ads."), ""))


def _clock_time(seconds: Decimal) -> str:
    minutes, rest = divmod(int(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
