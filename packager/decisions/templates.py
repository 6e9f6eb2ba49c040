"""Templates of an ad call: a URL or a body with fields, filled for one session and break.

``https://ads.example/vast?d={break.seconds}&sid={session.id}&{ads}&cb=[CACHEBUSTING]``: fields in
braces are Weft's own, words in brackets are VAST macros (splice rules D-20 to D-23). What a viewer
sent appears only where the template asks for it, in a URL only after the ``?``, and encoded so
that it stays there.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from packager.decisions.macros import encode_component, expand_macros
from packager.decisions.request import BreakPosition, DecisionRequest

FIELDS = {
    "break.seconds": "length of the break in whole seconds, -1 where it is unknown",
    "break.position": "`pre`, `mid` or `post`",
    "break.id": "Weft's name of the break, the same for all sessions",
    "break.event_id": "the event id of the cue, empty where there is none",
    "session.id": "keyed digest of the session's name, for frequency caps;"
    " another one for each break where the viewer is not to be recognised",
    "show": "name of the show",
    "stream": "`live` or `vod`",
}
# What viewers say of themselves or can guess: not for paths.
VIEWER_FIELDS = {
    "session.client_ip": "the viewer's address, empty where it is unknown or withheld, as the next",
    "session.user_agent": "the player's User-Agent",
    "session.languages": "the player's Accept-Language",
    "session.referer": "site in which the player is embedded",
    "ads": "all ad parameters of the session, as `name=value` pairs; in JSON an object",
    "ads.NAME": "one ad parameter, empty where the session has none",
    "fact.NAME": "one fact of the show, empty where the session has none",
    "choice.NAME": "one choice of the show, empty where it has no value",
}

MAX_CHARACTERS = 25_000

_FIELD = re.compile(r"\{([^{}]*)\}")
# A body may have braces of its own; what looks like a field must be one.
_FIELD_OF_BODY = re.compile(r"\{([a-z]+(?:\.[A-Za-z0-9_.-]*)?)\}", re.ASCII)
_NAMED = re.compile(r"(ads|fact|choice)\.[A-Za-z0-9_.-]{1,64}", re.ASCII)
_START = re.compile(
    r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\])(:\d+)?[/?]", re.ASCII
)
_POSITIONS = {
    BreakPosition.PRE_ROLL: "pre",
    BreakPosition.MID_ROLL: "mid",
    BreakPosition.POST_ROLL: "post",
}

Encoding = Literal["percent", "json"]


@dataclass(frozen=True, slots=True)
class Template:
    """Text with fields; made by `read_template` and `read_body`."""

    # One more than there are fields; operators put keys of ad servers there.
    literals: tuple[str, ...] = field(repr=False)
    fields: tuple[str, ...]
    encoding: Encoding = "percent"

    @property
    def facts(self) -> frozenset[str]:
        """Names of the facts that it asks for."""
        return frozenset(f.removeprefix("fact.") for f in self.fields if f.startswith("fact."))

    def expand(self, request: DecisionRequest) -> str:
        """Fill in fields and macros; the same request gives the same text."""
        return "".join(self._parts(request))

    def _parts(self, request: DecisionRequest) -> Iterator[str]:
        macros = request.macros
        written = _in_json if self.encoding == "json" else _in_url
        yield expand_macros(self.literals[0], macros)
        for name, literal in zip(self.fields, self.literals[1:], strict=True):
            yield written(name, request)
            yield expand_macros(literal, macros)


def read_template(text: str) -> Template:
    """Read the template of a URL.

    Raises:
        ValueError: It is not an absolute http(s) URL with a fixed host, or a field is unknown or
            stands where it must not.
    """
    if _START.match(text) is None:
        raise ValueError("an ad server's URL begins with http(s)://, a fixed host and / or ?")
    if not text.isascii() or not text.isprintable() or " " in text or "#" in text:
        raise ValueError("a URL has no spaces, fragments or unencoded characters")
    template = _split(_FIELD, text)
    if any("{" in literal or "}" in literal for literal in template.literals):
        raise ValueError("a brace is not closed, or one is inside another")
    in_query = False
    for literal, name in zip(template.literals, template.fields, strict=False):
        in_query = in_query or "?" in literal
        if (name in VIEWER_FIELDS or _NAMED.fullmatch(name)) and not in_query:
            raise ValueError(f"{{{name}}} is only allowed after the ?")
    return template


def read_body(text: str, encoding: Encoding) -> Template:
    """Read the template of a body; `encoding` is that of the values in it.

    In JSON a field stands inside quotes, save `{ads}` and numbers; macros are percent-encoded in
    both (D-20).

    Raises:
        ValueError: A field is unknown.
    """
    return _split(_FIELD_OF_BODY, text, encoding)


def fields_table() -> str:
    """Return the fields as a Markdown table."""
    rows = [f"| `{{{name}}}` | {meaning} |" for name, meaning in (FIELDS | VIEWER_FIELDS).items()]
    return "\n".join(["| Field | Value |", "|---|---|", *rows])


def _split(field_pattern: re.Pattern[str], text: str, encoding: Encoding = "percent") -> Template:
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters")
    pieces = field_pattern.split(text)
    for name in pieces[1::2]:
        if name not in FIELDS and name not in VIEWER_FIELDS and not _NAMED.fullmatch(name):
            known = ", ".join([*FIELDS, *VIEWER_FIELDS])
            raise ValueError(f"{{{name}}} is not one of {known}")
    return Template(tuple(pieces[::2]), tuple(pieces[1::2]), encoding)


def _in_url(name: str, request: DecisionRequest) -> str:
    if name == "ads":
        return "&".join(
            f"{encode_component(key)}={encode_component(value)}" for key, value in request.params
        )
    return encode_component(_value(name, request))


def _in_json(name: str, request: DecisionRequest) -> str:
    if name == "ads":
        return json.dumps(dict(request.params))
    return json.dumps(_value(name, request))[1:-1]


def _value(name: str, request: DecisionRequest) -> str:
    ad_break, viewer = request.ad_break, request.viewer
    match name:
        case "break.seconds":
            return "-1" if request.length is None else str(int(request.length))
        case "break.position":
            return _POSITIONS[request.position]
        case "break.id":
            return ad_break.id
        case "break.event_id":
            return ad_break.event_id or ""
        case "session.id":
            return request.session
        case "session.client_ip":
            return viewer.address
        case "session.user_agent":
            return viewer.user_agent
        case "session.languages":
            return viewer.languages
        case "session.referer":
            return viewer.site
        case "show":
            return request.show
        case "stream":
            return "live" if request.live else "vod"
        case _:
            kind, _, rest = name.partition(".")
            groups = {"ads": request.params, "fact": request.facts, "choice": request.choices}
            return dict(groups[kind]).get(rest, "")
