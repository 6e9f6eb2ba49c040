"""Every store keeps the contract of `packager.stores.Store`; those with a file also what outlives.

A store under test is opened through a function, so that a test can open it once more: the same
file for SQLite, the same object for the memory store.
"""

import asyncio
import signal
import sqlite3
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from packager.parameters import Parameters
from packager.personalization.settled import Settled
from packager.reasons import Reason
from packager.stores import (
    CHOICES_LIMIT,
    MAX_ADS_BYTES,
    MAX_CHANNEL_BYTES,
    Store,
    StoreError,
    sqlite_thread,
)
from packager.stores.memory import MemoryStore
from packager.stores.opening import open_store
from packager.stores.records import Decision, PodEntry, Resettled, SessionRecord
from packager.stores.sqlite import SqliteStore
from packager.tokens import new_sid

ROOT = Path(__file__).parents[3]
NOW = 1_700_000_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    path = None if request.param == "memory" else tmp_path / "weft.db"
    store = await open_store(path, session_limit=5000)
    yield store
    await store.close()


@pytest.fixture
async def file_store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "weft.db")
    yield store
    await store.close()


def a_record(sid: str = "") -> SessionRecord:
    return SessionRecord(
        sid=sid or new_sid(),
        tenant="default",
        show="news",
        asset="live/index.m3u8",
        created_at=NOW,
        expires_at=NOW + 86_400,
        idle_s=600,
        parameters=Parameters(ads=(("zone", "7"),), facts=(("theme", "dark"),)),
    )


def a_decision(break_id: str = "b1", creative_id: str = "c1") -> Decision:
    return Decision(
        break_id=break_id,
        out_at=Decimal("1700000012.480"),
        in_at=Decimal("1700000042.480"),
        outcome="fill",
        pod=(PodEntry("bump", "bumper"), PodEntry(creative_id), PodEntry("black", "slate")),
        reason=Reason.BREAK_UNFILLED,
    )


async def reason_of(call: Awaitable[object]) -> Reason:
    with pytest.raises(StoreError) as caught:
        await call
    assert str(caught.value)
    return caught.value.reason


async def test_a_session_is_given_back_as_it_was_created(store: Store) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600)
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert stored.record == record
    assert stored.deadline == NOW + 600
    assert stored.decisions == ()
    assert stored.started_at_edge is None


async def test_changed_facts_are_given_back_with_their_session(store: Store) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600)
    await store.settle(record.sid, a_decision())
    await store.change_facts(record.sid, (("theme", "light"), ("club", "reds")), 1000)
    changed = await store.change_facts(record.sid, (("club", None),), 2000)
    assert changed.facts == (("theme", "light"),)
    assert changed.facts_at(1500) == (("club", "reds"), ("theme", "light"))
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert stored.record == changed
    assert (stored.deadline, stored.decisions) == (NOW + 600, (a_decision(),))


async def test_facts_of_a_session_that_is_not_there_cannot_change(store: Store) -> None:
    change = store.change_facts(new_sid(), (("theme", "light"),), 1000)
    assert await reason_of(change) is Reason.SESSION_UNKNOWN


async def test_changes_of_two_processes_at_once_all_arrive(tmp_path: Path) -> None:
    stores = [await SqliteStore.open(tmp_path / "weft.db") for _ in range(2)]
    record = a_record()
    await stores[0].create_session(record, NOW + 600)
    await asyncio.gather(
        *(stores[n % 2].change_facts(record.sid, ((f"f{n}", str(n)),), 1000) for n in range(10))
    )
    stored = await stores[0].load_session(record.sid)
    assert stored is not None
    assert dict(stored.record.facts) == {"theme": "dark"} | {f"f{n}": str(n) for n in range(10)}
    for store in stores:
        await store.close()


async def test_another_process_is_told_whose_facts_changed(tmp_path: Path) -> None:
    ours, other = [await SqliteStore.open(tmp_path / "weft.db") for _ in range(2)]
    records = [a_record() for _ in range(3)]
    for record in records:
        await ours.create_session(record, NOW + 600)
    mark, sids = await other.changed_since(0)
    assert sids == []
    await ours.change_facts(records[0].sid, (("theme", "light"),), 1000)
    await ours.change_facts(records[1].sid, (("theme", "light"),), 1000)
    mark, sids = await other.changed_since(mark)
    assert set(sids) == {records[0].sid, records[1].sid}
    assert await other.changed_since(mark) == (mark, [])
    await ours.change_facts(records[0].sid, (("theme", "dark"),), 2000)
    assert (await other.changed_since(mark))[1] == [records[0].sid]
    for store in (ours, other):
        await store.close()


async def test_a_session_that_was_never_created_is_none(store: Store) -> None:
    assert await store.load_session(new_sid()) is None


async def test_a_session_cannot_be_created_twice(store: Store) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600)
    other = replace(record, show="cup")
    assert await reason_of(store.create_session(other, NOW + 9)) is Reason.STORE_FAILED
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert (stored.record, stored.deadline) == (record, NOW + 600)


async def test_what_is_known_of_a_decisions_ads_is_kept_with_the_one_that_stands(
    store: Store,
) -> None:
    """E-03: what was promised to be reported outlives the process, with its decision."""
    record = a_record()
    await store.create_session(record, NOW + 600)
    assert await store.load_ads(record.sid, "b1") == b""
    await store.settle(record.sid, a_decision(creative_id="c1"), b"first\n")
    await store.settle(record.sid, a_decision(creative_id="c2"), b"second")
    await store.settle(record.sid, a_decision("b2"))
    assert await store.load_ads(record.sid, "b1") == b"first\n"
    assert await store.load_ads(record.sid, "b2") == b""
    too_much = bytes(MAX_ADS_BYTES + 1)
    assert await reason_of(store.settle(record.sid, a_decision("b3"), too_much)) is (
        Reason.STORE_FAILED
    )
    assert await store.expire(NOW + 600) == 1
    assert await store.load_ads(record.sid, "b1") == b""


async def test_the_first_decision_for_a_break_stands(store: Store) -> None:
    """A-02, A-03."""
    record = a_record()
    await store.create_session(record, NOW + 600)
    first, second = a_decision(creative_id="c1"), a_decision(creative_id="c2")
    assert await store.settle(record.sid, first) == first
    assert await store.settle(record.sid, second) == first
    assert await store.settle(record.sid, first) == first
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert stored.decisions == (first,)


async def test_breaks_and_sessions_have_decisions_of_their_own(store: Store) -> None:
    records = [a_record(), a_record()]
    for record in records:
        await store.create_session(record, NOW + 600)
    decisions = [a_decision(f"b{n}\n", f"c{n}") for n in range(3)]
    for decision in decisions:
        await store.settle(records[0].sid, decision)
    await store.settle(records[1].sid, a_decision(creative_id="other"))
    first, second = [await store.load_session(record.sid) for record in records]
    assert first is not None
    assert second is not None
    assert sorted(first.decisions, key=lambda decision: decision.break_id) == decisions
    assert second.decisions == (a_decision(creative_id="other"),)


async def test_pollers_that_race_get_the_same_decision(store: Store) -> None:
    """A-03: the video and the audio playlist are polled at once."""
    record = a_record()
    await store.create_session(record, NOW + 600)
    answers = await asyncio.gather(
        *(store.settle(record.sid, a_decision(creative_id=f"c{n}")) for n in range(50))
    )
    assert len(set(answers)) == 1
    assert await store.settle(record.sid, a_decision(creative_id="late")) == answers[0]


async def test_the_first_live_edge_stands_and_keeps_its_digits(store: Store) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600)
    assert str(await store.settle_start(record.sid, Decimal("12.480"))) == "12.480"
    assert await store.settle_start(record.sid, Decimal(99)) == Decimal("12.480")
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert str(stored.started_at_edge) == "12.480"


async def test_nothing_is_settled_for_a_session_that_is_not_there(store: Store) -> None:
    sid = new_sid()
    assert await reason_of(store.settle(sid, a_decision())) is Reason.SESSION_UNKNOWN
    assert await reason_of(store.settle_start(sid, Decimal(1))) is Reason.SESSION_UNKNOWN
    await store.create_session(a_record(sid), NOW + 600)
    stored = await store.load_session(sid)
    assert stored is not None
    assert stored.decisions == ()
    assert stored.started_at_edge is None


async def test_a_session_goes_at_its_deadline_with_all_that_it_had(store: Store) -> None:
    going, staying = a_record(), a_record()
    await store.create_session(going, NOW + 600)
    await store.create_session(staying, NOW + 601)
    for record in (going, staying):
        await store.settle(record.sid, a_decision())
        await store.settle_start(record.sid, Decimal(1))
    assert await store.expire(NOW + 599) == 0
    assert await store.expire(NOW + 600) == 1
    assert await store.load_session(going.sid) is None
    assert await store.load_session(staying.sid) is not None
    # Whoever comes with the same id finds nothing of it.
    await store.create_session(going, NOW + 700)
    stored = await store.load_session(going.sid)
    assert stored is not None
    assert stored.decisions == ()
    assert stored.started_at_edge is None
    assert await store.expire(NOW + 10_000) == 2
    assert await store.expire(NOW + 10_000) == 0


async def test_a_touched_session_stays_longer_and_never_shorter(store: Store) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600)
    await store.touch({record.sid: NOW + 900, new_sid(): NOW + 900})
    await store.touch({record.sid: NOW + 700})
    await store.touch({})
    assert await store.expire(NOW + 899) == 0
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert stored.deadline == NOW + 900
    assert await store.expire(NOW + 900) == 1


async def test_a_full_store_refuses_new_sessions_and_keeps_the_old(tmp_path: Path) -> None:
    for path in (None, tmp_path / "weft.db"):
        store = await open_store(path, session_limit=2)
        records = [a_record() for _ in range(3)]
        await store.create_session(records[0], NOW + 1)
        await store.create_session(records[1], NOW + 600)
        refused = store.create_session(records[2], NOW + 600)
        assert await reason_of(refused) is Reason.SESSION_LIMIT
        assert await store.load_session(records[0].sid) is not None
        assert await store.expire(NOW + 1) == 1
        await store.create_session(records[2], NOW + 600)
        assert await store.load_session(records[2].sid) is not None
        await store.close()


async def test_the_state_of_a_channel_is_replaced(store: Store) -> None:
    assert await store.get_channel("news") is None
    await store.put_channel("news", b"one")
    await store.put_channel("cup", b"\x00\xff")
    await store.put_channel("news", b"two")
    assert await store.get_channel("news") == b"two"
    assert await store.get_channel("cup") == b"\x00\xff"
    too_large = store.put_channel("news", b"x" * (MAX_CHANNEL_BYTES + 1))
    assert await reason_of(too_large) is Reason.STORE_FAILED
    assert await store.get_channel("news") == b"two"


async def test_channels_written_longest_ago_go_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.stores.memory.CHANNEL_LIMIT", 20)
    monkeypatch.setattr("packager.stores.sqlite.CHANNEL_LIMIT", 20)
    names = [f"c{n}" for n in range(20)]
    await asyncio.gather(*(store.put_channel(name, b"") for name in names))
    await store.put_channel("c0", b"again")
    await store.put_channel("one more", b"new")
    assert await store.get_channel("c1") is None
    assert await store.get_channel("c0") == b"again"
    assert await store.get_channel("c2") == b""
    assert await store.get_channel("one more") == b"new"


async def test_a_closed_store_says_so(store: Store) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600)
    await store.close()
    await store.close()
    assert await reason_of(store.load_session(record.sid)) is Reason.STORE_FAILED
    assert await reason_of(store.settle(record.sid, a_decision())) is Reason.STORE_FAILED


async def test_thousands_that_expire_together_do_not_hold_up_the_others(store: Store) -> None:
    """Others get their turn in between: a decision asked for meanwhile is there before the end."""
    await asyncio.gather(*(store.create_session(a_record(), NOW + 600) for _ in range(4000)))
    watching = a_record()
    await store.create_session(watching, NOW + 900)
    expiring = asyncio.ensure_future(store.expire(NOW + 600))
    await asyncio.sleep(0)
    await store.settle(watching.sid, a_decision())
    assert not expiring.done()
    assert await expiring == 4000
    assert await store.load_session(watching.sid) is not None


async def test_an_expiry_that_is_cancelled_forgets_nobody(store: Store) -> None:
    await asyncio.gather(*(store.create_session(a_record(), NOW + 600) for _ in range(3000)))
    expiring = asyncio.ensure_future(store.expire(NOW + 600))
    await asyncio.sleep(0)
    expiring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await expiring
    removed_later = await store.expire(NOW + 600)
    assert 0 < removed_later <= 3000
    assert await store.expire(NOW + 600) == 0


async def test_more_touches_than_one_step_all_arrive(store: Store) -> None:
    sids = [new_sid() for _ in range(1200)]
    await asyncio.gather(*(store.create_session(a_record(sid), NOW + 600) for sid in sids))
    await store.touch(dict.fromkeys(sids, NOW + 700))
    assert await store.expire(NOW + 699) == 0
    assert await store.expire(NOW + 700) == 1200


async def test_a_session_costs_hundreds_of_bytes_in_memory() -> None:
    store = MemoryStore()
    sids = [new_sid() for _ in range(5000)]
    tracemalloc.start()
    try:
        for sid in sids:
            await store.create_session(a_record(sid), NOW + 600)
            await store.settle(sid, a_decision())
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / len(sids) < 800


# --- what outlives the process ---


async def test_a_file_opened_again_has_everything(tmp_path: Path) -> None:
    record = a_record()
    store = await SqliteStore.open(tmp_path / "weft.db")
    await store.create_session(record, NOW + 600)
    await store.settle(record.sid, a_decision())
    await store.settle_start(record.sid, Decimal("5.0"))
    await store.put_channel("news", b"log")
    before = await store.load_session(record.sid)
    await store.close()
    store = await SqliteStore.open(tmp_path / "weft.db")
    assert await store.load_session(record.sid) == before
    assert await store.settle(record.sid, a_decision(creative_id="new")) == a_decision()
    assert await store.get_channel("news") == b"log"
    await store.close()


PROGRAM = """
import asyncio, sys
from decimal import Decimal
from pathlib import Path
from packager.stores.records import Decision, PodEntry
from packager.stores.sqlite import SqliteStore

async def main(path, sid, name, breaks):
    store = await SqliteStore.open(Path(path))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for number in range(int(breaks)):
        decision = Decision(break_id=f"b{number}", out_at=Decimal(1), in_at=Decimal(2),
                            outcome="fill", pod=(PodEntry(name),))
        standing = await store.settle(sid, decision)
        print(standing.pod[0].creative_id, flush=True)
    await asyncio.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""


def start_process(path: Path, sid: str, name: str, breaks: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, path, sid, name, str(breaks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def lines_of(process: "subprocess.Popen[str]", count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def let_go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


async def test_a_decision_survives_kill_9_right_after_it_was_returned(tmp_path: Path) -> None:
    """P3; the process has no chance to close anything."""
    record = a_record()
    store = await SqliteStore.open(tmp_path / "weft.db")
    await store.create_session(record, NOW + 600)
    await store.close()
    process = start_process(tmp_path / "weft.db", record.sid, "mine", 1)
    lines_of(process, 1)
    let_go(process)
    assert lines_of(process, 1) == ["mine"]
    kill(process)
    store = await SqliteStore.open(tmp_path / "weft.db")
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert [decision.pod for decision in stored.decisions] == [(PodEntry("mine"),)]
    await store.close()


async def test_processes_that_race_get_the_same_decisions(tmp_path: Path) -> None:
    """A-03 across processes, both opening a file that is not there yet."""
    record = a_record()
    racers = [start_process(tmp_path / "weft.db", record.sid, name, 40) for name in ("a", "b")]
    assert [lines_of(racer, 1) for racer in racers] == [["ready"], ["ready"]]
    store = await SqliteStore.open(tmp_path / "weft.db")
    await store.create_session(record, NOW + 600)
    for racer in racers:
        let_go(racer)
    answers = [await asyncio.to_thread(lines_of, racer, 40) for racer in racers]
    assert answers[0] == answers[1]
    assert set(answers[0]) <= {"a", "b"}
    stored = await store.load_session(record.sid)
    assert stored is not None
    in_store = {decision.break_id: decision.pod[0].creative_id for decision in stored.decisions}
    assert [in_store[f"b{number}"] for number in range(40)] == answers[0]
    for racer in racers:
        kill(racer)
    await store.close()


async def test_what_is_asked_for_in_one_turn_is_one_transaction(
    file_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = a_record()
    await file_store.create_session(record, NOW + 600)
    groups = []
    transact = sqlite_thread._transact

    def counted(
        connection: sqlite3.Connection, jobs: list[sqlite_thread._Job]
    ) -> tuple[list[object], str | None]:
        groups.append(len(jobs))
        return transact(connection, jobs)

    monkeypatch.setattr(sqlite_thread, "_transact", counted)
    await asyncio.gather(
        *(file_store.settle(record.sid, a_decision(f"b{number}")) for number in range(200))
    )
    assert groups == [200]


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_only_the_owner_can_read_the_file(file_store: SqliteStore, tmp_path: Path) -> None:
    await file_store.create_session(a_record(), NOW + 600)
    assert modes_in(tmp_path) == {"weft.db": 0o600, "weft.db-wal": 0o600, "weft.db-shm": 0o600}


# --- when the store fails ---


async def test_a_store_that_another_process_locks_fails_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.stores.sqlite_file.BUSY_TIMEOUT_S", 0.05)
    store = await SqliteStore.open(tmp_path / "weft.db")
    record = a_record()
    await store.create_session(record, NOW + 600)
    other = sqlite3.connect(tmp_path / "weft.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await reason_of(store.settle(record.sid, a_decision())) is Reason.STORE_FAILED
    assert await store.load_session(record.sid) is not None  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert await store.settle(record.sid, a_decision()) == a_decision()
    await store.close()


async def test_a_transaction_that_fails_half_way_leaves_nothing_behind(
    file_store: SqliteStore,
) -> None:
    record = a_record()
    await file_store.create_session(record, NOW + 600)
    settled = file_store.settle(record.sid, a_decision(creative_id="lost"))
    poisoned = file_store.load_session("\ud800")  # no UTF-8 has it
    assert await asyncio.gather(reason_of(settled), reason_of(poisoned)) == [
        Reason.STORE_FAILED,
        Reason.STORE_FAILED,
    ]
    assert await file_store.settle(record.sid, a_decision()) == a_decision()


async def test_a_caller_that_leaves_disturbs_no_other(file_store: SqliteStore) -> None:
    record = a_record()
    await file_store.create_session(record, NOW + 600)
    leaving = asyncio.ensure_future(file_store.settle(record.sid, a_decision("b1")))
    staying = asyncio.ensure_future(file_store.settle(record.sid, a_decision("b2")))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == a_decision("b2")
    assert leaving.cancelled()


async def test_a_store_that_hangs_does_not_collect_calls_without_end(
    file_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_thread, "MAX_WAITING", 2)
    calls = [asyncio.ensure_future(file_store.load_session("x")) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert outcomes[:2] == [None, None]
    assert isinstance(outcomes[2], StoreError)
    assert await file_store.load_session("x") is None


async def test_damaged_rows_are_a_store_error(file_store: SqliteStore, tmp_path: Path) -> None:
    record = a_record()
    await file_store.create_session(record, NOW + 600)
    await file_store.settle(record.sid, a_decision())
    with sqlite3.connect(tmp_path / "weft.db") as other:
        other.execute("UPDATE decisions SET decision = CAST('[99]' AS BLOB)")
    other.close()
    assert await reason_of(file_store.load_session(record.sid)) is Reason.STORE_FAILED
    settled = file_store.settle(record.sid, a_decision(creative_id="new"))
    assert await reason_of(settled) is Reason.STORE_FAILED


async def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, and long enough to look like one " * 40)
    with sqlite3.connect(tmp_path / "later.db") as later:
        later.execute("PRAGMA user_version = 99")
    later.close()
    for name, problem in {
        "text.db": "not a database",
        "later.db": "later release: version 99",
        "none/weft.db": "No such file",
    }.items():
        with pytest.raises(StoreError, match=problem):
            await open_store(tmp_path / name)


async def test_a_file_that_stays_locked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.stores.sqlite_file.BUSY_TIMEOUT_S", 0.05)
    other = sqlite3.connect(tmp_path / "weft.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked"):
        await SqliteStore.open(tmp_path / "weft.db")
    other.close()


async def test_the_setting_names_the_store(tmp_path: Path) -> None:
    store = await open_store(None)
    assert isinstance(store, MemoryStore)
    file_store: Store = await open_store(tmp_path / "weft.db")
    assert isinstance(file_store, SqliteStore)
    await file_store.close()


async def test_what_a_segment_is_listed_as_first_stands(store: Store) -> None:
    first = await store.settle_listing("k", {"1": "/tm/a", "2": ""}, NOW + 60)
    assert first == {"1": "/tm/a", "2": ""}
    later = await store.settle_listing("k", {"2": "/tm/b", "1": "", "3": "/tm/c"}, NOW + 60)
    assert later == {"1": "/tm/a", "2": "", "3": "/tm/c"}
    assert await store.settle_listing("other", {"1": ""}, NOW + 60) == {"1": ""}


async def test_listings_end(store: Store) -> None:
    await store.settle_listing("k", {"1": "/tm/a"}, NOW + 60)
    await store.expire(NOW + 59)
    assert await store.settle_listing("k", {"1": ""}, NOW + 60) == {"1": "/tm/a"}
    await store.expire(NOW + 60)
    assert await store.settle_listing("k", {"1": ""}, NOW + 60) == {"1": ""}


SETTLED = Settled((("look", "dark"), ("opener", "")), ("north",))


async def test_choices_change_with_facts_and_their_records_are_kept_in_order(store: Store) -> None:
    record = replace(a_record(), choices=SETTLED)
    await store.create_session(record, NOW + 600, b'{"n":0}')
    light = replace(SETTLED, values=(("look", "light"), ("opener", "a")))

    def settle(changed: SessionRecord) -> Resettled | None:
        theme = dict(changed.facts).get("theme")
        return Resettled(light, b'{"n":1}') if theme == "light" else None

    at_ms = NOW * 1000
    same = await store.change_facts(record.sid, (), at_ms, settle)
    assert same == record  # nothing was said, and nothing settled
    grey = await store.change_facts(record.sid, (("theme", "grey"),), at_ms + 1, settle)
    assert (grey.settled, dict(grey.facts)) == (SETTLED, {"theme": "grey"})
    found = await store.change_facts(record.sid, (("theme", "light"),), at_ms + 2, settle)
    assert found.settled == light
    assert found.settled_at(at_ms + 1) == SETTLED
    assert found.choices == SETTLED
    stored = await store.load_session(record.sid)
    assert stored is not None
    assert stored.record == found
    assert list(await store.load_choices(record.sid)) == [b'{"n":0}', b'{"n":1}']
    await store.expire(NOW + 601)
    assert list(await store.load_choices(record.sid)) == []


async def test_records_of_choices_are_bounded_and_the_first_and_the_latest_stay(
    store: Store,
) -> None:
    record = a_record()
    await store.create_session(record, NOW + 600, b"0")
    for number in range(1, CHOICES_LIMIT + 20):
        value = Settled((("look", str(number)),))
        resettled = Resettled(value, str(number).encode())
        await store.change_facts(record.sid, (), NOW * 1000 + number, lambda _, r=resettled: r)
    kept = [int(one) for one in await store.load_choices(record.sid)]
    assert kept == [0, *range(21, CHOICES_LIMIT + 20)]


async def test_choices_that_another_process_settled_are_seen_with_their_facts(
    tmp_path: Path,
) -> None:
    ours, theirs = [await SqliteStore.open(tmp_path / "weft.db") for _ in range(2)]
    record = a_record()
    await ours.create_session(record, NOW + 600)
    mark, _ = await ours.changed_since(0)
    await theirs.change_facts(record.sid, (), NOW * 1000, lambda _: Resettled(SETTLED, b"1"))
    _, changed = await ours.changed_since(mark)
    assert list(changed) == [record.sid]
    stored = await ours.load_session(record.sid)
    assert stored is not None
    assert stored.record.settled == SETTLED
    await ours.close()
    await theirs.close()
