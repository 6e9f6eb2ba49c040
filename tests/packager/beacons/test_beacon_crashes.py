"""Kills under load: nothing that the ledger accepted is lost, and nothing is sent twice (P6, E-03).

A process owes and sends; it is killed with SIGKILL at a moment drawn by lot, and the next one goes
on with its file. In the end everything that was accepted must be accounted for, and the sink must
agree with the account.
"""

import asyncio
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from beacon_bench import OK, Got, Sink, a_beacon, states

from packager.beacons import read_ledger
from packager.reasons import Reason

HERE = Path(__file__).parent
MANY = 1_000_000
STEP = 100_000  # numbers of one victim
UNKNOWN = f"expired {Reason.BEACON_OUTCOME_UNKNOWN}"


class Killer:
    """Runs victims on one file and one sink."""

    def __init__(self, file: Path, sink: Sink, *more: str) -> None:
        self.file = file
        self.sink = sink
        self.more = more
        self.accepted: set[int] = set()
        self.victims = 0

    async def start(self, beacons: int) -> asyncio.subprocess.Process:
        numbers = (self.victims * STEP, beacons, 31 * self.victims)
        self.victims += 1
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *(HERE / "beacon_victim.py", self.file, str(self.sink.port), *map(str, numbers)),
            *self.more,
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": f"{HERE}:{HERE.parents[2]}"},
        )

    async def kill_one(self, draw: random.Random) -> None:
        """Let one begin, and kill it a while after its first beacon was sent."""
        before = len(self.sink.got)
        victim = await self.start(MANY)
        reading = asyncio.create_task(self._read(victim))
        await self.sink.until(before + 1)
        await asyncio.sleep(draw.uniform(0, 0.15))
        victim.kill()
        await victim.wait()
        await reading

    async def let_one_finish(self) -> None:
        victim = await self.start(0)
        await asyncio.wait_for(asyncio.gather(self._read(victim), victim.wait()), 120)
        assert victim.returncode == 0

    async def _read(self, victim: asyncio.subprocess.Process) -> None:
        assert victim.stdout is not None
        data = await victim.stdout.read()
        # What stands before the last line's end was written as a whole.
        self.accepted.update(map(int, data.decode().rpartition("\n")[0].split()))


def key_of(number: int) -> str:
    return a_beacon(number, template=f"/{number}").key.hex()


async def killed(kills: int, killer: Killer, sink: Sink) -> dict[str, str]:
    """Kill so many, let the last one finish; return the state of every row by key."""
    draw = random.Random(kills)

    async def soon(got: Got) -> bytes:
        await asyncio.sleep(0.004)  # so that every kill finds some on their way
        return OK

    sink.answer = soon
    for _ in range(kills):
        await killer.kill_one(draw)
    await killer.let_one_finish()
    rows = states(killer.file)
    ledger = read_ledger(killer.file)
    assert ledger.balances
    assert ledger.count("pending") == 0
    # The counts are those of the rows, though both were kept through all kills.
    assert ledger.count("owed") == len(rows)
    assert ledger.count("delivered") == sum(state == "delivered" for state in rows.values())
    assert ledger.count("expired") == sum(state == UNKNOWN for state in rows.values())
    with closing(sqlite3.connect(killer.file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT beacons, bytes FROM pending").fetchone() == (0, 0)
    # Nothing that was accepted is lost.
    assert {key_of(number) for number in killer.accepted} <= rows.keys()
    assert len(killer.accepted) > 10 * kills
    return rows


KILLS = (pytest.param(10, id="10 kills"), pytest.param(100, id="100 kills", marks=pytest.mark.long))


@pytest.mark.parametrize("kills", KILLS)
async def test_kills_lose_nothing_and_send_nothing_twice(
    kills: int, tmp_path: Path, sink: Sink
) -> None:
    killer = Killer(tmp_path / "beacons.db", sink)
    rows = await killed(kills, killer, sink)
    assert max(sink.keys.values()) == 1
    delivered = {key for key, state in rows.items() if state == "delivered"}
    unknown = {key for key, state in rows.items() if state == UNKNOWN}
    assert delivered | unknown == rows.keys()
    # What is called delivered was; of what was on its way when a victim died, some was.
    assert delivered <= sink.keys.keys() <= delivered | unknown
    assert 0 < len(unknown) <= 16 * kills


async def test_who_wants_it_has_everything_delivered_at_the_price_of_some_twice(
    tmp_path: Path, sink: Sink
) -> None:
    killer = Killer(tmp_path / "beacons.db", sink, "send_again")
    rows = await killed(5, killer, sink)
    assert set(rows.values()) == {"delivered"}
    assert sink.keys.keys() == rows.keys()
    assert max(sink.keys.values()) > 1  # under the same key, so that the sink can tell
