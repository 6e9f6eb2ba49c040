from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions import Omission
from packager.decisions.fill import Candidate, Fill, FillRules, fill
from packager.decisions.slates import SlateOption
from packager.reasons import Reason

FRAME = Fraction(1, 25)


def ad(id: str, seconds: int | Fraction, **attributes: object) -> Candidate:
    return Candidate(id=id, ad_id=f"ad-{id}", duration=Fraction(seconds), **attributes)  # type: ignore[arg-type]


def spare(id: str, seconds: int, **attributes: object) -> Candidate:
    return ad(id, seconds, substitute=True, **attributes)


def played(result: Fill) -> str:
    return " ".join(entry.creative_id for entry in result.pod)


def dropped(result: Fill) -> dict[str, Reason | Omission]:
    return {drop.creative_id: drop.reason for drop in result.dropped}


def filled(length: int | Fraction | None, *candidates: Candidate, **rules: object) -> Fill:
    return fill(
        None if length is None else Fraction(length),
        candidates,
        tolerance=FRAME,
        rules=FillRules(**rules),  # type: ignore[arg-type]
    )


# --- The longest prefix (D-51, D-52) --------------------------------------------------------------


def test_ads_play_in_a_row_and_the_rest_is_the_contents() -> None:
    result = filled(60, ad("a", 15), ad("b", Fraction(1001, 50)))
    assert [(entry.creative_id, entry.start, entry.duration) for entry in result.pod] == [
        ("a", Fraction(0), Fraction(15)),
        ("b", Fraction(15), Fraction(1001, 50)),
    ]
    assert {entry.kind for entry in result.pod} == {"ad"}
    assert [entry.ad_id for entry in result.pod] == ["ad-a", "ad-b"]
    assert result.duration == 15 + Fraction(1001, 50)
    assert result.rest == 60 - result.duration
    assert result.dropped == ()


def test_an_ad_that_does_not_fit_ends_the_pod_d_51() -> None:
    result = filled(30, ad("a", 15), ad("b", 20), ad("c", 15))
    assert played(result) == "a"
    assert dropped(result) == {"b": Reason.CREATIVE_TOO_LONG, "c": Omission.AFTER_TOO_LONG}


def test_later_ads_pass_one_that_is_too_long_where_that_is_allowed_d_51() -> None:
    result = filled(30, ad("a", 15), ad("b", 20), ad("c", 15), reorder=True)
    assert played(result) == "a c"
    assert dropped(result) == {"b": Reason.CREATIVE_TOO_LONG}


def test_a_frame_too_long_fits_and_more_does_not_d_51() -> None:
    assert filled(30, ad("a", 30 + FRAME)).rest == -FRAME
    assert played(filled(30, ad("a", 30 + FRAME + Fraction(1, 90000)))) == ""


def test_an_empty_break_and_an_empty_pod_play_nothing() -> None:
    assert filled(30) == Fill(pod=(), rest=Fraction(30))
    assert filled(30).duration == 0
    assert played(filled(0, ad("a", 1))) == ""


# --- Substitutes (D-05) ---------------------------------------------------------------------------


def test_a_substitute_takes_the_place_of_an_ad_that_cannot_play_d_05() -> None:
    not_ready = ad("", 0, refusal=Reason.AD_NOT_CONDITIONED)
    result = filled(60, not_ready, ad("b", 15), spare("x", 40), spare("y", 20))
    assert played(result) == "x b"
    assert dropped(result) == {"": Reason.AD_NOT_CONDITIONED, "y": Reason.CREATIVE_TOO_LONG}


def test_a_substitute_fills_where_the_next_ad_is_too_long_d_51() -> None:
    result = filled(30, ad("a", 15), ad("b", 20), spare("x", 16), spare("y", 15), spare("z", 15))
    assert played(result) == "a y"
    assert dropped(result)["x"] == Reason.CREATIVE_TOO_LONG


def test_substitutes_are_not_played_without_need_d_05() -> None:
    result = filled(60, ad("a", 15), spare("x", 15))
    assert played(result) == "a"
    assert dropped(result) == {"x": Omission.SPARE}


def test_a_substitute_that_cannot_play_says_why() -> None:
    broken = spare("x", 0, refusal=Omission.CONDITIONAL)
    result = filled(60, ad("a", 70), broken)
    assert dropped(result) == {"a": Reason.CREATIVE_TOO_LONG, "x": Omission.CONDITIONAL}


# --- Repeats and competitors (D-56) ---------------------------------------------------------------


def test_an_ad_plays_once_in_a_break_under_whatever_name_d_56() -> None:
    names = frozenset({"Ad-ID 1"})
    pod = (ad("a", 10, identities=names), ad("b", 10), ad("a", 10), ad("c", 10, identities=names))
    result = filled(60, *pod)
    assert played(result) == "a b"
    assert dropped(result) == {"a": Omission.REPEATED, "c": Omission.REPEATED}
    assert played(filled(60, *pod, allow_repeats=True)) == "a b a c"


def test_competitors_are_not_neighbours_d_56() -> None:
    cars = frozenset({"iab 2"})
    pod = (
        ad("a", 10, categories=cars),
        ad("b", 10, categories=cars | {"iab 3"}),
        ad("c", 10, advertiser="acme"),
        ad("d", 10, advertiser="acme"),
        ad("e", 10, categories=cars),
    )
    result = filled(60, *pod)
    assert played(result) == "a c e"
    assert dropped(result) == {"b": Omission.COMPETING, "d": Omission.COMPETING}
    anyhow = filled(60, *pod, allow_same_advertiser=True, allow_same_category=True)
    assert played(anyhow) == "a b c d e"
    assert played(filled(60, *pod, allow_same_advertiser=True)) == "a c d e"
    assert played(filled(60, *pod, allow_same_category=True)) == "a b c e"


def test_blocked_categories_take_what_is_below_them_along() -> None:
    pod = (
        ad("a", 10, categories=frozenset({"iab iab7"})),
        ad("b", 10, categories=frozenset({"iab iab1", "iab iab7-39"})),
        ad("c", 10, categories=frozenset({"iab iab70"})),
        ad("d", 10),
    )
    result = filled(60, *pod, blocked_categories=frozenset({"iab7"}))
    assert played(result) == "c d"
    assert dropped(result) == {"a": Omission.BLOCKED, "b": Omission.BLOCKED}


def test_what_came_often_enough_gives_its_place_to_a_substitute_d_56() -> None:
    pod = (
        ad("a", 10, advertiser="x"),
        ad("b", 10, identities=frozenset({"ad-id b"})),
        ad("c", 10, advertiser="x"),
        ad("d", 10, advertiser="y"),
        ad("e", 10, substitute=True),
    )
    allowances = {("advertiser", "x"): 1, ("creative", "ad-id b"): 0, ("advertiser", "y"): 1}
    result = filled(60, *pod, allowances=allowances)
    assert played(result) == "a e d"
    assert dropped(result) == {"b": Omission.CAPPED, "c": Omission.CAPPED}


# --- Length: unknown, limited, inserted (D-51, D-53, D-55) ----------------------------------------


def test_a_break_of_unknown_length_is_decided_with_the_maximum_d_55() -> None:
    result = filled(None, ad("a", 20), ad("b", 20), max_length=Fraction(30))
    assert played(result) == "a"
    assert result.rest == 10


def test_a_long_break_is_filled_up_to_the_maximum() -> None:
    result = fill(
        Fraction(600),
        [ad("a", 20), ad("b", 20)],
        tolerance=FRAME,
        slates=[SlateOption(id="s", duration=Fraction(1))],
        rules=FillRules(max_length=Fraction(30)),
    )
    assert result.duration == 30
    assert result.rest == 570


def test_a_replacement_needs_a_length_or_a_maximum() -> None:
    with pytest.raises(ValueError, match="maximum"):
        filled(None, ad("a", 20))


def test_an_insertion_has_no_length_no_rest_and_no_slate_after_ads() -> None:
    pod = [ad(str(n), 60) for n in range(20)]
    slate = SlateOption(id="s", duration=Fraction(1))
    endless = FillRules(insertion=True)
    result = fill(None, pod, tolerance=FRAME, slates=[slate], rules=endless)
    assert len(result.pod) == 20
    assert result.rest == 0
    limited = FillRules(insertion=True, max_length=Fraction(100))
    result = fill(None, pod, tolerance=FRAME, slates=[slate], rules=limited)
    assert played(result) == "0"
    assert result.rest == 0


def test_an_insertion_without_ads_shows_what_stands_in_for_them_once_and_whole() -> None:
    asset = SlateOption(id="h", duration=Fraction(20))
    for limit, expected in ((60, "h"), (20, "h"), (20 - FRAME, "h"), (19, "")):
        rules = FillRules(insertion=True, max_length=Fraction(limit))
        result = fill(None, [ad("a", 90)], tolerance=FRAME, slates=[asset], rules=rules)
        assert (played(result), result.rest) == (expected, 0)
        assert dropped(result) == {"a": Reason.CREATIVE_TOO_LONG}


def test_only_an_insertion_may_run_over_d_51() -> None:
    pod = (ad("a", 30), ad("b", 35))
    limits = {"max_length": Fraction(60), "overrun": Fraction(5)}
    assert played(filled(None, *pod, insertion=True, **limits)) == "a b"
    assert played(filled(None, *pod, **limits)) == "a"


def test_a_break_with_too_few_ads_is_left_alone_d_53() -> None:
    slate = SlateOption(id="s", duration=Fraction(1))
    for unfilled, expected in ((20, "a"), (19, "")):
        rules = FillRules(max_unfilled=Fraction(unfilled))
        result = fill(Fraction(30), [ad("a", 10)], tolerance=FRAME, rules=rules)
        assert played(result) == expected
        result = fill(Fraction(30), [ad("a", 10)], tolerance=FRAME, slates=[slate], rules=rules)
        assert (result.pod == ()) == (expected == "")
    assert result.rest == 30
    assert dropped(result) == {"a": Omission.UNDERFILLED}


# --- Slate (D-53) ---------------------------------------------------------------------------------


def exact(remainder: Fraction) -> tuple[str, Fraction]:
    return f"cut-{remainder}", remainder


SLATES = {
    "whole slates and the remainder": (Fraction(25), exact, "a s s cut-5", 0),
    "no remainder": (Fraction(20), exact, "a s s", 0),
    "only a remainder": (Fraction(7), exact, "a cut-7", 0),
    "no such cut": (Fraction(25), lambda _: None, "a s s", 5),
    "a cut that is too long": (Fraction(25), lambda r: ("long", r + 2 * FRAME), "a s s", 5),
    "a cut that is a frame too long": (Fraction(25), lambda r: ("c", r + FRAME), "a s s c", -FRAME),
    "a cut of nothing": (Fraction(25), lambda _: ("none", Fraction(0)), "a s s", 5),
    "a shorter cut": (Fraction(25), lambda _: ("short", Fraction(4)), "a s s short", 1),
    "a frame is not worth a splice": (FRAME, exact, "a", FRAME),
    "less than the minimum": (Fraction(49, 100), exact, "a", Fraction(49, 100)),
    "less than the minimum after whole slates": (Fraction(101, 10), exact, "a s", Fraction(1, 10)),
    "a slate that is a frame too long": (10 - FRAME, exact, "a s", -FRAME),
}


@pytest.mark.parametrize(("open_s", "cut", "expected", "rest"), SLATES.values(), ids=SLATES)
def test_slate_fills_what_ads_leave_d_53(
    open_s: Fraction, cut: object, expected: str, rest: Fraction
) -> None:
    slate = SlateOption(id="s", duration=Fraction(10), cut=cut)  # type: ignore[arg-type]
    result = fill(30 + open_s, [ad("a", 30)], tolerance=FRAME, slates=[slate])
    assert played(result) == expected
    assert result.rest == rest
    assert [entry.kind for entry in result.pod] == ["ad"] + ["slate"] * (len(result.pod) - 1)


HOUSE = {
    "as often as it fits, then slate": (Fraction(25), "a h h s", 0),
    "the slate is cut": (Fraction(24), "a h h cut-2", 0),
    "never cut": (Fraction(9), "a s s s", 0),
    "a frame too long": (22 - FRAME, "a h h", -FRAME),
    "nothing left for slate": (Fraction(22), "a h h", 0),
    "a rest that is not worth a splice": (Fraction(223, 10), "a h h", Fraction(3, 10)),
}


@pytest.mark.parametrize(("open_s", "expected", "rest"), HOUSE.values(), ids=HOUSE)
def test_an_asset_is_repeated_and_slate_has_the_rest_d_53(
    open_s: Fraction, expected: str, rest: Fraction
) -> None:
    asset = SlateOption(id="h", duration=Fraction(11))
    slate = SlateOption(id="s", duration=Fraction(3), cut=exact)
    found = fill(30 + open_s, [ad("a", 30)], tolerance=FRAME, slates=[asset, slate])
    assert played(found) == expected
    assert found.rest == rest


def test_what_has_no_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="candidate"):
        filled(30, ad("a", 0))
    for duration, minimum in ((0, 0), (-1, 1), (1, 2), (5, 0)):
        with pytest.raises(ValueError, match="slate"):
            SlateOption(id="s", duration=Fraction(duration), minimum=Fraction(minimum))


# --- Properties (H-14, D-51, D-52) ----------------------------------------------------------------

DURATIONS = st.one_of(
    st.integers(1, 60).map(Fraction),
    st.integers(1, 5_400_000).map(lambda ticks: Fraction(ticks, 90_000)),
)
REFUSALS = st.sampled_from([None, None, None, Reason.AD_NOT_CONDITIONED, Omission.CONDITIONAL])


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    return [
        Candidate(
            id=draw(st.sampled_from("abcdefgh")),
            ad_id=str(number),
            duration=draw(DURATIONS),
            substitute=draw(st.booleans()),
            refusal=draw(REFUSALS),
            advertiser=draw(st.sampled_from(["", "", "x", "y"])),
            categories=draw(st.sampled_from([frozenset(), frozenset({"iab 1"})])),
        )
        for number in range(draw(st.integers(0, 8)))
    ]


CUTS = st.sampled_from([
    lambda _: None,
    exact,
    lambda r: ("frames", Fraction(round(r / FRAME)) * FRAME),
    lambda r: ("long", r * 2),
])  # fmt: skip
SLATES_OF_A_SHOW = st.lists(
    st.builds(SlateOption, id=st.just("s"), duration=st.integers(1, 60).map(Fraction), cut=CUTS),
    max_size=2,
)
RULES = st.builds(
    FillRules,
    max_length=st.none() | DURATIONS,
    overrun=DURATIONS,
    reorder=st.booleans(),
    allow_repeats=st.booleans(),
    allow_same_advertiser=st.booleans(),
    allow_same_category=st.booleans(),
    blocked_categories=st.sampled_from([frozenset(), frozenset({"1"})]),
    allowances=st.dictionaries(
        st.sampled_from([("advertiser", "x"), ("creative", "a"), ("category", "iab 1")]),
        st.integers(0, 2),
    ),
    max_unfilled=st.none() | DURATIONS,
)


@settings(deadline=None)
@given(DURATIONS, candidates(), SLATES_OF_A_SHOW, RULES)
def test_a_filled_break_is_never_too_long_and_adds_up_h_14(
    length: Fraction, ads: list[Candidate], slates: list[SlateOption], rules: FillRules
) -> None:
    result = fill(length, ads, tolerance=FRAME, slates=slates, rules=rules)
    # H-14: F - B <= tol, and nothing that is not accounted for
    assert result.duration <= min(length, rules.max_length or length) + FRAME
    assert result.duration + result.rest == length
    starts = list(accumulate((entry.duration for entry in result.pod), initial=Fraction(0)))
    assert [entry.start for entry in result.pod] == starts[:-1]
    # D-52: no ad is cut
    whole = {candidate.ad_id: candidate.duration for candidate in ads}
    playing = [entry for entry in result.pod if entry.kind == "ad"]
    assert all(entry.duration == whole[entry.ad_id] for entry in playing)
    # each candidate plays or has a reason why not
    ends = [entry.ad_id for entry in playing] + [drop.ad_id for drop in result.dropped]
    assert sorted(ends) == sorted(whole)
    numbered = [(entry.candidate, entry.ad_id) for entry in playing]
    numbered += [(drop.candidate, drop.ad_id) for drop in result.dropped]
    assert all(ads[number or 0].ad_id == ad_id for number, ad_id in numbered)
    # slate comes last
    assert [entry.kind for entry in result.pod] == sorted(entry.kind for entry in result.pod)


@settings(deadline=None)
@given(DURATIONS, st.lists(DURATIONS, max_size=10))
def test_the_pod_is_the_longest_prefix_that_fits_d_51(
    length: Fraction, durations: list[Fraction]
) -> None:
    ads = [ad(str(number), duration) for number, duration in enumerate(durations)]
    prefixes = [durations[:count] for count in range(len(durations) + 1)]
    longest = max(len(prefix) for prefix in prefixes if sum(prefix) <= length + FRAME)
    assert played(filled(length, *ads)).split() == [str(number) for number in range(longest)]


@settings(deadline=None)
@given(candidates(), st.none() | DURATIONS, DURATIONS)
def test_an_insertion_plays_all_it_may_and_leaves_nothing(
    ads: list[Candidate], maximum: Fraction | None, overrun: Fraction
) -> None:
    rules = FillRules(
        insertion=True,
        max_length=maximum,
        overrun=overrun,
        allow_same_advertiser=True,
        allow_same_category=True,
    )
    result = fill(None, ads, tolerance=FRAME, rules=rules)
    assert result.rest == 0
    if maximum is None:
        too_long = {Reason.CREATIVE_TOO_LONG, Omission.AFTER_TOO_LONG}
        assert too_long.isdisjoint(drop.reason for drop in result.dropped)
    else:
        assert result.duration <= maximum + overrun + FRAME
