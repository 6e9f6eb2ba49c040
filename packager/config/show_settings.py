"""Settings of a show: its origin, and what is put into it.

Times of content are Decimal seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from packager.config import checks, choice_checks, scalars
from packager.config.ad_settings import Ads, ConsentSettings
from packager.config.break_settings import BREAK, CueBreaks, ScheduledBreak, VmapBreaks
from packager.config.choice_settings import CHOICES, Choice
from packager.config.clip_settings import Clip
from packager.config.fact_settings import FACT, Fact
from packager.config.music_settings import MUSIC, Music
from packager.config.overlay_settings import OVERLAYS, Overlay
from packager.config.rights_settings import Terms
from packager.config.settings import ListOf, MapOf, OneOf, Section, required, section, setting
from packager.rules import check_rule_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Terms):
    """A file of the operator's: a bumper, a slate. How it is packaged follows from its use."""

    file: Path = required("an MP4, MOV or WebM file", read=scalars.file)


_asset = Section(Asset, later=("origin",))
_any_asset = OneOf({"file": _asset, "template": Section(Clip)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Where players fetch segments."""

    content: str | None = setting(
        None,
        "URL that replaces the `origin` prefix of content segments, for a CDN in front of it",
        read=scalars.folder_url,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Which of the content's own sound players begin with."""

    prefer: str | None = setting(
        None,
        "name or language of the sound that players begin with, where there is such:"
        " `{commentary}`, a fact or a choice",
        read=scalars.text,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what may be put into a show."""

    max_break_s: Decimal = setting(
        Decimal(300),
        "seconds after which a break ends when nothing else ends it",
        read=scalars.number("1", "7200"),
    )
    overrun_s: Decimal = setting(
        Decimal(0),
        "seconds that ads may take beyond their break (VOD only)",
        read=scalars.number("0", "60"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """Which signals of the content open and end breaks."""

    start_types: tuple[int, ...] = setting(
        (0x22, 0x30, 0x32, 0x34, 0x36, 0x44, 0x46),
        "SCTE 35 segmentation types that open a break, most important first",
        read=ListOf(scalars.octet),
        shown="[0x22, 0x30, 0x32, 0x34, 0x36, 0x44, 0x46]",
    )
    splice_insert: bool = setting(
        True, "whether SCTE 35 splice_insert opens a break", read=scalars.flag
    )
    honour_restrictions: bool = setting(
        True, "leave breaks alone that SCTE 35 flags forbid to replace", read=scalars.flag
    )
    tags: Mapping[str, Literal["out", "cont", "in"]] = setting(
        {},
        "HLS: further tags that are cues: `{EXT-X-ACME-START: out, EXT-X-ACME-END: in}`",
        read=MapOf(scalars.word("out", "cont", "in"), check_name=scalars.check_tag),
    )
    classes: Mapping[str, Literal["out", "cont", "in"]] = setting(
        {},
        "HLS: DATERANGE classes that are cues: `{com.acme.break: out}`",
        read=MapOf(scalars.word("out", "cont", "in"), check_name=scalars.check_name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What a player opens: an origin and what is put into it."""

    name: str = ""  # its key under `shows`
    origin: str = required("URL below which its playlists are", read=scalars.folder_url)
    breaks: tuple[CueBreaks | VmapBreaks | ScheduledBreak, ...] = setting(
        (), "where breaks are, and what they show", read=ListOf(BREAK)
    )
    slate: Asset | None = setting(None, "what fills time that no ad takes", read=_asset)
    assets: Mapping[str, Asset | Clip] = setting(
        {},
        "files, and clips made of templates, that breaks may show, by name",
        read=MapOf(_any_asset, check_name=scalars.check_name),
    )
    facts: Mapping[str, Fact] = setting(
        {},
        "what may be known of viewers or the moment, by name: `{theme: string}`",
        read=MapOf(FACT, check_name=check_rule_name, named=True),
    )
    choices: Mapping[str, Choice] = setting(
        {}, "what is chosen for a session, by name: one of a few values each", read=CHOICES
    )
    overlays: Mapping[str, Overlay] = setting(
        {}, "what is drawn onto content segments, by name; the last is on top", read=OVERLAYS
    )
    music: Mapping[str, Music] = setting(
        {}, "what is mixed under the sound of content segments, by name", read=MUSIC
    )
    audio: Audio = section(Audio(), "the content's own sound")
    segments: Segments = section(Segments(), "where segments are")
    limits: Limits = section(Limits(), "bounds")
    cues: Cues = section(Cues(), "signals")
    ads: Ads = section(Ads(), "which ads are shown")
    consent: ConsentSettings = section(ConsentSettings(), "what ad servers may know of viewers")
    warm: tuple[str, ...] = setting(
        (),
        "assets to look at when Weft starts, without `.m3u8`: their breaks miss no viewer",
        read=ListOf(scalars.text),
    )
    markers: Literal["remove", "keep"] = setting(
        "remove",
        "what becomes of cue tags in playlists, and of SCTE 35 events in MPDs",
        read=scalars.word("remove", "keep"),
    )
    xlink: Literal["refuse", "resolve"] = setting(
        "refuse",
        "MPDs with parts elsewhere: `refuse` them, or `resolve` their Periods at origins' hosts",
        read=scalars.word("refuse", "resolve"),
    )
    patches: bool = setting(
        False, "whether players get live MPDs in full once, and then patches", read=scalars.flag
    )
    tenants: tuple[str, ...] = setting(
        (), "tenants that may open it; without it, all", read=ListOf(scalars.name)
    )

    @property
    def draws_ads(self) -> bool:
        """Whether ad servers say what some overlay shows."""
        return any(overlay.fill is not None for overlay in self.overlays.values())


SHOW = Section(
    Show,
    later=("story",),
    checks=(
        checks.assets_exist,
        checks.clips_end,
        checks.clips_can_be_warm,
        checks.facts_exist,
        checks.templates_show_facts,
        checks.audio_asks_for_facts,
        checks.overlays_follow_rules,
        checks.slate_exists,
        checks.one_vmap,
        choice_checks.choices_are_well_made,
    ),
)
