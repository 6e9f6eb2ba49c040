"""``weft demo``: content, ad server, sessions and a page, with nothing to configure."""

import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import click
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from packager.admin import create_admin
from packager.app import create_app
from packager.clock import SystemClock
from packager.demo.build import Recipe, ensure_demo_media
from packager.demo.compose import DemoPlaces, demo_config, demo_routes, stock
from packager.demo.media import DemoMedia
from packager.demo.recap_backstage import RecapMedia
from packager.demo.schedule import OriginSettings
from packager.log import configure
from packager.packaging.errors import PackagingError
from packager.server import AddressInUse, check_free, listener, serve_until_stopped
from packager.stores import StoreError
from packager.terminal import CONTEXT
from packager.weft import open_weft

PLAYERS = Path("tests/browser/node_modules")


@click.command(context_settings=CONTEXT)
@click.option(
    "--media",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A video file to use as the content, instead of the generated one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="IP address to listen on.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port of everything that viewers see.",
)
@click.option(
    "--admin-port",
    default=8081,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port of health and metrics.",
)
@click.option(
    "--folder",
    default=Path(".weft"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where generated and packaged media are kept for the next start.",
)
@click.option(
    "--players",
    type=click.Path(path_type=Path, file_okay=False),
    default=PLAYERS,
    help="A node_modules folder with hls.js, shaka-player and dashjs; without it the browser plays "
    "HLS itself.",
)
@click.option(
    "--early-return",
    type=click.IntRange(2, 18),
    help="Let every second live break end after so many seconds.",
)
def demo(
    file: Path | None,
    host: str,
    port: int,
    admin_port: int,
    folder: Path,
    players: Path,
    early_return: int | None,
) -> None:
    """Show Weft at work: live and VOD, ads spliced in, overlays, and a story of each viewer's own.

    Open the address that it prints. The first start makes the content, which takes up to a
    minute; later starts take seconds. Nothing leaves this machine.
    """
    configure(format="console", level="warning")
    places = DemoPlaces(address=host, port=port, admin_port=admin_port)
    try:
        check_free(host, port)
        check_free("127.0.0.1", admin_port)
        media = _media(folder, Recipe(file=file) if file else Recipe())
        settings = OriginSettings(early_return_s=early_return)
        console = Console(stderr=True)
        waiting = console.status("Packaging the ads for the content's ladder")
        waiting.start()

        def announce() -> None:
            waiting.stop()
            console.print(_addresses(places))

        uvloop.run(
            serve_demo(
                media,
                places,
                folder / "media",
                recap=RecapMedia(folder),
                players=players,
                settings=settings,
                on_ready=announce,
            )
        )
    except (AddressInUse, PackagingError, StoreError, OSError) as error:
        click.echo(f"weft: {error}", err=True)
        sys.exit(1)


def _media(folder: Path, recipe: Recipe) -> DemoMedia:
    bar = Progress(
        TextColumn("Making the content, once"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=1.0, visible=False)

    def progress(share: float) -> None:
        bar.update(task, completed=share, visible=True)

    with bar:
        return ensure_demo_media(folder, recipe, progress=progress)


async def serve_demo(
    media: DemoMedia,
    places: DemoPlaces,
    folder: Path,
    *,
    recap: RecapMedia,
    players: Path | None = None,
    settings: OriginSettings | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve the demo until told to stop.

    Args:
        media: What it plays.
        places: Where it listens.
        folder: For packaged media.
        recap: What the recap is made of; made, if it is not there, once the rest is ready.
        players: A ``node_modules`` folder with hls.js, shaka-player and dashjs.
        settings: When breaks come.
        on_ready: Called once players can come and find ads.
    """
    clock = SystemClock()
    config = demo_config(media, places, folder, recap.timing)
    sources = anyio.Event()
    async with open_weft(config, clock=clock, sources=sources) as weft:
        titles: dict[str, str] = {}
        more = demo_routes(
            weft,
            media,
            places,
            recap,
            clock=clock,
            settings=settings,
            players=players,
            titles=titles,
        )
        servers = (
            listener(create_app(weft, more=more), places.address, places.port),
            listener(create_admin(weft), config.admin.address, config.admin.port),
        )

        async def make_ready() -> None:
            await stock(weft, media, places, titles)
            on_ready()
            await recap.make()
            sources.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(make_ready)
            await serve_until_stopped(*servers)
            tasks.cancel_scope.cancel()


def _addresses(places: DemoPlaces) -> Table:
    table = Table(title="Weft demo", show_header=False, title_justify="left")
    admin = f"http://127.0.0.1:{places.admin_port}"
    for what, url in (
        ("The page", f"{places.url}/"),
        ("Live, spliced", f"{places.url}/v1/master/default/live/index.m3u8"),
        ("VOD, spliced", f"{places.url}/v1/master/default/vod/index.m3u8"),
        ("Live, as DASH", f"{places.url}/v1/dash/default/live/index.mpd"),
        ("VOD, as DASH", f"{places.url}/v1/dash/default/vod/index.mpd"),
        ("Recap, a story", f"{places.url}/v1/master/default/recap/index.m3u8"),
        ("The origin", f"{places.url}/origin/live/index.m3u8"),
        ("Metrics", f"{admin}/metrics"),
    ):
        table.add_row(what, url)
    return table
