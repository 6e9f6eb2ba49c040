"""Settings of pictures that templates show: how large, from where, and who permits them."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass

from packager.config import calls, scalars
from packager.config.settings import ListOf, MapOf, Section, Short, required, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationSettings:
    """Who says whether a viewer's own picture may be shown."""

    url: str = required(
        "server that is told `{url, sha256}` of a viewer's own picture and answers"
        ' `{"allow": true}` or false; without an answer it is not shown.'
        " `moderate: URL` is short for it",
        read=calls.call_url,
        private=True,  # operators put keys of servers there
    )
    headers: Mapping[str, str] = setting(
        {},
        "headers for this server alone: `{X-Key: ...}`",
        read=MapOf(calls.header_value, check_name=calls.check_header),
        private=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSettings:
    """How pictures from elsewhere are had."""

    max_kib: int = setting(512, "most kibibytes of one file", read=scalars.whole(1, 8192))
    kept_mib: int = setting(
        64,
        "most mebibytes that a process keeps of them; what was asked for longest ago goes first",
        read=scalars.whole(1, 65_536),
    )
    per_minute: int = setting(
        600,
        "most pictures a minute that a process fetches; templates are drawn without the others",
        read=scalars.whole(0, 100_000),
    )
    keep_s: float = setting(
        600.0,
        "seconds after which a picture is fetched, and asked about, anew",
        read=scalars.seconds("10", "86400"),
    )
    below: tuple[str, ...] = setting(
        (),
        "URLs below which viewers' own pictures must be, and hosts that may redirect to each other;"
        " without it, wherever a show's configuration has them",
        read=ListOf(scalars.folder_url),
    )
    moderate: ModerationSettings | None = setting(
        None,
        "who is asked before a picture is shown whose URL a viewer spells a part of",
        read=Short(Section(ModerationSettings), "url"),
    )
