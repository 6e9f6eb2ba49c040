"""The feeds of a process: what facts of shows come from them, as they were at any instant."""

from datetime import datetime

import anyio

from packager.clock import Clock
from packager.config.feed_settings import PolledFeed, PushedFeed
from packager.config.values import Config
from packager.feeds.history import History, Reading
from packager.feeds.poller import Poller
from packager.feeds.pushed import Pushed
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.stores import Store


class Feeds:
    """All feeds that a configuration names."""

    def __init__(
        self,
        config: Config,
        *,
        client: GuardedClient,
        store: Store,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Make them, and ask nothing yet.

        Args:
            config: Shows with their facts.
            client: What asks; it stays the caller's.
            store: Carries what is told from one process to the others.
            clock: Says the time.
            metrics: Is told of failures.
        """
        self._histories: dict[tuple[str, str], History] = {}
        self._pushed: dict[tuple[str, str], Pushed] = {}
        self._polled: list[Poller] = []
        for show in config.shows.values():
            for fact in show.facts.values():
                if (feed := fact.feed) is None:
                    continue
                key = (show.name, fact.name)
                history = self._histories[key] = History(stale_s=feed.stale_after_s)
                match feed:
                    case PolledFeed():
                        self._polled.append(
                            Poller(
                                show.name,
                                fact,
                                feed,
                                history,
                                client=client,
                                clock=clock,
                                metrics=metrics,
                            )
                        )
                    case PushedFeed():
                        self._pushed[key] = Pushed(
                            show.name,
                            fact,
                            feed,
                            history,
                            store=store,
                            clock=clock,
                            metrics=metrics,
                        )

    def at(self, show: str, fact: str, instant: datetime) -> Reading | None:
        """What a fact of a show is at an instant; None: no feed had said anything by then."""
        history = self._histories.get((show, fact))
        return None if history is None else history.at(instant)

    def pushed(self, show: str, fact: str) -> Pushed | None:
        """The feed of a fact, if it is one that Weft is told."""
        return self._pushed.get((show, fact))

    async def run(self) -> None:
        """Ask and listen, for ever."""
        async with anyio.create_task_group() as tasks:
            for poller in self._polled:
                tasks.start_soon(poller.run)
            for pushed in self._pushed.values():
                tasks.start_soon(pushed.run)
