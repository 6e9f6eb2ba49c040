"""A show's media playlists as Weft knows them, carried on from refresh to refresh.

The channel holds what is the same for all sessions: tracks and their strips, the breaks that the
cues opened, and where these fall in every rendition. It is a value: `advance` gives the next one.
Sessions add their splices (`splice_of`) and get their playlists from both (`playlist`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import AdBreak, Cue
from manifests.creative import Creative
from manifests.cues import CueRules
from manifests.hls.cues import read_cues
from manifests.hls.following import follow
from manifests.hls.fragments import Dressing, PodStrip, PodStrips, Strip, weave
from manifests.hls.joining import join_of, leading_in, place_of_join, return_of
from manifests.hls.leaving import splice_in_shadow
from manifests.hls.model import MediaPlaylist
from manifests.hls.numbering import Place, Shadow, place_in_shadow, place_in_track
from manifests.hls.rendering import NO_SUMS, NOTHING_TOLD, Header, Sums, make_header, render, sums
from manifests.hls.restarting import resume
from manifests.hls.shadows import cast_all
from manifests.hls.signal_tags import OWN_CLOCK, dated_tags, own_clock_tags
from manifests.hls.track import Track, TrackMemory
from manifests.splicing.timeline import FRAME_S, Splice, preroll_splice, splice

# A reference rendition that stopped holds the others back by no more than this.
REFERENCE_LAG = Decimal("1.5")  # target durations


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRules:
    """How a show reads cues and writes content."""

    # None: breaks come from the schedule alone
    cues: CueSettings | None = field(default_factory=CueSettings)
    signals: CueRules = field(default_factory=CueRules)
    dressing: Dressing = field(default_factory=Dressing)
    spliced: bool = True  # the show may have breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """All followed renditions of one origin presentation, by name."""

    reference: str  # the rendition whose cues and borders count
    rules: ChannelRules = field(default_factory=ChannelRules)
    tracks: Mapping[str, Track] = field(default_factory=dict)
    strips: Mapping[str, Strip] = field(default_factory=dict)
    headers: Mapping[str, Header] = field(default_factory=dict)
    log: BreakLog = field(default_factory=BreakLog)
    shadows: Mapping[tuple[str, str], Shadow] = field(default_factory=dict)  # (break, rendition)
    seen_edge: Decimal | None = None  # nobody was shown content behind it
    memories: Mapping[str, TrackMemory] = field(default_factory=dict)  # not followed at present
    pods: PodStrips = field(default_factory=PodStrips, compare=False)
    version: int = 0  # rises with every change
    # How many of the log's breaks are past in every rendition, even their return.
    over: int = field(init=False, default=0)
    # Memo of `place`; each version of the channel begins its own.
    _places: dict[tuple[str, str, Decimal, Decimal | None], Place | None] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def advance(self, playlists: Mapping[str, MediaPlaylist]) -> "Channel":
        """Take in new versions of some playlists, all at one instant.

        Raises:
            ManifestError: A playlist cannot be numbered or its cues cannot be placed.
        """
        tracks = dict(self.tracks)
        for name in sorted(playlists, key=lambda name: name != self.reference):
            reference = tracks.get(self.reference) if name != self.reference else None
            memory = self.memories.get(name)
            if name not in tracks and memory is not None:
                tracks[name] = resume(memory, playlists[name], reference=reference)
            else:
                tracks[name] = follow(tracks.get(name), playlists[name], reference=reference)
        if all(tracks[name] is self.tracks.get(name) for name in playlists):
            return self
        log = self._observed(tracks.get(self.reference))
        channel = replace(
            self,
            tracks=tracks,
            strips={name: self._strip(name, track) for name, track in tracks.items()},
            headers={name: self._header(name, track) for name, track in tracks.items()},
            log=log,
            shadows=cast_all(self.shadows, tracks, log.breaks, reference=self.reference),
            version=self.version + 1,
        )
        return replace(channel, seen_edge=channel._published_edge())

    def rewoven(self) -> "Channel":
        """The same channel with its strips made anew, after a change of rules."""
        return replace(
            self, strips={n: weave(t, self.rules.dressing) for n, t in self.tracks.items()}
        )

    def _observed(self, reference: Track | None) -> BreakLog:
        if reference is None or self.rules.cues is None or not reference.segments:
            return self.log
        if reference is self.tracks.get(self.reference):
            return self.log
        cues = _cues_of(reference, self.rules.signals)
        # Rule A-79: cues within half a segment of each other are of one break.
        near_s = Decimal(reference.playlist.target_duration) / 2
        settings = replace(self.rules.cues, near_s=near_s)
        return self.log.observe(
            cues, edge=reference.edge, seen_edge=self.seen_edge, settings=settings
        )

    def _strip(self, name: str, track: Track) -> Strip:
        old = self.strips.get(name)
        if old is not None and old.track is track:
            return old
        return weave(track, self.rules.dressing, old)

    def _header(self, name: str, track: Track) -> Header:
        header = self.headers.get(name)
        if header is None:
            return make_header(track.playlist, spliced=self.rules.spliced)
        ended = track.playlist.ended
        return header if header.ended == ended else replace(header, ended=ended)

    def _published_edge(self) -> Decimal | None:
        limits = [
            min(track.edge, self.limit(name))
            for name, track in self.tracks.items()
            if track.segments
        ]
        if self.seen_edge is not None:
            limits.append(self.seen_edge)
        return max(limits, default=None)

    def limit(self, name: str) -> Decimal:
        """How far a rendition is published: no further than cues were looked for (rule A-04)."""
        track = self.tracks[name]
        reference = self.tracks.get(self.reference)
        if reference is None or name == self.reference or not reference.segments:
            return track.edge
        patience = REFERENCE_LAG * track.playlist.target_duration
        return max(reference.edge, track.edge - patience)

    def forget_before(self, instant: Decimal) -> "Channel":
        """Drop breaks that ended before an instant, and their shadows."""
        log = self.log.forget_before(instant)
        kept = {one.id for one in log.breaks}
        shadows = {key: value for key, value in self.shadows.items() if key[0] in kept}
        return replace(self, log=log, shadows=shadows)

    def unfollow(self, names: Iterable[str]) -> "Channel":
        """Stop following renditions that nobody watches; their numbering is remembered."""
        gone = {name for name in names if name in self.tracks}
        memories = dict(self.memories)
        for name in gone:
            if self.tracks[name].segments:
                memories[name] = TrackMemory.of(self.tracks[name])
        return replace(
            self,
            tracks={n: t for n, t in self.tracks.items() if n not in gone},
            strips={n: s for n, s in self.strips.items() if n not in gone},
            memories=memories,
        )

    def __post_init__(self) -> None:
        """Count the breaks that are over; two target durations behind their end.

        So borders of renditions and returns of sessions that differ by a segment are past too.
        """
        starts = [track.starts[0] for track in self.tracks.values() if track.segments]
        reference = self.tracks.get(self.reference)
        if starts and reference is not None:
            before = min(starts) - 2 * reference.playlist.target_duration
            object.__setattr__(self, "over", self.log.back_before(before))

    def cues(self, rules: CueRules) -> tuple[Cue, ...]:
        """The cues that are listed in the reference rendition, by other rules than for breaks."""
        reference = self.tracks.get(self.reference)
        return () if reference is None else _cues_of(reference, rules)

    @property
    def window(self) -> tuple[Decimal, Decimal] | None:
        """Where the reference rendition's window starts and ends; None: nothing is listed."""
        track = self.tracks.get(self.reference)
        return (track.starts[0], track.edge) if track is not None and track.segments else None

    @property
    def pace_s(self) -> int:
        """The reference rendition's target duration."""
        return self.tracks[self.reference].playlist.target_duration

    def out_border(self, ad_break: AdBreak) -> Decimal | None:
        """Where the reference rendition leaves the content; None if that is not listed yet."""
        if ad_break.joins:
            return ad_break.out_at
        shadow = self.shadows.get((ad_break.id, self.reference))
        return shadow.starts[0] if shadow is not None else None

    def join_of(self, seconds: Decimal, now: Decimal) -> AdBreak | None:
        """The pre-roll of a session that begins now, with so many seconds at most."""
        track = self.tracks.get(self.reference)
        return None if track is None else join_of(track, seconds)

    def recalls(self, in_at: Decimal) -> bool:
        """Whether a pre-roll that ends there may still be listed in some rendition."""
        starts = [track.starts[0] for track in self.tracks.values() if track.segments]
        return bool(starts) and in_at >= min(starts) - 2 * self.pace_s

    def return_of(self, at: Decimal) -> Decimal:
        """Where content comes back when a pre-roll ends at an instant."""
        return return_of(self.tracks[self.reference], at)

    def splice_of(
        self,
        ad_break: AdBreak,
        pod: Iterable[Creative],
        rung: str,
        *,
        to_the_end: bool = False,
    ) -> Splice | None:
        """A session's decision for a break as a splice, as far as it is known now.

        Args:
            ad_break: The break, as the log has it now.
            pod: What fills it, in order.
            rung: Key of the reference rendition's rung.
            to_the_end: The break is left open up to its end even if the pod is shorter.

        Returns:
            The splice, or None if the out point is not listed yet, or nothing fits any more.
        """
        if ad_break.joins:
            return preroll_splice(ad_break, pod, rung)
        shadow = self.shadows.get((ad_break.id, self.reference))
        if shadow is None:
            return None
        return splice_in_shadow(shadow, ad_break, pod, rung, to_the_end=to_the_end)

    def nearest_border(self, at: Decimal) -> Decimal:
        """The border nearest to an instant; of two as near, the first (D-43)."""
        track = self.tracks[self.reference]
        index = track.border(at)
        return track.starts[index] if index < len(track.starts) else track.edge

    def insertion_of(
        self, at: Decimal, pod: Iterable[Creative], rung: str, *, break_id: str
    ) -> Splice:
        """A session's decision for a point of a VOD presentation (rule A-33)."""
        track = self.tracks[self.reference]
        border = track.first_border(at, FRAME_S)
        out_at = track.edge if border is None else border
        return splice(break_id=break_id, out_at=out_at, in_at=out_at, pod=pod, rung=rung)

    def is_aligned(self, ad_break: AdBreak) -> bool:
        """Whether every followed rendition has a border near the out point (rule A-26)."""
        if ad_break.is_point:
            return True  # there is one, and `place` finds the nearest in each rendition
        out_at = self.out_border(ad_break)
        if out_at is None:
            return False
        furthest = Decimal(self.tracks[self.reference].playlist.target_duration) / 2
        return all(
            abs(track.starts[track.border(out_at)] - out_at) <= furthest
            for track in self.tracks.values()
            if track.segments and track.starts[0] <= out_at <= track.edge
        )

    def can_hold(self, ad_break: AdBreak) -> bool:
        """Whether content can end at a break that is being decided: playlists list segments."""
        return True

    def place(self, name: str, one: Splice) -> Place | None:
        """Where a splice stands in a rendition; None if it has not come yet there."""
        key = (name, one.break_id, one.out_at, one.in_at)
        if key in self._places:
            return self._places[key]
        place: Place | None = None
        if one.is_insertion:
            place = place_in_track(self.tracks[name], one.out_at)
        elif one.joins:
            place = place_of_join(self.tracks[name], one, self.tracks[self.reference])
        else:
            shadow = self.shadows.get((one.break_id, name))
            reference = self.shadows.get((one.break_id, self.reference))
            if shadow is not None and reference is not None:
                place = place_in_shadow(shadow, one.in_at, reference)
        self._places[key] = place
        return place

    def playlist(
        self,
        name: str,
        splices: Sequence[Splice],
        rung: str,
        *,
        past: Sums = NO_SUMS,
        until: Decimal | None = None,
        strip: Strip | None = None,
    ) -> bytes:
        """A session's media playlist.

        Args:
            name: The rendition.
            splices: The session's splices that are not past, in order.
            rung: Key of the rendition's rung in the creatives.
            past: Effect of the splices that are past (`effect`).
            until: Start of the first break that is not decided yet.
            strip: The rendition's strip as these sessions see it (`replaced`); None: as it is.
        """
        limit = self.limit(name)
        header, tags = self.headers[name], NOTHING_TOLD
        told = [one.signalling for one in splices if one.signalling is not None]
        if told and self._is_dated(name):
            tags = dated_tags(splices)
        elif told and self.window is not None and not told[0].live:
            header = replace(header, after=header.after + OWN_CLOCK)
            tags = own_clock_tags(splices, start=self.window[0])
        return render(
            self.strips[name] if strip is None else strip,
            leading_in(header, self.tracks[name], splices),
            splices,
            pod_of=lambda one: self.pod(name, one, rung),
            place_of=lambda one: self.place(name, one),
            past=past,
            until=limit if until is None else min(until, limit),
            tags=tags,
        )

    def effect(self, name: str, past: Iterable[Splice], rung: str, start: Sums = NO_SUMS) -> Sums:
        """What splices that are past did to the numbers of a rendition, added to `start`."""
        return sums(
            past, lambda one: self.place(name, one), lambda one: self.pod(name, one, rung), start
        )

    def pod(self, name: str, one: Splice, rung: str) -> PodStrip:
        """The strip of a splice's pod in a rendition."""
        dated = self._is_dated(name) and not one.is_insertion
        return self.pods.strip(
            one.pod,
            rung,
            date=one.out_at if dated else None,
            encrypted=self.strips[name].encrypted,
        )

    def _is_dated(self, name: str) -> bool:
        """Whether a rendition's playlists have the origin's dates."""
        return self.tracks[name].utc and self.rules.dressing.dates


def _cues_of(track: Track, rules: CueRules) -> tuple[Cue, ...]:
    if not track.segments:
        return ()
    return tuple(
        read_cues(
            replace(track.playlist, segments=track.segments),
            track.starts,
            clock_is_utc=track.utc,
            rules=rules,
            shift_s=track.shift.time_s,
        )
    )
