"""Odd sources become what the ladder asks for; rules G-01 to G-12."""

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_samples import (
    AAC_FRAME_S,
    beeps,
    make_file,
    number_of,
    play,
    play_rendition,
    rung,
    video_spec,
)

from packager.packaging import video
from packager.packaging.condition import Part, condition
from packager.packaging.encode import EncodedRendition
from packager.packaging.errors import CreativeFailed, PackagingError
from packager.packaging.ladder import Rung
from packager.packaging.loudness import measure
from packager.packaging.mux_ts import counters_after
from packager.packaging.settings import ConditionSettings, SourceLimits
from packager.packaging.source import open_source

MUXED = rung("muxed", "cmaf")


def conditioned(
    source: bytes | Path,
    out: Path,
    of: Rung = MUXED,
    *,
    loudness: float | None = None,
    part: Part | None = None,
) -> EncodedRendition:
    told: list[float] = []
    settings = ConditionSettings(loudness_lufs=loudness)
    (made,) = condition(source, [of], out, settings=settings, progress=told.append, part=part)
    assert told[-1] == 1
    assert told == sorted(told)
    return made


def check_together(made: EncodedRendition) -> None:
    """Picture and sound are whole and end together."""
    tracks = play_rendition(made)
    video, audio = tracks["video"], tracks["audio"]
    rate = made.rung.video.frame_rate  # type: ignore[union-attr]
    assert video.times == [n / rate for n in range(len(video.times))]
    assert abs(audio.end - len(video.times) / rate) <= AAC_FRAME_S / 2
    total = sum(segment.duration for segment in made.segments)
    assert total == len(video.times) / rate


def test_a_creative_with_encoder_delay_and_b_frames_is_not_shifted(tmp_path: Path) -> None:
    """G-03, G-04: sound and picture of the source keep their places."""
    source = make_file(frames=50, samples=beeps(2, at=(0.5, 1.5)))
    made = conditioned(source, tmp_path / "out")
    check_together(made)
    tracks = play_rendition(made)
    assert [number_of(level) for level in tracks["video"].levels] == list(range(50))
    assert tracks["audio"].clicks == pytest.approx([0.5, 1.5], abs=0.002)


@pytest.mark.parametrize(("rate", "count"), [(Fraction(30_000, 1001), 90), (24, 72), (50, 150)])
def test_other_frame_rates_keep_their_pace(
    rate: Fraction | int, count: int, tmp_path: Path
) -> None:
    """A-112: the frame rate becomes the content's."""
    made = conditioned(make_file(frames=count, rate=rate), tmp_path / "out")
    check_together(made)
    shown = [number_of(level) for level in play_rendition(made)["video"].levels]
    assert len(shown) == 75
    expected = [n / 25 * float(rate) for n in range(75)]
    assert all(abs(a % 100 - b % 100) <= 1.01 for a, b in zip(shown, expected, strict=True))


def test_a_varying_frame_rate_becomes_even(tmp_path: Path) -> None:
    times = [0, 10, 490, 520, 1000, 1800]  # ms; the last one lasts as long as the one before
    source = make_file(
        frames=6,
        times=times,
        time_base=Fraction(1, 1000),
        options={"bf": "0"},
        samples=beeps(2.5, at=()),
        pictures=[np.full((90, 160, 3), 20 + 40 * n, np.uint8) for n in range(6)],
    )
    made = conditioned(source, tmp_path / "out")
    levels = play_rendition(made)["video"].levels
    starts = [n for n in range(1, len(levels)) if levels[n] - levels[n - 1] > 10]
    assert starts == [12, 13, 25, 45]  # the second picture, of 10 ms, falls between two of ours
    check_together(made)


def test_longer_sound_is_cut_and_shorter_sound_goes_on_in_silence(tmp_path: Path) -> None:
    longer = make_file(frames=50, samples=beeps(4, at=(1.0, 3.0)))
    made = conditioned(longer, tmp_path / "longer")
    check_together(made)
    assert play_rendition(made)["audio"].clicks == pytest.approx([1.0], abs=0.002)
    check_together(conditioned(make_file(samples=beeps(0.5, at=())), tmp_path / "shorter"))


def test_mono_at_another_rate_becomes_the_contents_sound(tmp_path: Path) -> None:
    source = make_file(
        samples=beeps(2, at=(1.0,), rate=44_100, channels=1), sample_rate=44_100, rate=25
    )
    made = conditioned(source, tmp_path / "out")
    check_together(made)
    assert play_rendition(made)["audio"].clicks == pytest.approx([1.0], abs=0.002)


def test_six_channels_become_two(tmp_path: Path) -> None:
    source = make_file(samples=beeps(2, at=(1.0,), channels=6))
    check_together(conditioned(source, tmp_path / "out"))


def test_a_silent_creative_gets_silence(tmp_path: Path) -> None:
    """Failure 17."""
    check_together(conditioned(make_file(), tmp_path / "out"))


def bars(made: EncodedRendition) -> tuple[float, float]:
    """The levels of the top left corner and of the whole picture."""
    played = play_rendition(made)["video"]
    return played.corners[0], played.levels[0]


WHITE = [np.full((90, 160, 3), 235, np.uint8)]


def test_pictures_keep_their_aspect_ratio_between_black_bars(tmp_path: Path) -> None:
    square = make_file(size=(90, 90), pictures=[WHITE[0][:, :90]], frames=10)
    corner, level = bars(conditioned(square, tmp_path / "square"))
    assert corner < 20
    assert level == pytest.approx(16 + (217 - 16) * 90 / 160, abs=6)
    corner, _ = bars(conditioned(make_file(pictures=WHITE, frames=10), tmp_path / "same"))
    assert corner > 200


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    """720x576 and the like: 4:3 or 16:9 are told by the pixels' own aspect ratio."""
    narrow = make_file(
        size=(80, 90), pictures=[WHITE[0][:, :80]], frames=10, pixel_aspect=Fraction(2)
    )
    corner, _ = bars(conditioned(narrow, tmp_path / "out"))
    assert corner > 200


def test_odd_sizes_are_no_trouble(tmp_path: Path) -> None:
    odd = make_file(
        size=(161, 91),
        pictures=[np.full((91, 161, 3), 235, np.uint8)],
        frames=10,
        pixel_format="yuv444p",
    )
    made = conditioned(odd, tmp_path / "out")
    assert play_rendition(made)["video"].sizes == {(160, 90)}
    assert bars(made)[0] > 200


def rotated(source: bytes, matrix: tuple[int, int, int, int]) -> bytes:
    at = source.index(b"tkhd") + 4 + 40  # version 0: the matrix follows 40 bytes
    a, b, c, d = (value.to_bytes(4, signed=True) for value in matrix)
    zero = bytes(4)
    return source[:at] + a + b + zero + c + d + zero + source[at + 24 :]


TURNED = {
    "a quarter": ((0, 0x10000, -0x10000, 0), (90, 160)),
    "three quarters": ((0, -0x10000, 0x10000, 0), (90, 160)),
    "upside down": ((-0x10000, 0, 0, -0x10000), (160, 90)),
}


@pytest.mark.parametrize(("matrix", "shown"), TURNED.values(), ids=TURNED)
def test_a_turned_phone_films_upright(
    matrix: tuple[int, int, int, int], shown: tuple[int, int], tmp_path: Path
) -> None:
    half = np.full((90, 160, 3), 20, np.uint8)
    half[:, :80] = 235  # the left half is white
    source = rotated(make_file(pictures=[half], frames=10), matrix)
    tall = rung("video", "cmaf", video=video_spec(*shown))
    made = conditioned(source, tmp_path / "out", tall)
    played = play_rendition(made)["video"]
    assert played.levels[0] == pytest.approx(118, abs=12)  # half white, no bars
    # the white half is on top after a quarter clockwise, else below or on the right
    assert (played.corners[0] > 180) == (matrix[1] > 0)


def test_loudness_is_brought_to_the_target(tmp_path: Path) -> None:
    """G-11."""
    times = np.arange(48_000 * 3) / 48_000
    tone = np.stack([np.sin(2 * np.pi * 997 * times)] * 2, axis=1).astype(np.float32)
    source = make_file(frames=75, samples=tone * 0.02)
    made = conditioned(source, tmp_path / "out", loudness=-23.0)
    whole = b"".join(
        (made.folder / n).read_bytes() for n in ("init.mp4", "1.m4s", "2.m4s", "3.m4s")
    )
    with open_source(whole, SourceLimits()) as opened:
        loudness, _ = measure(opened.sounds())
    assert loudness == pytest.approx(-23.0, abs=0.5)


def test_a_part_goes_on_where_the_whole_was_left(tmp_path: Path) -> None:
    """D-53: the last segment of a cut slate follows segments that exist."""
    of = rung("muxed", "ts")
    source = make_file(frames=75, samples=beeps(3, at=(2.2,)))
    whole = conditioned(source, tmp_path / "whole", of)
    before = (whole.folder / "2.ts").read_bytes()
    part = Part(first=50, end=60, first_number=3, counters={of: counters_after(before)})
    made = conditioned(source, tmp_path / "part", of, part=part)
    assert [(s.name, s.duration) for s in made.segments] == [("3.ts", Fraction(10, 25))]
    joined = (whole.folder / "1.ts").read_bytes() + before + (made.folder / "3.ts").read_bytes()
    tracks = play(joined, "mpegts")
    assert [number_of(level) for level in tracks["video"].levels] == list(range(60))
    assert tracks["audio"].clicks == pytest.approx([12.2], abs=0.002)


def test_what_does_not_pass_the_check_is_not_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G-12: an encoder that forgets an IDR picture is found out."""

    def without_key_frames(self: video.VideoEncoder, packet: object) -> object:
        return video.Sample(bytes(packet), self._sample_ticks, is_sync=False)  # type: ignore[call-overload]

    monkeypatch.setattr(video.VideoEncoder, "_sample", without_key_frames)
    with pytest.raises(CreativeFailed, match="segment 1 does not start with an IDR picture"):
        conditioned(make_file(), tmp_path / "out")


SMALL = [
    make_file(frames=10, samples=beeps(0.4, at=()), index_first=True),
    make_file(
        frames=10,
        samples=beeps(0.4, at=()),
        format_name="webm",
        video_codec="libvpx",
        audio_codec="libopus",
    ),
]


@pytest.mark.parametrize("seed", range(40))
def test_damage_anywhere_ends_in_a_creative_or_a_reason(seed: int, tmp_path: Path) -> None:
    """Threat 20: and in nothing else, such as an exception that nobody expects."""
    chance = random.Random(seed)
    data = bytearray(chance.choice(SMALL))
    for _ in range(chance.choice([1, 3, 10, 60])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    settings = ConditionSettings(
        loudness_lufs=-23 if seed % 3 else None, limits=SourceLimits(duration_s=10)
    )
    try:
        (made,) = condition(
            bytes(data), [MUXED], tmp_path / "out", settings=settings, progress=lambda share: None
        )
    except PackagingError:
        return
    check_together(made)


def test_what_a_filter_does_not_take_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: video.Scaler, picture: object) -> None:
        raise av.error.OSError(95, "Operation not supported")

    monkeypatch.setattr(video.Scaler, "scale", refuse)
    with pytest.raises(CreativeFailed, match="cannot be converted"):
        conditioned(make_file(frames=10), tmp_path / "out")


def test_interlaced_pictures_are_deinterlaced(tmp_path: Path) -> None:
    stripes = np.full((96, 160, 3), 20, np.uint8)
    stripes[::2] = 235  # and the other lines in the next picture: what a comb of motion is
    tall = rung("video", "cmaf", video=video_spec(160, 96))
    combed = make_file(
        pictures=[stripes, stripes[::-1]],
        frames=20,
        size=(160, 96),
        options={"flags": "+ilme+ildct", "crf": "10"},
    )
    made = conditioned(combed, tmp_path / "out", tall)
    progressive = make_file(
        pictures=[stripes, stripes[::-1]], frames=20, size=(160, 96), options={"crf": "10"}
    )
    beside = conditioned(progressive, tmp_path / "beside", tall)

    def comb(of: EncodedRendition) -> float:
        """How much neighbouring lines differ."""
        return play_rendition(of)["video"].stripes[10]

    assert comb(made) < comb(beside) / 2
    assert len(play_rendition(made)["video"].times) == 20


def test_full_range_becomes_limited(tmp_path: Path) -> None:
    full = make_file(pictures=WHITE, frames=10, pixel_format="yuvj420p")
    _, level = bars(conditioned(full, tmp_path / "out"))
    assert level == pytest.approx(217, abs=3)
