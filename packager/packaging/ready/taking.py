"""Renditions of somebody else's become an asset's, byte for byte, if they pass its check (G-12)."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from packager.packaging.conformance import check_renditions, read_spans
from packager.packaging.encoded import CmafTrack, EncodedRendition, EncodedSegment
from packager.packaging.errors import CreativeFailed, StreamUnmatched
from packager.packaging.ladder import Rung
from packager.packaging.read_cmaf import MediaUnreadable, read_init
from packager.packaging.read_streams import read_streams
from packager.packaging.ready.matching import room
from packager.packaging.ready.stream import SUFFIXES
from packager.packaging.segmentation import SegmentPlan, nearest
from packager.packaging.subtitle_cues import read_subtitles, write_segment
from packager.packaging.write import INIT_NAME, RenditionWriter

_CLEAR = {"video": "avc1", "audio": "mp4a"}  # sample entries


def take(folders: Mapping[Rung, Path | None], out_dir: Path) -> tuple[EncodedRendition, ...]:
    """Copy renditions, and check them as if they had been made here.

    Args:
        folders: Of each rung of a ladder, with ``init.mp4``, where there is one, and segments,
            ``1.m4s`` and so on. Of subtitles it is WebVTT, ``1.vtt`` and so on; None: there are
            none.
        out_dir: Gets a folder for each rung, named by its key.

    Raises:
        StreamUnmatched: They are not as a ladder's must be; the text says which and how.
    """
    try:
        taken = {
            rung: _copied(rung, folder, out_dir / rung.key)
            for rung, folder in folders.items()
            if folder is not None and rung.kind != "subtitles"
        }
        longest = max(taken.values(), key=lambda r: r.rung.video is not None)  # audio is less exact
        seconds = sum((segment.duration for segment in longest.segments), Fraction(0))
        grid = longest.rung.frame_grid
        plan = SegmentPlan(grid, longest.rung.segment_frames, nearest(seconds * grid))
        renditions = tuple(
            taken[rung] if rung in taken else _text(rung, folder, plan, out_dir / rung.key)
            for rung, folder in folders.items()
        )
        check_renditions(renditions, plan)
    except (CreativeFailed, MediaUnreadable) as error:
        raise StreamUnmatched(str(error)) from error
    for rendition in taken.values():
        if rendition.peak_bitrate > room(rendition.rung):
            raise StreamUnmatched(
                f"a segment has {rendition.peak_bitrate} bit/s, "
                f"the {rendition.rung.kind} rung has room for {room(rendition.rung)}"
            )
    return renditions


def _copied(rung: Rung, source: Path, folder: Path) -> EncodedRendition:
    shutil.copytree(source, folder)
    init = (folder / INIT_NAME).read_bytes() if (folder / INIT_NAME).is_file() else None
    suffix = SUFFIXES[rung.container]
    names = sorted(
        (path.name for path in folder.glob(f"*{suffix}")), key=lambda n: int(n[: -len(suffix)])
    )
    data = [(folder / name).read_bytes() for name in names]
    if (init is not None) != (rung.container == "cmaf"):
        raise MediaUnreadable("CMAF, and nothing else, has an init section")
    segments = []
    for name, one, spans in zip(names, data, read_spans(rung, init, data), strict=True):
        if not spans or not spans[0].duration:
            raise MediaUnreadable("a segment has no samples")
        segments.append(EncodedSegment(name, spans[0].duration, len(one)))
    track = None if init is None else _track(init, data[0])
    init_name = None if init is None else INIT_NAME
    return EncodedRendition(rung, folder, init_name, tuple(segments), track)


def _track(init: bytes, segment: bytes) -> CmafTrack | None:
    tracks = read_init(init)
    for track in tracks:
        if track.sample_entry != _CLEAR.get(track.kind):
            raise MediaUnreadable(f"{track.kind} is {track.sample_entry}, perhaps encrypted")
    codecs = [stream.codecs for stream in read_streams(init, segment)]
    return CmafTrack(tracks[0].timescale, codecs[0]) if len(tracks) == len(codecs) == 1 else None


def _text(rung: Rung, source: Path | None, plan: SegmentPlan, folder: Path) -> EncodedRendition:
    """Subtitles in segments like the video's: without cues where there are none."""
    folder.mkdir(parents=True)
    rendition = RenditionWriter(rung, plan, (), folder).finish(plan.total or 0)
    if source is None:
        return rendition
    paths = sorted(source.glob("*.vtt"), key=lambda path: int(path.stem))
    origin = rung.timestamp_origin
    subtitles = read_subtitles((path.read_bytes() for path in paths), origin=origin)
    segments, start = [], Fraction(0)
    for segment in rendition.segments:
        data = write_segment(subtitles, start, start + segment.duration, origin=origin)
        (folder / segment.name).write_bytes(data)
        segments.append(replace(segment, size=len(data)))
        start += segment.duration
    return replace(rendition, segments=tuple(segments))
