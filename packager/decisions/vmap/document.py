"""A VMAP document: bytes in, breaks out.

Read as VAST is: with either namespace or none, what is broken takes only its own break with it.
"""

from decimal import Decimal

from lxml import etree

from packager.decisions.ad_xml import (
    AdXmlError,
    all_text,
    attribute,
    boolean,
    child,
    children,
    grandchildren,
    markup,
    name_of,
    parse,
    seconds,
    source,
    url,
)
from packager.decisions.ads import Extension, Tracking, Vast
from packager.decisions.vast import VastError, read_vast, read_vast_element
from packager.decisions.vast.links import read_tracking
from packager.decisions.vast_errors import ErrorCall, error_calls
from packager.decisions.vmap.breaks import (
    AdSource,
    Offset,
    Vmap,
    VmapBreak,
    VmapCode,
    urls_of,
)

MAX_BREAKS = 100

_TYPES = frozenset({"linear", "nonlinear", "display"})


class VmapError(AdXmlError):
    """A document cannot be used as VMAP; `code` is a `VmapCode`."""

    def __init__(self, why: str, *, code: int = VmapCode.PARSING, **details: object) -> None:
        super().__init__(why, code=code, **details)  # type: ignore[arg-type]  # a reason, if any


def read_vmap(body: bytes) -> Vmap:
    """Read an answer that says when breaks are.

    Raises:
        VmapError: It is not VMAP 1, is malformed, has a DOCTYPE, or is larger than the limits of
            `packager.decisions.ad_xml`.
    """
    root = parse(body, VmapError)
    if name_of(root) != "VMAP":
        raise VmapError(f"the document is {name_of(root)[:80]!r}, not VMAP", code=VmapCode.SCHEMA)
    version = attribute(root, "version")
    if version and version.partition(".")[0] != "1":
        raise VmapError(f"VMAP version {version[:80]!r} is not known", code=VmapCode.VERSION)
    elements = list(children(root, "AdBreak"))
    reader = _Reader()
    breaks = tuple(filter(None, map(reader.read_break, elements[:MAX_BREAKS])))
    if len(elements) > MAX_BREAKS:
        reader.flaws.append(f"{len(elements) - MAX_BREAKS} breaks after the first {MAX_BREAKS}")
    return Vmap(
        version=version,
        breaks=breaks,
        extensions=_extensions(root),
        errors=tuple(dict.fromkeys(reader.errors)),
        flaws=tuple(reader.flaws),
        truncated=len(elements) > MAX_BREAKS,
    )


def read_offset(text: str) -> Offset | None:
    """Read ``hh:mm:ss[.mmm]``, ``n%``, ``start``, ``end`` or ``#m``; None: it is none of these."""
    if text in ("start", "end"):
        return Offset("start" if text == "start" else "end")
    if (time := seconds(text)) is not None:
        return Offset("time", time)
    number = text.removeprefix("#").removesuffix("%")
    if not number.isascii() or len(number) > 9:
        return None
    if text.startswith("#"):
        return Offset("position", Decimal(number)) if _is_count(text[1:]) else None
    whole, _, fraction = number.partition(".")
    if text.endswith("%") and whole.isdigit() and (fraction.isdigit() or "." not in number):
        percent = Decimal(number)
        return Offset("percent", percent) if percent <= 100 else None
    return None


def _is_count(text: str) -> bool:
    return text.isdigit() and int(text) > 0


class _Reader:
    """Reads the breaks of one document and notes what is wrong with them."""

    def __init__(self) -> None:
        self.flaws: list[str] = []
        self.errors: list[ErrorCall] = []

    def read_break(self, element: etree._Element) -> VmapBreak | None:
        tracking = read_tracking((element,))
        break_id = attribute(element, "breakId")
        name = f"break {break_id[:80]!r}"
        offset = read_offset(attribute(element, "timeOffset"))
        if offset is None:
            self._note(f"{name} is at no time that can be read", tracking, VmapCode.SCHEMA)
            return None
        repeat_after = seconds(attribute(element, "repeatAfter"))
        if repeat_after and offset.kind in ("start", "end"):  # D-40
            self.flaws.append(f"{name} is at the {offset.kind} and is not repeated")
            repeat_after = None
        types = {word.strip().lower() for word in attribute(element, "breakType").split(",")}
        return VmapBreak(
            offset=offset,
            types=frozenset({"linear"} if types == {""} else types & _TYPES),
            id=break_id,
            repeat_after=repeat_after or None,
            source=self._source(child(element, "AdSource"), name, tracking),
            tracking=tracking,
            extensions=_extensions(element),
        )

    def _source(
        self, element: etree._Element | None, name: str, tracking: tuple[Tracking, ...]
    ) -> AdSource | None:
        if element is None:
            return None
        tag, custom = child(element, "AdTagURI"), child(element, "CustomAdData")
        data = child(element, "VASTAdData")
        if data is None:
            data = child(element, "VASTData")  # its name in a draft that is still in use
        found = AdSource(
            id=attribute(element, "id"),
            allow_multiple=boolean(attribute(element, "allowMultipleAds")) is not False,
            follow_redirects=boolean(attribute(element, "followRedirects")) is not False,
            vast=None if data is None else self._data(data, name, tracking),
            tag_url=url(tag),
            template_type=attribute(tag, "templateType").lower(),
            custom=markup(custom),
            custom_type=attribute(custom, "templateType"),
        )
        if found.vast is None and not found.tag_url and not found.custom:
            if data is None:
                self._note(f"{name} has a source that names nothing", tracking, VmapCode.SCHEMA)
            return None
        return found

    def _data(self, data: etree._Element, name: str, tracking: tuple[Tracking, ...]) -> Vast | None:
        """Read VAST that stands in the document, as elements or as text."""
        inside = next(children(data), None)
        try:
            if inside is not None:
                return read_vast_element(inside)
            return read_vast(all_text(data).encode())
        except VastError as error:
            self._note(f"{name}: {error}", tracking, VmapCode.AD_RESPONSE_PARSING)
            return None

    def _note(self, why: str, tracking: tuple[Tracking, ...], code: VmapCode) -> None:
        self.flaws.append(why)
        self.errors += error_calls(urls_of(tracking, "error"), code)


def _extensions(element: etree._Element) -> tuple[Extension, ...]:
    found = (
        Extension(attribute(extension, "type"), xml)
        for extension in grandchildren(element, "Extensions", "Extension")
        if (xml := source(extension))
    )
    return tuple(found)
