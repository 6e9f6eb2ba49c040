"""Sound of encoders whose windows are not those of ours: where its frames meet new ones."""

from dataclasses import replace

import numpy as np
import pytest
from sound_samples import Sound, error_db, hum, make_sine_sound, make_sound, power_db
from test_mixing import UNDER, mix_all, seam_db, wanted

from overlays.audio import run
from overlays.audio.configuration import FRAME
from overlays.audio.windows import KAISER_BESSEL, SINE, slope_behind, turned, with_slope


def frames(sound: Sound) -> list[bytes]:
    return [one.data for data in sound.segments for one in sound.samples(data)]


def test_the_samples_of_these_tests_are_sound_with_sines() -> None:
    sound = make_sine_sound()
    assert {slope_behind(one) for one in frames(sound)} == {SINE}
    heard = sound.decoded(sound.segments)[:, FRAME : -2 * FRAME]
    assert power_db(heard - hum(4.0)[:, FRAME : FRAME + heard.shape[1]]) < power_db(heard) - 25


def test_where_they_meet_in_live_segments_there_is_no_seam() -> None:
    sound = make_sine_sound()
    want = wanted(sound, UNDER)
    errors = error_db(sound.decoded(mix_all(sound, UNDER, live=True)), want)
    assert seam_db(errors, sound) < 1


def test_each_mixed_segment_fits_beside_its_originals() -> None:
    """A neighbour that was late is the original."""
    sound = make_sine_sound()
    mixed = mix_all(sound, replace(UNDER, gain_db=-60, duck_db=0))
    heard = sound.decoded([sound.segments[0], mixed[1], *sound.segments[2:]])
    errors = error_db(heard, sound.decoded(sound.segments))
    assert max(errors) < power_db(heard) - 25


def test_without_it_there_would_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "slope_behind", lambda frame: None)
    sound = make_sine_sound()
    errors = error_db(sound.decoded(mix_all(sound, UNDER, live=True)), wanted(sound, UNDER))
    assert seam_db(errors, sound) > 6


def test_a_frame_is_asked_and_told() -> None:
    one = next(one for one in frames(make_sound()) if slope_behind(one) is not None)
    assert slope_behind(one) == KAISER_BESSEL
    other = with_slope(one, SINE)
    assert other is not None
    assert slope_behind(other) == SINE
    assert with_slope(other, KAISER_BESSEL) == one
    assert with_slope(one, KAISER_BESSEL) == one


@pytest.mark.parametrize("frame", [b"", b"\xff" * 30, b"\xde\x04\x00" * 9, bytes([0x21, 0, 0])])
def test_what_does_not_speak_for_all_channels_is_not_known(frame: bytes) -> None:
    assert slope_behind(frame) is None
    assert with_slope(frame, SINE) is None


def test_turning_keeps_what_is_heard_as_loud() -> None:
    block = np.random.default_rng(3).normal(0, 0.1, (2, FRAME)).astype(np.float32)
    assert power_db(turned(block)) == pytest.approx(power_db(block), abs=0.3)
