"""Who decides for which rule of which show."""

from collections.abc import Callable
from dataclasses import replace

from manifests.creative import Creative
from packager.clock import Clock
from packager.config.break_settings import AssetFill, BreakRule, VastFill, VmapBreaks, VmapFill
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.decisions.calls import AdCall, CallTemplate
from packager.decisions.decider import (
    AD_LIMITS,
    AdDecider,
    Answer,
    Fetch,
    FixedDecider,
    VastDecider,
)
from packager.decisions.gate import Gate
from packager.decisions.gated import GatedDecider
from packager.decisions.host_gates import HostGates
from packager.decisions.request import DecisionRequest
from packager.decisions.templates import Template
from packager.decisions.vmap.asking import VmapServer
from packager.house import PackagedHouse
from packager.outbound import PUBLIC, GuardedClient, Policy
from packager.packaging.ladder import Ladder
from packager.reasons import Reason

_NOBODY = CallTemplate(url=Template(("",), ()))  # no server of the configuration's


class Deciders:
    """The deciders of a configuration, made once each."""

    def __init__(
        self,
        config: Config,
        *,
        client: GuardedClient,
        house: PackagedHouse,
        clock: Clock,
        viewers: Callable[[], int],
    ) -> None:
        """Make deciders.

        Args:
            config: Says who decides for what.
            client: Calls ad servers.
            house: Packages creatives.
            clock: Says the time.
            viewers: How many viewers there are at present.
        """
        self._config = config
        self._client = client
        self._house = house
        self._viewers = viewers
        self._gates = HostGates(clock)
        self._made: dict[tuple[str, BreakRule], AdDecider] = {
            (show.name, rule): self._make(show, rule)
            for show in config.shows.values()
            for rule in show.break_rules
        }
        self._vmaps = {
            show.name: self._vmap(rule)
            for show in config.shows.values()
            for rule in show.breaks
            if isinstance(rule, VmapBreaks)
        }

    def vmap_of(self, show: Show) -> VmapServer:
        """Who says when the breaks of a show are; it has a VMAP."""
        return self._vmaps[show.name]

    def for_rule(self, show: Show, rule: BreakRule) -> AdDecider:
        """Who decides for a rule of this configuration."""
        return self._made[(show.name, rule)]

    def _make(self, show: Show, rule: BreakRule) -> AdDecider:
        match rule.fill:
            case VastFill(server=server):
                decider = VastDecider(
                    server.template,
                    self._fetch(server.url.literals[0]),
                    self._house.condition,
                    timeout_s=self._config.timeouts.ad_s,
                    allow_skippable=show.ads.allow_skippable,
                )
                gate = self._gates.configured(server.url.literals[0], server.gate)
                return GatedDecider(decider, lambda _: gate, viewers=self._viewers)
            case VmapFill():
                decider = VastDecider(
                    _NOBODY,
                    self._fetch(None),
                    self._house.condition,
                    timeout_s=self._config.timeouts.ad_s,
                    allow_skippable=show.ads.allow_skippable,
                )
                return GatedDecider(decider, self._named_gate, viewers=self._viewers)
            case AssetFill(asset=name):

                async def ready(name: str, ladder: Ladder) -> Creative | Reason | None:
                    return self._house.asset(show, name, ladder)

                return FixedDecider((name,), ready)
            case _:
                return FixedDecider((), _nothing)

    def _vmap(self, rule: VmapBreaks) -> VmapServer:
        return VmapServer(
            rule.server.template,
            self._fetch(rule.server.url.literals[0]),
            self._gates.schedule(rule.server.url.literals[0], rule.server.gate),
            timeout_s=self._config.timeouts.ad_s,
            viewers=self._viewers,
        )

    def _named_gate(self, request: DecisionRequest) -> Gate | None:
        """Who is asked, a VMAP says; where it has the ads in itself, nobody is."""
        source = request.source
        if source is None or source.vast is not None:
            return None
        return self._gates.named(source.tag_url)

    def _fetch(self, server: str | None) -> Fetch:
        """What makes calls; those of the configured server may go where it is, others in public."""
        configured = PUBLIC if server is None else Policy.for_urls([server])
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
