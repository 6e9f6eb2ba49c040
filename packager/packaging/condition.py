"""One source file becomes a rendition for every rung, and is checked before anyone gets it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from packager.packaging.conformance import check_renditions
from packager.packaging.encode import LadderEncoder
from packager.packaging.encoded import EncodedRendition
from packager.packaging.errors import CreativeFailed
from packager.packaging.ladder import Rung
from packager.packaging.loudness import gain_to
from packager.packaging.segmentation import SegmentPlan, nearest
from packager.packaging.settings import ConditionSettings
from packager.packaging.source import Picture, open_source

__all__ = ["ConditionSettings", "Part", "condition"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an asset, made to go on from segments that exist already."""

    first: int  # grid frame
    end: int  # grid frame after the last
    first_number: int  # of the first segment
    counters: Mapping[Rung, Mapping[int, int]]  # `mux_ts.counters_after` the segment before


def condition(
    source: bytes | Path,
    rungs: Sequence[Rung],
    out_dir: Path,
    *,
    settings: ConditionSettings,
    progress: Callable[[float], None],
    part: Part | None = None,
) -> tuple[EncodedRendition, ...]:
    """Make a rendition of `source` for each of `rungs`.

    Args:
        source: A progressive MP4, MOV or WebM file, or its bytes.
        rungs: Of one ladder, each once.
        out_dir: Gets a folder for each rung, named by its key.
        settings: How.
        progress: Told of the share that is done, 0 to 1.
        part: What to make of it; all of it if None.

    Raises:
        CreativeRefused: The source is not a video that is packaged.
        CreativeFailed: It cannot be decoded, or what was made does not pass the check.
    """
    folders = {rung: out_dir / rung.key for rung in rungs}
    for folder in folders.values():
        folder.mkdir(parents=True)
    try:
        renditions, plan = _encode(source, rungs, folders, settings, progress, part)
    except av.FFmpegError as error:  # a filter or an encoder does not take what was decoded
        raise CreativeFailed(f"the video cannot be converted: {error}") from error
    check_renditions(renditions, plan)
    progress(1.0)
    return renditions


def _encode(
    source: bytes | Path,
    rungs: Sequence[Rung],
    folders: Mapping[Rung, Path],
    settings: ConditionSettings,
    progress: Callable[[float], None],
    part: Part | None,
) -> tuple[tuple[EncodedRendition, ...], SegmentPlan]:
    gain = _gain(source, settings)
    with open_source(source, settings.limits) as opened:
        duration = opened.facts.duration
        plan = _plan(rungs[0], duration, part)
        encoder = LadderEncoder(
            rungs,
            plan,
            folders,
            settings=settings.encode,
            pixel_aspect=opened.pixel_aspect,
            gain=gain,
            first_number=part.first_number if part else 1,
            counters=part.counters if part else None,
        )
        end = plan.total or 0
        end_s = end / plan.grid
        seen = heard = Fraction(0)
        for event in opened.pictures_and_sounds():
            if isinstance(event, Picture):
                seen = event.at
                encoder.picture(event.frame, seen)
                progress(min(1.0, float(seen / end_s)))
            else:
                heard = event.at
                if heard < end_s:
                    encoder.sound(event.frame, heard)
            if seen >= end_s and (heard >= end_s or not opened.facts.has_audio):
                break  # the rest of the file is not part of it
        return encoder.finish(end), plan


def _gain(source: bytes | Path, settings: ConditionSettings) -> float:
    if settings.loudness_lufs is None:
        return 1.0
    with open_source(source, settings.limits) as opened:
        return gain_to(settings.loudness_lufs, opened.sounds())


def _plan(rung: Rung, duration: Fraction, part: Part | None) -> SegmentPlan:
    grid, step = rung.frame_grid, rung.segment_frames
    if part is not None:
        return SegmentPlan(grid, step, part.end, part.first)
    return SegmentPlan(grid, step, max(1, nearest(duration * grid)))
