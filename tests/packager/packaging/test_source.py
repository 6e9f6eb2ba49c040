"""What is refused, and why; threat 5 and failure 17."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_samples import beeps, make_file, picture

from packager.packaging.errors import CreativeFailed, CreativeRefused
from packager.packaging.settings import SourceLimits
from packager.packaging.source import Picture, Source, open_source

LIMITS = SourceLimits()


@pytest.fixture(scope="module")
def mp4() -> bytes:
    return make_file(frames=75, samples=beeps(3, at=(1.0,)))


@pytest.fixture(scope="module")
def streamable() -> bytes:
    """The index stands before the media, so a part of the file can be opened."""
    return make_file(frames=75, samples=beeps(3, at=(1.0,)), index_first=True)


def audio_only() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 48_000), np.float32), format="fltp")
        frame.sample_rate = 48_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n"
REFUSED = {
    "nothing": (b"", "an empty file"),
    "a playlist": (PLAYLIST, "an HLS playlist"),
    "a playlist behind white space": (b"\xef\xbb\xbf\r\n" + PLAYLIST, "an HLS playlist"),
    "a page": (b"<!doctype html><title>404</title>", "HTML or XML"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(64), "a PNG image"),
    "a JPEG": (b"\xff\xd8\xff\xe0" + bytes(64), "a JPEG image"),
    "an MP3": (b"ID3\x04" + bytes(64), "an audio file"),
    "a transport stream": ((b"G" + bytes(187)) * 2, "an MPEG transport stream"),
    "noise": (bytes(range(1, 200)), "something else"),
    "an MP4 that is only a beginning": (b"\0\0\0\x18ftypisom" + bytes(12), "cut off or damaged"),
    "a playlist in MP4's clothes": (b"\0\0\0\x0cftypisom" + PLAYLIST, "cut off or damaged"),
    "an MP4 of sound": (audio_only(), "no video track"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("as_file", [False, True])
def test_what_is_not_a_video_is_refused_by_name(
    data: bytes, reason: str, as_file: bool, tmp_path: Path
) -> None:
    path = tmp_path / "creative.mp4"
    path.write_bytes(data)
    with (
        pytest.raises(CreativeRefused, match=reason),
        open_source(path if as_file else data, LIMITS),
    ):
        pass


def test_a_file_that_was_cut_off_is_refused(mp4: bytes, streamable: bytes) -> None:
    with pytest.raises(CreativeRefused, match="cut off"), open_source(mp4[:-200], LIMITS):
        pass
    half = streamable[: len(streamable) * 2 // 3]
    with pytest.raises(CreativeRefused, match=r"s of it are missing"), open_source(half, LIMITS):
        pass


def test_a_source_longer_or_larger_than_the_limits_is_refused(mp4: bytes) -> None:
    with (
        pytest.raises(CreativeRefused, match="lasts 3 s, more than 2 s"),
        open_source(mp4, SourceLimits(duration_s=2)),
    ):
        pass
    with (
        pytest.raises(CreativeRefused, match="160x90 is not a size"),
        open_source(mp4, SourceLimits(pixels=10_000)),
    ):
        pass


def test_a_blink_is_refused() -> None:
    with (
        pytest.raises(CreativeRefused, match="tenth of a second"),
        open_source(make_file(frames=2), LIMITS),
    ):
        pass


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused(transfer: int, name: str) -> None:
    """G-05: what has no tone mapping must not look washed out."""
    hdr = make_file(frames=5, colour_transfer=transfer)
    with pytest.raises(CreativeRefused, match=name), open_source(hdr, LIMITS):
        pass


def test_a_damaged_source_fails_instead_of_showing_nothing(streamable: bytes) -> None:
    start = streamable.index(b"mdat") + 4
    damaged = streamable[:start] + bytes(len(streamable) - start)
    with pytest.raises(CreativeFailed, match="decoded"), open_source(damaged, LIMITS) as source:
        list(source.pictures_and_sounds())


def read(source: Source) -> list[Fraction]:
    return [e.at for e in source.pictures_and_sounds() if isinstance(e, Picture)]


@pytest.mark.parametrize(
    ("format_name", "video", "audio"),
    [("mp4", "libx264", "aac"), ("mov", "libx264", "aac"), ("webm", "libvpx", "libopus")],
)
def test_times_begin_with_the_first_picture(format_name: str, video: str, audio: str) -> None:
    """B-frames and encoder delay, told by edit lists or not, leave no offset (G-03)."""
    data = make_file(
        frames=25,
        samples=beeps(1, at=()),
        format_name=format_name,
        video_codec=video,
        audio_codec=audio,
    )
    with open_source(data, LIMITS) as source:
        assert source.facts.duration == pytest.approx(1, abs=0.002)
        assert source.facts.has_audio
        times = read(source)
    assert [float(at) for at in times] == pytest.approx([n / 25 for n in range(25)], abs=0.001)


def test_the_sound_of_a_silent_source_is_nothing() -> None:
    with open_source(make_file(frames=10), LIMITS) as source:
        assert not source.facts.has_audio
        assert list(source.sounds()) == []


def test_a_cover_picture_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(path, "w", format="mp4") as file:
        cover = file.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 160, 90, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = file.add_stream("aac", rate=48_000)
        frame = av.VideoFrame.from_ndarray(picture(0), format="rgb24").reformat(format="yuvj420p")
        file.mux(cover.encode(frame))
        file.mux(cover.encode(None))
        sound = av.AudioFrame.from_ndarray(np.zeros((2, 48_000), np.float32), format="fltp")
        sound.sample_rate = 48_000
        file.mux(stream.encode(sound))
        file.mux(stream.encode(None))
    with pytest.raises(CreativeRefused, match="no video track"), open_source(path, LIMITS):
        pass


def test_names_in_another_alphabet_are_no_trouble(mp4: bytes) -> None:
    """Old tools wrote metadata in Latin-1; PyAV would stop at it."""
    latin = mp4.replace(b"Lavf", b"\xe4\xf6\xfc\xdf")
    assert latin != mp4
    with open_source(latin, LIMITS) as source:
        assert source.facts.packets == 75


def test_sound_that_cannot_be_decoded_is_passed_over_while_it_is_measured(
    streamable: bytes,
) -> None:
    start = streamable.index(b"mdat") + 4
    damaged = streamable[:start] + b"\xff" * (len(streamable) - start)
    with open_source(damaged, LIMITS) as source:
        assert len(list(source.sounds())) < 140
