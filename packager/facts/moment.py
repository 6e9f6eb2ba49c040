"""Facts as they are for one session at one moment: what its viewer said, and what feeds say."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from packager.config.fact_settings import Fact
from packager.config.show_settings import Show
from packager.facts.sources import timed_by
from packager.facts.values import write_value
from packager.feeds.feeds import Feeds
from packager.parameters import Pairs
from packager.personalization.settled import NOTHING, Settled
from packager.rules import Value


def said_values(facts: Mapping[str, Fact], said: Pairs) -> dict[str, Value]:
    """The facts among those that a viewer said that can have such values.

    Args:
        facts: Of the show, by name.
        said: What was taken of what the session's viewer said.
    """
    values: dict[str, Value] = {}
    for name, text in said:
        fact = facts.get(name)
        if fact is not None and fact.is_said:
            with suppress(ValueError):  # said when the fact was configured otherwise
                values[name] = fact.read(text)
    return values


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

    def is_stale(self, show: Show, name: str, instant: datetime) -> bool:
        """Whether a fact's feed was not heard of for so long that its value counts as old."""
        reading = self._feeds.at(show.name, name, instant)
        return reading is not None and reading.stale

    def value(self, show: Show, name: str, said: Pairs, instant: datetime) -> Value | None:
        """One fact of a show, or its default; None: there is neither.

        Args:
            show: As in `values`, and what follows.
            name: Of the fact.
            said: See there.
            instant: See there.
        """
        return self._known(show, show.facts[name], dict(said), instant)

    def at(
        self, show: Show, said: Pairs, instant: datetime, *, settled: Settled = NOTHING
    ) -> Callable[[str], Value | None]:
        """The same of whichever fact is asked for, or of a choice.

        Args:
            show: As in `value`, and what follows.
            said: See there.
            instant: See there.
            settled: The choices.
        """

        def known(name: str) -> Value | None:
            if name in show.choices:
                return show.choices[name].read(settled.value(name)) or None
            return self.value(show, name, said, instant)

        return known

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
        elif fact.source is not None and fact.is_timed:
            words = {fact.name: timed_by(fact.source, fact.zone, instant)}
        if fact.name in words:
            try:
                return fact.read(words[fact.name])
            except ValueError:
                pass  # not in its `of`, or said when the fact was configured otherwise
        return None if fact.default is None else fact.fallback
