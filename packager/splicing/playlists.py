"""A plan spliced into one media playlist."""

from collections.abc import Iterable
from dataclasses import replace

from manifests.break_log import BreakLog, CueSettings
from manifests.errors import SpliceError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.following import follow
from manifests.hls.fragments import Dressing
from manifests.hls.model import MediaPlaylist
from manifests.splicing.timeline import Splice
from manifests.timing import fits_target
from packager.splicing.creatives import RUNG, is_for_mpd
from packager.splicing.placing import Content, Filling, place_breaks
from packager.splicing.plan import FilePlan
from packager.splicing.values import PlanError

NAME = "playlist"
REFERENCE = "reference"


def spliced_playlist(
    playlist: MediaPlaylist, plan: FilePlan, reference: MediaPlaylist | None = None
) -> bytes:
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
    fillings: tuple[Filling, ...]
    if plan.from_cues:
        rules = ChannelRules(cues=CueSettings())
        channel = Channel(reference=main, rules=rules).advance(playlists)
        cued = plan.breaks[0]
        fillings = tuple(Filling(cued.where, one, cued.creatives) for one in channel.log.breaks)
        if not fillings:
            raise SpliceError("there are no cues; leave out from_cues and say where breaks are")
    else:
        rules = ChannelRules(cues=None, dressing=Dressing(removed=None))
        fillings = place_breaks(plan, _content(playlists[main]))
        log = BreakLog(tuple(one.ad_break for one in fillings))
        channel = Channel(reference=main, rules=rules, log=log).advance(playlists)
    splices = _splices(channel, fillings, strict=not plan.from_cues)
    if any(one.is_insertion for one in splices):  # rule A-33
        rules = replace(rules, dressing=replace(rules.dressing, dates=False))
        channel = replace(channel, rules=rules).rewoven()
    return channel.playlist(NAME, splices, RUNG)


def _check_media(playlist: MediaPlaylist, plan: FilePlan) -> None:
    """What conditioning would have seen to: creatives suit the playlist."""
    if not playlist.segments:
        raise SpliceError("no segments are listed; nothing can be spliced")
    if playlist.iframes_only:
        raise SpliceError("an I-frame playlist takes no creatives; leave it out (rule A-57)")
    if plan.now is not None:
        raise PlanError("now: a playlist lists what there is at any time; leave it out")
    has_map = any(segment.map is not None for segment in playlist.segments)
    for creative in plan.creatives:
        if is_for_mpd(creative):
            raise PlanError(
                f"creative {creative.id!r}: renditions are for MPDs; give segments, and init "
                "where the playlist has EXT-X-MAP"
            )
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


def _content(playlist: MediaPlaylist) -> Content:
    track = follow(None, playlist)
    return Content(
        manifest="playlist",
        start=track.starts[0],
        end=track.edge,
        is_dated=track.utc,
        is_finished=playlist.ended or playlist.playlist_type == "VOD",
    )


def _splices(channel: Channel, fillings: Iterable[Filling], *, strict: bool) -> list[Splice]:
    """Splices of the breaks that are listed; where `strict`, of all."""
    found = []
    live = not channel.tracks[channel.reference].playlist.ended
    for filling in fillings:
        ad_break, creatives = filling.ad_break, filling.creatives
        if ad_break.is_point:
            if strict or not live:  # an insertion would fall behind the live edge
                at = ad_break.start
                found.append(channel.insertion_of(at, creatives, RUNG, break_id=ad_break.id))
            continue
        one = channel.splice_of(ad_break, creatives, RUNG)
        if one is None or not channel.is_aligned(ad_break):
            if strict:
                raise PlanError(f"{filling.where}: the playlist has no border near it (rule A-26)")
            continue
        found.append(one)
    return found
