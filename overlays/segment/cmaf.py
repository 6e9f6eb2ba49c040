"""A CMAF segment as GOPs, and written again with some of them replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from overlays.h264.avcc import AvcConfiguration, read_avcc
from overlays.h264.nal import join_sample, split_sample
from overlays.mp4.init import Track, read_init, video_track
from overlays.mp4.rewrite import replace_samples
from overlays.mp4.samples import NON_SYNC, Sample, Segment, read_segment
from overlays.segment.gops import AccessUnit, Gop, Pictures, read_gops

# ISO 14496-12, 8.8.3.1: that no other picture follows, or that none needs this one
_LEADING, _DEPENDS_ON, _NEEDED_BY = 0xC000000, 0x3000000, 0xC00000
_DEPENDS = 0x1000000
_NOT_NEEDED = 0x800000


@dataclass(frozen=True, slots=True)
class CmafFilm:
    """The video of one segment."""

    track: Track
    configuration: AvcConfiguration
    segment: Segment
    samples: tuple[Sample, ...]
    gops: tuple[Gop, ...]
    reserve_bytes: int = 0

    def time_of(self, pts: int) -> Fraction:
        """Return the time of presentation in seconds."""
        return Fraction(pts, self.track.timescale) + self.track.shift

    def write(self, replaced: Mapping[int, Pictures]) -> bytes:
        """Write the segment with other pictures in some GOPs.

        Args:
            replaced: By the place of the GOP in `gops`; as many pictures as it had.
        """
        samples: list[Sample] = []
        for index, gop in enumerate(self.gops):
            old = self.samples[len(samples) : len(samples) + len(gop.units)]
            if index in replaced:
                samples += self._replaced(old, gop, replaced[index])
            else:
                samples += old
        return replace_samples(self.segment, self.track.number, samples)

    def _replaced(self, old: Sequence[Sample], gop: Gop, pictures: Pictures) -> list[Sample]:
        length_size = self.configuration.length_size
        return [
            replace(
                sample,
                data=join_sample(nals, length_size),
                cts=pts - sample.dts,
                flags=sample.flags if number == 0 else _flags_of_p(sample.flags),
            )
            for number, (sample, pts, nals) in enumerate(zip(old, gop.times, pictures, strict=True))
        ]


def open_cmaf(init: bytes, data: bytes) -> CmafFilm:
    """Read the video of a segment.

    Args:
        init: Of its rendition.
        data: The segment.

    Raises:
        MediaMalformed: One of them cannot be read.
        SegmentRefused: The segment cannot be overlaid.
    """
    movie = read_init(init)
    track = video_track(movie)
    configuration = read_avcc(track.avcc or b"")
    segment = read_segment(data, movie)
    samples = segment.samples(track.number)
    units = [
        AccessUnit(
            nals=split_sample(sample.data, configuration.length_size),
            dts=sample.dts,
            pts=sample.pts,
            is_sync=sample.is_sync,
        )
        for sample in samples
    ]
    gops = read_gops(units, configuration.sets)
    return CmafFilm(track, configuration, segment, samples, gops)


def _flags_of_p(flags: int) -> int:
    """Flags of a picture that refers to the one before and is referred to by the one after."""
    flags = (flags | NON_SYNC) & ~_LEADING
    if flags & _DEPENDS_ON:
        flags = flags & ~_DEPENDS_ON | _DEPENDS
    if flags & _NEEDED_BY == _NOT_NEEDED:
        flags &= ~_NEEDED_BY
    return flags
