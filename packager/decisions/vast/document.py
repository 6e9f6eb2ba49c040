"""A VAST document: its version, its ads in order, and whom to tell that there is none (D-01)."""

import re

from lxml import etree

from packager.decisions.ad_xml import (
    AdXmlError,
    attribute,
    boolean,
    child,
    children,
    name_of,
    parse,
    url,
    urls,
)
from packager.decisions.ads import Ad, Failure, Vast, Wrapper
from packager.decisions.vast.level import read_level
from packager.reasons import Reason

MAX_ADS = 50

_VERSION = re.compile(r"[234](\.\d{1,3}){0,2}", re.ASCII)


class VastError(AdXmlError):
    """A document cannot be used as VAST."""


def read_vast(body: bytes) -> Vast:
    """Read an ad server's answer; callers keep large ones off the event loop.

    Raises:
        VastError: It is not VAST of a known version, is malformed, has a DOCTYPE, or is larger
            than the limits of `packager.decisions.ad_xml`.
    """
    return read_vast_element(parse(body, VastError))


def read_vast_element(root: etree._Element) -> Vast:
    """Read a VAST document that is a part of another one.

    Raises:
        VastError: It is not VAST of a known version.
    """
    if name_of(root) == "VideoAdServingTemplate":
        raise VastError("VAST version 1 is not known", code=102)
    if name_of(root) != "VAST":
        raise VastError(f"the document is {name_of(root)[:80]!r}, not VAST", code=101)
    version = attribute(root, "version")
    if version and not _VERSION.fullmatch(version):
        raise VastError(f"VAST version {version[:80]!r} is not known", code=102)
    elements = list(children(root, "Ad"))
    flaws: list[str] = []
    ads = tuple(_read_ad(element, flaws) for element in elements[:MAX_ADS])
    flaws += [ad.why for ad in ads if isinstance(ad, Failure)]
    if len(elements) > MAX_ADS:
        flaws.append(f"{len(elements) - MAX_ADS} ads after the first {MAX_ADS} were not read")
    return Vast(
        version=version,
        ads=ads,
        errors=urls(children(root, "Error")),
        flaws=tuple(flaws),
        truncated=len(elements) > MAX_ADS,
    )


def _read_ad(element: etree._Element, flaws: list[str]) -> Ad | Wrapper | Failure:
    inline, wrapper = child(element, "InLine"), child(element, "Wrapper")
    level = read_level(element, inline if inline is not None else wrapper, flaws)
    if (inline is None) == (wrapper is None):
        return _malformed(level, "not exactly one of InLine and Wrapper is in ad")
    if wrapper is None:
        return level
    tag_url = next(filter(None, map(url, children(wrapper, "VASTAdTagURI"))), "")
    if not tag_url:
        return _malformed(level, "no ad server is named by wrapper")
    return Wrapper(
        ad_tag_url=tag_url,
        level=level,
        follow_additional=boolean(attribute(wrapper, "followAdditionalWrappers")) is not False,
        allow_multiple=boolean(attribute(wrapper, "allowMultipleAds")) is True,
        fallback=boolean(attribute(wrapper, "fallbackOnNoAd")),
    )


def _malformed(level: Ad, why: str) -> Failure:
    return Failure(ad=level, code=101, reason=Reason.AD_MALFORMED, why=f"{why} {level.id[:80]!r}")
