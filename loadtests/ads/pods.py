"""Documents with ads in them, and those with none."""

from lxml import etree

from loadtests.ads.calls import Call
from loadtests.ads.documents import Film, inline_ad, vast
from loadtests.ads.hostile import URLS, poison


def pod(call: Call) -> etree._Element:
    """Ads with a place each; none fits: an empty document."""
    ads = [ad_of(call, film, place, sequence=place) for place, film in enumerate(call.chosen(), 1)]
    return vast(*ads) if ads else empty(call)


def buffet(call: Call) -> etree._Element:
    """Ads without places."""
    return vast(*(ad_of(call, film, place) for place, film in enumerate(call.chosen(), 1)))


def single(call: Call) -> etree._Element:
    """One ad."""
    return vast(ad_of(call, call.films[0], 1))


def empty(call: Call) -> etree._Element:
    """No ad, and whom to tell."""
    return vast(errors=[call.beacons("none", "response").url("error", "code=[ERRORCODE]")])


def nothing(call: Call) -> etree._Element:
    """No ad, and nobody to tell."""
    return vast()


def hostile(call: Call) -> etree._Element:
    """Hostile strings in all texts, URLs and names, and an honest ad after them."""
    return _hostile(call, everywhere=False)


def hostile_everywhere(call: Call) -> etree._Element:
    """The same in every attribute, so that nothing of those ads is as it should be."""
    return _hostile(call, everywhere=True)


def ad_of(call: Call, film: Film, place: int, *, sequence: int | None = None) -> etree._Element:
    """An ad of a call."""
    return inline_ad(
        film,
        call.media(film),
        call.beacons(f"{place}-{film.id}"),
        sequence=sequence,
        full=call.full,
    )


def _hostile(call: Call, *, everywhere: bool) -> etree._Element:
    film = call.films[0]
    ads = []
    for number in range(len(URLS)):
        ad = inline_ad(film, call.media(film), call.beacons(f"{number}-hostile"), full=True)
        poison(ad, number, everywhere=everywhere)
        ads.append(ad)
    return vast(*ads, ad_of(call, film, len(URLS)))
