"""The writers, read back by readers that know nothing of them; G-01, G-08, G-09."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import AAC_48K, rung, video_spec

from packager.packaging.adts import PackedAacWriter
from packager.packaging.conformance import read_spans
from packager.packaging.mux_cmaf import CmafWriter
from packager.packaging.mux_ts import TsWriter, counters_after
from packager.packaging.read_cmaf import MediaUnreadable, read_init, read_segment
from packager.packaging.read_ts import read_packed_aac_segment, read_ts_segment
from packager.packaging.tracks import AudioTrack, Run, Sample, VideoTrack

VIDEO = VideoTrack(video_spec(), 90_000, b"\x01\x64\x00\x1f\xff")
AUDIO = AudioTrack(AAC_48K, 48_000, b"\x11\x90")
KEY_PICTURE = b"\0\0\0\1\x09\xf0\0\0\0\1\x67\x64\0\0\0\1\x68\xee\0\0\0\1\x65"


def pictures(*sizes: int, start: int = 0) -> Run:
    samples = [Sample(KEY_PICTURE + bytes(sizes[0]), 3600)]
    samples += [Sample(b"\0\0\0\1\x41" + bytes(size), 3600, is_sync=False) for size in sizes[1:]]
    return Run(VIDEO, start * 3600, tuple(samples))


def sounds(*sizes: int, start: int = 0) -> Run:
    return Run(AUDIO, start * 1024, tuple(Sample(bytes(size), 1024) for size in sizes))


@given(
    video=st.lists(st.integers(0, 2000), min_size=1, max_size=8),
    audio=st.lists(st.integers(1, 1500), min_size=1, max_size=12),
)
def test_any_samples_fill_whole_transport_packets(video: list[int], audio: list[int]) -> None:
    writer = TsWriter((VIDEO, AUDIO), 900_000)
    runs = (pictures(*video), sounds(*audio))
    first, second = writer.segment(1, runs), writer.segment(2, runs)
    counters: dict[int, int] = {}
    for data in (first, second):
        spans = read_ts_segment(data, counters, Fraction(25))
        assert [(s.kind, s.start, s.samples) for s in spans] == [
            ("video", 10, len(video)),
            ("audio", 10, len(audio)),
        ]
        assert all(span.starts_clean for span in spans)
    counters = {pid: (count + 1) % 16 for pid, count in counters.items()}
    assert counters_after(first + second) == counters


def test_the_clock_runs_before_the_pictures() -> None:
    """PCR on the first packet of the video, half a second before its PTS."""
    data = TsWriter((VIDEO,), 900_000).segment(1, (pictures(10),))
    field = data[2 * 188 + 4 : 2 * 188 + 12]
    assert field[1] & 0x50 == 0x50  # random access, PCR
    assert int.from_bytes(field[2:8]) >> 15 == 900_000 - 45_000


def test_timestamps_wrap_at_33_bits() -> None:
    """G-10: and the clock before them wraps on its own."""
    origin = (1 << 33) - 3600
    data = TsWriter((VIDEO,), origin).segment(1, (pictures(10, 10),))
    assert read_ts_segment(data[: 3 * 188], {}, Fraction(25))[0].start == Fraction(origin, 90_000)
    with pytest.raises(MediaUnreadable, match="picture 1"):
        read_ts_segment(data, {}, Fraction(25))  # the check has no wrap to expect


def test_a_writer_goes_on_with_the_counters_of_another() -> None:
    first = TsWriter((VIDEO,), 0).segment(1, (pictures(500, 500),))
    second = TsWriter((VIDEO,), 0, counters_after(first)).segment(2, (pictures(9, start=2),))
    counters: dict[int, int] = {}
    read_ts_segment(first, counters, Fraction(25))
    read_ts_segment(second, counters, Fraction(25))
    with pytest.raises(MediaUnreadable, match="is missing"):
        read_ts_segment(second, counters, Fraction(25))


def test_packed_audio_tells_its_time() -> None:
    """G-09."""
    writer = PackedAacWriter(AUDIO, 900_000)
    span = read_packed_aac_segment(writer.segment(1, (sounds(100, 200, start=47),)))
    assert span.start == 10 + Fraction(47 * 1920, 90_000)
    assert span.duration == 2 * Fraction(1024, 48_000)


def test_decode_times_and_sync_samples_are_told() -> None:
    """G-01."""
    writer = CmafWriter((VIDEO, AUDIO))
    tracks = read_init(writer.init_section())
    assert [(t.kind, t.timescale, t.has_edit_list) for t in tracks] == [
        ("video", 90_000, False),
        ("audio", 48_000, False),
    ]
    key = Sample((1).to_bytes(4) + b"\x65" + bytes(5), 3600)
    late = Run(VIDEO, 1 << 33, (key, Sample(bytes(9), 3600, is_sync=False)))
    video, audio = read_segment(tracks, writer.segment(1, (late, sounds(5, 5, 5, start=3))))
    assert (video.start, video.duration) == (Fraction(1 << 33, 90_000), Fraction(2, 25))
    assert video.starts_clean
    assert (audio.start, audio.samples) == (Fraction(3 * 1024, 48_000), 3)


def cmaf() -> tuple[bytes, bytes]:
    writer = CmafWriter((VIDEO,))
    key = Sample((1).to_bytes(4) + b"\x65", 3600)
    return writer.init_section(), writer.segment(1, (Run(VIDEO, 0, (key,)),))


def broken(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


INIT, SEGMENT = cmaf()
TS = TsWriter((VIDEO, AUDIO), 0).segment(1, (pictures(10, 10), sounds(*[10] * 12)))
NO_VIDEO = TsWriter((VIDEO, AUDIO), 0).segment(1, (Run(VIDEO, 0, ()), sounds(10)))
PACKED = PackedAacWriter(AUDIO, 0).segment(1, (sounds(10, 10),))
UNREADABLE = {
    "no tracks": (INIT[:28], SEGMENT, "no tracks"),
    "no timescale": (broken(INIT, b"\0\x01\x5f\x90", bytes(4)), SEGMENT, "no tracks"),
    "a box of no size": (INIT, bytes(4) + SEGMENT[4:], "impossible size"),
    "a box cut off": (INIT, SEGMENT[:-20], "impossible size"),
    "media cut off": (INIT, SEGMENT[:-1], "outside its segment"),
    "no decode time": (INIT, broken(SEGMENT, b"tfdt", b"free"), "no decode time"),
    "no run": (INIT, broken(SEGMENT, b"trun", b"free"), "no fragment"),
    "another track": (
        INIT,
        broken(SEGMENT, b"tfhd\0\x02\0\x28\0\0\0\x01", b"tfhd\0\x02\0\x28\0\0\0\x07"),
        "of no track",
    ),
    "a run too long": (
        INIT,
        broken(SEGMENT, b"trun\0\0\x06\x01\0\0\0\x01", b"trun\0\0\x06\x01\0\0\0\x02"),
        "outside",
    ),
}


@pytest.mark.parametrize(("init", "segment", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_damaged_cmaf_is_found_out(init: bytes, segment: bytes, reason: str) -> None:
    with pytest.raises(MediaUnreadable, match=reason):
        read_segment(read_init(init), segment)


def test_a_box_that_ends_too_early_is_found_out() -> None:
    with pytest.raises(MediaUnreadable, match="ends too early"):
        read_init(b"\0\0\0\x08moov\0\0\0\x0atkhd\0\0")
    with pytest.raises(MediaUnreadable, match="ends too early"):
        read_init(b"\0\0\0\x0ctkhd\0\0\0\0")


DAMAGED_TS = {
    "nothing": (b"", "not whole packets"),
    "half a packet": (TS[:-10], "not whole packets"),
    "no sync byte": (TS[:188] + b"\0" + TS[189:], "does not start with 0x47"),
    "no PAT first": (TS[188:], "not the PAT"),
    "no PMT second": (TS[:188] + TS[376:], "not the PMT"),
    "another codec": (broken(TS, b"\x1b\xe1\0", b"\x24\xe1\0"), "neither H.264 nor AAC"),
    "no timestamp": (
        broken(TS, b"\0\0\1\xe0\0\0\x84\x80", b"\0\0\1\xe0\0\0\x84\x00"),
        "no timestamp",
    ),
    "a damaged frame": (broken(TS, b"\xff\xf1", b"\xfe\xf1"), "AAC frame is damaged"),
    "no pictures": (NO_VIDEO, "no video"),
    "a sample's middle": (
        TS[:376] + TS[376:564].replace(b"\x47\x41", b"\x47\x01", 1) + TS[564:],
        "middle",
    ),
}


@pytest.mark.parametrize(("data", "reason"), DAMAGED_TS.values(), ids=DAMAGED_TS)
def test_damaged_transport_streams_are_found_out(data: bytes, reason: str) -> None:
    """G-08."""
    with pytest.raises(MediaUnreadable, match=reason):
        read_ts_segment(data, {}, Fraction(25))


def test_a_hole_in_the_sound_is_found_out() -> None:
    writer = TsWriter((AUDIO,), 0)
    first = writer.segment(1, (sounds(*[10] * 5),))
    later = writer.segment(2, (sounds(*[10] * 5, start=9),))
    with pytest.raises(MediaUnreadable, match="hole"):
        read_ts_segment(first + later, {}, None)


def test_packed_audio_without_a_time_or_without_frames_is_found_out() -> None:
    with pytest.raises(MediaUnreadable, match="no timestamp"):
        read_packed_aac_segment(PACKED[3:])
    with pytest.raises(MediaUnreadable, match="no frames"):
        read_packed_aac_segment(PACKED[: PACKED.index(b"\xff\xf1")])


def with_edit_list(media_time: int) -> bytes:
    entry = (1).to_bytes(4) + bytes(4) + media_time.to_bytes(4, signed=True) + b"\0\1\0\0"
    edits = b"\0\0\0\x24edts\0\0\0\x1celst" + bytes(4) + entry
    at = INIT.index(b"trak") - 4
    size = int.from_bytes(INIT[at : at + 4]) + len(edits)
    moov = INIT.index(b"moov") - 4
    whole = int.from_bytes(INIT[moov : moov + 4]) + len(edits)
    init = INIT[:moov] + whole.to_bytes(4) + INIT[moov + 4 : at] + size.to_bytes(4) + b"trak"
    return init + edits + INIT[at + 8 :]


@pytest.mark.parametrize("media_time", [1024, -1])
def test_an_edit_list_is_found_out(media_time: int) -> None:
    """G-03."""
    with pytest.raises(MediaUnreadable, match="edit list"):
        read_spans(rung("video", "cmaf"), with_edit_list(media_time), [SEGMENT])


def test_an_edit_list_that_changes_nothing_is_none() -> None:
    assert read_spans(rung("video", "cmaf"), with_edit_list(0), [SEGMENT])


def test_a_segment_may_have_several_fragments() -> None:
    """As chunks are written; G-01: they run on."""
    writer = CmafWriter((VIDEO,))
    key = Sample((1).to_bytes(4) + b"\x65", 3600)
    first = writer.segment(1, (Run(VIDEO, 0, (key,)),))
    second = writer.segment(2, (Run(VIDEO, 3600, (key,)),))
    (span,) = read_segment(read_init(INIT), b"\0\0\0\x08styp" + first + second)
    assert (span.start, span.duration, span.samples) == (0, Fraction(2, 25), 2)
    assert span.starts_clean
    with pytest.raises(MediaUnreadable, match="does not go on"):
        read_segment(read_init(INIT), second + first)
