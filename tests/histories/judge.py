"""Judges what sessions were answered against what the origin said, by texts alone.

The rules are those of the splice rules (A-.. and H-..), read anew from the specification: nothing
here knows how an answer is made. A history is a sequence of what the origin gave and what sessions
got; `judge` says every rule that was broken, where, and how.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from playlist_text import CUE, BrokenText, Entry, Text, read

FRAME = Decimal("0.042")  # one video frame
AUDIO = Decimal("0.030")  # one audio frame, and the rounding of dates
DATE = Decimal("0.006")  # dates have milliseconds
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A version of a playlist as the origin gave it."""

    poll: int
    name: str
    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A playlist as a session got it."""

    poll: int
    session: str
    name: str
    text: str
    held: bool = False  # a break is not decided yet, so the end may be missing


@dataclass(frozen=True, slots=True)
class Forgotten:
    """From here on only what was stored is known of these playlists' past versions."""

    poll: int
    names: tuple[str, ...]


Event = Fetched | Answered | Forgotten


@dataclass(frozen=True, slots=True)
class AdSegment:
    """What is known of a URI that is not content."""

    pod: str
    creative: str
    index: int
    init: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What texts cannot say: which URIs are ads, and when content is without dates."""

    ads: Mapping[str, AdSegment]
    clock: Mapping[tuple[str, tuple[int, int] | None], Decimal]  # start of each content segment
    reference: str = "v0"  # the playlist whose cues and borders count
    insertion: bool = False  # ads take nothing away
    dates: bool = True  # False: dates were to be removed (rule A-33)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that an answer breaks."""

    rule: str
    poll: int
    session: str
    playlist: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule} at poll {self.poll}, {self.session}/{self.playlist}: {self.text}"


def judge(history: Iterable[Event], facts: Facts) -> tuple[Violation, ...]:
    """Every violation in a history, in the order found."""
    origins: dict[str, _Origin] = {}
    sessions: dict[str, _Session] = {}
    found: list[Violation] = []
    for event in history:
        if isinstance(event, Fetched):
            origin = origins.setdefault(event.name, _Origin(facts))
            origin.take(read(event.text, event.url))
            continue
        if isinstance(event, Forgotten):
            for name in event.names:
                if name in origins:
                    origins[name].in_memory = ZERO
            continue
        session = sessions.setdefault(event.session, _Session(facts, found, origins))
        session.take(event, origins[event.name], origins[facts.reference])
    for name, session in sessions.items():
        session.close(name)
    return tuple(found)


class _Origin:
    """What one playlist of the origin has said so far."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.known: dict[tuple[str, tuple[int, int] | None], Entry] = {}
        self.others: dict[tuple[str, tuple[int, int] | None], set[tuple[str, ...]]] = {}
        self.dates: dict[tuple[str, tuple[int, int] | None], Decimal] = {}
        self.following: dict[
            tuple[str, tuple[int, int] | None], tuple[str, tuple[int, int] | None]
        ] = {}
        self.texts: set[int] = set()
        self.latest: Text | None = None
        self.edge: Decimal | None = None
        self.ranges: set[str] = set()
        self.in_memory = ZERO  # seconds that were seen without a gap

    def take(self, text: Text) -> None:
        if id(text) in self.texts and text is self.latest:
            return
        if text.entries and text.entries[0].place not in self.known:
            self.in_memory = ZERO
        for before, entry in zip((None, *text.entries), text.entries, strict=False):
            known = self.known.get(entry.place)
            if known is None or self.in_memory == ZERO:
                self.in_memory += entry.duration
            if known is None or (entry.marked and not known.marked):
                self.known[entry.place] = entry
            self.others.setdefault(entry.place, set()).add(_uncued(entry.others))
            # A date range outlives the segment that it stands on (rule A-61).
            self.ranges |= {line for line in entry.others if "-DATERANGE" in line}
            if before is not None:
                self.following[before.place] = entry.place
        for entry, date in zip(text.entries, text.dates, strict=True):
            if date is not None:
                self.dates.setdefault(entry.place, date)
        self.texts.add(id(text))
        if text.entries:
            last = text.entries[-1]
            edge = self.facts.clock[last.place] + last.duration
            if self.edge is None or edge >= self.edge:
                self.edge, self.latest = edge, text
        elif self.latest is None:
            self.latest = text


def _uncued(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if not CUE.match(line))


@dataclass(slots=True)
class _Logged:
    entry: Entry
    start: Decimal | None  # on the content clock


@dataclass(slots=True)
class _Playlist:
    """What one playlist of one session has said so far."""

    log: dict[int, _Logged] = field(default_factory=dict)
    previous: Text | None = None
    previous_text: str = ""
    first: Text | None = None


@dataclass(slots=True)
class _Run:
    """What stands under one discontinuity sequence number."""

    source: str
    name: str
    low: Decimal
    high: Decimal
    starts: dict[str, Decimal]


class _Session:
    """One session's answers, all playlists."""

    def __init__(
        self, facts: Facts, found: list[Violation], origins: Mapping[str, "_Origin"]
    ) -> None:
        self.facts = facts
        self.found = found
        self.origins = origins
        self.playlists: dict[str, _Playlist] = defaultdict(_Playlist)
        self.runs: dict[int, _Run] = {}
        self.targets: dict[str, int] = {}
        self.types: dict[str, str | None] = {}
        self.dated: dict[str, bool] = {}
        self.doubled: dict[int, tuple[Answered, Entry]] = {}
        self.behind = ZERO  # how far the reference is behind the playlist
        self.where: Answered = Answered(poll=-1, session="", name="", text="")

    def say(self, rule: str, text: str) -> None:
        self.found.append(
            Violation(
                rule=rule,
                poll=self.where.poll,
                session=self.where.session,
                playlist=self.where.name,
                text=text,
            )
        )

    def take(self, answer: Answered, origin: _Origin, reference: _Origin) -> None:
        self.where = answer
        self.behind = max((origin.edge or ZERO) - (reference.edge or ZERO), ZERO)
        playlist = self.playlists[answer.name]
        if answer.text == playlist.previous_text and not answer.held:
            self.check_length(playlist.previous, playlist, origin)
            return
        try:
            text = read(answer.text, f"https://weft.invalid/{answer.name}.m3u8")
        except BrokenText as error:
            self.say(error.rule, str(error))
            return
        self.check_form(text, origin)
        self.check_whole(text, playlist)
        self.check_entries(text, origin)
        self.check_log(text, playlist)
        self.check_transitions(text, origin)
        if self.facts.insertion:
            self.check_complete(text, origin)
        self.check_dates(text, origin)
        self.check_length(text, playlist, origin)
        playlist.first = playlist.first or text
        playlist.previous, playlist.previous_text = text, answer.text

    # What one text must be

    def check_form(self, text: Text, origin: _Origin) -> None:
        latest = origin.latest
        assert latest is not None
        for line in text.lines:
            if line.startswith("#EXT-X-DEFINE") or "{$" in line:
                self.say("A-36", line)
            if line.startswith("#EXT-X-BITRATE"):
                self.say("A-43", line)
            if line.startswith(("#EXT-X-RENDITION-REPORT", "#EXT-X-CONTENT-STEERING")) or (
                ".m3u8" in line or ".mpd" in line
            ):
                self.say("H-09", line)
            if CUE.match(line):
                self.say("A-63", line)
            if 'URI="' in line:
                uri = line.partition('URI="')[2].partition('"')[0]
                if not uri.startswith(("https://", "http://", "skd:", "data:")):
                    self.say("A-47", line)
            if line and line[0] != "#" and not line.startswith(("https://", "http://")):
                self.say("A-47", line)
        for entry in text.entries:
            if entry.implicit_range:
                self.say("A-42", f"{entry.uri} has a range without offset")
            if _half_up(entry.duration) > text.target:
                self.say("A-23", f"{entry.uri} of {entry.duration} s in a target of {text.target}")
            known = origin.known.get(entry.place)
            if entry.marks > 1 and (known is None or known.marks != entry.marks):
                self.doubled.setdefault(entry.dsn, (self.where, entry))
            if entry.uri in self.facts.ads and "EXT-X-I-FRAMES-ONLY" in text.tags:
                self.say("A-57", entry.uri)
        version = int(text.tags.get("EXT-X-VERSION", 1))
        needed = _needed_version(text)
        if version < needed:
            self.say("A-46", f"version {version}, but {needed} is needed")
        if version > max(int(latest.tags.get("EXT-X-VERSION", 1)), 6):
            self.say("A-46", f"version {version} is higher than needed")
        if text.msn < 0 or text.dsn < 0:
            self.say("A-13", f"numbers {text.msn}, {text.dsn}")
        first_mark = _index(text.order, "EXT-X-DISCONTINUITY")
        first_segment = _index(text.order, "URI")
        for tag in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"):
            at = _index(text.order, tag)
            if at == len(text.order):
                if not text.ended and "EXT-X-PLAYLIST-TYPE" not in text.tags:
                    self.say("A-13", f"no {tag}")
            elif at > min(first_mark, first_segment):
                self.say("A-13", f"{tag} stands too late")
        if text.ended and text.order[-1] != "EXT-X-ENDLIST":
            self.say("A-49", "ENDLIST is not last")
        for line in latest.unknown:
            if line not in text.lines:
                self.say("H-06", f"lost from the header: {line}")

    def check_whole(self, text: Text, playlist: _Playlist) -> None:
        name = self.where.name
        first, previous = playlist.first, playlist.previous
        kind = text.tags.get("EXT-X-PLAYLIST-TYPE")
        if kind == "VOD" and not text.ended:
            self.say("A-05", "VOD without ENDLIST")
        self.types.setdefault(name, kind)
        if len(set(self.types.values())) > 1:
            self.say("A-05", f"playlists of different types: {self.types}")
        self.targets.setdefault(name, text.target)
        if len(set(self.targets.values())) > 1:
            self.say("A-23", f"target durations differ: {self.targets}")
        if first is None or previous is None:
            return
        for tag in (
            "EXT-X-TARGETDURATION",
            "EXT-X-VERSION",
            "EXT-X-INDEPENDENT-SEGMENTS",
            "EXT-X-PLAYLIST-TYPE",
            "EXT-X-SERVER-CONTROL",
            "EXT-X-I-FRAMES-ONLY",
        ):
            if first.tags.get(tag) != text.tags.get(tag):
                rule = "A-23" if tag == "EXT-X-TARGETDURATION" else "H-02"
                self.say(rule, f"{tag}: {first.tags.get(tag)} became {text.tags.get(tag)}")
        if text.msn < previous.msn:
            self.say("H-02", f"MEDIA-SEQUENCE fell from {previous.msn} to {text.msn}")
        if text.dsn < previous.dsn:
            self.say("H-02", f"DISCONTINUITY-SEQUENCE fell from {previous.dsn} to {text.dsn}")
        if text.msn + len(text.entries) < previous.msn + len(previous.entries):
            self.say("A-01", "segments were taken back from the end")
        if previous.ended and not text.ended:
            self.say("A-01", "ENDLIST was taken back")
        if previous.ended and text.lines != previous.lines:
            self.say("A-05", "changed after ENDLIST")
        if kind is not None and text.msn != previous.msn:
            self.say("A-05", f"a playlist of type {kind} lost segments")

    # Every entry against the origin

    def check_entries(self, text: Text, origin: _Origin) -> None:
        header = set(origin.latest.unknown) if origin.latest else set()
        for entry in text.entries:
            ad = self.facts.ads.get(entry.uri)
            if ad is not None:
                if entry.keys:
                    self.say("A-37", f"{entry.uri} is clear, but keys apply: {entry.keys}")
                init = None if entry.map is None else entry.map[0]
                if init != ad.init or (entry.map is not None and entry.map[2]):
                    self.say("A-40", f"{entry.uri} has the map {entry.map}")
                if entry.range is not None or entry.gap:
                    self.say("A-42", f"{entry.uri} has a range or gap")
                continue
            known = origin.known.get(entry.place)
            if known is None:
                self.say("H-05", f"{entry.uri} {entry.range} is not in the origin")
                continue
            for what in ("duration", "keys", "map", "gap"):
                mine, origins = getattr(entry, what), getattr(known, what)
                if mine != origins:
                    self.say("H-05", f"{what} of {entry.uri} is {mine}, not {origins}")
            others = tuple(line for line in _uncued(entry.others) if line not in header)
            heard = origin.others[entry.place]
            if not self.facts.dates:
                heard = {
                    tuple(line for line in lines if not line.startswith("#EXT-X-DATERANGE"))
                    for lines in heard
                }
            foreign = [  # date ranges of segments that a break took away
                tuple(line for line in others if line in lines or line not in origin.ranges)
                for lines in heard
            ]
            if not heard.intersection(foreign):
                self.say("H-06", f"lines of {entry.uri} are {others}, not any of {heard}")

    # Every entry against what was said before

    def check_log(self, text: Text, playlist: _Playlist) -> None:
        log = playlist.log
        dates = text.dates
        for index, entry in enumerate(text.entries):
            logged = log.get(entry.msn)
            if logged is None:
                logged = log[entry.msn] = _Logged(
                    entry, self.start_of(entry, log.get(entry.msn - 1), dates[index])
                )
                self.log_run(entry, logged)
            before = logged.entry
            if before is entry:
                continue
            for what in ("uri", "range", "duration", "keys", "map", "marked"):
                old, new = getattr(before, what), getattr(entry, what)
                if old != new:
                    self.say("H-01", f"{what} of {entry.msn} was {old}, is {new}")
            if before.dsn != entry.dsn:
                self.say(
                    "H-02", f"DSN of {entry.msn} ({entry.uri}) was {before.dsn}, is {entry.dsn}"
                )
        kept = 4 * len(text.entries) + 64
        if len(log) > 2 * kept:
            for msn in sorted(log)[: len(log) - kept]:
                del log[msn]

    def start_of(
        self, entry: Entry, before: _Logged | None, date: Decimal | None
    ) -> Decimal | None:
        if entry.uri not in self.facts.ads:
            return self.facts.clock.get(entry.place)
        if self.facts.insertion:  # the clock of the content stands still
            if before is None or before.start is None:
                return min(self.facts.clock.values())
            is_ad = before.entry.uri in self.facts.ads
            return before.start + (ZERO if is_ad else before.entry.duration)
        if date is not None or before is None or before.start is None:
            return date
        ad_before = self.facts.ads.get(before.entry.uri)
        following = self.origins[self.where.name].following
        if ad_before is None and before.entry.place not in following:
            return None  # the origin began again, and what lay between was not seen
        if ad_before is not None and ad_before.pod != self.facts.ads[entry.uri].pod:
            return None  # nobody says what lies between two pods
        return before.start + before.entry.duration

    def log_run(self, entry: Entry, logged: _Logged) -> None:
        """Rule H-03: what stands under one number, in all playlists."""
        if logged.start is None:
            return
        name = self.where.name
        ad = self.facts.ads.get(entry.uri)
        source = "content" if ad is None else ad.creative
        run = self.runs.get(entry.dsn)
        if run is None:
            run = self.runs[entry.dsn] = _Run(source, name, logged.start, logged.start, {})
        elif run.source != source:
            self.say(
                "H-03",
                f"DSN {entry.dsn} is {source} here ({entry.uri}), {run.source} in {run.name}",
            )
        run.low, run.high = min(run.low, logged.start), max(run.high, logged.start)
        if entry.marked:
            for other, start in run.starts.items():
                is_late = start < logged.start
                lacking = (name if is_late else other) if ad is None else other if is_late else name
                span = sorted((start, logged.start))
                if span[1] - span[0] > AUDIO * 2 and self.was_seen(lacking, span):
                    self.say(
                        "H-03",
                        f"DSN {entry.dsn} ({source}) begins at {logged.start} here, at {start}"
                        f" in {other}",
                    )
            run.starts.setdefault(name, logged.start)

    def was_seen(self, lacking: str, span: list[Decimal]) -> bool:
        """Whether the origin gave the content that one playlist lacks beside a border."""
        clock = self.facts.clock
        return any(
            span[0] - AUDIO < clock[place] < span[1] - AUDIO
            for place in self.origins[lacking].known
        )

    def close(self, name: str) -> None:
        """Rule H-03 over the whole session: equal numbers are equal times."""
        self.where = Answered(poll=-1, session=name, name="*", text="")
        for dsn, (answer, entry) in self.doubled.items():
            if not all(dsn - i in self.runs for i in range(1, entry.marks)):
                self.where = answer
                self.say("A-16", f"{entry.marks} DISCONTINUITY tags before {entry.uri}")
        ordered = sorted(self.runs.items())
        for (low, one), (high, other) in pairwise(ordered):
            if one.high > other.low + AUDIO * 2:
                self.say(
                    "H-03",
                    f"DSN {low} ({one.source}) goes on at {one.high} in {one.name}, behind the"
                    f" start of DSN {high} ({other.source}) at {other.low} in {other.name}",
                )

    # From one entry to the next

    def check_transitions(self, text: Text, origin: _Origin) -> None:
        ads = self.facts.ads
        seen: set[tuple[str, tuple[int, int] | None]] = set()
        filled = ZERO
        left: Entry | None = None  # the last content entry before a run of ads
        for before, entry in zip((None, *text.entries), text.entries, strict=False):
            ad = ads.get(entry.uri)
            if ad is None and entry.place in seen:
                self.say("H-01", f"{entry.uri} is listed twice")
            seen.add(entry.place)
            if before is None:
                continue
            ad_before = ads.get(before.uri)
            if ad is None and ad_before is None:
                self.check_neighbours(before, entry, origin)
            elif (
                ad is None
                or ad_before is None
                or ad.creative != ad_before.creative
                or ad.index != ad_before.index + 1
            ):
                if not entry.marked:
                    self.say("A-20", f"no DISCONTINUITY between {before.uri} and {entry.uri}")
            elif entry.marked:
                self.say("A-22", f"DISCONTINUITY inside a creative, before {entry.uri}")
            if ad is not None and ad_before is None:
                left, filled = before, ZERO
            if ad is not None:
                filled += entry.duration
            elif ad_before is not None and left is not None:
                self.check_filled(left, entry, filled)

    def check_complete(self, text: Text, origin: _Origin) -> None:
        """Rule H-06: without the ads, an insertion is the origin's playlist."""
        assert origin.latest is not None
        mine = [entry.place for entry in text.entries if entry.uri not in self.facts.ads]
        if mine != [entry.place for entry in origin.latest.entries]:
            self.say("H-06", "without ads it is not the origin's list")

    def check_neighbours(self, before: Entry, entry: Entry, origin: _Origin) -> None:
        following = origin.following.get(before.place)
        known = origin.known.get(entry.place)
        if known is None:
            return
        if following is not None and following != entry.place:
            self.say("H-05", f"content is missing between {before.uri} and {entry.uri}")
        if following == entry.place and entry.marked != known.marked:
            self.say(
                "A-16",
                f"{entry.uri} {'has' if entry.marked else 'lacks'} a tag, unlike the origin",
            )

    def check_filled(self, left: Entry, entry: Entry, filled: Decimal) -> None:
        clock = self.facts.clock
        if left.place not in clock or entry.place not in clock:
            return
        removed = clock[entry.place] - clock[left.place] - left.duration
        if self.facts.insertion:
            if abs(removed) > AUDIO:
                self.say("H-06", f"{removed} s removed between {left.uri} and {entry.uri}")
        elif filled - removed > FRAME + AUDIO:
            self.say("H-14", f"{filled} s in place of {removed} s before {entry.uri}")

    def check_dates(self, text: Text, origin: _Origin) -> None:
        if not text.entries:
            return
        dates = text.dates
        dated = dates[0] is not None
        self.dated.setdefault(self.where.name, dated)
        if len(set(self.dated.values())) > 1:
            self.say("A-30", f"dates in some playlists only: {self.dated}")
        if not self.facts.dates and dated:
            self.say("A-33", "dates were to be removed")
        if not dated:
            return
        last: Decimal | None = None
        for entry, date in zip(text.entries, dates, strict=True):
            if entry.marked and entry.date is None:
                self.say("A-30", f"no date at the discontinuity before {entry.uri}")
            assert date is not None
            if last is not None and date <= last - 1:
                self.say("H-04", f"dates go back by {last - date} s before {entry.uri}")
            last = date + entry.duration
            expected = origin.dates.get(entry.place)
            if expected is not None and not self.facts.insertion and abs(date - expected) > DATE:
                self.say("H-04", f"{entry.uri} is dated {date}, not {expected}")

    def check_length(self, text: Text | None, playlist: _Playlist, origin: _Origin) -> None:
        latest = origin.latest
        if text is None or latest is None or origin.edge is None or self.facts.insertion:
            return
        if text.entries:
            last = playlist.log.get(text.entries[-1].msn)
            if last is not None and last.start is not None:
                edge = last.start + last.entry.duration
                if edge > origin.edge + FRAME + AUDIO:
                    self.say("H-07", f"the end at {edge} is ahead of the origin's {origin.edge}")
        if text.ended or self.where.held:
            return
        before = playlist.previous
        if before is None or text.msn == before.msn:
            return  # nothing was removed
        if origin.in_memory < 5 * text.target:
            return  # there is nothing that could have been kept
        least = min(3 * Decimal(text.target), latest.duration)
        least -= self.behind + AUDIO
        if text.duration < least:
            self.say("H-07", f"{text.duration} s listed, {least} s needed")


def _index(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _half_up(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def _needed_version(text: Text) -> int:
    needed = 1
    iframes = "EXT-X-I-FRAMES-ONLY" in text.tags
    for line in text.lines:
        if line.startswith("#EXTINF:") and "." in line.partition(",")[0]:
            needed = max(needed, 3)
        elif line.startswith("#EXT-X-BYTERANGE"):
            needed = max(needed, 4)
        elif line.startswith("#EXT-X-KEY:"):
            if "METHOD=SAMPLE-AES" in line or "KEYFORMAT" in line:
                needed = max(needed, 5)
            elif ",IV=" in line:
                needed = max(needed, 2)
        elif line.startswith("#EXT-X-MAP"):
            needed = max(needed, 5 if iframes else 6)
        elif line.startswith("#EXT-X-I-FRAMES-ONLY"):
            needed = max(needed, 4)
    return needed
