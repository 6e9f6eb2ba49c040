"""The whole configuration: the settings of the process, and the shows."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass, replace

from packager.config import checks, scalars
from packager.config.clip_settings import ClipLimits
from packager.config.picture_settings import PictureSettings
from packager.config.process_settings import (
    Admin,
    Beacons,
    Listen,
    Log,
    Media,
    Outbound,
    Sessions,
    Store,
    Timeouts,
    read_store,
)
from packager.config.rendering_settings import RenderingSettings
from packager.config.scalars import Secret
from packager.config.settings import ListOf, MapOf, Section, required, section, setting
from packager.config.show_settings import SHOW, Show
from packager.sharing.cost import costs_within_limits

_SHOW = replace(SHOW, last=(costs_within_limits,))


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
        read=read_store,
        shown="memory",
    )
    media: Media = section(Media(), "packaged media")
    outbound: Outbound = section(Outbound(), "reach")
    timeouts: Timeouts = section(Timeouts(), "longest waits")
    sessions: Sessions = section(Sessions(), "lives of sessions")
    beacons: Beacons = section(Beacons(), "what ad servers are owed")
    clips: ClipLimits = section(ClipLimits(), "assets made of templates")
    pictures: PictureSettings = section(PictureSettings(), "what templates show of others")
    rendering: RenderingSettings = section(RenderingSettings(), "how overlays are drawn")
    log: Log = section(Log(), "what is logged")
    tenants: tuple[str, ...] = setting(
        ("default",), "names that may stand in URLs as the tenant", read=ListOf(scalars.name)
    )
    shows: Mapping[str, Show] = required(
        "what players can open, by name",
        read=MapOf(_SHOW, check_name=scalars.check_name, named=True),
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
