"""Judges what sessions were answered against what the origin said, by the texts of MPDs alone.

The rules are the splice rules' (B-.., H-09 to H-11, H-14), read anew: nothing here knows how an
answer is made. `judge` says every rule that an answer breaks: by itself (`dash_head`,
`dash_content`, `dash_ads`), or together with those before it (here).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from dash_ads import check_ads
from dash_content import check_content
from dash_head import check_head, check_periods
from dash_lateness import Lateness
from dash_pieces import Piece, cut
from dash_record import FRAME, Answered, Decided, Facts, Fetched, Happening, Violation
from mpd_text import CONNECTIVITY, CONTINUITY, BrokenMpd, Period, Text, Track, read

from tests.mpd_schema import complaint


def judge(history: Iterable[Happening], facts: Facts) -> tuple[Violation, ...]:
    """Every violation in a history, in the order found."""
    found: list[Violation] = []
    origin = _Origin()
    sessions: dict[str, _Session] = {}
    named: dict[object, tuple[str, tuple[object, ...]]] = {}
    for one in history:
        if isinstance(one, Fetched):
            origin.take(one)
            continue
        session = sessions.setdefault(one.session, _Session(facts, found))
        text = session.take(one, origin)
        if text is None:
            continue
        # B-05: ids follow from content and decisions, not from who asks.
        key = (origin.version, one.poll // 1, one.decided, one.until)
        ids = tuple((period.id, period.start) for period in text.periods)
        who, first = named.setdefault(key, (one.session, ids))
        if first != ids:
            session.say("B-05", f"{who} has other Periods by the same decisions")
    return tuple(found)


class _Origin:
    """What the origin has said so far: the newest version counts (stale copies do not)."""

    def __init__(self) -> None:
        self.newest: Fetched | None = None
        self.published: Fraction | None = None
        self.edges: dict[tuple[str, str], Fraction] = {}
        self.fronts: dict[tuple[str, str], Fraction] = {}
        self.periods: tuple[Period, ...] = ()
        self.asked_at = Fraction(0)
        self.version = 0
        self.makes_periods = False  # it has had several
        self.lateness = Lateness()
        self.is_valid = True
        self.read_at: tuple[Fetched, Fraction, Text] | None = None

    def take(self, fetched: Fetched) -> None:
        asked_at, self.asked_at = self.asked_at, fetched.at
        if self.newest is not None and fetched.body == self.newest.body:
            return
        text = read(fetched.body, fetched.url, now=fetched.at)
        listed = [
            (_name(period), one)
            for period in text.periods
            for one in period.tracks
            if one.segments and one.mode != "number"  # those players compute by their clock
        ]
        edges = {(name, one.id): one.at(one.segments[-1].end) for name, one in listed}
        fronts = {(name, one.id): one.at(one.segments[0].start) for name, one in listed}
        if text.published is None or self.published is None:
            both = [(edges[each], end) for each, end in self.edges.items() if each in edges]
            is_stale = any(a < b for a, b in both) and not any(a > b for a, b in both)
            is_stale |= max(edges.values(), default=0) < max(self.edges.values(), default=0)
            # Up to the same end, what is older has more at the front: segments, or a Period.
            more = min(fronts.values(), default=0) < min(self.fronts.values(), default=0)
            if self.periods and text.periods[-1].start <= self.periods[-1].start:
                more |= text.periods[0].start < self.periods[0].start
            is_stale |= more and not any(a != b for a, b in both)
            # B-06: a Period that had begun when it was told does not go away at the end.
            begun = [one.start for one in self.periods if one.start + text.ast <= asked_at]
            is_stale |= text.periods[-1].start < max(begun, default=0)
        else:
            is_stale = text.published < self.published
        if is_stale and self.newest is not None:
            return
        self.newest, self.published = fetched, text.published
        self.edges, self.fronts = edges, fronts
        self.periods = text.periods
        self.makes_periods |= len(text.periods) > 1
        self.lateness.take(text)
        self.version += 1
        self.is_valid = not complaint(fetched.body)

    def at(self, now: Fraction) -> Text:
        """The newest version, with the segments that are available now."""
        assert self.newest is not None, "an answer before the origin said anything"
        if self.read_at is None or self.read_at[:2] != (self.newest, now):
            text = read(self.newest.body, self.newest.url, now=now)
            self.read_at = (self.newest, now, text)
        return self.read_at[2]


@dataclass(slots=True)
class _Known:
    """What a session was told of one Period."""

    start: Fraction
    sets: tuple[object, ...]
    times: dict[str, tuple[int, int]]  # Representation: timescale, PTO
    is_gone: bool = False


@dataclass(slots=True)
class _Part:
    """A part of an origin Period, for links between parts."""

    source: Fraction
    a: Fraction
    b: Fraction | None
    modes: dict[str, str]


@dataclass(slots=True)
class _Last:
    """The answer before this one."""

    answer: Answered
    theirs: Text  # what the origin had then
    text: Text
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class _Session:
    """One session's answers."""

    facts: Facts
    found: list[Violation]
    last: _Last | None = None
    where: Answered | None = None
    periods: dict[str, _Known] = field(default_factory=dict)
    parts: dict[str, _Part] = field(default_factory=dict)
    urls: dict[tuple[str, str, str], int] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)  # breaks

    def say(self, rule: str, text: str) -> None:
        assert self.where is not None
        self.found.append(
            Violation(rule=rule, poll=self.where.poll, session=self.where.session, text=text)
        )

    def take(self, answer: Answered, origin: _Origin) -> Text | None:
        self.where = answer
        self.decided.update(one.break_id for one in answer.decided)
        theirs = origin.at(answer.at)
        if origin.is_valid and (wrong := complaint(answer.body)):
            self.say("H-12", wrong)
        try:
            depth = theirs.depth
            text = read(answer.body, answer.url, now=answer.at, depth=depth)
        except BrokenMpd as error:
            self.say(error.rule, str(error))
            return None
        check_periods(text, self.say)
        pieces = cut(text, theirs, self.facts)
        check_head(text, theirs, pieces, answer, self.facts, self.say)
        for piece in pieces:
            if piece.ad is None:
                check_content(piece, theirs, answer, origin.lateness, self.say)
        check_ads(
            pieces,
            text,
            theirs,
            answer,
            self.facts,
            self.say,
            makes_periods=origin.makes_periods,
        )
        if theirs.is_dynamic:
            self.check_edge(pieces, theirs, answer)
        self.check_links(pieces)
        self.check_log(text)
        if self.last is not None:
            self.check_update(self.last, answer, text, pieces, theirs)
        self.last = _Last(answer, theirs, text, pieces)
        return text

    def check_edge(self, pieces: tuple[Piece, ...], theirs: Text, answer: Answered) -> None:
        """All that the origin has is there up to its edge, unless a break begins or is open."""
        last = pieces[-1] if pieces else None
        if last is None or last.source is None or answer.until is not None:
            return
        newest = theirs.periods[-1]
        is_due = any(_covers(one, last, theirs) for one in answer.decided)
        if last.source is not newest:
            if is_due:
                return
            self.say("B-03", f"{last.period.id} is last, the origin is in {newest.id}")
        elif last.period.end is None and newest.end is not None:
            self.say("B-40", f"{last.period.id} has no end, {newest.id} ends at {newest.end}")
        elif newest.end is None and last.period.end is not None and not is_due:
            self.say("B-40", f"{last.period.id} ends at {last.period.end}, why?")

    # Links between parts of one Period

    def check_links(self, pieces: tuple[Piece, ...]) -> None:
        """B-18: later parts say where they go on from, and whether anything is missing between."""
        names = {_name(one.period) for one in pieces}
        for piece in pieces:
            source, name = piece.source, _name(piece.period)
            if source is None:
                continue
            modes = {track.id: _mode(track) for track in piece.period.tracks}
            known = {one.id: one for one in source.sets}
            origin = {track.id: _mode(track) for track in source.tracks}
            for ours in piece.period.sets:
                theirs = known.get(ours.id)
                kept = () if theirs is None else theirs.links
                own = [link for link in ours.links if link not in kept]
                if len({scheme for scheme, _ in ours.links}) > 1:
                    self.say("B-18", f"{name}: set {ours.id} has both links")
                if not piece.is_later_part:
                    if own:
                        self.say("B-18", f"{name} is a first part, with {own}")
                    continue
                kept_mode = all(origin.get(one.id) == _mode(one) for one in ours.tracks)
                is_due = ours.is_plain and kept_mode
                self.check_link(piece, ours.id, own, ours.tracks, names, is_due=is_due)
            self.parts[name] = _Part(source.start, piece.a, piece.b, modes)

    def check_link(
        self,
        piece: Piece,
        set_id: str | None,
        links: list[tuple[str, str]],
        tracks: tuple[Track, ...],
        names: set[str],
        *,
        is_due: bool,
    ) -> None:
        source, name = piece.source, _name(piece.period)
        assert source is not None
        earlier = [
            part for part in self.parts.values() if part.source == source.start and part.a < piece.a
        ]
        if not links:
            latest = max(earlier, key=lambda part: part.a, default=None)
            if latest is None or set_id is None or not is_due:
                return
            if all(latest.modes.get(one.id) == _mode(one) for one in tracks):
                self.say("B-18", f"{name}: set {set_id} does not say where it goes on from")
            return
        for scheme, value in links:
            part = self.parts.get(value)
            if part is None:
                # B-34: one that came and went between two answers is named all the same.
                is_gone = value.rpartition("~")[2] in self.decided
                if value in names or (earlier and not is_gone):
                    self.say("B-18", f"{name}: set {set_id} goes on from {value}: what is that?")
                continue
            if part.source != source.start or part.a >= piece.a:
                self.say("B-18", f"{name}: {value} is no earlier part of it")
            elif any(part.modes.get(one.id) != _mode(one) for one in tracks):
                self.say("B-18", f"{name}: set {set_id} is addressed otherwise than in {value}")
            elif scheme == CONTINUITY and part.b is not None and part.b < piece.a:
                self.say("B-18", f"{name}: continuity, but content after {value} was taken out")
            elif scheme == CONNECTIVITY and not tracks:
                self.say("B-18", f"{name}: nothing is connected")

    # What was said once

    def check_log(self, text: Text) -> None:
        """B-04, H-10: what a Period said, it says for ever."""
        for period in text.periods:
            name = _name(period)
            sets = tuple(
                (one.id, one.kind, tuple(track.id for track in one.tracks)) for one in period.sets
            )
            times = {one.id: (one.timescale, one.pto) for one in period.tracks}
            known = self.periods.get(name)
            if known is None:
                self.periods[name] = _Known(period.start, sets, times)
            else:
                if known.is_gone and known.start == period.start and self.was_first(name):
                    self.say("B-04", f"{name} comes back")
                if known.start != period.start:
                    self.say("B-04", f"{name} was at {float(known.start)}, is at {period.start}")
                if known.sets != sets:
                    self.say("B-04", f"{name}: sets were {known.sets}, are {sets}")
                for track, value in times.items():
                    if track in known.times and known.times[track] != value:
                        self.say("B-04", f"{name}/{track}: {known.times[track]} is now {value}")
                known.is_gone = False
            for track in period.tracks:
                for one in track.segments:
                    if self.urls.setdefault((name, track.id, one.url), one.start) != one.start:
                        self.say("H-10", f"{name}: {one.url} moved to {one.start}")

    def was_first(self, name: str) -> bool:
        """Whether a Period went away at the front, for good."""
        assert self.last is not None
        ids = [_name(period) for period in self.last.text.periods]
        starts = [self.periods[one].start for one in ids]
        return bool(starts) and self.periods[name].start < min(starts)

    def check_update(
        self,
        last: _Last,
        answer: Answered,
        text: Text,
        pieces: tuple[Piece, ...],
        theirs: Text,
    ) -> None:
        """B-04, B-06, B-30, B-41: from one answer to the next."""
        if answer.body != last.answer.body and text.is_dynamic:
            if text.published is None or last.text.published is None:
                if theirs.published is not None:
                    self.say("B-41", "no publishTime")
            elif text.published <= last.text.published:
                self.say("B-41", f"another MPD, publishTime still {text.attributes['publishTime']}")
        if not text.is_dynamic:
            if answer.body != last.answer.body and answer.decided == last.answer.decided:
                self.say("B-04", "a static MPD changed")
            return
        now = {_name(period): period for period in text.periods}
        before = [_name(period) for period in last.text.periods]
        kept = [name for name in before if name in now]
        front = before.index(kept[0]) if kept else len(before)
        for index, old in enumerate(last.text.periods):
            if _name(old) in now:
                continue
            self.periods[_name(old)].is_gone = True
            if index < front:
                self.check_front(old, text, theirs, last.pieces[index])
            elif old.start + theirs.ast <= last.answer.at:
                self.say("B-06", f"{old.id} has started and is gone")
        ids = [_name(period) for period in text.periods]
        if [name for name in ids if name in before] != kept:
            self.say("B-04", f"Periods were {before}, are {ids}")
        started = [
            name
            for name in kept
            if now[name].start + theirs.ast <= last.answer.at or name == kept[0]
        ]
        late = _told_late(last.theirs, theirs)
        for name in ids[: ids.index(started[-1]) if started else 0]:
            if name not in before and name not in late:
                self.say("B-04", f"{name} is new before {started[-1]}")
        for index, old in enumerate(last.text.periods):
            if _name(old) in now:
                is_last = _name(old) == kept[-1]  # what came after it is gone
                self.check_period(
                    last.pieces[index],
                    old,
                    now[_name(old)],
                    theirs,
                    is_last=is_last,
                    at=last.answer.at,
                )
        del pieces

    def check_front(self, old: Period, text: Text, theirs: Text, piece: Piece) -> None:
        """B-34: a Period stays while any of it is in the window.

        It may have become shorter since: what comes first now says where it ends at the latest.
        """
        starts = [
            track.spans[0].start
            for track in theirs.periods[0].tracks
            if track.spans and track.mode in ("timeline", "number", "list")
        ]
        if not starts:
            return
        front = max(max(starts), theirs.periods[0].start)
        if theirs.depth is not None:
            front = max(front, self.edge(theirs) - theirs.depth)
        ends = [piece.b if old.end is None else old.end, *[one.start for one in text.periods[:1]]]
        end = min((one for one in ends if one is not None), default=None)
        if end is not None and end > front + FRAME:  # one border, within a frame
            self.say("B-34", f"{old.id} to {float(end)} is gone, the window is from {float(front)}")

    def edge(self, theirs: Text) -> Fraction:
        """Where what is listed ends."""
        tracks = [t for one in theirs.periods[-1].sets if one.is_plain for t in one.tracks]
        ends = [t.at(t.segments[-1].end) for t in tracks if t.segments and t.mode != "indexed"]
        if self.where is not None and any(track.mode == "number" for track in tracks):
            ends.append(self.where.at - theirs.ast)
        return max(ends, default=theirs.periods[-1].start)

    def check_period(
        self,
        piece: Piece,
        old: Period,
        new: Period,
        theirs: Text,
        *,
        is_last: bool,
        at: Fraction,
    ) -> None:
        """B-04, B-30: a Period only grows at the end while it is last, and shrinks at the front."""
        ends = {one.end for one in theirs.periods}  # the origin's own borders
        images = {track.id for one in old.sets if one.kind == "image" for track in one.tracks}
        for before in old.tracks:
            after = new.track(before.id)
            if after is None or before.mode in ("indexed", "file") or not before.segments:
                continue
            where = f"{new.id}/{before.id}"
            was = {one.url for one in before.segments}
            now = {one.url for one in after.segments}
            first = after.at(after.segments[0].start) if after.segments else None
            for one in before.segments:
                if one.url in now:
                    continue
                start = before.at(one.start)
                is_cut = new.end is not None and start >= new.end
                if first is not None and start < first:
                    continue
                if before.at(one.end) + theirs.ast > at:
                    continue  # it was not there yet: only a negative @r spoke of it
                if is_cut and (piece.ad is not None or new.end in ends):
                    continue  # B-31, and where the origin itself ends a Period
                if is_cut and after.mode == "timeline" and before.id in images:
                    continue  # its numbers are computed: nothing tells players where they end
                if is_cut or first is not None:
                    self.say("B-30" if is_cut else "B-04", f"{where}: {one.url} is gone")
            for one in after.segments:
                if one.url in was or before.mode == "number":
                    continue
                if after.at(one.start) < before.at(before.segments[0].start):
                    self.say("B-04", f"{where}: {one.url} comes back at the front")
                elif not is_last:
                    self.say("B-04", f"{where}: {one.url} is new in a Period that is not last")
            # Where the end was open, what was listed was promised (of sound, to a segment).
            is_video = any(one.kind == "video" and before in one.tracks for one in old.sets)
            is_open = is_last and old.end is None and piece.source is not None
            # Of what players compute, that which was available (B-30).
            told = [before.at(one.end) for one in before.segments]
            if before.is_computed:
                told = [end for end in told if end + theirs.ast <= at]
            end = max(told, default=old.start)
            if (
                is_video
                and is_open
                and new.end is not None
                and new.end < end - FRAME
                and new.end not in ends
            ):
                self.say("B-30", f"{where} was listed to {float(end)}, is cut at {new.end}")


def _told_late(before: Text, now: Text) -> set[str]:
    """Periods that the origin tells behind its last one, whose segments players computed so far.

    Such a Period may have begun before it was told (B-40 forbids that, but a stale copy does it):
    then it takes the place of what was computed, also before ads that have begun, as those keep
    their starts (B-06).
    """
    last = before.periods[-1]
    if not any(track.mode == "number" for track in last.tracks):
        return set()
    return {_name(period) for period in now.periods if period.start > last.start}


def _mode(track: Track) -> str:
    return f"{track.mode} with timeline" if track.has_timeline else track.mode


def _name(period: Period) -> str:
    return f"@{period.start}" if period.id is None else period.id


def _covers(one: Decided, last: Piece, theirs: Text) -> bool:
    """Whether nothing but ads may follow: how long these may be awaited is told by B-30."""
    at = one.out_at - theirs.ast
    return last.b is not None and last.a < at < last.b + 1 and one.in_at != one.out_at
