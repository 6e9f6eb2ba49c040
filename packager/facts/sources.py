"""Where facts come from beside what viewers say: what browsers tell in headers, and the clock.

Browsers send some of these headers unasked (the language, `Sec-CH-UA-Mobile`, `Save-Data`), the
others where the page that embeds the player asks for them (`Accept-CH`). A header that makes no
sense tells nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import Headers

from packager.rules import Kind

MAX_CHARACTERS = 512  # of a header
MAX_LANGUAGES = 32  # of one

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORMS = {  # the most telling first
    "tv": "tv",
    "xr": "xr",
    "watch": "watch",
    "automotive": "car",
    "tablet": "tablet",
    "mobile": "phone",
    "desktop": "desktop",
}
_COMPUTERS = ("windows", "macos", "linux", "chrome os", "chromium os")
_TEXT = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_RANGE = re.compile(r"\s*([A-Za-z0-9*-]{1,35})\s*(?:;\s*[qQ]=([01](?:\.[0-9]{0,3})?)\s*)?")


@dataclass(frozen=True, slots=True)
class Told:
    """What browsers tell in headers."""

    kind: Kind
    read: Callable[[Headers, Sequence[str]], str | None]  # the second: the values that it can have
    values: tuple[str, ...] = ()  # all that it can be; none: any


@dataclass(frozen=True, slots=True)
class Timed:
    """What the clock says."""

    kind: Kind
    read: Callable[[datetime], str]
    values: tuple[str, ...] = ()


def _header(headers: Headers, name: str) -> str:
    value = headers.get(name, "").strip()
    return value if len(value) <= MAX_CHARACTERS else ""


def language(headers: Headers, offered: Sequence[str]) -> str | None:
    """The best of the languages on offer (RFC 4647, section 3.4); None: none of them is wanted.

    Args:
        headers: Of a request; `Accept-Language` counts.
        offered: Tags of languages, such as `en` and `pt-BR`.
    """
    wanted: list[tuple[float, str]] = []
    for part in _header(headers, "accept-language").split(",")[:MAX_LANGUAGES]:
        if (found := _RANGE.fullmatch(part)) and (weight := float(found[2] or 1)) > 0:
            wanted.append((-weight, found[1].lower()))
    by_tag = {tag.lower(): tag for tag in offered}
    for _, tag in sorted(wanted, key=lambda one: one[0]):  # of equals the first
        if tag == "*":
            return offered[0] if offered else None
        while tag:
            if tag in by_tag:
                return by_tag[tag]
            tag = tag.rpartition("-")[0]
    return None


def _mobile(headers: Headers, offered: Sequence[str]) -> str | None:
    return {"?1": "true", "?0": "false"}.get(_header(headers, "sec-ch-ua-mobile"))


def _platform(headers: Headers, offered: Sequence[str]) -> str | None:
    found = _TEXT.fullmatch(_header(headers, "sec-ch-ua-platform"))
    if found is None or not found[1] or found[1] == "Unknown":
        return None
    by_name = {name.lower(): name for name in offered}
    return by_name.get(found[1].lower(), found[1])


def _device(headers: Headers, offered: Sequence[str]) -> str | None:
    forms = {form.lower() for form in _TEXT.findall(_header(headers, "sec-ch-ua-form-factors"))}
    for form, device in _FORMS.items():
        if form in forms:
            return device
    mobile = _mobile(headers, ())
    platform = (_platform(headers, ()) or "").lower()
    if mobile == "true":
        return "phone"
    if mobile == "false" and platform == "android":
        return "tablet"
    return "desktop" if mobile == "false" and platform in _COMPUTERS else None


def _save_data(headers: Headers, offered: Sequence[str]) -> str | None:
    return {"on": "true", "": "false"}.get(_header(headers, "save-data").lower())


def _color_scheme(headers: Headers, offered: Sequence[str]) -> str | None:
    value = _header(headers, "sec-ch-prefers-color-scheme").strip('"').lower()
    return value if value in ("light", "dark") else None


def _reduced_motion(headers: Headers, offered: Sequence[str]) -> str | None:
    value = _header(headers, "sec-ch-prefers-reduced-motion").strip('"').lower()
    return {"reduce": "true", "no-preference": "false"}.get(value)


TOLD: Mapping[str, Told] = {
    "language": Told("string", language),
    "device": Told("string", _device, tuple(_FORMS.values())),
    "platform": Told("string", _platform),
    "mobile": Told("bool", _mobile),
    "save_data": Told("bool", _save_data),
    "color_scheme": Told("string", _color_scheme, ("light", "dark")),
    "reduced_motion": Told("bool", _reduced_motion),
}
TIMED: Mapping[str, Timed] = {
    "hour": Timed("int", lambda at: str(at.hour), tuple(map(str, range(24)))),
    "weekday": Timed("string", lambda at: _WEEKDAYS[at.weekday()], _WEEKDAYS),
    "date": Timed("string", lambda at: at.date().isoformat()),
}


def told_by(source: str, headers: Headers, offered: Sequence[str]) -> str | None:
    """What headers tell of a source, as text; None: nothing.

    Args:
        source: One of `TOLD`.
        headers: Of the request.
        offered: The values that the fact can have; none: any.
    """
    return TOLD[source].read(headers, offered)


def timed_by(source: str, zone: str, instant: datetime) -> str:
    """What the clock says of a source.

    Args:
        source: One of `TIMED`.
        zone: Name of the time zone, such as `Europe/Berlin`.
        instant: When; with time zone.
    """
    return TIMED[source].read(instant.astimezone(ZoneInfo(zone)))
