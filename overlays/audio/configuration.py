"""What an AAC track says of itself: esds and AudioSpecificConfig (ISO 14496-1 and -3)."""

from dataclasses import dataclass

from overlays.errors import MediaMalformed, Refusal, SegmentRefused

FRAME = 1024  # samples of an AAC-LC frame

_ES, _DECODER, _SPECIFIC = 3, 4, 5  # tags of descriptors
_AAC = 0x40  # objectTypeIndication of ISO 14496-3
_LC = 2
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "7.1"}
_SBR_FOLLOWS = 0x2B7  # syncExtensionType


@dataclass(frozen=True, slots=True)
class AacConfiguration:
    """AAC-LC in frames of 1024 samples, as a decoder has to know it."""

    rate: int  # Hz
    channels: int  # channelConfiguration

    @property
    def layout(self) -> str:
        """The channels, as FFmpeg names them."""
        return _LAYOUTS[self.channels]

    def write(self) -> bytes:
        """Write the AudioSpecificConfig."""
        return (_LC << 11 | _RATES.index(self.rate) << 7 | self.channels << 3).to_bytes(2)


@dataclass(frozen=True, slots=True)
class Esds:
    """What an esds box tells of the track."""

    configuration: AacConfiguration
    bit_rate: int  # on average; 0: not said


def read_esds(content: bytes) -> Esds:
    """Read the content of an esds box.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: SOUND_CODEC or SOUND_LAYOUT.
    """
    try:
        es = _find(content[4:], _ES)
        flags = es[2]
        skipped = 3 + 2 * bool(flags & 0x80)
        if flags & 0x40:
            skipped += 1 + es[skipped]
        decoder = _find(es[skipped + 2 * bool(flags & 0x20) :], _DECODER)
        if decoder[0] != _AAC:
            raise SegmentRefused(Refusal.SOUND_CODEC, f"object type {decoder[0]:#x}")
        specific = _find(decoder[13:], _SPECIFIC)
        return Esds(read_configuration(specific), int.from_bytes(decoder[9:13]))
    except IndexError:
        raise MediaMalformed("the esds box cannot be read") from None


def read_configuration(data: bytes) -> AacConfiguration:
    """Read an AudioSpecificConfig.

    Raises:
        MediaMalformed: It cannot be read.
        SegmentRefused: SOUND_CODEC where it is not AAC-LC alone, SOUND_LAYOUT where its frames or
            channels are not those of our encoder.
    """
    bits = _Bits(data)
    kind = bits.take(5)
    if kind != _LC:  # also HE-AAC that says so first
        raise SegmentRefused(Refusal.SOUND_CODEC, f"audio object type {kind}")
    index = bits.take(4)
    channels = bits.take(4)
    if index >= len(_RATES) or channels not in _LAYOUTS:
        raise SegmentRefused(Refusal.SOUND_LAYOUT, f"rate {index}, channels {channels}")
    if bits.take(3):  # 960 samples, a core coder, an extension
        raise SegmentRefused(Refusal.SOUND_LAYOUT, "frames are not of 1024 samples")
    if bits.left >= 17 and bits.take(11) == _SBR_FOLLOWS and bits.take(5) == 5 and bits.take(1):
        raise SegmentRefused(Refusal.SOUND_CODEC, "spectral band replication")
    return AacConfiguration(_RATES[index], channels)


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self.left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next bits.

        Raises:
            MediaMalformed: There are not so many.
        """
        self.left -= count
        if self.left < 0:
            raise MediaMalformed("an AudioSpecificConfig ends too early")
        return self._value >> self.left & (1 << count) - 1


def _find(data: bytes, tag: int) -> bytes:
    """The content of the first descriptor of a tag.

    Raises:
        IndexError: There is none.
    """
    position = 0
    while True:
        found, size = data[position], 0
        for _ in range(4):
            position += 1
            size = size << 7 | data[position] & 0x7F
            if not data[position] & 0x80:
                break
        position += 1
        if found == tag:
            return data[position : position + size]
        position += size
