from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.demo.content import BUMPER, CREATIVES, SLATE
from packager.demo.media import DemoMedia, LoopRendition
from packager.demo.schedule import OriginSettings, Schedule

SETTINGS = OriginSettings(window_s=20, break_every_s=30, break_at_s=10, break_s=8)


def schedule(media: DemoMedia, **changes: int) -> Schedule:
    return Schedule(media, replace(SETTINGS, **changes))  # type: ignore[arg-type]


def uneven(media: DemoMedia) -> DemoMedia:
    """The same loop with segments of 2.04 s and a short last one, as of a file."""
    durations = (183_600, 183_600, 183_600, 90_000)
    renditions = [
        replace(item, durations=durations) if item.kind == "video" else item
        for item in media.renditions
    ]
    return replace(media, renditions=tuple(renditions))


def test_segments_follow_each_other_across_the_end_of_the_loop(media: DemoMedia) -> None:
    times = schedule(media)
    audio = media.audio

    for rendition in media.renditions:
        for number in range(11):
            end = times.start(number, rendition) + times.duration(number, rendition)
            assert end == times.start(number + 1, rendition)
    assert times.start(9) == 18
    assert times.shift_ticks(9, audio) == 2 * 8 * 48_000


def test_a_segment_is_published_when_it_is_complete(media: DemoMedia) -> None:
    times = schedule(media)

    assert times.published(Fraction(199, 100)) == range(0)
    assert times.published(Fraction(2)) == range(1)
    assert times.published(Fraction(399, 100)) == range(1)
    assert times.published(Fraction(19)) == range(9)
    assert times.published(Fraction(100)) == range(40, 50)  # the window's 20 s


def test_breaks_lie_at_the_borders_of_segments(media: DemoMedia) -> None:
    times = schedule(uneven(media))

    first = times.break_number(0)

    assert first.start >= 10
    assert first.start == times.start(first.out)
    assert times.start(first.out - 1) < 10
    assert first.end == times.start(first.back) >= 18


def test_every_second_break_ends_early_when_asked_for(media: DemoMedia) -> None:
    times = schedule(media, early_return_s=4)

    lengths = [
        (int(item.end - item.start), item.is_early) for item in map(times.break_number, range(4))
    ]

    assert lengths == [(8, False), (4, True), (8, False), (4, True)]


def test_the_break_of_a_segment_is_the_last_that_began(media: DemoMedia) -> None:
    times = schedule(media)

    numbers = [
        item.number if (item := times.break_of(n)) else None for n in (0, 4, 5, 8, 9, 19, 20)
    ]

    assert numbers == [None, None, 0, 0, 0, 0, 1]


@given(st.integers(0, 400), st.integers(0, 60))
def test_the_breaks_of_a_window_are_those_that_have_a_part_in_it(first: int, count: int) -> None:
    times = schedule(plain_media())

    found = times.breaks(first, first + count)

    every = [times.break_number(number) for number in range(60)]
    assert found == tuple(
        item for item in every if set(range(item.out, item.back)) & set(range(first, first + count))
    )


def plain_media() -> DemoMedia:
    video = LoopRendition(
        name="v",
        kind="video",
        codecs="",
        timescale=1,
        durations=(2, 2, 2, 2),
        bandwidth=1,
        average_bandwidth=1,
    )
    return DemoMedia(
        folder=Path(), renditions=(video,), creatives=CREATIVES, slate=SLATE, bumper=BUMPER
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"break_s": 30},
        {"break_s": 0},
        {"early_return_s": 8},
        {"early_return_s": 0},
        {"window_s": 4},
        {"vod_loops": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"break|return|window"):
        replace(SETTINGS, **wrong)  # type: ignore[arg-type]
