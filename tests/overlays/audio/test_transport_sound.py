"""Music under sound in transport streams: what stays, and that segments continue each other."""

import io
import itertools
from collections.abc import Sequence

import av
import numpy as np
import pytest
from sound_samples import RATE, chord, error_db, power_db, speech

from overlays.audio.adts import read_adts
from overlays.audio.codec import decode
from overlays.audio.configuration import FRAME, AacConfiguration
from overlays.audio.mix import Mix, mixed
from overlays.audio.transport import mix_transport, transport_configuration
from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.ts.packets import SIZE, read_packets
from overlays.ts.programme import aac_pid
from overlays.ts.rewrite import read_stream

UNDER = Mix(stem=chord(), gain_db=-3, duck_db=6)
STEREO = AacConfiguration(RATE, 2)


def make_transport(codec: str = "aac", *, seconds: float = 4.0) -> list[bytes]:
    """Speech in a transport stream, cut where its tables are sent: each piece begins with them."""
    buffer = io.BytesIO()
    options = {"mpegts_flags": "pat_pmt_at_frames", "pat_period": "1", "muxdelay": "0"}
    with av.open(buffer, "w", format="mpegts", options=options) as out:
        stream = out.add_stream(codec, rate=RATE, layout="stereo")
        stream.bit_rate = 128_000
        planes = speech(seconds)
        for first in range(0, planes.shape[1], FRAME):
            block = np.ascontiguousarray(planes[:, first : first + FRAME], np.float32)
            frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
            frame.sample_rate, frame.pts = RATE, first
            if codec != "aac":
                frame.pts = None
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = buffer.getvalue()
    packets = read_packets(data)
    starts = [index for index, one in enumerate(packets) if one.pid == 0]
    wanted = [0, *(starts[len(starts) * part // 4] for part in (1, 2, 3)), len(packets)]
    return [data[SIZE * first : SIZE * end] for first, end in itertools.pairwise(wanted)]


def frames(segments: Sequence[bytes]) -> list[bytes]:
    return [
        frame.data
        for data in segments
        for pes in read_stream(data, aac_pid).units
        for frame in read_adts(pes.data)
    ]


def mix_all(segments: Sequence[bytes], mix: Mix) -> list[bytes]:
    return [
        mix_transport(
            segment,
            [mix],
            before=segments[index - 1] if index else b"",
            after=segments[index + 1] if index + 1 < len(segments) else b"",
        )
        for index, segment in enumerate(segments)
    ]


def test_segments_continue_each_other_without_a_seam() -> None:
    segments = make_transport()
    assert len(segments) == 4
    assert transport_configuration(segments[0]) == STEREO
    plain = decode(STEREO, frames(segments))[:, :-FRAME]
    first = round(read_stream(segments[0], aac_pid).units[0].pts * RATE / 90_000)
    want = mixed(plain, [UNDER], rate=RATE, first=first, zero=first)
    heard = decode(STEREO, frames(mix_all(segments, UNDER)))[:, :-FRAME]
    errors = error_db(heard, want)
    ends = np.cumsum([len(frames([one])) for one in segments])[:-1]
    near = {int(end) + step for end in ends for step in (-2, -1, 0, 1, 2)}
    elsewhere = [db for frame, db in enumerate(errors) if frame and frame not in near]
    assert max(errors[frame] for frame in near) < max(elsewhere) + 1
    assert max(errors[1:]) < power_db(want) - 12


def test_tables_times_and_counters_stay() -> None:
    segments = make_transport()
    for old, new in zip(segments, mix_all(segments, UNDER), strict=True):
        before, after = read_stream(old, aac_pid), read_stream(new, aac_pid)
        assert [one.pts for one in before.units] == [one.pts for one in after.units]
        assert frames([old]) != frames([new])
        others = [one.data for one in before.packets if one.pid != before.pid]
        assert others == [one.data for one in after.packets if one.pid != after.pid]
        counters = [one.counter for one in after.packets if one.pid == after.pid]
        steps = {(b - a) % 16 for a, b in itertools.pairwise(counters)}
        assert steps == {1}
        last = [one.counter for one in before.packets if one.pid == before.pid][-1]
        assert counters[-1] == last


def test_ffmpeg_plays_it_without_a_complaint() -> None:
    segments = make_transport()

    def told(data: bytes) -> list[tuple[int | None, int]]:
        with av.open(io.BytesIO(data), "r", format="mpegts") as container:
            return [(frame.pts, frame.samples) for frame in container.decode(audio=0)]

    assert told(b"".join(mix_all(segments, UNDER))) == told(b"".join(segments))


def test_where_nothing_is_to_be_heard_the_segment_is_the_original() -> None:
    segment = make_transport()[0]
    silent = Mix(stem=chord(), begins_at=UNDER.fade_s * 9)
    assert mix_transport(segment, [silent]) == segment


def test_other_sound_is_refused() -> None:
    segment = make_transport("mp2")[0]
    with pytest.raises(SegmentRefused) as told:
        mix_transport(segment, [UNDER])
    assert told.value.reason is Refusal.SOUND_CODEC


KINDS = {0xCF: Refusal.ENCRYPTED, 0x81: Refusal.SOUND_CODEC, 0x1B: Refusal.NO_SOUND}


@pytest.mark.parametrize(("kind", "reason"), KINDS.items())
def test_the_table_says_why_not(kind: int, reason: Refusal) -> None:
    segment = make_transport()[0]
    pid = aac_pid(read_packets(segment))
    entry = bytes([0x0F]) + (0xE000 | pid).to_bytes(2)
    assert entry in segment
    with pytest.raises(SegmentRefused) as told:
        mix_transport(segment.replace(entry, bytes([kind]) + entry[1:]), [UNDER])
    assert told.value.reason is reason


FRAME_OF_NOTHING = bytes.fromhex("fff14c800100fc") + b"\0"  # LC, 48 kHz, stereo, 8 bytes


def test_a_frame_is_read_and_written() -> None:
    (frame,) = read_adts(FRAME_OF_NOTHING)
    assert (frame.configuration, frame.data) == (STEREO, b"\0")
    assert frame.write(b"\0") == FRAME_OF_NOTHING
    (longer,) = read_adts(frame.write(b"four"))
    assert longer.data == b"four"


def test_a_checksum_is_left_out() -> None:
    summed = bytes.fromhex("fff04c800140fc") + b"\xab\xcd\0"
    (frame,) = read_adts(summed)
    assert frame.data == b"\0"
    assert frame.write(frame.data) == FRAME_OF_NOTHING


BAD = {
    "no header": (b"\0" * 20, None),
    "cut within its header": (FRAME_OF_NOTHING + b"\xff", Refusal.SOUND_LAYOUT),
    "cut": (FRAME_OF_NOTHING[:-1], Refusal.SOUND_LAYOUT),
    "several in one": (bytes.fromhex("fff14c800100fd") + b"\0", Refusal.SOUND_LAYOUT),
    "shorter than its header": (bytes.fromhex("fff14c800000fc"), None),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD)
def test_other_frames_are_refused(data: bytes, reason: Refusal | None) -> None:
    with pytest.raises(MediaMalformed if reason is None else SegmentRefused) as told:
        list(read_adts(data))
    assert getattr(told.value, "reason", None) is reason


def test_main_profile_is_refused() -> None:
    (frame,) = read_adts(bytes.fromhex("fff10c800100fc") + b"\0")
    with pytest.raises(SegmentRefused) as told:
        _ = frame.configuration
    assert told.value.reason is Refusal.SOUND_CODEC
