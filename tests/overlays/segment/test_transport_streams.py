"""Transport streams: the video replaced, everything else where it was."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
import transport_judge as judge
from film_samples import CARD, SIZE, _beep, bug, luma_psnr, shown
from hypothesis import given
from hypothesis import strategies as st

from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.segment.profile import Profile
from overlays.segment.render import render_transport
from overlays.segment.transport import open_transport
from overlays.testcard import CardPainter
from overlays.ts import packets as ts
from overlays.ts.pes import Pes, after, read_pes, write_pes
from overlays.ts.rewrite import read_stream, replace_units

RATE = Fraction(25)
LOOSE = Profile(rate=2)
ENCODERS = {
    "High": "bframes=2:aud=1",
    "Baseline, several slices": "bframes=0:cabac=0:8x8dct=0:slices=3",
    "scaling lists": "cqm=jvt:bframes=2:aud=1",
}


def make_stream(x264: str, frames: int = 36, gop: int = 12, codec: str = "libx264") -> bytes:
    painter = CardPainter(CARD, SIZE)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mpegts") as out:
        stream = out.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.gop_size = gop
        if codec == "libx264":
            x264 = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:{x264}"
            stream.options = {"preset": "veryfast", "crf": "20", "x264-params": x264}
        sound = out.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(painter.frame(number, float(RATE)), "yuv420p")
            frame.pts, frame.time_base = number, 1 / RATE
            out.mux(stream.encode(frame))
            _beep(out, sound, number, RATE)
        out.mux(stream.encode(None))
        out.mux(sound.encode(None))
    return buffer.getvalue()


def pictures_of(data: bytes) -> list[np.ndarray]:
    return [frame.to_ndarray() for frame in judge.frames(data)]


def last_counter(data: bytes) -> int:
    return judge.last_counter(data, read_stream(data).pid)


def others(data: bytes) -> list[bytes]:
    return judge.others(data, read_stream(data).pid)


@pytest.mark.parametrize("x264", ENCODERS.values(), ids=ENCODERS)
@pytest.mark.parametrize("interval", [(0, 9), (0.5, 0.9), (1.1, 2)], ids=str)
def test_only_the_video_changes(x264: str, interval: tuple[float, float]) -> None:
    old = make_stream(x264)
    (new,) = render_transport(old, [[shown(bug(), *interval)]], LOOSE, starts_at=Fraction(0))
    assert new != old
    assert others(new) == others(old)
    assert judge.clocks(new) == judge.clocks(old)
    assert judge.clocks(new)
    assert judge.continuity_errors(old) == judge.continuity_errors(new) == 0
    assert last_counter(new) == last_counter(old)
    before, afterwards = judge.times(old), judge.times(new)
    assert [dts for dts, _ in before] == [dts for dts, _ in afterwards]
    assert {pts for _, pts in before} == {pts for _, pts in afterwards}
    pictures = pictures_of(new)
    assert len(pictures) == 36
    assert luma_psnr(pictures_of(old), pictures, (4, 0, 72, 44)) >= 38
    red = [abs(float(picture[20, 40]) - 86) <= 8 for picture in pictures]
    assert red == [interval[0] <= number / 25 < interval[1] for number in range(36)]


def test_a_stream_is_written_back_as_it_was() -> None:
    old = make_stream(ENCODERS["High"])
    stream = read_stream(old)
    assert replace_units(stream, {}) == old
    same = dict(enumerate(stream.units))
    again = read_stream(replace_units(stream, same))
    assert [unit.data for unit in again.units] == [unit.data for unit in stream.units]
    assert render_transport(old, [[]]) == (old,)


@pytest.mark.parametrize("share", [0.2, 0.9, 1.0, 3.0])
@pytest.mark.parametrize("number", [0, 5, 35])
def test_counters_go_on_whatever_the_sizes(share: float, number: int) -> None:
    old = make_stream(ENCODERS["High"])
    stream = read_stream(old)
    pes = stream.units[number]
    data = (pes.data * 4)[: max(200, int(len(pes.data) * share))]
    other = Pes(stream=pes.stream, flags=pes.flags, pts=pes.pts, dts=pes.dts, data=data)
    new = replace_units(stream, {number: other})
    assert judge.continuity_errors(new + old) <= judge.continuity_errors(old + old)
    assert judge.continuity_errors(new) == 0
    assert last_counter(new) == last_counter(old)
    assert judge.clocks(new) == judge.clocks(old)
    assert read_stream(new).units[number].data == data


def test_sets_of_our_own_are_sent_beside_those_that_do_not_serve() -> None:
    old = make_stream(ENCODERS["scaling lists"])
    (new,) = render_transport(old, [[shown(bug())]], LOOSE)
    films = open_transport(old), open_transport(new)
    assert len(films[0].set_nals) == 2
    assert len(films[1].set_nals) == 4
    assert set(films[0].set_nals) <= set(films[1].set_nals)


def refusal(data: bytes) -> Refusal:
    with pytest.raises(SegmentRefused) as refused:
        render_transport(data, [[shown(bug())]])
    return refused.value.reason


def test_streams_that_are_not_for_us_are_refused() -> None:
    old = make_stream(ENCODERS["High"])
    stream = read_stream(old)
    first = stream.places[0]
    at = first[0] * ts.SIZE
    scrambled = old[: at + 3] + bytes([old[at + 3] | 0x80]) + old[at + 4 :]
    assert refusal(scrambled) is Refusal.ENCRYPTED
    without_start = old[:at] + old[at + ts.SIZE :]
    assert refusal(without_start) is Refusal.LAYOUT
    assert refusal(make_stream("", codec="mpeg2video")) is Refusal.CODEC
    sound = b"".join(others(old))
    assert refusal(sound) is Refusal.NO_VIDEO
    second = stream.places[3][0] * ts.SIZE
    middle = b"".join(p.data for p in stream.packets[: first[0]]) + old[second:]
    assert refusal(middle) is Refusal.OPEN_GOP


@pytest.mark.parametrize("data", [b"", b"G" * 187, b"x" * 188, b"G\0\0\x30\xff" + bytes(183)])
def test_what_is_not_a_stream_is_malformed(data: bytes) -> None:
    with pytest.raises(MediaMalformed):
        render_transport(data, [[]])


@given(st.integers(0, 2**33 - 1), st.integers(0, 2**33 - 1), st.binary(max_size=30))
def test_times_are_read_as_they_were_written(pts: int, dts: int, data: bytes) -> None:
    pes = Pes(stream=0xE0, flags=0x84, pts=pts, dts=dts, data=data)
    assert read_pes(write_pes(pes)) == pes


def test_times_go_on_where_33_bits_end() -> None:
    assert after(5, 2**33 - 5) == 2**33 + 5
    assert after(2**33 - 5, 2**33 + 5) == 2**33 - 5
    assert after(90, 50) == 90


@given(st.binary(min_size=1, max_size=184), st.integers(0, 15))
def test_packets_are_full_whatever_is_in_them(payload: bytes, counter: int) -> None:
    data = ts.write_packet(0x100, counter, payload, starts_unit=True)
    (packet,) = ts.read_packets(data)
    assert (packet.payload, packet.counter, packet.fields) == (payload, counter, b"")
    fields = b"\x50" + bytes(6)
    if len(payload) <= ts.room(fields):
        (packet,) = ts.read_packets(ts.write_packet(0x100, counter, payload, fields=fields))
        assert (packet.payload, packet.fields) == (payload, fields)
