"""An asset of a show as a session watches it: what deciding on its breaks needs to know.

Each format has its own kind of presentation, which knows how to find and write it.
"""

from dataclasses import dataclass

from packager.config.show_settings import Show
from packager.packaging.ladder import Ladder


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """One asset of one show, for one tenant and set of origin parameters."""

    show: Show
    asset: str
    channel_id: int  # of what follows it: no other's channels have it
    ladder: Ladder | None  # None: no breaks, or none that could be filled
    reference_rung: str | None  # key of the rung whose segments are the clock of pods
    live: bool
