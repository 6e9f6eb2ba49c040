"""Settings of the process: where it listens and keeps things, whom it reaches, how long it waits.

Times to wait are float seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from packager.config import scalars
from packager.config.document import ConfigError, Node
from packager.config.scalars import Network
from packager.config.settings import ListOf, setting
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
    secret: scalars.Secret | None = setting(
        None,
        "who has it may ask from elsewhere why a session saw what it did, with `Authorization:"
        " Bearer ...`: text or `{file: PATH}`, 32 characters or more",
        read=scalars.secret,
        private=True,
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Where sessions and their decisions are kept; `path` is None in memory."""

    path: Path | None = None


def read_store(node: Node) -> Store:
    """Read ``memory``, or the path of a SQLite file after ``sqlite:///``."""
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
        "for one answer of an origin, behind the manifests' back where there is an older one",
        read=scalars.seconds("0.1", "30"),
    )
    origin_deadline_s: float = setting(
        0.4,
        "of a manifest for the origin's latest one; then the last good one is used",
        read=scalars.seconds("0.05", "10"),
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
