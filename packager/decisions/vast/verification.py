"""Who wants to measure an ad on the viewer's device, in every version's place for it (D-11)."""

from collections.abc import Iterable, Iterator
from typing import Literal

from lxml import etree

from packager.decisions.ad_xml import (
    attribute,
    boolean,
    child,
    children,
    grandchildren,
    markup,
    url,
)
from packager.decisions.ads import Verification, VerificationResource
from packager.decisions.vast.links import read_tracking

_RESOURCES: dict[str, Literal["javascript", "executable"]] = {
    "JavaScriptResource": "javascript",
    "ExecutableResource": "executable",
}


def read_verifications(
    body: etree._Element | None, extensions: Iterable[etree._Element]
) -> tuple[Verification, ...]:
    """Read the verifications of an InLine or a Wrapper; VAST 2 and 3 have an extension for them."""
    elements = list(grandchildren(body, "AdVerifications", "Verification"))
    for extension in extensions:
        if attribute(extension, "type").lower() == "adverifications":
            elements += children(extension, "Verification")
            elements += grandchildren(extension, "AdVerifications", "Verification")
    return tuple(map(_verification, elements))


def _verification(element: etree._Element) -> Verification:
    return Verification(
        vendor=attribute(element, "vendor"),
        resources=tuple(_resources(element)),
        tracking=read_tracking((element,)),
        parameters=markup(child(element, "VerificationParameters")),
    )


def _resources(element: etree._Element) -> Iterator[VerificationResource]:
    for name, kind in _RESOURCES.items():
        for resource in children(element, name):
            if location := url(resource):
                yield VerificationResource(
                    kind=kind,
                    url=location,
                    api_framework=attribute(resource, "apiFramework"),
                    type=attribute(resource, "type"),
                    browser_optional=boolean(attribute(resource, "browserOptional")) is True,
                )
