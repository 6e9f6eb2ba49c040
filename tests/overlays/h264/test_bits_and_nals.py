import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.errors import MediaMalformed
from overlays.h264.avcc import read_avcc, write_avcc
from overlays.h264.bits import BitReader, BitWriter
from overlays.h264.nal import (
    escape,
    join_sample,
    join_stream,
    split_sample,
    split_stream,
    unescape,
)
from overlays.h264.sei import kept_messages, write_sei

CODES = {0: "1", 1: "010", 2: "011", 3: "00100", 7: "0001000"}  # table 9-2


@pytest.mark.parametrize(("value", "code"), CODES.items())
def test_exp_golomb_codes_are_those_of_the_standard(value: int, code: str) -> None:
    bits = BitWriter()
    bits.ue(value)
    assert f"{bits.value:0{bits.length}b}" == code


@given(st.lists(st.tuples(st.sampled_from(["ue", "se", "u1", "u9"]), st.integers(-300, 300))))
def test_bits_are_read_as_they_were_written(entries: list[tuple[str, int]]) -> None:
    writer = BitWriter()
    values = []
    for kind, number in entries:
        value = {"ue": abs(number), "se": number, "u1": number & 1, "u9": number & 511}[kind]
        values.append(value)
        if kind in ("ue", "se"):
            getattr(writer, kind)(value)
        else:
            writer.bits(value, int(kind[1:]))
    writer.bits(1, 1)  # the stop bit
    padding = -writer.length % 8
    reader = BitReader((writer.value << padding).to_bytes((writer.length + padding) // 8))
    for (kind, _), value in zip(entries, values, strict=True):
        if kind in ("ue", "se"):
            assert getattr(reader, kind)() == value
        else:
            assert reader.bits(int(kind[1:])) == value
    assert reader.position == writer.length - 1
    assert not reader.more_data()


@pytest.mark.parametrize("payload", [b"", b"\0", b"\0" * 12])
def test_a_header_that_ends_too_early_is_malformed(payload: bytes) -> None:
    with pytest.raises(MediaMalformed):
        BitReader(payload).ue()


ESCAPED = {  # 7.4.1.1
    "nothing to do": (b"\1\0\0\4", b"\1\0\0\4"),
    "a start code": (b"\0\0\1", b"\0\0\3\1"),
    "zeros": (b"\0\0\0\0\0", b"\0\0\3\0\0\3\0"),
    "the escape itself": (b"\0\0\3", b"\0\0\3\3"),
    "zeros at the end": (b"\5\0\0", b"\5\0\0\3"),
}


@pytest.mark.parametrize(("payload", "escaped"), ESCAPED.values(), ids=ESCAPED)
def test_start_codes_do_not_appear_in_payloads(payload: bytes, escaped: bytes) -> None:
    assert escape(0x65, payload) == b"\x65" + escaped
    assert unescape(b"\x65" + escaped) == payload


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, 255]), min_size=1).map(bytes))
def test_every_payload_survives(payload: bytes) -> None:
    nal = escape(0x41, payload)
    assert b"\0\0\1" not in nal
    assert b"\0\0\0" not in nal
    assert unescape(nal) == payload


NALS = (b"\x67abc", b"\x68d", b"\x65" + bytes(range(1, 60)))


@pytest.mark.parametrize("length_size", [1, 2, 4])
def test_nal_units_are_taken_from_samples_and_put_back(length_size: int) -> None:
    sample = join_sample(NALS, length_size)
    assert split_sample(sample, length_size) == NALS
    for cut in (sample[:-1], sample + b"\1", sample + bytes(length_size)):
        with pytest.raises(MediaMalformed):
            split_sample(cut, length_size)


def test_nal_units_are_taken_from_streams_and_put_back() -> None:
    stream = join_stream(NALS)
    assert split_stream(stream) == NALS
    assert split_stream(b"\0\0\1" + b"\0\0\1".join(NALS) + b"\0\0") == NALS
    assert split_stream(b"") == ()


AVCC = bytes.fromhex("0164001fffe10004674d401f01000568ebecb22cfdf8f800")


def test_an_avcc_is_read_and_written_back() -> None:
    configuration = read_avcc(AVCC)
    assert configuration.length_size == 4
    assert configuration.sets == (bytes.fromhex("674d401f"), bytes.fromhex("68ebecb22c"))
    assert write_avcc(configuration) == AVCC
    more = configuration.with_sets([b"\x68\x01", b"\x67\x02"])
    assert read_avcc(write_avcc(more)) == more
    assert (len(more.sps), len(more.pps)) == (2, 2)


@pytest.mark.parametrize("size", range(21))
def test_an_avcc_that_ends_too_early_is_malformed(size: int) -> None:
    if size == 20:  # what comes after the sets need not be there
        assert not read_avcc(AVCC[:size]).rest
    else:
        with pytest.raises(MediaMalformed):
            read_avcc(AVCC[:size])


CAPTIONS = b"\4\3\xb5\0\x31"
SEI = {
    "captions": (CAPTIONS, CAPTIONS),
    "timing before them": (b"\1\2\x10\x20" + CAPTIONS, CAPTIONS),
    "nothing kept": (b"\5\x01x\6\0", b""),
    "a long message": (b"\4\xff\x05" + b"y" * 260, b"\4\xff\x05" + b"y" * 260),
}


@pytest.mark.parametrize(("messages", "kept"), SEI.values(), ids=SEI)
def test_of_enhancement_information_captions_are_kept(messages: bytes, kept: bytes) -> None:
    assert kept_messages(write_sei(messages)) == kept


@given(st.binary(max_size=40))
def test_any_enhancement_information_is_read(content: bytes) -> None:
    assert len(kept_messages(b"\6" + content)) <= len(content)
