"""What workers do with music and real segments."""

import io
import wave
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transport_judge as judge
from app_bench import TinyMedia
from test_work import make_template
from test_work_transport import make_film as make_transport_film
from test_work_transport import packaged

from overlays.mp4.init import audio_track, read_init, video_track
from overlays.mp4.samples import read_segment
from overlays.ts.programme import aac_pid, video_pid
from overlays.ts.rewrite import read_stream
from packager.rendering.jobs import Drawing, Piece, Sound, Work
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.work import draw
from tests.overlays.segment.film_samples import make_film

WORK = Work(
    segment=Piece("http://cdn.example/1.m4s"),
    init=Piece("http://cdn.example/init.mp4"),
    profile="superfast",
)


def make_music(file: Path) -> str:
    """A hum of three seconds; return its digest."""
    hum = (np.sin(np.arange(3 * 48_000) * 0.03) * 9000).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes(hum.tobytes())
    file.write_bytes(buffer.getvalue())
    return sha256(buffer.getvalue()).hexdigest()


def sound_of(media: TinyMedia) -> tuple[bytes, bytes]:
    """Init section and segment of the content's sound."""
    for one in media.content.iterdir():
        if one.is_dir() and b"mp4a" in (init := (one / "init.mp4").read_bytes()):
            return init, next(one.glob("1.*")).read_bytes()
    raise AssertionError("the tiny content has no sound")


@pytest.fixture
def order(tiny_media: TinyMedia, tmp_path: Path) -> Order:
    file = tmp_path / "hum.wav"
    digest = make_music(file)
    sound = Sound(stem=digest, gain_db=-6.0, duck_db=3.0, fade_s=Fraction(1))
    init, segment = sound_of(tiny_media)
    work = replace(WORK, sounds=(sound,))
    return Order(work=work, segment=segment, init=init, templates={}, stems={digest: str(file)})


def frames(order: Order, data: bytes) -> list[bytes]:
    movie = read_init(order.init)
    return [one.data for one in read_segment(data, movie).samples(audio_track(movie).number)]


def test_music_is_mixed_into_a_segment(order: Order) -> None:
    mixed = draw(order)
    old, new = frames(order, order.segment), frames(order, mixed)
    assert len(old) == len(new)
    assert sum(a != b for a, b in zip(old, new, strict=True)) > len(old) // 2
    assert draw(order) == mixed


def test_where_nothing_is_to_be_heard_the_segment_is_the_original(order: Order) -> None:
    (sound,) = order.work.sounds
    later = replace(order.work, sounds=(replace(sound, begins_s=Fraction(9)),))
    assert draw(replace(order, work=later)) == order.segment


def test_a_muxed_segment_is_drawn_on_and_mixed(tmp_path: Path) -> None:
    film = make_film(with_sound=True, frames=50, gop=25)
    template, file = tmp_path / "box", tmp_path / "hum.wav"
    digest, hum = make_template(template), make_music(file)
    box = Drawing(template=digest, data='{"colour": "#ffffff"}', begins_s=Fraction(0))
    both = Order(
        work=replace(
            WORK,
            drawings=(box,),
            sounds=(Sound(stem=hum, gain_db=0.0, duck_db=0.0, fade_s=Fraction(0)),),
        ),
        init=film.init,
        segment=film.segments[1],
        templates={digest: str(template)},
        stems={hum: str(file)},
    )
    changed = draw(both)
    movie = read_init(film.init)
    for track in (video_track(movie), audio_track(movie)):
        old, new = (
            read_segment(data, movie).samples(track.number) for data in (film.segments[1], changed)
        )
        assert [one.pts for one in old] != []
        assert [one.dts for one in old] == [one.dts for one in new]
        assert all(a.data != b.data for a, b in zip(old[2:-1], new[2:-1], strict=True))


def test_a_transport_stream_is_drawn_on_and_mixed(tmp_path: Path) -> None:
    """Of Weft's own packaging; FFmpeg plays it as it plays the original."""
    size = 320, 180
    segments = packaged(make_transport_film(3, size), tmp_path / "film", size, 25, 600_000)
    template, file = tmp_path / "box", tmp_path / "hum.wav"
    digest, hum = make_template(template), make_music(file)
    box = Drawing(template=digest, data='{"colour": "#ffffff"}', begins_s=Fraction(0))
    changed = draw(
        Order(
            work=replace(
                WORK,
                ending="ts",
                init=None,
                drawings=(box,),
                sounds=(Sound(stem=hum, gain_db=0.0, duck_db=0.0, fade_s=Fraction(0)),),
            ),
            segment=segments[1],
            before=segments[0],
            after=segments[2],
            templates={digest: str(template)},
            stems={hum: str(file)},
        )
    )
    old, new = segments[1], changed
    assert len(judge.frames(old)) == len(judge.frames(new))
    played = judge.continuity_errors(b"".join([segments[0], new, segments[2]]))
    assert played == judge.continuity_errors(b"".join(segments))
    for pid_of in (video_pid, aac_pid):
        before, after = read_stream(old, pid_of), read_stream(new, pid_of)
        assert [one.pts for one in before.units] == [one.pts for one in after.units]
        assert all(a.data != b.data for a, b in zip(before.units, after.units, strict=True))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ending": "mp4"}, "container"),
        ({"ending": "ts"}, "malformed"),
        ({"stem": b"no music at all"}, "stem"),
        ({"stem": None}, "stem"),
        ({"digest": "0" * 64}, "stem_changed"),
        ({"init": b"<html>"}, "malformed"),
        ({"codec": b"ac-3"}, "sound_codec"),
        ({"codec": b"enca"}, "encrypted"),
    ],
)
def test_what_cannot_be_mixed_is_refused_in_a_word(
    order: Order, changes: dict[str, Any], code: str
) -> None:
    (sound,) = order.work.sounds
    file = Path(order.stems[sound.stem])
    if "stem" in changes and changes["stem"] is None:
        file.unlink()
    elif "stem" in changes:
        file.write_bytes(changes["stem"])
        sound = replace(sound, stem=sha256(changes["stem"]).hexdigest())
    sound = replace(sound, stem=changes.get("digest", sound.stem))
    init = changes.get("init", order.init).replace(b"mp4a", changes.get("codec", b"mp4a"))
    work = replace(order.work, sounds=(sound,), ending=changes.get("ending", "m4s"))
    with pytest.raises(DrawingRefused) as refused:
        draw(replace(order, work=work, init=init, stems={sound.stem: str(file)}))
    assert refused.value.code == code
