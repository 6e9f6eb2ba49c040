"""Stories of the composed server: HLS and DASH of one outcome."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from app_bench import Bench
from story_bench import MASTER, MPD, make_assets, recap, telling

from manifests.dash.reading.reader import read_mpd


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_assets(tmp_path_factory.mktemp("assets"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_story_is_a_vod_of_its_parts(
    make_bench: Callable[..., Bench], assets: Path
) -> None:
    async with telling(make_bench(), assets, recap()) as running:
        player = await running.player().open(MASTER)
        print(player.master)
        lists = [await player.poll(number) for number in range(3)]
        print(lists[0].text)
        print(running.log.getvalue())
        for listed in lists:
            assert listed.ended
            assert listed.marks == [False, False, True, False, False]
        answer = await running.get(MPD, follow_redirects=True)
        print(answer.text)
        assert answer.status_code == 200
        mpd = read_mpd(answer.content, url="http://weft.example/x/y.mpd")
        assert [period.start for period in mpd.periods] == [0, 4]
        assert mpd.duration == Decimal(10)
        assert 0
