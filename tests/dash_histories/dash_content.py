"""Rules for content in one answer: it is the origin's, to the tick (H-10, H-11, B-03 to B-17)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from dash_lateness import Lateness
from dash_pieces import Piece
from dash_record import FRAME, Answered
from mpd_text import Period, Set, Stream, Text, Track

Say = Callable[[str, str], None]
SCTE = "scte35"
MILLISECOND = Fraction(1, 1000)


def check_content(
    piece: Piece, origin: Text, answer: Answered, lateness: Lateness, say: Say
) -> None:
    """Everything that one content Period says."""
    period, source = piece.period, piece.source
    if source is None:
        say("B-34", f"{period.id}: the origin has nothing at {float(piece.a)}")
        return
    if period.print != source.print or period.asset != source.asset:
        say("B-07", f"{period.id} lost or changed what the origin says of {source.id}")
    sets = _matched(piece, source, say)
    limits = [one.out_at for one in answer.decided if one.ads]
    limits += [] if answer.until is None else [answer.until]
    until = min((at - origin.ast for at in limits if at - origin.ast > piece.a), default=None)
    is_open = source is origin.periods[-1] and source.end is None
    cut = until if piece.b is None or piece.b == source.end else piece.b
    given_up = {} if cut is None else lateness.given_up(source.start, cut)
    for ours, theirs in sets:
        if ours.print != theirs.print:
            say("B-07", f"{period.id}: AdaptationSet {ours.id} changed")
        for track, known in zip(ours.tracks, theirs.tracks, strict=True):
            _check_track(
                piece,
                track,
                known,
                is_open=is_open,
                until=until,
                given_up=given_up.get(track.id),
                say=say,
            )
    _check_events(piece, source, answer, origin.ast, until, say)


def _matched(piece: Piece, source: Period, say: Say) -> list[tuple[Set, Set]]:
    """The sets of a Period beside the origin's (B-04, B-17, B-24)."""
    theirs = list(source.sets)
    found: list[tuple[Set, Set]] = []
    for ours in piece.period.sets:
        names = [one.id for one in ours.tracks]
        while theirs and [one.id for one in theirs[0].tracks] != names:
            dropped = theirs.pop(0)
            is_file = any(one.mode == "file" for one in dropped.tracks)
            if not (is_file and dropped.kind == "text" and piece.is_later_part):
                say("B-24", f"{piece.period.id} has not set {dropped.id} of {source.id}")
        if not theirs:
            say("B-24", f"{piece.period.id} has set {ours.id}, which {source.id} has not")
            return found
        known = theirs.pop(0)
        if ours.id != known.id:
            say("B-24", f"{piece.period.id}: set {ours.id} was {known.id}")
        if (
            ours.kind == "text"
            and piece.is_later_part
            and any(one.mode == "file" for one in ours.tracks)
        ):
            say("B-17", f"{piece.period.id}: text without segments is timed from the first part")
            continue
        found.append((ours, known))
    for dropped in theirs:
        is_file = any(one.mode == "file" for one in dropped.tracks)
        if not (is_file and dropped.kind == "text" and piece.is_later_part):
            say("B-24", f"{piece.period.id} has not set {dropped.id} of {source.id}")
    return found


def _check_track(
    piece: Piece,
    track: Track,
    known: Track,
    *,
    is_open: bool,
    until: Fraction | None,
    given_up: Fraction | None,
    say: Say,
) -> None:
    where = f"{piece.period.id}/{track.id}"
    if track.print != known.print:
        say("B-07", f"{where} changed")
    if track.timescale != known.timescale:
        say("B-04", f"{where}: timescale {track.timescale}, not {known.timescale}")
    if track.init != known.init:
        rule = {"list": "B-12", "indexed": "B-15"}.get(known.mode, "B-16")
        say(rule, f"{where}: init {track.init}, not {known.init}")
    if track.bases != known.bases and (track.bases[0][0] in _urls(track)):
        say("B-22", f"{where}: {track.bases}, not {known.bases}")
    if [one[1] for one in track.bases] != [one[1] for one in known.bases]:
        say("B-22", f"{where}: places {track.bases}, not {known.bases}")
    if track.offset != known.offset:
        say("B-46", f"{where}: availabilityTimeOffset {track.offset}, not {known.offset}")
    if track.ept_delta != known.ept_delta:
        say("B-14", f"{where}: eptDelta {track.ept_delta}, which players do not read")
    off = track.at(0) - piece.shift - known.at(0)
    if abs(off) >= track.tick:
        say("B-10", f"{where}: media time 0 is {float(off)} s off")
    if known.mode in ("indexed", "file"):
        if (track.mode, _urls(track)) != (known.mode, _urls(known)):
            say("B-15", f"{where}: {track.mode} {_urls(track)}, not {_urls(known)}")
        return
    if known.mode != "number" and known.mode != track.mode:
        say("B-16", f"{where}: {known.mode} became {track.mode}")
    if track.has_timeline and not track.explicit_t and piece.a != known.origin:
        say("H-11", f"{where}: the first S has no t")
    if track.timescale != known.timescale:
        return
    _check_segments(
        piece,
        track,
        known,
        off=off * track.timescale,
        where=where,
        is_open=is_open,
        until=until,
        given_up=given_up,
        say=say,
    )


def _urls(track: Track) -> list[str]:
    return [one.url for one in track.segments]


def _check_segments(
    piece: Piece,
    track: Track,
    known: Track,
    *,
    off: Fraction,
    where: str,
    is_open: bool,
    until: Fraction | None,
    given_up: Fraction | None,
    say: Say,
) -> None:
    """Compare segments by the origin's ticks; ours are `off` ticks away from them."""
    low = (piece.a - known.at(0)) * known.timescale
    high = None if piece.b is None else (piece.b - known.at(0)) * known.timescale
    by_url = {one.url: one for one in known.segments}
    by_time = {one.start: one.url for one in known.segments}
    listed = {one.url for one in track.segments}
    if len(listed) < len(track.segments):
        say("B-03", f"{where}: a segment is listed twice")
    for one in track.segments:
        start = one.start + off
        theirs = by_url.get(one.url)
        if theirs is None and known.mode == "number":
            ahead = known.near(round(start))
            theirs = ahead if ahead.url == one.url else None
        if theirs is None:
            there = by_time.get(round(start), "")
            is_named = there != "" and there.rpartition("/")[2] != one.url.rpartition("/")[2]
            rule = "H-11" if is_named else "B-22"
            say(rule, f"{where}: {one.url} at {_s(start, known)} is not of the origin")
        elif abs(theirs.start - start) >= 1 or theirs.end - theirs.start != one.end - one.start:
            rule = "H-11" if round(start) in by_time else "H-10"
            say(rule, f"{where}: {one.url} at {_s(start, known)}, not {_s(theirs.start, known)}")
        if theirs is not None and (
            theirs.end <= low or (high is not None and theirs.start >= high)
        ):
            say("H-11", f"{where}: {one.url} lies outside")
    for before, after in pairwise(track.segments):
        if after.start < before.start:
            say("B-03", f"{where}: {after.url} goes back")
    limit = None
    if until is not None and piece.is_last:
        limit = (until - known.at(0)) * known.timescale - 1
    for one in known.segments:
        if one.url in listed or one.end <= low + 1 or (high is not None and one.start >= high - 1):
            continue
        if given_up is not None and known.at(one.end) > given_up:
            continue
        if limit is None or one.end <= limit:
            say("B-03", f"{where}: {one.url} at {_s(one.start, known)} is missing")
    if given_up is not None:
        return  # what it has more is not taken back, and nothing is added: `check_period`
    if high is not None and not piece.is_last and is_open and known.mode == "timeline":
        edge = known.segments[-1].end if known.segments else known.pto
        if edge <= high - 1:
            say("B-03", f"{where}: listed to {_s(edge, known)}, it was cut at {_s(high, known)}")


def _s(ticks: Fraction | int, track: Track) -> float:
    return float(track.origin + (ticks - track.pto) / track.timescale)


# Events


def _check_events(
    piece: Piece,
    source: Period,
    answer: Answered,
    ast: Fraction,
    until: Fraction | None,
    say: Say,
) -> None:
    ours = {(one.scheme, one.value): one for one in piece.period.streams}
    if len(ours) < len(piece.period.streams):
        say("B-50", f"{piece.period.id}: two EventStreams of one scheme and value")
    theirs = {(one.scheme, one.value): one for one in source.streams}
    for key in {*ours, *theirs}:
        mine, known = ours.get(key), theirs.get(key)
        if known is None:
            say("B-50", f"{piece.period.id}: an EventStream {key} that {source.id} has not")
            continue
        limit = until if piece.is_last else None
        _check_stream(piece, mine, known, limit, says_cues=SCTE in key[0], say=say)
    for stream in piece.period.streams:
        if SCTE not in stream.scheme:
            continue
        for event in stream.events:
            at = event.at - piece.shift + ast
            for one in answer.decided:
                ends = one.in_at if one.in_at is not None else one.out_at
                if one.start - FRAME <= at < max(ends, one.start + FRAME) - FRAME and one.ads:
                    say("B-52", f"{piece.period.id}: event {event.id} of {one.break_id}")


def _check_stream(
    piece: Piece,
    mine: Stream | None,
    known: Stream,
    limit: Fraction | None,
    *,
    says_cues: bool,
    say: Say,
) -> None:
    a, b = piece.a, piece.b
    left = list(known.events)
    for event in () if mine is None else mine.events:
        at = event.at - piece.shift
        same = next((one for one in left if _same(event, one, at)), None)
        if same is None:
            say("B-50", f"{piece.period.id}: event {event.id} at {float(at)} is not of the origin")
            continue
        left.remove(same)
        over = same.at if same.duration is None else same.at + same.duration
        if (b is not None and same.at >= b) or (over < a and same.duration is not None):
            say("B-50", f"{piece.period.id}: event {event.id} at {float(at)} lies outside")
    for event in left:
        if says_cues or event.at < a or (b is not None and event.at >= b):
            over = event.at + (event.duration or 0)
            was_seen = piece.before is not None and event.at < piece.before
            is_repeated = was_seen and event.at < a < over
            if says_cues or not is_repeated:
                continue
        if limit is not None and event.at >= limit:
            continue
        say("B-50", f"{piece.period.id}: event {event.id} at {float(event.at)} is missing")


def _same(ours: tuple, theirs: tuple, at: Fraction) -> bool:  # type: ignore[type-arg]
    def told(event: tuple) -> tuple[object, ...]:  # type: ignore[type-arg]
        tag, attributes, *rest = event.print
        times = ("presentationTime", "duration")
        return (tag, [one for one in attributes if one[0] not in times], *rest)

    if told(ours) != told(theirs) or abs(theirs.at - at) > MILLISECOND:
        return False
    if ours.duration is None or theirs.duration is None:
        return ours.duration is theirs.duration
    return abs(ours.duration - theirs.duration) <= MILLISECOND
