"""Who decides for which rule of which show."""

from collections.abc import Callable
from dataclasses import replace

from manifests.creative import Creative
from packager.clips.assets import Assets
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
from packager.facts.moment import Facts
from packager.outbound import PUBLIC, GuardedClient, Policy
from packager.reasons import Reason

_NOBODY = CallTemplate(url=Template(("",), ()))  # no server of the configuration's


class Deciders:
    """The deciders of a configuration, made once each."""

    def __init__(
        self,
        config: Config,
        *,
        client: GuardedClient,
        assets: Assets,
        facts: Facts,
        clock: Clock,
        viewers: Callable[[], int],
    ) -> None:
        """Make deciders.

        Args:
            config: Says who decides for what.
            client: Calls ad servers.
            assets: Gives assets; its house packages creatives.
            facts: Known of viewers, of which assets are made.
            clock: Says the time.
            viewers: How many viewers there are at present.
        """
        self._config = config
        self._client = client
        self._house = assets.house
        self._assets = assets
        self._facts = facts
        self._viewers = viewers
        self._gates = HostGates(clock)
        self._made: dict[tuple[str, BreakRule], AdDecider] = {
            (show.name, rule): self._make(show, rule)
            for show in config.shows.values()
            for rule in (*show.break_rules, *_of_overlays(show))
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

                def ready(name: str, request: DecisionRequest) -> Creative | Reason | None:
                    settled = request.settled
                    known = self._facts.at(show, request.facts, request.now, settled=settled)
                    return self._assets.find(show, name, request.ladder, known, settled)

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


def _of_overlays(show: Show) -> list[BreakRule]:
    return [one.fill.rule for one in show.overlays.values() if one.fill is not None]


def _nothing(name: str, request: DecisionRequest) -> None:
    return None
