"""The film of an ad: its files, what is tracked and clicked, and the icons over it (D-08, D-09)."""

from collections.abc import Iterable

from lxml import etree

from packager.decisions.ad_xml import (
    attribute,
    boolean,
    child,
    children,
    grandchildren,
    markup,
    pixels,
    seconds,
    text,
    url,
    urls,
)
from packager.decisions.ads import (
    CaptionFile,
    Icon,
    InteractiveFile,
    Linear,
    MediaFile,
)
from packager.decisions.vast.display import read_fallback_images, read_resources
from packager.decisions.vast.links import read_link, read_links, read_tracking


def read_linear(linears: tuple[etree._Element, ...]) -> Linear | None:
    """Read a linear creative; of several, lists are joined and the first says what is one."""
    if not linears:
        return None
    first = linears[0]
    files = tuple(file for linear in linears for file in children(linear, "MediaFiles"))
    clicks = tuple(click for linear in linears for click in children(linear, "VideoClicks"))
    return Linear(
        duration=seconds(text(child(first, "Duration"))),
        skip_offset=_skip_offset(first),
        media_files=_media_files(files, "MediaFile"),
        mezzanines=_media_files(files, "Mezzanine"),
        interactive_files=tuple(
            InteractiveFile(
                url=u,
                type=attribute(file, "type"),
                api_framework=attribute(file, "apiFramework"),
                variable_duration=boolean(attribute(file, "variableDuration")) is True,
            )
            for group in files
            for file in children(group, "InteractiveCreativeFile")
            if (u := url(file))
        ),
        captions=tuple(
            CaptionFile(url=u, type=attribute(file, "type"), language=attribute(file, "language"))
            for group in files
            for file in grandchildren(group, "ClosedCaptionFiles", "ClosedCaptionFile")
            if (u := url(file))
        ),
        tracking=read_tracking(linears),
        click_through=read_link(clicks, "ClickThrough"),
        click_tracking=read_links(clicks, "ClickTracking"),
        custom_clicks=read_links(clicks, "CustomClick"),
        icons=tuple(
            _icon(icon) for linear in linears for icon in grandchildren(linear, "Icons", "Icon")
        ),
        ad_parameters=markup(child(first, "AdParameters")),
    )


def _skip_offset(linear: etree._Element) -> str | None:
    """When the ad may be skipped; one that does not say when is skippable nevertheless (D-09)."""
    names = ("skipoffset", "skipOffset")  # the second is no standard's, but is written
    said = [name for name in names if name in linear.attrib]
    return attribute(linear, said[0]) if said else None


def _media_files(groups: Iterable[etree._Element], name: str) -> tuple[MediaFile, ...]:
    return tuple(
        _media_file(file, u)
        for group in groups
        for file in children(group, name)
        if (u := url(file))
    )


def _media_file(file: etree._Element, location: str) -> MediaFile:
    return MediaFile(
        url=location,
        type=attribute(file, "type").partition(";")[0].strip().lower(),
        delivery=attribute(file, "delivery").lower() or "progressive",
        width=pixels(file, "width"),
        height=pixels(file, "height"),
        bitrate=pixels(file, "bitrate"),
        min_bitrate=pixels(file, "minBitrate"),
        max_bitrate=pixels(file, "maxBitrate"),
        codec=attribute(file, "codec"),
        api_framework=attribute(file, "apiFramework"),
        id=attribute(file, "id"),
        file_size=pixels(file, "fileSize"),
        media_type=attribute(file, "mediaType"),
        scalable=boolean(attribute(file, "scalable")),
        maintain_aspect_ratio=boolean(attribute(file, "maintainAspectRatio")),
    )


def _icon(icon: etree._Element) -> Icon:
    clicks = tuple(children(icon, "IconClicks"))
    return Icon(
        program=attribute(icon, "program"),
        width=pixels(icon, "width"),
        height=pixels(icon, "height"),
        x=attribute(icon, "xPosition"),
        y=attribute(icon, "yPosition"),
        offset=seconds(attribute(icon, "offset")),
        duration=seconds(attribute(icon, "duration")),
        api_framework=attribute(icon, "apiFramework"),
        px_ratio=attribute(icon, "pxratio"),
        alt_text=attribute(icon, "altText"),
        hover_text=attribute(icon, "hoverText"),
        resources=read_resources(icon),
        click_through=read_link(clicks, "IconClickThrough"),
        click_tracking=read_links(clicks, "IconClickTracking"),
        view_tracking=urls(children(icon, "IconViewTracking")),
        fallback_images=read_fallback_images(clicks),
    )
