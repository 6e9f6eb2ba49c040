"""The ladder of a Period: what creatives must become to stand beside its video and audio (B-24).

It is either the ladder of the same show in HLS, so that one set of media files serves both, or it
is derived from what the MPD says and a look at a little of the media.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any

from manifests.dash.model import AdaptationSet, Addressing, Period, Representation
from packager.packaging.derive import RenditionFacts, ladder_of, room_for_video
from packager.packaging.ladder import (
    Ladder,
    Rung,
    Unmatched,
    rung_from_json,
    rung_to_json,
)
from packager.packaging.mpd_excerpt import Excerpt
from packager.packaging.streams import Stream, common_rate, container_of
from packager.packaging.told import completed, told_by_representation

# What an MPD says of a Representation. Where it says the same of two, whatever their ids and
# Periods, they need the same rung.
RepresentationKey = tuple[str | int | None, ...]

_LONGEST_SEGMENT_S = Fraction(10)  # a Period may be one segment; creatives are not
_CODECS = {"video": "h264", "audio": "aac"}


@dataclass(frozen=True, slots=True)
class MpdLadder:
    """What the video and audio of an MPD need of a creative."""

    ladder: Ladder  # that creatives are packaged for
    entries: Mapping[RepresentationKey, Rung | Unmatched]

    def rung_of(self, one: AdaptationSet, representation: Representation) -> str | None:
        """Return the key of the rung that stands beside a Representation; None: no creative has it.

        The Representation may be of another Period than the ladder was made for.
        """
        entry = self.entries.get(key_of(one, representation))
        return entry.key if isinstance(entry, Rung) else None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why Representations have no rung, each reason once."""
        found = (entry.reason for entry in self.entries.values() if isinstance(entry, Unmatched))
        return tuple(dict.fromkeys(found))

    def covers(self, period: Period) -> bool:
        """Whether creatives have video and audio where the Period has them (B-24)."""
        found = media_representations(period).values()
        wanted = {one.kind for one, _ in found}
        return bool(wanted) and wanted == {one.kind for one, of in found if self.rung_of(one, of)}


def key_of(one: AdaptationSet, representation: Representation) -> RepresentationKey:
    """Return what the MPD says of a Representation."""
    of = representation
    rate = None if of.frame_rate is None else str(of.frame_rate)
    told = (one.kind, of.mime_type, of.codecs, of.bandwidth, of.width, of.height, rate)
    return (*told, of.sample_rate, of.channels)


def media_representations(
    period: Period,
) -> dict[RepresentationKey, tuple[AdaptationSet, Representation]]:
    """Return what a creative has to stand beside: video and audio, but no trick mode.

    Of Representations with the same key it is the first, in document order.
    """
    found: dict[RepresentationKey, tuple[AdaptationSet, Representation]] = {}
    for one, representation in period.representations():
        if one.kind in ("video", "audio") and not one.is_trick_mode:
            found.setdefault(key_of(one, representation), (one, representation))
    return found


def refusal_of(representation: Representation) -> str:
    """Return why no creative can be like a Representation, as far as the MPD tells; or ""."""
    if representation.mime_type not in ("video/mp4", "audio/mp4"):
        return f"{representation.mime_type or 'an unknown container'} cannot be matched"
    if representation.addressing is None:
        return "the Representation has no segments"
    told = told_by_representation(representation)
    if len(told) > 1:
        return "video and audio in one Representation cannot be matched"
    for stream in told:
        if stream.codec != _CODECS[stream.kind]:
            return f"{stream.kind} in {stream.codec} cannot be matched"
    return ""


def mpd_ladder(
    period: Period,
    excerpts: Mapping[RepresentationKey, Excerpt],
    streams: Mapping[RepresentationKey, tuple[Stream, ...]],
) -> MpdLadder:
    """Derive a Period's ladder.

    Args:
        period: Of the MPD.
        excerpts: Of `media_representations`; those that `refusal_of` refuses may be missing.
        streams: What `read_streams` gives for each excerpt, here or in another process.
    """
    found = media_representations(period)
    facts = {
        key: _facts(*of, excerpts.get(key, Excerpt()), streams.get(key, ()))
        for key, of in found.items()
    }
    lengths: dict[str, list[Fraction]] = {"video": [], "audio": []}
    for key, (one, representation) in found.items():
        if not facts[key].refusal and (length := _usual_segment_s(representation.addressing)):
            lengths[one.kind].append(length)
    shortest = min(lengths["video"] or lengths["audio"], default=None)
    ladder = ladder_of(
        tuple(facts.values()), segment_s=shortest and min(shortest, _LONGEST_SEGMENT_S)
    )
    return MpdLadder(ladder, dict(zip(found, ladder.entries, strict=True)))


def _facts(
    one: AdaptationSet,
    representation: Representation,
    excerpt: Excerpt,
    streams: tuple[Stream, ...],
) -> RenditionFacts:
    container = container_of(excerpt.init or excerpt.media)
    told = told_by_representation(representation)
    if one.is_encrypted:
        container, streams = "cmaf", completed(streams, told)
    refusal = refusal_of(representation)
    if not refusal and container not in ("cmaf", None):
        refusal = f"segments of {container} cannot be matched"
    if not refusal and len({stream.kind for stream in streams}) > 1:
        refusal = "video and audio in one Representation cannot be matched"
    return RenditionFacts(
        container=container,
        streams=streams,
        video_bitrate=room_for_video(representation.bandwidth) if one.kind == "video" else None,
        refusal=refusal,
    )


def _usual_segment_s(addressing: Addressing | None) -> Fraction | None:
    """Return how long half of all segments are at most; None: nothing tells."""
    if addressing is None:
        return None
    if not addressing.runs:
        ticks = addressing.duration
        return None if ticks is None else Fraction(ticks, addressing.timescale)
    runs = sorted(addressing.runs, key=lambda run: run.duration)
    counted = list(accumulate(run.count for run in runs))
    middle = next(run for run, upto in zip(runs, counted, strict=True) if 2 * upto >= counted[-1])
    return Fraction(middle.duration, addressing.timescale)


def match_ladder(ladder: Ladder, period: Period) -> MpdLadder | None:
    """Find the rungs of a show's HLS ladder that its Representations are, by what the MPD says.

    Returns:
        None: a Representation is none of them, so the Period needs a ladder of its own.
    """
    entries: dict[RepresentationKey, Rung | Unmatched] = {}
    for key, (one, representation) in media_representations(period).items():
        if refusal_of(representation) or not (rung := _best(ladder, one, representation)):
            return None
        entries[key] = rung
    return MpdLadder(ladder, entries) if entries else None


def _best(ladder: Ladder, one: AdaptationSet, representation: Representation) -> Rung | None:
    bandwidth = representation.bandwidth
    alike = [
        (abs(spec.bitrate - bandwidth), number)
        for number, rung in enumerate(ladder.rungs)
        if rung.kind == one.kind and rung.container == "cmaf" and _is_alike(rung, representation)
        if (spec := rung.video or rung.audio)
    ]
    return ladder.rungs[min(alike)[1]] if alike else None


def _is_alike(rung: Rung, of: Representation) -> bool:
    """Whether nothing that the MPD says speaks against the rung; a picture's size it must say."""
    if (video := rung.video) is not None:
        if of.width is None or of.height is None:
            return False
        size = (of.width // 2 * 2, of.height // 2 * 2)
        rate = of.frame_rate and common_rate(of.frame_rate)
        return size == (video.width, video.height) and rate in (None, video.frame_rate)
    audio = rung.audio
    return (
        audio is not None
        and of.sample_rate in (None, audio.sample_rate)
        and of.channels in (None, audio.channels)
    )


def mpd_ladder_to_json(value: MpdLadder) -> dict[str, Any]:
    """Return the ladder as JSON values: for each Representation a rung's number, or a reason."""
    rungs = value.ladder.rungs
    return {
        "rungs": [rung_to_json(rung) for rung in rungs],
        "entries": [
            [key, entry.reason if isinstance(entry, Unmatched) else rungs.index(entry)]
            for key, entry in value.entries.items()
        ],
    }


def mpd_ladder_from_json(value: Mapping[str, Any]) -> MpdLadder:
    """Return the ladder that `mpd_ladder_to_json` wrote; creatives for the one fit the other."""
    rungs = tuple(rung_from_json(rung) for rung in value["rungs"])
    return MpdLadder(
        Ladder(rungs),
        {
            tuple(key): Unmatched(entry) if isinstance(entry, str) else rungs[entry]
            for key, entry in value["entries"]
        },
    )
