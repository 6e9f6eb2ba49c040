"""Where breaks are on a player's clock, with films and without (E-08, D-42)."""

from decimal import Decimal

from manifests.creative import Creative
from manifests.splicing.timeline import Splice
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
    found = avails_of(splices, {}, zero=Decimal(10), filmless=filmless)
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
    (one,) = avails_of([insertion("one", 10, 30)], pods, zero=Decimal(0))
    assert [placed.ad and placed.ad.id for placed in one.ads] == ["film"]
    assert (one.overlays, one.tracking) == ((DRAWN,), TOLD.tracking)
