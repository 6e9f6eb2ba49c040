"""What a session's facts and choices answer to a story."""

from collections.abc import Mapping
from dataclasses import dataclass

from packager.facts.values import write_value
from packager.personalization.settled import NOTHING, Settled
from packager.rules import Value


@dataclass(frozen=True, slots=True)
class SessionAnswers:
    """Answers of both; no fact has the name of a choice."""

    values: Mapping[str, Value]  # of facts
    settled: Settled = NOTHING

    def value(self, name: str) -> str:
        """The value of a fact, or its default; that of a choice, empty where it has none."""
        return write_value(self.values[name]) if name in self.values else self.settled.value(name)

    def allowed(self, asset: str) -> bool:
        """Whether the session may see an asset."""
        return self.settled.allowed(asset)
