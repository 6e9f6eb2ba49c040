from struct import pack

import pytest

from packager.demo.boxes import BoxError, decode_time, find_boxes, h264_codecs, retime, timescale


def box(kind: bytes, *content: bytes) -> bytes:
    return pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)


def segment(*times: int, sequence_number: int = 1, version: int = 1) -> bytes:
    form = ">BxxxQ" if version else ">BxxxI"
    trafs = [
        box(b"traf", box(b"tfhd", b"...."), box(b"tfdt", pack(form, version, t))) for t in times
    ]
    header = box(b"mfhd", pack(">II", 0, sequence_number))
    return box(b"styp", b"cmfs") + box(b"moof", header, *trafs) + box(b"mdat", b"tfdt mfhd")


def init(*, version: int = 0) -> bytes:
    times = bytes(8) if version == 0 else bytes(16)
    header = bytes([version, 0, 0, 0]) + times + pack(">II", 90_000, 0)
    entry = box(b"avc1", bytes(78), box(b"avcC", bytes([1, 0x64, 0x00, 0x28, 0xFF])))
    table = box(b"minf", box(b"stbl", box(b"stsd", bytes(8), entry)))
    return box(b"ftyp", b"iso6") + box(
        b"moov", box(b"trak", box(b"mdia", box(b"mdhd", header), table))
    )


def test_a_segment_is_moved_in_all_its_tracks_and_nothing_else_changes() -> None:
    moved = retime(segment(0, 7), ticks=2**40, sequence_number=99)

    assert moved == segment(2**40, 2**40 + 7, sequence_number=99)


def test_a_sequence_number_of_more_than_32_bits_wraps() -> None:
    assert retime(segment(5), ticks=0, sequence_number=2**32 + 3) == segment(5, sequence_number=3)


def test_decode_times_are_read() -> None:
    assert decode_time(segment(123_456_789_012)) == 123_456_789_012


@pytest.mark.parametrize("version", [0, 1])
def test_an_init_section_tells_its_timescale_and_codec(version: int) -> None:
    assert timescale(init(version=version)) == 90_000
    assert h264_codecs(init()) == "avc1.640028"


BROKEN = {
    "a decode time of 32 bits": segment(5, version=0),
    "no movie fragment": box(b"mdat", b""),
    "no tracks": segment(),
    "a box beyond its parent": segment(5)[:60],
    "a box shorter than its header": pack(">I4s", 4, b"moof"),
    "nothing": b"",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_segment_that_cannot_be_moved_is_refused(data: bytes) -> None:
    with pytest.raises(BoxError):
        retime(data, ticks=1, sequence_number=1)


def test_what_an_init_section_lacks_is_named() -> None:
    with pytest.raises(BoxError, match="moov/trak/mdia/mdhd"):
        timescale(box(b"moov"))
    with pytest.raises(BoxError, match="avcC"):
        h264_codecs(init().replace(b"avcC", b"hvcC"))


def test_boxes_are_found_where_they_stand() -> None:
    data = segment(1, 2)

    assert [data[start:end][-1] for start, end in find_boxes(data, b"moof", b"traf", b"tfdt")] == [
        1,
        2,
    ]
