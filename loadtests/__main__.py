"""``python -m loadtests``: what there is to run."""

import click


@click.group()
def main() -> None:
    """Measure Weft on this machine; everything stays on it, nothing is fetched.

    \b
    python -m loadtests.bench        what single pieces of work cost: microseconds, side by side
    python -m loadtests.bench hls    the first of them: one viewer's HLS playlist
    """


@main.command()
@click.pass_context
def bench(context: click.Context) -> None:
    """Say how to run the benchmarks; they are a module of their own."""
    click.echo("python -m loadtests.bench --help")


if __name__ == "__main__":
    main(prog_name="python -m loadtests")
