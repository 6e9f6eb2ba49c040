"""The check finds what a writer got wrong (G-12)."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from media_samples import rung, video_source, video_spec

from packager.packaging.conformance import check_renditions
from packager.packaging.encode import EncodedRendition, encode_ladder
from packager.packaging.errors import CreativeFailed
from packager.packaging.ladder import Rung
from packager.packaging.mux_cmaf import CmafWriter
from packager.packaging.segmentation import SegmentPlan
from packager.packaging.tracks import Run, Sample, VideoTrack

RUNGS = (
    rung("video", "cmaf"),
    rung("muxed", "ts"),
    rung("audio", "cmaf"),
    rung("subtitles", "webvtt"),
)


@pytest.fixture
def renditions(tmp_path: Path) -> tuple[EncodedRendition, ...]:
    return encode_ladder(video_source(75), None, RUNGS, tmp_path)


WHOLE = SegmentPlan(Fraction(25), 25, 75)


def test_what_was_written_well_passes(renditions: tuple[EncodedRendition, ...]) -> None:
    check_renditions(renditions, WHOLE)


def test_a_missing_segment_is_found(renditions: tuple[EncodedRendition, ...]) -> None:
    video = renditions[0]
    with pytest.raises(CreativeFailed, match="video rendition for cmaf: 2 segments"):
        check_renditions([replace(video, segments=video.segments[:2])], WHOLE)


def test_segments_elsewhere_are_found(renditions: tuple[EncodedRendition, ...]) -> None:
    video = renditions[0]
    first, second, third = video.segments
    with pytest.raises(CreativeFailed, match="segment 1 starts elsewhere"):
        check_renditions([replace(video, segments=(second, first, third))], WHOLE)
    with pytest.raises(CreativeFailed, match="segment 1 ends elsewhere"):
        check_renditions([video], SegmentPlan(Fraction(25), 30, 75))


def test_a_wrong_duration_is_found(renditions: tuple[EncodedRendition, ...]) -> None:
    video = renditions[0]
    wrong = replace(video.segments[0], duration=Fraction(2))
    with pytest.raises(CreativeFailed, match="not that of its media"):
        check_renditions([replace(video, segments=(wrong, *video.segments[1:]))], WHOLE)


def test_a_missing_track_is_found(renditions: tuple[EncodedRendition, ...]) -> None:
    """A rung of another kind: audio is not there."""
    muxed = replace(renditions[0], rung=rung("muxed", "cmaf"))
    with pytest.raises(CreativeFailed, match=r"has \['video'\]"):
        check_renditions([muxed], WHOLE)


def test_a_lost_packet_between_segments_is_found(
    renditions: tuple[EncodedRendition, ...],
) -> None:
    muxed = renditions[1]
    path = muxed.folder / "2.ts"
    path.write_bytes(path.read_bytes()[:-188])
    with pytest.raises(CreativeFailed, match=r"is missing|damaged"):
        check_renditions([muxed], WHOLE)


def test_subtitles_that_are_none_are_found(renditions: tuple[EncodedRendition, ...]) -> None:
    subtitles = renditions[3]
    (subtitles.folder / "2.vtt").write_bytes(b"<html>")
    with pytest.raises(CreativeFailed, match="not WebVTT"):
        check_renditions([subtitles], WHOLE)


def test_a_step_in_time_between_segments_is_found(tmp_path: Path) -> None:
    """G-01: within the slack of a border, but not where the segment before ended."""
    spec = video_spec(rate=25)
    of: Rung = rung("video", "cmaf", video=spec)
    track = VideoTrack(spec, 90_000, b"\x01\x64\0\x1f\xff")
    writer = CmafWriter((track,))
    key = Sample((1).to_bytes(4) + b"\x65", 3600)
    (made,) = encode_ladder(video_source(50), None, [of], tmp_path)
    (made.folder / "init.mp4").write_bytes(writer.init_section())
    for number, start in ((1, 0), (2, 90_000 + 900)):
        samples = (key, *[replace(key, is_sync=False)] * 24)
        data = writer.segment(number, (Run(track, start, samples),))
        (made.folder / f"{number}.m4s").write_bytes(data)
    with pytest.raises(CreativeFailed, match="video does not run on into segment 2"):
        check_renditions([made], SegmentPlan(Fraction(25), 25, 50))
