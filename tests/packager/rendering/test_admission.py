import pytest

from packager.rendering.admission import (
    FIRST_S,
    FIXED_MEGAPIXELS,
    SAFETY,
    Backlog,
    Pace,
    cost_s,
    ready_in_s,
)

NOTHING = Backlog(waiting=0, megapixels=0.0, running_s=0.0)
HD_2S = 1920 * 1080 * 50 / 1e6


def test_a_job_alone_costs_what_its_pixels_cost() -> None:
    assert cost_s(96.0, 0.01) == pytest.approx(1.0)
    ready = ready_in_s(96.0, NOTHING, s_per_megapixel=0.01, workers=4)
    assert ready == pytest.approx(SAFETY * 1.0)  # one job is not shared among workers


def test_what_is_before_it_is_shared_among_the_workers() -> None:
    before = Backlog(waiting=2, megapixels=192.0, running_s=1.0)  # 2 s wait, 1 s is under way
    for workers, seconds in ((1, 4.0), (3, 2.0)):
        ready = ready_in_s(96.0, before, s_per_megapixel=0.01, workers=workers)
        assert ready == pytest.approx(SAFETY * seconds)


def test_the_first_guess_is_what_this_class_of_machines_was_measured_at() -> None:
    # Two seconds of 1080p25 were drawn on at about 1.4 times real time on one core.
    assert 1.0 < cost_s(HD_2S, Pace().at(1000.0)) < 2.0


def test_the_measure_follows_what_jobs_cost() -> None:
    pace = Pace()
    for _ in range(30):
        pace = pace.measured(96.0, 5.0, now=50.0)
    assert pace.at(50.0) == pytest.approx(0.05, rel=0.01)
    after_one = Pace().measured(96.0, 5.0, now=50.0).at(50.0)
    assert FIRST_S < after_one < 0.05  # a single job decides nothing


def test_small_segments_do_not_make_large_ones_look_slow() -> None:
    pace = Pace()
    for _ in range(30):
        pace = pace.measured(0.1, 0.01 * (0.1 + FIXED_MEGAPIXELS), now=0.0)
    assert cost_s(96.0, pace.at(0.0)) == pytest.approx(1.0, rel=0.01)


def test_a_bad_moment_passes_though_nothing_was_admitted_since() -> None:
    pace = Pace()
    for _ in range(30):
        pace = pace.measured(96.0, 500.0, now=0.0)
    costs = [cost_s(96.0, pace.at(now)) for now in (0.0, 60.0, 600.0)]
    assert costs[0] > 400
    assert costs[1] == pytest.approx(costs[0] / 2, rel=0.05)
    assert costs[2] < 3
