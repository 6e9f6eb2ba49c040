"""Facts as they are for one session at one moment: what its viewer said, and what feeds say."""

from collections.abc import Callable
from datetime import datetime

from packager.config.fact_settings import Fact
from packager.config.show_settings import Show
from packager.facts.values import write_value
from packager.feeds.feeds import Feeds
from packager.parameters import Pairs
from packager.rules import Value


class Facts:
    """Brings both together."""

    def __init__(self, feeds: Feeds) -> None:
        """Ask `feeds` for what is the same for all."""
        self._feeds = feeds

    def values(self, show: Show, said: Pairs, instant: datetime) -> dict[str, Value]:
        """Every fact of a show, for rules.

        Args:
            show: Whose facts.
            said: What was taken of what the session's viewer said.
            instant: When; with time zone.
        """
        words = dict(said)
        known = {name: self._known(show, fact, words, instant) for name, fact in show.facts.items()}
        return {
            name: show.facts[name].fallback if value is None else value
            for name, value in known.items()
        }

    def value(self, show: Show, name: str, said: Pairs, instant: datetime) -> Value | None:
        """One fact of a show, or its default; None: there is neither.

        Args:
            show: As in `values`, and what follows.
            name: Of the fact.
            said: See there.
            instant: See there.
        """
        return self._known(show, show.facts[name], dict(said), instant)

    def at(self, show: Show, said: Pairs, instant: datetime) -> Callable[[str], Value | None]:
        """The same of whichever fact is asked for; the arguments as in `value`."""
        return lambda name: self.value(show, name, said, instant)

    def told(self, show: Show, said: Pairs, instant: datetime, *, anonymous: bool) -> Pairs:
        """The facts that ad servers are told: those that are known, sorted by name.

        Args:
            show: As in `values`, and what follows.
            said: See there.
            instant: See there.
            anonymous: Leave out those that need the viewer's consent.
        """
        words = dict(said)
        told = []
        for name, fact in sorted(show.facts.items()):
            if fact.consent and anonymous:
                continue
            value = self._known(show, fact, words, instant)
            if value is not None:
                told.append((name, write_value(value)))
        return tuple(told)

    def _known(
        self, show: Show, fact: Fact, words: dict[str, str], instant: datetime
    ) -> Value | None:
        """A fact's value, or its default; None: there is neither."""
        if fact.feed is not None:
            reading = self._feeds.at(show.name, fact.name, instant)
            if reading is not None:
                return reading.value
        elif fact.name in words:
            try:
                return fact.read(words[fact.name])
            except ValueError:
                pass  # said when the fact was configured otherwise
        return None if fact.default is None else fact.fallback
