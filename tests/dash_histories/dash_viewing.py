"""Random viewers of an origin's MPD, through a channel: who polls when, and what breaks hold.

This is the only part that knows the code under test. It records what the origin gave and what each
session was answered; `dash_judge` reads the record.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

from dash_record import Answered, Decided, Facts, Fetched, Happening
from random_mpds import MpdOrigin, MpdTraits, coin

from manifests.break_log import CueSettings
from manifests.breaks import AdBreak
from manifests.creative import CmafMedia, Creative, CreativeRendition, CreativeSegment
from manifests.dash.arrangement import recalled
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.channel_state import read_state, write_state
from manifests.dash.model import AdaptationSet, Mpd, Representation
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import Renderer
from manifests.splicing.signalling import Signalling
from manifests.splicing.timeline import FRAME_S, Splice

ADS = "https://ads.example/"
LIVE = DashRules(cues=CueSettings(max_break_s=Decimal(60)))
VOD = DashRules(cues=None)
WEFT = "https://weft.invalid/v1/dash/{}.mpd"
MILLISECOND = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class MpdManner:
    """How viewers behave and what else happens."""

    sessions: int = 1
    pauses: float = 0.0  # chance of a long gap before a poll
    holds: bool = False  # decisions take time
    restores: float = 0.0  # chance that the process starts again
    shorter: bool = False  # pods may be shorter than their break, or empty


def random_mpd_manner(seed: int, ease: int, traits: MpdTraits) -> MpdManner:
    """Manners for a seed that go with an origin; `ease` as in `random_mpd_traits`."""
    draw = random.Random(f"mpd manner {seed}")
    # A process that remembers no MPD cannot tell an older copy from the latest.
    forgetful = ease >= 8 and not traits.stale
    return MpdManner(
        sessions=draw.choice((1, 2, 3)) if ease >= 5 else 1,
        pauses=draw.choice((0.0, 0.03, 0.1)) if ease >= 5 else 0.0,
        holds=ease >= 5 and draw.random() < 0.4,
        restores=draw.choice((0.0, 0.0, 0.05)) if forgetful else 0.0,
        shorter=ease >= 4,
    )


class MpdCreatives:
    """Random creatives, and which URLs they have."""

    def __init__(self) -> None:
        self.lengths: dict[str, Fraction] = {}  # by prefix of their URLs

    def pod(
        self, draw: random.Random, name: str, length: Decimal, *, shorter: bool
    ) -> tuple[Creative, ...]:
        """What fills a break of this length, or less of it."""
        if shorter and draw.random() < 0.1:
            return ()
        left, pod = length, []
        for number in range(draw.randint(1, 3)):
            most = int(left * 25)
            if most < 50:
                break
            frames = draw.randint(50, most)
            one = self.make(f"{name}.{number}", Decimal(frames) / 25, draw.choice((48, 50, 75, 96)))
            pod.append(one)
            left -= one.duration
        if left > FRAME_S and not (shorter and draw.random() < 0.3):
            pod.append(self.make(f"{name}.slate", left, 100, is_slate=True))
        return tuple(pod)

    def make(self, name: str, length: Decimal, frames: int, *, is_slate: bool = False) -> Creative:
        """A creative with video segments of so many frames; a slate's last one goes on."""
        scale = 12800
        ticks, end = [], ceil(length * scale)
        while sum(ticks) < end:
            ticks.append(frames * 512)
        if not is_slate:
            ticks[-1] -= sum(ticks) - end
        prefix = f"{ADS}{name}/"
        self.lengths[prefix] = Fraction(length)
        renditions = {
            "v": self._rendition(prefix, "v", ticks, scale),
            "a": self._rendition(prefix, "a", _audible(ticks, scale), 48000),
        }
        kind = "slate" if is_slate else "ad"
        return Creative(id=name, duration=length, renditions=renditions, kind=kind)

    def _rendition(
        self, prefix: str, rung: str, ticks: Sequence[int], scale: int
    ) -> CreativeRendition:
        is_apart = coin(prefix) < 0.5  # a folder for each
        base = f"{prefix}{rung}/" if is_apart else prefix
        video = rung == "v"
        cmaf = CmafMedia(
            base=base,
            initialization=f"{rung}-init.mp4",
            media=f"{rung}-$Number$.m4s",
            start_number=1,
            timescale=scale,
            durations=tuple(ticks),
            mime_type="video/mp4" if video else "audio/mp4",
            codecs="avc1.640020" if video else "mp4a.40.2",
            bandwidth=900_000 if video else 96_000,
            width=640 if video else None,
            height=360 if video else None,
            frame_rate="25" if video else None,
            sample_rate=None if video else 48000,
            channels=None if video else 2,
        )
        segments = tuple(
            CreativeSegment(f"{base}{rung}-{number}.m4s", Decimal(one) / scale)
            for number, one in enumerate(ticks, 1)
        )
        return CreativeRendition(segments, f"{base}{rung}-init.mp4", cmaf)


def _audible(ticks: Sequence[int], scale: int) -> list[int]:
    """The same borders on the grid of audio frames."""
    found, at, heard = [], 0, 0
    for one in ticks:
        at += one
        border = round(Fraction(at * 48000, scale * 1024)) * 1024
        found.append(border - heard)
        heard = border
    return [one for one in found if one > 0] or [1024]


@dataclass(slots=True)
class Watcher:
    """One session: what it decided, and since when it waits for the rest."""

    name: str
    joins: int  # at this poll
    pods: dict[str, tuple[Creative, ...]] = field(default_factory=dict)
    waiting: dict[str, Decimal] = field(default_factory=dict)
    sleeping: int = 0


def rung_of(one: AdaptationSet, _: Representation) -> str | None:
    """The creatives' only rung of a kind."""
    return {"video": "v", "audio": "a"}.get(one.kind)


class MpdViewing:
    """A channel and its viewers over time."""

    def __init__(
        self, seed: int, origin: MpdOrigin, manner: MpdManner, rules: DashRules = LIVE
    ) -> None:
        self.seed = seed
        self.origin = origin
        self.manner = manner
        self.rules = rules
        self.draw = random.Random(f"mpd viewing {seed}")
        self.creatives = MpdCreatives()
        self.channel = DashChannel(rules=rules)
        self.renderer = Renderer(rules=rules, rung_of=rung_of)
        self.parsed: dict[bytes, Mpd] = {}
        self.happened: list[Happening] = []
        self.polled = 0

    def facts(self) -> Facts:
        """What the judge is told beside the texts."""
        return Facts(ads=self.creatives.lengths, insertion=not self.origin.traits.live)

    def watch(self, polls: int) -> tuple[Happening, ...]:
        """What happens in a number of polls of a live origin."""
        draw = self.draw
        watchers = [
            Watcher(f"session{i}", 0 if i == 0 else draw.randint(0, polls // 2))
            for i in range(self.manner.sessions)
        ]
        now = self.origin.begin
        # All of the content goes by in these polls, at the pace of players or in larger steps.
        pace = min(self.origin.step, (self.origin.end - now) / polls)
        poll = 0
        while poll < polls and now < self.origin.end:
            here = [one for one in watchers if one.joins <= poll and one.sleeping <= poll]
            watcher = draw.choice(here or watchers[:1])
            if draw.random() < self.manner.pauses:
                watcher.sleeping = poll + draw.randint(3, 15)
            if draw.random() < self.manner.restores:
                state = json.loads(json.dumps(write_state(self.channel)))
                self.channel = read_state(state, rules=self.rules)
                self.renderer = Renderer(rules=self.rules, rung_of=rung_of)
                self.parsed.clear()
            self.poll(watcher, now, poll)
            poll += 1
            step = Fraction(draw.randint(200, 1800), 1000) * pace
            if draw.random() < self.manner.pauses:
                step *= draw.choice((3, 8, 15))
            now += Fraction(round(step * 1000), 1000)
        self.polled = poll
        return tuple(self.happened)

    def fetch(self, now: Fraction, poll: int) -> None:
        """Take in what the origin has now."""
        body = self.origin.at(now)
        self.happened.append(Fetched(poll=poll, at=now, url=self.origin.url, body=body))
        mpd = self.parsed.get(body)
        if mpd is None:
            mpd = self.parsed[body] = read_mpd(body, url=self.origin.url)
        self.channel = self.channel.advance(mpd, now=_decimal(now))

    def poll(self, watcher: Watcher, now: Fraction, poll: int) -> None:
        """One session asks for its MPD."""
        self.fetch(now, poll)
        until = self.settle(watcher, _decimal(now))
        splices, decided = self.splices(watcher, until)
        self.happened.append(
            Answered(
                poll=poll,
                at=now,
                session=watcher.name,
                url=WEFT.format(watcher.name),
                body=answer(
                    self.channel,
                    self.renderer,
                    splices,
                    until=until,
                    session=watcher.name,
                    decisions=len(watcher.pods),
                ),
                decided=decided,
                until=self.until(until, splices),
            )
        )

    def until(self, until: Decimal | None, splices: Sequence[Splice]) -> Fraction | None:
        """Where nobody can be told more: also at a break that is known, but not listed by all."""
        found = [one.out_at for one in splices if self.is_awaited(one.out_at)]
        found += [] if until is None else [until]
        window = self.channel.window
        if window is not None:
            found += [
                one.out_at
                for one in self.channel.log.breaks
                if one.out_at > window[1] and self.channel.out_border(one) is None
            ]
        return min(map(Fraction, found), default=None)

    def is_awaited(self, out_at: Decimal) -> bool:
        """Whether text has time to catch up: for two of the longest segments."""
        window = self.channel.window
        if window is None or out_at != self.channel.awaited_at:
            return False
        return Fraction(window[1] - out_at) < 2 * self.origin.step * Fraction(5, 4)

    def settle(self, watcher: Watcher, now: Decimal) -> Decimal | None:
        """Decide what is to be decided; where the first break begins that is not."""
        until: Decimal | None = None
        window = self.channel.window
        if window is None:
            return None
        for one in self.channel.log.breaks:
            out_at = self.channel.out_border(one)
            if one.id in watcher.pods or one.is_point or out_at is None:
                continue
            late = out_at <= window[1] and not self.channel.can_hold(one)
            if late or out_at < window[0] or not self.channel.is_aligned(one):
                watcher.pods[one.id] = ()
                continue
            since = watcher.waiting.setdefault(one.id, now)
            patience = Decimal(str(coin(self.seed, watcher.name, one.id))) * self.channel.pace_s / 2
            if self.manner.holds and now - since < patience and window[1] - out_at < 10:
                until = out_at if until is None else min(until, out_at)
                continue
            watcher.pods[one.id] = self.decide(watcher, one, out_at)
        return until

    def decide(self, watcher: Watcher, one: AdBreak, out_at: Decimal) -> tuple[Creative, ...]:
        """What fills a break: the same for all sessions, or each its own."""
        length = Decimal(60) if one.in_at is None else one.in_at - out_at
        who = watcher.name if self.manner.sessions < 3 else "all"
        draw = random.Random(f"mpd pod {self.seed} {who} {one.id}")
        if length <= 1:
            return ()
        name = f"{who}-{one.id}-{length:f}".replace(".", "_")
        return self.creatives.pod(draw, name, length, shorter=self.manner.shorter)

    def splices(
        self, watcher: Watcher, until: Decimal | None
    ) -> tuple[list[Splice], tuple[Decided, ...]]:
        """As a planner composes them: what is recalled of those that are past, and the others."""
        past: list[Splice] = []
        rest: list[Splice] = []
        decided: list[Decided] = []
        for index, one in enumerate(self.channel.log.breaks):
            pod = watcher.pods.get(one.id)
            splice = self.channel.splice_of(one, pod, "v") if pod else None
            if splice is None or not pod or (until is not None and splice.out_at >= until):
                continue
            if coin(self.seed, watcher.name, "told") < 0.5:
                told = ('{"of":"an ad"}',) * len(pod)
                splice = replace(splice, signalling=Signalling(texts=told, live=True))
            if index < self.channel.over:
                past.append(splice)
            else:
                rest.append(splice)
                if not self.is_awaited(splice.out_at):
                    decided.append(_decided(one, splice.out_at, pod))
        return [*recalled(past), *rest], tuple(decided)

    def insert(
        self, places: Sequence[tuple[Fraction, Sequence[Creative]]]
    ) -> tuple[Happening, ...]:
        """A VOD presentation with ads at these places."""
        self.fetch(Fraction(0), 0)
        splices, decided = [], []
        for number, (place, pod) in enumerate(places):
            splice = self.channel.insertion_of(_decimal(place), pod, "v", break_id=f"s{number}")
            splices.append(splice)
            decided.append(
                Decided(
                    break_id=f"s{number}",
                    start=place,
                    out_at=place,
                    in_at=place,
                    ads=tuple(f"{ADS}{one.id}/" for one in pod),
                )
            )
        body = answer(
            self.channel, self.renderer, splices, until=None, session="session0", decisions=0
        )
        self.happened.append(
            Answered(
                poll=1,
                at=Fraction(0),
                session="session0",
                url=WEFT.format("session0"),
                body=body,
                decided=tuple(decided),
            )
        )
        return tuple(self.happened)


def answer(
    channel: DashChannel,
    renderer: Renderer,
    splices: Sequence[Splice],
    *,
    until: Decimal | None,
    session: str,
    decisions: int,
) -> bytes:
    """The MPD that a session gets: the one place where the code under test writes."""
    published = None
    if channel.published_at is not None:
        published = channel.published_at + MILLISECOND * (decisions + channel.turns)
    text = renderer.render(channel, splices, until=until)
    return text.filled(location=WEFT.format(session), publish_time=published)


def _decided(one: AdBreak, out_at: Decimal, pod: Sequence[Creative]) -> Decided:
    """A decision as the judge knows it: from the break and the pod alone."""
    filled = out_at + sum((creative.duration for creative in pod), Decimal(0))
    # D-53: whether what is left after the ads is ignored or content, that is within a frame.
    back = filled if one.in_at is None else min(filled, one.in_at)
    return Decided(
        break_id=one.id,
        start=Fraction(one.start),
        out_at=Fraction(out_at),
        in_at=Fraction(back),
        ads=tuple(f"{ADS}{creative.id}/" for creative in pod),
        early=one.end is not None,
    )


def _decimal(at: Fraction) -> Decimal:
    return Decimal(at.numerator) / Decimal(at.denominator)
