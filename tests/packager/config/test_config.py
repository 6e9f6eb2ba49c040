import pickle
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_network
from pathlib import Path

import pytest

from packager.config import (
    AssetFill,
    Config,
    ConfigError,
    CueBreaks,
    ScheduledBreak,
    Secret,
    Show,
    SlateFill,
    VastFill,
    VmapBreaks,
    load,
)
from packager.config.ad_settings import Cap, Prefetch, Separation
from packager.config.break_settings import BreakRule
from packager.config.choice_settings import Cap as ChoiceCap
from packager.config.choice_settings import Choice, Pin
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PolledFeed, PushedFeed

CASES = Path(__file__).parents[2] / "cases" / "config"
BAD = sorted((CASES / "bad").glob("*.yaml"))
FULL = CASES / "good" / "everything.yaml"


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_problem_is_told_at_once_with_its_line(path: Path) -> None:
    """What stands after ``#!`` is the start, or a part, of a problem of that line."""
    expected = [
        (number, reason.strip())
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        for reason in line.split("#! ")[1:]
    ]
    with pytest.raises(ConfigError) as caught:
        load(path)
    problems = caught.value.problems
    told = [(problem.place.line, problem.reason) for problem in problems]
    for line, reason in expected:
        assert any(line == at and reason in text for at, text in told), (line, reason, told)
    assert len(told) == len(expected), told
    assert [line for line, _ in told] == sorted(line for line, _ in expected)
    assert str(caught.value).startswith(f"{path}:{expected[0][0]}: ")


def test_a_problem_names_the_setting() -> None:
    with pytest.raises(ConfigError, match=r"breaks.yaml:7: shows.news.breaks\[1\].from: 'cue' is"):
        load(CASES / "bad" / "breaks.yaml")


def test_every_setting_is_read() -> None:
    config = load(FULL)
    news = config.shows["news"]
    cues, first, second, last, posted = news.breaks
    folder = FULL.parent
    assert (config.listen.address, config.listen.port) == ("0.0.0.0", 80)
    assert config.listen.trusted == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert (config.admin.address, config.admin.port, config.admin.public) == (
        "10.0.0.5",
        9000,
        True,
    )
    assert config.public_url == "https://video.example/weft/"
    assert [key.reveal for key in config.keys] == [
        "a new secret with more than 32 characters",
        "the secret that went before, 32 characters or more",
    ]
    assert config.store.path == folder / "state" / "weft.db"
    assert config.media.folder == Path("/srv/weft")
    assert (config.media.workers, config.media.loudness_lufs) == (4, Decimal(-23))
    assert config.outbound.allow == (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert config.timeouts.ad_deadline_s == 0.1
    assert (config.sessions.idle_s, config.sessions.max_s, config.sessions.limit) == (
        900,
        43_200,
        1000,
    )
    assert (config.log.format, config.log.level) == ("console", "debug")
    assert config.tenants == ("acme", "zeta")
    assert (news.name, news.origin) == ("news", "http://127.0.0.1:9999/news/")
    assert isinstance(cues, CueBreaks)
    assert isinstance(cues.fill, VastFill)
    assert cues.fill.server.url.literals[0] == "http://localhost:9998/vast?d="
    assert cues.otherwise == "slate"
    assert cues.prefetch == Prefetch(seconds=Decimal(45), spread_s=90, keep_s=300)
    assert first == ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="bumper"))
    assert second == ScheduledBreak(at=Decimal("312.5"), fill=SlateFill(), seconds=Decimal(10))
    assert last == ScheduledBreak(at="end", fill=AssetFill(asset="bumper"), otherwise="slate")
    assert isinstance(posted.fill, VastFill)
    call = posted.fill.server.template
    assert call.url.literals == ("http://localhost:9998/decide",)
    assert call.body is not None
    assert call.body.encoding == "json"
    assert call.body.fields == ("break.seconds", "session.id", "ads")
    assert call.headers == {"Content-Type": "application/json", "X-Key": "secret"}
    assert call.forwarded_for
    assert news.slate is not None
    assert news.slate.file == news.assets["bumper"].file
    assert news.assets["bumper"].file == folder / "clip.mp4"
    assert news.segments.content == "https://cdn.example/news/"
    assert (news.limits.max_break_s, news.limits.overrun_s) == (Decimal(120), Decimal("0.5"))
    assert news.cues.start_types == (0x30, 0x34)
    assert (news.cues.splice_insert, news.cues.honour_restrictions) == (False, False)
    assert news.cues.tags == {"EXT-X-ACME-START": "out", "EXT-X-ACME-END": "in"}
    assert news.cues.classes == {"com.acme.break": "out"}
    assert news.ads.frequency.caps == {
        "creative": Cap(times=3, per_s=3600),
        "advertiser": Cap(times=6, per_s=3600),
        "category": Cap(times=9, per_s=7200),
    }
    assert news.ads.separation == Separation(creative=False, advertiser=False, category=False)
    assert news.ads.blocked_categories == ("IAB7-39", "IAB26")
    assert (news.ads.allow_skippable, news.ads.reorder) == (True, True)
    assert news.ads.max_unfilled_s == Decimal("12.5")
    rules = news.consent.rules
    assert (rules.mode, rules.identifiers) == ("require", {"ppid"})
    assert rules.strings == {"tcString", "gpp"}
    assert rules.name_of("ifa") == "rdid"
    minutes = news.facts["minutes"]
    assert (minutes.name, minutes.kind, minutes.of, minutes.fallback) == (
        "minutes",
        "int",
        ("5", "15", "45"),
        15,
    )
    assert news.facts["theme"] == Fact(name="theme", kind="string")
    assert (news.facts["theme"].fallback, news.facts["lead"].fallback) == ("", 1.5)
    country = news.facts["country"]
    assert (country.header, country.max_characters) == ("CloudFront-Viewer-Country", 2)
    assert news.facts["club"].consent == "personalise"
    score, leader, goal = (news.facts[name] for name in ("score", "leader", "goal"))
    assert score.shared
    assert score.feed == PolledFeed(url="http://127.0.0.1:9997/m7?key=k")
    assert leader.feed == PolledFeed(
        url="https://feed.example/events",
        headers={"X-Key": "secret"},
        pointer=("match", "leader"),
        event="match",
        every_s=2.0,
        stale_s=30.0,
    )
    secret = Secret("a feed's secret of more than 32 characters")
    assert goal.feed == PushedFeed(secret=secret, pointer=("goal",), stale_s=10.0)
    assert "key=k" not in repr(score)
    lang, hour, tags = (news.facts[name] for name in ("lang", "hour", "tags"))
    assert (lang.source, lang.values) == ("language", ("en", "de"))
    assert (hour.zone, hour.is_timed, hour.is_said) == ("Europe/Berlin", True, False)
    assert (tags.kind, tags.fallback) == ("strings", ())
    scorer = news.facts["scorer"].feed
    assert scorer is not None
    assert scorer.value_in('{"goals": [{"player": "Ann"}]}') == "Ann"
    zeta = news.assets["zeta"]
    assert (zeta.tags, zeta.rights) == (("car",), 'lang == "de"')
    sponsor = news.choices["sponsor"]
    assert sponsor == Choice(
        name="sponsor",
        of=("acme", "zeta"),
        weigh={"acme": Fraction(5, 2), "zeta": Fraction(1)},
        floor=Fraction(1, 20),
        cap=ChoiceCap(2, timedelta(days=1), "2/day"),
        apart="tags",
        otherwise="house",
        pins=(
            Pin(
                value="zeta",
                when='look == "dark" && lang == "de"',
                author="ann",
                reason="derby",
                until=datetime(2027, 1, 1, tzinfo=UTC),
            ),
        ),
    )
    assert news.choices["everybody"].shared
    assert [news.choices[name].kind for name in ("look", "everybody")] == ["string", "int"]
    assert (news.markers, news.tenants) == ("keep", ("acme",))
    (from_vmap,) = config.shows["film"].breaks
    assert isinstance(from_vmap, VmapBreaks)
    assert from_vmap.server.url.literals[0] == "https://ads.example/vmap?sid="
    assert from_vmap.otherwise == AssetFill(asset="promo")


def test_an_overlay_for_ads_is_filled_as_breaks_are() -> None:
    show = load(FULL).shows["news"]
    fill = show.overlays["sponsor"].fill
    assert fill is not None
    assert show.draws_ads
    assert fill.image == "logo"
    assert fill.rule == BreakRule(fill=VastFill(server=fill.server))
    assert fill.server.url.fields == ("break.seconds", "fact.club")
    assert show.overlays["late"].fill is None
    assert show.overlays["bug"].fill is None


def test_a_show_and_its_origin_are_enough() -> None:
    path = CASES / "good" / "minimal.yaml"
    config = load(path)
    origin = "https://origin.example/"
    assert config == replace(
        Config(shows={"news": Show(name="news", origin=origin)}), media=config.media
    )
    assert config.media.folder == path.parent / "weft-media"
    assert config.admin.port == 8081


def test_a_section_given_in_part_keeps_its_own_defaults(tmp_path: Path) -> None:
    path = tmp_path / "weft.yaml"
    text = "store: memory\nmedia: {workers: 2}\nadmin: {address: 127.0.0.2}\nshows: {a: {origin: 'http://a.b/'}}\n"
    path.write_text(text, encoding="utf-8")
    config = load(path)
    assert (config.admin.address, config.admin.port) == ("127.0.0.2", 8081)
    assert (config.media.folder, config.media.workers) == (tmp_path / "weft-media", 2)


def test_an_ad_server_is_got_or_posted_to(tmp_path: Path) -> None:
    path = tmp_path / "weft.yaml"
    servers = {
        "https://ads.example/?x": None,
        "{url: 'https://ads.example/?x'}": None,
        "{url: 'https://ads.example/?x', method: GET}": None,
        "{url: 'https://ads.example/?x', method: POST}": ("percent", ("",)),
        "{url: 'https://ads.example/?x', body: 'a={ads}'}": ("percent", ("a=", "")),
    }
    for text, body in servers.items():
        fill = f"[{{from: cues, fill: {{vast: {text}}}}}]"
        path.write_text(f"shows: {{a: {{origin: 'http://a.b/', breaks: {fill}}}}}\n")
        found = load(path).shows["a"].breaks[0].fill
        assert isinstance(found, VastFill)
        template = found.server.template
        assert template.url.literals == ("https://ads.example/?x",)
        sent = template.body
        assert (sent and (sent.encoding, sent.literals)) == body


def test_a_configuration_does_not_change_and_travels_to_other_processes() -> None:
    config = load(FULL)
    with pytest.raises(FrozenInstanceError):
        config.listen.port = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(config)) == config


def test_no_secret_is_printed_with_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "weft.yaml"
    text = (
        "keys: [canary-canary-canary-canary-canary]\n"
        "shows: {a: {origin: 'http://a.b/', breaks: [{from: cues, fill: "
        "{vast: {url: 'https://ads.example/?key=canary', headers: {X-Key: canary},"
        " body: 'canary'}}}]}}\n"
    )
    path.write_text(text, encoding="utf-8")
    config = load(path)
    assert "canary" not in repr(config)
    rule = config.shows["a"].breaks[0]
    assert isinstance(rule.fill, VastFill)
    assert "canary" not in repr(rule.fill.server.template)
    hash(rule)  # deciders are kept by rule
    assert "canary" not in str(Secret("canary"))


def test_a_file_that_cannot_be_read_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"latin.yaml:2: is not UTF-8"):
        load(tmp_path / "latin.yaml")
