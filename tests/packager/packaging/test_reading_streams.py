"""Looking at media that are not quite as they should be."""

import av
import pytest
from media_samples import beeps, make_file

from packager.packaging import read_streams
from packager.packaging.deinterlace import Deinterlacer
from packager.packaging.read_streams import read_streams as read


def test_a_segment_that_cannot_be_read_to_its_end_tells_what_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Encrypted samples may break a parser in the middle."""

    class Broken:
        def __init__(self, container: object) -> None:
            self.streams = container.streams  # type: ignore[attr-defined]

        def demux(self) -> None:
            raise av.error.InvalidDataError(1, "encrypted")

    whole = make_file(frames=10, samples=beeps(0.4, at=()))
    real = read_streams._read
    monkeypatch.setattr(read_streams, "_read", lambda container: real(Broken(container)))
    video, audio = read(b"", whole)
    assert (video.codec, video.width, video.bitrate) == ("h264", 160, 0)
    assert (audio.codec, audio.sample_rate) == ("aac", 48_000)


def test_a_damaged_segment_leaves_what_the_init_section_tells() -> None:
    assert read(b"\0\0\0\x08ftyp", b"\0\0\0\x01noise") == ()
    assert read(b"", b"WEBVTT\n") == ()


def test_nothing_to_deinterlace_is_nothing() -> None:
    assert list(Deinterlacer().finish()) == []
