"""Music mixed into segments: what stays, and that nobody hears where segments meet."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate

import av
import numpy as np
import pytest
from sound_samples import (
    RATE,
    SHARED,
    Sound,
    chord,
    error_db,
    make_sound,
    power_db,
    real_sound,
    seconds_of,
)

from overlays.audio.cmaf import mix_cmaf
from overlays.audio.codec import decode, encode
from overlays.audio.configuration import FRAME
from overlays.audio.mix import Mix, mixed
from overlays.audio.stem import Planes

UNDER = Mix(stem=chord(), gain_db=-3, duck_db=6)

SOUNDS: dict[str, Callable[[], Sound]] = {
    "stereo": make_sound,
    "mono 44.1 kHz": lambda: make_sound(rate=44_100, layout="mono", bit_rate=96_000),
    "5.1": lambda: make_sound(layout="5.1", bit_rate=320_000),
}
REAL = {
    "testpic": ("testpic-ladder/A48", ("1.m4s", "2.m4s", "3.m4s", "4.m4s")),
    "wave": ("wave-25fps/aac", ("0.m4s", "93184.m4s", "188416.m4s", "283648.m4s")),
}


def mix_all(sound: Sound, mix: Mix, *, live: bool = False) -> list[bytes]:
    """Each segment by itself, as workers do; live ones do not know what follows."""
    found = []
    for index, segment in enumerate(sound.segments):
        at = seconds_of(sound, index)
        here = replace(
            mix,
            **{
                name: value - at
                for name in ("begins_at", "ends_at", "top_at")
                if (value := getattr(mix, name)) is not None
            },
        )
        beside = sound.beside(index) | ({"after": b""} if live else {})
        found.append(mix_cmaf(sound.init, segment, [here], **beside))
    return found


def wanted(sound: Sound, mix: Mix) -> Planes:
    """The mix made of the whole decoded film in one piece."""
    plain = sound.decoded(sound.segments)
    first = sound.samples(sound.segments[0])[0].dts
    return mixed(plain, [mix], rate=sound.configuration.rate, first=first, zero=first)


def borders(sound: Sound) -> list[int]:
    """Numbers of the frames with which segments begin, but for the first."""
    return list(accumulate(len(sound.samples(one)) for one in sound.segments))[:-1]


def seam_db(errors: np.ndarray, sound: Sound) -> float:
    """By how much the greatest error where segments meet is greater than that elsewhere.

    The first frame is half a frame: with it the sound sets in.
    """
    near = {frame + step for frame in borders(sound) for step in (-2, -1, 0, 1, 2)}
    elsewhere = [db for frame, db in enumerate(errors) if frame and frame not in near]
    return max(errors[frame] for frame in near if frame < len(errors)) - max(elsewhere)


def matched(sound: Sound) -> Mix:
    configuration = sound.configuration
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[configuration.layout]
    return replace(UNDER, stem=chord(channels=channels, rate=configuration.rate))


@pytest.mark.parametrize("live", [False, True], ids=["on demand", "live"])
@pytest.mark.parametrize("make", SOUNDS.values(), ids=SOUNDS)
def test_segments_continue_each_other_without_a_seam(make: Callable[[], Sound], live: bool) -> None:
    sound = make()
    mix = matched(sound)
    want = wanted(sound, mix)
    errors = error_db(sound.decoded(mix_all(sound, mix, live=live)), want)
    assert seam_db(errors, sound) < 1
    assert max(errors[1:]) < power_db(want) - 12


@pytest.mark.parametrize("live", [False, True], ids=["on demand", "live"])
@pytest.mark.parametrize("name", REAL)
def test_real_sound_has_no_seam(name: str, live: bool) -> None:
    folder, names = REAL[name]
    if not (SHARED / folder).exists():
        pytest.skip("the real media are not beside the checkout")
    sound = real_sound(folder, names)
    want = wanted(sound, UNDER)
    heard = sound.decoded(mix_all(sound, UNDER, live=live))
    errors = error_db(heard, want)
    assert seam_db(errors, sound) < 1
    assert power_db(heard - want) < power_db(want) - 20


def test_a_seam_would_be_found() -> None:
    """The judge of these tests: segments encoded without what is around them have one."""
    sound = make_sound()
    want = wanted(sound, UNDER)
    pieces, first = [], 0
    for segment in sound.segments:
        samples = sound.samples(segment)
        own = want[:, first : first + len(samples) * FRAME]
        padded = np.concatenate([own, np.zeros_like(own[:, :FRAME])], axis=1)
        pieces += encode(sound.configuration, padded, 128_000)
        first += own.shape[1]
    errors = error_db(decode(sound.configuration, pieces)[:, :-FRAME], want)
    assert seam_db(errors, sound) > 10


def test_times_samples_and_boxes_stay() -> None:
    sound = make_sound()
    for old, new in zip(sound.segments, mix_all(sound, UNDER), strict=True):
        before, after = sound.samples(old), sound.samples(new)
        assert [replace(one, data=b"") for one in before] == [
            replace(one, data=b"") for one in after
        ]
        assert all(a.data != b.data for a, b in zip(before, after, strict=True))


def test_players_get_as_many_samples_at_the_same_times() -> None:
    sound = make_sound()

    def told(segments: Sequence[bytes]) -> list[tuple[int | None, int]]:
        with av.open(io.BytesIO(sound.init + b"".join(segments))) as container:
            return [(frame.pts, frame.samples) for frame in container.decode(audio=0)]

    assert told(mix_all(sound, UNDER)) == told(sound.segments)


def test_it_has_a_tenth_more_bytes_at_most() -> None:
    for sound in (make_sound(), make_sound(bit_rate=48_000)):
        for old, new in zip(sound.segments, mix_all(sound, UNDER), strict=True):
            before, after = (sum(len(one.data) for one in sound.samples(x)) for x in (old, new))
            assert after <= 1.1 * before + 0.02 * before


def test_frames_outside_the_music_are_the_originals() -> None:
    sound = make_sound()
    mix = replace(UNDER, begins_at=Fraction("1.5"), ends_at=Fraction("2.2"), fade_s=Fraction("0.2"))
    changed = [
        number
        for number, (old, new) in enumerate(
            (a, b)
            for one, other in zip(sound.segments, mix_all(sound, mix), strict=True)
            for a, b in zip(sound.samples(one), sound.samples(other), strict=True)
        )
        if old.data != new.data
    ]
    first, last = int(1.5 * RATE / FRAME), int(2.4 * RATE / FRAME)
    assert changed == list(range(first - 1, last + 1))
    untouched = mix_cmaf(sound.init, sound.segments[0], [replace(mix, begins_at=Fraction(5))])
    assert untouched == sound.segments[0]


def test_it_fades_in_and_out_between_what_is_untouched() -> None:
    """Where music begins and ends inside the sound, old frames and new ones meet."""
    sound = make_sound()
    mix = replace(UNDER, begins_at=Fraction("1.5"), ends_at=Fraction("2.2"), fade_s=Fraction("0.4"))
    want = wanted(sound, mix)
    errors = error_db(sound.decoded(mix_all(sound, mix)), want)
    assert max(errors) < power_db(want) - 12


def test_what_cannot_be_read_beside_it_does_no_harm() -> None:
    sound = make_sound()
    plain = mix_cmaf(sound.init, sound.segments[1], [UNDER])
    far = mix_cmaf(
        sound.init,
        sound.segments[1],
        [UNDER],
        before=sound.segments[2],  # not the one before
        after=b"\0\0\0\7moof",
    )
    assert plain == far


def test_the_same_gives_the_same_bytes() -> None:
    sound = make_sound()
    one, other = (mix_cmaf(sound.init, sound.segments[1], [UNDER], **sound.beside(1)) for _ in "ab")
    assert one == other


def test_two_stems_make_the_sound_as_soft_as_both_say() -> None:
    planes = np.ones((1, 8), np.float32)
    silent = replace(UNDER.stem, planes=np.zeros((1, 48), np.float32))
    both = [Mix(stem=silent, duck_db=6.0206), Mix(stem=silent, duck_db=6.0206)]
    assert mixed(planes, both, rate=8, first=0, zero=0) == pytest.approx(planes / 4, rel=1e-4)


def test_a_playlist_that_rounds_does_not_make_music_jump() -> None:
    """Segments of one film that tell of the beginning a little differently play the same music."""
    stem = chord()
    planes = np.zeros((2, RATE), np.float32)

    def heard(top_at: Fraction) -> Planes:
        mix = Mix(stem=stem, top_at=top_at)
        return mixed(planes, [mix], rate=RATE, first=90_000, zero=90_000)

    for frame in range(25):
        at = Fraction(frame, 24) - 1
        one, other = heard(at - Fraction("0.0005")), heard(at + Fraction("0.0005"))
        assert np.array_equal(one, other)
    assert not np.array_equal(heard(Fraction("-1.0")), heard(Fraction("-1.5")))
