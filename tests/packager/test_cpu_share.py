"""A share of one processor: a burst at once, and the share in the long run."""

from packager.cpu_share import CpuShare


def test_a_burst_is_allowed_and_then_there_is_a_rest() -> None:
    share = CpuShare(share=0.25, burst_s=1.0)
    assert share.allows(100.0)
    share.spent(0.9, 100.0)
    assert share.allows(100.0)
    share.spent(0.6, 100.0)  # nobody knew that it would take so long
    assert not share.allows(101.9)  # 2 s at a quarter pay for what is beyond the burst
    assert share.allows(102.1)


def test_in_the_long_run_no_more_than_the_share_is_spent() -> None:
    share = CpuShare(share=0.25, burst_s=1.0)
    spent = now = 0.0
    while now < 1000.0:
        if share.allows(now):
            share.spent(0.3, now)
            spent += 0.3
        now += 0.1
    assert 240.0 < spent < 252.0


def test_rest_is_not_saved_up() -> None:
    share = CpuShare(share=0.25, burst_s=1.0)
    assert share.allows(0.0)
    share.spent(1.5, 10_000.0)
    assert not share.allows(10_000.0)


def test_a_clock_that_stands_still_pays_nothing_back() -> None:
    share = CpuShare(share=0.25, burst_s=1.0)
    share.spent(1.0, 5.0)
    assert not share.allows(5.0)
    assert not share.allows(4.0)
