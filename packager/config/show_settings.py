"""Settings of a show: its origin or its story, and what is put into it.

Times of content are Decimal seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from packager.config import checks, choice_checks, scalars, story_checks
from packager.config.ad_settings import Ads, ConsentSettings
from packager.config.asset_settings import ASSET, Asset, HouseFile
from packager.config.break_settings import BREAK, CueBreaks, ScheduledBreak, VmapBreaks
from packager.config.choice_settings import CHOICES, Choice
from packager.config.clip_settings import Clip
from packager.config.fact_settings import FACT, Fact
from packager.config.music_settings import MUSIC, Music
from packager.config.overlay_settings import OVERLAYS, Overlay
from packager.config.settings import Either, ListOf, MapOf, Section, section, setting
from packager.config.story_settings import PARTS, Part, StoryLadder, break_parts
from packager.rules import check_rule_name

STORIES = "https://story.invalid/"  # nobody is ever asked for what is below it


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
    timelines: int | None = setting(
        None,
        "most different streams at a moment, as `weft check --cost` counts them; with more, Weft"
        " does not start",
        read=scalars.whole(1, 1_000_000_000),
    )
    fragments: int | None = setting(
        None,
        "the same for versions of content and clips",
        read=scalars.whole(1, 1_000_000_000),
    )
    renders: int | None = setting(
        None,
        "the same for what is drawn: versions of overlays, and of assets made of templates",
        read=scalars.whole(0, 1_000_000_000),
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
    """What a player opens: an origin or a story, and what is put into it."""

    name: str = ""  # its key under `shows`
    origin: str = setting("", "URL below which its playlists are", read=scalars.folder_url)
    story: tuple[Part, ...] = setting(
        (), "without `origin`: the parts that it is made of, in their order", read=PARTS
    )
    language: str | None = setting(
        None,
        "of a story: the fact or choice that says in which language players begin, `en`",
        read=scalars.text,
    )
    ladder: StoryLadder = section(StoryLadder(), "what a story's renditions are like")
    breaks: tuple[CueBreaks | VmapBreaks | ScheduledBreak, ...] = setting(
        (), "where breaks are, and what they show", read=ListOf(BREAK)
    )
    slate: HouseFile | None = setting(
        None, "what fills time that no ad takes", read=Section(HouseFile)
    )
    assets: Mapping[str, Asset | Clip] = setting(
        {},
        "what breaks and stories may show, by name: files, what is at a URL, clips of templates",
        read=MapOf(Either("template", Section(Clip), ASSET), check_name=scalars.check_name),
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
    def root(self) -> str:
        """The URL below which its playlists are; a story's are made here, under a name of ours."""
        return self.origin or f"{STORIES}{self.name}/"

    @property
    def content_base(self) -> tuple[str, str] | None:
        """What URLs of its content begin with, and what players get instead."""
        if self.story:
            return STORIES, "/"  # its media are Weft's own
        return None if self.segments.content is None else (self.origin, self.segments.content)

    @property
    def break_rules(self) -> tuple[CueBreaks | VmapBreaks | ScheduledBreak, ...]:
        """All rules that say what breaks show, those between the parts of a story too."""
        return (*self.breaks, *break_parts(self.story))

    @property
    def changes_content(self) -> bool:
        """Whether anything is drawn onto its content, or mixed with it."""
        return bool(self.overlays or self.music)

    @property
    def draws_ads(self) -> bool:
        """Whether ad servers say what some overlay shows."""
        return any(overlay.fill is not None for overlay in self.overlays.values())


SHOW = Section(
    Show,
    checks=(
        story_checks.has_one_source,
        story_checks.plays_assets,
        story_checks.asks_for_what_is_finite,
        story_checks.follows_rules,
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
