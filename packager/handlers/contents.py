"""The content that a session watches, in the format of its player's manifest."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from manifests.dash.channel import DashChannel
from manifests.hls.channel import Channel
from packager.dash.presentations import DashPresentation
from packager.hls.presentations import HlsPresentation
from packager.paths import Ending


async def _hls(presentation: HlsPresentation) -> Channel:
    keeper, number = presentation.keeper, presentation.reference
    return keeper.fresh(number) or await keeper.current(number)


async def _dash(presentation: DashPresentation) -> DashChannel:
    keeper = presentation.keeper
    return keeper.fresh() or await keeper.current()


# Gives the content of a presentation of the format, as it is now.
CONTENT: Mapping[Ending, Callable[[Any], Awaitable[Channel | DashChannel]]] = {
    "m3u8": _hls,
    "mpd": _dash,
}
