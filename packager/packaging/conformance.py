"""The check of a packaged asset before anyone gets it (G-12).

Reads back what was written, with readers that know nothing of the writers.
"""

from collections.abc import Sequence
from fractions import Fraction

from packager.packaging.encoded import EncodedRendition
from packager.packaging.errors import CreativeFailed
from packager.packaging.ladder import Rung
from packager.packaging.read_cmaf import MediaUnreadable, TrackSpan, read_init, read_segment
from packager.packaging.read_ts import read_packed_aac_segment, read_ts_segment
from packager.packaging.segmentation import SegmentPlan

_TICK = Fraction(1, 90_000)
_AAC_FRAME = 1024


def check_renditions(renditions: Sequence[EncodedRendition], plan: SegmentPlan) -> None:
    """Check every rendition of an asset against its rung and against the plan of all of them.

    Raises:
        CreativeFailed: One is not as it must be; the text says which and how.
    """
    for rendition in renditions:
        try:
            _check(rendition, plan)
        except MediaUnreadable as error:
            rung = rendition.rung
            raise CreativeFailed(f"{rung.kind} rendition for {rung.container}: {error}") from error


def _check(rendition: EncodedRendition, plan: SegmentPlan) -> None:
    rung = rendition.rung
    expected = 0
    while plan.border(expected) < plan.border(expected + 1):
        expected += 1
    _need(len(rendition.segments) == expected, f"{len(rendition.segments)} segments")
    if rung.container == "webvtt":
        texts = [(rendition.folder / s.name).read_bytes() for s in rendition.segments]
        _need(all(text.startswith(b"WEBVTT\n") for text in texts), "a segment is not WebVTT")
        return
    init = (rendition.folder / rendition.init).read_bytes() if rendition.init else None
    segments = [(rendition.folder / segment.name).read_bytes() for segment in rendition.segments]
    spans = read_spans(rung, init, segments)
    origin = Fraction(rung.timestamp_origin, 90_000)
    ends: dict[str, Fraction] = {}
    for index, tracks in enumerate(spans):
        kinds = [span.kind for span in tracks]
        _need(kinds == _KINDS[rung.kind], f"segment {index + 1} has {kinds}")
        _need(
            tracks[0].duration == rendition.segments[index].duration,
            f"the duration of segment {index + 1} is not that of its media",
        )
        for span in tracks:
            # An AAC frame or a picture of a rate that does not divide the grid may end beside it.
            slack = _slack(rung, span.kind) + _TICK
            start = origin + plan.border(index) / plan.grid
            end = origin + plan.border(index + 1) / plan.grid
            _need(span.starts_clean, f"segment {index + 1} does not start with an IDR picture")
            _need(abs(span.start - start) <= slack, f"segment {index + 1} starts elsewhere")
            _need(
                abs(span.start + span.duration - end) <= slack,
                f"segment {index + 1} ends elsewhere",
            )
            _need(
                abs(ends.get(span.kind, span.start) - span.start) <= _TICK,
                f"the {span.kind} does not run on into segment {index + 1}",
            )
            ends[span.kind] = span.start + span.duration


_KINDS = {"video": ["video"], "audio": ["audio"], "muxed": ["video", "audio"]}


def read_spans(
    rung: Rung, init: bytes | None, segments: Sequence[bytes]
) -> list[tuple[TrackSpan, ...]]:
    """Return what each segment of a rendition has of each track.

    Raises:
        MediaUnreadable: A player could not read it either.
    """
    if rung.container == "packed-aac":
        return [(read_packed_aac_segment(data),) for data in segments]
    if rung.container == "ts":
        counters: dict[int, int] = {}
        rate = rung.video.frame_rate if rung.video else None
        return [read_ts_segment(data, counters, rate) for data in segments]
    tracks = read_init(init or b"")
    _need(not any(track.has_edit_list for track in tracks), "the init section has an edit list")
    return [read_segment(tracks, data) for data in segments]


def _slack(rung: Rung, kind: str) -> Fraction:
    if kind == "audio" and rung.audio is not None:
        return Fraction(_AAC_FRAME, rung.audio.sample_rate) / 2
    return 1 / rung.video.frame_rate / 2 if rung.video is not None else Fraction(0)


def _need(is_met: bool, problem: str) -> None:
    if not is_met:
        raise MediaUnreadable(problem)
