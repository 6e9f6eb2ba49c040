"""What an ad server may offer, as values, and how to choose from it (splice rules D-05 to D-09)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# What conditioning reads; streams and images are not.
VIDEO_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm", "video/x-m4v"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """One file of a linear creative."""

    url: str
    type: str  # MIME type, lower case, without parameters
    delivery: str = "progressive"
    width: int = 0  # pixels; 0: not said
    height: int = 0
    bitrate: int = 0  # kbit/s; 0: not said
    codec: str = ""
    api_framework: str = ""  # VPAID, SIMID: a program, not a film
    mezzanine: bool = False  # source quality, for conditioning only


@dataclass(frozen=True, slots=True)
class Tracking:
    """A URL to fire at an event of playback; `offset` is as written, for `progress`."""

    event: str
    url: str
    offset: str = ""


@dataclass(frozen=True, slots=True)
class UniversalAdId:
    """What names the same creative everywhere (D-07)."""

    registry: str
    value: str


@dataclass(frozen=True, slots=True)
class Category:
    """What an ad is about, in the words of an authority."""

    authority: str
    value: str


@dataclass(frozen=True, slots=True)
class Extension:
    """Something outside the standard; `xml` is the element as written."""

    type: str
    xml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A film for an ad break."""

    duration: Decimal | None = None  # seconds, as announced; None: missing or unreadable
    skip_offset: str | None = None  # as written; None: cannot be skipped
    media_files: tuple[MediaFile, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    click_through: str | None = None
    click_tracking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ad:
    """An InLine ad; of its creatives the first linear one, or None where there are only others."""

    id: str
    sequence: int | None = None  # place in the pod; None: a substitute (D-05)
    conditional: bool = False
    kind: str = "video"  # Ad@adType: video, audio, hybrid
    title: str = ""
    serving_id: str = ""
    advertiser: str = ""
    advertiser_id: str = ""
    categories: tuple[Category, ...] = ()
    expires_s: int | None = None  # how long the ad may be kept (D-12)
    creative_id: str = ""
    creative_ad_id: str = ""  # Creative@adId: the ad server's name of the creative
    universal_ad_ids: tuple[UniversalAdId, ...] = ()
    linear: Linear | None = None
    impressions: tuple[str, ...] = ()
    error_urls: tuple[str, ...] = ()
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """An ad that another ad server has; read, and not followed yet."""

    id: str
    ad_tag_url: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vast:
    """An ad server's answer: ads in the order of the document."""

    version: str
    ads: tuple[Ad | Wrapper, ...] = ()
    errors: tuple[str, ...] = ()  # Error URLs of the whole answer: there was no ad (D-01)
    flaws: tuple[str, ...] = ()  # what was left out because it is broken, in words
    truncated: bool = False  # there were more ads than are read


def pod_and_substitutes(
    ads: Iterable[Ad | Wrapper],
) -> tuple[tuple[Ad | Wrapper, ...], tuple[Ad | Wrapper, ...]]:
    """Part ads into the pod, in playing order, and the substitutes (D-05).

    Equal sequence numbers, which the standard forbids, play in the order of the document, and so
    does an answer without any.
    """
    ads = tuple(ads)
    numbered = [(ad.sequence, ad) for ad in ads if ad.sequence is not None]
    if not numbered:
        return ads, ()
    pod = tuple(ad for _, ad in sorted(numbered, key=lambda pair: pair[0]))
    return pod, tuple(ad for ad in ads if ad.sequence is None)


def choose_media_file(ad: Ad, *, ladder_max_height: int) -> MediaFile | None:
    """Choose what to condition for a ladder, by attributes, not by order (D-08).

    The smallest ready-to-serve file that is as tall as the ladder, of equals the one with the most
    bits; else the mezzanine; else the tallest. None: the ad has no film that can be stitched.

    Args:
        ad: What to choose from.
        ladder_max_height: Height in pixels of the tallest rung of the show's ladder.
    """
    films = [
        file
        for file in (ad.linear.media_files if ad.linear else ())
        if file.type in VIDEO_TYPES and file.delivery == "progressive" and not file.api_framework
    ]
    ready = [file for file in films if not file.mezzanine]
    tall = [file for file in ready if file.height >= ladder_max_height]
    if tall:
        return min(tall, key=lambda file: (file.height, -file.bitrate))
    mezzanines = [file for file in films if file.mezzanine]
    return max(mezzanines or ready, key=lambda file: (file.height, file.bitrate), default=None)
