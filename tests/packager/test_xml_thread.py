"""Threads for XML: strangers' names do not stay, and trees can be used while others are read."""

import asyncio
import subprocess
import sys
import threading
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from packager.decisions.ads import Vast
from packager.decisions.vast import VastError, read_vast
from packager.xml_thread import XmlThread

STATM = Path("/proc/self/statm")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def read_tree(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(body, parser)


async def test_a_document_is_read_off_the_loop_and_its_errors_arrive() -> None:
    xml = XmlThread("vast")
    assert await xml.run(read_vast, b'<VAST version="4.2"/>') == Vast(version="4.2")
    with pytest.raises(VastError):
        await xml.run(read_vast, b"<html/>")
    assert await xml.run(read_vast, b"<VAST/>") == Vast(version="")


LIVES = {"of their own": (0, 4), "until they have read enough": (3, 2), "for all": (99, 1)}


@pytest.mark.parametrize(("retire_bytes", "count"), LIVES.values(), ids=LIVES)
async def test_documents_have_threads(retire_bytes: int, count: int) -> None:
    threads = []

    def read(body: bytes) -> str:
        threads.append(threading.current_thread())
        return body.decode()

    xml = XmlThread("test", retire_bytes=retire_bytes)
    bodies = (b"aa", b"bb", b"cc", b"dd")
    answers = await asyncio.gather(*(xml.run(read, body) for body in bodies))
    assert answers == ["aa", "bb", "cc", "dd"]
    assert threading.main_thread() not in threads
    assert len(set(threads)) == count


async def test_who_stops_waiting_does_not_bring_two_readings_together() -> None:
    """Failure: many cancelled readings of a slow document, each in a thread."""
    at_once = threading.Lock()
    entered, leave = threading.Event(), threading.Event()

    def slow(body: bytes) -> bytes:
        assert at_once.acquire(blocking=False)
        entered.set()
        leave.wait(10)
        at_once.release()
        return body

    xml = XmlThread("test")
    first = asyncio.ensure_future(xml.run(slow, b"1"))
    assert await asyncio.to_thread(entered.wait, 10)
    first.cancel()
    second = asyncio.ensure_future(xml.run(slow, b"2"))
    await asyncio.wait([second], timeout=0.05)
    assert not second.done()
    leave.set()
    assert await second == b"2"


GROWTH = """
import asyncio, os
from pathlib import Path
from packager.decisions.vast import read_vast
from packager.xml_thread import XmlThread

def resident_mib():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / (1 << 20)

async def main():
    xml = XmlThread("vast", retire_bytes=1 << 20)
    await xml.run(read_vast, b"<VAST/>")
    before = resident_mib()
    for document in range(25):
        names = " ".join(f'z{document}_{n}=""' for n in range(50_000))
        await xml.run(read_vast, f"<VAST {names}/>".encode())
    print(resident_mib() - before)

asyncio.run(main())
"""


@pytest.mark.skipif(not STATM.exists(), reason="resident memory is read from /proc")
def test_names_that_a_server_invents_do_not_fill_the_memory() -> None:
    """In a process of its own, whose memory nobody else moves."""
    done = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 30  # MiB: about 10; 60 where one thread reads them all


async def test_a_tree_outlives_its_thread() -> None:
    """It is looked into, copied, changed as a copy and written by another thread."""
    xml = XmlThread("outlived")
    body = b"<a xmlns:n='urn:n'><!-- c --><b k='v' n:k='w'>text of b</b><?p i?><n:c/>tail</a>"
    tree = await xml.run(read_tree, body)
    (reader,) = (thread for thread in threading.enumerate() if thread.name.startswith("outlived_"))
    await xml.run(len, b"another document")
    assert not reader.is_alive()
    assert [child.get("k") for child in tree.iter("b")] == ["v"]
    assert tree.find("{urn:n}c").tail == "tail"
    copied = deepcopy(tree)
    copied.find("b").set("new", "1")
    etree.SubElement(copied, "{urn:n}more").text = "x"
    copied[0].getparent().append(deepcopy(tree[1]))
    assert etree.tostring(copied).count(b"text of b") == 2
    assert etree.tostring(tree) == etree.tostring(read_tree(body))
    del tree
    assert copied.find("{urn:n}more").text == "x"


_USE = """
import asyncio, sys
from copy import deepcopy
from lxml import etree
from packager.xml_thread import XmlThread

def read(body):
    return etree.fromstring(body, etree.XMLParser(huge_tree=False))

names = [f"c{n}" for n in range(60)]
kept = "<a>" + "".join(f"<{name} k='1'/>" for name in names) + "</a>"

async def main():
    xml = XmlThread("mpd", retire_bytes=int(sys.argv[1]))
    for document in range(12):
        tree = await xml.run(read, kept.encode())
        others = "".join(f"<q{document}x{n}/>" for n in range(60_000))
        reading = asyncio.ensure_future(xml.run(read, f"<r>{others}</r>".encode()))
        while not reading.done():
            for name in names:
                assert len(list(tree.iter(name))) == 1, name
            assert len(deepcopy(tree)) == 60
            assert etree.tostring(tree).count(b"k=") == 60
            await asyncio.sleep(0)
        del tree  # is freed while
        await xml.run(read, b"<a/>")

asyncio.run(main())
"""


def test_trees_are_used_while_other_documents_are_read() -> None:
    """With one thread for all, which is to say one dictionary, this ends in a crash."""
    done = subprocess.run(
        [sys.executable, "-c", _USE, "0"], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
