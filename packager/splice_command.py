"""``weft splice PLAYLIST --plan plan.json``: the pure core on a file, without a network."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import click

from manifests.break_log import BreakLog
from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.errors import ManifestError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.fragments import Dressing
from manifests.hls.model import MediaPlaylist
from manifests.hls.reader import read_media_playlist
from manifests.hls.track import Track
from manifests.splicing.timeline import FRAME_S, Splice
from manifests.timing import fits_target
from packager.splice_plan import RUNG, FilePlan, PlanError, PlannedBreak, read_plan

NAME = "playlist"
REFERENCE = "reference"


@click.command(context_settings={"max_content_width": 100})
@click.argument("playlist", type=click.Path(path_type=Path))
@click.option(
    "--plan",
    "plan_file",
    required=True,
    type=click.Path(path_type=Path),
    help="JSON document that says where breaks are and what fills them.",
)
@click.option(
    "--url",
    help="Where the playlist was fetched from: its relative URIs are resolved against it. "
    "[default: the file's own]",
)
@click.option(
    "--reference",
    "reference_file",
    type=click.Path(path_type=Path),
    help="The video's playlist, where PLAYLIST is another rendition: breaks are placed on the "
    "video's borders, and PLAYLIST leaves and rejoins at its own nearest ones.",
)
def splice(playlist: Path, plan_file: Path, url: str | None, reference_file: Path | None) -> None:
    """Splice creatives into the HLS media playlist PLAYLIST and print the result.

    \b
    The plan, for a pre-roll and an ad that replaces 30 s of the content:
      {"breaks": [
        {"at": 0, "creatives": [
          {"id": "bumper", "init": "bumper/init.mp4", "segments": [["bumper/1.m4s", 4.0]]}]},
        {"at": 600, "duration": 30, "creatives": [
          {"id": "ad", "init": "ad/init.mp4",
           "segments": [["ad/1.m4s", 6.0], ["ad/2.m4s", 6.0]]}]}]}

    \b
    at         seconds from the playlist's first segment, or "end" for a post-roll
    start      instead of at: a date, in playlists that have EXT-X-PROGRAM-DATE-TIME
    duration   seconds of content that are replaced; 0 or nothing: all of it stays
    init       URI for EXT-X-MAP; null or nothing where the playlist has none (TS)

    Breaks fall on the next border between two segments. With "from_cues": true the playlist's own
    cues say where, and the creatives of the one break in the plan fill each of them.

    \b
    weft splice show.m3u8 --plan plan.json --url https://cdn.example/show.m3u8 > spliced.m3u8
    """
    file = playlist  # what an error is about
    try:
        listed = _read(playlist, url)
        file = reference_file or playlist
        reference = None if reference_file is None else _read(reference_file, url)
        file = plan_file
        plan = read_plan(plan_file.read_text(encoding="utf-8"))
        body = spliced(listed, plan, reference)
    except OSError as error:
        _fail(f"{file}: {error.strerror or error}")
    except UnicodeDecodeError:
        _fail(f"{file}: not UTF-8")
    except (PlanError, ManifestError) as error:
        _fail(f"{file}: {error}")
    except ValueError as error:  # of --url
        _fail(f"--url: {error}")
    click.echo(body, nl=False)


def _fail(problem: str) -> None:
    click.echo(" ".join(problem.split()), err=True)
    sys.exit(1)


def _read(file: Path, url: str | None) -> MediaPlaylist:
    return read_media_playlist(file.read_bytes(), url=url or file.resolve().as_uri())
