from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from manifests.dash.model import NAMESPACE, Run
from manifests.dash.reading.segment_timeline import read_runs
from manifests.errors import ManifestError, ManifestLimitError, MpdSyntaxError


def timeline(xml: str) -> etree._Element:
    return etree.fromstring(f'<SegmentTimeline xmlns="{NAMESPACE}">{xml}</SegmentTimeline>')


TIMELINES = {  # the Period ends at 100
    "nothing": ("", (), False),
    "one": ('<S t="10" d="5"/>', (Run(10, 5, 1),), False),
    "the first starts at 0": ('<S d="5"/>', (Run(0, 5, 1),), False),
    "repeated": ('<S t="10" d="5" r="2"/>', (Run(10, 5, 3),), False),
    "equal ones are one run": (
        '<S t="10" d="5"/><S t="15" d="5" r="1"/><S d="5"/>',
        (Run(10, 5, 4),),
        False,
    ),
    "durations that change": (
        '<S t="0" d="5"/><S d="6" r="1"/><S d="5"/>',
        (Run(0, 5, 1), Run(5, 6, 2), Run(17, 5, 1)),
        False,
    ),
    "a gap": ('<S t="0" d="5"/><S t="7" d="5"/>', (Run(0, 5, 1), Run(7, 5, 1)), False),
    "an overlap by rounding": (
        '<S t="0" d="5"/><S t="4" d="5"/>',
        (Run(0, 5, 1), Run(4, 5, 1)),
        False,
    ),
    "to the end of the Period": ('<S t="10" d="30" r="-1"/>', (Run(10, 30, 3),), False),
    "to the end exactly": (
        '<S t="10" d="30"/><S d="15" r="-1"/>',
        (Run(10, 30, 1), Run(40, 15, 4)),
        False,
    ),
    "from behind the end": ('<S t="200" d="30" r="-1"/>', (Run(200, 30, 1),), False),
    "to the next one": (
        '<S t="0" d="5" r="-1"/><S t="20" d="6"/>',
        (Run(0, 5, 4), Run(20, 6, 1)),
        False,
    ),
    "to the next one, not exactly": (
        '<S t="0" d="5" r="-1"/><S t="18" d="5"/>',
        (Run(0, 5, 4), Run(18, 5, 1)),
        False,
    ),
    "to the next one, all equal": ('<S d="5" r="-7"/><S t="20" d="5"/>', (Run(0, 5, 5),), False),
    "numbers that agree": (
        '<S n="3" t="0" d="5" r="1"/><S n="5" d="6"/>',
        (Run(0, 5, 2), Run(10, 6, 1)),
        False,
    ),
    "the order of attributes": ('<S r="1" d="5" t="1" k="1"/>', (Run(1, 5, 2),), False),
    "blanks and signs": ('<S r=" +1 " d=" 5" t="01"/>', (Run(1, 5, 2),), False),
    "comments between": ('<!-- --><S d="5"/><?a b?><S d="5"/>text', (Run(0, 5, 2),), False),
    "other elements between": ('<S d="5"/><S xmlns="urn:x" d="7"/><T/>', (Run(0, 5, 1),), False),
    "the largest": (
        f'<S t="{2**64 - 1}" d="{2**64 - 1}"/>',
        (Run(2**64 - 1, 2**64 - 1, 1),),
        False,
    ),
}


@pytest.mark.parametrize(("xml", "runs", "is_open"), TIMELINES.values(), ids=TIMELINES)
def test_5_3_9_6_timelines(xml: str, runs: tuple[Run, ...], is_open: bool) -> None:
    read = read_runs(timeline(xml), period_end=Fraction(100), start_number=3)
    assert read == (runs, is_open)


def test_5_3_9_6_a_timeline_that_goes_on_in_a_period_without_end_is_open() -> None:
    xml = '<S t="0" d="6"/><S t="6" d="5" r="-1"/>'
    assert read_runs(timeline(xml), period_end=None) == ((Run(0, 6, 1), Run(6, 5, 1)), True)
    xml = '<S t="0" d="5"/><S d="5" r="-1"/>'
    assert read_runs(timeline(xml), period_end=None) == ((Run(0, 5, 2),), True)


WRONG_TIMELINES = {
    "no duration": ('<S t="0"/>', "line 1: S has no @d"),
    "no duration after another": ('<S d="5"/><S t="5"/>', "S has no @d"),
    "a duration of 0": ('<S t="0" d="0"/>', "S@d is 0"),
    "a negative duration": ('<S t="0" d="-5"/>', "S@d is no unsigned integer: '-5'"),
    "a negative time": ('<S t="-1" d="5"/>', "S@t is no unsigned integer"),
    "a fraction": ('<S t="1.5" d="5"/>', "S@t is no unsigned integer"),
    "no number": ('<S t="a" d="5"/>', "S@t is no unsigned integer"),
    "an empty one": ('<S t="" d="5"/>', "S@t is no unsigned integer"),
    "a digit of another script": ('<S t="&#x661;" d="5"/>', "S@t is no unsigned integer"),
    "a superscript": ('<S t="&#xB2;" d="5"/>', "S@t is no unsigned integer"),
    "more than 64 bits": (f'<S t="{2**64}" d="5"/>', "more than 64 bits"),
    "a very long number": (f'<S t="{"9" * 50_000}" d="5"/>', "S@t is no unsigned integer"),
    "a repeat that is none": ('<S t="0" d="5" r="x"/>', "S@r is no unsigned integer"),
    "the same time twice": ('<S t="9" d="5"/><S t="9" d="6"/>', "not start after"),
    "times that go back": ('<S t="9" d="5"/><S t="2" d="5"/>', "not start after"),
    "back into a run": ('<S t="0" d="5" r="9"/><S t="45" d="5"/>', "not start after"),
    "no time after an open one": ('<S t="0" d="5" r="-1"/><S d="5"/>', "no @t after a negative @r"),
    "back after an open one": ('<S t="9" d="5" r="-1"/><S t="8" d="5"/>', "not start after"),
    "numbers left out": (
        '<S n="3" t="0" d="5" r="1"/><S n="6" d="5"/>',
        "leaves out segment numbers",
    ),
}


@pytest.mark.parametrize(("xml", "reason"), WRONG_TIMELINES.values(), ids=WRONG_TIMELINES)
def test_timelines_that_cannot_be_are_errors(xml: str, reason: str) -> None:
    with pytest.raises(MpdSyntaxError) as caught:
        read_runs(timeline(xml), period_end=Fraction(100), start_number=3)
    assert reason in str(caught.value)


def test_a_timeline_of_any_length_costs_what_is_written() -> None:
    assert read_runs(timeline('<S t="0" d="1" r="9999999"/>'), period_end=None)[0] == (
        Run(0, 1, 10_000_000),
    )
    for xml in (
        '<S d="1" r="1000000000000"/>',
        '<S d="1" r="-1"/>',
        '<S d="1" r="-1"/><S t="99999999" d="1"/>',
    ):
        with pytest.raises(ManifestLimitError, match="more than 10000000 segments"):
            read_runs(timeline(xml), period_end=Fraction(10**17))


def by_hand(entries: list[tuple[int | None, int, int]]) -> Iterator[tuple[int, int]]:
    """Every segment on its own: the plain way to say what a timeline means."""
    end = 0
    for at, length, repeat in entries:
        end = end if at is None else at
        for _ in range(repeat + 1):
            yield end, length
            end += length


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, None, 0, 1, 7]), st.sampled_from([5, 6]), st.integers(0, 3)
        ),
        max_size=12,
    )
)
def test_runs_are_the_segments_of_the_timeline(entries: list[tuple[int | None, int, int]]) -> None:
    placed: list[tuple[int | None, int, int]] = []
    end = 0
    for gap, length, repeat in entries:
        placed.append((None if gap is None else end + gap, length, repeat))
        end = end + (gap or 0) + length * (repeat + 1)
    xml = "".join(
        ("<S " if at is None else f'<S t="{at}" ') + f'd="{length}" r="{repeat}"/>'
        for at, length, repeat in placed
    )
    runs, _ = read_runs(timeline(xml), period_end=None)
    segments = [
        (run.start + i * run.duration, run.duration) for run in runs for i in range(run.count)
    ]
    assert segments == list(by_hand(placed))
    for one, other in pairwise(runs):
        assert (one.end, one.duration) != (other.start, other.duration)  # else they were one


@given(
    st.text("0123456789-+ .ae", max_size=6),
    st.text("0123456789-", max_size=6),
    st.text("0123456789-", max_size=4),
)
def test_h_12_any_timeline_is_read_or_a_manifest_error(at: str, length: str, repeat: str) -> None:
    xml = f'<S t="{at}" d="{length}" r="{repeat}"/>'
    for text in (xml, '<S t="0" d="10" r="-1"/>' + xml, xml + '<S t="99" d="10"/>'):
        try:
            runs, _ = read_runs(timeline(text), period_end=Fraction(1000))
        except ManifestError:
            continue
        assert all(run.count > 0 and run.duration > 0 for run in runs)
        assert all(one.start < other.start for one, other in pairwise(runs))
