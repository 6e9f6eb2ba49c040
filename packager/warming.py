"""Warming: configured assets are looked at, and packaged for, before viewers come."""

import anyio

from packager.clips.assets import Assets
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.log import report
from packager.metrics import Metrics
from packager.outbound import OutboundError
from packager.paths import read_ending
from packager.presentations import Presentations

TRIES, PAUSE_S = 30, 1.0


class Warming:
    """Looks at what the configuration names under `warm`, once."""

    def __init__(
        self, config: Config, presentations: Presentations, assets: Assets, metrics: Metrics
    ) -> None:
        """Begin nothing yet; `done` is set when there is nothing left to prepare."""
        self._config = config
        self._presentations = presentations
        self._assets = assets
        self._metrics = metrics
        self.done = anyio.Event()

    async def run(self) -> None:
        """Look at the assets, and package what their breaks show."""
        for show in self._config.shows.values():
            tenant = (show.tenants or self._config.tenants)[0]
            for asset in show.warm:
                await self._warm(tenant, show, asset)
        await self._assets.settled()
        self.done.set()

    async def _warm(self, tenant: str, show: Show, asset: str) -> None:
        stem, ending = read_ending(asset)
        for _ in range(TRIES):
            try:
                await self._presentations.by_format[ending].get(tenant, show, stem)
            except OutboundError as error:
                failure = error
                await anyio.sleep(PAUSE_S)  # origins often start together with us
            else:
                return
        report(
            failure.reason,
            "asset_not_warmed",
            self._metrics,
            show=show.name,
            asset=asset,
            detail=str(failure),
        )
