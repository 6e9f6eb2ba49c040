"""Settings of breaks: where they are, and what they show.

Times of content are Decimal seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from packager.config import checks, scalars
from packager.config.ad_settings import Bumpers, Prefetch, VastServer
from packager.config.settings import ByWord, OneOf, Section, Short, required, section, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class VastFill:
    """Ads come from an ad server."""

    server: VastServer = required(
        "an ad server that answers in VAST: its URL, or `{url: ..., headers: ...}`",
        read=Short(Section(VastServer, checks=(checks.get_has_no_body,)), "url"),
        key="vast",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFill:
    """The break shows one configured asset."""

    asset: str = required(
        "name of one of the show's assets; with choices in it, `{opener}`, that which they say",
        read=scalars.name_with_choices,
    )


@dataclass(frozen=True, slots=True)
class SlateFill:
    """The break shows the slate for as long as it lasts."""


@dataclass(frozen=True, slots=True)
class VmapFill:
    """The break shows the ads that the show's VMAP has for it."""


Fill = VastFill | AssetFill | SlateFill | VmapFill
Otherwise = Literal["content", "slate"] | AssetFill

FILL = OneOf({"vast": Section(VastFill), "asset": Section(AssetFill)}, words={"slate": SlateFill()})
OTHERWISE = OneOf(
    {"asset": Section(AssetFill)}, words={word: word for word in ("content", "slate")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakRule:
    """What a break shows, wherever it is."""

    fill: Fill = required("what to show: `{vast: URL}`, `{asset: NAME}` or `slate`", read=FILL)
    otherwise: Otherwise = setting(
        "content",
        "what to show for want of ads: `content`, `slate` or `{asset: NAME}`",
        read=OTHERWISE,
        key="else",
    )
    bumpers: Bumpers = section(Bumpers(), "house media around the ads")


_FROM = "`cues`: breaks are where the content's cues are; `vmap`: where an answer says (VOD only)"
_source = scalars.word("cues", "vmap")


@dataclass(frozen=True, slots=True, kw_only=True)
class CueBreaks(BreakRule):
    """Breaks are where the content's cues are."""

    source: Literal["cues"] = setting("cues", _FROM, read=_source, key="from")
    prefetch: Prefetch | None = setting(
        None,
        "live: ask for ads ahead, for the next break that comes unannounced",
        read=Section(Prefetch),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VmapBreaks(BreakRule):
    """Breaks of VOD content are where a server's VMAP has them, with the ads that it names."""

    fill: Fill = VmapFill()  # nothing that the file could set
    # One row of the table stands for both kinds.
    source: Literal["vmap"] = setting("vmap", _FROM, read=_source, key="from", shown="cues")
    server: VastServer = required(
        "server that answers in VMAP, once a session: its URL, or `{url: ..., headers: ...}`",
        read=Short(Section(VastServer, checks=(checks.get_has_no_body,)), "url"),
        key="url",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledBreak(BreakRule):
    """A break at a fixed time of VOD content."""

    at: Decimal | Literal["end"] = required(
        "seconds into VOD content: `0` is a pre-roll, also of live sessions; `end` is a post-roll",
        read=scalars.moment,
    )
    seconds: Decimal | None = setting(
        None,
        "most seconds to show; without it, `limits.max_break_s`",
        read=scalars.number("0.1", "7200"),
    )


BREAK = OneOf(
    {
        "from": ByWord(
            "from",
            {
                "cues": Section(CueBreaks, checks=(checks.prefetch_asks_a_server,)),
                "vmap": Section(VmapBreaks, checks=(checks.vmap_knows_no_break,)),
            },
        ),
        "at": Section(ScheduledBreak, checks=(checks.slate_has_seconds,)),
    }
)
