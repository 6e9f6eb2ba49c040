"""Where breaks are on a player's clock, cut short or whole, with films or without."""

from decimal import Decimal

import pytest

from manifests.creative import Creative
from manifests.splicing.timeline import FRAME_S, Splice
from packager.decisions.ad_record import PodRecord
from packager.decisions.ads import Ad, NonLinear, Tracking
from packager.tracking.placing import Filmless, avails_of

DRAWN = Ad(
    id="logo",
    nonlinears=(
        NonLinear(id="a", min_duration=Decimal(5)),
        NonLinear(id="b"),
        NonLinear(id="c", min_duration=Decimal(8)),
    ),
)
TOLD = PodRecord(tracking=(Tracking("breakStart", "https://e.test/"),))


def insertion(name: str, at: int, seconds: int) -> Splice:
    creative = Creative(id=name, duration=Decimal(seconds), renditions={})
    return Splice(break_id=name, out_at=Decimal(at), in_at=Decimal(at), pod=(creative,), ends=())


def test_breaks_without_films_come_after_what_was_inserted_before_them() -> None:
    filmless = [
        Filmless(break_id="late", at=Decimal(90), pod=TOLD),
        Filmless(break_id="same", at=Decimal(20), pod=TOLD),
        Filmless(break_id="early", at=Decimal(15), pod=PodRecord(overlays=(DRAWN,)), linear=False),
    ]
    splices = (insertion("one", 10, 30), insertion("two", 20, 6))
    found = avails_of(splices, {}, zero=Decimal(10), by_segments=True, filmless=filmless)
    assert [(one.id, one.start_s, one.duration_s, one.linear) for one in found] == [
        ("one", 0, 30, True),
        ("early", 35, 8, False),
        ("two", 40, 6, True),
        ("same", 46, 0, True),
        ("late", 116, 0, True),
    ]
    assert found[1].overlays == (DRAWN,)


def test_a_break_has_its_overlays_beside_its_films() -> None:
    pods = {"one": PodRecord(ads=(Ad(id="film"),), overlays=(DRAWN,), tracking=TOLD.tracking)}
    (one,) = avails_of([insertion("one", 10, 30)], pods, zero=Decimal(0), by_segments=True)
    assert [placed.ad and placed.ad.id for placed in one.ads] == ["film"]
    assert (one.overlays, one.tracking) == ((DRAWN,), TOLD.tracking)


def replacement(*seconds: str, limit: str) -> Splice:
    """Ads in segments of 3 s, and a last one, from second 10 of the content on."""
    lengths = [Decimal(one) for one in seconds]
    ends: list[Decimal] = []
    for number, length in enumerate(lengths):
        begin = sum(lengths[:number], Decimal(0))
        ends += [begin + 3 * one for one in range(1, int((length - 1) // 3) + 1)]
        ends.append(begin + length)
    pod = tuple(Creative(id=str(one), duration=one, renditions={}) for one in lengths)
    until = 10 + Decimal(limit)
    return Splice(
        break_id="b", out_at=Decimal(10), in_at=until, pod=pod, ends=tuple(ends), limit=until
    )


CUT = {
    "in the second segment": ("5", [("10", "3")], [("10", "5")]),
    "in the first one": ("2", [], [("10", "2")]),
    "between two": ("6", [("10", "6")], [("10", "6")]),
    "where the first ad ends": ("10", [("10", None)], [("10", None)]),
    "in the second ad": ("12", [("10", None)], [("10", None), ("20", "2")]),
    "a frame before its end": ("13.97", [("10", None), ("20", None)], [("10", None), ("20", None)]),
}


@pytest.mark.parametrize(("limit", "hls", "dash"), CUT.values(), ids=CUT)
def test_of_a_break_that_is_cut_short_what_is_shown_is_placed(
    limit: str, hls: list[tuple[str, str | None]], dash: list[tuple[str, str | None]]
) -> None:
    """A-27, B-31: HLS leaves out whole segments, so of an ad all that is not listed."""
    one = replacement("10", "4", limit=limit)
    for by_segments, wanted in ((True, hls), (False, dash)):
        avails = avails_of([one], {}, zero=Decimal(0), by_segments=by_segments)
        found = [(ad.start_s, ad.shown_s) for avail in avails for ad in avail.ads]
        assert found == [(Decimal(at), s and Decimal(s)) for at, s in wanted]
    assert Decimal("0.03") < FRAME_S
