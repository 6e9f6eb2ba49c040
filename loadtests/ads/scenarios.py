"""Scenarios of VAST: what an ad call is answered with, by name.

A scenario says its document; how that is sent is the delivery's to say. A query of its own is what
a call of it has unless it says otherwise: `slow` is the pod with ``slow=3``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

from loadtests.ads import broken, chains, changes, pods
from loadtests.ads.calls import Call
from loadtests.ads.chains import wrapper_of
from loadtests.ads.changes import changed
from loadtests.ads.dialects import write_vast
from loadtests.ads.pods import pod, single

Document: TypeAlias = etree._Element | bytes


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of answer."""

    says: str
    document: Callable[[Call], Document]  # an element is in VAST 4.2, without a namespace
    query: Mapping[str, str] = field(default_factory=dict)  # unless the call has its own


def write(scenario: Scenario, call: Call) -> bytes:
    """The document of a call, in the dialect that it asks for unless it is bytes."""
    found = scenario.document(call)
    return found if isinstance(found, bytes) else _written(found, call)


def _written(document: etree._Element, call: Call) -> bytes:
    return write_vast(document, call.version, namespace=call.namespace)


def _truncated(call: Call) -> bytes:
    whole = _written(pod(call), call)
    return whole[: len(whole) * 3 // 5]


def _oversized(call: Call) -> bytes:
    size_bytes = call.number("bytes", 2 << 20, most=64 << 20)
    return broken.oversized(_written(pod(call), call), size_bytes)


def _encoded(encoding: str) -> Callable[[Call], bytes]:
    def document(call: Call) -> bytes:
        encoded: bytes = etree.tostring(pod(call), encoding=encoding, xml_declaration=True)
        return encoded

    return document


def _many(make: Callable[[int], bytes], default: int) -> Callable[[Call], bytes]:
    return lambda call: make(call.number("n", default, most=1_000_000))


def _same(found: bytes) -> Callable[[Call], bytes]:
    return lambda call: found


_ADS = {
    "pod": Scenario("ads with a place each", pod),
    "buffet": Scenario("ads without places", pods.buffet),
    "single": Scenario("one ad", single),
    "full": Scenario("one ad that has everything VAST knows", single, {"full": "1"}),
    "empty": Scenario("no ad; the Error URL is to be told", pods.empty),
    "nothing": Scenario("no ad and no Error URL", pods.nothing),
    "competing": Scenario(
        "a pod of two ads of an advertiser, then two of a category",
        changed(
            pod,
            changes.texts("Advertiser", "Acme", "Acme", "Bolt", "Cord"),
            changes.texts("Category", "cars", "food", "toys", "toys"),
        ),
        {"n": "4"},
    ),
    "repeated": Scenario("a pod of one creative", changed(pod, changes.same_creative), {"n": "3"}),
    "backwards": Scenario("a pod, the last ad first", changed(pod, changes.places), {"n": "3"}),
    "same-places": Scenario(
        "a pod whose ads have one place", changed(pod, changes.attributes("Ad", sequence="1"))
    ),
    "half-broken": Scenario(
        "a pod of which every other ad is broken", changed(pod, changes.half_broken), {"n": "4"}
    ),
    "many": Scenario("150 ads, or `n`", pods.buffet, {"n": "150"}),
    "skippable": Scenario(
        "an ad that can be skipped",
        changed(single, changes.attributes("Linear", skipoffset="00:00:05")),
    ),
    "conditional": Scenario(
        "a conditional ad", changed(single, changes.attributes("Ad", conditionalAd="true"))
    ),
    "category": Scenario(
        "an ad of the category `category`", changed(single, changes.asked_category)
    ),
    "vpaid": Scenario(
        "a program in place of a film",
        changed(
            single,
            changes.attributes("MediaFile", apiFramework="VPAID", type="application/javascript"),
        ),
    ),
    "simid": Scenario("a film and a program above it", single, {"full": "1"}),
    "simid-only": Scenario(
        "a program and no film",
        changed(single, changes.attributes("MediaFile", apiFramework="SIMID", type="text/html")),
    ),
    "mezzanine": Scenario(
        "a film of source quality only",
        changed(
            single,
            changes.attributes("MediaFile", bitrate=""),
            changes.renamed("MediaFile", "Mezzanine"),
        ),
    ),
    "audio": Scenario(
        "an ad to be heard",
        changed(
            single,
            changes.attributes("Ad", adType="audio"),
            changes.attributes("MediaFile", type="audio/mpeg"),
        ),
    ),
    "streaming": Scenario(
        "a film as HLS",
        changed(
            single,
            changes.attributes("MediaFile", delivery="streaming", type="application/x-mpegURL"),
        ),
    ),
    "nonlinear": Scenario("an overlay and no film", changed(single, changes.only_overlay)),
    "no-media": Scenario("an ad without a file", changed(single, changes.without("MediaFile"))),
    "no-type": Scenario(
        "a film without a type", changed(single, changes.attributes("MediaFile", type=""))
    ),
    "no-duration": Scenario("an ad without Duration", changed(single, changes.without("Duration"))),
    "zero-duration": Scenario(
        "an ad of no length", changed(single, changes.texts("Duration", "00:00:00"))
    ),
}

_CHAINS = {
    "wrappers": Scenario("`depth` wrappers, then the scenario `then`", chains.wrappers),
    "loop": Scenario("a wrapper of itself", wrapper_of("loop")),
    "endless": Scenario("wrappers without end, each with another URL", chains.endless),
    "dead": Scenario(
        "a wrapper of a host that is not there", wrapper_of("pod", "http://x.invalid")
    ),
    "closed": Scenario("a wrapper of a closed port", wrapper_of("pod", "http://127.0.0.1:65535")),
    "private": Scenario(
        "a wrapper of a private address", wrapper_of("pod", "http://169.254.169.254")
    ),
    "wrapper-pod": Scenario(
        "a wrapper that may bring a pod, and does", wrapper_of("pod", allowMultipleAds="true")
    ),
    "wrapper-one": Scenario(
        "a wrapper that brings a pod and may not", wrapper_of("pod", allowMultipleAds="false")
    ),
    "wrapper-buffet": Scenario("a wrapper that brings a buffet", wrapper_of("buffet")),
    "wrapper-last": Scenario(
        "a wrapper after which no other may come, and one does",
        wrapper_of("wrappers", followAdditionalWrappers="false"),
    ),
    "wrapper-fallback": Scenario("an empty wrapper with fallbackOnNoAd, then ads", chains.fallback),
    "wrapper-no-fallback": Scenario(
        "an empty wrapper without it, then ads", chains.fallback, {"fallback": "false"}
    ),
    "wrapper-empty": Scenario("a wrapper that brings nothing", wrapper_of("empty")),
    "wrapper-slow": Scenario("a wrapper of a slow call", wrapper_of("slow")),
    "wrapper-garbage": Scenario("a wrapper that brings garbage", wrapper_of("garbage")),
    "wrapper-blocked": Scenario("a wrapper that blocks the category of its ad", chains.blocked),
    "wrapper-no-url": Scenario(
        "a wrapper without a URL", changed(wrapper_of("pod"), changes.without("VASTAdTagURI"))
    ),
    "wrapper-and-inline": Scenario("an ad that is both", chains.both),
    "mixed": Scenario("a pod of ads and wrappers in turn", chains.mixed),
    "substituted": Scenario("a pod with an ad that fails, and a substitute", chains.substituted),
}

_DELIVERIES = {
    "slow": Scenario("a pod after 3 seconds, or `slow`", pod, {"slow": "3"}),
    "drip": Scenario("a pod byte by byte", pod, {"drip": "0.005"}),
    "gzip": Scenario("a pod, compressed", pod, {"gzip": "1"}),
    "not-gzip": Scenario("a pod that is said to be compressed", pod, {"gzip": "2"}),
    "bom": Scenario("a pod after a byte order mark", pod, {"bom": "1"}),
    "lead": Scenario("a pod after empty lines", pod, {"lead": "1"}),
    "wrong-type": Scenario("a pod that is said to be HTML", pod, {"type": "text/html"}),
    "no-content-type": Scenario("a pod without a content type", pod, {"type": ""}),
    "utf-16": Scenario("a pod in UTF-16", _encoded("utf-16")),
    "latin-1": Scenario("a pod in ISO 8859-1", _encoded("iso-8859-1")),
    "cut": Scenario("a pod whose connection is reset in the middle", pod, {"cut": "1"}),
    "reset": Scenario("a connection that is reset at once", pod, {"reset": "1"}),
    "hang": Scenario("no answer", pod, {"hang": "1"}),
    "status": Scenario("status 500, or `status`", _same(b""), {"status": "500"}),
    "none": Scenario("status 204", _same(b""), {"status": "204", "type": ""}),
    "blank": Scenario("status 200 and no byte", _same(b"")),
    "redirect": Scenario(
        "a redirect to a private address, or `to`",
        _same(b""),
        {"status": "302", "to": "http://169.254.169.254/latest/meta-data/"},
    ),
}

_HOSTILE = {
    "garbage": Scenario("bytes", _same(broken.GARBAGE)),
    "html": Scenario("a page", _same(broken.HTML), {"type": "text/html"}),
    "json": Scenario("JSON", _same(b'{"ads":[]}'), {"type": "application/json"}),
    "truncated": Scenario("a pod that ends in the middle", _truncated),
    "not-utf-8": Scenario("bytes that are no text", _same(broken.NOT_UTF8)),
    "controls": Scenario("control characters", _same(broken.CONTROL_CHARACTERS)),
    "doctype": Scenario("an entity that is a file", _same(broken.EXTERNAL_ENTITY)),
    "parameter-entity": Scenario("a DTD from the network", _same(broken.PARAMETER_ENTITY)),
    "bomb": Scenario("entities of entities", _same(broken.entity_bomb())),
    "gzip-bomb": Scenario(
        "64 MiB of white space, or `bytes`, compressed",
        lambda call: broken.gzip_bomb(call.number("bytes", 64 << 20, most=1 << 30)),
        {"gzip": "2"},
    ),
    "oversized": Scenario("a pod of 2 MiB, or `bytes`", _oversized),
    "wide": Scenario("200,000 elements, or `n`", _many(broken.wide, 200_000)),
    "deep": Scenario("10,000 elements in one another, or `n`", _many(broken.deep, 10_000)),
    "attributes": Scenario("50,000 attributes, or `n`", _many(broken.attributes, 50_000)),
    "trackers": Scenario("5,000 URLs of one event, or `n`", changed(single, changes.many_trackers)),
    "hostile": Scenario("hostile strings in every text, URL and name", pods.hostile),
    "hostile-everywhere": Scenario("and in every attribute", pods.hostile_everywhere),
    "huge-attribute": Scenario("an attribute of 1 MB", changed(single, changes.huge_attribute)),
    "version": Scenario("a version that nobody knows, or `v`", pods.nothing, {"v": "9.9"}),
}

SCENARIOS: Mapping[str, Scenario] = _ADS | _CHAINS | _DELIVERIES | _HOSTILE
