"""``python -m loadtests.ads`` serves what it says."""

import signal
import subprocess
import sys

import httpx2
import pytest
from click.testing import CliRunner

from loadtests.ads.__main__ import main
from loadtests.ads.server import listing


def test_help_says_how_to_run_it() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "python -m loadtests.ads --port 0" in result.output
    assert "/sink/report?session=" in result.output


def test_scenarios_are_listed() -> None:
    result = CliRunner().invoke(main, ["--list"])
    assert result.output == listing() + "\n"


@pytest.mark.parametrize("film", ["x=http://a/", "0=http://a/", "NaN=http://a/", "15", "15="])
def test_a_film_that_cannot_be_read_is_refused(film: str) -> None:
    assert CliRunner().invoke(main, ["--film", film, "--list"]).exit_code == 2


def test_it_serves_until_it_is_told_to_stop() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "loadtests.ads", "--port", "0", "--film", "12.5=http://m.test/a"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            found = httpx2.get(f"{url}/vast/single", trust_env=False, timeout=30).text
            assert "http://m.test/a" in found
            assert "<Duration>00:00:12.500</Duration>" in found
            assert f"{url}/sink/ok/" in found
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
