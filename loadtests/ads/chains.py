"""Documents with wrappers in them (splice rules D-02, D-03)."""

from collections.abc import Callable

from lxml import etree

from loadtests.ads.calls import Call
from loadtests.ads.documents import vast, wrapper_ad
from loadtests.ads.pods import ad_of

BLOCKED = "blocked-category"
_RULES = {
    "follow": "followAdditionalWrappers",
    "multiple": "allowMultipleAds",
    "fallback": "fallbackOnNoAd",
}


def wrappers(call: Call) -> etree._Element:
    """A chain: each wrapper names the next call, the last one the scenario `then`."""
    at = call.number("at", 1, most=1000)
    if at < call.number("depth", 1, most=100):
        url = call.url("wrappers", at=at + 1)
    else:
        url = call.url(call.query.get("then", "single"), at=None, depth=None, then=None)
    return vast(_wrapper(call, url, at))


def endless(call: Call) -> etree._Element:
    """A chain without an end, in which no URL comes twice."""
    at = call.number("at", 1, most=1_000_000)
    return vast(_wrapper(call, call.url("endless", at=at + 1), at))


def wrapper_of(scenario: str, host: str = "", **rules: str) -> Callable[[Call], etree._Element]:
    """One wrapper of a scenario, which may be another host's."""

    def document(call: Call) -> etree._Element:
        url = call.url(scenario, host=call.query.get("host", host))
        return vast(_wrapper(call, url, 1, sequence=None, **rules))

    return document


def fallback(call: Call) -> etree._Element:
    """A wrapper that has no ad, and ads that may take its place."""
    ads = (ad_of(call, film, place) for place, film in enumerate(call.films[:2], 1))
    return vast(_wrapper(call, call.url("empty"), fallbackOnNoAd="true"), *ads)


def mixed(call: Call) -> etree._Element:
    """A pod of ads and wrappers in turn."""
    ads = []
    for place, film in enumerate(call.chosen(4), 1):
        if place % 2:
            ads.append(ad_of(call, film, place, sequence=place))
        else:
            url = call.url("single", turn=place - 1, n=None)
            ads.append(_wrapper(call, url, place, sequence=place))
    return vast(*ads)


def substituted(call: Call) -> etree._Element:
    """A pod whose second ad is a wrapper of nothing, and a substitute for it (D-05)."""
    first, last, substitute = (call.films * 3)[:3]
    return vast(
        ad_of(call, first, 1, sequence=1),
        _wrapper(call, call.url("empty"), 2, sequence=2),
        ad_of(call, last, 3, sequence=3),
        ad_of(call, substitute, 4),
    )


def blocked(call: Call) -> etree._Element:
    """A wrapper that does not want the category of the ad that it brings."""
    url = call.url("category", category=BLOCKED)
    return vast(wrapper_ad(url, call.beacons("w1", "wrapper1"), blocked=[BLOCKED]))


def both(call: Call) -> etree._Element:
    """An Ad that is an InLine ad and a wrapper, which it must not be (D-01)."""
    ad = ad_of(call, call.films[0], 1)
    ad.append(_wrapper(call, call.url("single"))[0])
    return vast(ad)


def _wrapper(
    call: Call, url: str, at: int = 1, *, sequence: int | None = None, **rules: str
) -> etree._Element:
    """A wrapper as an element; rules that the call names win over the scenario's."""
    asked = {_RULES[name]: call.query[name] for name in _RULES if name in call.query}
    return wrapper_ad(
        url,
        call.beacons(f"w{at}", f"wrapper{at}"),
        sequence=sequence,
        full=call.full,
        **(rules | asked),
    )
