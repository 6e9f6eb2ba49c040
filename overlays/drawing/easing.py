"""Values that move: keyframes, and how one becomes the next."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

EASINGS: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {
        "linear": lambda t: t,
        "step": lambda t: float(t >= 1),
        "in": lambda t: t**3,
        "out": lambda t: 1 - (1 - t) ** 3,
        "in_out": lambda t: 4 * t**3 if t < 0.5 else 1 - (2 - 2 * t) ** 3 / 2,
        "out_quint": lambda t: 1 - (1 - t) ** 5,
        "in_quint": lambda t: t**5,
        "out_back": lambda t: 1 + 2.70158 * (t - 1) ** 3 + 1.70158 * (t - 1) ** 2,
        "sine": lambda t: (1 - math.cos(math.pi * t)) / 2,
    }
)


@dataclass(frozen=True, slots=True)
class Curve:
    """One value over time: its keyframes are (seconds, value, easing towards it), in order."""

    keys: tuple[tuple[float, float, str], ...]

    def at(self, seconds: float) -> float:
        """The value at a time; before the first keyframe and after the last one it stands still."""
        before = self.keys[0]
        if seconds <= before[0]:
            return before[1]
        for key in self.keys[1:]:
            if seconds < key[0]:
                share = EASINGS[key[2]]((seconds - before[0]) / (key[0] - before[0]))
                return before[1] + (key[1] - before[1]) * share
            before = key
        return before[1]

    @property
    def ends_at(self) -> float:
        """Seconds; afterwards nothing moves."""
        return self.keys[-1][0]
