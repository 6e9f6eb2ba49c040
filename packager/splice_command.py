"""``weft splice PLAYLIST --plan plan.json``: the pure core on a file, without a network."""

import sys
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import click

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.errors import ManifestError, SpliceError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.following import follow
from manifests.hls.fragments import Dressing
from manifests.hls.model import MediaPlaylist
from manifests.hls.reader import read_media_playlist
from manifests.hls.track import Track
from manifests.hls.uris import Resolver
from manifests.splicing.timeline import FRAME_S, Splice
from manifests.timing import fits_target
from packager.splice_plan import RUNG, FilePlan, PlanError, PlannedBreak, read_plan
from packager.terminal import CONTEXT

NAME = "playlist"
REFERENCE = "reference"
Fillings = list[tuple[AdBreak, tuple[Creative, ...]]]  # breaks in order, and what fills them


def _absolute(context: click.Context, parameter: click.Parameter, url: str | None) -> str | None:
    if url is not None:
        try:
            Resolver(url)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return url


@click.command(context_settings={**CONTEXT, "max_content_width": 100})
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
    callback=_absolute,
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
    """  # noqa: D301  (the character \b, for click: no new line-up here)
    file = playlist  # what an error is about
    try:
        listed = _read(playlist, url)
        file = reference_file or playlist
        reference = None if reference_file is None else _read(reference_file, url)
        file = plan_file
        plan = read_plan(plan_file.read_text(encoding="utf-8"))
        file = playlist
        body = spliced(listed, plan, reference)
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


def _read(file: Path, url: str | None) -> MediaPlaylist:
    return read_media_playlist(file.read_bytes(), url=url or file.resolve().as_uri())


def spliced(playlist: MediaPlaylist, plan: FilePlan, reference: MediaPlaylist | None = None) -> str:
    """A playlist with a plan's breaks filled.

    Args:
        playlist: Gets the creatives.
        plan: Says where and which.
        reference: The video's playlist, where `playlist` is another rendition.

    Raises:
        PlanError: The plan does not suit the playlist.
        ManifestError: Nothing can be spliced into the playlist.
    """
    _check_media(playlist, plan)
    playlists = {NAME: playlist}
    if reference is not None:
        if not reference.segments:
            raise SpliceError("the reference playlist lists no segments")
        playlists[REFERENCE] = reference
    main = NAME if reference is None else REFERENCE
    if plan.from_cues:
        rules = ChannelRules(cues=CueSettings())
        channel = Channel(reference=main, rules=rules).advance(playlists)
        fillings: Fillings = [(one, plan.breaks[0].creatives) for one in channel.log.breaks]
        if not fillings:
            raise SpliceError("there are no cues; leave out from_cues and say where breaks are")
    else:
        rules = ChannelRules(cues=None, dressing=Dressing(removed=None))
        fillings = _placed(plan, follow(None, playlists[main]))
        log = BreakLog(tuple(one for one, _ in fillings))
        channel = Channel(reference=main, rules=rules, log=log).advance(playlists)
    splices = _splices(channel, fillings, strict=not plan.from_cues)
    if any(one.is_insertion for one in splices):  # rule A-33
        rules = replace(rules, dressing=replace(rules.dressing, dates=False))
        channel = replace(channel, rules=rules).rewoven()
    return channel.playlist(NAME, splices, RUNG).decode()


def _check_media(playlist: MediaPlaylist, plan: FilePlan) -> None:
    """What conditioning would have seen to: creatives suit the playlist."""
    if not playlist.segments:
        raise SpliceError("no segments are listed; nothing can be spliced")
    if playlist.iframes_only:
        raise SpliceError("an I-frame playlist takes no creatives; leave it out (rule A-57)")
    has_map = any(segment.map is not None for segment in playlist.segments)
    for creative in (creative for one in plan.breaks for creative in one.creatives):
        rendition = creative.renditions[RUNG]
        if has_map != (rendition.init_uri is not None):
            wanted = "give init: the content has EXT-X-MAP" if has_map else "leave out init: no MAP"
            raise PlanError(f"creative {creative.id!r}: {wanted} (rule A-40)")
        for segment in rendition.segments:
            if not fits_target(segment.duration, playlist.target_duration):
                raise PlanError(
                    f"creative {creative.id!r}: a segment of {segment.duration} s is longer than "
                    f"the target duration, {playlist.target_duration} s; cut it (rule A-23)"
                )


def _placed(plan: FilePlan, track: Track) -> Fillings:
    """The breaks of a plan on the content clock, in order."""
    found: Fillings = []
    finished = track.playlist.ended or track.playlist.playlist_type == "VOD"
    for number, one in enumerate(plan.breaks):
        where = f"breaks[{number}]"
        start = _start(one, track, where)
        if not one.duration and not finished:
            raise PlanError(
                f"{where}: in a playlist that goes on, creatives can only replace content; "
                "give a duration"
            )
        if not track.starts[0] <= start + FRAME_S:
            raise PlanError(f"{where}: begins before the playlist's first segment")
        if start > track.edge + FRAME_S or (one.duration and start >= track.edge - FRAME_S):
            length = track.edge - track.starts[0]
            raise PlanError(f"{where}: begins behind the playlist's end, {length} s")
        if one.duration and one.length > one.duration + FRAME_S:
            raise PlanError(
                f"{where}: its creatives last {one.length} s, longer than its duration, "
                f"{one.duration} s; leave one out (rule D-51)"
            )
        ad_break = AdBreak(
            id=f"p{number}",
            start=start,
            out_at=start,
            planned_end=start + one.duration,
            source="schedule",
        )
        found.append((ad_break, one.creatives))
    found.sort(key=lambda pair: pair[0].start)
    for (before, _), (after, _) in pairwise(found):
        if before.in_at is not None and after.start < before.in_at:
            raise PlanError(f"breaks[{after.id[1:]}]: begins before breaks[{before.id[1:]}] ends")
    return found


def _start(one: PlannedBreak, track: Track, where: str) -> Decimal:
    if one.start is None:
        return track.edge if one.at is None else track.starts[0] + one.at
    if not track.utc:
        raise PlanError(f"{where}.start: the playlist has no dates; give at, in seconds")
    return one.start


def _splices(channel: Channel, fillings: Fillings, *, strict: bool) -> list[Splice]:
    """Splices of the breaks that are listed; where `strict`, of all."""
    found = []
    live = not channel.tracks[channel.reference].playlist.ended
    for ad_break, creatives in fillings:
        if ad_break.is_point:
            if strict or not live:  # an insertion would fall behind the live edge
                at = ad_break.start
                found.append(channel.insertion_of(at, creatives, RUNG, break_id=ad_break.id))
            continue
        one = channel.splice_of(ad_break, creatives, RUNG)
        if one is None or not channel.is_aligned(ad_break):
            if strict:
                raise PlanError(
                    f"breaks[{ad_break.id[1:]}]: the playlist has no border near it (rule A-26)"
                )
            continue
        found.append(one)
    return found
