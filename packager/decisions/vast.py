"""VAST documents, versions 2.0 to 4.3: bytes in, values out (splice rules D-01, D-06, D-13).

Elements are found by local name, so a namespace may be there or not; what is not understood is
ignored. A URI that is not an absolute http(s) URL free of white space is left out (D-06).
Nothing is fetched: DTDs, entities and the network are off.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import BytesIO

from lxml import etree

from packager.decisions.ads import (
    Ad,
    Category,
    Extension,
    Linear,
    Link,
    MediaFile,
    Tracking,
    UniversalAdId,
    Vast,
    Wrapper,
)
from packager.reasons import Reason

MAX_BYTES = 1 << 20
MAX_ELEMENTS = 50_000
MAX_DEPTH = 64
MAX_ADS = 50
MAX_URLS = 400  # in one list of one ad

_URL = re.compile(r"https?://[^\s\x00-\x20\x7f-\xa0]+", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
_VERSION = re.compile(r"[234](\.\d+)?", re.ASCII)


class VastError(Exception):
    """A document cannot be used as VAST; `reason` is the code, the text says why, in short."""

    def __init__(self, why: str, *, reason: Reason = Reason.AD_UNPARSEABLE) -> None:
        super().__init__(why[:200])  # it may quote what a stranger wrote
        self.reason = reason


def read_vast(body: bytes) -> Vast:
    """Read an ad server's answer; callers keep large ones off the event loop.

    Raises:
        VastError: It is not VAST of a known version, is malformed, has a DOCTYPE, or is larger
            than the limits of this module.
    """
    root = _parse(body)
    if _name(root) != "VAST":
        raise VastError(f"the document is {_name(root)!r}, not VAST")
    version = _attribute(root, "version")
    if version and not _VERSION.fullmatch(version):
        raise VastError(f"VAST version {version!r} is not known")
    elements = list(_children(root, "Ad"))
    ads: list[Ad | Wrapper] = []
    flaws: list[str] = []
    for element in elements[:MAX_ADS]:
        try:
            ads.append(_read_ad(element))
        except VastError as error:
            flaws.append(str(error))
    if len(elements) > MAX_ADS:
        flaws.append(f"{len(elements) - MAX_ADS} ads after the first {MAX_ADS} were not read")
    return Vast(
        version=version,
        ads=tuple(ads),
        errors=_urls(_children(root, "Error")),
        flaws=tuple(flaws),
        truncated=len(elements) > MAX_ADS,
    )


def _parse(body: bytes) -> etree._Element:
    """Build the tree, counting while it grows, so that a bomb is dropped before it is large."""
    if len(body) > MAX_BYTES:
        raise VastError(f"more than {MAX_BYTES} bytes", reason=Reason.AD_OVERSIZE)
    # Many ad servers write an empty line before the XML declaration, which XML forbids.
    events = etree.iterparse(
        BytesIO(body.removeprefix(b"\xef\xbb\xbf").lstrip()),
        events=("start", "end"),
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    count = depth = 0
    try:
        for event, element in events:
            if event == "end":
                depth -= 1
                continue
            if depth == 0 and element.getroottree().docinfo.internalDTD is not None:
                raise VastError("a DOCTYPE is not read")
            depth += 1
            count += 1
            if count > MAX_ELEMENTS or depth > MAX_DEPTH:
                raise VastError("too many or too deep elements", reason=Reason.AD_OVERSIZE)
    except etree.XMLSyntaxError as error:
        raise VastError(f"not well-formed XML: {error.msg!r}") from None
    return events.root


def _read_ad(element: etree._Element) -> Ad | Wrapper:
    ad_id, sequence = _attribute(element, "id"), _whole(_attribute(element, "sequence"))
    inline, wrapper = _child(element, "InLine"), _child(element, "Wrapper")
    if inline is not None and wrapper is None:
        return _read_inline(element, inline, ad_id, sequence)
    if inline is None and wrapper is not None:
        urls = _urls(_children(wrapper, "VASTAdTagURI"))
        if not urls:
            raise VastError(f"no ad server is named by wrapper {ad_id!r}")
        return Wrapper(ad_tag_url=urls[0], level=Ad(id=ad_id, sequence=sequence))
    raise VastError(f"not exactly one of InLine and Wrapper is in ad {ad_id!r}")


def _read_inline(
    element: etree._Element, inline: etree._Element, ad_id: str, sequence: int | None
) -> Ad:
    creatives = list(_grandchildren(inline, "Creatives", "Creative"))
    extensions = list(_grandchildren(inline, "Extensions", "Extension"))
    advertiser = _child(inline, "Advertiser")
    creative, linear = next(
        (
            (creative, linear)
            for creative in creatives
            if (linear := _child(creative, "Linear")) is not None
        ),
        (None, None),
    )
    return Ad(
        id=ad_id,
        sequence=sequence,
        conditional=_attribute(element, "conditionalAd").lower() in ("true", "1"),
        kind=_attribute(element, "adType").lower() or "video",
        title=_text(_child(inline, "AdTitle")),
        serving_id=_text(_child(inline, "AdServingId")),
        advertiser=_text(advertiser),
        advertiser_id=_attribute(advertiser, "id"),
        categories=tuple(
            Category(_attribute(category, "authority"), value)
            for category in _children(inline, "Category")
            if (value := _text(category))
        ),
        expires_s=_whole(_text(_child(inline, "Expires"))),
        creative_id=_attribute(creative, "id"),
        creative_ad_id=_attribute(creative, "adId") or _attribute(creative, "AdID"),  # as in VAST 2
        universal_ad_ids=_universal_ad_ids(creative, extensions),
        linear=None if linear is None else _read_linear(linear),
        impressions=tuple(map(Link, _urls(_children(inline, "Impression")))),
        error_urls=_urls(_children(inline, "Error")),
        extensions=tuple(
            Extension(
                _attribute(extension, "type"),
                etree.tostring(extension, encoding="unicode", with_tail=False),
            )
            for extension in extensions
        ),
    )


def _read_linear(linear: etree._Element) -> Linear:
    files = _child(linear, "MediaFiles")
    clicks = _child(linear, "VideoClicks")
    through = _urls(_children(clicks, "ClickThrough"))
    skip_offset = linear.get("skipoffset")
    return Linear(
        duration=_seconds(_text(_child(linear, "Duration"))),
        skip_offset=None if skip_offset is None else skip_offset.strip(),
        media_files=tuple(
            _read_media_file(file, url)
            for file in _children(files, "MediaFile")
            if (url := _url(file))
        ),
        mezzanines=tuple(
            _read_media_file(file, url)
            for file in _children(files, "Mezzanine")
            if (url := _url(file))
        ),
        tracking=tuple(
            Tracking(_attribute(tracking, "event"), url, _attribute(tracking, "offset"))
            for tracking in _grandchildren(linear, "TrackingEvents", "Tracking")
            if (url := _url(tracking))
        )[:MAX_URLS],
        click_through=through[0] if through else None,
        click_tracking=tuple(map(Link, _urls(_children(clicks, "ClickTracking")))),
    )


def _read_media_file(file: etree._Element, url: str) -> MediaFile:
    return MediaFile(
        url=url,
        type=_attribute(file, "type").partition(";")[0].strip().lower(),
        delivery=_attribute(file, "delivery").lower() or "progressive",
        width=_whole(_attribute(file, "width")) or 0,
        height=_whole(_attribute(file, "height")) or 0,
        # One that adapts has only bounds.
        bitrate=_whole(_attribute(file, "bitrate")) or _whole(_attribute(file, "maxBitrate")) or 0,
        codec=_attribute(file, "codec"),
        api_framework=_attribute(file, "apiFramework"),
    )


def _universal_ad_ids(
    creative: etree._Element | None, extensions: Iterable[etree._Element]
) -> tuple[UniversalAdId, ...]:
    """Find the creative's registered names; VAST 2 and 3 carry them in an extension (D-07)."""
    elements = list(_children(creative, "UniversalAdId")) or [
        element for extension in extensions for element in _children(extension, "UniversalAdId")
    ]
    pairs = (
        (_attribute(element, "idRegistry"), _attribute(element, "idValue") or _text(element))
        for element in elements
    )
    # The standard has "unknown" written where there is none.
    return tuple(
        UniversalAdId(registry, value)
        for registry, value in pairs
        if value and "unknown" not in (registry.lower(), value.lower())
    )


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: etree._Element | None, name: str | None = None) -> Iterator[etree._Element]:
    for child in element if element is not None else ():
        # An entity that was not resolved is a child without a name.
        if isinstance(child.tag, str) and name in (None, _name(child)):
            yield child


def _grandchildren(element: etree._Element, parent: str, name: str) -> Iterator[etree._Element]:
    for child in _children(element, parent):
        yield from _children(child, name)


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return next(_children(element, name), None)


def _attribute(element: etree._Element | None, name: str) -> str:
    return "" if element is None else (element.get(name) or "").strip()


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()


def _url(element: etree._Element) -> str:
    text = _text(element)
    return text if _URL.fullmatch(text) else ""


def _urls(elements: Iterable[etree._Element]) -> tuple[str, ...]:
    return tuple(url for element in elements if (url := _url(element)))[:MAX_URLS]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _seconds(text: str) -> Decimal | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + Decimal(seconds)
