"""Music files: read, looped, refused."""

import io
import wave

import numpy as np
import pytest
from sound_samples import RATE, chord, make_sound

from overlays.audio import stem as stem_module
from overlays.audio.configuration import AacConfiguration
from overlays.audio.stem import Stem, read_stem
from overlays.errors import StemError

STEREO = AacConfiguration(RATE, 2)


def wav(planes: np.ndarray, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(len(planes))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((planes.T * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def test_a_file_gets_the_rate_and_channels_of_the_sound() -> None:
    mono = chord(2.0, channels=1, rate=44_100)
    stem = read_stem(wav(mono.planes, 44_100), ".wav", STEREO)
    assert stem.planes.shape == (2, pytest.approx(2 * RATE, abs=64))
    assert np.corrcoef(stem.planes[0], stem.planes[1])[0, 1] > 0.999


def test_a_film_of_the_same_sound_is_read() -> None:
    sound = make_sound()
    stem = read_stem(sound.init + b"".join(sound.segments), ".m4a", STEREO)
    assert stem.planes.shape[1] == pytest.approx(4 * RATE, abs=4096)


def test_it_begins_again_where_it_ends_without_a_gap() -> None:
    stem = chord(3.0)
    period = stem.planes.shape[1] - RATE // 2
    heard = stem.take(0, 4 * period)
    assert heard[:, :period] == pytest.approx(stem.planes[:, :period])
    again = heard[:, period + RATE // 2 : 2 * period]
    assert again == pytest.approx(stem.planes[:, RATE // 2 : period])
    steps = np.abs(np.diff(heard[0]))
    assert steps.max() < 1.5 * np.abs(np.diff(stem.planes[0])).max()


def test_it_goes_on_where_the_last_piece_ended() -> None:
    stem = chord(1.3)
    whole = stem.take(-500, 200_000)
    pieces = [stem.take(first, 1_000) for first in range(-500, 199_500, 1_000)]
    assert np.array_equal(whole, np.concatenate(pieces, axis=1))
    assert not whole[:, :500].any()


BAD = {
    "no file of that kind": (b"RIFF nothing", ".wav"),
    "another kind than its name says": (wav(chord(1.0).planes), ".mp3"),
    "nothing": (b"", ".flac"),
    "next to nothing": (wav(chord(0.01).planes), ".wav"),
    "an unknown ending": (wav(chord(1.0).planes), ".exe"),
}


@pytest.mark.parametrize(("data", "ending"), BAD.values(), ids=BAD)
def test_what_is_no_music_is_refused(data: bytes, ending: str) -> None:
    with pytest.raises(StemError):
        read_stem(data, ending, STEREO)


def test_what_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stem_module, "MOST_S", 1)
    with pytest.raises(StemError, match="more than 1 s"):
        read_stem(wav(chord(2.0).planes), ".wav", STEREO)


def test_a_short_stem_has_a_short_crossfade() -> None:
    stem = Stem(np.ones((1, 400), np.float32), RATE)
    assert np.all(stem.take(0, 5_000) >= 0.99)
