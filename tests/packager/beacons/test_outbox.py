import asyncio
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from beacon_bench import ROOM, START, a_beacon, claim_all, states

from packager.beacons import Ledger, Outbox, read_ledger
from packager.beacons import outbox as outbox_module
from packager.beacons.rows import MAX_HEADER_BYTES, Limits, Room
from packager.beacons.verdicts import DELIVERED, UNKNOWN, Verdict
from packager.clock import ManualClock
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import StoreError, sqlite_thread

AGAIN = Verdict("again", Reason.BEACON_UNREACHABLE, host_failed=True)
REFUSED = Verdict("refused", Reason.BEACON_STATUS)


def sides(ledger: Ledger) -> dict[str, int]:
    """The ledger in one line; it balances, whatever happened before."""
    assert ledger.balances
    counts = {entry.side: ledger.count(entry.side) for entry in ledger.entries}
    return {side: count for side, count in counts.items() if count}


async def test_what_is_owed_is_pending(outbox: Outbox) -> None:
    await outbox.owe([a_beacon(1), a_beacon(2)])
    assert sides(await outbox.ledger()) == {"owed": 2, "pending": 2}


async def test_what_is_owed_is_on_the_disk_before_owe_returns(
    outbox: Outbox, tmp_path: Path
) -> None:
    """Another program sees it, and it would outlive a power cut."""
    await outbox.owe([a_beacon(1)])
    with closing(sqlite3.connect(tmp_path / "beacons.db")) as other:
        assert other.execute("SELECT count(*) FROM beacons").fetchone() == (1,)
    levels = await outbox._thread.call(
        lambda connection: (
            connection.execute("PRAGMA synchronous").fetchone()[0],
            connection.execute("PRAGMA journal_mode").fetchone()[0],
        ),
        writes=False,
    )
    assert levels == (2, "wal")


async def test_a_file_is_its_owners_alone(outbox: Outbox, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "beacons.db").stat().st_mode) == 0o600


async def test_owed_twice_is_one_beacon(outbox: Outbox) -> None:
    """E-03; also when the macros of its URL are other ones the second time."""
    beacon = a_beacon(1)
    await outbox.owe([beacon, beacon])
    await outbox.owe([replace(beacon, url=f"{beacon.url}&cb=2")])
    assert sides(await outbox.ledger()) == {"owed": 1, "pending": 1}
    (claim,) = await claim_all(outbox)
    assert claim.url == beacon.url


async def test_owed_again_after_it_was_delivered_it_is_the_same_one(
    outbox: Outbox, tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    await outbox.owe([a_beacon(1)])
    (claim,) = await claim_all(outbox)
    await outbox.settle(claim, DELIVERED)
    await outbox.owe([a_beacon(1)])
    assert await claim_all(outbox) == []
    await outbox.close()
    again = await Outbox.open(tmp_path / "beacons.db", clock=clock, metrics=metrics)
    await again.owe([a_beacon(1)])
    assert sides(await again.ledger()) == {"owed": 1, "delivered": 1}
    await again.close()


async def test_many_callers_share_few_commits(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = []
    transact = sqlite_thread._transact

    def counted(
        connection: sqlite3.Connection, jobs: list[sqlite_thread._Job]
    ) -> tuple[list[object], str | None]:
        groups.append(len(jobs))
        return transact(connection, jobs)

    monkeypatch.setattr(sqlite_thread, "_transact", counted)
    await asyncio.gather(*(outbox.owe([a_beacon(number)]) for number in range(500)))
    assert sum(groups) == 500
    assert len(groups) < 20
    assert sides(await outbox.ledger()) == {"owed": 500, "pending": 500}


async def test_a_beacon_is_claimed_once_with_all_that_is_sent(outbox: Outbox) -> None:
    beacon = a_beacon(1, headers=(("X-Device-IP", "192.0.2.1"),))
    await outbox.owe([beacon])
    (claim,) = await claim_all(outbox)
    assert (claim.url, claim.headers) == (beacon.url, {"X-Device-IP": "192.0.2.1"})
    assert (claim.key, claim.host) == (beacon.key, "ads.example")
    assert claim.tries == 1
    assert await claim_all(outbox) == []
    assert sides(await outbox.ledger()) == {"owed": 1, "pending": 1}


async def test_two_processes_never_claim_the_same(
    outbox: Outbox, tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    other = await Outbox.open(tmp_path / "beacons.db", clock=clock, metrics=metrics)
    await outbox.owe(a_beacon(number) for number in range(300))
    room = replace(ROOM, total=7, per_host=7)
    claimed: list[int] = []
    while len(claimed) < 300:
        for claims in await asyncio.gather(outbox.claim(room), other.claim(room)):
            claimed += [claim.id for claim in claims]
    assert len(set(claimed)) == 300
    await other.close()


async def test_what_becomes_of_a_claim_is_in_the_ledger(outbox: Outbox) -> None:
    await outbox.owe(a_beacon(number, event="start") for number in range(4))
    claims = await claim_all(outbox)
    for claim, verdict in zip(claims, (DELIVERED, REFUSED, UNKNOWN, AGAIN), strict=True):
        await outbox.settle(claim, verdict)
    ledger = await outbox.ledger()
    assert sides(ledger) == {"owed": 4, "delivered": 1, "refused": 1, "expired": 1, "pending": 1}
    assert ledger.count("refused", event="start", reason=Reason.BEACON_STATUS) == 1
    assert ledger.count("expired", event="start", reason=Reason.BEACON_OUTCOME_UNKNOWN) == 1


async def test_what_is_settled_is_not_settled_again(outbox: Outbox) -> None:
    await outbox.owe([a_beacon(1)])
    (claim,) = await claim_all(outbox)
    await outbox.settle(claim, DELIVERED)
    for verdict in (REFUSED, UNKNOWN, AGAIN, DELIVERED):
        await outbox.settle(claim, verdict)
    assert sides(await outbox.ledger()) == {"owed": 1, "delivered": 1}


async def test_no_statement_can_lose_or_change_what_the_ledger_has(
    outbox: Outbox, tmp_path: Path
) -> None:
    await outbox.owe([a_beacon(1), a_beacon(2, host="other.example")])
    claim, _ = await claim_all(outbox)
    await outbox.settle(claim, DELIVERED)
    with closing(sqlite3.connect(tmp_path / "beacons.db")) as other:
        for sql in ("DELETE FROM beacons", "UPDATE beacons SET state = 'waiting'"):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(sql)


async def test_a_failed_beacon_is_due_again_after_its_wait(
    outbox: Outbox, clock: ManualClock
) -> None:
    await outbox.owe([a_beacon(1)])
    for tries in (1, 2, 3, 4):
        (claim,) = await claim_all(outbox)
        assert claim.tries == tries
        await outbox.settle(claim, AGAIN)
        clock.advance(2 ** (tries - 1) / 2 - 0.001)
        assert await claim_all(outbox) == []
        clock.advance(2 ** (tries - 1) / 2 + 0.002)
    assert sides(await outbox.ledger()) == {"owed": 1, "pending": 1}


EXPIRED = {
    "never tried": (None, Reason.BEACON_OVERDUE),
    "no connection": (AGAIN, Reason.BEACON_UNREACHABLE),
    "server in trouble": (Verdict("again", Reason.BEACON_FAILED), Reason.BEACON_FAILED),
}


@pytest.mark.parametrize(("verdict", "reason"), EXPIRED.values(), ids=EXPIRED)
async def test_at_its_deadline_a_beacon_expires_for_the_reason_of_its_last_failure(
    outbox: Outbox, clock: ManualClock, verdict: Verdict | None, reason: Reason
) -> None:
    await outbox.owe([a_beacon(1, expire_s=3600)])
    if verdict is not None:
        (claim,) = await claim_all(outbox)
        await outbox.settle(claim, verdict)
    clock.advance(3600)
    assert await claim_all(outbox) == []
    ledger = await outbox.ledger()
    assert sides(ledger) == {"owed": 1, "expired": 1}
    assert ledger.count("expired", reason=reason) == 1


async def test_what_a_dead_process_was_sending_is_not_sent_again(
    outbox: Outbox, tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    """E-03: it may have arrived. A process that is only slow finds its claim settled."""
    await outbox.owe([a_beacon(1)])
    (claim,) = await claim_all(outbox)
    other = await Outbox.open(tmp_path / "beacons.db", clock=clock, metrics=metrics)
    clock.advance(outbox_module.LEASE.total_seconds() - 0.001)
    await claim_all(other)
    assert sides(await other.ledger()) == {"owed": 1, "pending": 1}
    clock.advance(0.001)
    assert await claim_all(other) == []
    ledger = await other.ledger()
    assert ledger.count("expired", reason=Reason.BEACON_OUTCOME_UNKNOWN) == 1
    await outbox.settle(claim, DELIVERED)
    assert sides(await outbox.ledger()) == {"owed": 1, "expired": 1}
    await other.close()


async def test_a_clock_that_leaps_settles_nothing_that_is_on_its_way(
    outbox: Outbox, clock: ManualClock
) -> None:
    """As after a machine slept, or had the time set."""
    await outbox.owe([a_beacon(1)])
    (claim,) = await claim_all(outbox)
    clock.advance(7 * 86_400)
    assert await claim_all(outbox) == []
    await outbox.settle(claim, DELIVERED)
    assert sides(await outbox.ledger()) == {"owed": 1, "delivered": 1}


async def test_who_wants_it_has_the_unknown_sent_again(
    tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    first, second = [
        await Outbox.open(tmp_path / "b.db", clock=clock, metrics=metrics, send_again=True)
        for _ in range(2)
    ]
    await first.owe([a_beacon(1)])
    (claim,) = await claim_all(first)
    clock.advance(31)
    (again,) = await claim_all(second)
    assert again.tries == 2
    await first.settle(claim, DELIVERED)  # of a claim that lapsed: says nothing of the second one
    assert sides(await first.ledger()) == {"owed": 1, "pending": 1}
    await second.settle(again, UNKNOWN)
    clock.advance(2)
    (third,) = await claim_all(first)
    await first.settle(third, DELIVERED)
    assert sides(await first.ledger()) == {"owed": 1, "delivered": 1}
    await first.close()
    await second.close()


async def test_one_ad_tells_one_server_in_order(outbox: Outbox) -> None:
    """E-02: the second is not claimed while the first is on its way, by whomever."""
    events = ["impression", "creativeView", "start", "firstQuartile"]
    await outbox.owe(a_beacon(1, event=event) for event in events)
    await outbox.owe([a_beacon(1, event="start", host="other.example")])
    sent = []
    while claims := await claim_all(outbox):
        assert await claim_all(outbox) == []
        for claim in claims:
            sent.append((claim.host, claim.event))
            await outbox.settle(claim, DELIVERED)
    assert [event for host, event in sent if host == "ads.example"] == events
    assert sent[0][0] != sent[1][0]  # the two servers together


async def test_no_host_gets_more_than_there_is_room_for(outbox: Outbox) -> None:
    hosts = ("a.example", "b.example", "c.example")
    await outbox.owe(a_beacon(n, host=host) for host in hosts for n in range(20))
    room = Room(total=9, per_host=5, left={"b.example": 0, "c.example": 2})
    claims = await outbox.claim(room)
    assert sorted(claim.host for claim in claims) == ["a.example"] * 5 + ["c.example"] * 2
    assert len(await outbox.claim(replace(room, total=3))) == 3


async def test_hosts_take_turns(outbox: Outbox) -> None:
    """One that is always busy does not keep the others waiting."""
    hosts = [f"{name}.example" for name in "abcdef"]
    await outbox.owe(a_beacon(n, host=host) for host in hosts for n in range(20))
    room = Room(total=2, per_host=2, left={})
    served = [claim.host for _ in range(6) for claim in await outbox.claim(room)]
    assert set(served) == set(hosts)


LIMITS = {"beacons": Limits(beacons=3), "bytes": Limits(bytes=3 * 280)}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
async def test_what_is_beyond_the_limit_is_refused_and_counted(
    tmp_path: Path, clock: ManualClock, metrics: Metrics, limits: Limits
) -> None:
    outbox = await Outbox.open(tmp_path / "b.db", clock=clock, metrics=metrics, limits=limits)
    await outbox.owe(a_beacon(number) for number in range(5))
    ledger = await outbox.ledger()
    assert sides(ledger) == {"owed": 5, "pending": 3, "refused": 2}
    assert ledger.count("refused", reason=Reason.BEACON_LIMIT) == 2
    assert b'weft_degradations_total{reason="beacon_limit"} 2.0' in metrics.render()
    await outbox.owe([a_beacon(0)])  # that one is there
    assert sides(await outbox.ledger()) == {"owed": 5, "pending": 3, "refused": 2}
    for claim in await claim_all(outbox):
        await outbox.settle(claim, DELIVERED)
    await outbox.owe([a_beacon(9)])
    assert sides(await outbox.ledger()) == {"owed": 6, "pending": 1, "refused": 2, "delivered": 3}
    await outbox.close()


BAD_URLS = {
    "too long": "https://ads.example/" + "x" * 9000,
    "line break": "https://ads.example/\r\nX: y",
    "half a character": "https://ads.example/\ud800",
}


@pytest.mark.parametrize("url", BAD_URLS.values(), ids=BAD_URLS)
async def test_what_cannot_be_a_url_is_refused_at_once(outbox: Outbox, url: str) -> None:
    await outbox.owe([a_beacon(1, url=url, template=url), a_beacon(2)])
    ledger = await outbox.ledger()
    assert sides(ledger) == {"owed": 2, "pending": 1, "refused": 1}
    assert ledger.count("refused", reason=Reason.BEACON_REFUSED) == 1


STRANGE_URLS = ("", "ftp://ads.example/", "/relative", "https://", "https://u:p@ads.example/x")


@pytest.mark.parametrize("url", STRANGE_URLS)
async def test_a_url_of_any_other_kind_is_left_to_the_guard(outbox: Outbox, url: str) -> None:
    await outbox.owe([a_beacon(1, url=url)])
    (claim,) = await claim_all(outbox)
    assert claim.url == url
    assert "@" not in claim.host


async def test_headers_that_are_too_many_or_cannot_be_sent_are_left_out(outbox: Outbox) -> None:
    kept = ("X-Device-IP", "192.0.2.1")
    headers = (kept, ("X-Device-User-Agent", "a\r\nb"), ("X-Device-Referer", "é"))
    long = ("X-Device-User-Agent", "x" * MAX_HEADER_BYTES)
    many = tuple((f"X-{number}", "") for number in range(99))
    await outbox.owe([a_beacon(1, headers=headers), a_beacon(2, headers=(kept, long))])
    await outbox.owe([a_beacon(3, headers=many)])
    first, second, third = (claim.headers for claim in await claim_all(outbox))
    assert first == second == dict([kept])
    assert len(third) == 8


async def test_a_settled_beacon_keeps_neither_url_nor_headers(
    outbox: Outbox, tmp_path: Path
) -> None:
    """threat 34: no longer than they are needed."""
    await outbox.owe([a_beacon(1, headers=(("X-Device-IP", "192.0.2.1"),))])
    (claim,) = await claim_all(outbox)
    await outbox.settle(claim, DELIVERED)
    with closing(sqlite3.connect(tmp_path / "beacons.db")) as other:
        sql = "SELECT host, url, headers FROM beacons"
        assert other.execute(sql).fetchall() == [("", "", "")]


async def test_rows_go_after_a_while_and_their_counts_stay(
    outbox: Outbox, clock: ManualClock, tmp_path: Path
) -> None:
    await outbox.owe(a_beacon(number, expire_s=10_000_000) for number in range(1203))
    claims = await claim_all(outbox)
    await asyncio.gather(*(outbox.settle(claim, DELIVERED) for claim in claims[:-1]))
    clock.advance(25 * 3600)
    await outbox.tend()
    assert len(states(tmp_path / "beacons.db")) == 1203
    clock.advance(0.001)
    await outbox.tend()
    assert len(states(tmp_path / "beacons.db")) == 1  # what is pending never goes
    assert sides(await outbox.ledger()) == {"owed": 1203, "delivered": 1202, "pending": 1}


async def test_a_disk_that_is_almost_full_takes_outcomes_and_no_new_beacons(
    tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    """failures.md, row 33."""
    free = [outbox_module.RESERVE_BYTES + 1]
    outbox = await Outbox.open(
        tmp_path / "b.db", clock=clock, metrics=metrics, free_bytes=lambda: free[0]
    )
    await outbox.owe([a_beacon(1)])
    free[0] -= 1
    clock.advance(1)
    await outbox.owe([a_beacon(2), a_beacon(3)])
    (claim,) = await claim_all(outbox)
    await outbox.settle(claim, DELIVERED)
    ledger = await outbox.ledger()
    assert sides(ledger) == {"owed": 3, "delivered": 1, "refused": 2}
    assert ledger.count("refused", reason=Reason.BEACON_NOT_STORED) == 2
    await outbox.close()


async def test_a_file_that_takes_nothing_is_counted_in_memory_until_it_does(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """failures.md, row 33: nothing is raised, and nothing is claimed as saved that is not."""
    await outbox.owe([a_beacon(1)])

    def full(connection: sqlite3.Connection, rows: object, limits: object) -> object:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(outbox_module.rows, "insert", full)
        await outbox.owe([a_beacon(2), a_beacon(3, event="start")])
        ledger = await outbox.ledger()
        assert sides(ledger) == {"owed": 3, "pending": 1, "refused": 2}
        assert ledger.count("refused", event="start", reason=Reason.BEACON_NOT_STORED) == 1
        assert sides(read_ledger(tmp_path / "beacons.db")) == {"owed": 1, "pending": 1}
    await outbox.tend()
    assert sides(read_ledger(tmp_path / "beacons.db")) == sides(ledger)
    assert await outbox.ledger() == ledger
    await outbox.tend()
    assert await outbox.ledger() == ledger


async def test_a_viewer_that_leaves_meanwhile_leaves_nothing_uncounted(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(connection: sqlite3.Connection, rows: object, limits: object) -> object:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(outbox_module.rows, "insert", full)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(outbox.owe, [a_beacon(1)])
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert sides(await outbox.ledger()) == {"owed": 1, "refused": 1}


async def test_after_it_was_closed_beacons_are_refused_and_the_rest_raises(
    tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    outbox = await Outbox.open(tmp_path / "b.db", clock=clock, metrics=metrics)
    await outbox.close()
    await outbox.close()
    await outbox.owe([a_beacon(1)])
    for call in (outbox.claim(ROOM), outbox.ledger()):
        with pytest.raises(StoreError):
            await call


async def test_what_cannot_be_opened_says_so(
    tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    (tmp_path / "text").write_text("this is not a database, and longer than its header is " * 9)
    for path in (tmp_path / "text", tmp_path / "no" / "folder"):
        with pytest.raises(StoreError):
            await Outbox.open(path, clock=clock, metrics=metrics)
    with pytest.raises(StoreError):
        read_ledger(tmp_path / "text")


async def test_a_file_of_a_later_release_is_left_alone(
    tmp_path: Path, clock: ManualClock, metrics: Metrics
) -> None:
    path = tmp_path / "b.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="99"):
        await Outbox.open(path, clock=clock, metrics=metrics)
    with pytest.raises(StoreError, match="99"):
        read_ledger(path)


async def test_the_oldest_that_waits_is_told(outbox: Outbox, clock: ManualClock) -> None:
    assert (await outbox.ledger()).oldest_owed_at is None
    later = START + timedelta(seconds=5)
    await outbox.owe([a_beacon(2, owed_at=later), a_beacon(1)])
    assert (await outbox.ledger()).oldest_owed_at == START
