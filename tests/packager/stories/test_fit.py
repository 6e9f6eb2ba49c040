"""Highlights that fit a time: exact, never too long, with what must be kept."""

import time
from decimal import Decimal
from itertools import product
from random import Random

import pytest

from loadtests.bench.match_moments import match
from packager.stories.fit import Cut, Moment, budget_of, fit, length_of

KEEP = ("goal",)


def rank(
    moments: tuple[Moment, ...], chosen: tuple[int | None, ...], keep: tuple[str, ...]
) -> tuple[int, int, int]:
    """What a choice is judged by: kept moments, worth, whole seconds."""
    shown = [(m, m.cuts[c]) for m, c in zip(moments, chosen, strict=True) if c is not None]
    return (
        sum(moment.kind in keep for moment, _ in shown),
        sum(cut.worth for _, cut in shown),
        sum(cut.length // 100 for _, cut in shown),
    )


def length(moments: tuple[Moment, ...], chosen: tuple[int | None, ...]) -> int:
    return sum(m.cuts[c].length for m, c in zip(moments, chosen, strict=True) if c is not None)


def best_of_all(
    moments: tuple[Moment, ...], budget: int, keep: tuple[str, ...]
) -> tuple[int, int, int]:
    choices = product(*([None, *range(len(one.cuts))] for one in moments))
    return max(rank(moments, one, keep) for one in choices if length(moments, one) <= budget)


@pytest.mark.parametrize("keep", [(), KEEP], ids=["any", "goals"])
def test_the_choice_is_as_good_as_the_best_of_all_choices(keep: tuple[str, ...]) -> None:
    random = Random(7)
    for seed in range(250):
        moments, budget = match(seed, random.randint(0, 6)), random.randint(0, 9000)
        chosen = fit(moments, budget, keep)
        assert length(moments, chosen) <= budget
        assert rank(moments, chosen, keep) == best_of_all(moments, budget, keep), seed


def test_short_clips_of_like_worth_are_chosen_as_well_as_any() -> None:
    """Where much is equally good, bounds say little, and every case has to be looked at."""
    random = Random(11)
    for _ in range(400):
        moments = tuple(
            Moment(
                tuple(
                    Cut(random.randint(1, 12) * 100, random.randint(0, 9))
                    for _ in range(random.randint(0, 3))
                ),
                random.choice(("goal", "")),
            )
            for _ in range(random.randint(0, 6))
        )
        budget = random.randint(0, 4000)
        chosen = fit(moments, budget, KEEP)
        assert rank(moments, chosen, KEEP) == best_of_all(moments, budget, KEEP)


def test_a_thousand_matches_keep_their_goals_and_their_time() -> None:
    for seed in range(1000):
        moments = match(seed, 40)
        goals = [one for one in moments if one.kind == "goal"]
        shortest = sum(min(cut.length for cut in one.cuts) for one in goals)
        budget = max(12_000, shortest)
        chosen = fit(moments, budget, KEEP)
        assert length(moments, chosen) <= budget
        assert rank(moments, chosen, KEEP)[0] == len(goals), seed


def test_more_time_is_never_worth_less() -> None:
    moments = match(3, 40)
    worths = [rank(moments, fit(moments, budget), ())[1] for budget in range(0, 30_000, 1500)]
    assert worths == sorted(worths)
    assert worths[0] == 0


def test_of_goals_that_do_not_all_fit_as_many_as_possible_are_kept() -> None:
    goals = tuple(Moment((Cut(4000, 100), Cut(3000, 10)), "goal") for _ in range(3))
    assert fit(goals, 6500, KEEP).count(None) == 1
    assert fit(goals, 2999, KEEP) == (None, None, None)


def test_where_everything_fits_everything_is_shown_at_its_best() -> None:
    moments = match(5, 20)
    chosen = fit(moments, 1_000_000)
    assert all(
        cut is not None and one.cuts[cut].worth == max(each.worth for each in one.cuts)
        for one, cut in zip(moments, chosen, strict=True)
    )


def test_lengths_are_counted_up_and_time_down() -> None:
    assert length_of(Decimal("2.000001")) == 201
    assert budget_of(Decimal("2.009")) == 200


def test_sixty_moments_take_no_time_to_speak_of() -> None:
    """A generous ceiling: what grew with every choice there is would take for ever."""
    began = time.perf_counter()
    for seed in range(20):
        fit(match(seed, 60), 30_000, KEEP)
    assert time.perf_counter() - began < 10
