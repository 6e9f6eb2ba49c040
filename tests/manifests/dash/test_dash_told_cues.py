"""What segments told is kept as long as it matters (splice rules C-11, B-52)."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from manifests.break_log import LIMIT, BreakLog, CueSettings
from manifests.breaks import Cue, CueKind
from manifests.dash.cues.told_cues import ToldCues


def out(at: int, event_id: str | None = "1", seconds: int = 6) -> Cue:
    return Cue(kind=CueKind.OUT, at=Decimal(at), event_id=event_id, duration=Decimal(seconds))


def cancel(at: int, event_id: str = "1") -> Cue:
    return Cue(kind=CueKind.CANCEL, at=Decimal(at), event_id=event_id)


def told(*segments: tuple[int, Cue]) -> ToldCues:
    found = ToldCues()
    for start, cue in segments:
        found = found.tell(Decimal(start), [cue])
    return found


def starts(cues: ToldCues, edge: int) -> list[Decimal]:
    """Where the breaks are that a channel makes of them."""
    log = BreakLog().observe(
        cues.cues(), edge=Decimal(edge), seen_edge=None, settings=CueSettings()
    )
    return [one.start for one in log.breaks]


def test_cues_are_in_the_order_of_their_segments_however_they_came() -> None:
    cues = told((12, out(30, "b")), (10, out(20, "a")), (11, out(25, None)))
    assert [cue.at for cue in cues.cues()] == [20, 25, 30]


def test_what_is_past_is_forgotten_and_what_lies_ahead_is_kept() -> None:
    cues = told((10, out(20, "a")), (12, out(30, "b")), (14, out(21, None)))
    assert [cue.at for cue in cues.forget_before(Decimal(21)).cues()] == [30, 21]
    assert cues.forget_before(Decimal(20)) is cues
    assert cues.forget_before(Decimal(31)).segments == {}


def test_a_cancellation_is_kept_as_long_as_what_it_cancels_c_11() -> None:
    cues = told((10, out(20)), (12, cancel(12)))
    assert starts(cues, 22) == []
    assert starts(cues.forget_before(Decimal(15)), 22) == []


def test_a_start_that_is_told_anew_before_its_time_is_moved_c_11() -> None:
    assert starts(told((10, out(20)), (12, out(24))), 26) == [24]
    assert starts(told((10, out(24)), (12, out(20))), 26) == [20]


def test_a_start_that_is_told_again_in_its_break_stays() -> None:
    assert starts(told((10, out(12)), (14, out(14))), 16) == [12]


def test_other_events_and_nameless_ones_do_not_move_it() -> None:
    assert starts(told((10, out(20)), (12, out(40, "2"))), 50) == [20, 40]
    assert starts(told((10, out(20, None)), (12, out(40, None))), 50) == [20, 40]


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 300)), max_size=20),
    st.integers(0, 99),
)
def test_the_memory_is_bounded_and_the_latest_stays(
    segments: list[tuple[int, int]], last: int
) -> None:
    cues = ToldCues()
    for start, count in [*segments, (last, LIMIT - 1)]:
        cues = cues.tell(Decimal(start), [out(1000, None)] * count)
        assert sum(map(len, cues.segments.values())) <= LIMIT
    assert max(start for start, _ in [*segments, (last, 1)]) in cues.segments
