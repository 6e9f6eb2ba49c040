"""The demo's recap in stock players: versions of three viewers, and seeks across every splice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

pytest.importorskip("av", reason="the recap's components need PyAV")

from packager.demo.recap_content import components
from tests.browser.demo import RECAP
from tests.browser.pictures import Gallery
from tests.browser.players import Players, Watching
from tests.browser.theatre import Play, Theatre, ended
from tests.browser.watch import LONGEST_STALL_S, Watch

pytestmark = pytest.mark.browser

PLAYS = (("hlsjs", "m3u8"), ("shaka", "mpd"), ("dashjs", "mpd"))
VIEWERS: Mapping[str, Mapping[str, str]] = {
    "long": {"look": "dark", "minutes": "3", "language": "en", "country": "JP"},
    "middle": {"look": "dark", "minutes": "2", "language": "de", "country": "DE"},
    "short": {"look": "light", "minutes": "1", "language": "en", "country": "US"},
}
BEFORE_S, AFTER_S = 0.6, 0.4  # of a splice that are looked at
LONGEST_SEEK_S = 10.0  # then the next one is tried, and what was not seen is missed
NEAR_S = (
    0.12  # what is seen and where: pictures are 0.04 s apart, sound may shift a period a little
)


@dataclass(frozen=True)
class Part:
    """A component in its place."""

    name: str
    start: float  # seconds
    end: float


@dataclass
class Version:
    """The recap of one viewer, in a session of its own."""

    url: str  # of the server
    facts: Mapping[str, str]
    token: str = ""
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        asked = f"{self.url}/v1/session/default/recap/index"
        begun = httpx2.post(asked, json={"facts": self.facts}, timeout=30).json()
        self.token = begun["sessionUrl"].rpartition("/")[2]
        told = httpx2.get(f"{self.url}/demo/recap/{self.token}/timeline", timeout=30).json()
        suffix = f"-{self.facts['look']}-{self.facts['language']}"
        names = {
            one.card.title: one.name
            for one in components(RECAP)
            if "-" not in one.name or one.name.endswith(suffix)
        }
        self.parts = [Part(names[one["label"]], one["start"], one["end"]) for one in told["spans"]]

    def manifest(self, ending: str) -> str:
        route = {"m3u8": "master", "mpd": "dash"}[ending]
        path = f"v1/{route}/default/recap/index.{ending}"
        return f"{self.url}/{path}?aws.sessionId={self.token}"

    @property
    def splices(self) -> list[float]:
        return [one.start for one in self.parts[1:]]


def tour(watching: Watching, *, splices: list[float]) -> None:
    """Seek to shortly before every splice, the last one first, and play over it."""
    for at in reversed(splices):
        seen = len(watching.look().samples)

        def is_over(watch: Watch, at: float = at, seen: int = seen) -> bool:
            positions = [sample.position for sample in watch.samples[seen:]]
            return bool(positions) and min(positions) < at and positions[-1] > at + AFTER_S

        watching.seek(at - BEFORE_S)
        watching.wait_until(is_over, limit_s=LONGEST_SEEK_S)


@pytest.fixture(scope="module")
def versions(recap_url: str) -> dict[str, Version]:
    return {name: Version(recap_url, facts) for name, facts in VIEWERS.items()}


@pytest.fixture(scope="module")
def gallery(recap_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    joined = tmp_path_factory.mktemp("components")
    for one in components(RECAP):
        folder = recap_media / one.name / "video"
        segments = sorted(folder.glob("*.m4s"), key=lambda path: int(path.stem))
        data = b"".join(path.read_bytes() for path in (folder / "init.mp4", *segments))
        (joined / f"{one.name}.mp4").write_bytes(data)
    return Gallery({path.stem: path for path in joined.iterdir()})


Stage = Theatre[tuple[str, str]]  # player, and whose version, or the tour


@pytest.fixture(scope="module")
def theatre(players: Players, versions: dict[str, Version]) -> Stage:
    plays = {}

    def opened(version: Version, ending: str) -> Callable[[], str]:
        return lambda: version.manifest(ending)

    for name, version in versions.items():
        for player, ending in PLAYS:
            plays[player, name] = Play(
                player=player, open=opened(version, ending), enough=ended, pictures=True
            )
    for player, ending in PLAYS:
        plays[player, "tour"] = Play(
            player=player,
            open=opened(versions["short"], ending),
            enough=lambda watch: True,
            begun=partial(tour, splices=versions["short"].splices),
            pictures=True,
        )
    return Theatre(players, plays)


def test_each_viewer_has_a_version_of_their_own(versions: dict[str, Version]) -> None:
    orders = {tuple(one.name for one in version.parts) for version in versions.values()}
    assert len(orders) == len(VIEWERS)
    goals = ["goal_1", "goal_2", "goal_3"]
    for name, version in versions.items():
        played = [one.name for one in version.parts]
        assert [one for one in played if one in goals] == goals  # kept in every length
        highlights = sum(one.end - one.start for one in version.parts[2:-1])
        assert highlights <= RECAP.minute_s * int(VIEWERS[name]["minutes"])
    assert versions["long"].parts[1].name == "lumen"  # the only one with the rights for JP


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize(("player", "ending"), PLAYS)
def test_a_version_plays_to_its_end(
    theatre: Stage,
    versions: dict[str, Version],
    gallery: Gallery,
    player: str,
    ending: str,
    viewer: str,
) -> None:
    """A-20, B-20: every component in its place, and no other."""
    watch = theatre.watch((player, viewer))
    watch.assert_played()
    assert watch.ended, watch
    seen = gallery.shots(watch)
    wanted = versions[viewer].parts
    assert [one.name for one in seen] == [one.name for one in wanted], watch
    for one, part in zip(seen, wanted, strict=True):
        assert one.offset == pytest.approx(part.start, abs=NEAR_S), (one, part)


@pytest.mark.parametrize(("player", "ending"), PLAYS)
def test_a_viewer_seeks_across_every_splice(
    theatre: Stage, versions: dict[str, Version], gallery: Gallery, player: str, ending: str
) -> None:
    """C-03: the picture is that of the position, before the splice and after it."""
    version = versions["short"]
    watch = theatre.watch((player, "tour"))
    assert not watch.fatal, watch
    assert all(stall.seconds <= LONGEST_STALL_S for stall in watch.stalls), watch
    backward = [b.position for a, b in pairwise(watch.samples) if b.position < a.position - 0.05]
    assert len(backward) == len(version.splices) - 1, watch  # the first seek goes forward
    crossed = set()
    for sample in watch.samples:
        found = gallery.recognise(sample.picture) if sample.picture else None
        if sample.picture is None or found is None:
            continue
        (name, at), position = found, sample.picture.position
        near = [one for one in version.parts if one.start - NEAR_S < position < one.end + NEAR_S]
        place = next((one for one in near if one.name == name), None)
        assert place is not None, f"{name} is seen at {position}: {watch}"
        assert place.start + at == pytest.approx(position, abs=NEAR_S), (place, at, position)
        crossed.add(name)
    assert crossed == {one.name for one in version.parts}
