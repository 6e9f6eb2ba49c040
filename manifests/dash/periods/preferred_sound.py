"""Which of a Period's sound players begin with: it is told to them, and all else stays.

Players that know @selectionPriority go by it (ISO 23009-1, 5.3.3.2), others by the Role `main`.
"""

from lxml import etree

from manifests.dash.model import Mpd
from manifests.dash.periods.children import BEFORE_ROLE, children, make_child, remove
from manifests.dash.reading.content_kind import ROLE_SCHEME, kind_of

PRIORITY = "selectionPriority"
_LOWEST = 1  # its default


def sound_named(mpd: Mpd, name: str) -> str | None:
    """The name if any sound of an MPD has it, as equal names are alike; None: none has."""
    folded = name.casefold()
    if not folded:
        return None
    sounds = (one for period in mpd.periods for one in _sounds(period.element))
    return folded if any(_has_name(one, folded) for one in sounds) else None


def prefer_sound(period: etree._Element, name: str) -> None:
    """Have players begin with the sound of a name, where a Period has it.

    Args:
        period: Changed.
        name: A label or a language, as `sound_named` gives it.
    """
    sounds = _sounds(period)
    preferred = [one for one in sounds if _has_name(one, name)]
    if not preferred:
        return
    told = [value for one in sounds if (value := one.get(PRIORITY, "")).isdecimal()]
    highest = max(map(int, told), default=_LOWEST)
    for one in sounds:
        is_preferred = one in preferred
        if is_preferred:
            one.set(PRIORITY, str(highest + 1))
        _tell(one, is_main=is_preferred)


def _tell(one: etree._Element, *, is_main: bool) -> None:
    """Give a set the role of being the main one of its kind, or that of an alternate."""
    roles = [role for role in children(one, "Role") if role.get("schemeIdUri") == ROLE_SCHEME]
    values = [role.get("value") for role in roles]
    if is_main and "main" not in values:
        for role, value in zip(roles, values, strict=True):
            if value == "alternate":
                remove(role)
        role = make_child(one, "Role", behind=BEFORE_ROLE)
        role.set("schemeIdUri", ROLE_SCHEME)
        role.set("value", "main")
    elif not is_main:
        for role, value in zip(roles, values, strict=True):
            if value == "main":
                role.set("value", "alternate")


def _sounds(period: etree._Element) -> list[etree._Element]:
    return [
        one
        for one in children(period, "AdaptationSet")
        if kind_of(one, list(children(one, "Representation"))) == "audio"
    ]


def _has_name(one: etree._Element, folded: str) -> bool:
    names = [one.get("lang"), *(label.text for label in children(one, "Label"))]
    return any(name is not None and name.strip().casefold() == folded for name in names)
