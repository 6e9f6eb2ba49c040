"""Static MPDs of packaged renditions, to play them as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from lxml import etree

from manifests.creative import CmafMedia
from manifests.dash.durations import write_duration
from manifests.dash.model import NAMESPACE
from manifests.dash.periods.dressing import ASSET_SCHEME
from manifests.dash.reading.document import write_tree
from packager.packaging.assets import cmaf_media, stored
from packager.packaging.encoded import EncodedRendition

MPD_NAME = "index.mpd"

_ROLES = "urn:mpeg:dash:role:2011"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_MICROSECOND = Decimal("0.000001")


def write_mpd(renditions: Sequence[EncodedRendition], out_dir: Path) -> Path | None:
    """Write an MPD beside the renditions' folders.

    Returns:
        The MPD; None if nothing of it can stand in one.
    """
    media = []
    for rendition in renditions:
        template = stored(rendition, rendition.folder.name).template
        if template is not None:
            media.append(cmaf_media(rendition.rung, template, f"{rendition.folder.name}/"))
    if not media:
        return None
    path = out_dir / MPD_NAME
    path.write_bytes(index_mpd(media))
    return path


@dataclass(frozen=True, slots=True)
class SetMedia:
    """An AdaptationSet: its Representations by their ids."""

    media: tuple[tuple[str, CmafMedia], ...]
    language: str = ""
    roles: tuple[str, ...] = ()  # of urn:mpeg:dash:role:2011


@dataclass(frozen=True, slots=True)
class PeriodMedia:
    """A Period."""

    id: str
    duration: Decimal  # seconds
    sets: tuple[SetMedia, ...]
    base: str = ""  # what its Representations' bases are relative to
    asset: str = ""  # what it is a part of (AssetIdentifier)


def index_mpd(media: Sequence[CmafMedia]) -> bytes:
    """Return a static MPD of one Period: a set of all video, and one for each audio."""
    named = [(one.base.rstrip("/"), one) for one in media]
    videos = tuple([pair for pair in named if pair[1].sample_rate is None])
    audios = [pair for pair in named if pair[1].sample_rate is not None]
    first = (videos or audios)[0][1]
    sets = (*([SetMedia(videos)] if videos else []), *(SetMedia((one,)) for one in audios))
    duration = _seconds(sum(first.durations), first.timescale)
    return static_mpd([PeriodMedia("0", duration, sets)])


def static_mpd(periods: Sequence[PeriodMedia]) -> bytes:
    """Return a static MPD of Periods that follow one another."""
    media = [one for period in periods for of in period.sets for _, one in of.media]
    longest = max(_seconds(max(one.durations), one.timescale) for one in media)
    total = sum((period.duration for period in periods), Decimal(0))
    root = etree.Element(
        f"{{{NAMESPACE}}}MPD",
        nsmap={None: NAMESPACE},
        profiles="urn:mpeg:dash:profile:isoff-live:2011",
        type="static",
        mediaPresentationDuration=write_duration(total),
        minBufferTime=write_duration(longest),  # @bandwidth is that of the largest segment
    )
    start = Decimal(0)
    for period in periods:
        _add_period(root, period, start)
        start += period.duration
    etree.indent(root)
    return write_tree(root)


def _add_period(root: etree._Element, period: PeriodMedia, start: Decimal) -> None:
    element = _child(root, "Period", id=period.id, start=write_duration(start))
    if period.base:
        _child(element, "BaseURL").text = period.base
    if period.asset:
        _child(element, "AssetIdentifier", schemeIdUri=ASSET_SCHEME, value=period.asset)
    for number, of in enumerate(period.sets):
        kind = of.media[0][1].mime_type
        one = _child(
            element,
            "AdaptationSet",
            id=number,
            contentType=kind.partition("/")[0],
            lang=of.language or None,
            mimeType=kind,
            segmentAlignment="true",
            startWithSAP=1,
        )
        for role in of.roles:
            _child(one, "Role", schemeIdUri=_ROLES, value=role)
        for name, rendition in of.media:
            _add_representation(one, name, rendition)


def _add_representation(one: etree._Element, name: str, media: CmafMedia) -> None:
    representation = _child(
        one,
        "Representation",
        id=name,
        bandwidth=media.bandwidth,
        codecs=media.codecs,
        width=media.width,
        height=media.height,
        frameRate=media.frame_rate,
        audioSamplingRate=media.sample_rate,
    )
    if media.channels is not None:
        value = media.channels
        _child(representation, "AudioChannelConfiguration", schemeIdUri=_CHANNELS, value=value)
    _child(representation, "BaseURL").text = media.base
    template = _child(
        representation,
        "SegmentTemplate",
        timescale=media.timescale,
        initialization=media.initialization,
        media=media.media,
        startNumber=media.start_number,
    )
    timeline = _child(template, "SegmentTimeline")
    at = 0
    for ticks, run in groupby(media.durations):
        count = len(list(run))
        _child(timeline, "S", t=None if at else 0, d=ticks, r=count - 1 or None)
        at += ticks * count


def _child(parent: etree._Element, name: str, **attributes: object) -> etree._Element:
    """Add an element; attributes that are None are left out."""
    given = {key: str(value) for key, value in attributes.items() if value is not None}
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", given)


def _seconds(ticks: int, timescale: int) -> Decimal:
    return (Decimal(ticks) / timescale).quantize(_MICROSECOND)
