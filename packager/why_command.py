"""``weft why SESSION_URL``: what a session saw, and why; ``weft replay RECORD``: the same again."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx2
import orjson

from packager.config.document import ConfigError
from packager.config.file import load
from packager.config.values import Config
from packager.log import escape
from packager.personalization.draws import draw_key
from packager.personalization.policy import policy_of
from packager.personalization.record import RecordUnreadable, read_record, write_record
from packager.personalization.replay import NotReplayable, replayed
from packager.terminal import CONTEXT
from packager.tokens import KEY_FILE, load_secrets

TIMEOUT_S = 10.0


@click.command(context_settings=CONTEXT)
@click.argument("session_url")
@click.option("--at", "at_s", type=click.FloatRange(0), help="Second of the session's timeline.")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with `admin.secret`, for a server on another machine.",
)
@click.option("--json", "as_json", is_flag=True, help="Write all that the server says.")
@click.option(
    "--record",
    "record_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the record of the choices there, for `weft replay`.",
)
def why(
    session_url: str,
    at_s: float | None,
    secret_file: Path | None,
    as_json: bool,
    record_file: Path | None,
) -> None:
    """Say why a session saw what it did.

    SESSION_URL is the `sessionUrl` that starting the session gave, as a whole URL.
    """
    try:
        document = _asked(session_url, at_s, secret_file)
    except (httpx2.HTTPError, OSError, ValueError) as error:
        click.echo(f"weft why: {escape(str(error))}", err=True)
        sys.exit(1)
    if record_file is not None and document["record"] is not None:
        record_file.write_bytes(orjson.dumps(document["record"]))
    if as_json:
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return
    for line in sentences(document):
        click.echo(escape(line))


def sentences(document: Any) -> list[str]:
    """What an answer says, line by line."""
    shown = [document["onAir"]] if document["onAir"] else document["breaks"]
    found = [str(one["sentence"]) for one in (*shown, *document["choices"])]
    if document["settingsChanged"]:
        found.append("The show's settings have changed since.")
    return found or ["Nothing was decided for this session."]


def _asked(session_url: str, at_s: float | None, secret_file: Path | None) -> Any:
    parts = urlsplit(session_url)
    if parts.scheme not in ("http", "https") or "/v1/session/" not in parts.path:
        raise ValueError("SESSION_URL is whole: http://host/v1/session/TENANT/SHOW/TOKEN")
    path = parts.path.replace("/v1/session/", "/v1/why/", 1)
    headers = {}
    if secret_file is not None:
        headers["authorization"] = f"Bearer {secret_file.read_text(encoding='utf-8').strip()}"
    answer = httpx2.get(
        f"{parts.scheme}://{parts.netloc}{path}",
        params={} if at_s is None else {"t": f"{at_s:.3f}"},
        headers=headers,
        timeout=TIMEOUT_S,
    )
    if answer.status_code != 200:
        raise ValueError(f"the server answered {answer.status_code}: {answer.text[:200]}")
    return orjson.loads(answer.content)


@click.command(context_settings=CONTEXT)
@click.argument("record", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--config",
    "config_file",
    default="weft.yaml",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration by which the choices were settled.",
)
def replay(record: Path, config_file: Path) -> None:
    """Settle the choices of RECORD once more, and say whether all is the same.

    RECORD is a file that `weft why --record` wrote. Exits with 1 where something differs.
    """
    try:
        config, data = load(config_file), record.read_bytes()
        read = read_record(data)
        show = config.shows.get(read.show)
        if show is None:
            raise NotReplayable(f"there is no show {read.show!r} in {config_file}")
        again = write_record(replayed(read, policy_of(show), _keys(config)))
    except (ConfigError, RecordUnreadable, NotReplayable, OSError) as error:
        click.echo(f"weft replay: {escape(str(error))}", err=True)
        sys.exit(1)
    if again != data:
        click.echo("differs:", err=True)
        click.echo(again)
        sys.exit(1)
    click.echo(f"equal: {len(read.chosen)} choices of {read.show}, settled at {read.at}")


def _keys(config: Config) -> tuple[bytes, ...]:
    secrets = tuple(key.reveal for key in config.keys)
    if not secrets and (config.media.folder / KEY_FILE).is_file():
        secrets = load_secrets(config.media.folder)
    return tuple(map(draw_key, secrets))
