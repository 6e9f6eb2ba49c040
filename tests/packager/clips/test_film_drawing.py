"""Films as workers draw them: the template over its background, for so long, with its sound."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clip_samples import a_film, card
from PIL import Image

from overlays.templates.stage import make_layer
from packager.clips.drawing import draw_film
from packager.clips.film import Film, Media
from packager.packaging.errors import CreativeFailed, CreativeRefused
from tests.packager.media_for_bench import make_clip

Pixels = np.ndarray[Any, Any]


@pytest.fixture
def draw(tmp_path: Path) -> Callable[[Film], Path]:
    def run(film: Film) -> Path:
        target = tmp_path / "drawn.mp4"
        draw_film({**film.job(tmp_path), "target": str(target)})
        return target

    return run


def pictures(path: Path) -> list[Pixels]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def expected(film: Film, time: Fraction) -> Pixels:
    layer = make_layer(card(), film.data, film.size, lasts=film.seconds)
    ground = Image.new("RGBA", film.size, "#102030")
    picture = layer.at(time)
    assert picture is not None
    ground.alpha_composite(Image.fromarray(picture.pixels), (picture.left, picture.top))
    return np.asarray(ground.convert("RGB"))


def distance(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_it_shows_the_data_in_every_phase(draw: Callable[[Film], Path]) -> None:
    film = a_film("Ana")
    frames = pictures(draw(film))
    assert len(frames) == 50
    for number in (10, 20, 35, 45):
        time = Fraction(number, 25)
        assert distance(frames[number], expected(film, time)) < 3
    box = slice(73, 93), slice(122, 268)  # of the name
    found = frames[36][box]
    ours = expected(film, Fraction(36, 25))[box]
    other = expected(a_film("Maximiliane"), Fraction(36, 25))[box]
    assert distance(found, ours) < distance(found, other) / 2


def test_a_picture_lies_below(draw: Callable[[Film], Path], tmp_path: Path) -> None:
    path = tmp_path / "ground.png"
    Image.new("RGB", (100, 400), "#c03010").save(path)
    first = pictures(draw(a_film(background=Media(path=path, digest=""))))[0]
    assert np.abs(first.reshape(-1, 3).astype(int) - (0xC0, 0x30, 0x10)).max() < 12


def test_a_film_lies_below_at_its_own_pace_and_stays(
    draw: Callable[[Film], Path], tmp_path: Path
) -> None:
    """A second of it, at 25 frames a second, in a clip of two at 50; it brightens."""
    path = tmp_path / "ground.mp4"
    path.write_bytes(make_clip(1, shade=40))
    frames = pictures(draw(a_film(background=Media(path=path, digest=""), fps=Fraction(50))))
    assert len(frames) == 100
    corner = [int(frame[:10, :10].mean()) for frame in frames]
    assert corner[0] + 5 < corner[20] < corner[36]
    assert corner[60:] == pytest.approx([corner[60]] * 40, abs=2)


def test_it_has_its_sound_for_as_long_as_it_lasts(
    draw: Callable[[Film], Path], tmp_path: Path
) -> None:
    path = tmp_path / "sound.mp4"
    path.write_bytes(make_clip(4, shade=40))
    with av.open(str(draw(a_film(audio=Media(path=path, digest=""))))) as container:
        (sound,) = container.streams.audio
        assert sound.duration is not None
        assert sound.time_base is not None
        assert float(sound.duration * sound.time_base) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize(
    ("name", "codec"), [("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("flac", "flac")]
)
def test_its_sound_may_be_of_any_usual_kind(
    draw: Callable[[Film], Path], tmp_path: Path, name: str, codec: str
) -> None:
    path = tmp_path / f"sound.{name}"
    with av.open(str(path), "w", format=name) as container:
        stream = container.add_stream(codec, rate=44_100)
        stream.layout = "stereo"
        wave = np.sin(np.arange(44_100) / 20).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        sound.sample_rate, sound.pts = 44_100, 0
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with av.open(str(draw(a_film(audio=Media(path=path, digest=""))))) as container:
        heard = np.concatenate(
            [frame.to_ndarray()[0] for frame in container.decode(audio=0)], axis=None
        )
    assert np.abs(heard[10_000:40_000]).max() > 0.8
    assert len(heard) <= 2.1 * 48_000


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"#EXTM3U\nfile:///etc/passwd"])
def test_what_is_no_picture_and_no_film_is_refused(
    draw: Callable[[Film], Path], tmp_path: Path, data: bytes
) -> None:
    """Threat 5: FFmpeg is never asked what it may be."""
    path = tmp_path / "ground"
    path.write_bytes(data)
    with pytest.raises(CreativeRefused):
        draw(a_film(background=Media(path=path, digest="")))
    with pytest.raises((CreativeRefused, CreativeFailed)):
        draw(a_film(audio=Media(path=path, digest="")))


def test_a_broken_picture_of_a_viewers_is_refused(draw: Callable[[Film], Path]) -> None:
    with pytest.raises(CreativeRefused, match="picture"):
        draw(a_film(images={"a": b"\x89PNG\r\n\x1a\nbroken"}))
    with pytest.raises(CreativeRefused, match="not what it was"):
        draw(a_film(template="another"))
