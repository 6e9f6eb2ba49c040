"""Packaged assets as values: which segments they show, and what splices need to know of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any, Self

from manifests.creative import CmafMedia, Creative, CreativeRendition, CreativeSegment
from packager.packaging.encoded import EncodedRendition
from packager.packaging.ladder import Rung, rung_from_json, rung_to_json
from packager.packaging.segmentation import SegmentPlan
from packager.packaging.write import INIT_NAME

# Of an asset's index: one of another version is not found. Where the index of a rendition changes,
# too, raise `making.PROFILE_VERSION`, which is part of its name.
VERSION = 2

_MICROSECOND = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment and the rendition folder that it is in."""

    digest: str
    name: str
    duration: Fraction  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTemplate:
    """The CMAF of one track in one folder, from segment 1 on: what one SegmentTemplate can tell."""

    digest: str
    timescale: int  # ticks per second
    durations: tuple[int, ...]  # ticks of each segment
    codecs: str
    bandwidth: int  # bit/s

    def until(self, end_s: Fraction) -> Self:
        """Leave away the segments that begin at `end_s` or later."""
        starts = accumulate(self.durations, initial=0)
        count = sum(1 for start in starts if start < end_s * self.timescale)
        return replace(self, durations=self.durations[:count])


@dataclass(frozen=True, slots=True)
class StoredRendition:
    """The segments of one rung, which may be in several folders: a cut shares most of them.

    `template` is what an MPD has instead. It covers as much or more: a cut has the whole segments
    of what it was cut from, and its end is the Period's, at which players clip.
    """

    rung: Rung
    init: tuple[str, str] | None  # digest and name
    segments: tuple[StoredSegment, ...]
    template: StoredTemplate | None = None  # None unless it is CMAF of one track


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A packaged asset."""

    id: str
    kind: str
    source: str  # digest of the source's bytes
    frames: int  # of the grid
    renditions: tuple[StoredRendition, ...]

    @property
    def plan(self) -> SegmentPlan:
        """Where its segments begin."""
        rung = self.renditions[0].rung
        return SegmentPlan(rung.frame_grid, rung.segment_frames, self.frames)

    def creative(self, uri_prefix: str) -> Creative:
        """Return what the splicer needs to know of it."""
        return Creative(
            id=self.id,
            duration=_seconds(self.frames / self.plan.grid),
            renditions={
                rendition.rung.key: _creative_rendition(rendition, uri_prefix)
                for rendition in self.renditions
            },
            kind=self.kind,
        )


def stored(encoded: EncodedRendition, digest: str, *, is_part: bool = False) -> StoredRendition:
    """Return a rendition as it is in the folder `digest`.

    Args:
        encoded: What was made.
        digest: Of the folder.
        is_part: Its first segment does not have the number 1.
    """
    segments = tuple(StoredSegment(digest, s.name, s.duration) for s in encoded.segments)
    init = None if encoded.init is None else (digest, encoded.init)
    track = encoded.track
    if track is None or is_part:
        return StoredRendition(encoded.rung, init, segments)
    template = StoredTemplate(
        digest=digest,
        timescale=track.timescale,
        durations=tuple(int(s.duration * track.timescale) for s in encoded.segments),
        codecs=track.codecs,
        bandwidth=encoded.peak_bitrate,
    )
    return StoredRendition(encoded.rung, init, segments, template)


def cmaf_media(rung: Rung, template: StoredTemplate, base: str) -> CmafMedia:
    """Return what an MPD tells of a rendition; `base` is where its files are and ends with "/"."""
    media = CmafMedia(
        base=base,
        initialization=INIT_NAME,
        media="$Number$.m4s",
        start_number=1,
        timescale=template.timescale,
        durations=template.durations,
        mime_type=f"{rung.kind}/mp4",
        codecs=template.codecs,
        bandwidth=template.bandwidth,
    )
    if (video := rung.video) is not None:
        rate = str(video.frame_rate)
        media = replace(media, width=video.width, height=video.height, frame_rate=rate)
    if (audio := rung.audio) is not None:
        media = replace(media, sample_rate=audio.sample_rate, channels=audio.channels)
    return media


def _creative_rendition(rendition: StoredRendition, uri_prefix: str) -> CreativeRendition:
    segments, end, written = [], Fraction(0), Decimal(0)
    for segment in rendition.segments:
        end += segment.duration
        duration = _seconds(end) - written  # rounding must not add up
        written += duration
        segments.append(CreativeSegment(f"{uri_prefix}/{segment.digest}/{segment.name}", duration))
    init = None if rendition.init is None else "/".join((uri_prefix, *rendition.init))
    template, cmaf = rendition.template, None
    if template is not None:
        cmaf = cmaf_media(rendition.rung, template, f"{uri_prefix}/{template.digest}/")
    return CreativeRendition(tuple(segments), init, cmaf)


def _seconds(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(_MICROSECOND)


def rendition_to_json(rendition: StoredRendition) -> dict[str, Any]:
    """Return the rendition without its rung as JSON values."""
    return {
        "init": rendition.init,
        "segments": [[s.digest, s.name, str(s.duration)] for s in rendition.segments],
        "template": None if rendition.template is None else asdict(rendition.template),
    }


def rendition_from_json(rung: Rung, value: Mapping[str, Any]) -> StoredRendition:
    """Return the rendition that `rendition_to_json` wrote."""
    segments = (StoredSegment(digest, name, Fraction(s)) for digest, name, s in value["segments"])
    init = None if value["init"] is None else (value["init"][0], value["init"][1])
    template = value["template"]
    if template is not None:
        template = StoredTemplate(**{**template, "durations": tuple(template["durations"])})
    return StoredRendition(rung, init, tuple(segments), template)


def asset_to_json(asset: Asset) -> dict[str, Any]:
    """Return the asset as JSON values."""
    return {
        "version": VERSION,
        "id": asset.id,
        "kind": asset.kind,
        "source": asset.source,
        "frames": asset.frames,
        "renditions": [
            {"rung": rung_to_json(rendition.rung), **rendition_to_json(rendition)}
            for rendition in asset.renditions
        ],
    }


def asset_from_json(value: Mapping[str, Any]) -> Asset | None:
    """Return the asset that `asset_to_json` wrote; None if it was one of another version."""
    if value["version"] != VERSION:
        return None
    return Asset(
        id=value["id"],
        kind=value["kind"],
        source=value["source"],
        frames=value["frames"],
        renditions=tuple(
            rendition_from_json(rung_from_json(item["rung"]), item) for item in value["renditions"]
        ),
    )
