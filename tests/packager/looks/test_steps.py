from dataclasses import replace
from decimal import Decimal

from look_drawing import a_drawn

from packager.looks.steps import Drawn, Steps


def drawn(data: str) -> tuple[Drawn, ...]:
    return (a_drawn(data),)


def settle(steps: Steps, start: str, end: str, data: str) -> tuple[Steps, str]:
    steps, found = steps.settle(Decimal(start), Decimal(end), lambda _start, _end: drawn(data))
    return steps, found[0].text.decode()


def test_what_one_rendition_has_settled_the_others_follow() -> None:
    steps, first = settle(Steps(), "0", "2", "0:0")
    steps, second = settle(steps, "2", "4", "1:0")
    assert (first, second) == ("0:0", "1:0")
    for late in ("9:9", "8:8"):  # what holds when another rendition comes does not matter
        steps, found = settle(steps, "0", "2", late)
        assert found == "0:0"
        steps, found = settle(steps, "2.02", "4.02", late)  # a frame off
        assert found == "1:0"


def test_equal_steps_are_one() -> None:
    steps = Steps()
    for second in range(0, 20, 2):
        steps, _ = settle(steps, str(second), str(second + 2), "0:0")
    assert len(steps.steps) == 1
    assert steps.frontier == 20


def test_a_gap_belongs_to_what_comes_after() -> None:
    steps, _ = settle(Steps(), "0", "2", "a")
    steps, _ = settle(steps, "6", "8", "b")
    assert [(one.start, one.end) for one in steps.steps] == [(0, 2), (2, 8)]


def test_what_was_before_the_first_step_is_as_that() -> None:
    steps, _ = settle(Steps(), "10", "12", "a")
    assert settle(steps, "4", "6", "b")[1] == "a"


def test_the_past_is_forgotten() -> None:
    steps, _ = settle(Steps(), "0", "2", "a")
    steps, _ = settle(steps, "2", "4", "b")
    assert len(steps.forget_before(Decimal(2)).steps) == 1
    assert steps.forget_before(Decimal(1)) is steps


def test_what_lacked_a_picture_may_have_it_when_it_is_told() -> None:
    """And only there: what was told of before keeps what it was told."""
    poor, rich = replace(a_drawn("0:0"), lacks=True), a_drawn("1:0")
    steps, _ = Steps().settle(Decimal(0), Decimal(12), lambda *_: (poor,))
    steps, told = steps.renewed(Decimal(2), Decimal(4), lambda *_: (poor,))
    assert told == (replace(poor, lacks=False),)
    steps, told = steps.renewed(Decimal(6), Decimal(8), lambda *_: (rich,))
    assert told == (rich,)
    again, still = steps.renewed(Decimal(2), Decimal(4), lambda *_: (rich,))
    assert (again, still) == (steps, (replace(poor, lacks=False),))
    assert [(step.start, step.end, step.drawn[0].text) for step in steps.steps] == [
        (0, 2, b"0:0"), (2, 4, b"0:0"), (4, 6, b"0:0"), (6, 8, b"1:0"), (8, 12, b"0:0"),
    ]  # fmt: skip


def test_a_film_that_is_told_of_segment_by_segment_has_few_steps() -> None:
    poor = replace(a_drawn("0:0"), lacks=True)
    steps, _ = Steps().settle(Decimal(0), Decimal(200), lambda *_: (poor,))
    for start in range(0, 200, 2):
        steps, _ = steps.renewed(Decimal(start), Decimal(start + 2), lambda *_: (poor,))
        assert len(steps.steps) <= 2
    assert steps.frontier == 200
