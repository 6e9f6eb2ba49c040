"""An origin with a live channel in HLS and DASH, and Weft as ``weft serve`` runs it, on loopback.

Each is a process of its own, so that neither has its figures from the other's work.
"""

import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import uvloop
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from loadtests.ads.process import END_S, ROOT
from packager.clock import SystemClock
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import Dialect, OriginSettings
from packager.server import listener, serve_until_stopped

BREAK_EVERY_S, BREAK_S = 20, 10
START_S = 60.0  # that starting may take

_CONFIG = """\
listen: {{address: 127.0.0.1, port: {port}}}
admin: {{address: 127.0.0.1, port: {admin_port}}}
media: {{folder: "{folder}", workers: 1}}
outbound: {{allow: [127.0.0.0/8]}}
log: {{level: error}}
{shows}"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where Weft listens."""

    url: str
    admin_url: str


@contextmanager
def origin_process(media: DemoMedia) -> Iterator[str]:
    """Run the channel and the ads' films in a process of their own; give its URL."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve_origin, args=(media, port), daemon=True
    )
    process.start()
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/time")
        yield url
    finally:
        process.terminate()
        process.join(END_S)


def _serve_origin(media: DemoMedia, port: int) -> None:
    settings = OriginSettings(
        epoch=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1),
        window_s=24,
        break_every_s=BREAK_EVERY_S,
        break_at_s=BREAK_EVERY_S,
        break_s=BREAK_S,
        dialect=Dialect.CUE,
    )
    origin = create_demo_origin(media, SystemClock(), settings)
    app = Starlette(routes=[Mount("/media", StaticFiles(directory=media.folder)), *origin.routes])
    uvloop.run(serve_until_stopped(listener(app, "127.0.0.1", port)))


@contextmanager
def weft_process(folder: Path, shows: str) -> Iterator[Server]:
    """Run ``weft serve``; give where it listens, when it does.

    Args:
        folder: For its configuration, and for its media (`media`) from run to run.
        shows: What its configuration has beside what every benchmark's has, in YAML.
    """
    port, admin_port = free_port(), free_port()
    config = folder / "weft.yaml"
    config.write_text(
        _CONFIG.format(
            port=port,
            admin_port=admin_port,
            folder=folder / "media",
            shows=shows,
        )
    )
    command = [sys.executable, "-m", "packager", "serve", "--config", str(config)]
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        )
        stack.callback(process.wait, END_S)
        stack.callback(process.terminate)
        server = Server(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}")
        wait_for(f"{server.admin_url}/readyz")
        yield server


def free_port() -> int:
    """A port of loopback at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Wait until a server answers.

    Raises:
        RuntimeError: It does not in `START_S`.
    """
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            if httpx2.get(url).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers at {url}")
