"""Random viewers of an origin, through a channel: who polls what, when, and what breaks hold.

This is the only part that knows the code under test. It records what the origin gave and what each
session was answered; `judge` reads the record.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from judge import AdSegment, Answered, Event, Facts, Fetched, Forgotten
from random_origin import AAC, Origin, Traits, coin

from manifests.break_log import CueSettings
from manifests.breaks import AdBreak, joined_break
from manifests.creative import Creative, CreativeRendition, CreativeSegment
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.channel_state import read_state, write_state
from manifests.hls.joining import ROOM
from manifests.hls.model import MediaPlaylist
from manifests.hls.reader import read_media_playlist
from manifests.hls.rendering import NO_SUMS
from manifests.splicing.signalling import Signalling
from manifests.splicing.timeline import FRAME_S, Splice

ADS = "https://ads.example/"
RULES = ChannelRules(cues=CueSettings(max_break_s=Decimal(60)))
REFERENCE = "v0"


@dataclass(frozen=True, slots=True)
class Manner:
    """How viewers behave and what else happens."""

    sessions: int = 1
    pauses: float = 0.0  # chance of a long gap before a poll
    switches: bool = False  # a session polls any of its renditions
    holds: bool = False  # decisions take time
    restores: float = 0.0  # chance that the process starts again
    unfollows: float = 0.0
    shorter: bool = False  # pods may be shorter than their break, or empty
    prerolls: bool = False  # sessions begin with ads


def random_manner(seed: int, ease: int, traits: Traits) -> Manner:
    """Manners for a seed that go with an origin; `ease` as in `random_traits`."""
    draw = random.Random(f"manner {seed}")
    # Nobody can say how many tags went by unseen in an origin that does not count them.
    uncounted = traits.numbering == "missing" and traits.marks
    # A process that remembers no segments cannot tell an older copy from the latest.
    forgetful = ease >= 8 and not traits.stale
    return Manner(
        sessions=draw.choice((1, 2, 3)) if ease >= 5 else 1,
        pauses=draw.choice((0.0, 0.03, 0.1)) if ease >= 5 and not uncounted else 0.0,
        switches=ease >= 2,
        holds=ease >= 5 and draw.random() < 0.4,
        restores=draw.choice((0.0, 0.0, 0.05)) if forgetful else 0.0,
        unfollows=draw.choice((0.0, 0.0, 0.05)) if forgetful else 0.0,
        shorter=ease >= 4,
        prerolls=ease >= 5 and draw.random() < 0.5,
    )


class Creatives:
    """Random creatives for a ladder, and which URIs they have."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.segments: dict[str, AdSegment] = {}
        self.made: dict[str, Creative] = {}

    def make(self, draw: random.Random, name: str, longest: Decimal) -> Creative | None:
        """A creative of at most `longest` seconds, None if there is no room."""
        target = self.origin.traits.target
        durations = []
        left = longest
        for _ in range(draw.randint(1, 5)):
            most = int(min(left, Decimal(target) + Decimal("0.46")) * 1000)
            if most < 400:
                break
            duration = Decimal(draw.randint(max(400, most // 3), most)) / 1000
            if draw.random() < 0.3:
                duration = min(Decimal(target), Decimal(most) / 1000)
            durations.append(duration)
            left -= duration
        return self.of(name, durations) if durations else None

    def of(self, name: str, durations: Sequence[Decimal]) -> Creative:
        """The creative with these segments in every rendition."""
        cmaf = self.origin.traits.cmaf
        renditions = {}
        for rung in "vas":
            init = f"{ADS}{name}/{rung}/init.mp4" if cmaf and rung != "s" else None
            segments = tuple(
                CreativeSegment(f"{ADS}{name}/{rung}/{i}.bin", duration)
                for i, duration in enumerate(_audible(durations) if rung == "a" else durations)
            )
            for i, segment in enumerate(segments):
                self.segments[segment.uri] = AdSegment(name.rpartition(".")[0], name, i, init)
            renditions[rung] = CreativeRendition(segments, init)
        made = Creative(id=name, duration=sum(durations, Decimal(0)), renditions=renditions)
        self.made[name] = made
        return made

    def pod(
        self, draw: random.Random, name: str, length: Decimal, shorter: bool
    ) -> tuple[Creative, ...]:
        """What fills a break of this length, or less of it."""
        if shorter and draw.random() < 0.1:
            return ()
        left, pod = length, []
        for number in range(draw.randint(1, 4)):
            one = self.make(draw, f"{name}.{number}", left)
            if one is None:
                break
            pod.append(one)
            left -= one.duration
        if left > 0 and not (shorter and draw.random() < 0.4):
            pod += self.slate(f"{name}.slate", left)
        return tuple(pod)

    def slate(self, name: str, left: Decimal) -> list[Creative]:
        durations = []
        target = Decimal(self.origin.traits.target)
        while left > 0:
            durations.append(min(left, target))
            left -= durations[-1]
        if durations[-1] < Decimal("0.1"):
            durations.pop()
        return [self.of(name, durations)] if durations else []


def _audible(durations: Sequence[Decimal]) -> list[Decimal]:
    """The same borders on the grid of audio frames."""
    found, at, heard = [], Decimal(0), Decimal(0)
    for duration in durations:
        at += duration
        border = ((at / AAC).to_integral_value() * AAC).quantize(Decimal("0.000001"))
        found.append(border - heard)
        heard = border
    return found


@dataclass(slots=True)
class Viewer:
    """One session: what it decided, and since when it waits for the rest."""

    name: str
    joins: int  # at this poll
    pods: dict[str, tuple[Creative, ...]] = field(default_factory=dict)
    waiting: dict[str, Decimal] = field(default_factory=dict)
    sleeping: int = 0
    began: bool = False
    preroll: tuple[AdBreak, tuple[Creative, ...]] | None = None


class Viewing:
    """A channel and its viewers over time."""

    def __init__(
        self, seed: int, origin: Origin, manner: Manner, rules: ChannelRules = RULES
    ) -> None:
        self.seed = seed
        self.origin = origin
        self.manner = manner
        self.rules = rules
        self.draw = random.Random(f"viewing {seed}")
        self.creatives = Creatives(origin)
        self.channel = Channel(reference=REFERENCE, rules=rules)
        self.parsed: dict[tuple[str, str], MediaPlaylist] = {}
        self.applied: dict[str, MediaPlaylist] = {}
        self.events: list[Event] = []
        self.polled = 0

    def watch(self, polls: int) -> tuple[Event, ...]:
        """What happens in a number of polls."""
        draw, target = self.draw, self.origin.traits.target
        viewers = [
            Viewer(f"session{i}", 0 if i == 0 else draw.randint(0, polls // 2))
            for i in range(self.manner.sessions)
        ]
        now = self.origin.begin
        poll = 0
        while poll < polls and now < self.origin.end + 4 * target:
            here = [
                viewer for viewer in viewers if viewer.joins <= poll and viewer.sleeping <= poll
            ]
            viewer = draw.choice(here or viewers[:1])
            if draw.random() < self.manner.pauses:
                viewer.sleeping = poll + draw.randint(3, 15)
            names = list(self.origin.names)
            draw.shuffle(names)
            if self.manner.switches:
                names = names[: draw.randint(1, len(names))]
            poll = self.poll(viewer, names, now, poll)
            step = Decimal(draw.randint(100, 1300)) * target / 1000 / len(viewers)
            if len(viewers) == 1 and draw.random() < self.manner.pauses:
                step *= draw.choice((3, 8, 20))
            now += step
        self.polled = poll
        return tuple(self.events)

    def facts(self) -> Facts:
        """What the judge is told beside the texts."""
        return Facts(ads=self.creatives.segments, clock=self.origin.clock())

    def poll(self, viewer: Viewer, names: Sequence[str], now: Decimal, poll: int) -> int:
        """One session asks for several playlists at one instant; the number of the next poll."""
        if self.draw.random() < self.manner.restores:
            state = json.loads(json.dumps(write_state(self.channel)))
            self.channel = read_state(state, reference=REFERENCE, rules=self.rules)
            self.applied.clear()
            self.events.append(Forgotten(poll, tuple(self.origin.names)))
        if self.draw.random() < self.manner.unfollows:
            gone = [n for n in self.channel.tracks if n != REFERENCE and self.draw.random() < 0.5]
            self.channel = self.channel.unfollow(gone)
            for name in gone:
                self.applied.pop(name, None)
            self.events.append(Forgotten(poll, tuple(gone)))
        for name in names:
            self.fetch((name, REFERENCE), now, poll)
            self.begin(viewer, now)
            until = self.settle(viewer, now)
            text = self.answer(viewer, name, until)
            self.events.append(
                Answered(
                    poll=poll, session=viewer.name, name=name, text=text, held=until is not None
                )
            )
            poll += 1
        return poll

    def fetch(self, names: Sequence[str], now: Decimal, poll: int) -> None:
        fresh = {}
        for name in dict.fromkeys(names):
            text, url = self.origin.at(now, name), self.origin.url(name)
            key = (name, text)
            playlist = self.parsed.get(key)
            if playlist is None:
                playlist = self.parsed[key] = read_media_playlist(text, url=url)
            if self.applied.get(name) is playlist:
                continue
            self.applied[name] = fresh[name] = playlist
            self.events.append(Fetched(poll=poll, name=name, url=url, text=text))
        if fresh:
            self.channel = self.channel.advance(fresh)

    def begin(self, viewer: Viewer, now: Decimal) -> None:
        """Before a session's first answer: a pre-roll, unless a break is in the way."""
        channel = self.channel
        if viewer.began or not channel.tracks[REFERENCE].segments:
            return
        viewer.began = True
        draw = random.Random(f"preroll {self.seed} {viewer.name}")
        one = channel.join_of(Decimal(draw.randint(4, 40)), now) if self.manner.prerolls else None
        if one is None or one.in_at is None or not channel.is_aligned(one):
            return
        back = channel.return_of(one.in_at)
        for other in channel.log.breaks:
            if other.out_at <= back + FRAME_S and (
                other.in_at is None or other.in_at >= one.out_at - FRAME_S
            ):
                return
        pod = self.creatives.pod(draw, f"{viewer.name}-{one.id}", one.in_at - one.out_at, True)
        if pod:
            end = one.out_at + sum((creative.duration for creative in pod), Decimal(0))
            viewer.preroll = joined_break(one.out_at, channel.return_of(end)), pod

    def settle(self, viewer: Viewer, now: Decimal) -> Decimal | None:
        """Decide what is to be decided; where the first break begins that is not."""
        until: Decimal | None = None
        reference = self.channel.tracks[REFERENCE]
        for one in self.channel.log.breaks:
            out_at = self.channel.out_border(one)
            if one.id in viewer.pods or one.is_point or out_at is None:
                continue
            if out_at < reference.starts[0] or not self.channel.is_aligned(one):
                viewer.pods[one.id] = ()
                continue
            since = viewer.waiting.setdefault(one.id, now)
            if self.holds(viewer, one, now - since) and reference.edge - out_at <= Decimal(
                "1.5"
            ) * (self.origin.traits.target):
                until = out_at if until is None else min(until, out_at)
                continue
            viewer.pods[one.id] = self.decide(viewer, one, out_at)
        return until

    def holds(self, viewer: Viewer, one: AdBreak, waited: Decimal) -> bool:
        if not self.manner.holds:
            return False
        patience = (
            Decimal(str(coin(self.seed, viewer.name, one.id))) * self.origin.traits.target / 2
        )
        return waited < patience

    def decide(self, viewer: Viewer, one: AdBreak, out_at: Decimal) -> tuple[Creative, ...]:
        length = Decimal(60) if one.in_at is None else one.in_at - out_at
        draw = random.Random(f"pod {self.seed} {viewer.name} {one.id}")
        if length <= FRAME_S:
            return ()
        if self.manner.shorter and draw.random() < 0.15:
            return ()
        return self.creatives.pod(draw, f"{viewer.name}-{one.id}", length, self.manner.shorter)

    def answer(self, viewer: Viewer, name: str, until: Decimal | None) -> str:
        """As a planner composes it: splices that are past count, the rest is shown."""
        channel = self.channel
        past: list[Splice] = []
        rest: list[Splice] = []
        for index, one in enumerate(channel.log.breaks):
            pod = viewer.pods.get(one.id)
            if pod:
                splice = channel.splice_of(one, pod, "v")
                if splice is not None:
                    if coin(self.seed, viewer.name, "told") < 0.5:
                        told = ('{"of":"an ad"}',) * len(pod)
                        splice = replace(splice, signalling=Signalling(texts=told, live=True))
                    (past if index < channel.over else rest).append(splice)
        sums = NO_SUMS
        if viewer.preroll is not None:
            sums, (one, pod) = ROOM, viewer.preroll
            if channel.recalls(one.out_at if one.in_at is None else one.in_at):
                splice = channel.splice_of(one, pod, "v")
                rest += [] if splice is None else [splice]
                rest.sort(key=lambda one: one.out_at)
        sums = channel.effect(name, past, name[0], sums)
        return channel.playlist(name, rest, name[0], past=sums, until=until).decode()
