"""What Weft makes of every scenario: a decision and never an error, with the reason for what fails.

What single reasons and codes mean is for the tests of `packager.decisions`; here everything goes
over sockets, through the client that Weft uses.
"""

from collections.abc import AsyncIterator

import pytest

from loadtests.ads import AdServer, listening
from loadtests.ads.scenarios import SCENARIOS
from loadtests.bench.ads import LOOPBACK, decider_of, request
from packager.decisions.offers import Decided
from packager.outbound import GuardedClient
from packager.reasons import Reason

WITHOUT_ADS = {
    "empty": Reason.AD_EMPTY,
    "nothing": Reason.AD_EMPTY,
    "none": Reason.AD_EMPTY,
    "blank": Reason.AD_EMPTY,
    "wrapper-empty": Reason.AD_EMPTY,
    "slow": Reason.AD_TIMEOUT,
    "drip": Reason.AD_TIMEOUT,
    "hang": Reason.AD_TIMEOUT,
    "reset": Reason.AD_UNREACHABLE,
    "cut": Reason.AD_UNPARSEABLE,
    "not-gzip": Reason.AD_UNPARSEABLE,
    "status": Reason.AD_STATUS,
    "redirect": Reason.AD_REFUSED,
    "loop": Reason.AD_WRAPPER_FAILED,
    "endless": Reason.AD_WRAPPER_FAILED,
    "dead": Reason.AD_WRAPPER_FAILED,
    "closed": Reason.AD_WRAPPER_FAILED,
    "private": Reason.AD_WRAPPER_FAILED,
    "wrapper-slow": Reason.AD_WRAPPER_FAILED,
    "wrapper-garbage": Reason.AD_WRAPPER_FAILED,
    "garbage": Reason.AD_UNPARSEABLE,
    "html": Reason.AD_UNPARSEABLE,
    "json": Reason.AD_UNPARSEABLE,
    "truncated": Reason.AD_UNPARSEABLE,
    "controls": Reason.AD_UNPARSEABLE,
    "doctype": Reason.AD_UNPARSEABLE,
    "parameter-entity": Reason.AD_UNPARSEABLE,
    "bomb": Reason.AD_UNPARSEABLE,
    "version": Reason.AD_UNPARSEABLE,
    "gzip-bomb": Reason.AD_OVERSIZE,
    "oversized": Reason.AD_OVERSIZE,
    "wide": Reason.AD_OVERSIZE,
    "deep": Reason.AD_OVERSIZE,
}
OFFERED = {
    "single": 1,
    "pod": 4,  # 10, 15, 6 and 20 of 60 seconds
    "buffet": 4,
    "competing": 4,
    "mixed": 4,
    "wrapper-pod": 4,
    "wrappers": 1,
    "mezzanine": 1,
    "gzip": 4,
    "bom": 4,
    "lead": 4,
    "wrong-type": 4,
    "no-content-type": 4,
    "latin-1": 4,
    "many": 50,
}
WAITING = ("slow", "drip", "hang")  # for the whole of the time


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server() -> AdServer:
    return AdServer()


@pytest.fixture
async def url(server: AdServer) -> AsyncIterator[str]:
    async with listening(server.app) as found:
        yield found


async def decided(url: str, scenario: str, query: str = "d=60") -> Decided:
    client = GuardedClient(allow=[LOOPBACK])
    timeout_s = 0.3 if scenario.endswith(WAITING) else 20.0  # a busy machine is no slow ad server
    decider = decider_of(f"{url}/vast/{scenario}?{query}", client, timeout_s=timeout_s)
    try:
        return await decider.decide(request(1))
    finally:
        await client.aclose()


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_every_scenario_is_decided(url: str, scenario: str) -> None:
    """H-12: nothing that an ad server says raises."""
    found = await decided(url, scenario)
    playable = [offer for offer in found.offers if offer.creative is not None]
    if scenario in WITHOUT_ADS:
        assert WITHOUT_ADS[scenario] in found.reasons
        assert not playable
    if scenario in OFFERED:
        assert len(playable) == OFFERED[scenario]


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.0", "4.1", "4.2", "4.3"])
@pytest.mark.parametrize("namespace", ["0", "1"])
async def test_every_dialect_is_understood(url: str, version: str, namespace: str) -> None:
    """D-01."""
    (offer,) = (await decided(url, "wrappers", f"full=1&v={version}&ns={namespace}")).offers
    assert offer.creative is not None
    assert offer.ad.linear is not None
    levels = {one.url.split("/")[-2] for one in offer.ad.linear.tracking}
    assert levels == {"inline", "wrapper1"}  # D-04


async def test_the_error_url_of_an_empty_answer_leads_to_the_sink(url: str) -> None:
    """D-01."""
    (error,) = (await decided(url, "empty")).errors
    assert error.url.startswith(f"{url}/sink/ok/{request(1).session}/b1/none/response/error")
    assert error.code == 303
