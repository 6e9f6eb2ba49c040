from collections.abc import Iterable
from decimal import Decimal

from look_drawing import a_drawn

from manifests.content_segment import ContentSegment, Source
from packager.looks.frames import Frames
from packager.looks.look import FIRST_SEGMENTS, Look
from packager.looks.steps import Drawn
from packager.looks.streams import Streams

VIDEO = Streams(frames=Frames())


class Score:
    """An overlay whose data is what the test says at the moment."""

    def __init__(self, shown: tuple[int, int] = (0, 1000)) -> None:
        self.value = "0:0"
        self.shown = shown

    def drawn(self, start: Decimal, end: Decimal) -> Drawn | None:
        if end <= self.shown[0] or start >= self.shown[1]:
            return None
        return a_drawn(self.value, begins=self.shown[0])


def latest(edge: int, *, name: str = "v", count: int = 6) -> Iterable[ContentSegment]:
    """Segments of 2 s up to an edge, the latest first."""
    for start in range(edge - 2, edge - 2 - 2 * count, -2):
        url = f"https://o.example/{name}/{start}.m4s"
        yield ContentSegment(
            name=url, media=Source(url), init=None, start=Decimal(start), duration=Decimal(2)
        )


def refresh(look: Look, edge: int, name: str = "v", *, taken: bool = True) -> dict[int, str]:
    choices = look.choices(name, latest(edge, name=name), streams=VIDEO, live=True)
    wanted = {one.segment.name: one for one in choices if one.drawn}
    look.list(name, choices, {n: f"/o/{n}" for n in wanted} if taken else {})
    return {int(one.segment.start): one.drawn[0].text.decode() for one in wanted.values()}


def test_only_what_was_not_listed_is_chosen_and_what_was_stays() -> None:
    score = Score()
    look = Look("k", [score])
    first = refresh(look, 20)
    assert list(first) == [12, 14, 16, 18]
    assert len(first) == FIRST_SEGMENTS
    before = dict(look.replaced("v"))
    score.value = "1:0"
    assert refresh(look, 22) == {20: "1:0"}
    assert refresh(look, 22) == {}
    assert before.items() <= look.replaced("v").items()


def test_a_change_comes_at_the_same_instant_in_all_renditions() -> None:
    score = Score()
    look = Look("k", [score])
    refresh(look, 20, "v")
    score.value = "1:0"
    assert refresh(look, 22, "v")[20] == "1:0"
    score.value = "2:0"
    assert refresh(look, 24, "w") == {16: "0:0", 18: "0:0", 20: "1:0", 22: "2:0"}
    assert refresh(look, 24, "v") == {22: "2:0"}


def test_a_segment_that_was_not_taken_on_stays_the_original() -> None:
    look = Look("k", [Score()])
    refresh(look, 20, taken=False)
    assert look.replaced("v") == {}
    refresh(look, 22)
    assert list(look.replaced("v")) == ["https://o.example/v/20.m4s"]


def test_nothing_is_drawn_where_nothing_shows() -> None:
    look = Look("k", [Score(shown=(17, 21))])
    assert list(refresh(look, 20)) == [16, 18]
    assert list(refresh(look, 26)) == [20]
    assert look.listed_until("v") == 26


def test_the_version_rises_with_what_is_replaced_alone() -> None:
    look = Look("k", [Score(shown=(17, 19))])
    refresh(look, 16)
    assert look.version == 0
    refresh(look, 20)
    version = look.version
    assert version > 0
    refresh(look, 24)
    assert look.version == version


def test_what_is_no_longer_listed_is_forgotten() -> None:
    look = Look("k", [Score()])
    for edge in range(20, 60, 2):
        refresh(look, edge)
    look.forget_before(Decimal(50))
    assert len(look.replaced("v")) == 4


def test_vod_is_chosen_whole() -> None:
    look = Look("k", [Score(shown=(10, 20))])
    choices = look.choices("v", latest(100, count=50), streams=VIDEO, live=False)
    assert len(choices) == 50
    assert [int(one.segment.start) for one in choices if one.drawn] == [10, 12, 14, 16, 18]
