"""``weft splice MANIFEST --plan plan.json``: the pure core on a file, without a network."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from manifests.dash.reading.document import BOM, PROLOG, ROOT
from manifests.dash.reading.reader import read_mpd
from manifests.errors import ManifestError
from manifests.hls.model import MediaPlaylist
from manifests.hls.reader import read_media_playlist
from manifests.hls.uris import Resolver
from packager.splicing.mpds import spliced_mpd
from packager.splicing.plan import FilePlan, read_plan
from packager.splicing.playlists import spliced_playlist
from packager.splicing.values import PlanError
from packager.terminal import CONTEXT


def _absolute(context: click.Context, parameter: click.Parameter, url: str | None) -> str | None:
    if url is not None:
        try:
            Resolver(url)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return url


@click.command(context_settings={**CONTEXT, "max_content_width": 100})
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option(
    "--plan",
    "plan_file",
    required=True,
    type=click.Path(path_type=Path),
    help="JSON document that says where breaks are and what fills them.",
)
@click.option(
    "--url",
    callback=_absolute,
    help="Where the manifest was fetched from: its relative URIs are resolved against it. "
    "[default: the file's own]",
)
@click.option(
    "--reference",
    "reference_file",
    type=click.Path(path_type=Path),
    help="The video's playlist, where MANIFEST is the playlist of another rendition: breaks are "
    "placed on the video's borders, and MANIFEST leaves and rejoins at its own nearest ones.",
)
def splice(manifest: Path, plan_file: Path, url: str | None, reference_file: Path | None) -> None:
    """Splice creatives into MANIFEST, an HLS media playlist or a DASH MPD, and print the result.

    \b
    The plan, for a pre-roll and an ad that replaces 30 s of the content of a playlist:
      {"breaks": [
        {"at": 0, "creatives": [
          {"id": "bumper", "init": "bumper/init.mp4", "segments": [["bumper/1.m4s", 4.0]]}]},
        {"at": 600, "duration": 30, "creatives": [
          {"id": "ad", "init": "ad/init.mp4",
           "segments": [["ad/1.m4s", 6.0], ["ad/2.m4s", 6.0]]}]}]}

    \b
    at         seconds from the first segment, or "end" for a post-roll
    start      instead of at: a date, in playlists with EXT-X-PROGRAM-DATE-TIME and live MPDs
    duration   seconds of content that are replaced; 0 or nothing: all of it stays
    init       URI for EXT-X-MAP; null or nothing where the playlist has none (TS)

    \b
    In an MPD a creative becomes a Period, with a rendition for video and one for audio:
      {"breaks": [
        {"id": "b42", "start": "2026-01-01T00:01:40Z", "duration": 30, "creatives": [
          {"id": "ad", "renditions": {
            "video": {"base": "https://ads.example/ad/v/", "initialization": "init.mp4",
                      "media": "$Number$.m4s", "timescale": 90000,
                      "durations": [540000, 540000], "mime_type": "video/mp4",
                      "codecs": "avc1.64001f", "bandwidth": 2000000,
                      "width": 1280, "height": 720, "frame_rate": "25"},
            "audio": {"base": "https://ads.example/ad/a/", "initialization": "init.mp4",
                      "media": "$Number$.m4s", "timescale": 48000,
                      "durations": [288000, 288000], "mime_type": "audio/mp4",
                      "codecs": "mp4a.40.2", "bandwidth": 128000,
                      "sample_rate": 48000, "channels": 2}}}]}]}

    \b
    id         of a break: Periods are named after it: b42.0, b42.1, and P0~b42 for what follows
    video      the same for every video Representation; to give one of them its own, name it by
               its id instead: {"video": {...}, "v1080": {...}, "audio": {...}}
    media      template with $Number$, which begins with start_number (1)
    durations  of its segments, in ticks of the timescale; the first one starts at 0
    duration   of a creative: seconds to show, where its segments go on longer
    now        beside breaks: a date; needed for live MPDs whose segments are computed (@duration),
               not listed: breaks lie before it. Lists need none, their end is the live edge

    Playlists are left on the next border between two segments, MPDs on the nearest video frame or
    segment border. With "from_cues": true the manifest's own cues say where, and the creatives of
    the one break in the plan fill each of them.

    \b
    weft splice show.m3u8 --plan plan.json --url https://cdn.example/show.m3u8 > spliced.m3u8
    weft splice show.mpd --plan plan.json --url https://cdn.example/show.mpd > spliced.mpd
    """  # noqa: D301  (the character \b, for click: no new line-up here)
    file = manifest  # what an error is about
    try:
        document = manifest.read_bytes()
        if _is_mpd(manifest, document):
            if reference_file is not None:
                raise click.UsageError("--reference is for playlists: an MPD has all renditions")
            mpd = read_mpd(document, url=_url(manifest, url))
            file = plan_file
            plan = _read_plan(plan_file)
            file = manifest
            body = spliced_mpd(mpd, plan)
        else:
            listed = read_media_playlist(document, url=_url(manifest, url))
            file = reference_file or manifest
            reference = None if reference_file is None else _read_playlist(reference_file, url)
            file = plan_file
            plan = _read_plan(plan_file)
            file = manifest
            body = spliced_playlist(listed, plan, reference)
    except OSError as error:
        _fail(f"{file}: {error.strerror or error}")
    except UnicodeDecodeError:
        _fail(f"{file}: not UTF-8")
    except PlanError as error:
        _fail(f"{plan_file}: {error}")
    except ManifestError as error:
        _fail(f"{file}: {error}")
    click.echo(body, nl=False)


def _fail(problem: str) -> NoReturn:
    click.echo(" ".join(problem.split()), err=True)
    sys.exit(1)


def _is_mpd(file: Path, document: bytes) -> bool:
    """By what it says it is, and where it says nothing by its name."""
    document = document.removeprefix(BOM)
    if document.startswith(b"#EXTM3U"):
        return False
    prolog = PROLOG.match(document)
    root = ROOT.match(document, prolog.end() if prolog else 0)
    return (root is not None and root[1] == b"MPD") or file.suffix == ".mpd"


def _url(file: Path, url: str | None) -> str:
    return url or file.resolve().as_uri()


def _read_playlist(file: Path, url: str | None) -> MediaPlaylist:
    return read_media_playlist(file.read_bytes(), url=_url(file, url))


def _read_plan(file: Path) -> FilePlan:
    return read_plan(file.read_text(encoding="utf-8"))
