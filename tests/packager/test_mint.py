from packager.mint import MintBuckets


def test_a_bucket_empties_and_fills_again() -> None:
    """Threat 36."""
    buckets = MintBuckets(burst=3, per_second=0.5)
    assert [buckets.take("198.51.100.7", 100.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert not buckets.take("198.51.100.7", 101.0)
    assert buckets.take("198.51.100.7", 102.0)
    assert not buckets.take("198.51.100.7", 102.0)


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    buckets = MintBuckets(burst=2, per_second=1.0)
    buckets.take("a", 0.0)
    assert [buckets.take("a", 1e9) for _ in range(3)] == [True, True, False]


def test_addresses_have_buckets_of_their_own() -> None:
    buckets = MintBuckets(burst=1, per_second=0.0)
    assert buckets.take("a", 0.0)
    assert buckets.take("b", 0.0)
    assert not buckets.take("a", 0.0)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = MintBuckets(burst=1, per_second=1.0)
    assert buckets.take("a", 100.0)
    assert not buckets.take("a", 50.0)


def test_many_addresses_do_not_fill_the_memory() -> None:
    buckets = MintBuckets(burst=1, per_second=0.0, addresses=10)
    for number in range(1000):
        assert buckets.take(f"address {number}", 0.0)
    assert not buckets.take("address 999", 0.0)
    assert buckets.take("address 0", 0.0)  # forgotten, so fresh


def test_no_address_is_kept_as_it_is() -> None:
    buckets = MintBuckets()
    buckets.take("198.51.100.7", 0.0)
    assert "198.51" not in repr(vars(buckets))
