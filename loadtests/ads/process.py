"""The ad server in a process of its own, for what must not share a processor with it."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
END_S = 10.0


@contextmanager
def ad_server_process(options: Sequence[str] = ()) -> Iterator[str]:
    """Run ``python -m loadtests.ads`` on a free port.

    Args:
        options: More of its options.

    Yields:
        Its URL, when it listens.

    Raises:
        RuntimeError: It ended before it listened.
    """
    command = [sys.executable, "-m", "loadtests.ads", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the ad server did not start")
            yield url
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
