"""Rules for the ads of one answer: which, where, how long, in what form (B-19 to B-30)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from dash_pieces import Piece
from dash_record import AUDIO, FRAME, Answered, Decided, Facts
from mpd_text import Period, Set, Text

Say = Callable[[str, str], None]
SLOW = 9  # seconds


def check_ads(
    pieces: tuple[Piece, ...],
    text: Text,
    origin: Text,
    answer: Answered,
    facts: Facts,
    say: Say,
    *,
    makes_periods: bool,
) -> None:
    """Every ad Period, and how content is left and found again."""
    for piece in pieces:
        if piece.ad is not None:
            _check_form(piece, text, answer.at, facts, say)
            _check_cover(piece, facts, say)
            _check_likeness(piece, pieces, origin, facts, say)
    if facts.insertion:
        _check_inserted(pieces, answer, facts, say)
    else:
        _check_replaced(pieces, origin, answer, facts, say, makes_periods=makes_periods)


def _check_form(piece: Piece, text: Text, now: Fraction, facts: Facts, say: Say) -> None:
    period = piece.period
    if not period.has_start:
        say("B-20", f"{period.id} has no start")
    if text.is_dynamic and period.duration is not None and not piece.is_last:
        say("B-20", f"{period.id} has a duration")
    if period.end is None and any(track.mode != "timeline" for track in period.tracks):
        say("B-20", f"{period.id} has no end, but segments without end")
    length = None if period.end is None else period.end - period.start
    if length is not None and length > facts.ads[piece.ad or ""] + FRAME:
        say("B-20", f"{period.id} of {float(length)} s shows {float(facts.ads[piece.ad or ''])} s")
    for one in period.sets:
        if one.protected:
            say("B-23", f"{period.id}: a clear ad with ContentProtection")
        for track in one.tracks:
            if track.mode == "list":
                say("B-20", f"{period.id}: a SegmentList")
            for url in (track.init, *(span.url for span in track.spans)):
                if url is not None and not url.startswith(piece.ad or ""):
                    say("B-22", f"{period.id}: {url}")
                    break
            if not text.is_dynamic or track.base_offset is not None or not track.segments:
                continue
            # Else players wait until the content's own segments would be there.
            end = track.spans[-1].end if period.end is None else period.end
            end = min(end, track.spans[-1].end)  # what a slate has beyond is not shown
            if track.mode == "number" or end - (now - text.ast) > FRAME:
                say("B-21", f"{period.id}/{track.id}: to {float(end)} s, no availabilityTimeOffset")


def _check_cover(piece: Piece, facts: Facts, say: Say) -> None:
    """B-03, B-20, H-11: the ad's segments cover its Period."""
    period = piece.period
    length = None if period.end is None else period.end - period.start
    sound = [track for one in period.sets if one.kind == "audio" for track in one.tracks]
    for track in period.tracks:
        where = f"{period.id}/{track.id}"
        if not track.spans:
            say("B-03", f"{where}: nothing")
            continue
        first, last = track.spans[0], track.spans[-1]
        if abs(first.start - period.start) > AUDIO:
            say("B-20", f"{where} starts at {float(first.start)}, not at {float(period.start)}")
        short = FRAME + AUDIO if track in sound else FRAME
        if length is not None and last.end < period.start + length - short:
            say("B-03", f"{where} ends at {float(last.end)}, {float(period.start + length)} is due")
        for span in track.spans:
            if span.end <= period.start or (length and span.start >= period.start + length):
                say("H-11", f"{where}: {span.url} lies outside")
        for before, after in pairwise(track.spans):
            if abs(before.end - after.start) > track.tick:
                say("B-03", f"{where}: a hole or overlap at {float(after.start)}")


def _check_likeness(
    piece: Piece, pieces: tuple[Piece, ...], origin: Text, facts: Facts, say: Say
) -> None:
    """B-19, B-24, B-25: the ad's sets are like those of the content it stands in."""
    content = _near(piece, pieces, origin, facts)
    if content is None:
        return
    period = piece.period
    for kind in ("video", "audio"):
        theirs = [one for one in content.sets if one.is_plain and one.kind == kind]
        ours = [one for one in period.sets if one.kind == kind]
        if theirs and not ours:
            say("B-24", f"{period.id} has no {kind}")
        for one in theirs:
            if ours and one.lang not in [mine.lang for mine in ours]:
                say("B-25", f"{period.id} has no {kind} in {one.lang}")
    likes = [_like(one) for one in content.sets]
    at = 0
    for one in period.sets:
        if one.kind in ("video", "audio"):
            if _like(one) not in likes[at:]:
                say("B-25", f"{period.id}: set {one.id}, {_like(one)} is not as in the content")
                continue
            at = likes.index(_like(one), at) + 1
    if period.asset is not None and period.asset == content.asset:
        say("B-19", f"{period.id} has the content's AssetIdentifier")


def _like(one: Set) -> tuple[object, ...]:
    return (one.kind, one.lang, one.roles)


def _near(piece: Piece, pieces: tuple[Piece, ...], origin: Text, facts: Facts) -> Period | None:
    """The content Period before an ad, else the one after it, else the origin's at that time."""
    index = pieces.index(piece)
    for one in (*reversed(pieces[:index]), *pieces[index + 1 :]):
        if one.source is not None:
            return one.source
    return next((one for one in origin.periods if one.end is None or piece.a < one.end), None)


def _check_inserted(pieces: tuple[Piece, ...], answer: Answered, facts: Facts, say: Say) -> None:
    """A-03, D-43: all ads of all breaks, in order, where they were decided."""
    wanted = [(one, ad) for one in answer.decided for ad in one.ads]
    shown = [one for one in pieces if one.ad is not None]
    if [one.ad for one in shown] != [ad for _, ad in wanted]:
        say("A-03", f"shown {[one.ad for one in shown]}, decided {[ad for _, ad in wanted]}")
        return
    for piece, (one, ad) in zip(shown, wanted, strict=True):
        end = piece.period.end
        if end is not None and abs(end - piece.period.start - facts.ads[ad]) > FRAME:
            say("B-20", f"{piece.period.id} of {float(end - piece.period.start)} s")
        if abs(piece.a - one.out_at) > FRAME:
            say("B-10", f"{piece.period.id} at {float(piece.a)}, not at {float(one.out_at)}")


def _check_replaced(
    pieces: tuple[Piece, ...],
    origin: Text,
    answer: Answered,
    facts: Facts,
    say: Say,
    *,
    makes_periods: bool,
) -> None:
    ast = origin.ast
    counts: dict[str, int] = {}  # break: index of the ad shown last
    begun: dict[str, Fraction] = {}
    played: dict[str, Fraction] = {}
    latest: Decided | None = None
    for index, piece in enumerate(pieces):
        if piece.ad is None:
            _check_kept(piece, origin, answer, say)
            if latest is not None:
                _check_return(piece, latest, ast, begun, played, say)
            latest = None
            continue
        at = piece.a + ast
        one = _break_of(piece, at, answer.decided, counts)
        if one is None:
            say("A-03", f"{piece.period.id}: nobody decided {piece.ad} at {float(piece.a)}")
            latest = None
            continue
        place = one.ads.index(piece.ad, counts.get(one.break_id, -1) + 1)
        if one.break_id not in counts and index > 0:
            if place > 0:
                say("A-03", f"{piece.period.id}: {one.break_id} begins with its ad {place}")
            if abs(at - one.out_at) > FRAME:
                say("B-10", f"{piece.period.id} at {float(at - ast)}, not {one.out_at - ast}")
        elif one.break_id in counts and place != counts[one.break_id] + 1:
            say("A-03", f"{piece.period.id}: ad {place} after {counts[one.break_id]}")
        if latest is not None and latest is not one and latest.in_at is not None:
            _check_total(latest, at, begun, played, say)
        counts[one.break_id] = place
        begun.setdefault(one.break_id, at)
        played[one.break_id] = played.get(one.break_id, Fraction(0)) + facts.ads[piece.ad]
        latest = one
    _check_missing_ads(pieces, origin, answer, say)
    if latest is not None and pieces:
        _check_missing_return(pieces[-1], latest, origin, answer, say, makes_periods=makes_periods)


def _break_of(
    piece: Piece, at: Fraction, decided: tuple[Decided, ...], counts: dict[str, int]
) -> Decided | None:
    found = [
        one
        for one in decided
        if piece.ad in one.ads[counts.get(one.break_id, -1) + 1 :]
        and one.out_at - FRAME <= at
        and (one.in_at is None or at < one.in_at)
    ]
    return found[-1] if found else None


def _check_kept(piece: Piece, origin: Text, answer: Answered, say: Say) -> None:
    """B-10: nothing of a filled break is shown."""
    for one in answer.decided:
        if not one.ads:
            continue
        low = one.out_at - origin.ast + FRAME
        high = None if one.in_at is None else one.in_at - origin.ast - FRAME
        if high is not None and (high <= low or piece.a >= high):
            continue
        shows = (
            piece.b > low
            if piece.b is not None and piece.period.end is not None
            else any(
                # A part begins between two ticks, and its times are off by up to half of one.
                span.start >= low + track.tick / 2 and (high is None or span.start < high)
                for track in piece.period.tracks
                if track.mode in ("timeline", "list", "number")
                for span in track.spans
            )
        )
        if shows or piece.a > low:
            say("B-10", f"{piece.period.id} shows content of {one.break_id}")


def _check_return(
    piece: Piece,
    one: Decided,
    ast: Fraction,
    begun: dict[str, Fraction],
    played: dict[str, Fraction],
    say: Say,
) -> None:
    at = piece.a + ast
    if one.in_at is not None and abs(at - one.in_at) > FRAME:
        say("H-14", f"{one.break_id}: content is back at {float(piece.a)}, not {one.in_at - ast}")
    _check_total(one, at, begun, played, say)


def _check_total(
    one: Decided,
    at: Fraction,
    begun: dict[str, Fraction],
    played: dict[str, Fraction],
    say: Say,
) -> None:
    """H-14: what fills a break is not longer than it (F - B)."""
    over = played[one.break_id] - (at - begun[one.break_id])
    if not one.early and over > FRAME:
        say("H-14", f"{one.break_id}: ads are {float(over)} s longer than the break")


def _check_missing_ads(pieces: tuple[Piece, ...], origin: Text, answer: Answered, say: Say) -> None:
    """B-30: the first ad is there when the content is two of its longest segments further."""
    last = pieces[-1] if pieces else None
    if last is None or last.source is None or answer.until is not None:
        return
    ends = [
        track.at(track.segments[-1].end)
        for one in origin.periods[-1].sets
        if one.is_plain
        for track in one.tracks
        if track.segments
    ]
    for one in answer.decided:
        at = one.out_at - origin.ast
        if at > last.a and ends and min(ends) > at + SLOW and one.in_at != one.out_at:
            say("B-30", f"{one.break_id} is at {float(at)}, content at {float(min(ends))}")


def _check_missing_return(
    piece: Piece,
    one: Decided,
    origin: Text,
    answer: Answered,
    say: Say,
    *,
    makes_periods: bool,
) -> None:
    """B-30: content comes back when its first segment is there.

    Where an origin makes Periods, one of them may begin at the very return, while the segment
    before it sticks out over it. Only a segment that begins at the return, or later, tells that
    none does, and a Period that has begun may not become another one (B-06).
    """
    if one.in_at is None or answer.until is not None:
        return
    if any(abs(other.out_at - one.in_at) <= FRAME for other in answer.decided):
        return  # the next break begins there
    at = one.in_at - origin.ast
    if at > answer.at - origin.ast:
        return  # a number template may tell of it, but it has not come
    source = next(
        (p for p in reversed(origin.periods) if p.start <= at and (p.end is None or at < p.end)),
        None,
    )
    if source is None:
        return
    tracks = [track for inner in source.sets if inner.is_plain for track in inner.tracks]
    if makes_periods:
        # Not a frame earlier: the return itself may lie a frame behind where it was decided.
        is_there = [any(span.start >= at for span in track.spans) for track in tracks]
    else:
        is_there = [any(span.end > at + FRAME for span in track.spans) for track in tracks]
    if tracks and all(is_there):
        say("B-30", f"content after {one.break_id} is there, {piece.period.id} is still last")
