"""Which of the content's own sound a session begins with, by its facts and choices."""

from datetime import datetime

from packager.clock import Clock
from packager.config.show_settings import Show
from packager.facts.moment import Facts
from packager.looks.binding import bound
from packager.session import Session


class SoundChoice:
    """Says it for sessions."""

    def __init__(self, facts: Facts, clock: Clock) -> None:
        """Join what is known of viewers and a clock."""
        self._facts = facts
        self._clock = clock

    def of(self, session: Session, show: Show) -> str:
        """The name or language that was asked for; empty: none, the origin's choice stands."""
        if show.audio.prefer is None:
            return ""
        now: datetime = self._clock.now()
        known = self._facts.at(show, session.record.facts, now, settled=session.settled)
        text = bound(show.audio.prefer, known)
        return "" if text is None else str(text).strip()
