"""Times as clients are told them: to the millisecond, as a number and as text that agree."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from manifests.dash.durations import write_duration

MILLISECOND = Decimal("0.001")


def rounded(seconds: Decimal) -> Decimal:
    """Round to the millisecond; of two times the later one never becomes the earlier one."""
    return seconds.quantize(MILLISECOND, rounding=ROUND_HALF_EVEN) + 0  # never -0


def iso(seconds: Decimal) -> str:
    """Write seconds as an ISO 8601 duration, ``PT12.5S``; those before 0 as ``-PT12.5S``."""
    text = write_duration(abs(rounded(seconds)))
    return f"-{text}" if rounded(seconds) < 0 else text


def clock(seconds: Decimal) -> str:
    """Write seconds as VAST does: ``00:00:05``, with milliseconds where there are any."""
    whole, fraction = divmod(int(rounded(seconds) * 1000), 1000)
    text = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{fraction:03}" if fraction else text


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of presentation time; where one ends, another may begin without gap or overlap."""

    start: Decimal
    end: Decimal

    def __post_init__(self) -> None:
        # The ends are rounded, and not the length: lengths of neighbours would add up otherwise.
        object.__setattr__(self, "start", rounded(self.start))
        object.__setattr__(self, "end", rounded(self.end))

    def fields(self) -> dict[str, str | float]:
        """Start and length as MediaTailor's documents have them, each as text and as number."""
        duration = self.end - self.start
        return {
            "duration": iso(duration),
            "durationInSeconds": float(duration),
            "startTime": iso(self.start),
            "startTimeInSeconds": float(self.start),
        }
