"""D-06, D-50, D-52, E-02, E-03, E-10: the events of an ad."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_ads import EVENTS, FULL, LENGTHS, OFFSETS, SINK, URLS, ads

from packager.decisions.ads import Ad, Linear, Link, Tracking
from packager.tracking.events import (
    AdEvent,
    events_of,
    grouped,
    overlay_tracking,
    seconds_of,
    showing_events,
)

DURATION = Decimal("15.04")  # measured; the ad server said 15


def told(events: tuple[AdEvent, ...]) -> list[tuple[str, str | None, list[str]]]:
    return [
        (
            event.event,
            None if event.offset_s is None else str(event.offset_s.normalize()),
            [url.removeprefix(SINK).partition("?")[0] for url in event.urls],
        )
        for event in events
    ]


PLAYBACK = [
    ("loaded", "0", ["loaded"]),
    ("impression", "0", ["imp-inline", "imp-wrapper"]),
    ("creativeView", "0", ["view"]),
    ("start", "0", ["start-inline", "start-wrapper"]),
    ("progress", "1.504", ["p-early"]),
    ("firstQuartile", "3.76", ["q1"]),
    ("midpoint", "7.52", ["mid"]),
    ("thirdQuartile", "11.28", ["q3"]),
    ("progress", "12.5", ["p-late"]),
    ("complete", "15.04", ["done"]),
]
ACTS = [
    ("viewable", None, ["seen"]),
    ("viewUndetermined", None, ["unsure"]),
    ("mute", None, ["mute"]),
    ("acceptInvitationLinear", None, ["accept"]),
    ("clickThrough", None, ["https://shop.test/"]),
    ("clickTracking", None, ["click"]),
    ("customClick", None, ["custom"]),
    ("error", None, ["error"]),
]


def test_events_are_in_the_order_of_e_02_at_parts_of_the_measured_duration() -> None:
    assert told(events_of(FULL, DURATION)) == PLAYBACK + ACTS


def test_a_server_may_fire_what_follows_from_playback_and_nothing_else() -> None:
    events = events_of(FULL, DURATION)
    assert [event.server for event in events] == [True] * len(PLAYBACK) + [False] * len(ACTS)


def test_a_cut_ad_has_no_event_beyond_the_cut_and_no_complete() -> None:
    """D-52."""
    assert told(events_of(FULL, DURATION, shown=Decimal("7.52"))) == PLAYBACK[:7] + ACTS
    assert told(events_of(FULL, DURATION, shown=Decimal("7.51"))) == PLAYBACK[:6] + ACTS
    assert told(events_of(FULL, DURATION, shown=Decimal("15.039"))) == PLAYBACK[:-1] + ACTS


def test_an_ad_that_is_to_be_shown_longer_than_it_is_ends_with_its_media() -> None:
    assert events_of(FULL, DURATION, shown=Decimal(16)) == events_of(FULL, DURATION)


@pytest.mark.parametrize("shown", [Decimal(0), Decimal(-1)])
def test_an_ad_of_which_no_frame_was_shown_has_no_event(shown: Decimal) -> None:
    """E-08."""
    assert events_of(FULL, DURATION, shown=shown) == ()


def test_an_ad_without_tracking_has_no_event() -> None:
    assert events_of(Ad(id="bare"), DURATION) == ()
    assert events_of(Ad(id="blank", impressions=(Link(" About:Blank "),)), DURATION) == ()


def test_equal_moments_of_progress_are_one_event_however_they_are_written() -> None:
    ad = Ad(
        id="a",
        linear=Linear(
            tracking=(
                Tracking("progress", "https://a.test/", "00:00:05"),
                Tracking("progress", "https://b.test/", "50%"),
            )
        ),
    )
    (event,) = events_of(ad, Decimal(10))
    assert (event.key, event.urls) == ("progress@5", ("https://a.test/", "https://b.test/"))


def test_progress_at_the_time_of_a_quartile_comes_after_it_and_before_the_end() -> None:
    ad = Ad(
        id="a",
        linear=Linear(
            tracking=tuple(
                Tracking(event, f"https://{number}.test/", offset)
                for number, (event, offset) in enumerate(
                    [
                        ("progress", "100%"),
                        ("complete", ""),
                        ("progress", "25%"),
                        ("firstQuartile", ""),
                    ]
                )
            )
        ),
    )
    assert [event.key for event in events_of(ad, Decimal(8))] == [
        "firstQuartile",
        "progress@2",
        "progress@8",
        "complete",
    ]


OFFSET_CASES = {
    "clock": ("01:02:03", Decimal(3723)),
    "milliseconds": ("00:00:03.250", Decimal("3.25")),
    "percent": ("12.5%", Decimal("2.5")),
    "trimmed": (" 00:00:01 ", Decimal(1)),
    "nothing": ("", None),
    "seconds alone": ("5", None),
    "61 seconds": ("00:00:61", None),
    "negative": ("-00:00:05", None),
    "other digits": ("\u0660\u0660:00:05", None),
}


@pytest.mark.parametrize(("text", "seconds"), OFFSET_CASES.values(), ids=OFFSET_CASES)
def test_offsets_are_read(text: str, seconds: Decimal | None) -> None:
    assert seconds_of(text, Decimal(20)) == seconds


def test_an_overlay_has_its_impressions_and_its_own_tracking_but_not_the_films() -> None:
    """D-10."""
    events = told(grouped(overlay_tracking(FULL)))
    assert events == [
        ("impression", None, ["imp-inline", "imp-wrapper"]),
        *ACTS[:2],
        ("error", None, ["error"]),
        ("creativeView", None, ["n-view"]),
    ]


@given(ads(), LENGTHS, st.none() | LENGTHS)
def test_of_any_ad_times_rise_within_what_is_shown_and_no_key_and_url_comes_twice(
    ad: Ad, duration: Decimal, shown: Decimal | None
) -> None:
    events = events_of(ad, duration, shown=shown)
    offsets = [event.offset_s for event in events if event.offset_s is not None]
    assert offsets == sorted(offsets)
    assert all(0 <= offset <= min(duration, shown or duration) for offset in offsets)
    keys = [event.key for event in events]
    assert len(set(keys)) == len(keys)
    assert all(len(set(event.urls)) == len(event.urls) > 0 for event in events)
    assert all(event.server == (event.offset_s is not None) for event in events)
    assert not any(url.strip() in ("", "about:blank") for event in events for url in event.urls)


@given(st.lists(st.builds(Tracking, EVENTS, URLS, OFFSETS), max_size=9), LENGTHS)
def test_no_url_of_what_happens_in_the_whole_ad_is_lost(
    tracking: list[Tracking], duration: Decimal
) -> None:
    ad = Ad(id="a", linear=Linear(tracking=tuple(tracking)))
    expected = {
        (one.event, one.url)
        for one in tracking
        if one.url.startswith(SINK) and one.event not in ("progress", "notUsed")
    }
    found = {
        (event.event, url)
        for event in events_of(ad, duration)
        for url in event.urls
        if event.event != "progress"
    }
    assert found == expected


@given(ads(), LENGTHS, LENGTHS)
def test_a_cut_only_takes_events_away(ad: Ad, duration: Decimal, shown: Decimal) -> None:
    whole = events_of(ad, duration)
    cut = events_of(ad, duration, shown=shown)
    assert [event for event in whole if event in cut] == list(cut)
    if shown < duration:
        assert "complete" not in {event.event for event in cut}


def test_levels_that_are_merged_add_to_the_same_event() -> None:
    """D-04."""
    more = replace(FULL, impressions=(*FULL.impressions, Link("https://third.test/")))
    impression = next(e for e in events_of(more, DURATION) if e.event == "impression")
    assert impression.urls[-1] == "https://third.test/"


def test_a_server_tells_of_a_drawn_ad_what_its_first_frame_proves() -> None:
    """E-02, E-10: how long it was seen, and what a viewer did, only a player knows."""
    ad = Ad(
        id="logo",
        impressions=(Link("https://a.example/i"), Link("about:blank"), Link("https://a.example/i")),
        error_urls=("https://a.example/error",),
        linear=Linear(tracking=(Tracking("start", "https://a.example/film"),)),
        nonlinear_tracking=(
            Tracking("complete", "https://a.example/done"),
            Tracking("start", "https://a.example/start"),
            Tracking("creativeview", "https://a.example/view"),
            Tracking("acceptInvitation", "https://a.example/yes"),
        ),
    )
    found = [(one.event, one.offset_s, one.urls, one.server) for one in showing_events(ad)]
    assert found == [
        ("impression", 0, ("https://a.example/i",), True),
        ("creativeView", 0, ("https://a.example/view",), True),
        ("start", 0, ("https://a.example/start",), True),
    ]
