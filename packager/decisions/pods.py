"""Which ads of an answer are its pod, and which are only there to stand in (splice rule D-05)."""

from collections.abc import Iterable

from packager.decisions.ads import Ad, Failure, Wrapper

Offered = Ad | Wrapper | Failure


def level_of(ad: Offered) -> Ad:
    """What an answer itself says of an ad."""
    match ad:
        case Wrapper():
            return ad.level
        case Failure():
            return ad.ad
        case _:
            return ad


def pod_and_substitutes(
    ads: Iterable[Offered],
) -> tuple[tuple[Offered, ...], tuple[Offered, ...]]:
    """Part ads into the pod, in playing order, and the substitutes.

    Equal sequence numbers, which the standard forbids, play in the order of the document, and so
    does an answer without any.
    """
    ads = tuple(ads)
    numbered = [(number, ad) for ad in ads if (number := level_of(ad).sequence) is not None]
    if not numbered:
        return ads, ()
    pod = tuple(ad for _, ad in sorted(numbered, key=lambda pair: pair[0]))
    return pod, tuple(ad for ad in ads if level_of(ad).sequence is None)
