"""Writing a rendition's files, each segment as soon as its samples are there."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from packager.packaging.adts import PackedAacWriter
from packager.packaging.encoded import CmafTrack, EncodedRendition, EncodedSegment
from packager.packaging.ladder import Rung
from packager.packaging.mux_cmaf import CmafWriter
from packager.packaging.mux_ts import TsWriter
from packager.packaging.segmentation import SegmentPlan, nearest
from packager.packaging.subtitles import empty_vtt
from packager.packaging.tracks import Run, Sample, SegmentWriter, Track

INIT_NAME = "init.mp4"


class RenditionWriter:
    """Cuts the samples of one rung's tracks into segments and writes them to a folder."""

    def __init__(
        self,
        rung: Rung,
        plan: SegmentPlan,
        tracks: Sequence[Track],
        folder: Path,
        *,
        first_number: int = 1,
        counters: Mapping[int, int] | None = None,
    ) -> None:
        """`first_number`, `counters`: as in `LadderEncoder`."""
        self._rung = rung
        self._plan = plan
        self._tracks = tuple(tracks)
        self._folder = folder
        self._first_number = first_number
        self._pending: dict[Track, list[Sample]] = {track: [] for track in tracks}
        self._starts = {track: plan.sample(0, track.rate) for track in tracks}
        self._segments: list[EncodedSegment] = []
        self._container = _container(rung, self._tracks, counters)
        self._init = self._container.init_section()
        if self._init is not None:
            (folder / INIT_NAME).write_bytes(self._init)

    def add(self, track: Track, samples: Sequence[Sample]) -> None:
        """Take samples that follow those before; write the segments that they complete."""
        self._pending[track] += samples
        self._write_segments(None)

    def finish(self, end: int) -> EncodedRendition:
        """Write what is left up to grid frame `end`; samples past it are dropped."""
        self._write_segments(end)
        name = None if self._init is None else INIT_NAME
        track = None
        if self._rung.container == "cmaf" and len(self._tracks) == 1:
            track = CmafTrack(self._tracks[0].timescale, self._tracks[0].codecs)
        return EncodedRendition(self._rung, self._folder, name, tuple(self._segments), track)

    def _write_segments(self, end: int | None) -> None:
        """Write all segments that are complete, or all up to `end`."""
        while True:
            index = len(self._segments)
            first, last = self._plan.border(index), self._plan.border(index + 1)
            if end is not None:
                last = min(last, end)
            if first >= last:
                return
            stops = {track: nearest(last / self._plan.grid * track.rate) for track in self._tracks}
            if end is None and not all(
                self._starts[track] + len(self._pending[track]) >= stop
                for track, stop in stops.items()
            ):
                return
            runs = tuple(self._take(track, stops[track]) for track in self._tracks)
            duration = runs[0].duration if runs else (last - first) / self._plan.grid
            if not duration:
                return  # less than half an AAC frame is left
            number = self._first_number + index
            data = self._container.segment(number, runs)
            name = f"{number}{self._container.suffix}"
            (self._folder / name).write_bytes(data)
            self._segments.append(EncodedSegment(name, Fraction(duration), len(data)))

    def _take(self, track: Track, stop: int) -> Run:
        start, pending = self._starts[track], self._pending[track]
        samples = tuple(pending[: stop - start])
        del pending[: stop - start]
        self._starts[track] = start + len(samples)
        return Run(track, int(start * track.timescale / track.rate), samples)


class _SubtitleSegments:
    """Segments of a creative's subtitles: all the same, and empty."""

    suffix = ".vtt"

    def __init__(self, origin: int) -> None:
        self._text = empty_vtt(origin)

    def init_section(self) -> None:
        """WebVTT has none."""

    def segment(self, number: int, runs: tuple[Run, ...]) -> bytes:
        """Return a segment without cues."""
        return self._text


def _container(
    rung: Rung, tracks: tuple[Track, ...], counters: Mapping[int, int] | None
) -> SegmentWriter:
    match rung.container:
        case "cmaf":
            return CmafWriter(tracks)
        case "ts":
            return TsWriter(tracks, rung.timestamp_origin, counters)
        case "packed-aac":
            return PackedAacWriter(tracks[0], rung.timestamp_origin)
        case "webvtt":
            return _SubtitleSegments(rung.timestamp_origin)
