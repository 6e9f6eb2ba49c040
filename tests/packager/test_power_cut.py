"""What is claimed to be saved outlives a power cut (failures.md, row 33).

A power cut is played by rule: of a file there is what was synced, of a folder the names that it had
when it was synced, and nothing else. SQLite's own syncs are watched from outside, and its log is
cut at every length that it may have had.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from media_for_bench import make_clip

from manifests.creative import Creative
from packager.beacons import Beacon, Outbox, read_ledger
from packager.clock import ManualClock
from packager.metrics import Metrics
from packager.packaging.ladder import AudioSpec, Ladder, Rung, VideoSpec
from packager.packaging.library import MediaLibrary
from packager.stores.sqlite_file import open_file
from packager.tokens import load_secrets

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def clip() -> bytes:
    return make_clip(3, shade=40)


Names = dict[str, tuple[int, bool]]  # inode, and whether it is a folder


class Disk:
    """What a power cut would leave at this moment, by what Python code has had synced."""

    def __init__(self) -> None:
        self.bytes: dict[int, bytes] = {}  # by inode, of files
        self.names: dict[int, Names] = {}  # by inode, of folders
        self.moments: list[tuple[dict[int, bytes], dict[int, Names]]] = []

    def note(self, descriptor: int) -> None:
        facts = os.fstat(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            with os.scandir(descriptor) as entries:
                self.names[facts.st_ino] = {
                    one.name: (one.inode(), one.is_dir(follow_symlinks=False)) for one in entries
                }
        else:
            self.bytes[facts.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()
        self.moments.append((dict(self.bytes), dict(self.names)))

    def leave(self, folder: Path, to: Path, moment: int = -1) -> Path:
        """Write what would be left of a folder to another one."""
        contents, names = self.moments[moment]

        def write(inode: int, path: Path) -> None:
            path.mkdir()
            for name, (child, is_folder) in names.get(inode, {}).items():
                if is_folder:
                    write(child, path / name)
                else:
                    (path / name).write_bytes(contents.get(child, b""))

        write(folder.stat().st_ino, to)
        return to


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    if not sys.platform.startswith("linux"):
        pytest.skip("needs /proc to read what is synced")
    found, really = Disk(), os.fsync

    def fsync(descriptor: int) -> None:
        really(descriptor)
        found.note(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return found


VIDEO = Rung(
    kind="video",
    container="cmaf",
    segment_s=Fraction(1),
    frame_grid=Fraction(25),
    video=VideoSpec(width=64, height=36, frame_rate=Fraction(25), bitrate=400_000),
)
AUDIO = Rung(
    kind="audio",
    container="cmaf",
    segment_s=Fraction(1),
    frame_grid=Fraction(25),
    audio=AudioSpec(sample_rate=48_000, channels=1, bitrate=64_000),
)
LADDER = Ladder((VIDEO, AUDIO))


def files_of(library: MediaLibrary, creative: Creative) -> dict[str, bytes]:
    """Every file that a player may ask for."""
    found = {}
    for rendition in creative.renditions.values():
        for uri in (rendition.init_uri, *(segment.uri for segment in rendition.segments)):
            assert uri is not None
            _, _, digest, name = uri.split("/")
            file = library.file(digest, name)
            assert file is not None, f"{name} is gone"
            found[uri] = file.path.read_bytes()
    return found


async def test_packaged_media_outlive_a_power_cut_at_any_moment(
    disk: Disk, tmp_path: Path, clip: bytes
) -> None:
    """Whole or not at all: they are immutable, and caches would keep what is not whole."""
    folder = tmp_path / "media"
    library = MediaLibrary(folder)
    slate = await library.condition(clip, LADDER, kind="slate")
    kept = len(disk.moments) - 1
    (piece,) = await library.cut(slate, Fraction(3, 2))
    whole = {one.id: files_of(library, one) for one in (slate, piece)}
    known = []
    for moment in range(len(disk.moments)):
        after = MediaLibrary(disk.leave(folder, tmp_path / f"after{moment}", moment))
        found = [one for id in whole if (one := after.get(id)) is not None]
        assert all(files_of(after, one) == whole[one.id] for one in found)
        known.append(len(found))
        if moment == kept:
            assert found == [slate]
            (again,) = await after.cut(slate, Fraction(3, 2))  # its source is there, too
            assert files_of(after, again) == whole[piece.id]
        await after.aclose()
    assert known == sorted(known)
    assert (known[0], known[-1]) == (0, 2)
    await library.aclose()


def empty_all(folder: Path) -> None:
    for path in (*folder.glob("renditions/*/*"), *folder.glob("assets/*")):
        path.write_bytes(b"")


async def test_a_damaged_rendition_is_made_anew(tmp_path: Path, clip: bytes) -> None:
    """As an earlier release could leave one."""
    library = MediaLibrary(tmp_path)
    creative = await library.condition(clip, LADDER)
    whole = files_of(library, creative)
    await library.aclose()
    empty_all(tmp_path)
    again = MediaLibrary(tmp_path)
    assert again.get(creative.id) is None
    assert files_of(again, await again.condition(clip, LADDER)) == whole
    await again.aclose()


def test_the_key_that_signs_sessions_outlives_a_power_cut(disk: Disk, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    secrets = load_secrets(folder)
    after = disk.leave(folder, tmp_path / "after")
    assert load_secrets(after) == secrets


def test_the_name_of_a_database_outlives_a_power_cut(disk: Disk, tmp_path: Path) -> None:
    """SQLite syncs what is in the file; who made it has to sync its name."""
    open_file(tmp_path / "weft.db", ()).close()
    assert "weft.db" in disk.names[tmp_path.stat().st_ino]


def a_beacon(number: int) -> Beacon:
    return Beacon(
        session="s",
        break_id="b",
        ad=number,
        event="impression",
        template="https://a.test/",
        url="https://a.test/",
        owed_at=AT,
        expires_at=AT.replace(day=23),
    )


async def test_beacons_that_were_taken_on_are_in_the_log_however_short_it_is(
    tmp_path: Path,
) -> None:
    """What was synced when `owe` returned is enough; what came later may be there in part."""
    path, log = tmp_path / "beacons.db", tmp_path / "beacons.db-wal"
    outbox = await Outbox.open(path, clock=ManualClock(AT), metrics=Metrics())
    marks = [log.stat().st_size]
    for number in range(4):
        await outbox.owe([a_beacon(number)])
        marks.append(log.stat().st_size)
    written, database = log.read_bytes(), path.read_bytes()
    cuts = {*range(marks[0], marks[-1] + 1, 1499), *marks, *(mark - 1 for mark in marks[1:])}
    for cut in sorted(cuts):
        taken_on = sum(1 for mark in marks[1:] if mark <= cut)
        for tail in (b"", bytes(5000), written[:5000]):
            after = tmp_path / "after.db"
            after.write_bytes(database)
            after.with_name("after.db-wal").write_bytes(written[:cut] + tail)
            ledger = read_ledger(after)
            assert ledger.balances
            assert ledger.count("pending") == taken_on
            for left in ("after.db", "after.db-wal", "after.db-shm"):
                tmp_path.joinpath(left).unlink(missing_ok=True)
    await outbox.close()


WATCHED = {
    "beacon": """
        from packager.beacons import Outbox
        from test_power_cut import AT, a_beacon
        from packager.clock import ManualClock
        from packager.metrics import Metrics
        outbox = await Outbox.open(path, clock=ManualClock(AT), metrics=Metrics())
        for number in range(3):
            await outbox.owe([a_beacon(number)])
            os.write(1, b"claimed")
    """,
    "session": """
        from packager.stores.sqlite import SqliteStore
        from packager.parameters import Parameters
        from packager.stores.records import SessionRecord
        from packager.tokens import new_sid
        store = await SqliteStore.open(path)
        for number in range(3):
            record = SessionRecord(sid=new_sid(), tenant="t", show="s", asset="a", created_at=1,
                                   expires_at=9, idle_s=9, parameters=Parameters())
            await store.create_session(record, 9)
            os.write(1, b"claimed")
    """,
}


@pytest.mark.parametrize("what", WATCHED)
def test_the_log_is_synced_before_anything_is_claimed(what: str, tmp_path: Path) -> None:
    """Seen in the system calls: no write to the log is younger than its last sync."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace to watch system calls")
    script = "import asyncio, os, pathlib\nasync def main(path):" + WATCHED[what]
    script += f"\nasyncio.run(main(pathlib.Path({str(tmp_path / 'it.db')!r})))"
    trace = tmp_path / "trace"
    calls = "trace=write,pwrite64,fsync,fdatasync"
    watched = [strace, "-f", "-y", "-s", "16", "-e", calls, "-o", str(trace), sys.executable]
    path = os.pathsep.join((str(ROOT), str(Path(__file__).parent)))
    done = subprocess.run(
        [*watched, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    if b"ptrace" in done.stderr:
        pytest.skip("this machine does not let processes be watched")
    assert done.returncode == 0, done.stderr
    unsynced, claims, syncs = False, 0, 0
    for line in trace.read_text().splitlines():
        if "it.db-wal>" in line and "write" in line:
            unsynced = True
        elif "it.db-wal>" in line and "sync(" in line:
            unsynced, syncs = False, syncs + 1
        elif 'claimed"' in line:
            assert not unsynced
            claims += 1
    assert claims == 3
    assert syncs >= claims
