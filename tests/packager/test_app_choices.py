"""Choices of sessions, from what viewers and feeds say to what is played, told and explained."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import orjson
import pytest
from app_bench import ADS, SEGMENT_S, Bench, Running
from click.testing import CliRunner

from packager.cli import main
from packager.config.ad_settings import ConsentSettings, VastServer
from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak, VastFill
from packager.config.choice_settings import Cap, Choice, Pin
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.file import load
from packager.config.process_settings import Admin
from packager.config.scalars import Secret
from packager.config.show_settings import Asset
from packager.decisions.templates import read_template
from packager.personalization.policy import policy_of
from packager.personalization.record import read_record, write_record
from packager.personalization.replay import replayed
from packager.reasons import Reason

SECRET = "a secret of more than 32 characters, for tests"
FACTS = {
    fact.name: fact
    for fact in (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="country", kind="string", max_characters=40, header="X-Country"),
        Fact(name="club", kind="string", consent="personalise"),
        Fact(name="tags", kind="strings"),
        Fact(name="device", kind="string", source="device"),
        Fact(name="goal", kind="bool", shared=True, feed=PushedFeed(secret=Secret(SECRET))),
    )
}
CHOICES = {
    choice.name: choice
    for choice in (
        Choice(
            name="look",
            of=("light", "dark"),
            by='theme == "dark" || "night" in tags ? "dark" : "light"',
        ),
        Choice(
            name="opener",
            of=("north", "plain"),
            by='country == "SE" ? "north" : "plain"',
            pins=(Pin(value="north", when='club == "reds"', author="ann", reason="derby"),),
        ),
        Choice(name="team", of=("red", "none"), by='club == "reds" ? "red" : "none"'),
        Choice(name="mood", of=("calm", "loud"), by='goal ? "loud" : "calm"'),
        Choice(name="small", of=("yes", "no"), by='device == "phone" ? "yes" : "no"'),
    )
}
URL = f"{ADS}/told?" + "&".join(f"{name}={{choice.{name}}}" for name in CHOICES)
ASKED = VastFill(server=VastServer(url=read_template(f"{URL}&c={{fact.country}}")))
START = "/v1/session/default/vod/index"
MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def make_cup(make_bench: MakeBench) -> MakeBench:
    """Makes a world with shows whose pre-roll a choice says and whose ad server is told of all."""

    def make(name: str = "weft", **changes: Any) -> Bench:
        bench = make_bench(name, changes={"admin": Admin(secret=Secret(SECRET))})
        clip = bench.media.source("bumper")
        breaks = (
            ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="{opener}")),
            ScheduledBreak(at=Decimal(8), fill=ASKED, seconds=Decimal(10)),
        )
        settings = {
            "facts": FACTS,
            "choices": CHOICES,
            "assets": {
                "north": Asset(file=clip, rights='country in ["SE", "NO"] || club == "reds"'),
                "plain": Asset(file=bench.media.source("a")),
            },
        } | changes
        shows = bench.config.shows
        vod = replace(shows["vod"], **{"breaks": breaks, **settings})
        live = replace(shows["live"], **{**settings, "breaks": (CueBreaks(fill=ASKED),)})
        bench.config = replace(bench.config, shows={"vod": vod, "live": live})
        bench.world.faults["/told"] = lambda request: httpx2.Response(200)
        return bench

    return make


async def start(
    running: Running,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    path: str = START,
    **more: object,
) -> dict[str, str]:
    answer = await running.client.post(path, json={"facts": facts or {}, **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


async def played(running: Running, manifest_url: str) -> list[str]:
    """What a session's film shows, without the content."""
    listed = await (await running.player().open(manifest_url)).poll()
    return list(dict.fromkeys(kind for kind in listed.kinds if not kind.isdecimal()))


def told(bench: Bench) -> list[dict[str, str]]:
    asked = [url for url in bench.world.asked if url.path == "/told"]
    return [dict(parse_qsl(url.query.decode())) for url in asked]


@pytest.mark.parametrize(
    ("facts", "headers", "shown"),
    [
        ({}, {}, ["a"]),
        ({"country": "SE"}, {}, ["bumper"]),
        ({}, {"x-country": "SE"}, ["bumper"]),
        ({"country": "NO"}, {}, ["a"]),
        ({"club": "reds"}, {}, ["bumper"]),  # pinned
        ({"club": "reds"}, {"sec-gpc": "1"}, ["a"]),
    ],
)
async def test_a_choice_says_which_asset_a_break_shows(
    make_cup: MakeBench, facts: dict[str, str], headers: dict[str, str], shown: list[str]
) -> None:
    async with make_cup().run() as running:
        started = await start(running, facts, headers)
        assert await played(running, started["manifestUrl"]) == shown


async def test_an_asset_without_its_rights_is_shown_by_no_break(make_cup: MakeBench) -> None:
    breaks = (ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="north"), otherwise="slate"),)
    async with make_cup(breaks=breaks).run() as running:
        nowhere = await start(running)
        assert await played(running, nowhere["manifestUrl"]) == []
        assert running.count(Reason.ASSET_NOT_ALLOWED) == 1
        north = await start(running, {"country": "NO"})
        assert await played(running, north["manifestUrl"]) == ["bumper"]


async def test_nor_does_one_stand_in_for_ads(make_cup: MakeBench) -> None:
    stand_in = ScheduledBreak(at=Decimal(0), fill=ASKED, otherwise=AssetFill(asset="{opener}"))
    choices = {"opener": Choice(name="opener", of=("north",))}
    async with make_cup(breaks=(stand_in,), choices=choices).run() as running:
        nowhere = await start(running)
        assert await played(running, nowhere["manifestUrl"]) == []
        north = await start(running, {"country": "NO"})
        assert await played(running, north["manifestUrl"]) == ["bumper"]


async def test_ad_servers_are_told_choices_and_of_the_anonymous_none_that_is_personal(
    make_cup: MakeBench,
) -> None:
    bench = make_cup()
    phone = {"sec-ch-ua-mobile": "?1"}
    async with bench.run() as running:
        for headers in (phone, {"sec-gpc": "1"}):
            running.client.headers = httpx2.Headers(headers)
            facts = {"theme": "dark", "club": "reds", "tags": ["late", "night"]}
            await played(running, (await start(running, facts, headers))["manifestUrl"])
    known = {"look": "dark", "opener": "north", "team": "red", "mood": "calm", "small": "yes"}
    assert told(bench) == [known, {"look": "dark", "mood": "calm", "small": "no"}]


async def test_choices_of_a_film_stay_as_they_were_shown_whatever_is_said_later(
    make_cup: MakeBench,
) -> None:
    """A-02, A-03, also after a restart; only what is not decided follows."""
    bench = make_cup()
    bench.use_sqlite()
    async with bench.run() as running:
        began = await start(running, {"country": "SE", "theme": "dark"})
        first = (await running.client.get(began["manifestUrl"])).text
        assert await played(running, began["manifestUrl"]) == ["bumper"]
        answer = await running.client.patch(began["sessionUrl"], json={"facts": {"country": "US"}})
        assert answer.status_code == 200
        assert await played(running, began["manifestUrl"]) == ["bumper"]
        later = await start(running, {"country": "SE"})
        await running.client.patch(later["sessionUrl"], json={"facts": {"country": "US"}})
        assert await played(running, later["manifestUrl"]) == ["a"]
    async with bench.run() as running:
        assert (await running.client.get(began["manifestUrl"])).text == first
        assert await played(running, began["manifestUrl"]) == ["bumper"]
        assert await played(running, later["manifestUrl"]) == ["a"]


async def test_a_feed_settles_choices_of_live_sessions_anew_and_of_films_not(
    make_cup: MakeBench,
) -> None:
    bench = make_cup()
    bench.use_sqlite()
    bearer = {"authorization": f"Bearer {SECRET}"}
    async with bench.run() as running:
        live = await start(running, path="/v1/session/default/live/index")
        film = await start(running)
        player = await running.player().open(live["manifestUrl"])
        await player.poll()
        for show in ("live", "vod"):
            url = f"/v1/feeds/default/{show}/goal"
            assert (await running.client.post(url, json=True, headers=bearer)).status_code == 204
        edge = bench.world.edge
        bench.world.cues[edge] = "#EXT-X-CUE-OUT:4"
        bench.world.cues[edge + 2] = "#EXT-X-CUE-IN"
        bench.clock.advance(2 * SEGMENT_S)
        await player.poll()
        await played(running, film["manifestUrl"])
        moods = [one["mood"] for one in told(bench)]
        assert moods == ["loud", "calm"]
        why = (await running.get(live["sessionUrl"].replace("/session/", "/why/"))).json()
        (mood,) = [one for one in why["choices"] if one["choice"] == "mood"]
        assert mood["sentence"] == (
            'You saw loud for mood because the rule goal ? "loud" : "calm" gives that, '
            "for goal was true."
        )


async def test_a_session_that_began_under_other_settings_gets_the_choices_that_there_are(
    make_cup: MakeBench,
) -> None:
    bench = make_cup(choices={}, breaks=())
    bench.use_sqlite()
    async with bench.run() as running:
        started = await start(running, {"country": "SE"})
    later = make_cup(name="later")
    bench.config = replace(bench.config, shows=later.config.shows)
    async with bench.run() as running:
        assert await played(running, started["manifestUrl"]) == ["bumper"]
        why = (await running.get(started["sessionUrl"].replace("/session/", "/why/"))).json()
        assert [one["value"] for one in why["choices"]][1] == "north"
    async with bench.run() as running:
        assert await played(running, started["manifestUrl"]) == ["bumper"]


async def test_without_consent_a_stream_is_that_of_an_anonymous_viewer_byte_by_byte(
    make_cup: MakeBench,
) -> None:
    async with make_cup(consent=ConsentSettings(mode="require")).run() as running:
        bodies = []
        for facts, ads in (({}, {}), ({"club": "reds"}, {}), ({"club": "reds"}, {"gdpr": "0"})):
            for ending in ("", ".mpd"):
                started = await start(running, facts, path=START + ending, adsParams=ads)
                url = started["manifestUrl"]
                token = started["sessionUrl"].rpartition("/")[2]
                texts = [(await running.get(url)).text]
                if not ending:
                    player = await running.player().open(url)
                    texts += [(await running.get(one)).text for one in player.renditions]
                bodies.append("\n".join(texts).replace(token, "TOKEN"))
    hls, dash, masked, masked_dash, known, known_dash = bodies
    assert (masked, masked_dash) == (hls, dash)
    assert known != hls
    assert known_dash != dash


async def test_purposes_of_consent_are_each_for_itself(make_cup: MakeBench) -> None:
    facts = FACTS | {"club": replace(FACTS["club"], consent="sport")}
    async with make_cup(facts=facts).run() as running:
        for purposes, shown in (("sport,news", ["bumper"]), ("news", ["a"])):
            ads = {"consent_purposes": purposes}
            started = await start(running, {"club": "reds"}, adsParams=ads)
            assert await played(running, started["manifestUrl"]) == shown


HOSTILE = {
    "a way up": "../../../etc/passwd",
    "a line": "x\r\n#EXT-X-ENDLIST\r\nX-Evil: 1",
    "quotes": "\"><script>alert('x')</script>",
    "a template": "{fact.club}[CACHEBUSTING]${x}%{y}",
    "zero bytes": "a\0b",
    "directions": "\u202eevil\u2066",
    "not in one line": "a\u2028b",
    "surrogates": "\ud800",
    "long": "x" * 300,
    "very long": "evil" * 2_500_000,
    "encoded": "%0d%0a%2e%2e%2f",
    "a URL": "https://evil.example/?a=b&c=d#e",
}
WAYS = ("body", "query", "header", "patch", "feed")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_value_reaches_no_url_no_playlist_and_no_log_line_as_it_is(
    make_cup: MakeBench, way: str, value: str
) -> None:
    """Threats 29 to 31: by whatever way it comes, as any fact."""
    bench = make_cup()
    body = json.dumps({"facts": dict.fromkeys(("theme", "country", "club"), value)}).encode()
    async with bench.run() as running:
        texts, client = [], running.client
        plain = await start(running, {"theme": "dark"})
        urls = [plain["manifestUrl"]]
        if way == "body":
            answer = await client.post(START, content=body)
            urls += [answer.json()["manifestUrl"]] if answer.status_code == 200 else []
        elif way == "patch":
            answer = await client.patch(plain["sessionUrl"], content=body)
        elif way == "feed":
            bearer = {"authorization": f"Bearer {SECRET}"}
            document = json.dumps(value).encode()
            answer = await client.post(
                "/v1/feeds/default/vod/goal", content=document, headers=bearer
            )
        elif way == "query":
            escaped = "".join(
                f"%{one:02x}" for one in value[:5000].encode("utf-8", "surrogatepass")
            )
            path = "/v1/master/default/vod/index.m3u8"
            query = "&".join(f"{name}={escaped}" for name in ("theme", "country", "club"))
            answer = await client.send(httpx2.Request("GET", f"http://weft.example{path}?{query}"))
        else:
            names = ("x-country", "accept-language", "sec-ch-ua-platform", "sec-ch-ua-mobile")
            raw = value.encode("utf-8", "surrogatepass").replace(b"\r\n", b"\t").replace(b"\0", b"")
            headers = [(name.encode(), raw) for name in names]
            answer = await client.get("/v1/master/default/vod/index.m3u8", headers=headers)
        texts.append(answer.text)
        assert answer.status_code in (200, 204, 400, 403, 413), answer.text
        if way in ("query", "header") and answer.status_code == 200:
            urls.append(f"/v1/manifest/default/{token_of(answer.text)}/0.m3u8")
        for url in urls:
            texts.append((await running.get(url)).text)
        why = await running.get(plain["sessionUrl"].replace("/session/", "/why/"))
        texts.append(why.text)
        texts.append(running.log.getvalue())
    shown = value[:60]
    for text in texts:
        assert shown not in text
        assert "evil" not in text.lower()
    for url in bench.world.asked:
        written = str(url)
        assert all(" " < character < "\x7f" for character in written)
        for piece in ("../", "<", '"', "evil.example/", "X-Evil: "):
            assert piece not in written


def token_of(master: str) -> str:
    line = next(line for line in master.splitlines() if line and not line.startswith("#"))
    return line.split("/")[4]


async def test_why_answers_for_every_choice_and_for_any_second(make_cup: MakeBench) -> None:
    bench = make_cup()
    async with bench.run() as running:
        started = await start(running, {"country": "SE", "theme": "dark"})
        await played(running, started["manifestUrl"])
        url = started["sessionUrl"].replace("/session/", "/why/")
        document = (await running.get(url)).json()
        assert document["onAir"] is None
        assert not document["settingsChanged"]
        assert [one["choice"] for one in document["choices"]] == list(CHOICES)
        assert all(one["sentence"].endswith(".") for one in document["choices"])
        (opener,) = [one for one in document["choices"] if one["choice"] == "opener"]
        assert (opener["value"], opener["how"]) == ("north", "rule")
        assert document["facts"]["country"] == "said"  # a bucket: any text may be that
        on_air = [(await running.get(url, params={"t": str(t)})).json()["onAir"] for t in (1, 5)]
        assert [one["kind"] for one in on_air] == ["ad", "content"]
        assert on_air[0]["sentence"] == (
            "You saw north in break s0 because the show plays that asset there."
        )
        for bad in ("x", "-1", "nan", "1" * 30):
            assert (await running.get(url, params={"t": bad})).status_code == 400
        token = started["sessionUrl"].rpartition("/")[2]
        sid = running.weft.sessions.lookup(token, bench.clock.now())
        assert sid is not None
        assert sid.sid not in orjson.dumps(document).decode()


async def test_a_value_comes_no_more_often_than_its_cap_says(make_cup: MakeBench) -> None:
    look = Choice(
        name="look",
        of=("light", "dark"),
        by='theme == "dark" ? "dark" : "light"',
        cap=Cap(2, timedelta(hours=1), "2/hour"),
    )
    bench = make_cup(choices={"look": look}, breaks=())
    async with bench.run() as running:
        started = await start(running, {"theme": "light"})
        token, found = started["sessionUrl"].rpartition("/")[2], []
        for theme in ("dark", "light", "dark", "light", "dark", "light"):
            bench.clock.advance(60)
            change = {"facts": {"theme": theme}}
            await running.client.patch(started["sessionUrl"], json=change)
            session = running.weft.sessions.lookup(token, bench.clock.now())
            assert session is not None
            found.append(session.settled.value("look"))
        assert found == ["dark", "light", "dark", "dark", "dark", "dark"]
        for number in range(20):  # so often that it is not known any more how often
            change = {"facts": {"theme": ("light", "dark")[number % 2]}}
            await running.client.patch(started["sessionUrl"], json=change)
        session = running.weft.sessions.lookup(token, bench.clock.now())
        assert session is not None
        assert session.record.forgotten_ms
        assert session.settled.value("look") == "dark"
        bench.clock.advance(3600)
        session = await running.weft.sessions.resume(token, bench.clock.now())
        await running.client.patch(started["sessionUrl"], json={"facts": {"theme": "light"}})
        session = running.weft.sessions.latest(session)
        assert session.settled.value("look") == "light"


async def test_the_commands_say_why_and_settle_once_more(
    make_cup: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_cup()
    text = """
keys: ["a key of the tests that has more than 32 characters"]
shows:
  vod:
    origin: http://origin.example/vod/
    facts: {theme: {type: string, of: [light, dark]}, club: {type: string, consent: fan}}
    choices:
      look: {of: [light, dark], by: 'theme == "dark" && club != "" ? "dark" : ""'}
"""
    config_file, record_file = tmp_path / "weft.yaml", tmp_path / "record.json"
    config_file.write_text(text)
    show = load(config_file).shows["vod"]
    bench.config = replace(bench.config, shows={"vod": show}, keys=load(config_file).keys)
    async with bench.run() as running:
        started = await start(running, {"theme": "dark", "club": "reds"})
        why = started["sessionUrl"].replace("/session/", "/why/")
        answers = {
            at: await running.get(why, params={"t": at} if at else {}) for at in ("", "7.000")
        }

    def get(url: str, *, params: dict[str, str], **_: object) -> httpx2.Response:
        assert url == f"http://weft.example{why}"
        return answers[params.get("t", "")]

    monkeypatch.setattr("packager.why_command.httpx2.get", get)
    session_url = f"http://weft.example{started['sessionUrl']}"
    runner = CliRunner()
    result = runner.invoke(main, ["why", session_url, "--at", "7", "--record", str(record_file)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "You saw the content at 7.000 s because no break was there.",
        'You saw dark for look because the rule theme == "dark" && club != "" ? "dark" : "" gives'
        " that, for club was said and theme was dark.",
    ]
    assert b"reds" not in record_file.read_bytes()
    again = ["replay", str(record_file), "--config", str(config_file)]
    result = runner.invoke(main, again)
    assert (result.exit_code, result.stdout[:5]) == (0, "equal"), result.output
    changed = record_file.read_bytes().replace(b'"value":"dark"', b'"value":"light"')
    record_file.write_bytes(changed)
    result = runner.invoke(main, again)
    assert result.exit_code == 1
    config_file.write_text(text.replace("dark]", "dark, sepia]"))
    assert "other ones than then" in runner.invoke(main, again).stderr


async def test_why_is_for_this_machine_or_for_who_has_the_secret(make_cup: MakeBench) -> None:
    async with make_cup().run() as running:
        url = (await start(running))["sessionUrl"].replace("/session/", "/why/")
        assert (await running.get(url)).status_code == 200
        proxied = await running.get(url, headers={"x-forwarded-for": "203.0.113.9"})
        assert (proxied.status_code, proxied.json()) == (403, {"error": "why_refused"})
        wrong = {"authorization": "Bearer wrong"}
        assert (await running.get(url, headers=wrong)).status_code == 403
        known = {"authorization": f"Bearer {SECRET}", "x-forwarded-for": "203.0.113.9"}
        assert (await running.get(url, headers=known)).status_code == 200
        transport = httpx2.ASGITransport(app=running.app, client=("203.0.113.9", 5000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://w.example") as other:
            assert (await other.get(url)).status_code == 403
        assert (await running.get(f"{url}x")).status_code == 403
        assert (await running.get(url.replace("vod", "live"))).status_code == 403


async def test_every_stored_record_is_replayed_after_a_restart(make_cup: MakeBench) -> None:
    bench = make_cup()
    bench.use_sqlite()
    async with bench.run() as running:
        started = await start(running, {"country": "SE"})
        url, sid = started["sessionUrl"], ""
        for country in ("US", "NO", "SE"):
            bench.clock.advance(1)
            await running.client.patch(url, json={"facts": {"country": country}})
        session = running.weft.sessions.lookup(url.rpartition("/")[2], bench.clock.now())
        assert session is not None
        sid = session.sid
    async with bench.run() as running:
        records = await running.weft.store.load_choices(sid)
        assert len(records) == 4
        policy = policy_of(bench.config.shows["vod"])
        key = running.weft.settling._key
        for data in records:
            assert b'"country":"said"' in data
            assert write_record(replayed(read_record(data), policy, (key,))) == data


def test_the_commands_say_what_is_wrong(tmp_path: Path) -> None:
    runner = CliRunner()
    result = runner.invoke(main, ["why", "weft.example/session"])
    assert result.exit_code == 1
    assert "SESSION_URL is whole" in result.stderr
    record = tmp_path / "record.json"
    record.write_bytes(b"{}")
    config = tmp_path / "weft.yaml"
    config.write_text("shows: {cup: {origin: 'https://origin.example/'}}")
    result = runner.invoke(main, ["replay", str(record), "--config", str(config)])
    assert result.exit_code == 1
    assert "record" in result.stderr
