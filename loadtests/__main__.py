"""``python -m loadtests``: what there is to run."""

import click

from loadtests.bench.__main__ import main as bench


@click.group()
def main() -> None:
    """Measure Weft on this machine; everything stays on it, nothing is fetched.

    \b
    python -m loadtests bench --help   what single pieces of work cost, side by side
    python -m loadtests.bench hls      the same without the detour: one viewer's HLS playlist
    python -m loadtests.ads --help     an ad server with every kind of answer, to be asked by Weft
    """


main.add_command(bench, "bench")

if __name__ == "__main__":
    main(prog_name="python -m loadtests")
