"""Every reason for which a segment's sound is left as it is."""

import pytest
from sound_samples import RATE, Sound, chord, make_sound

from overlays.audio import codec, run
from overlays.audio.cmaf import mix_cmaf
from overlays.audio.configuration import AacConfiguration, read_configuration, read_esds
from overlays.audio.mix import Mix
from overlays.errors import EncodingFailed, MediaMalformed, Refusal, SegmentRefused

ASC = b"\x11\x90\x56\xe5\x00"  # AAC-LC, 48 kHz, stereo, no SBR


def refused(sound: Sound, init: bytes, *, segment: bytes | None = None) -> Refusal:
    segment = sound.segments[1] if segment is None else segment
    with pytest.raises(SegmentRefused) as told:
        mix_cmaf(init, segment, [Mix(stem=chord())])
    return told.value.reason


def test_what_is_encrypted() -> None:
    sound = make_sound()
    assert refused(sound, sound.init.replace(b"mp4a", b"enca")) is Refusal.ENCRYPTED


@pytest.mark.parametrize("entry", [b"ac-3", b"ec-3", b"Opus", b"fLaC"])
def test_what_is_not_aac(entry: bytes) -> None:
    sound = make_sound()
    assert refused(sound, sound.init.replace(b"mp4a", entry)) is Refusal.SOUND_CODEC


def test_what_has_no_sound() -> None:
    sound = make_sound()
    assert refused(sound, sound.init.replace(b"soun", b"vide")) is Refusal.NO_SOUND


def test_what_has_no_samples() -> None:
    sound = make_sound()
    assert refused(sound, sound.init, segment=b"\0\0\0\x08styp") is Refusal.NO_SOUND


CONFIGURATIONS = {
    "HE-AAC that says so first": (0b00101_0110_0010_0011_00010_000 << 8, Refusal.SOUND_CODEC),
    "HE-AAC that says so last": (0x1190_56E5_80, Refusal.SOUND_CODEC),
    "HE-AAC v2": (0b11101_0110_0010_0011_00010_000 << 8, Refusal.SOUND_CODEC),
    "Main profile": (0x0990_0000_00, Refusal.SOUND_CODEC),
    "frames of 960 samples": (0x1194_0000_00, Refusal.SOUND_LAYOUT),
    "channels of its own order": (0x1180_0000_00, Refusal.SOUND_LAYOUT),
    "a rate of its own": (0x1790_0000_00, Refusal.SOUND_LAYOUT),
}


@pytest.mark.parametrize(("value", "reason"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_other_kinds_of_aac(value: int, reason: Refusal) -> None:
    with pytest.raises(SegmentRefused) as told:
        read_configuration(value.to_bytes(5))
    assert told.value.reason is reason
    sound = make_sound()
    assert ASC in sound.init
    assert refused(sound, sound.init.replace(ASC, value.to_bytes(5))) is reason


def test_aac_lc_in_all_its_spellings_is_the_same() -> None:
    for spelling in (ASC, ASC[:2], b"\x11\x90\0\0\0"):
        assert read_configuration(spelling) == AacConfiguration(RATE, 2)
    assert AacConfiguration(RATE, 2).write() == ASC[:2]


def test_samples_that_are_not_single_frames() -> None:
    sound = make_sound()
    init = sound.init.replace(
        RATE.to_bytes(4) + bytes(4) + b"\x55\xc4", (2 * RATE).to_bytes(4) + bytes(4) + b"\x55\xc4"
    )
    assert init != sound.init  # the track's timescale
    assert refused(sound, init) is Refusal.SOUND_LAYOUT


def test_frames_with_more_than_they_announce() -> None:
    """As implicit SBR or PS is: the decoder gives something else."""
    sound = make_sound()
    init = sound.init.replace(ASC, b"\x11\x88\x56\xe5\x00")  # mono
    with pytest.raises((SegmentRefused, EncodingFailed)):
        mix_cmaf(init, sound.segments[1], [Mix(stem=chord(channels=1))])


def test_what_does_not_come_down_to_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = make_sound(bit_rate=64_000)
    monkeypatch.setattr(run, "RATE", 0.001)
    assert refused(sound, sound.init) is Refusal.TOO_MANY_BYTES


def test_an_encoder_that_makes_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "read_configuration", lambda data: AacConfiguration(44_100, 2))
    codec.silent_frame.cache_clear()
    sound = make_sound()
    assert refused(sound, sound.init) is Refusal.SOUND_DIFFERS


@pytest.mark.parametrize("content", [b"", b"\0\0\0\0", b"\0\0\0\0\x03\x80", bytes(40)])
def test_an_esds_that_cannot_be_read(content: bytes) -> None:
    with pytest.raises(MediaMalformed):
        read_esds(content)


def test_damaged_frames_fail() -> None:
    sound = make_sound()
    segment = sound.segments[1]
    at = segment.index(b"mdat") + 4
    broken = segment[:at] + bytes(b ^ 0x5A for b in segment[at:])
    with pytest.raises((EncodingFailed, SegmentRefused)):
        mix_cmaf(sound.init, broken, [Mix(stem=chord())])
