"""The demo's recap: its rules for every viewer, and what its components are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from packager.demo.recap import MINUTES, RECAP, recap_show
from packager.demo.recap_backstage import RecapMedia
from packager.demo.recap_build import ensure_recap, make_component, recap_folder
from packager.demo.recap_content import GOAL, LANGUAGES, LOOKS, MATCH, SPONSORS, Timing, components
from packager.personalization.policy import policy_of
from packager.personalization.settle import Moment, settle_choices
from packager.rules import Value
from packager.stories.answers import SessionAnswers
from packager.stories.outcome import settle, story_of

SHORT = Timing(minute_s=6, moments_s=(4,), short_s=2, frame_s=2)
SHOW = recap_show("https://origin.example/recap/", Timing())
POLICY, STORY = policy_of(SHOW), story_of(SHOW)
GOALS = [one.name for one in MATCH if one.kind == GOAL]


@dataclass(frozen=True)
class Shelf:
    """Everything is there."""

    lengths: Mapping[str, int]

    def length(self, clip: str) -> Decimal:
        name, _, cut = clip.partition(":")
        if clip.startswith("="):
            return Decimal(Timing().frame_s)
        return Decimal(Timing().short_s if cut else self.lengths[name.replace("~", "-")])

    def made(self, asset: str) -> str:
        return f"={asset}"


SHELF = Shelf({one.name: one.seconds for one in components(Timing())})
VIEWERS = list(product(LOOKS, MINUTES, LANGUAGES, ("SE", "DE", "US", "JP"), ("", "Ada")))


def version_of(facts: Mapping[str, Value], who: str) -> tuple[list[str], dict[str, str]]:
    moment = Moment(facts=facts, key=b"k" * 32, who=who, at=datetime(2026, 11, 22, tzinfo=UTC))
    settled = settle_choices(POLICY, moment).settled
    outcome, told = settle(STORY, SessionAnswers(facts, settled), SHELF)
    assert told == ()  # everybody gets what they are meant to
    return [str(one) for one in outcome], dict(settled.values)


@pytest.mark.parametrize(("look", "minutes", "language", "country", "viewer"), VIEWERS)
def test_every_viewer_has_a_whole_version(
    look: str, minutes: str, language: str, country: str, viewer: str
) -> None:
    facts = {
        "look": look,
        "minutes": int(minutes),
        "language": language,
        "country": country,
        "viewer": viewer,
    }
    played, choices = version_of(facts, "somebody")
    card, frame = ["=hello"] if viewer else [], f"{look}~{language}"
    moments = played[len(card) + 2 : -1]
    assert played == [
        *card,
        f"opener~{frame}",
        choices["sponsor"],
        *moments,
        f"end~{frame}",
    ]
    assert [one.partition(":")[0] for one in moments if one.startswith(GOAL)] == GOALS
    length = sum(SHELF.length(one) for one in moments)
    assert 60 * int(minutes) - Timing().short_s < length <= 60 * int(minutes)


def test_a_sponsor_is_shown_only_where_it_has_the_rights() -> None:
    seen: dict[str, set[str]] = {}
    for country, number in product(("SE", "DE", "US", "JP"), range(60)):
        facts = {"look": "dark", "minutes": 1, "language": "en", "country": country, "viewer": ""}
        _, choices = version_of(facts, str(number))
        seen.setdefault(country, set()).add(choices["sponsor"])
    assert seen == {
        "SE": set(SPONSORS),
        "DE": {"northwind", "halden"},
        "US": {"northwind", "lumen"},
        "JP": {"lumen"},
    }


def test_components_are_told_apart_by_name_and_by_colour() -> None:
    made = components(Timing())
    assert len({one.name for one in made}) == len(made)
    moments = [one for one in made if one.name in {moment.name for moment in MATCH}]
    assert len({(one.card.top, one.card.bottom) for one in moments}) == len(MATCH)
    assert all(one.seconds % 2 == 0 for one in made)
    assert sum(one.seconds for one in moments) >= 180  # of what three minutes choose from


@pytest.fixture(scope="module")
def goal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("av", reason="drawing the recap needs PyAV")
    folder = tmp_path_factory.mktemp("recap")
    make_component(folder, next(one for one in components(SHORT) if one.name == "goal_1"))
    return folder / "goal_1"


def test_a_component_is_a_presentation_in_every_language(goal: Path) -> None:
    text = (goal / "index.m3u8").read_text()
    for language in LANGUAGES:
        assert f'LANGUAGE="{language}"' in text
        assert (goal / f"index-{language}.m3u8").read_text().count("#EXTINF") == 2
    sounds = {(goal / language / "1.m4s").read_bytes() for language in LANGUAGES}
    assert len(sounds) == len(LANGUAGES)  # a tune of its own each


def test_its_shorter_cut_is_the_beginning_of_it(goal: Path) -> None:
    whole, short = ((goal / f"{name}-video.m3u8").read_text() for name in ("index", "short"))
    assert (whole.count("#EXTINF"), short.count("#EXTINF")) == (2, 1)
    assert set(short.splitlines()) < set(whole.splitlines())
    assert 'URI="short-en.m3u8"' in (goal / "short.m3u8").read_text()


async def test_components_are_served_once_all_of_them_are_there(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("not for others")
    media = RecapMedia(tmp_path, SHORT)
    app = Starlette(routes=[Mount("/recap", media.serve)])
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://demo") as client:
        assert (await client.get("/recap/goal_1/index.m3u8")).status_code == 503
        folder = recap_folder(tmp_path, SHORT) / "goal_1"
        folder.mkdir(parents=True)
        (folder / "index.m3u8").write_text("#EXTM3U")
        assert (await client.get("/recap/goal_1/index.m3u8")).text == "#EXTM3U"
        assert (await client.get("/recap/%2e%2e/key")).status_code == 404
        await media.make()  # they are there
    assert media.share == 1.0


def test_making_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="drawing the recap needs PyAV")

    def end(share: float) -> None:
        raise RuntimeError("the demo ends")

    with pytest.raises(RuntimeError, match="the demo ends"):
        ensure_recap(tmp_path, SHORT, progress=end)
    assert list(tmp_path.iterdir()) == []


def test_another_timing_has_other_components(tmp_path: Path) -> None:
    assert recap_folder(tmp_path, SHORT) != recap_folder(tmp_path, Timing())
    assert SHOW.name == RECAP
