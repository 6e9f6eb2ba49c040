from dataclasses import replace
from typing import Any

import pytest

from packager.decisions.ad_xml import MAX_URLS
from packager.decisions.ads import (
    Ad,
    Category,
    Companion,
    Extension,
    Icon,
    Linear,
    Link,
    MediaFile,
    NonLinear,
    Pricing,
    Resource,
    Tracking,
    Verification,
    ViewableImpression,
)
from packager.decisions.merging import merged, merged_for_errors

INLINE, WRAPPER = Link("http://t.test/inline"), Link("http://t.test/wrapper")
START = Tracking("start", "http://t.test/inline")
ALSO = Tracking("start", "http://t.test/wrapper")

# What accumulates (D-04): field, in the wrapper, in the InLine, in the ad.
LISTS: dict[str, tuple[str, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]] = {
    "impressions": ("impressions", (WRAPPER,), (INLINE,), (WRAPPER, INLINE)),
    "one impression of both, each with a name of its own": (
        "impressions", (Link("http://t.test/", "w"),), (Link("http://t.test/", "i"),),
        (Link("http://t.test/", "i"),)),
    "errors": ("error_urls", ("http://e.test/w",), ("http://e.test/i",),
               ("http://e.test/w", "http://e.test/i")),
    "one error of both": ("error_urls", ("http://e.test/",), ("http://e.test/",),
                          ("http://e.test/",)),
    "viewable impressions": (
        "viewable_impressions", (ViewableImpression(id="w"),), (ViewableImpression(id="i"),),
        (ViewableImpression(id="w"), ViewableImpression(id="i"))),
    "verifications": ("verifications", (Verification(vendor="w"),), (Verification(vendor="i"),),
                      (Verification(vendor="w"), Verification(vendor="i"))),
    "extensions": ("extensions", (Extension("w", "<w/>"),), (Extension("i", "<i/>"),),
                   (Extension("w", "<w/>"), Extension("i", "<i/>"))),
    "blocked categories": ("blocked_categories", (Category("", "w"),), (), (Category("", "w"),)),
    "tracking of overlays": ("nonlinear_tracking", (ALSO,), (START,), (ALSO, START)),
    "companions of other sizes": (
        "companions", (Companion(id="w", width=300, height=50),),
        (Companion(id="i", width=300, height=250),),
        (Companion(id="i", width=300, height=250), Companion(id="w", width=300, height=50))),
    "companions for other slots": (
        "companions", (Companion(ad_slot_id="1", width=300),),
        (Companion(ad_slot_id="2", width=300),),
        (Companion(ad_slot_id="2", width=300), Companion(ad_slot_id="1", width=300))),
    "companions for one place: the nearest": (
        "companions", (Companion(id="w", width=300, height=250),),
        (Companion(id="i", width=300, height=250),), (Companion(id="i", width=300, height=250),)),
    "categories: the nearest": ("categories", (Category("", "w"),), (Category("", "i"),),
                                (Category("", "i"),)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "outer", "inner", "both"), LISTS.values(), ids=LISTS)
def test_what_levels_of_an_ad_list_is_joined_d_04(
    name: str, outer: tuple[Any, ...], inner: tuple[Any, ...], both: tuple[Any, ...]
) -> None:
    ad = merged((Ad(id="w", **{name: outer}),), Ad(id="i", **{name: inner}))
    assert getattr(ad, name) == both
    assert (ad.id, ad.wrapper_ids) == ("i", ("w",))


SINGLE = {
    "title": ("w", "i"),
    "description": ("w", "i"),
    "advertiser": ("w", "i"),
    "advertiser_id": ("w", "i"),
    "serving_id": ("w", "i"),
    "ad_system": ("w", "i"),
    "pricing": (Pricing("1"), Pricing("2")),
    "sequence": (1, 2),
}


@pytest.mark.parametrize(("name", "values"), SINGLE.items(), ids=SINGLE)
def test_of_what_there_is_one_the_nearest_to_the_inline_is_it_d_04(
    name: str, values: tuple[Any, Any]
) -> None:
    outer, inner = Ad(id="w", **{name: values[0]}), Ad(id="i", **{name: values[1]})
    assert getattr(merged((outer,), inner), name) == values[1]
    assert getattr(merged((outer,), Ad(id="i")), name) == values[0]
    assert getattr(merged((Ad(id="w"),), inner), name) == values[1]


def test_an_ad_is_conditional_and_expires_as_its_strictest_level_says() -> None:
    ad = merged((Ad(id="w", conditional=True, expires_s=60),), Ad(id="i", expires_s=3600))
    assert ad.conditional
    assert ad.expires_s == 60


def test_what_happens_while_a_film_plays_is_joined_and_the_film_is_the_inlines_d_04() -> None:
    outer = Linear(
        tracking=(ALSO, START),
        click_through="http://c.test/wrapper",
        click_tracking=(WRAPPER,),
        custom_clicks=(WRAPPER,),
        icons=(Icon(program="AdChoices", width=1), Icon(program="other")),
    )
    film = MediaFile(url="http://m.test/", type="video/mp4")
    inner = Linear(
        media_files=(film,),
        tracking=(START,),
        click_through="http://c.test/inline",
        click_tracking=(INLINE,),
        icons=(Icon(program="AdChoices", width=2),),
    )
    linear = merged((Ad(id="w", linear=outer),), Ad(id="i", linear=inner)).linear
    assert linear == Linear(
        media_files=(film,),
        tracking=(ALSO, START),
        click_through="http://c.test/inline",
        click_tracking=(WRAPPER, INLINE),
        custom_clicks=(WRAPPER,),
        icons=(Icon(program="AdChoices", width=2), Icon(program="other")),
    )
    bare = replace(inner, click_through=None)
    linear = merged((Ad(id="w", linear=outer),), Ad(id="i", linear=bare)).linear
    assert linear is not None
    assert linear.click_through == "http://c.test/wrapper"


def test_a_wrapper_may_sell_an_ad_as_skippable_d_09() -> None:
    outer = Ad(id="w", linear=Linear(skip_offset="00:00:05"))
    linear = merged((outer,), Ad(id="i", linear=Linear())).linear
    assert linear is not None
    assert linear.skip_offset == "00:00:05"


def test_what_wrappers_track_of_a_film_does_not_make_a_film_of_an_overlay() -> None:
    overlay = NonLinear(resources=(Resource("static", "http://n.test/"),), click_tracking=(INLINE,))
    ad = merged(
        (
            Ad(
                id="w",
                linear=Linear(tracking=(ALSO,)),
                nonlinears=(NonLinear(click_tracking=(WRAPPER,)),),
            ),
        ),
        Ad(id="i", nonlinears=(overlay,)),
    )
    assert ad.linear is None
    assert ad.nonlinears == (replace(overlay, click_tracking=(WRAPPER, INLINE)),)


def test_levels_are_merged_from_the_inside_out() -> None:
    levels = tuple(
        Ad(id=id, title=id, impressions=(Link(f"http://i.test/{id}"),)) for id in ("w1", "w2")
    )
    ad = merged(levels, Ad(id="i", impressions=(INLINE,)))
    assert ad.title == "w2"
    assert ad.wrapper_ids == ("w1", "w2")
    assert [link.url for link in ad.impressions] == [
        "http://i.test/w1",
        "http://i.test/w2",
        INLINE.url,
    ]
    assert merged((), ad) is ad


def test_levels_together_are_limited_as_one_is_d_13() -> None:
    many = tuple(Link(f"http://i.test/{n}") for n in range(MAX_URLS))
    errors = tuple(f"http://e.test/{n}" for n in range(MAX_URLS))
    ad = merged(
        (Ad(id="w", impressions=many[:300]),), Ad(id="i", impressions=many, error_urls=errors)
    )
    assert (len(ad.impressions), len(ad.error_urls)) == (MAX_URLS, 0)
    long = tuple(Extension("t", f"{n}" + "x" * 30_000) for n in range(20))
    kept = merged((Ad(id="w", extensions=long[:10]),), Ad(id="i", extensions=long[10:])).extensions
    assert 0 < len(kept) < 20


def test_everybody_is_told_of_an_ad_that_fails_e_07() -> None:
    levels = (Ad(id="w", error_urls=("http://e.test/w", "http://e.test/")),)
    ad = merged_for_errors(levels, Ad(id="i", error_urls=("http://e.test/",)))
    assert ad.error_urls == ("http://e.test/w", "http://e.test/")
    assert ad.wrapper_ids == ("w",)
