"""Everything that an operator can set, once: name, default, help and how it is read.

Times to wait are float seconds; times of content are Decimal seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from packager.config import checks, scalars
from packager.config.ad_settings import Ads, Bumpers, ConsentSettings, Prefetch, VastServer
from packager.config.document import ConfigError, Node
from packager.config.scalars import Network, Secret
from packager.config.settings import (
    ByWord,
    ListOf,
    MapOf,
    OneOf,
    Section,
    Short,
    required,
    section,
    setting,
)
from packager.viewer import HOUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where viewers are answered."""

    address: str = setting("127.0.0.1", "IP address to listen on", read=scalars.address)
    port: int = setting(8080, "TCP port", read=scalars.whole(1, 65535))
    trusted: tuple[Network, ...] = setting(
        HOUSE,
        "proxies in front of Weft, whose X-Forwarded-For or Forwarded is believed",
        read=ListOf(scalars.network),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """Where operators are answered: health, metrics, console. It asks for no password."""

    address: str = setting("127.0.0.1", "IP address to listen on", read=scalars.address)
    port: int = setting(8081, "TCP port", read=scalars.whole(1, 65535))
    public: bool = setting(
        False, "let `address` be one that others can reach, without a password", read=scalars.flag
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Where sessions and their decisions are kept; `path` is None in memory."""

    path: Path | None = None


def _store(node: Node) -> Store:
    value = scalars.text(node)
    if value == "memory":
        return Store()
    path = value.removeprefix("sqlite:///")
    if path and path != value:
        return Store(Path(node.place.file).parent / path)
    reason = "must be `memory` or `sqlite:///weft.db`; others are not supported in this version yet"
    raise ConfigError.at(node.place, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Packaged creatives, slate and rendered media."""

    folder: Path = setting(
        Path("weft-media"), "folder for packaged media and generated keys", read=scalars.file_path
    )
    workers: int = setting(1, "processes that package creatives", read=scalars.whole(1, 64))
    loudness_lufs: Decimal | None = setting(
        None,
        "loudness that creatives are brought to (EBU R128), such as -23; without it, as they are",
        read=scalars.number("-40", "-5", unit="LUFS"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What the guarded client may reach."""

    allow: tuple[Network, ...] = setting(
        (), "private address ranges that may be reached: 127.0.0.0/8", read=ListOf(scalars.network)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Longest waits, in seconds."""

    origin_s: float = setting(
        2.0,
        "for one answer of an origin, before the last good one is used",
        read=scalars.seconds("0.1", "30"),
    )
    ad_deadline_s: float = setting(
        0.15,
        "of a playlist for the decision of its break; then it goes out without",
        read=scalars.seconds("0", "2"),
    )
    ad_s: float = setting(
        2.5,
        "for the answer of an ad server, behind the playlists' back",
        read=scalars.seconds("0.1", "30"),
    )
    creative_s: float = setting(
        120.0, "for the download of one creative", read=scalars.seconds("1", "3600")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """How long sessions last, and how many there may be."""

    idle_s: int = setting(
        600, "seconds without a request after which one ends", read=scalars.whole(10, 604_800)
    )
    max_s: int = setting(86_400, "longest life in seconds", read=scalars.whole(60, 2_592_000))
    limit: int = setting(
        100_000,
        "most sessions at a time; more are answered 503",
        read=scalars.whole(1, 100_000_000),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacons:
    """What ad servers are owed, and how it is sent."""

    file: Path | None = setting(
        None,
        "SQLite file of the outbox and its ledger; without it, `beacons.db` in `media.folder`",
        read=scalars.file_path,
    )
    expire_s: int = setting(
        86_400,
        "seconds for which a beacon is tried again before it is given up",
        read=scalars.whole(1, 2_592_000),
    )
    keep_s: int = setting(
        90_000,
        "seconds for which a beacon that was settled is known, at least `sessions.max_s`;"
        " the ledger's counts stay for good",
        read=scalars.whole(60, 5_184_000),
    )
    limit: int = setting(
        1_000_000,
        "most beacons that may be pending; more are refused",
        read=scalars.whole(1, 100_000_000),
    )
    limit_mib: int = setting(
        1024, "most mebibytes that they may take", read=scalars.whole(1, 1_048_576)
    )
    calls: int = setting(64, "most calls at a time", read=scalars.whole(1, 200))
    calls_per_host: int = setting(8, "most calls at a time to one host", read=scalars.whole(1, 200))
    when_unknown: Literal["give_up", "send_again"] = setting(
        "give_up",
        "beacons that may or may not have arrived: `give_up`, at most once, or `send_again`,"
        " at least once",
        read=scalars.word("give_up", "send_again"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What is logged, and how."""

    format: Literal["json", "console"] = setting(
        "json", "`json`, one object a line, or `console`", read=scalars.word("json", "console")
    )
    level: Literal["debug", "info", "warning", "error"] = setting(
        "info",
        "least level that is logged",
        read=scalars.word("debug", "info", "warning", "error"),
    )


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

    asset: str = required("name of one of the show's assets", read=scalars.name)


@dataclass(frozen=True, slots=True)
class SlateFill:
    """The break shows the slate for as long as it lasts."""


@dataclass(frozen=True, slots=True)
class VmapFill:
    """The break shows the ads that the show's VMAP has for it."""


Fill = VastFill | AssetFill | SlateFill | VmapFill
Otherwise = Literal["content", "slate"]

_fill = OneOf(
    {"vast": Section(VastFill), "asset": Section(AssetFill)}, words={"slate": SlateFill()}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakRule:
    """What a break shows, wherever it is."""

    fill: Fill = required("what to show: `{vast: URL}`, `{asset: NAME}` or `slate`", read=_fill)
    otherwise: Literal["content", "slate"] = setting(
        "content",
        "what to show for want of ads: `content` or `slate`",
        read=scalars.word("content", "slate"),
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


_break_rule = OneOf(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of the operator's: a bumper, a slate. How it is packaged follows from its use."""

    file: Path = required("an MP4, MOV or WebM file", read=scalars.file)


_asset = Section(Asset, later=("origin", "tags"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Where players fetch segments."""

    content: str | None = setting(
        None,
        "URL that replaces the `origin` prefix of content segments, for a CDN in front of it",
        read=scalars.folder_url,
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
        (), "where breaks are, and what they show", read=ListOf(_break_rule)
    )
    slate: Asset | None = setting(None, "what fills time that no ad takes", read=_asset)
    assets: Mapping[str, Asset] = setting(
        {},
        "files that breaks may show, by name",
        read=MapOf(_asset, check_name=scalars.check_name),
    )
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


_show = Section(
    Show,
    later=("story", "choices", "facts", "overlays"),
    checks=(checks.assets_exist, checks.facts_exist, checks.slate_exists, checks.one_vmap),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file."""

    listen: Listen = section(Listen(), "for viewers")
    admin: Admin = section(Admin(), "for operators")
    public_url: str | None = setting(
        None,
        "URL at which viewers reach Weft; without it, answers are relative",
        read=scalars.folder_url,
    )
    keys: tuple[Secret, ...] = setting(
        (),
        "secrets that sign sessions, newest first: text or `{file: PATH}`, 32 characters or more;"
        " without it, one is generated and kept in the media folder",
        read=ListOf(scalars.secret),
    )
    store: Store = setting(
        Store(),
        "where sessions are kept: `memory` or `sqlite:///PATH`",
        read=_store,
        shown="memory",
    )
    media: Media = section(Media(), "packaged media")
    outbound: Outbound = section(Outbound(), "reach")
    timeouts: Timeouts = section(Timeouts(), "longest waits")
    sessions: Sessions = section(Sessions(), "lives of sessions")
    beacons: Beacons = section(Beacons(), "what ad servers are owed")
    log: Log = section(Log(), "what is logged")
    tenants: tuple[str, ...] = setting(
        ("default",), "names that may stand in URLs as the tenant", read=ListOf(scalars.name)
    )
    shows: Mapping[str, Show] = required(
        "what players can open, by name",
        read=MapOf(_show, check_name=scalars.check_name, named=True),
    )


CONFIG = Section(
    Config,
    checks=(
        checks.there_is_a_show,
        checks.tenants_exist,
        checks.admin_is_private,
        checks.private_hosts_are_allowed,
    ),
)
