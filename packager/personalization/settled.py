"""What a session's choices are: their values, and the assets that must not be shown to it."""

from dataclasses import dataclass
from functools import cached_property

from packager.parameters import Pairs
from packager.personalization.names import filled

EMPTY = ""  # a choice without a value


@dataclass(frozen=True)
class Settled:
    """The choices of a session as they are settled, until they are settled anew."""

    values: Pairs = ()  # of all choices of the show, in the order of its settings
    refused: tuple[str, ...] = ()  # assets whose rights do not hold, sorted

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return dict(self.values)

    def value(self, choice: str) -> str:
        """The value of a choice; empty where it has none, or there is no such choice."""
        return self._by_name.get(choice, EMPTY)

    def allowed(self, asset: str) -> bool:
        """Whether the session may be shown an asset of the show."""
        return asset not in self.refused

    def asset(self, name: str) -> str | None:
        """The asset of a name, which may have choices in it; None: none may be shown."""
        found = filled(name, self.value)
        return found if found and self.allowed(found) else None


NOTHING = Settled()
