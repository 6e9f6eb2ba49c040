"""What a session saw at any second, from its stored decisions alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from packager.decisions.ad_record import PodRecord
from packager.decisions.ads import Ad
from packager.explaining import Shown, breaks_shown, on_air, record_in_force
from packager.personalization.record import DecisionRecord
from packager.reasons import Reason
from packager.stores.records import Decision, PodEntry

SECONDS = {"a": Decimal(4), "b": Decimal(2), "slate": Decimal(9), "hello": Decimal(3)}
AT = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def decision(
    name: str, out_at: int, in_at: int, *pod: PodEntry, reason: str = "", outcome: str = "fill"
) -> Decision:
    return Decision(
        break_id=name,
        out_at=Decimal(out_at),
        in_at=Decimal(in_at),
        outcome=outcome,  # type: ignore[arg-type]
        pod=pod,
        reason=reason,
    )


DECISIONS = (
    decision("late", 130, 140, outcome="content", reason=Reason.AD_TIMEOUT),
    decision("s0", 100, 100, PodEntry("hello", "bumper"), PodEntry("a"), PodEntry("b")),
    decision("cue", 108, 114, PodEntry("a"), PodEntry("slate", "slate")),
)
PODS = {
    "s0": PodRecord(
        ads=(None, Ad(id="7", title="Acme\nspot", advertiser="Acme", ad_system="GAM"), Ad(id="8"))
    )
}


def shown() -> tuple[Shown, ...]:
    names = {"hello": "opener"}.get
    return breaks_shown(DECISIONS, PODS, SECONDS.get, names, zero=Decimal(100))


def test_what_is_inserted_moves_the_rest_and_what_is_replaced_does_not() -> None:
    spans = [(one.break_id, one.kind, int(one.start_s), int(one.end_s)) for one in shown()]
    assert spans == [
        ("s0", "bumper", 0, 3),
        ("s0", "ad", 3, 7),
        ("s0", "ad", 7, 9),
        ("cue", "ad", 17, 21),
        ("cue", "slate", 21, 23),  # it ends with its break
        ("late", "content", 39, 49),
    ]


@pytest.mark.parametrize(
    ("at_s", "said"),
    [
        (1, "You saw opener in break s0 because it frames that break's ads."),
        (
            4,
            "You saw Acme spot of Acme in break s0, number 2 of 3, because the ad server (GAM)"
            " gave it for that break.",
        ),
        (8, "You saw 8 in break s0, number 3 of 3, because the ad server gave it for that break."),
        (12, "You saw the content at 12 s because no break was there."),
        (18, "You saw a in break cue because that was decided for it."),
        (22, "You saw slate in break cue because no ad took that time."),
        (40, "You saw the content in break late because "),
        (99, "You saw the content at 99 s because no break was there."),
    ],
)
def test_each_second_has_its_sentence(at_s: int, said: str) -> None:
    told = str(on_air(shown(), Decimal(at_s))["sentence"])
    assert told.startswith(said)
    assert told.endswith(".")


STORY = (("opener~dark~en", Decimal(4)), ("goal:short", Decimal(2)), ("", Decimal(3)))


@pytest.mark.parametrize(
    ("at_s", "said"),
    [
        (0, "You saw Acme spot"),
        (5, "You saw opener (dark, en) at 5 s because the story plays it there."),
        (9, "You saw goal (short) at 9 s"),
        (11, "You saw what was made for you at 11 s"),
        (14, "You saw the content at 14 s"),  # after its end
    ],
)
def test_a_story_says_which_of_its_parts_was_there(at_s: int, said: str) -> None:
    first = decision("s0", 0, 0, PodEntry("hello", "bumper"), PodEntry("a"), PodEntry("b"))
    spans = breaks_shown((first,), PODS, {"a": Decimal(4)}.get, lambda _: None, zero=Decimal(0))
    assert str(on_air(spans, Decimal(at_s), STORY)["sentence"]).startswith(said)


def test_what_is_gone_from_the_media_folder_is_passed_over() -> None:
    found = breaks_shown(DECISIONS, PODS, lambda _: None, lambda _: None, zero=Decimal(100))
    assert [one.kind for one in found] == ["content"]


def record(seconds: int) -> DecisionRecord:
    at = AT + timedelta(seconds=seconds)
    return DecisionRecord(show="cup", policy="", key="", who="", at=at, facts=())


@pytest.mark.parametrize(
    ("live", "at_s", "index"),
    [(True, None, 2), (True, 0, 0), (True, 9, 0), (True, 10, 1), (True, 99, 2), (False, 99, 0)],
)
def test_in_live_content_the_record_of_that_second_counts_and_of_a_film_the_first(
    live: bool, at_s: int | None, index: int
) -> None:
    records = [record(0), record(10), record(20)]
    at = None if at_s is None else Decimal(at_s)
    began = int(AT.timestamp())
    assert record_in_force(records, live=live, began_at=began, at_s=at) is records[index]
    assert record_in_force([], live=live, began_at=began, at_s=at) is None
