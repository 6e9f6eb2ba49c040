from beacon_bench import START

from packager.beacons.hosts import FAILURES, FIRST_REST_S, LONGEST_REST_S, MAX_HOSTS, Hosts
from packager.clock import ManualClock


def some_hosts(clock: ManualClock | None = None) -> Hosts:
    return Hosts(clock or ManualClock(START), total=20, per_host=4)


def left(hosts: Hosts, name: str = "a") -> int:
    room = hosts.room()
    return room.left.get(name, room.per_host)


def call(hosts: Hosts, *, failed: bool, name: str = "a") -> None:
    hosts.begin(name)
    hosts.end(name, failed=failed)


def test_calls_on_their_way_take_room_until_they_end() -> None:
    hosts = some_hosts()
    for _ in range(3):
        hosts.begin("a")
    assert (hosts.room().total, left(hosts), left(hosts, "b")) == (17, 1, 4)
    for _ in range(3):
        hosts.end("a", failed=False)
    assert (hosts.room().total, left(hosts)) == (20, 4)


def test_a_host_that_fails_five_times_in_a_row_rests() -> None:
    hosts = some_hosts()
    for _ in range(FAILURES - 1):
        call(hosts, failed=True)
    assert left(hosts) == 4
    call(hosts, failed=False)  # not in a row
    for _ in range(FAILURES):
        assert left(hosts) == 4
        call(hosts, failed=True)
    assert (left(hosts), left(hosts, "b")) == (0, 4)


def test_after_its_rest_one_call_finds_out() -> None:
    clock = ManualClock(START)
    hosts = some_hosts(clock)
    for _ in range(FAILURES):
        call(hosts, failed=True)
    clock.advance(FIRST_REST_S - 0.001)
    assert left(hosts) == 0
    clock.advance(0.001)
    assert left(hosts) == 1
    hosts.begin("a")
    assert left(hosts) == 0
    hosts.end("a", failed=False)
    assert left(hosts) == 4


def test_each_rest_is_twice_as_long_up_to_five_minutes() -> None:
    clock = ManualClock(START)
    hosts = some_hosts(clock)
    for _ in range(FAILURES):
        call(hosts, failed=True)
    for rest_s in (5, 10, 20, 40, 80, 160, 300, 300):
        clock.advance(rest_s - 0.001)
        assert left(hosts) == 0
        clock.advance(0.001)
        assert left(hosts) == 1
        call(hosts, failed=True)
    assert LONGEST_REST_S == 300


def test_calls_that_were_on_their_way_do_not_lengthen_the_rest() -> None:
    clock = ManualClock(START)
    hosts = some_hosts(clock)
    for _ in range(FAILURES + 3):
        hosts.begin("a")
    for _ in range(FAILURES + 3):
        hosts.end("a", failed=True)
    clock.advance(FIRST_REST_S)
    assert left(hosts) == 1


def test_hosts_that_are_well_are_forgotten_and_others_are_bounded() -> None:
    """Ad servers name them: they must not fill the memory."""
    hosts = some_hosts()
    call(hosts, failed=False)
    assert hosts.room().left == {}
    for number in range(MAX_HOSTS + 50):
        call(hosts, failed=True, name=f"h{number}")
    assert len(hosts.room().left) == MAX_HOSTS
