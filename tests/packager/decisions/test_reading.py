import asyncio
import os
import threading
from pathlib import Path

import pytest

from packager.decisions import reading
from packager.decisions.ads import Vast
from packager.decisions.reading import VastReader
from packager.decisions.vast import VastError

STATM = Path("/proc/self/statm")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_document_is_read_off_the_loop_and_its_errors_arrive() -> None:
    reader = VastReader()
    assert await reader.read(b'<VAST version="4.2"/>') == Vast(version="4.2")
    with pytest.raises(VastError):
        await reader.read(b"<html/>")


async def test_a_thread_that_has_read_enough_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def read(body: bytes) -> Vast:
        threads.append(threading.current_thread())
        return Vast(version=body.decode())

    monkeypatch.setattr(reading, "RETIRE_BYTES", 3)
    monkeypatch.setattr(reading, "read_vast", read)
    reader = VastReader()
    answers = await asyncio.gather(*(reader.read(body) for body in (b"aa", b"bb", b"cc", b"dd")))
    assert [answer.version for answer in answers] == ["aa", "bb", "cc", "dd"]
    assert threading.main_thread() not in threads
    assert len(set(threads)) == 2


@pytest.mark.skipif(not STATM.exists(), reason="resident memory is read from /proc")
async def test_names_that_an_ad_server_invents_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def resident_mib() -> float:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)

    monkeypatch.setattr(reading, "RETIRE_BYTES", 1 << 20)
    reader = VastReader()
    before = resident_mib()
    for document in range(25):
        names = " ".join(f'z{document}_{n}=""' for n in range(50_000))
        await reader.read(f"<VAST {names}/>".encode())
    assert resident_mib() - before < 30  # about 10; 60 where one thread reads them all
