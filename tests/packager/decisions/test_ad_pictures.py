"""D-10: which picture of a NonLinear ad is drawn."""

import pytest

from packager.decisions.ads import Ad, NonLinear, Resource
from packager.decisions.pictures import picture_of

PAGE, HTML = Resource("iframe", "https://a.example/page"), Resource("html", "<b/>")
PNG = Resource("static", "https://a.example/logo.png", "image/png")
SCRIPT = Resource("static", "https://a.example/x.js", "application/x-javascript")
UNSAID = Resource("static", "https://a.example/logo")

CASES = {
    "nothing": ((), None),
    "a page and HTML": (((PAGE, HTML),), None),
    "a script": (((SCRIPT,),), None),
    "the first picture": (((PAGE, PNG, UNSAID),), PNG),
    "a type that is not said": (((SCRIPT, UNSAID),), UNSAID),
    "in another overlay of the ad": (((PAGE,), (PNG,)), PNG),
}


@pytest.mark.parametrize(("resources", "expected"), CASES.values(), ids=CASES)
def test_the_first_picture_of_an_ad_is_drawn(
    resources: tuple[tuple[Resource, ...], ...], expected: Resource | None
) -> None:
    overlays = tuple(NonLinear(id=str(n), resources=each) for n, each in enumerate(resources))
    found = picture_of(Ad(id="x", nonlinears=overlays))
    assert (None if found is None else found.url) == (None if expected is None else expected.value)
    if found is not None:
        assert expected in found.nonlinear.resources
