"""Where a VMAP's breaks are, and what is kept of that (D-40 to D-43, A-02)."""

import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.decisions.ads import Tracking, Vast
from packager.decisions.vast_errors import ErrorCall
from packager.decisions.vmap import (
    MAX_PLACES,
    AdSource,
    Offset,
    Place,
    ScheduleError,
    Vmap,
    VmapBreak,
    place_breaks,
    read_offset,
    read_schedule,
    write_schedule,
)

INLINE = AdSource(vast=Vast(version="4.2"))
TOLD = (Tracking("error", "https://e.test/?c=[ERRORCODE]"),)
CUES = (("b10", Decimal(10)), ("b40", Decimal("40.5")))


def at(text: str, **more: Any) -> VmapBreak:
    offset = read_offset(text)
    assert offset is not None
    return VmapBreak(offset=offset, **{"source": INLINE, "tracking": TOLD, **more})


def placed(*breaks: VmapBreak, duration: str = "60") -> list[str]:
    found = place_breaks(Vmap(version="1.0", breaks=breaks), Decimal(duration), CUES)
    return [f"{place.break_id} {place.at.normalize():f}" for place in found.places]


TIMES = {
    "start": ["v0 0"],
    "end": ["v0 60"],
    "00:00:12.345": ["v0 12.345"],
    "00:01:00": ["v0 60"],
    "12.5%": ["v0 7.5"],
    "100%": ["v0 60"],
    "#1": ["b10 10"],
    "#2": ["b40 40.5"],
    "#3": [],
    "00:01:00.001": [],
}


@pytest.mark.parametrize(("offset", "places"), TIMES.items(), ids=TIMES)
def test_every_kind_of_offset_has_its_place(offset: str, places: list[str]) -> None:
    assert placed(at(offset)) == places


def test_breaks_at_one_time_stay_in_the_order_of_the_document() -> None:
    breaks = (at("00:00:30"), at("end"), at("50%"), at("start"), at("#1", repeat_after=Decimal(9)))
    assert placed(*breaks) == ["v3 0", "b10 10", "v0 30", "v2 30", "v1 60"]


def test_a_break_comes_again_until_the_content_ends() -> None:
    breaks = (at("00:00:10", repeat_after=Decimal(20)), at("00:00:30"))
    assert placed(*breaks) == ["v0 10", "v0-1 30", "v1 30", "v0-2 50"]


def test_an_opportunity_is_taken_once() -> None:
    assert placed(at("#1"), at("#1")) == ["b10 10"]


REFUSED = {
    "beyond the end": (at("00:02:00"), 900),
    "no such opportunity": (at("#9"), 900),
    "an overlay": (at("start", types=frozenset({"nonlinear", "display"})), 1003),
    "nothing that is known": (at("start", types=frozenset()), 1003),
    "custom data": (at("start", source=AdSource(custom="<x/>")), 1005),
    "another template": (
        at("start", source=AdSource(tag_url="https://a.test/", template_type="proprietary")),
        1005,
    ),
}


@pytest.mark.parametrize(("one", "code"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_place_is_told_why_and_said(one: VmapBreak, code: int) -> None:
    found = place_breaks(Vmap(version="1.0", breaks=(one, at("end"))), Decimal(60), CUES)
    assert [place.break_id for place in found.places] == ["v1"]
    assert found.errors == (ErrorCall(f"https://e.test/?c={code}", code),)
    assert len(found.flaws) == 1


def test_a_break_that_only_tells_is_nowhere_and_nothing_is_wrong_with_it() -> None:
    """D-41: no AdSource."""
    found = place_breaks(Vmap(version="1.0", breaks=(at("start", source=None),)), Decimal(60))
    assert (found.places, found.errors, found.flaws) == ((), (), ())


OVERLAY = frozenset({"nonlinear"})
START = (Tracking("breakStart", "https://e.test/start"),)


def test_a_player_that_reports_is_given_what_is_not_played() -> None:
    """D-10, D-41: the content's own breaks stay its own."""
    breaks = (
        at("start", types=OVERLAY),
        at("00:00:10", source=None, tracking=START),
        at("00:00:10", source=None),  # of which nobody wants to know
        at("#1", types=OVERLAY),
        at("end"),
        at("end", types=frozenset({"display"})),
    )
    vmap = Vmap(version="1.0", breaks=breaks)
    found = place_breaks(vmap, Decimal(60), CUES, by_player=True)
    assert [(place.break_id, place.kind) for place in found.places] == [
        ("v0", "overlay"),
        ("v1", "mark"),
        ("v3", "overlay"),
        ("v4", "film"),
    ]
    assert [call.code for call in found.errors] == [1003]
    assert read_schedule(write_schedule(found.places, b"")) == (found.places, b"")
    without = place_breaks(vmap, Decimal(60), CUES)
    assert [place.break_id for place in without.places] == ["v4"]


def test_a_break_may_be_linear_among_other_things() -> None:
    assert placed(at("start", types=frozenset({"linear", "display"}))) == ["v0 0"]


def test_a_session_has_so_many_breaks_and_no_more() -> None:
    breaks = tuple(at("start", repeat_after=None) for _ in range(60))
    often = at("00:00:01", repeat_after=Decimal("0.1"))
    found = place_breaks(Vmap(version="1.0", breaks=(*breaks, often)), Decimal(60))
    assert len(found.places) == MAX_PLACES
    assert found.flaws == ("60 breaks after the first 100",)


OFFSETS = st.builds(
    Offset,
    st.sampled_from(["time", "percent", "start", "end", "position"]),
    st.decimals(1, 100, places=3),
)


@given(st.lists(OFFSETS, max_size=8), st.decimals(0, 200, places=3))
def test_places_are_in_order_inside_the_content_and_named_once(
    offsets: list[Offset], duration: Decimal
) -> None:
    breaks = tuple(VmapBreak(offset=one, source=INLINE) for one in offsets)
    cues = [cue for cue in CUES if cue[1] <= duration]
    found = place_breaks(Vmap(version="1.0", breaks=breaks), duration, cues)
    times = [place.at for place in found.places]
    assert times == sorted(times)
    assert all(0 <= time <= duration for time in times)
    assert len({place.break_id for place in found.places}) == len(found.places)
    data = write_schedule(found.places, b"<x>\n</x>")
    assert read_schedule(data) == (found.places, b"<x>\n</x>")


def test_a_record_of_the_first_version_is_read_for_ever() -> None:
    data = b"\x01" + zlib.compress(b'[["v0-1",0,"12.500"]]\n<VMAP/>\n')
    assert read_schedule(data) == ((Place("v0-1", 0, Decimal("12.500")),), b"<VMAP/>\n")


GOOD = write_schedule((Place("v0", 0, Decimal(1)),), b"x")
BAD = {
    "nothing": b"",
    "another version": b"\x09" + GOOD[1:],
    "cut off": GOOD[:-1],
    "something behind": GOOD + b"x",
    "not deflated": b"\x01[]\nx",
    "a bomb": b"\x01" + zlib.compress(b"[]\n" + bytes(8 << 20)),
    "a kind that is not known": b"\x02" + zlib.compress(b'[["v0",0,"1","film strip"]]\nx'),
    "no list": b"\x01" + zlib.compress(b"7\n"),
    "no place": b"\x01" + zlib.compress(b'[["v0"]]\n'),
    "no time": b"\x01" + zlib.compress(b'[["v0",0,"soon"]]\n'),
    "no number": b"\x01" + zlib.compress(b'[["v0",null,"1"]]\n'),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_damage_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(ScheduleError):
        read_schedule(data)
