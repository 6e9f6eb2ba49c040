"""Who decides for which rule of which show."""

from dataclasses import replace

from manifests.creative import Creative
from packager.config.values import (
    AssetFill,
    BreakRule,
    Config,
    Show,
    VastFill,
)
from packager.decisions.calls import AdCall
from packager.decisions.decider import (
    AD_LIMITS,
    AdDecider,
    Answer,
    Fetch,
    FixedDecider,
    VastDecider,
)
from packager.house import PackagedHouse
from packager.outbound import PUBLIC, GuardedClient, Policy
from packager.packaging.ladder import Ladder
from packager.reasons import Reason


class Deciders:
    """The deciders of a configuration, made once each."""

    def __init__(self, config: Config, *, client: GuardedClient, house: PackagedHouse) -> None:
        """Make deciders that call ad servers through `client`."""
        self._config = config
        self._client = client
        self._house = house
        self._made: dict[tuple[str, BreakRule], AdDecider] = {
            (show.name, rule): self._make(show, rule)
            for show in config.shows.values()
            for rule in show.breaks
        }

    def for_rule(self, show: Show, rule: BreakRule) -> AdDecider:
        """Who decides for a rule of this configuration."""
        return self._made[(show.name, rule)]

    def _make(self, show: Show, rule: BreakRule) -> AdDecider:
        match rule.fill:
            case VastFill(server=server):
                return VastDecider(
                    server.template,
                    self._fetch(server.url.literals[0]),
                    self._house.condition,
                    timeout_s=self._config.timeouts.ad_s,
                    allow_skippable=show.ads.allow_skippable,
                )
            case AssetFill(asset=name):

                async def ready(name: str, ladder: Ladder) -> Creative | Reason | None:
                    return self._house.asset(show, name, ladder)

                return FixedDecider((name,), ready)
            case _:
                return FixedDecider((), _nothing)

    def _fetch(self, server: str) -> Fetch:
        configured = Policy.for_urls([server])
        wait_s = self._config.timeouts.ad_s
        limits = replace(AD_LIMITS, total_s=wait_s, read_s=wait_s)

        async def fetch(call: AdCall) -> Answer:
            return await self._client.fetch(
                call.url,
                policy=configured if call.is_first else PUBLIC,
                limits=limits,
                headers=call.headers,
                credentials=call.credentials,
                body=call.body,
            )

        return fetch


async def _nothing(name: str, ladder: Ladder) -> None:
    return None
