"""``python -m loadtests.ads``: the ad server on a port of this machine."""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
import uvloop

from loadtests.ads.documents import Film
from loadtests.ads.server import FILMS, AdServer, listing
from loadtests.ads.wire import listening


class _FilmUrl(click.ParamType[tuple[Decimal, str]]):
    """``15=https://media.example/a.mp4``: how long a film is, and where."""

    name = "SECONDS=URL"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Decimal, str]:
        seconds, _, url = str(value).partition("=")
        try:
            found = Decimal(seconds)
        except InvalidOperation:
            self.fail(f"{seconds!r} is not a number of seconds", param, ctx)
        if not found.is_finite() or found <= 0 or not url:
            self.fail("a film is written as 15=https://media.example/a.mp4", param, ctx)
        return found, url


@click.command(context_settings={"max_content_width": 100})
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    help="0: one that is free.",
)
@click.option(
    "--film",
    "urls",
    multiple=True,
    type=_FilmUrl(),
    help="Something that ads show; may be given several times.",
)
@click.option(
    "--films",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Show the MP4 files of a folder; needs PyAV.",
)
@click.option("--list", "listed", is_flag=True, help="List the scenarios and end.")
def main(
    address: str,
    port: int,
    urls: Sequence[tuple[Decimal, str]],
    folder: Path | None,
    listed: bool,
) -> None:
    """Serve VAST and VMAP of every kind, and a sink for the beacons of their ads.

    \b
    /vast/<scenario>?d=30&sid=viewer1&break=b1   ads
    /vmap/<scenario>?sid=viewer1                 breaks and ads
    /sink/<answer>/<session>/<break>/<ad>/<level>/<event>   a beacon
    /sink/report?session=viewer1                 which beacons came
    /calls?session=viewer1                       which ad calls came
    /                                            the list of scenarios

    The URL is the first line that is printed. Without films ads name some that are not there:
    enough for everything but playing them.

    \b
    python -m loadtests.ads
    python -m loadtests.ads --port 0 --film 15=https://media.example/a.mp4
    """
    if listed:
        click.echo(listing())
        return
    films = [
        Film(id=f"film{number}", url=url, seconds=seconds, title=url, advertiser=f"House {number}")
        for number, (seconds, url) in enumerate(urls, 1)
    ]
    films += _files(folder) if folder is not None else []
    uvloop.run(_serve(AdServer(films or FILMS), address, port))


async def _serve(server: AdServer, address: str, port: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with listening(server.app, address=address, port=port) as url:
        click.echo(url)
        await stopped.wait()


def _files(folder: Path) -> list[Film]:
    """The films of a folder, as long as their containers say."""
    import av  # only this needs it

    found = []
    for number, file in enumerate(sorted(folder.glob("*.mp4")), 1):
        with av.open(str(file)) as container:
            video = container.streams.video
            if not video or not container.duration:
                continue
            film = Film(
                id=f"film{number}",
                file=file,
                seconds=(Decimal(container.duration) / av.time_base).quantize(Decimal("0.001")),
                title=file.stem,
                advertiser=f"House {number}",
            )
            found.append(replace(film, width=video[0].width, height=video[0].height))
    return found


if __name__ == "__main__":
    main(prog_name="python -m loadtests.ads")
