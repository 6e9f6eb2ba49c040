"""A creative, slate or other asset as packaged for one show: what a splice needs to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CreativeSegment:
    """One segment of a packaged asset."""

    uri: str  # as it is to stand in a playlist
    duration: Decimal  # seconds, as it is to stand in EXTINF


@dataclass(frozen=True, slots=True, kw_only=True)
class CmafMedia:
    """How a rendition's CMAF files are told of in an MPD.

    The first segment starts at media time 0. The segments may go on beyond the creative's end: a
    part of a slate is the whole slate's segments and an earlier end (players clip at the Period's).
    """

    base: str  # what the names below are relative to; ends with "/"
    initialization: str  # name of the init segment
    media: str  # template with $Number$
    start_number: int
    timescale: int  # ticks per second
    durations: tuple[int, ...]  # ticks of each segment
    mime_type: str  # "video/mp4"
    codecs: str  # RFC 6381
    bandwidth: int  # bit/s, of the segment with the highest bit rate
    width: int | None = None
    height: int | None = None
    frame_rate: str | None = None  # "25" or "30000/1001"
    sample_rate: int | None = None  # Hz
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class CreativeRendition:
    """One rendition of a packaged asset: what goes into one media playlist or Representation."""

    segments: tuple[CreativeSegment, ...]
    init_uri: str | None = None  # for EXT-X-MAP; None where the container has none
    cmaf: CmafMedia | None = None  # None where it cannot stand in an MPD


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative:
    """A packaged asset; every rendition has the same number of segments and the same borders.

    `duration` is the video's, measured (rule D-50). `renditions` maps the key of a rung of the
    show's ladder (`packager.packaging.ladder.Rung.key`) to the rendition made for it.
    """

    id: str  # content digest: the same bytes and cut have the same id
    duration: Decimal
    renditions: Mapping[str, CreativeRendition]
    kind: str = "ad"  # "ad", "slate", "bumper"
    place: str = ""  # what its segments' URIs begin with, where that is not their own (`placed`)
    longest_segment_s: Decimal = field(init=False, compare=False)  # of any rendition

    @property
    def key(self) -> str:
        """What tells its texts in manifests from those of others: its id, and its place."""
        return f"{self.id} {self.place}" if self.place else self.id

    def placed(self, place: str, *, base: str) -> "Creative":
        """The same media, with segments that are asked for at another place.

        Args:
            place: What URIs are to begin with; relative, so that it names no session: what it
                follows is in the playlist's URL, or in the MPD's BaseURL.
            base: What they begin with now, in place of which `place` is put.
        """

        def moved(uri: str) -> str:
            return place + uri.removeprefix(base)

        return replace(
            self,
            place=place,
            renditions={
                key: replace(
                    one,
                    segments=tuple(replace(each, uri=moved(each.uri)) for each in one.segments),
                    cmaf=None if one.cmaf is None else replace(one.cmaf, base=moved(one.cmaf.base)),
                )
                for key, one in self.renditions.items()
            },
        )

    def segments_until(self, seconds: Decimal, *, whole: bool = True) -> int:
        """How many of its segments, as an MPD tells of them, end so many seconds from its start.

        Args:
            seconds: From its start.
            whole: If not, those that begin before count as well.
        """
        found = (one.cmaf for one in self.renditions.values() if one.cmaf is not None)
        media = next(found, None)
        if media is None:
            return 0
        count, end = 0, Decimal(0)
        for ticks in media.durations:
            start, end = end, end + Decimal(ticks) / media.timescale
            if (end if whole else start) > seconds or (not whole and start == seconds):
                break
            count += 1
        return count

    def __post_init__(self) -> None:
        segments = (one for each in self.renditions.values() for one in each.segments)
        longest = max((one.duration for one in segments), default=Decimal(0))
        object.__setattr__(self, "longest_segment_s", longest)
