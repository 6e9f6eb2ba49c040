"""When overlays show, and when ad servers are asked what they show."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from look_drawing import a_drawn

from manifests.breaks import Cue, CueKind
from packager.config.ad_settings import VastServer
from packager.config.overlay_settings import (
    AdFill,
    Overlay,
    ShowAlways,
    ShowAt,
    ShowAtCues,
    ShowRule,
    ShowWhen,
)
from packager.decisions.templates import read_template
from packager.looks.ads import Slot, SlotAd
from packager.looks.showings import Showing, Showings, cue_rules
from packager.pictures.getting import Picture

PICTURE = Picture("00", b"", 1, 1)
FILL = AdFill(server=VastServer(url=read_template("https://ads.example/")))


def showings(show: ShowRule, *cues: tuple[int, int | None]) -> Showings:
    found = Showings(overlay=Overlay(name="logo", template=Path(), show=show))
    told = tuple(
        Cue(
            kind=CueKind.OUT,
            at=Decimal(at),
            duration=None if seconds is None else Decimal(seconds),
            event_id=str(at),
        )
        for at, seconds in cues
    )
    return found.observe(told, edge=Decimal(100), near_s=Decimal(1))


def at(one: Showings, start: int) -> Showing | None:
    return one.at(Decimal(start), Decimal(start + 2), origin=Decimal(10))


CUES = ShowAtCues(source="cues", schemes=("urn:a",), classes=("b",))


def test_what_a_segment_has_something_of_is_shown_the_first_of_several() -> None:
    found = showings(CUES, (20, 4), (25, None))
    assert at(found, 17) is None
    assert at(found, 19) == Showing(Decimal(20), Decimal(24), "o.logo.b20")
    assert at(found, 23) == Showing(Decimal(20), Decimal(24), "o.logo.b20")
    assert at(found, 24) == Showing(Decimal(25), None, "o.logo.b25")
    assert at(found, 90) == Showing(Decimal(25), None, "o.logo.b25")


def test_the_latest_times_come_first_and_what_is_always_there_has_none() -> None:
    found = showings(CUES, (20, 4), (30, 4))
    assert [one.begins for one in found.latest(origin=Decimal(0))] == [30, 20]
    fixed = showings(ShowAt(at=Decimal(5), seconds=Decimal(3)))
    assert list(fixed.latest(origin=Decimal(10))) == [Showing(Decimal(15), Decimal(18), "o.logo")]
    for rule in (ShowAlways(), ShowWhen(when="true")):
        assert list(showings(rule).latest(origin=Decimal(0))) == []
        assert at(showings(rule), 3) is not None


def test_classes_and_schemes_count_as_cues() -> None:
    rules = cue_rules(CUES)
    assert rules.schemes == ("urn:a",)
    assert dict(rules.classes) == {"b": "out"}


def test_a_slot_is_a_break_in_which_nothing_is_played() -> None:
    shown = Showing(Decimal(20), Decimal(24), "o.logo.b20")
    one = Slot("logo", FILL, shown).ad_break
    assert (one.id, one.out_at, one.in_at, one.is_point) == ("o.logo.b20", 20, 24, False)
    assert Slot("logo", FILL, replace(shown, ends=None)).ad_break.in_at is None


@pytest.mark.parametrize(
    ("ends", "min_s", "until"), [(24, 2, 24), (24, None, 24), (None, 6, 26), (None, None, None)]
)
def test_an_ad_is_shown_as_long_as_its_overlay_or_as_it_asks(
    ends: int | None, min_s: int | None, until: int | None
) -> None:
    ad = SlotAd("o", None if min_s is None else Decimal(min_s), PICTURE)
    shown = ad.shown(Showing(Decimal(20), None if ends is None else Decimal(ends)))
    assert (shown.begins, shown.ends) == (20, until)


def test_states_with_and_without_an_ad_differ() -> None:
    assert a_drawn("1:0") != replace(a_drawn("1:0"), slot="o.logo.b20")
