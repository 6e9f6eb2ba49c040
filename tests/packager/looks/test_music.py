"""Where music fades in and out, and what of it a segment's name tells."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from manifests.content_segment import ContentSegment, Source
from packager.config.music_settings import Music
from packager.config.overlay_settings import At, ShowAlways, ShowWhen, TimesRule
from packager.looks.frames import Frames
from packager.looks.look import Choice
from packager.looks.music import MusicUnder
from packager.looks.orders import order
from packager.looks.steps import Heard
from packager.looks.streams import Streams
from packager.rendering.jobs import Job

SOUND = Streams(has_sound=True)
AT = At(at=Decimal(4), seconds=Decimal(5))


def under(show: TimesRule, *, holds: tuple[int, ...] = ()) -> MusicUnder:
    """Music whose rule, if it has one, holds at some instants."""
    music = Music(name="calm", file=Path("calm.m4a"), gain_db=Decimal(-6), show=show)
    rule = (lambda instant: instant in holds) if isinstance(show, ShowWhen) else None
    return MusicUnder(music, "0" * 64, rule=rule)


def told(music: MusicUnder, seconds: range) -> Iterator[tuple[object, object] | None]:
    for second in seconds:
        heard = music.drawn(Decimal(second), Decimal(second + seconds.step))
        yield None if heard is None else (heard.begins, heard.ends)


def test_what_is_always_heard_has_always_been() -> None:
    assert list(told(under(ShowAlways()), range(10, 16, 2))) == [(None, None)] * 3


def test_a_scheduled_one_fades_out_behind_its_end() -> None:
    music = under(AT)
    heard = [music.drawn(Decimal(at), Decimal(at + 2)) for at in range(0, 14, 2)]
    assert [index for index, one in enumerate(heard) if one is not None] == [2, 3, 4]
    assert {(one.begins, one.ends, one.top) for one in heard if one} == {(4, 9, 4)}


def test_a_rule_that_no_longer_holds_lets_it_fade_out() -> None:
    music = under(ShowWhen(when="x"), holds=(14, 16))
    assert list(told(music, range(10, 22, 2))) == [
        None,  # 10 to 12
        (12, None),
        (12, None),
        (12, 16),
        None,
        None,
    ]


def test_a_long_fade_goes_on_in_the_segments_behind() -> None:
    music = under(ShowWhen(when="x"), holds=(12,))
    music._music = replace(music._music, fade_s=Decimal(3))
    assert list(told(music, range(10, 20, 2))) == [(None, None), (None, 12), (None, 12), None, None]


def test_who_is_asked_late_does_not_let_it_fade_in_again() -> None:
    """Another process has had it all the time."""
    music = under(ShowWhen(when="x"), holds=(22, 24))
    assert list(told(music, range(20, 24, 2))) == [(None, None)] * 2


def test_what_is_known_too_late_fades_in_when_it_is_known() -> None:
    music = under(AT)
    assert music.drawn(Decimal(0), Decimal(2)) is None
    heard = music.drawn(Decimal(6), Decimal(8))
    assert heard is not None
    assert (heard.begins, heard.top) == (6, 4)


def segment(number: int) -> ContentSegment:
    return ContentSegment(
        name=f"https://o.example/a/{number}.m4s",
        media=Source(f"https://o.example/a/{number}.m4s"),
        init=Source("https://o.example/a/init.mp4"),
        start=Decimal(2 * number),
        duration=Decimal(2),
        before=Source(f"https://o.example/a/{number - 1}.m4s"),
    )


HEARD = Heard(
    music="calm",
    stem="0" * 64,
    gain_db=Decimal(-6),
    duck_db=Decimal(3),
    fade_s=Decimal(1),
    begins=None,
    ends=None,
    top=None,
)


def ordered(heard: Heard, number: int = 3) -> Job:
    deadline = datetime(2026, 1, 1, tzinfo=UTC)
    choice = Choice(segment(number), (heard,))
    return order(choice, origin="https://o.example/", streams=SOUND, deadline=deadline)


def test_an_order_tells_times_from_the_segments_first_sample() -> None:
    job = ordered(replace(HEARD, begins=Decimal(5), ends=Decimal(9), top=Decimal(5)))
    (sound,) = job.work.sounds
    assert (sound.begins_s, sound.ends_s, sound.top_s) == (Fraction(-1), Fraction(3), Fraction(-1))
    assert job.work.before is not None
    assert job.work.before.url.endswith("/2.m4s")
    assert job.work.after is None
    assert job.work.drawings == ()
    assert 0 < job.megapixels < Frames().megapixels(2.0) / 10


SAME = {
    "it began long before or not so long": ({}, {"begins": Decimal(4)}),
    "its end comes later or is not known": ({}, {"ends": Decimal(8)}),
    "its name": ({}, {"music": "other"}),
}
OTHER = {
    "another file": {"stem": "1" * 64},
    "louder": {"gain_db": Decimal(0)},
    "the content softer": {"duck_db": Decimal(4)},
    "it fades in here": {"begins": Decimal("5.5")},
    "it fades out here": {"ends": Decimal(7)},
    "from its beginning": {"top": Decimal(0)},
    "another beginning": {"top": Decimal(1)},
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_sounds_alike_has_one_name(one: dict[str, object], other: dict[str, object]) -> None:
    assert ordered(replace(HEARD, **one)).key == ordered(replace(HEARD, **other)).key


def test_what_sounds_otherwise_has_another_name() -> None:
    keys = {ordered(replace(HEARD, **changes)).key for changes in OTHER.values()}  # type: ignore[arg-type]
    assert len(keys | {ordered(HEARD).key, ordered(HEARD, 4).key}) == len(OTHER) + 2
