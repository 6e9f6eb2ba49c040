"""What workers draw on transport streams: Weft's own, and FFmpeg's with B-frames.

Their sizes are those of real ones: what has next to no bytes to give is refused, and told so.
"""

import io
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import transport_judge as judge
from media_for_bench import make_clip
from test_work import make_template

from overlays.testcard import Card, CardPainter
from packager.packaging.ladder import TS_ORIGIN, AudioSpec, Rung, VideoSpec
from packager.packaging.vod import package_vod
from packager.rendering.jobs import Drawing, Piece, Work
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.work import draw

SHARED = Path(__file__).parents[3] / ".." / "shared" / "media"
BBB = SHARED / "bbb-480p-30s.mp4"
RATE = 25
PID = 0x100  # of the video, in what Weft and FFmpeg write
Segments = tuple[bytes, ...]  # that follow each other


def make_film(seconds: int, size: tuple[int, int]) -> bytes:
    """A moving card and a tone."""
    painter = CardPainter(Card(code="content", title="Film", clock=True, duration_s=8), size)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        video = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "16"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(seconds * RATE):
            frame = av.VideoFrame.from_ndarray(painter.frame(number, RATE), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(video.encode(frame))
        tone = np.sin(np.arange(seconds * 48_000) * 0.05).astype(np.float32) * 0.2
        heard = av.AudioFrame.from_ndarray(np.stack([tone, tone]), "fltp", "stereo")
        heard.sample_rate, heard.pts = 48_000, 0
        out.mux(sound.encode(heard))
        for stream in (video, sound):
            out.mux(stream.encode(None))
    return buffer.getvalue()


def packaged(
    source: bytes, folder: Path, size: tuple[int, int], rate: int, bitrate: int
) -> Segments:
    """Made by Weft's own packaging, sound and all."""
    video = VideoSpec(width=size[0], height=size[1], frame_rate=Fraction(rate), bitrate=bitrate)
    rung = Rung(
        kind="muxed",
        container="ts",
        segment_s=Fraction(1),
        frame_grid=Fraction(rate),
        video=video,
        audio=AudioSpec(sample_rate=48_000, channels=2, bitrate=64_000),
        timestamp_origin=TS_ORIGIN,
    )
    package_vod(source, (rung,), folder)
    found = sorted(folder.rglob("*.ts"), key=lambda path: int(path.stem))
    return tuple(path.read_bytes() for path in found)


def first_seconds(path: Path, seconds: float) -> bytes:
    """The beginning of a film, not encoded again."""
    buffer = io.BytesIO()
    with av.open(str(path)) as source, av.open(buffer, "w", format="mp4") as out:
        chosen = (source.streams.video[0], source.streams.audio[0])
        streams = {one.index: out.add_stream_from_template(one) for one in chosen}
        for packet in source.demux(*chosen):
            if packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return buffer.getvalue()


def remuxed(path: Path, gop: int) -> Segments:
    """One GOP of a film as FFmpeg's muxer writes it, with its B-frames."""
    buffer = io.BytesIO()
    with av.open(str(path)) as source, av.open(buffer, "w", format="mpegts") as out:
        video = source.streams.video[0]
        stream = out.add_stream_from_template(video)
        keys = -1
        for packet in source.demux(video):
            keys += packet.is_keyframe
            if keys == gop and packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return (buffer.getvalue(),)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Segments:
    size = 320, 180
    return packaged(make_film(3, size), tmp_path_factory.mktemp("card"), size, RATE, 600_000)


@pytest.fixture(scope="module")
def bunny(tmp_path_factory: pytest.TempPathFactory) -> Segments:
    if not BBB.is_file():
        pytest.skip("the shared media are not beside the checkout")
    source = first_seconds(BBB, 3)
    return packaged(source, tmp_path_factory.mktemp("bunny"), (854, 480), 24, 1_200_000)


@pytest.fixture(scope="module")
def bunny_of_ffmpeg() -> Segments:
    if not BBB.is_file():
        pytest.skip("the shared media are not beside the checkout")
    return remuxed(BBB, gop=1)


def drawn(segment: bytes, folder: Path) -> bytes:
    digest = make_template(folder / "box")
    drawing = Drawing(template=digest, data=json.dumps({"colour": "#ffffff"}), begins_s=Fraction(0))
    work = Work(
        segment=Piece("http://cdn.example/1.ts"),
        drawings=(drawing,),
        profile="superfast",
        ending="ts",
    )
    templates = {digest: str(folder / "box")}
    return draw(Order(work=work, segment=segment, templates=templates))


def assert_only_the_video_changed(old: bytes, new: bytes) -> None:
    assert new != old
    assert len(new) <= len(old)
    assert judge.others(new, PID) == judge.others(old, PID)
    assert judge.clocks(new) == judge.clocks(old) != []
    assert judge.continuity_errors(new) == 0
    assert judge.last_counter(new, PID) == judge.last_counter(old, PID)
    before, after = judge.times(old), judge.times(new)
    assert [dts for dts, _ in before] == [dts for dts, _ in after]
    assert {pts for _, pts in before} == {pts for _, pts in after}


def assert_box_is_seen(old: bytes, new: bytes) -> None:
    before, after = judge.frames(old), judge.frames(new)
    assert len(before) == len(after)
    for frame in after:
        luma = frame.to_ndarray()[: frame.height, : frame.width // 2 - 8]
        assert float(luma.mean()) > 225
    right = slice(before[0].width // 2 + 16, before[0].width)
    errors = [
        np.square(a.to_ndarray()[: a.height, right].astype(int) - b.to_ndarray()[: b.height, right])
        for a, b in zip(before, after, strict=True)
    ]
    assert 10 * np.log10(255**2 / np.mean(errors)) >= 38


@pytest.mark.parametrize("programme", ["card", "bunny", "bunny_of_ffmpeg"])
def test_a_template_is_drawn_onto_a_transport_stream(
    programme: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    old = request.getfixturevalue(programme)[0]
    new = drawn(old, tmp_path)
    assert_only_the_video_changed(old, new)
    assert_box_is_seen(old, new)


def test_ffmpegs_stream_has_b_frames(bunny_of_ffmpeg: Segments) -> None:
    (segment,) = bunny_of_ffmpeg
    assert any(dts != pts for dts, pts in judge.times(segment))


def test_originals_go_on_where_a_replacement_ends(card: Segments, tmp_path: Path) -> None:
    first, second, third = card
    mixed = first + drawn(second, tmp_path) + third
    assert judge.continuity_errors(mixed) == judge.continuity_errors(first + second + third) == 0
    assert len(judge.frames(mixed)) == 3 * RATE


def test_a_stream_of_next_to_no_bytes_is_left_alone(tmp_path: Path) -> None:
    """Grey at 26 bytes a picture: no room for a box, nor for the packets that counters may need."""
    (segment,) = packaged(make_clip(1, shade=50), tmp_path, (64, 36), RATE, 120_000)
    with pytest.raises(DrawingRefused) as refused:
        drawn(segment, tmp_path)
    assert refused.value.code == "too_many_bytes"
