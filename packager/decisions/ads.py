"""What ad servers offer, as values: everything of VAST 2.0 to 4.3 that playing or telling needs.

An `Ad` is one level of a chain: an InLine, or what a `Wrapper` adds to the ad that it leads to.
Both are the same value, so that following a chain is merging two of them into one (splice rule
D-04); what plays is an InLine with every level above it merged in.

Texts are trimmed and bounded, URLs absolute http(s) without white space, with their macros as
written. What an ad server does not say is an empty text, an empty tuple, 0 or None.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from packager.reasons import Reason


@dataclass(frozen=True, slots=True)
class Link:
    """A URL to fire or to open, with the name that the ad server has for it."""

    url: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Tracking:
    """A URL to fire at an event; for progress `offset` is ``hh:mm:ss[.mmm]`` or ``n%``."""

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
    """What an ad is about, or must not be about, in the words of an authority (D-12)."""

    authority: str
    value: str


@dataclass(frozen=True, slots=True)
class Extension:
    """Something outside the standard; `xml` is the element as written."""

    type: str
    xml: str


@dataclass(frozen=True, slots=True)
class Pricing:
    """What the ad costs, as written."""

    value: str
    model: str = ""  # cpm, cpc, cpe, cpv
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """Where a viewer may be asked about the ad; deprecated since VAST 4.1."""

    url: str
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewableImpression:
    """URLs for what a viewer's device finds out about the ad being in view (E-10)."""

    id: str = ""
    viewable: tuple[str, ...] = ()
    not_viewable: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResource:
    """A program that measures the ad on the viewer's device."""

    kind: Literal["javascript", "executable"]
    url: str
    api_framework: str = ""
    type: str = ""  # of an executable
    browser_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Who wants to measure the ad, and with what (D-11)."""

    vendor: str = ""
    resources: tuple[VerificationResource, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    parameters: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """One file of a linear creative, or its mezzanine."""

    url: str
    type: str  # MIME type, lower case, without parameters
    delivery: str = "progressive"
    width: int = 0  # pixels; 0: not said, as everywhere below
    height: int = 0
    bitrate: int = 0  # kbit/s
    min_bitrate: int = 0  # of one that adapts
    max_bitrate: int = 0
    codec: str = ""
    api_framework: str = ""  # VPAID, SIMID: a program, not a film
    id: str = ""
    file_size: int = 0  # bytes
    media_type: str = ""  # 2D, 3D, 360
    scalable: bool | None = None
    maintain_aspect_ratio: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveFile:
    """A program that a viewer's device may run beside the film (SIMID)."""

    url: str
    type: str = ""
    api_framework: str = ""
    variable_duration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionFile:
    """Closed captions of the film."""

    url: str
    type: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an icon, companion or overlay shows: the URL of an image or a page, or HTML itself."""

    kind: Literal["static", "iframe", "html"]
    value: str
    type: str = ""  # MIME type of a static one


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackImage:
    """What a click on an icon shows on devices that open no pages."""

    url: str
    width: int = 0
    height: int = 0
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon:
    """A mark over the film, such as AdChoices; for a device to draw (D-15)."""

    program: str = ""
    width: int = 0  # pixels
    height: int = 0
    x: str = ""  # pixels, or left, right
    y: str = ""  # pixels, or top, bottom
    offset: Decimal | None = None  # seconds into the ad
    duration: Decimal | None = None  # seconds
    api_framework: str = ""
    px_ratio: str = ""
    alt_text: str = ""
    hover_text: str = ""
    resources: tuple[Resource, ...] = ()
    click_through: str | None = None
    click_tracking: tuple[Link, ...] = ()
    view_tracking: tuple[str, ...] = ()
    fallback_images: tuple[FallbackImage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """Something to show beside the player; for a page to draw (D-15)."""

    id: str = ""
    width: int = 0  # pixels
    height: int = 0
    asset_width: int = 0
    asset_height: int = 0
    expanded_width: int = 0
    expanded_height: int = 0
    ad_slot_id: str = ""
    api_framework: str = ""
    px_ratio: str = ""
    rendering_mode: str = ""  # default, end-card, concurrent
    required: str = ""  # how many of its level must be shown: all, any, none
    alt_text: str = ""
    ad_parameters: str = ""
    resources: tuple[Resource, ...] = ()
    click_through: str | None = None
    click_tracking: tuple[Link, ...] = ()
    tracking: tuple[Tracking, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NonLinear:
    """Something to show over the content (D-10); in a wrapper only its `click_tracking`."""

    id: str = ""
    width: int = 0  # pixels
    height: int = 0
    expanded_width: int = 0
    expanded_height: int = 0
    scalable: bool | None = None
    maintain_aspect_ratio: bool | None = None
    min_duration: Decimal | None = None  # seconds that it should be shown at least
    api_framework: str = ""
    ad_parameters: str = ""
    resources: tuple[Resource, ...] = ()
    click_through: str | None = None
    click_tracking: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A film for an ad break; in a wrapper, what happens while it plays."""

    duration: Decimal | None = None  # seconds, as announced; None: missing or unreadable
    skip_offset: str | None = None  # as written; None: cannot be skipped
    media_files: tuple[MediaFile, ...] = ()
    mezzanines: tuple[MediaFile, ...] = ()  # source quality, for conditioning only (D-08)
    interactive_files: tuple[InteractiveFile, ...] = ()
    captions: tuple[CaptionFile, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    click_through: str | None = None
    click_tracking: tuple[Link, ...] = ()
    custom_clicks: tuple[Link, ...] = ()
    icons: tuple[Icon, ...] = ()
    ad_parameters: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ad:
    """One ad, or one level of it; of its creatives the first linear one, all others as shown."""

    id: str
    sequence: int | None = None  # place in the pod; None: a substitute (D-05)
    conditional: bool = False
    kind: str = "video"  # Ad@adType: video, audio, hybrid
    ad_system: str = ""
    ad_system_version: str = ""
    title: str = ""
    description: str = ""
    advertiser: str = ""
    advertiser_id: str = ""
    serving_id: str = ""
    pricing: Pricing | None = None
    survey: Survey | None = None
    expires_s: int | None = None  # how long the ad may be kept (D-12)
    categories: tuple[Category, ...] = ()
    blocked_categories: tuple[Category, ...] = ()  # one value each; from wrappers
    impressions: tuple[Link, ...] = ()
    viewable_impressions: tuple[ViewableImpression, ...] = ()
    error_urls: tuple[str, ...] = ()
    verifications: tuple[Verification, ...] = ()
    extensions: tuple[Extension, ...] = ()
    wrapper_ids: tuple[str, ...] = ()  # Ad@id of the wrappers that led here, outermost first
    # of the linear creative, or of the first one where there is none
    creative_id: str = ""
    creative_ad_id: str = ""  # Creative@adId: the ad server's name of the creative
    creative_sequence: int | None = None
    creative_api_framework: str = ""
    creative_extensions: tuple[Extension, ...] = ()
    universal_ad_ids: tuple[UniversalAdId, ...] = ()
    linear: Linear | None = None
    # of all creatives
    companions: tuple[Companion, ...] = ()
    nonlinears: tuple[NonLinear, ...] = ()
    nonlinear_tracking: tuple[Tracking, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """An ad that another ad server has; read, and not followed yet (D-02, D-03)."""

    ad_tag_url: str
    level: Ad  # what this wrapper adds to the ad
    follow_additional: bool = True  # whether the answer may be a wrapper again
    allow_multiple: bool = False  # whether the answer may be a pod
    fallback: bool | None = None  # whether another ad may take its place; None: not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An ad that cannot be used; every level of it that is known is told so (D-14, E-07)."""

    ad: Ad
    code: int  # of VAST
    reason: Reason
    why: str  # in words, for logs: names no URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Vast:
    """An ad server's answer: ads in the order of the document."""

    version: str
    ads: tuple[Ad | Wrapper | Failure, ...] = ()
    errors: tuple[str, ...] = ()  # Error URLs of the whole answer: there was no ad (D-01)
    flaws: tuple[str, ...] = ()  # what was left out because it is broken or too much, in words
    truncated: bool = False  # there were more ads than are read
