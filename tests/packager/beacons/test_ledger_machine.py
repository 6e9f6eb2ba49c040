"""The ledger against a plain account of the same, through everything that can happen (P6, E-03)."""

from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from beacon_bench import START, a_beacon
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from packager.beacons import rows
from packager.beacons.ledger import SIDES
from packager.beacons.rows import Claim, Limits, Room, ms
from packager.beacons.schema import MIGRATIONS
from packager.reasons import Reason
from packager.stores.sqlite_file import open_file

EVENTS = ("impression", "start", "made-up")
EXPIRE_S, LEASE_S, KEEP_S = 100, 30, 300
LIMIT = 12
OUTCOMES = (
    ("delivered", None),
    ("refused", Reason.BEACON_STATUS),
    ("refused", Reason.BEACON_REFUSED),
    ("expired", Reason.BEACON_OUTCOME_UNKNOWN),
)


class Account:
    """What should be: a beacon is known by its number, and is in one place."""

    def __init__(self) -> None:
        self.place: dict[int, str] = {}  # waiting, sending, or what became of it
        self.sent: Counter[int] = Counter()  # calls that may have been counted
        self.sides: Counter[tuple[str, str, str]] = Counter()

    def move(self, number: int, side: str, reason: str = "") -> None:
        self.place[number] = side
        self.sides[kind_of(number), side, reason] += 1
        self.sides[kind_of(number), "pending", ""] -= 1


def event_of(number: int) -> str:
    return EVENTS[number % len(EVENTS)]


def kind_of(number: int) -> str:
    return a_beacon(number, event=event_of(number)).kind


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.open()
        self.account = Account()
        self.numbers = count()
        self.elapsed_s = 0
        self.since: dict[int, int] = {}  # seconds at which a beacon was owed, or settled
        self.claims: list[tuple[Claim, int]] = []  # with the seconds at which they lapse
        self.failed: dict[int, str] = {}

    def open(self) -> None:
        self.connection = open_file(Path(self.folder.name) / "b.db", MIGRATIONS)
        self.connection.execute("PRAGMA synchronous = OFF")  # no power cut is played here

    def teardown(self) -> None:
        self.connection.close()
        self.folder.cleanup()

    @property
    def now(self) -> int:
        return ms(START + timedelta(seconds=self.elapsed_s))

    def row(self, number: int) -> dict[str, object]:
        at = START + timedelta(seconds=self.elapsed_s)
        event = event_of(number)
        host = f"h{number % 2}.example"
        beacon = a_beacon(number, event=event, host=host, owed_at=at, expire_s=EXPIRE_S)
        return rows.new_row(beacon)

    def owe(self, numbers: list[int]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        rows.insert(self.connection, [self.row(n) for n in numbers], Limits(beacons=LIMIT))
        self.connection.execute("COMMIT")
        for number in numbers:
            if number in self.account.place:
                continue
            self.account.sides[kind_of(number), "owed", ""] += 1
            if self.pending < LIMIT:
                self.account.place[number] = "waiting"
                self.account.sides[kind_of(number), "pending", ""] += 1
                self.since[number] = self.elapsed_s
            else:
                self.account.sides[kind_of(number), "refused", Reason.BEACON_LIMIT] += 1

    @property
    def pending(self) -> int:
        return sum(place in ("waiting", "sending") for place in self.account.place.values())

    @rule(how_many=st.integers(1, 5))
    def owe_new_ones(self, how_many: int) -> None:
        self.owe([next(self.numbers) for _ in range(how_many)])

    @precondition(lambda self: self.account.place)
    @rule(data=st.data())
    def owe_some_again(self, data: st.DataObject) -> None:
        known = st.sampled_from(sorted(self.account.place))
        self.owe(data.draw(st.lists(known, min_size=1, max_size=4)))

    @rule(data=st.data())
    def owe_and_lose_the_transaction(self, data: st.DataObject) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        rows.insert(self.connection, [self.row(10**6 + self.elapsed_s)], Limits())
        self.connection.execute("ROLLBACK")

    @rule(total=st.integers(0, 6), per_host=st.integers(0, 4))
    def claim(self, total: int, per_host: int) -> None:
        self.give_up()
        room = Room(total=total, per_host=per_host, left={})
        claims, _ = rows.claim(
            self.connection, room, now=self.now, leased_until=self.now + LEASE_S * 1000, after=""
        )
        assert len(claims) <= total
        hosts = Counter(claim.host for claim in claims)
        assert all(calls <= per_host for calls in hosts.values())
        for claim in claims:
            number = int(claim.url.rpartition("=")[2])
            assert self.account.place[number] == "waiting"
            self.account.place[number] = "sending"
            self.account.sent[number] += 1
            assert self.account.sent[number] == 1  # but for those that nobody can have counted
            self.claims.append((claim, self.elapsed_s + LEASE_S))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def settle(self, data: st.DataObject, outcome: tuple[str, Reason | None]) -> None:
        claim = self.draw_claim(data)
        number = int(claim.url.rpartition("=")[2])
        settled = rows.settle(self.connection, claim, *outcome, now=self.now)
        assert settled == (self.account.place.get(number) == "sending")
        if settled:
            self.account.move(number, outcome[0], outcome[1] or "")
            self.since[number] = self.elapsed_s

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), wait_s=st.integers(0, 40))
    def fail_before_anything_was_sent(self, data: st.DataObject, wait_s: int) -> None:
        claim = self.draw_claim(data)
        number = int(claim.url.rpartition("=")[2])
        due_at = self.now + wait_s * 1000
        rows.put_back(self.connection, claim, Reason.BEACON_UNREACHABLE, due_at=due_at)
        if self.account.place.get(number) == "sending":
            self.account.place[number] = "waiting"
            self.account.sent[number] -= 1
            self.failed[number] = Reason.BEACON_UNREACHABLE

    def draw_claim(self, data: st.DataObject) -> Claim:
        index = data.draw(st.integers(0, len(self.claims) - 1))
        return self.claims.pop(index)[0]

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.elapsed_s += seconds

    @rule()
    def give_up(self) -> None:
        """What expired, and what is claimed by nobody who is still there."""
        rows.give_up_expired(self.connection, now=self.now)
        lapsed = rows.lapsed(self.connection, now=self.now, alive=frozenset())
        rows.give_up_lapsed(self.connection, lapsed, now=self.now)
        lapsed_claims = {
            int(claim.url.rpartition("=")[2])
            for claim, until_s in self.claims
            if until_s <= self.elapsed_s
        }
        for number, place in list(self.account.place.items()):
            if place == "waiting" and self.since[number] + EXPIRE_S <= self.elapsed_s:
                reason = self.failed.get(number, Reason.BEACON_OVERDUE)
                self.account.move(number, "expired", reason)
            elif place == "sending" and number in lapsed_claims:
                self.account.move(number, "expired", Reason.BEACON_OUTCOME_UNKNOWN)
            else:
                continue
            self.since[number] = self.elapsed_s

    @rule()
    def die_and_come_back(self) -> None:
        """Nobody settles what was claimed; it lapses, some time."""
        self.connection.close()
        self.open()

    @rule()
    def forget(self) -> None:
        rows.forget(self.connection, before=self.now - KEEP_S * 1000)
        for number, place in list(self.account.place.items()):
            settled = place not in ("waiting", "sending")
            if settled and self.since[number] + KEEP_S < self.elapsed_s:
                del self.account.place[number]
                del self.account.sent[number]
                self.failed.pop(number, None)

    @invariant()
    def the_ledger_is_the_account_and_balances(self) -> None:
        ledger = rows.read_tally(self.connection)
        assert ledger.balances
        found = {(e.event, e.side, e.reason): e.beacons for e in ledger.entries if e.beacons}
        assert found == {key: value for key, value in self.account.sides.items() if value}
        assert {entry.side for entry in ledger.entries} <= set(SIDES)

    @invariant()
    def every_beacon_is_where_it_should_be(self) -> None:
        found = Counter(state for (state,) in self.connection.execute("SELECT state FROM beacons"))
        assert found == Counter(self.account.place.values())

    @invariant()
    def what_pending_beacons_take_is_known(self) -> None:
        sql = """SELECT count(*), coalesce(sum(bytes), 0) FROM beacons
            WHERE state IN ('waiting', 'sending')"""
        kept = self.connection.execute("SELECT beacons, bytes FROM pending").fetchone()
        assert kept == self.connection.execute(sql).fetchone()


LedgerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestLedger = LedgerMachine.TestCase
