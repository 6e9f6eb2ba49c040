"""A disk that is really full (failures.md, row 33): a small one, filled to its last byte.

Manifests go on; what is not saved is told to nobody as saved, and is counted; when there is room
again everything goes on where it was.
"""

import asyncio
import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from app_bench import Bench
from media_for_bench import make_clip

from packager.beacons import Beacon, Outbox, read_ledger
from packager.beacons.rows import Room
from packager.beacons.verdicts import DELIVERED
from packager.clock import ManualClock
from packager.metrics import Metrics
from packager.packaging.errors import MediaWriteFailed
from packager.packaging.ladder import Ladder
from packager.packaging.library import MediaLibrary
from packager.parameters import Parameters
from packager.reasons import Reason
from packager.stores import StoreError
from packager.stores.records import Decision, SessionRecord
from packager.stores.sqlite import SqliteStore
from packager.tokens import new_sid

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOM = Room(total=10_000, per_host=10_000, left={})
LIVE = "/v1/master/default/live/index.m3u8"
PLENTY = 1 << 40  # bytes: for who looks at the disk before writing, and must not notice here


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class SmallDisk:
    """A file system of a few MiB."""

    path: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free, for a while."""
        ballast = self.path / "ballast"
        with ballast.open("wb", buffering=0) as file:
            with suppress(OSError):
                while True:
                    file.write(bytes(4096))
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                file.write(b"x")
        try:
            yield
        finally:
            ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    path = tmp_path / "disk"
    path.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or mount is None or unmount is None:
        pytest.skip("only root can have a small file system")
    command = [mount, "-t", "tmpfs", "-o", "size=8m", "weft-test", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system can be had: {done.stderr.decode().strip()}")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run([unmount, "-l", str(path)], check=True)


def a_beacon(number: int) -> Beacon:
    url = f"https://a.test/{'x' * 500}"
    return Beacon(
        session="s",
        break_id="b",
        ad=number,
        event="impression",
        template=url,
        url=url,
        owed_at=AT,
        expires_at=AT.replace(day=23),
    )


async def test_beacons_that_a_full_disk_does_not_take_are_refused_and_counted(
    disk: SmallDisk,
) -> None:
    """The ledger balances at every moment; the file never says more than is so."""
    path, metrics = disk.path / "beacons.db", Metrics()
    clock = ManualClock(AT)
    outbox = await Outbox.open(path, clock=clock, metrics=metrics, free_bytes=lambda: PLENTY)
    await outbox.owe([a_beacon(n) for n in range(10)])
    with disk.full():
        for first in range(10, 30, 2):
            await outbox.owe([a_beacon(first), a_beacon(first + 1)])
        ledger = await outbox.ledger()
        assert ledger.balances
        assert (ledger.count("owed"), ledger.count("pending")) == (30, 10)
        assert ledger.count("refused", reason=Reason.BEACON_NOT_STORED) == 20
        saved = read_ledger(path)
        assert saved.balances
        assert saved.count("pending") == 10
        with pytest.raises(StoreError):
            await outbox.claim(ROOM)  # unmarked, it could be sent twice
    claims = await outbox.claim(ROOM)
    assert len(claims) == 10
    with disk.full(), pytest.raises(StoreError):
        await outbox.settle(claims[0], DELIVERED)
    await asyncio.gather(*(outbox.settle(one, DELIVERED) for one in claims))
    await outbox.owe([a_beacon(10)])
    await outbox.tend()
    saved = read_ledger(path)
    assert saved == await outbox.ledger()
    assert saved.balances
    sides = [saved.count(side) for side in ("owed", "delivered", "refused", "pending")]
    assert sides == [31, 10, 20, 1]
    await outbox.close()


async def test_on_a_disk_without_reserve_no_beacon_is_taken_on_and_all_are_counted(
    disk: SmallDisk,
) -> None:
    """The disk itself says how much is free, and it is less than outcomes may need."""
    path = disk.path / "beacons.db"
    outbox = await Outbox.open(path, clock=ManualClock(AT), metrics=Metrics())
    await outbox.owe([a_beacon(1), a_beacon(2)])
    saved = read_ledger(path)
    assert saved.balances
    assert saved.count("refused", reason=Reason.BEACON_NOT_STORED) == 2
    await outbox.close()


def a_decision(number: int) -> Decision:
    return Decision(break_id=f"b{number}", out_at=1, in_at=2, outcome="content", reason="ad_empty")


async def test_decisions_that_were_returned_are_there_and_others_are_not(disk: SmallDisk) -> None:
    path = disk.path / "weft.db"
    store = await SqliteStore.open(path)
    record = SessionRecord(
        sid=new_sid(), tenant="t", show="s", asset="a", created_at=1, expires_at=9, idle_s=9,
        parameters=Parameters(),
    )  # fmt: skip
    await store.create_session(record, 9)
    returned = {
        (await store.settle(record.sid, a_decision(n), bytes(3000))).break_id for n in (1, 2)
    }
    with disk.full():
        for number in range(3, 9):
            with suppress(StoreError):
                standing = await store.settle(record.sid, a_decision(number), bytes(30_000))
                returned.add(standing.break_id)
        assert "b8" not in returned
        found = await store.load_session(record.sid)
        assert found is not None
        assert {one.break_id for one in found.decisions} == returned
        beside = await SqliteStore.open(path)  # as a process that starts meanwhile
        assert await beside.load_session(record.sid) == found
        await beside.close()
    assert await store.settle(record.sid, a_decision(9)) == a_decision(9)
    await store.close()
    again = await SqliteStore.open(path)
    found = await again.load_session(record.sid)
    assert found is not None
    assert {one.break_id for one in found.decisions} == {*returned, "b9"}
    await again.close()


async def test_media_that_do_not_fit_are_not_there_at_all(
    disk: SmallDisk, tiny_media: object
) -> None:
    """No rendition in part; nothing is left in the way, and the next try may do."""
    ladder: Ladder = tiny_media.ladder  # type: ignore[attr-defined]
    library = MediaLibrary(disk.path / "media")
    clip = make_clip(2, shade=90)
    with disk.full():
        with pytest.raises(MediaWriteFailed):
            await library.condition(clip, ladder)
        names = ("renditions", "assets", "work")
        assert [list((disk.path / "media" / name).iterdir()) for name in names] == [[], [], []]
    creative = await library.condition(clip, ladder)
    assert library.get(creative.id) is creative
    await library.aclose()


async def test_manifests_go_on_while_the_disk_is_full(
    disk: SmallDisk, make_bench: Callable[..., Bench]
) -> None:
    """Sessions that are there play the content through breaks; those that come later wait."""
    bench = make_bench("disk/weft")
    bench.use_sqlite()
    bench.world.cues = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await player.poll()
        ends = []
        with disk.full():
            for _ in range(7):
                bench.clock.advance(2)
                listed = await player.poll()
                ends.append(listed.sequence + len(listed.kinds))
            got = await running.get(LIVE)
            assert (got.status_code, got.json()) == (503, {"error": "store_failed"})
        # A break that cannot be decided holds the playlist back once, by less than a segment.
        assert sorted(ends) == ends
        assert all(end - number - ends[0] in (-1, 0) for number, end in enumerate(ends))
        assert ends[-1] == ends[0] + 6
        assert {"52", "53"} <= set(listed.kinds)
        assert running.count(Reason.STORE_FAILED) >= 1
        assert not running.count(Reason.INTERNAL_ERROR)
        for _ in range(3):
            bench.clock.advance(2)
            await player.poll()  # what was published stays; the player checks
        await running.player().open(LIVE)
