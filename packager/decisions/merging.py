"""Levels of an ad made one: what wrappers add to the ad that they lead to (splice rule D-04).

Whatever is fired, measured or handed on is everybody's; of what there can be only one, the level
nearest to the InLine has its way.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from packager.decisions.ads import Ad, Companion, Linear, Link, NonLinear
from packager.decisions.bounds import bounded

Item = TypeVar("Item", bound=Hashable)


def merged(levels: Sequence[Ad], ad: Ad) -> Ad:
    """Give the ad that a chain of wrappers delivers.

    Args:
        levels: What the wrappers say, the outermost first.
        ad: What the last of them led to.
    """
    for level in reversed(levels):
        ad = _merged(level, ad)
    return bounded(ad) if levels else ad


def merged_for_errors(levels: Sequence[Ad], ad: Ad) -> Ad:
    """Give an ad that cannot be used: as it is, with those whom all levels want told of it."""
    return replace(
        ad,
        error_urls=tuple(dict.fromkeys(url for a in (*levels, ad) for url in a.error_urls)),
        wrapper_ids=tuple(level.id for level in levels),
    )


def _merged(outer: Ad, inner: Ad) -> Ad:
    return replace(
        inner,
        sequence=outer.sequence if inner.sequence is None else inner.sequence,
        conditional=outer.conditional or inner.conditional,
        ad_system=inner.ad_system or outer.ad_system,
        ad_system_version=inner.ad_system_version or outer.ad_system_version,
        title=inner.title or outer.title,
        description=inner.description or outer.description,
        advertiser=inner.advertiser or outer.advertiser,
        advertiser_id=inner.advertiser_id or outer.advertiser_id,
        serving_id=inner.serving_id or outer.serving_id,
        pricing=inner.pricing or outer.pricing,
        survey=inner.survey or outer.survey,
        expires_s=_least(outer.expires_s, inner.expires_s),
        categories=inner.categories or outer.categories,
        blocked_categories=_all(outer.blocked_categories, inner.blocked_categories),
        impressions=_links(outer.impressions, inner.impressions),
        viewable_impressions=_all(outer.viewable_impressions, inner.viewable_impressions),
        error_urls=_all(outer.error_urls, inner.error_urls),
        verifications=_all(outer.verifications, inner.verifications),
        extensions=_all(outer.extensions, inner.extensions),
        wrapper_ids=(outer.id, *inner.wrapper_ids),
        linear=_merged_linear(outer.linear, inner.linear),
        companions=_companions(outer.companions, inner.companions),
        nonlinears=_nonlinears(outer.nonlinears, inner.nonlinears),
        nonlinear_tracking=_all(outer.nonlinear_tracking, inner.nonlinear_tracking),
    )


def _all(outer: tuple[Item, ...], inner: tuple[Item, ...]) -> tuple[Item, ...]:
    """What both say, each once."""
    return tuple(dict.fromkeys((*outer, *inner)))


def _links(outer: tuple[Link, ...], inner: tuple[Link, ...]) -> tuple[Link, ...]:
    """URLs of both, each once, whatever it is called: it is fired once for an ad (E-03)."""
    return tuple({link.url: link for link in (*outer, *inner)}.values())


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _merged_linear(outer: Linear | None, inner: Linear | None) -> Linear | None:
    if outer is None or inner is None:
        return inner  # what a wrapper tracks of a film does not make a film of an overlay
    programs = {icon.program for icon in inner.icons}
    return replace(
        inner,
        # A wrapper may sell the ad as skippable, too.
        skip_offset=outer.skip_offset if inner.skip_offset is None else inner.skip_offset,
        tracking=_all(outer.tracking, inner.tracking),
        click_through=inner.click_through or outer.click_through,
        click_tracking=_links(outer.click_tracking, inner.click_tracking),
        custom_clicks=_links(outer.custom_clicks, inner.custom_clicks),
        # VAST 3.11.1: of one program the icon nearest to the InLine
        icons=inner.icons + tuple(i for i in outer.icons if i.program not in programs),
    )


def _companions(outer: Sequence[Companion], inner: Sequence[Companion]) -> tuple[Companion, ...]:
    def place(companion: Companion) -> tuple[Hashable, ...]:
        return companion.ad_slot_id, companion.width, companion.height

    taken = set(map(place, inner))
    return (*inner, *(companion for companion in outer if place(companion) not in taken))


def _nonlinears(outer: Sequence[NonLinear], inner: Sequence[NonLinear]) -> tuple[NonLinear, ...]:
    """Overlays are the InLine's; a wrapper's clicks count whichever is clicked on (D-10)."""
    clicks = tuple(link for nonlinear in outer for link in nonlinear.click_tracking)
    return tuple(
        replace(nonlinear, click_tracking=_links(clicks, nonlinear.click_tracking))
        for nonlinear in inner
    )
