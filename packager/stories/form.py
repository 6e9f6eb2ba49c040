"""What all clips of a story are packaged like: its renditions, and how players are told of them.

They are those of an asset that is HLS or DASH already, or, where all assets are files, a ladder of
Weft's own.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from manifests.dash.model import AdaptationSet, Period, Representation
from manifests.hls.model import MediaPlaylist, MultivariantPlaylist, Rendition, Variant
from manifests.hls.session_template import prepare_multivariant
from packager.packaging.ladder import (
    AudioSpec,
    Kind,
    Ladder,
    Rung,
    VideoSpec,
    whole_segment,
)
from packager.packaging.probe import media_playlist_uris

_SEGMENT_S = Fraction(4)
_FASTEST = Fraction(60)  # frames per second
_AUDIO = AudioSpec(sample_rate=48_000, channels=2, bitrate=128_000)
# Lines, and bit/s at up to 30 frames per second.
_HEIGHTS = ((360, 800_000), (540, 1_800_000), (720, 3_200_000), (1080, 5_500_000))


class FormError(ValueError):
    """A presentation has renditions that nothing can be packaged like; the text says why."""


@dataclass(frozen=True, slots=True)
class Track:
    """One rendition: a media playlist, or a Representation."""

    rung: Rung
    language: str = ""
    name: str = ""  # of an audio track, for people
    roles: tuple[str, ...] = ()  # in DASH


@dataclass(frozen=True, slots=True)
class Form:
    """The renditions of a story, by their numbers."""

    tracks: tuple[Track, ...]
    # Whose URIs are `0.m3u8` and so on; None: written from the tracks.
    multivariant: bytes | None = None

    @property
    def ladder(self) -> Ladder:
        """What media files must become."""
        return Ladder(tuple(track.rung for track in self.tracks))

    def of_kind(self, kind: Kind) -> tuple[tuple[int, Track], ...]:
        """The tracks of a kind, with their numbers."""
        return tuple(pair for pair in enumerate(self.tracks) if pair[1].rung.kind == kind)

    @property
    def is_dash(self) -> bool:
        """Whether an MPD can tell of it: CMAF, sound apart from the picture."""
        return all(
            track.rung.container == "cmaf" and track.rung.kind != "muxed"
            for track in self.tracks
            if track.rung.kind != "subtitles"
        )


def form_like_hls(source: MultivariantPlaylist | MediaPlaylist, ladder: Ladder) -> Form:
    """The form of an HLS presentation; subtitles that nothing can be like are left out.

    Args:
        source: What its URL gives.
        ladder: Of it, in the order of `media_playlist_uris`.

    Raises:
        FormError: A rendition that it needs has no rung.
        ManifestError: Its multivariant playlist cannot be carried over.
    """
    if isinstance(source, MediaPlaylist):
        rungs = [entry for entry in ladder.entries if isinstance(entry, Rung)]
        if not rungs:
            raise FormError("nothing can be packaged like its playlist")
        text = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=5000000\n0.m3u8\n"
        return Form((Track(rungs[0]),), text)
    named = {one.uri: one for one in source.renditions if one.uri}
    tracks: list[Track] = []
    numbers: dict[str, int] = {}
    for uri, entry in zip(media_playlist_uris(source), ladder.entries, strict=True):
        rendition = named.get(uri)
        if isinstance(entry, Rung):
            numbers[uri] = len(tracks)
            tracks.append(_named(entry, rendition))
        elif rendition is None or rendition.type != "SUBTITLES":
            raise FormError(entry.reason)

    def uri_for(one: Variant | Rendition) -> str | None:
        return f"{numbers[one.uri]}.m3u8" if one.uri in numbers else None

    without = ("EXT-X-I-FRAME-STREAM-INF", "EXT-X-START")
    template = prepare_multivariant(source, uri_for=uri_for, without=without)
    return Form(_told_apart(tracks), b"".join(template.pieces))


def _named(rung: Rung, rendition: Rendition | None) -> Track:
    if rendition is None:
        return Track(rung)
    return Track(rung, rendition.language or "", rendition.name)


def form_like_dash(
    period: Period, rung_of: Callable[[AdaptationSet, Representation], str | None], ladder: Ladder
) -> Form:
    """The form of a DASH presentation: of its video and its audio.

    Args:
        period: Of its MPD.
        rung_of: The key of a Representation's rung; None: it has none.
        ladder: Has the rungs.

    Raises:
        FormError: It has neither.
    """
    rungs = {rung.key: rung for rung in ladder.rungs}
    tracks = []
    for kind in ("video", "audio"):
        for one, representation in period.representations():
            key = rung_of(one, representation)
            if one.kind == kind and not one.is_trick_mode and key in rungs:
                track = Track(rungs[key], one.language or "", one.language or "", one.roles)
                if track not in tracks:
                    tracks.append(track)
    if not tracks:
        raise FormError("the MPD has neither video nor audio that anything can be packaged like")
    return Form(_told_apart(tracks))


def _told_apart(tracks: Sequence[Track]) -> tuple[Track, ...]:
    """With rungs of their own for what is of several languages: it is not the same files."""
    alike = Counter(track.rung for track in tracks)
    languages = Counter((track.rung, track.language) for track in tracks)
    found = []
    for track in tracks:
        rung = track.rung
        if rung.kind in ("audio", "subtitles") and alike[rung] > 1:
            spoken = track.language if languages[rung, track.language] == 1 else ""
            rung = replace(rung, spoken=spoken or track.name)
        found.append(replace(track, rung=rung))
    return tuple(found)


def standard_form(sources: Sequence[tuple[int, int, Fraction]]) -> Form:
    """Weft's own ladder: 16:9, from 360 lines up to what the largest source has.

    Args:
        sources: Width, height and frames per second of each.
    """
    tallest, rate = 0, Fraction(25)
    for width, height, frames in sources:
        lines = max(height, width * 9 // 16)
        if lines > tallest:
            tallest, rate = lines, frames
    while rate > _FASTEST:
        rate /= 2
    heights = [pair for pair in _HEIGHTS if pair[0] <= tallest] or [_HEIGHTS[0]]
    segment_s = whole_segment(_SEGMENT_S, rate)
    more = Fraction(3, 2) if rate > 30 else 1
    rungs = [
        Rung(
            kind="video",
            container="cmaf",
            segment_s=segment_s,
            frame_grid=rate,
            video=VideoSpec(
                width=lines * 16 // 9, height=lines, frame_rate=rate, bitrate=int(bitrate * more)
            ),
        )
        for lines, bitrate in reversed(heights)
    ]
    sound = Rung(kind="audio", container="cmaf", segment_s=segment_s, frame_grid=rate, audio=_AUDIO)
    return Form(tuple(Track(rung) for rung in (*rungs, sound)))
