"""Random histories of MPDs: no session is ever told anything that breaks a splice rule.

A failure prints its seed and the smallest story that still fails.
"""

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from dash_judge import judge
from dash_story import MpdPlot, play_mpd, random_mpd_plot, tell_mpd
from dash_viewing import VOD, MpdManner, MpdViewing
from random_mpds import MpdOrigin, random_mpd_traits

SHORT = 100  # histories in each run of the tests, and insertions
INSERTIONS = 50
LONG = 1000
LENGTHS = [Decimal(text) for text in ("6", "15", "30.04")]


def assert_kept(plot: MpdPlot) -> None:
    viewing, found = play_mpd(plot)
    assert viewing.polled > plot.polls // 3
    if found:
        pytest.fail(tell_mpd(plot), pytrace=False)


@pytest.mark.parametrize("seed", range(SHORT))
def test_random_live_mpds_keep_the_rules(seed: int) -> None:
    """B-01 to B-53, H-09 to H-11 and H-14; 20 polls each."""
    assert_kept(random_mpd_plot(seed, 20))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SHORT, SHORT + LONG))
def test_a_thousand_random_live_mpds_keep_the_rules(seed: int) -> None:
    """B-01 to B-53, H-09 to H-11 and H-14; 100 polls each."""
    assert_kept(random_mpd_plot(seed, 100))


@pytest.mark.parametrize("seed", range(INSERTIONS))
def test_random_insertions_into_mpds_keep_the_rules(seed: int) -> None:
    """B-02, B-10 to B-18, D-43, H-10: pre-, mid- and post-roll, several on one border."""
    draw = random.Random(f"mpd insertion {seed}")
    traits = random_mpd_traits(seed, live=False)
    origin = MpdOrigin(seed, traits)
    viewing = MpdViewing(seed, origin, MpdManner(), rules=VOD)
    ends = [Fraction(0), origin.last]
    borders = [one.start for one in origin.stretches]
    places = sorted(
        draw.choice(
            (*ends, draw.choice(borders), Fraction(draw.randint(0, traits.length * 25), 25))
        )
        for _ in range(draw.randint(1, 5))
    )
    planned = [
        (place, viewing.creatives.pod(draw, f"s{number}", draw.choice(LENGTHS), shorter=True))
        for number, place in enumerate(places)
    ]
    history = viewing.insert([(place, pod) for place, pod in planned if pod])
    assert [str(one) for one in judge(history, viewing.facts())] == []


def test_a_plot_is_one_history_of_mpds() -> None:
    """Reproducible, whatever was played before."""
    plot = random_mpd_plot(7, 20)
    first, second = play_mpd(plot)[0].happened, play_mpd(plot)[0].happened
    assert [one.body for one in first] == [one.body for one in second]
