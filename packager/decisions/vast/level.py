"""What an InLine or a Wrapper says: both in one way, for both are levels of one ad (D-04)."""

from collections.abc import Iterable, Iterator

from lxml import etree

from packager.decisions.ad_xml import (
    attribute,
    boolean,
    child,
    children,
    grandchildren,
    name_of,
    source,
    text,
    url,
    urls,
    whole,
)
from packager.decisions.ads import (
    Ad,
    Category,
    Extension,
    Linear,
    Pricing,
    Survey,
    UniversalAdId,
    ViewableImpression,
)
from packager.decisions.bounds import bounded
from packager.decisions.vast.display import read_companions, read_nonlinears
from packager.decisions.vast.linear import read_linear
from packager.decisions.vast.links import read_links, read_tracking
from packager.decisions.vast.verification import read_verifications


def read_level(element: etree._Element, body: etree._Element | None, flaws: list[str]) -> Ad:
    """Read one level of an ad.

    Args:
        element: The `Ad`.
        body: Its `InLine` or `Wrapper`; None: it has neither.
        flaws: Is told what is left out because it is too much.
    """
    extensions = tuple(grandchildren(body, "Extensions", "Extension"))
    creatives = tuple(grandchildren(body, "Creatives", "Creative"))
    main = _main(creatives)
    advertiser, ad_system = child(body, "Advertiser"), child(body, "AdSystem")
    level = Ad(
        id=attribute(element, "id"),
        sequence=whole(attribute(element, "sequence")),
        conditional=boolean(attribute(element, "conditionalAd")) is True,
        kind=attribute(element, "adType").lower() or "video",
        ad_system=text(ad_system),
        ad_system_version=attribute(ad_system, "version"),
        title=text(child(body, "AdTitle")),
        description=text(child(body, "Description")),
        advertiser=text(advertiser),
        advertiser_id=attribute(advertiser, "id"),
        serving_id=text(child(body, "AdServingId")),
        pricing=_pricing(child(body, "Pricing")),
        survey=_survey(child(body, "Survey")),
        expires_s=whole(text(child(body, "Expires"))),
        categories=tuple(_categories(children(body, "Category"))),
        blocked_categories=tuple(_blocked(children(body, "BlockedAdCategories"))),
        impressions=() if body is None else read_links((body,), "Impression"),
        viewable_impressions=tuple(map(_viewable, children(body, "ViewableImpression"))),
        error_urls=urls(children(body, "Error")),
        verifications=read_verifications(body, extensions),
        extensions=_extensions(extensions),
        creative_id=attribute(main, "id"),
        creative_ad_id=attribute(main, "adId") or attribute(main, "AdID"),  # as VAST 2 has it
        creative_sequence=whole(attribute(main, "sequence")),
        creative_api_framework=attribute(main, "apiFramework"),
        creative_extensions=_extensions(
            grandchildren(main, "CreativeExtensions", "CreativeExtension")
        ),
        universal_ad_ids=_universal_ad_ids(main, extensions),
        linear=_linear(body, creatives, main),
        companions=tuple(c for creative in creatives for c in read_companions(creative)),
        nonlinears=tuple(n for creative in creatives for n in read_nonlinears(creative)),
        nonlinear_tracking=read_tracking(
            tracked for creative in creatives for tracked in children(creative, "NonLinearAds")
        ),
    )
    kept = bounded(level)
    if kept is not level:
        flaws.append(f"ad {level.id[:80]!r} has more than is kept of one ad")
    return kept


def _main(creatives: tuple[etree._Element, ...]) -> etree._Element | None:
    """The creative that the ad is about; what it is called by, the whole ad is."""
    for name in ("Linear", "NonLinearAds"):
        for creative in creatives:
            if child(creative, name) is not None:
                return creative
    return creatives[0] if creatives else None


def _linear(
    body: etree._Element | None,
    creatives: tuple[etree._Element, ...],
    main: etree._Element | None,
) -> Linear | None:
    """The first film of an InLine; a wrapper may spread one over several creatives."""
    if body is None:
        return None
    wanted = creatives if name_of(body) == "Wrapper" else (main,)
    linears = tuple(linear for creative in wanted for linear in children(creative, "Linear"))
    return read_linear(linears if name_of(body) == "Wrapper" else linears[:1])


def _pricing(element: etree._Element | None) -> Pricing | None:
    if not text(element):
        return None
    return Pricing(text(element), attribute(element, "model"), attribute(element, "currency"))


def _survey(element: etree._Element | None) -> Survey | None:
    return Survey(url(element), attribute(element, "type")) if url(element) else None


def _viewable(element: etree._Element) -> ViewableImpression:
    return ViewableImpression(
        id=attribute(element, "id"),
        viewable=urls(children(element, "Viewable")),
        not_viewable=urls(children(element, "NotViewable")),
        undetermined=urls(children(element, "ViewUndetermined")),
    )


def _categories(elements: Iterable[etree._Element]) -> Iterator[Category]:
    for element in elements:
        if value := text(element):
            yield Category(attribute(element, "authority"), value)


def _blocked(elements: Iterable[etree._Element]) -> Iterator[Category]:
    """Read lists of categories, with commas between them (VAST 4.1, 3.19.2)."""
    for whole_list in _categories(elements):
        for value in whole_list.value.split(","):
            if value.strip():
                yield Category(whole_list.authority, value.strip())


def _extensions(elements: Iterable[etree._Element]) -> tuple[Extension, ...]:
    found = (Extension(attribute(e, "type"), xml) for e in elements if (xml := source(e)))
    return tuple(found)


def _universal_ad_ids(
    creative: etree._Element | None, extensions: Iterable[etree._Element]
) -> tuple[UniversalAdId, ...]:
    """Find the creative's registered names; VAST 2 and 3 carry them in an extension (D-07)."""
    elements = list(children(creative, "UniversalAdId")) or [
        element for extension in extensions for element in children(extension, "UniversalAdId")
    ]
    pairs = (
        (attribute(element, "idRegistry"), attribute(element, "idValue") or text(element))
        for element in elements
    )
    # The standard has "unknown" written where there is none.
    return tuple(
        UniversalAdId(registry, value)
        for registry, value in pairs
        if value and "unknown" not in (registry.lower(), value.lower())
    )
