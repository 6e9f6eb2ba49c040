from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from packager.demo.site import Stream, View, demo_page_routes

PAGE = ("/", "/page.css", "/page.js", "/players.js", "/stage.js", "/recap.js")
EVIL = '</script><img src=x onerror="alert(1)">'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Visits:
    def __init__(self) -> None:
        self.count = 0

    async def views(self) -> tuple[View, ...]:
        self.count += 1
        stream = Stream(title=EVIL, url=f"/s{self.count}.m3u8", timeline="/t")
        return (View(title="Live", streams=(stream,)),)


def page(players: Path | None = None) -> httpx2.AsyncClient:
    app = Starlette(routes=demo_page_routes(Visits().views, players=players))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://demo")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/players.js", "text/javascript"),
        ("/stage.js", "text/javascript"),
        ("/recap.js", "text/javascript"),
    ],
)
async def test_the_page_is_served_with_a_policy_that_allows_no_inline_code(
    path: str, media_type: str
) -> None:
    async with page() as client:
        response = await client.get(path)

    policy = response.headers["content-security-policy"]
    assert response.headers["content-type"].startswith(media_type)
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_the_page_names_no_other_host_and_has_nothing_inline() -> None:
    async with page() as client:
        texts = [(await client.get(path)).text for path in PAGE]

    assert not any(
        "https://" in text or text.count("http://") > text.count("http://www.w3.org/2000/svg")
        for text in texts
    )
    assert " style=" not in texts[0]
    assert " onclick=" not in texts[0]
    assert not any("innerHTML" in text for text in texts)


async def test_every_visit_has_streams_of_its_own() -> None:
    async with page() as client:
        first = (await client.get("/streams.json")).json()
        second = (await client.get("/streams.json")).json()

    assert first["views"][0]["streams"][0] == {
        "title": EVIL,
        "url": "/s1.m3u8",
        "timeline": "/t",
        "note": "",
        "format": "hls",
    }
    assert second["views"][0]["streams"][0]["url"] == "/s2.m3u8"


async def test_players_are_offered_where_they_are_installed(tmp_path: Path) -> None:
    async with page(tmp_path) as client:
        assert (await client.get("/streams.json")).json()["players"] == {}
        assert (await client.get("/players/hlsjs.js")).status_code == 404

    files = {
        "hlsjs": "hls.js/dist/hls.min.js",
        "shaka": "shaka-player/dist/shaka-player.compiled.js",
        "dashjs": "dashjs/dist/modern/umd/dash.all.min.js",
    }
    for name, file in files.items():
        script = tmp_path / file
        script.parent.mkdir(parents=True)
        script.write_text(f"/* {name} */")
        async with page(tmp_path) as client:
            players = (await client.get("/streams.json")).json()["players"]
            assert players[name] == f"/players/{name}.js"
            assert (await client.get(players[name])).text == f"/* {name} */"
    assert list(players) == list(files)
