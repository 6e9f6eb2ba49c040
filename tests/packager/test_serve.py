"""`weft serve` as operators run it: a process, a port, signals (row 26)."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import httpx2
import pytest
from app_bench import WINDOW
from click.testing import CliRunner

from packager.cli import main
from packager.config.file import load
from packager.config.values import Config
from packager.server import AddressInUse, WorkerEnded, _worker, check_free, run
from packager.stores import StoreError

SEGMENTS = 10
SOON_S = 60.0  # processes start and end by then, on however busy a machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class OriginHandler(BaseHTTPRequestHandler):
    """A live playlist that stands still; its media are never asked for."""

    protocol_version = "HTTP/1.1"
    asked = threading.Event()
    delay_s = 0.0

    def do_GET(self) -> None:
        self.asked.set()
        time.sleep(self.delay_s)
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", f"#EXT-X-MEDIA-SEQUENCE:{SEGMENTS}"]
        for number in range(WINDOW):
            lines += ["#EXTINF:2,", f"{number}.ts"]
        body = "\n".join([*lines, ""]).encode()
        if self.path.endswith("index.m3u8"):
            body = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo.m3u8\n"
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OriginHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def get(url: str) -> httpx2.Response:
    return httpx2.get(url, timeout=SOON_S)


def answers(url: str) -> bool:
    with suppress(httpx2.TransportError):
        return get(url).status_code == 200
    return False


class Served:
    """A `weft serve` process."""

    def __init__(self, config: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "packager", "serve", "--config", str(config), *options],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def wait_until(self, url: str) -> None:
        give_up_at = time.monotonic() + SOON_S
        while not answers(url):
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < give_up_at, "it does not answer"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        _, text = self.process.communicate(timeout=SOON_S)
        return self.process.returncode, text


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(config: Path, *options: str) -> Served:
        running.append(Served(config, *options))
        return running[-1]

    yield start
    for served in running:
        if served.process.poll() is None:
            served.process.kill()
            served.process.communicate()


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def config(tmp_path: Path, origin: str, ports: tuple[int, int]) -> Path:
    path = tmp_path / "weft.yaml"
    path.write_text(
        f"listen: {{port: {ports[0]}}}\n"
        f"admin: {{port: {ports[1]}}}\n"
        "store: sqlite:///weft.db\n"
        "media: {folder: media}\n"
        "outbound: {allow: [127.0.0.0/8]}\n"
        "shows:\n"
        f'  news: {{origin: "{origin}"}}\n'
    )
    return path


def test_a_server_serves_a_session_and_ends_well(
    serve: Callable[..., Served], config: Path, ports: tuple[int, int]
) -> None:
    served = serve(config)
    base, admin = (f"http://127.0.0.1:{port}" for port in ports)
    served.wait_until(f"{admin}/readyz")
    assert get(f"{admin}/healthz").json() == {"status": "ok"}
    master = get(f"{base}/v1/master/default/news/index.m3u8")
    assert master.status_code == 200, master.text
    uri = next(line for line in master.text.splitlines() if line.startswith("/v1"))
    media = get(base + uri)
    assert media.status_code == 200
    assert f"#EXT-X-MEDIA-SEQUENCE:{SEGMENTS}\n" in media.text
    head = httpx2.head(base + uri)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(media.content))
    assert "weft_manifests_total" in get(f"{admin}/metrics").text
    code, text = served.stop()
    assert code == 0, text
    assert "Traceback" not in text
    assert "http://127.0.0.1" in text


def test_an_answer_that_has_begun_is_finished_before_the_end(
    serve: Callable[..., Served],
    config: Path,
    ports: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(OriginHandler, "asked", threading.Event())
    monkeypatch.setattr(OriginHandler, "delay_s", 0.5)
    served = serve(config)
    served.wait_until(f"http://127.0.0.1:{ports[1]}/healthz")
    got: list[httpx2.Response] = []
    url = f"http://127.0.0.1:{ports[0]}/v1/master/default/news/index.m3u8"
    viewer = threading.Thread(target=lambda: got.append(get(url)))
    viewer.start()
    assert OriginHandler.asked.wait(SOON_S)
    code, text = served.stop(signal.SIGINT)
    viewer.join()
    assert [answer.status_code for answer in got] == [200], text
    assert code == 0, text


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts back what a server in this process does with signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def when_ready(admin_port: int, then: Callable[[], None]) -> threading.Thread:
    """Do something, in a thread, once a server is ready."""

    def wait() -> None:
        give_up_at = time.monotonic() + SOON_S
        ready = f"http://127.0.0.1:{admin_port}/readyz"
        while not answers(ready) and time.monotonic() < give_up_at:
            time.sleep(0.05)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.usefixtures("signals")
def test_one_process_serves_until_it_is_told_to_stop(config: Path, ports: tuple[int, int]) -> None:
    statuses: list[int] = []

    def use_and_stop() -> None:
        url = f"http://127.0.0.1:{ports[0]}/v1/master/default/news/index.m3u8"
        statuses.append(get(url).status_code)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = when_ready(ports[1], use_and_stop)
    run(load(config), 1)
    thread.join()
    assert statuses == [200]


@pytest.mark.usefixtures("signals")
def test_workers_share_a_port_and_end_together(config: Path, ports: tuple[int, int]) -> None:
    statuses: list[int] = []

    def use_and_stop() -> None:
        base = f"http://127.0.0.1:{ports[0]}"
        for _ in range(6):  # any of the workers may answer any of these
            master = get(f"{base}/v1/master/default/news/index.m3u8")
            uri = next(line for line in master.text.splitlines() if line.startswith("/v1"))
            statuses.append(get(base + uri).status_code)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = when_ready(ports[1], use_and_stop)
    run(load(config), 2)
    thread.join()
    assert statuses == [200] * 6
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("signals")
def test_a_worker_that_dies_takes_the_others_with_it(config: Path, ports: tuple[int, int]) -> None:
    """Half a server would go unnoticed; who started it starts it again."""

    def kill_one() -> None:
        pid = multiprocessing.active_children()[0].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    thread = when_ready(ports[1], kill_one)
    with pytest.raises(WorkerEnded, match="exit codes"):
        run(load(config), 2)
    thread.join()
    assert not multiprocessing.active_children()


def test_a_worker_that_cannot_begin_says_why(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*args: object, **more: object) -> None:
        raise StoreError("weft.db is no database")

    monkeypatch.setattr("packager.server.serve", fails)
    with pytest.raises(SystemExit, match=r"weft: weft\.db is no database"):
        _worker(load(config), 0)


def test_an_address_is_free_or_not_in_either_family() -> None:
    check_free("127.0.0.1", free_port())
    check_free("::1", free_port())
    with pytest.raises(AddressInUse, match=r"cannot listen on 192\.0\.2\.1:80"):
        check_free("192.0.2.1", 80)


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_in_use_is_said_and_ends_the_start(
    serve: Callable[..., Served], config: Path, ports: tuple[int, int], which: int
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[which]))
        taken.listen()
        served = serve(config)
        _, text = served.process.communicate(timeout=SOON_S)
    assert served.process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{ports[which]}: Address already in use" in text
    assert "Traceback" not in text


def test_a_store_that_cannot_be_opened_is_said(
    serve: Callable[..., Served], config: Path, tmp_path: Path
) -> None:
    (tmp_path / "weft.db").write_bytes(b"this is no database " * 100)
    served = serve(config)
    _, text = served.process.communicate(timeout=SOON_S)
    assert served.process.returncode == 1
    assert "weft.db" in text
    assert "Traceback" not in text


BROKEN = {
    "unknown key": ("shows: {news: {origin: 'http://o.example/', orgin: 1}}", ":1: ", "unknown"),
    "no YAML": ("shows:\n  news: [", ":2", "not YAML"),
    "private origin": ("shows:\n  news:\n    origin: http://10.0.0.1/", ":3: ", "private address"),
    "nothing": ("", "", "empty"),
}


@pytest.mark.parametrize(("text", "place", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_configuration_names_file_line_and_reason(
    tmp_path: Path, text: str, place: str, reason: str
) -> None:
    path = tmp_path / "weft.yaml"
    path.write_text(text)
    for command in (["serve", "--config", str(path)], ["check", str(path)]):
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 1
        assert f"{path}{place}" in result.stderr
        assert reason in result.stderr


def test_a_configuration_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--config", str(tmp_path / "none.yaml")])
    assert result.exit_code == 1
    assert "none.yaml" in result.stderr


def test_workers_need_a_store_that_they_can_share(tmp_path: Path) -> None:
    path = tmp_path / "weft.yaml"
    path.write_text("shows: {news: {origin: 'http://o.example/'}}\n")
    result = CliRunner().invoke(main, ["serve", "--config", str(path), "--workers", "2"])
    assert result.exit_code == 1
    assert "store: sqlite:///weft.db" in result.stderr


def test_options_stand_above_the_configuration_and_failures_end_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weft.yaml"
    path.write_text("listen: {port: 1111}\nshows: {news: {origin: 'http://o.example/'}}\n")
    served: list[Config] = []

    def fails(config: Config, workers: int) -> None:
        served.append(config)
        raise StoreError("no such folder")

    monkeypatch.setattr("packager.server.run", fails)
    options = ["--host", "127.0.0.2", "--port", "2222"]
    result = CliRunner().invoke(main, ["serve", "--config", str(path), *options])
    assert result.exit_code == 1
    assert "http://127.0.0.2:2222" in result.stderr
    assert "weft: no such folder" in result.stderr
    result = CliRunner().invoke(main, ["serve", "--config", str(path)])
    places = [(config.listen.address, config.listen.port) for config in served]
    assert places == [("127.0.0.2", 2222), ("127.0.0.1", 1111)]


def test_help_says_where_to_start_and_every_command_what_it_is_for() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "weft demo" in result.output
    assert "weft check" in result.output
    assert set(main.commands) >= {"serve", "demo", "check", "condition", "splice"}
    for name, command in main.commands.items():
        told = CliRunner().invoke(main, [name, "-h"])
        assert told.exit_code == 0
        assert command.help
        assert len(command.help) > 10
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"
    version = CliRunner().invoke(main, ["--version"])
    assert version.output.startswith("weft, version ")
