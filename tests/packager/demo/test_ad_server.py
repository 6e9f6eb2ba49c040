import asyncio
from decimal import Decimal

import httpx2
import pytest

from packager.decisions.ads import Ad, Link, Wrapper
from packager.decisions.media_files import rank_media_files
from packager.decisions.vast import VastError, read_vast
from packager.demo.ad_server import MAX_NAMES, AdServer, DemoAd
from packager.reasons import Reason

BASE = "http://ads.test"
ADS = [
    DemoAd(
        id=f"ad{number}",
        media_url=f"http://media.test/{number}.mp4",
        duration=Decimal(seconds),
        advertiser=f"House {number}",
        category=f"C{number}",
    )
    for number, seconds in enumerate((10, 15, 20))
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> AdServer:
    return AdServer(ADS, base_url=BASE)


async def get(server: AdServer, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=server.app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        return await client.get(path)


async def ids(server: AdServer, path: str) -> list[str]:
    return [ad.id for ad in read_vast((await get(server, path)).content).ads]


async def test_a_pod_has_its_ads_in_sequence_with_everything_a_reader_needs(
    server: AdServer,
) -> None:
    vast = read_vast((await get(server, "/vast/pod/2")).content)
    first, second = vast.ads
    assert (first.sequence, second.sequence) == (1, 2)
    assert isinstance(second, Ad)
    assert second.linear is not None
    assert second.linear.duration == 15
    assert second.impressions == (Link(f"{BASE}/beacon/ad1/impression?cb=[CACHEBUSTING]"),)
    assert [tracking.event for tracking in second.linear.tracking][0::4] == ["start", "complete"]
    assert (second.advertiser, second.categories[0].value) == ("House 1", "C1")
    (film,) = rank_media_files(second, ladder_max_height=720)
    assert film.url == "http://media.test/1.mp4"


@pytest.mark.parametrize(
    ("path", "expected"),
    {
        "/vast/fill?d=30": ["ad0", "ad1"],
        "/vast/fill/45": ["ad0", "ad1", "ad2"],
        "/vast/fill?d=12": ["ad0"],
        "/vast/fill?d=-1": ["ad0", "ad1"],
        "/vast/fill?d=9": [],
        "/vast/empty": [],
        "/vast/pod": ["ad0"],
        "/vast/buffet/2": ["ad0", "ad1"],
    }.items(),
)
async def test_ads_are_as_many_as_asked_for(
    server: AdServer, path: str, expected: list[str]
) -> None:
    assert await ids(server, path) == expected


async def test_sessions_get_different_ads_and_each_its_own_again(server: AdServer) -> None:
    answers = [await ids(server, f"/vast/pod?sid=viewer{n}") for n in range(12)]
    assert {answer[0] for answer in answers} == {"ad0", "ad1", "ad2"}
    assert answers == [await ids(server, f"/vast/pod?sid=viewer{n}") for n in range(12)]


@pytest.mark.parametrize(
    ("scenario", "reason"),
    {
        "garbage": Reason.AD_UNPARSEABLE,
        "html": Reason.AD_UNPARSEABLE,
        "truncated": Reason.AD_UNPARSEABLE,
        "doctype": Reason.AD_UNPARSEABLE,
        "oversize": Reason.AD_OVERSIZE,
        "wide": Reason.AD_OVERSIZE,
    }.items(),
)
async def test_broken_answers_are_broken(server: AdServer, scenario: str, reason: Reason) -> None:
    answer = await get(server, f"/vast/{scenario}")
    assert answer.status_code == 200
    with pytest.raises(VastError) as caught:
        read_vast(answer.content)
    assert caught.value.reason is reason


async def test_special_ads_are_special(server: AdServer) -> None:
    async def only(scenario: str) -> Ad:
        (ad,) = read_vast((await get(server, f"/vast/{scenario}")).content).ads
        assert isinstance(ad, Ad)
        return ad

    assert (await only("conditional")).conditional
    skippable = (await only("skippable")).linear
    assert skippable is not None
    assert skippable.skip_offset == "00:00:05"
    assert rank_media_files(await only("vpaid"), ladder_max_height=0) == ()
    assert rank_media_files(await only("stream"), ladder_max_height=0) == ()
    (wrapper,) = read_vast((await get(server, "/vast/wrapper")).content).ads
    assert isinstance(wrapper, Wrapper)
    assert wrapper.ad_tag_url == f"{BASE}/vast/pod"
    many = read_vast((await get(server, "/vast/many/200")).content)
    assert many.truncated


async def test_hostile_urls_do_not_come_through_the_reader(server: AdServer) -> None:
    vast = read_vast((await get(server, "/vast/hostile")).content)
    assert len(vast.ads) == 6
    for ad in vast.ads:
        assert isinstance(ad, Ad)
        assert ad.linear is not None
        assert ad.linear.media_files == ()
        assert "<script>" in ad.title


async def test_statuses_redirects_and_unknown_scenarios_are_what_they_say(
    server: AdServer,
) -> None:
    assert (await get(server, "/vast/status/503")).status_code == 503
    assert (await get(server, "/vast/none")).status_code == 204
    assert (await get(server, "/vast/redirect")).status_code == 307
    assert (await get(server, "/vast/nonsense")).status_code == 404
    assert (await get(server, "/vast/pod/x")).status_code == 404
    assert server.counts == {"vast/status": 1, "vast/none": 1, "vast/redirect": 1}


async def test_a_slow_answer_is_the_same_answer_later(server: AdServer) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(get(server, "/vast/slow/5000/pod"), 0.05)
    assert await ids(server, "/vast/slow/1/pod/2") == ["ad0", "ad1"]
    assert await ids(server, "/vast/slow/1") == ["ad0"]


async def test_beacons_and_ad_calls_are_counted_up_to_a_number_of_names(server: AdServer) -> None:
    await get(server, "/vast/pod")
    for _ in range(2):
        assert (await get(server, "/beacon/ad0/start?cb=1")).status_code == 204
    assert (await get(server, "/counts")).json() == {"vast/pod": 1, "beacon/ad0/start": 2}
    server.counts.update({f"beacon/x/{n}": 1 for n in range(MAX_NAMES)})
    await get(server, "/beacon/ad1/start")
    assert server.counts["other"] == 1
    assert "beacon/ad1/start" not in server.counts
