"""An MPD of packaged renditions, to play them as they are."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from lxml import etree

from manifests.creative import CmafMedia
from manifests.dash.durations import write_duration
from manifests.dash.model import NAMESPACE
from manifests.dash.reading.document import write_tree
from packager.packaging.assets import cmaf_media, stored
from packager.packaging.encoded import EncodedRendition

MPD_NAME = "index.mpd"

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


def index_mpd(media: Sequence[CmafMedia]) -> bytes:
    """Return a static MPD of one Period: a set of all video, and one for each audio."""
    videos = [one for one in media if one.sample_rate is None]
    audios = [one for one in media if one.sample_rate is not None]
    duration = _seconds(sum((videos or audios)[0].durations), (videos or audios)[0].timescale)
    longest = max(_seconds(max(one.durations), one.timescale) for one in media)
    root = etree.Element(
        f"{{{NAMESPACE}}}MPD",
        nsmap={None: NAMESPACE},
        profiles="urn:mpeg:dash:profile:isoff-live:2011",
        type="static",
        mediaPresentationDuration=write_duration(duration),
        minBufferTime=write_duration(longest),  # @bandwidth is that of the largest segment
    )
    period = _child(root, "Period", id="0", start="PT0S")
    groups = [videos] if videos else []
    for number, group in enumerate([*groups, *([audio] for audio in audios)]):
        kind = group[0].mime_type.partition("/")[0]
        one = _child(
            period,
            "AdaptationSet",
            id=number,
            contentType=kind,
            mimeType=group[0].mime_type,
            segmentAlignment="true",
            startWithSAP=1,
        )
        for rendition in group:
            _add_representation(one, rendition)
    etree.indent(root)
    return write_tree(root)


def _add_representation(one: etree._Element, media: CmafMedia) -> None:
    representation = _child(
        one,
        "Representation",
        id=media.base.rstrip("/"),
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
