"""Playbacks at the same time, each for as long as it takes to show what there is to be seen.

    theatre = Theatre(players, {"hls": Play(player="hlsjs", open=open_url, enough=ended)})
    watch = theatre.watch("hls")

How long something takes tells how busy the machine is, and nothing of the stream. So no playback is
given a time: it goes on until it has shown enough, and only one that never does is stopped. What
costs most is to begin: a player waits for a free seat, and until the one before it plays.

One that stood still beside others plays once more by itself, and that is the playback that counts:
what a stream has wrong halts a player again, a busy machine need not. Fatal errors are final.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest

from tests.browser.players import Players, Watching
from tests.browser.watch import Watch

SEATS = 9  # Chromium decodes and draws so many on one core, and has some of it left
BEGIN_S = 20.0  # a player that does not play by then does not hold up the next one
LIMIT_S = 300.0  # for one playback
LOOK_S = 1.0  # between two looks at what was played

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is to be played, and how long."""

    player: str
    open: Callable[[], str]  # gives the URL, when the turn comes
    enough: Callable[[Watch], bool]  # whether all was seen that is to be seen
    begun: Callable[[Watching], None] | None = None  # called when it plays
    pictures: bool = False
    missing: str | None = None  # besides players: why it cannot be played here


def ended(watch: Watch) -> bool:
    """Enough of a VOD."""
    return watch.ended


class Theatre(Generic[Name]):
    """Plays everything when the first of it is asked for, and only then."""

    def __init__(self, players: Players, plays: Mapping[Name, Play]) -> None:
        """`plays` are begun in their order."""
        self._players, self._plays = players, plays
        self._watches: dict[Name, Watch] | None = None

    def watch(self, name: Name) -> Watch:
        """What happened in one of the playbacks; the test is skipped if something is missing."""
        if reason := self._missing(self._plays[name]):
            pytest.skip(reason)
        if self._watches is None:
            self._watches = {}
            self._play_all(self._plays, self._watches)
            self._encores(self._watches)
        assert name in self._watches, "what plays at the same time could not be played"
        return self._watches[name]

    def _play_all(self, names: Iterable[Name], watches: dict[Name, Watch]) -> None:
        waiting = [name for name in names if not self._missing(self._plays[name])]
        playing: dict[Name, tuple[Watching, float]] = {}  # and when it is to end at the latest
        try:
            while waiting or playing:
                if waiting and len(playing) < SEATS:
                    name = waiting.pop(0)
                    play = self._plays[name]
                    begun = self._players.play(play.player, play.open(), pictures=play.pictures)
                    playing[name] = begun, time.monotonic() + LIMIT_S
                    begun.wait_until(lambda watch: watch.began, limit_s=BEGIN_S)
                    if play.begun is not None:
                        play.begun(begun)
                else:
                    next(iter(playing.values()))[0].wait(LOOK_S)  # and so do the others
                for name, (watching, end) in tuple(playing.items()):
                    watch = watching.look()
                    if watch.over or self._plays[name].enough(watch) or time.monotonic() > end:
                        watches[name] = playing.pop(name)[0].finish()
                        print(watches[name])
        finally:
            for watching, _ in playing.values():
                watching.finish()

    def _encores(self, watches: dict[Name, Watch]) -> None:
        for name, watch in tuple(watches.items()):
            if watch.stood_still and not watch.fatal:
                print(f"{name} stood still, and plays once more by itself")
                self._play_all([name], watches)

    def _missing(self, play: Play) -> str | None:
        return play.missing or self._players.missing(play.player)
