"""Which breaks cues open, change and end (splice rules A-26 to A-28, A-79, C-07 to C-11)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.break_log import LIMIT, BreakLog, CueSettings
from manifests.breaks import AdBreak, Cue, CueKind

SETTINGS = CueSettings(max_break_s=Decimal(120))
NOTHING = BreakLog()
Number = Decimal | int | str


def out(at: Number, duration: Number | None = None, rank: int = 4, **more: object) -> Cue:
    return _cue(CueKind.OUT, at, duration, rank, **more)


def cont(
    at: Number, elapsed: Number | None = None, duration: Number | None = None, **more: object
) -> Cue:
    since = None if elapsed is None else Decimal(elapsed)
    return _cue(CueKind.CONT, at, duration, 4, elapsed=since, **more)


def back(at: Number, **more: object) -> Cue:
    return _cue(CueKind.IN, at, None, 9, **more)


def cancel(at: Number, event_id: str) -> Cue:
    return _cue(CueKind.CANCEL, at, None, 9, event_id=event_id, message="m")


def _cue(kind: CueKind, at: Number, duration: Number | None, rank: int, **more: object) -> Cue:
    return Cue(
        kind=kind,
        at=Decimal(at),
        duration=None if duration is None else Decimal(duration),
        duration_rank=9 if duration is None else rank,
        **more,  # type: ignore[arg-type]
    )


def segment(
    make: object, at: Number, type_id: int, event_id: str, duration: Number | None = None
) -> Cue:
    """A cue of a segmentation descriptor."""
    cue = back(at) if make is back else out(at, duration, 0)
    return replace(cue, event_id=event_id, type_id=type_id, message=f"m{type_id}-{event_id}")


def observe(
    *cues: Cue,
    log: BreakLog = NOTHING,
    edge: Number = 1000,
    seen: Number | None = None,
) -> BreakLog:
    """What a log makes of cues; it must make the same of them when it sees them again."""
    edge = Decimal(edge)
    seen_edge = None if seen is None else Decimal(seen)
    once = log.observe(cues, edge=edge, seen_edge=seen_edge, settings=SETTINGS)
    assert once.observe(cues, edge=edge, seen_edge=seen_edge, settings=SETTINGS) == once
    return once


def spans(log: BreakLog) -> list[tuple[Number, Number | None]]:
    """Where viewers leave and where they are back."""
    return [(one.out_at, one.in_at) for one in log.breaks]


# A-79, sentence by sentence, and what belongs to it

CASES: dict[str, tuple[Sequence[Cue], list[tuple[Number, Number | None]]]] = {
    "nothing": ([], []),
    "out and in": ([out(10), back(30)], [(10, 30)]),
    "out with duration and no in": ([out(10, 20)], [(10, 30)]),
    "cont with no out: joined inside": ([cont(24, "8.5", 30)], [("15.5", "45.5")]),
    "conts of one break": ([cont(24, "8.5", 30), cont(30, "14.5", 30)], [("15.5", "45.5")]),
    "bare cont: joined here": ([cont(24), cont(30), back(36)], [(24, 36)]),
    "conts after an out": ([out(10), cont(16, 6, 20), cont(22, 12, 20)], [(10, 30)]),
    "cont at the place of the out": ([out(10), cont(10, 0, 20)], [(10, 30)]),
    "further ins": ([out(10, 30), back(20), back(26), back(30)], [(10, 20)]),
    "in without an out": ([back(20), out(30, 10), back(5)], [(30, 40)]),
    "in after the end of another": ([out(10, 10), back(30), out(40, 10)], [(10, 20), (40, 50)]),
    "out again, same id": (
        [out(10, 30, event_id="a"), out(22, 30, event_id="a")],
        [(10, 40)],
    ),
    "out again, same time": ([out(10, 30), out("10.4", 30), out("9.6", 30)], [("9.6", "39.6")]),
    "out again, no id": ([out(10, 30), out(22, 30)], [(10, 22), (22, 52)]),
    "another out inside": (
        [out(10, 30, event_id="a"), out(22, 30, event_id="b")],
        [(10, 22), (22, 52)],
    ),
    "the same id after the end": (
        [out(10, 10, event_id="a"), out(22, 30, event_id="a")],
        [(10, 20), (22, 52)],
    ),
    "no in and no duration": ([out(10)], [(10, 130)]),
    "no in and no duration, in comes too late": ([out(10), back(300)], [(10, 130)]),
    "no in and no duration, then another": ([out(10), out(300, 9)], [(10, 130), (300, 309)]),
    "in before the announced end": ([out(10, 30), back(20)], [(10, 20)]),
    "in after the announced end": ([out(10, 30), back(50)], [(10, 40)]),
    "announced in, then an earlier one": ([out(10, 30), back(40), back(28)], [(10, 28)]),
    "precedence of durations, best first": ([out(10, 30, 0), out(10, 20, 2)], [(10, 40)]),
    "precedence of durations, best last": ([out(10, 20, 4), out(10, 30, 1)], [(10, 40)]),
    "duration known later": ([out(10), cont(16, 6, 25)], [(10, 35)]),
    "a repeat says no other duration": (
        [out(10, 30, 4, event_id="a"), out(16, 30, 0, event_id="a")],
        [(10, 40)],
    ),
    "cont after the announced end": ([out(10, 12), cont(24, 14, 12), cont(30)], [(10, 22)]),
    "cont that is over by its own account": ([cont(40, 30, 30)], []),
    "cont between the announced end and the in": (
        [out(10, 12), cont(24), back(28), cont(30)],
        [(10, 22), (30, 150)],
    ),
    "cont after the in": ([out(10, 30), back(20), cont(26, 16, 30)], [(10, 20)]),
    "bare cont after the in: another break": (
        [out(10, 30), back(20), cont(26)],
        [(10, 20), (26, 146)],
    ),
    "bare cont long after the end": ([out(10, 30), cont(200)], [(10, 40), (200, 320)]),
    "bare cont after a point": ([out(10, 0), cont(20), back(30)], [(10, 10), (20, 30)]),
    "back to back": ([out(10, 20), back(30), out(30, 10), back(40)], [(10, 30), (30, 40)]),
    "back to back, out told first": (
        [out(10, 20), out(30, 10), back(30), back(40)],
        [(10, 30), (30, 40)],
    ),
    "in and out at one place, joined here": ([back(30), out(30, 10)], [(30, 40)]),
    "A-73 point": ([out(10, 0), back(10)], [(10, 10)]),
    "A-73 point after a break": ([out(0, 30), back(30), out(30, 0)], [(0, 30), (30, 30)]),
    "A-73 in after a point": ([out(10, 0), back(20)], [(10, 10)]),
    "A-73 between out and in": ([out(10), out(10, 0, -1)], [(10, 10)]),
    "unordered": ([back(40), out(30), back(20), out(10)], [(10, 20), (30, 40)]),
}


@pytest.mark.parametrize(("cues", "expected"), CASES.values(), ids=CASES)
def test_cues_make_breaks(
    cues: Sequence[Cue], expected: list[tuple[Number, Number | None]]
) -> None:
    """A-79, A-73."""
    assert spans(observe(*cues)) == [
        (Decimal(start), None if end is None else Decimal(end)) for start, end in expected
    ]


def test_a_break_is_what_its_cue_says() -> None:
    cue = out(
        "10.4", 30, 1, event_id="7", type_id=0x34, upids=((3, b"ABCD"),), message="/DA=", dialect=""
    )
    log = observe(cue)
    assert log.breaks == (
        AdBreak(
            id="b10",
            start=Decimal("10.4"),
            out_at=Decimal("10.4"),
            planned_end=Decimal("40.4"),
            duration_rank=1,
            event_id="7",
            type_id=0x34,
            upids=((3, b"ABCD"),),
            message="/DA=",
        ),
    )
    assert log.find("b10") is log.breaks[0]
    assert log.find("b11") is None


def test_a_message_tells_more_of_a_break_that_was_found_by_words() -> None:
    log = observe(out(10, event_id="x"), log=observe(out(10)))
    assert (log.breaks[0].event_id, log.breaks[0].message) == ("x", None)
    log = observe(segment(out, 10, 0x34, "5", 30), log=log)
    one = log.breaks[0]
    assert (one.event_id, one.type_id, one.message) == ("5", 0x34, "m52-5")
    assert observe(out(10, event_id="y"), log=log).breaks[0].event_id == "5"


def test_breaks_closer_than_a_second_share_no_id() -> None:
    settings = CueSettings(near_s=Decimal("0.1"))
    cues = [out("10.0", "0.2"), out("10.3", "0.2"), out("10.7", "0.2")]
    log = BreakLog().observe(cues, edge=Decimal(99), seen_edge=None, settings=settings)
    assert [one.id for one in log.breaks] == ["b10", "b11"]


# what was shown


def test_an_out_that_is_found_late_moves_and_the_end_does_not() -> None:
    """A-28."""
    log = observe(out(10, 30), seen=22)
    assert spans(log) == [(22, 40)]
    assert log.breaks[0].length == 18


def test_a_break_that_is_found_after_its_end_has_no_length() -> None:
    """A-28."""
    log = observe(out(10, 30), back(30), seen=60)
    assert log.breaks[0].length == 0


def test_the_out_of_a_break_is_chosen_once() -> None:
    """A-26."""
    log = observe(out(10, 30), seen=22)
    log = observe(out(10, 30), log=log, seen=28)
    log = observe(out("10.3", 30, 0), log=log, seen=34)
    assert spans(log) == [(22, 40)]


def test_an_early_in_that_is_found_late_ends_at_what_was_shown() -> None:
    """A-27."""
    log = observe(out(10, 30), seen=10)
    log = observe(out(10, 30), back(20), log=log, seen=26)
    assert spans(log) == [(10, 26)]
    log = observe(out(10, 30), back(20), log=log, seen=32)
    assert spans(log) == [(10, 26)]


def test_an_out_inside_a_shown_break_ends_it_no_earlier_than_it_was_shown() -> None:
    log = observe(out(10, 60), seen=10)
    log = observe(out(10, 60), out(22, 30), log=log, seen=28)
    assert spans(log) == [(10, 28), (28, 52)]


def test_the_plan_of_a_shown_break_moves_to_what_was_shown_at_the_earliest() -> None:
    log = observe(out(10, 60, 4), seen=10)
    log = observe(out(10, 20, 0), log=log, seen=40)
    assert spans(log) == [(10, 40)]


def test_a_break_that_is_over_is_not_made_longer() -> None:
    log = observe(out(10, 20, 4), seen=10)
    log = observe(out(10, 60, 0), log=log, seen=50)
    assert spans(log) == [(10, 30)]
    assert spans(observe(out(10, 60, 0), log=observe(out(10, 20, 4), seen=10), seen=20)) == [
        (10, 70)
    ]


def test_a_break_that_has_ended_before_its_plan_is_told_stays_as_it_was_shown() -> None:
    log = observe(out(10, 12, 4), seen=10)
    assert spans(observe(out(10, 6, 0), log=log, seen=22)) == [(10, 22)]


def test_a_shown_break_does_not_become_a_point() -> None:
    log = observe(out(10, 30), seen=10)
    assert spans(observe(out(10, 30), out(10, 0, -1), log=log, seen=16)) == [(10, 16)]


def test_a_break_without_end_ends_after_the_maximum_or_what_was_shown() -> None:
    log = observe(out(10), edge=100, seen=100)
    assert spans(log) == [(100, None)]
    assert spans(observe(out(10), log=log, edge=129, seen=129)) == [(100, None)]
    assert spans(observe(out(10), log=log, edge=130, seen=129)) == [(100, 130)]
    assert spans(observe(out(10), log=log, edge=150, seen=140)) == [(100, 140)]


def test_a_late_break_ends_where_a_known_one_starts() -> None:
    log = observe(out(50, 10))
    assert spans(observe(out(30, 30), log=log)) == [(30, 50), (50, 60)]
    assert spans(observe(out(30), log=log)) == [(30, 50), (50, 60)]
    better = observe(out(30, 5), log=log)
    assert spans(observe(out(30, 40, 0), log=better)) == [(30, 50), (50, 60)]


def test_an_insertion_point_inside_a_shown_break_is_too_late() -> None:
    """A-06."""
    log = observe(out(10, 30), seen=10)
    assert spans(observe(out(10, 30), out(20, 0), log=log, seen=26)) == [(10, 40)]
    assert spans(observe(out(10, 30), out(30, 0), log=log, seen=26)) == [(10, 30), (30, 30)]


# C-07 to C-11: messages


def test_spots_inside_a_break_are_no_breaks_and_end_nothing() -> None:
    """C-08, C-09."""
    cues = [
        segment(out, 10, 0x34, "1", 90),
        segment(out, 10, 0x30, "2", 30),
        segment(back, 40, 0x31, "2"),
        segment(out, 40, 0x30, "3", 30),
        segment(back, 70, 0x31, "3"),
        segment(out, 70, 0x32, "4", 30),
        segment(back, 100, 0x33, "4"),
        segment(back, 100, 0x35, "1"),
    ]
    log = observe(*cues)
    assert spans(log) == [(10, 100)]
    assert (log.breaks[0].event_id, log.breaks[0].type_id) == ("1", 0x34)


def test_spots_with_the_number_of_their_break_end_nothing_either() -> None:
    """C-09: an end has the type of its start."""
    log = observe(
        segment(out, 10, 0x22, "1", 90),
        segment(out, 10, 0x30, "1", 30),
        segment(back, 40, 0x31, "1"),
        segment(out, 40, 0x30, "1", 30),
    )
    assert spans(log) == [(10, 100)]


def test_a_break_around_a_spot_takes_its_place() -> None:
    """C-08: the spot was told first."""
    log = observe(segment(out, 10, 0x30, "2", 30), segment(out, 10, 0x34, "1", 90))
    assert spans(log) == [(10, 100)]
    assert (log.breaks[0].event_id, log.breaks[0].type_id) == ("1", 0x34)


def test_spots_without_a_break_around_them_are_breaks() -> None:
    log = observe(
        segment(out, 10, 0x30, "1", 30),
        segment(back, 40, 0x31, "1"),
        segment(out, 40, 0x30, "2", 30),
        segment(back, 65, 0x31, "2"),
    )
    assert spans(log) == [(10, 40), (40, 65)]


def test_a_continuation_of_a_spot_does_not_end_the_break_around_it() -> None:
    """C-08."""
    spot = replace(cont(46, 6, 30), event_id="2", type_id=0x30, message="m")
    assert spans(observe(segment(out, 10, 0x34, "1", 90), spot)) == [(10, 100)]


def test_a_continuation_of_another_event_tells_of_its_start() -> None:
    """A-29: the polls that had its OUT were missed."""
    other = replace(cont(46, 6, 30), event_id="2", type_id=0x34, message="m")
    assert spans(observe(segment(out, 10, 0x34, "1", 90), other)) == [(10, 40), (40, 70)]


def test_a_splice_insert_ends_a_break_whatever_its_number() -> None:
    """C-03."""
    log = observe(out(10, 30, 1, event_id="1", message="m"), back(20, event_id="2", message="n"))
    assert spans(log) == [(10, 20)]


def test_the_end_of_the_program_closes_the_break() -> None:
    """C-07."""
    log = observe(segment(out, 10, 0x34, "1", 90), back(30, type_id=0x11, message="m"))
    assert spans(log) == [(10, 30)]


def test_a_repeated_start_is_the_same_break() -> None:
    """C-09."""
    cue = segment(out, 10, 0x34, "1", 90)
    log = observe(cue, replace(cue, at=Decimal(16)), replace(cue, at=Decimal(22)))
    assert spans(log) == [(10, 100)]


def test_words_beside_a_message_that_tells_nothing_new_tell_nothing_new() -> None:
    """C-08, C-09."""
    outer, spot = segment(out, 10, 0x34, "1", 90), segment(out, 40, 0x30, "2", 30)
    assert spans(observe(outer, spot, out(40, 30))) == [(10, 100)]
    assert spans(observe(outer, replace(outer, at=Decimal(40)), out("40.5"))) == [(10, 100)]


def test_a_repeat_where_another_break_starts_says_nothing_of_that() -> None:
    """C-09."""
    one, two = out(10, 90, event_id="1"), out(40, 30, event_id="2")
    log = observe(one, two, replace(one, at=Decimal(40), duration_rank=0))
    assert spans(log) == [(10, 40), (40, 70)]


def test_a_break_that_was_not_shown_is_cancelled() -> None:
    """C-11."""
    start = segment(out, 30, 0x34, "1", 90)
    log = observe(start, edge=40, seen=30)
    assert observe(start, cancel(36, "1"), log=log, edge=42, seen=30).breaks == ()
    assert len(observe(start, cancel(36, "2"), log=log, edge=42, seen=30).breaks) == 1


def test_a_break_that_was_shown_returns_early_when_it_is_cancelled() -> None:
    """C-11."""
    start = segment(out, 10, 0x34, "1", 90)
    log = observe(start, edge=20, seen=10)
    log = observe(start, cancel(22, "1"), log=log, edge=28, seen=26)
    assert spans(log) == [(10, 26)]


def test_a_cancellation_ahead_of_its_break_counts_whatever_was_announced() -> None:
    """C-11: a range announces the break, and a later tag cancels it."""
    start = segment(out, 60, 0x34, "1", 90)
    log = observe(start, edge=40, seen=30)
    assert spans(log) == [(60, 150)]
    assert observe(start, cancel(40, "1"), log=log, edge=46, seen=36).breaks == ()
    assert observe(start, cancel(40, "1"), log=log, edge=96, seen=60).breaks == ()


def test_an_event_that_is_announced_anew_after_its_cancellation_is_a_break() -> None:
    """C-11."""
    log = observe(segment(out, 60, 0x34, "1", 90), cancel(40, "1"), segment(out, 80, 0x34, "1", 90))
    assert spans(log) == [(80, 170)]


def test_continuations_do_not_renew_a_cancelled_event() -> None:
    """C-11."""
    start = segment(out, 10, 0x34, "1", 90)
    later = replace(cont(26, 16, 90), event_id="1", type_id=0x34, message=start.message)
    cues = (start, cancel(22, "1"), later)
    assert observe(*cues, edge=30).breaks == ()
    log = observe(start, edge=20, seen=10)
    assert spans(observe(*cues, log=log, edge=30, seen=26)) == [(10, 26)]


def test_a_cancellation_of_no_event_says_nothing() -> None:
    assert len(observe(out(10, 30), replace(cancel(5, ""), event_id=None)).breaks) == 1


def test_an_announced_break_moves_with_its_announcement_until_it_comes() -> None:
    """C-11."""
    log = observe(segment(out, 60, 0x34, "1", 30), edge=40, seen=40)
    log = observe(segment(out, 66, 0x34, "1", 30), log=log, edge=46, seen=46)
    assert spans(log) == [(66, 96)]
    assert observe(log=log, edge=52, seen=52).breaks == ()  # or is taken back
    log = observe(log=log, edge=66, seen=60)
    assert spans(log) == [(66, 96)]


# State, limits


def test_no_more_breaks_are_remembered_than_the_limit() -> None:
    cues = [out(10 * n, 5) for n in range(LIMIT + 9)]
    log = observe(*cues, edge=10 * LIMIT + 90)
    assert len(log.breaks) == LIMIT
    assert log.breaks[0].id == "b90"
    assert log.forgotten == 90
    more = [*cues, out(10 * (LIMIT + 9), 5)]
    log = observe(*more, log=log, edge=10 * LIMIT + 100)
    assert (len(log.breaks), log.forgotten) == (LIMIT, Decimal(100))


def test_breaks_are_forgotten_when_they_are_over() -> None:
    cues = [out(10, 20), out(40), cont(64, 24), cont(35, 25, 20)]
    log = observe(*cues, edge=70)
    assert log.forget_before(Decimal(30)) is log
    forgetful = log.forget_before(Decimal(31))
    assert spans(forgetful) == [(40, None)]
    assert observe(*cues, log=forgetful, edge=70) == forgetful
    assert forgetful.forget_before(Decimal(20)).forgotten == 31


def test_many_breaks_take_no_longer_than_their_number() -> None:
    """H-12."""
    cues = [out(3 * n, 1) for n in range(10_000)]
    began = perf_counter()
    log = BreakLog().observe(cues, edge=Decimal(60_000), seen_edge=None, settings=SETTINGS)
    assert perf_counter() - began < 5  # seconds; with a search through all of them, a minute
    assert log.breaks[-1].start == 29_997


# Properties

SECONDS = st.integers(0, 400).map(lambda n: Decimal(n) / 4)
SEGMENTS = st.integers(0, 20).map(lambda n: Decimal(n * 3))
KINDS = st.sampled_from([*CueKind, CueKind.OUT, CueKind.IN])
EVENTS = st.sampled_from([(None, None), ("x", None), ("1", "m"), ("2", "m")])  # id, message
TYPES = st.sampled_from([None, 0x30, 0x31, 0x34, 0x35, 0x11])


@st.composite
def any_cues(draw: st.DrawFn, places: st.SearchStrategy[Decimal] = SECONDS) -> list[Cue]:
    cues = []
    for _ in range(draw(st.integers(0, 10))):
        kind = draw(KINDS)
        event_id, message = draw(EVENTS)
        duration = draw(st.none() | SECONDS) if kind in (CueKind.OUT, CueKind.CONT) else None
        cues.append(
            Cue(
                kind=kind,
                at=draw(places),
                duration=duration,
                duration_rank=9 if duration is None else draw(st.integers(-1, 4)),
                elapsed=draw(st.none() | SECONDS) if kind is CueKind.CONT else None,
                event_id=event_id,
                type_id=draw(TYPES),
                message=message,
            )
        )
    return cues


def check(log: BreakLog) -> None:
    """Breaks are ordered, have ids of their own, and viewers are in one at a time."""
    starts = [one.start for one in log.breaks]
    assert starts == sorted(set(starts))
    assert len({one.id for one in log.breaks}) == len(log.breaks)
    until = Decimal(-1000)
    for one in log.breaks:
        assert one.out_at >= one.start
        if one.length == 0:
            continue
        assert until is not None, "a break in which another one starts has an end"
        assert one.out_at >= until
        until = one.in_at  # type: ignore[assignment]


def observed(cues: list[Cue], edge: Number = 60, seen: Decimal | None = None) -> BreakLog:
    return BreakLog().observe(cues, edge=Decimal(edge), seen_edge=seen, settings=SETTINGS)


def test_what_a_cancelled_break_had_ended_is_judged_at_once() -> None:
    log = observe(
        out(3, event_id="1", message="m"),
        cont(9, event_id="2", message="m"),
        out(9, event_id="1", message="m"),
        cancel(12, "2"),
        edge=60,
    )
    assert [(one.start, one.event_id) for one in log.breaks] == [(3, "1"), (9, "1")]


@settings(deadline=None)  # a shared machine
@given(any_cues(SEGMENTS), st.none() | SECONDS)
def test_to_observe_twice_is_to_observe_once(cues: list[Cue], seen: Decimal | None) -> None:
    """Of cues as they are read: at borders of segments, and one of a kind at one place.

    No continuation claims that its break went on across an end or a cancellation.
    """
    ends = [cue.at for cue in cues if cue.kind in (CueKind.IN, CueKind.CANCEL)]
    distinct = {
        (cue.at, cue.kind): cue
        for cue in cues
        if cue.kind is not CueKind.CONT
        or not any(cue.at - (cue.elapsed or 0) - 1 <= end <= cue.at for end in ends)
    }
    observe(*distinct.values(), edge=60, seen=seen)


@settings(deadline=None)  # a shared machine
@given(any_cues(), st.none() | SECONDS)
def test_breaks_never_overlap(cues: list[Cue], seen: Decimal | None) -> None:
    """H-12: whatever the cues."""
    check(observed(cues, seen=seen))


@settings(deadline=None)  # a shared machine
@given(st.lists(any_cues(), min_size=2, max_size=4), st.lists(SECONDS, min_size=4, max_size=4))
def test_what_was_shown_stays(windows: list[list[Cue]], edges: list[Decimal]) -> None:
    """A-01: whatever cues come and go, history is one."""
    log, seen = BreakLog(), None
    for cues, edge in zip(windows, sorted(edges), strict=False):
        before, log = log, log.observe(cues, edge=edge, seen_edge=seen, settings=SETTINGS)
        check(log)
        for old in before.breaks:
            if seen is None or old.out_at >= seen or old.length == 0:
                continue
            new = log.find(old.id)
            assert new is not None
            assert (new.start, new.out_at) == (old.start, old.out_at)
            if old.in_at is not None and old.in_at <= seen:
                assert new.in_at == old.in_at
            else:
                assert new.in_at is None or new.in_at >= seen
        seen = edge


@settings(deadline=None)  # a shared machine
@given(any_cues(), st.none() | SECONDS)
def test_state_is_read_back(cues: list[Cue], seen: Decimal | None) -> None:
    log = observed(cues, seen=seen).forget_before(Decimal(5))
    assert BreakLog.from_state(log.to_state()) == log


def test_upids_are_read_back() -> None:
    log = observe(out(10, 30, upids=((3, b"ABCD"), (0xC, b"\x00\xff"))))
    assert BreakLog.from_state(log.to_state()) == log


@pytest.mark.parametrize(
    "state", [{}, {"breaks": [[]], "forgotten": None}, {"breaks": [], "forgotten": "x"}]
)
def test_malformed_state_is_refused(state: dict[str, object]) -> None:
    with pytest.raises((KeyError, IndexError, TypeError, ValueError, ArithmeticError)):
        BreakLog.from_state(state)


@st.composite
def broadcasts(draw: st.DrawFn) -> list[Cue]:
    """Cues of an orderly origin: out, conts each 6 s, and in; some without one or the other."""
    cues: list[Cue] = []
    at = Decimal(draw(st.integers(1, 4)) * 6)
    for number in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 6))  # segments of 6 s
        length = Decimal(6 * count)
        has_message = draw(st.booleans())
        event: dict[str, Any] = {
            "event_id": str(number) if has_message else None,
            "message": "m" if has_message else None,
            "type_id": 0x34 if has_message else None,
        }
        told = length if draw(st.booleans()) else None
        if draw(st.booleans()):  # an early return
            length = Decimal(6 * draw(st.integers(1, count)))
        cues.append(out(at, told, **event))
        elapsed = Decimal(6)
        while elapsed < length:
            cues.append(cont(at + elapsed, elapsed, told, **event))
            elapsed += 6
        cues.append(back(at + length))
        at += length + 6 * draw(st.integers(0, 4))
    return cues


@settings(deadline=None)  # a shared machine
@given(broadcasts(), st.integers(2, 5), st.integers(1, 3), st.booleans())
def test_sliding_windows_tell_the_same_as_all_cues_at_once(
    cues: list[Cue], segments: int, step: int, shown: bool
) -> None:
    """A-29: as long as no segment is missed, it does not matter how one looks."""
    end = max(cue.at for cue in cues) + 6
    log = BreakLog()
    edge = Decimal(0)
    seen = None
    while edge < end:
        edge += 6 * min(step, segments)
        window = [cue for cue in cues if edge - 6 * segments <= cue.at < edge]
        log = log.observe(window, edge=edge, seen_edge=seen, settings=SETTINGS)
        check(log)
        seen = edge if shown else None
    at_once = BreakLog().observe(cues, edge=edge, seen_edge=None, settings=SETTINGS)
    assert spans(log) == spans(at_once)
    assert [one.id for one in log.breaks] == [one.id for one in at_once.breaks]
