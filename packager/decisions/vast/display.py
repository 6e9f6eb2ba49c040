"""What a viewer's device draws: companions, overlays and the resources of both (D-10, D-15)."""

from collections.abc import Iterable, Iterator

from lxml import etree

from packager.decisions.ad_xml import (
    attribute,
    boolean,
    child,
    children,
    grandchildren,
    markup,
    name_of,
    pixels,
    seconds,
    text,
    url,
)
from packager.decisions.ads import (
    Companion,
    FallbackImage,
    NonLinear,
    Resource,
)
from packager.decisions.vast.links import read_link, read_links, read_tracking


def read_companions(creative: etree._Element) -> Iterator[Companion]:
    """Read the companions of a creative."""
    for group in children(creative, "CompanionAds"):
        for companion in children(group, "Companion"):
            yield _companion(companion, attribute(group, "required"))


def read_nonlinears(creative: etree._Element) -> Iterator[NonLinear]:
    """Read the overlays of a creative."""
    for element in grandchildren(creative, "NonLinearAds", "NonLinear"):
        yield NonLinear(
            id=attribute(element, "id"),
            width=pixels(element, "width"),
            height=pixels(element, "height"),
            expanded_width=pixels(element, "expandedWidth"),
            expanded_height=pixels(element, "expandedHeight"),
            scalable=boolean(attribute(element, "scalable")),
            maintain_aspect_ratio=boolean(attribute(element, "maintainAspectRatio")),
            min_duration=seconds(attribute(element, "minSuggestedDuration")),
            api_framework=attribute(element, "apiFramework"),
            ad_parameters=markup(child(element, "AdParameters")),
            resources=read_resources(element),
            click_through=read_link((element,), "NonLinearClickThrough"),
            click_tracking=read_links((element,), "NonLinearClickTracking"),
        )


def read_resources(element: etree._Element) -> tuple[Resource, ...]:
    """Read what an icon, companion or overlay shows, in the order of the document."""
    found: list[Resource] = []
    for resource in children(element):
        match name_of(resource):
            case "StaticResource":
                kind = attribute(resource, "creativeType").lower()
                found += [Resource("static", u, kind)] if (u := url(resource)) else []
            case "IFrameResource":
                found += [Resource("iframe", u)] if (u := url(resource)) else []
            case "HTMLResource":
                found += [Resource("html", html)] if (html := markup(resource)) else []
            case _:
                pass
    return tuple(found)


def read_fallback_images(clicks: Iterable[etree._Element]) -> tuple[FallbackImage, ...]:
    """Read what clicks on an icon show where no page can be opened."""
    return tuple(
        FallbackImage(
            url=u,
            width=pixels(image, "width"),
            height=pixels(image, "height"),
            alt_text=text(child(image, "AltText")),
        )
        for group in clicks
        for image in grandchildren(group, "IconClickFallbackImages", "IconClickFallbackImage")
        if (u := url(child(image, "StaticResource")))
    )


def _companion(companion: etree._Element, required: str) -> Companion:
    return Companion(
        id=attribute(companion, "id"),
        width=pixels(companion, "width"),
        height=pixels(companion, "height"),
        asset_width=pixels(companion, "assetWidth"),
        asset_height=pixels(companion, "assetHeight"),
        expanded_width=pixels(companion, "expandedWidth"),
        expanded_height=pixels(companion, "expandedHeight"),
        ad_slot_id=attribute(companion, "adSlotId"),
        api_framework=attribute(companion, "apiFramework"),
        px_ratio=attribute(companion, "pxratio"),
        rendering_mode=attribute(companion, "renderingMode"),
        required=required,
        alt_text=text(child(companion, "AltText")),
        ad_parameters=markup(child(companion, "AdParameters")),
        resources=read_resources(companion),
        click_through=read_link((companion,), "CompanionClickThrough"),
        click_tracking=read_links((companion,), "CompanionClickTracking"),
        tracking=read_tracking((companion,)),
    )
