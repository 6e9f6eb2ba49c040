"""AAC frames that say themselves what they are: ADTS headers (ISO 14496-3, 1.A.3.2)."""

from collections.abc import Iterator
from dataclasses import dataclass

from overlays.audio.configuration import AacConfiguration, read_configuration
from overlays.errors import MediaMalformed, Refusal, SegmentRefused

_SIZE = 7  # bytes of a header without a checksum, which has two more


@dataclass(frozen=True, slots=True)
class AdtsFrame:
    """One frame."""

    header: bytes  # the first seven bytes
    data: bytes  # the raw frame

    @property
    def configuration(self) -> AacConfiguration:
        """What the header says that it is.

        Raises:
            SegmentRefused: SOUND_CODEC or SOUND_LAYOUT.
        """
        bits = int.from_bytes(self.header)
        kind, rate, channels = (bits >> 38 & 3) + 1, bits >> 34 & 15, bits >> 30 & 7
        return read_configuration((kind << 11 | rate << 7 | channels << 3).to_bytes(2))

    def write(self, data: bytes) -> bytes:
        """Write another raw frame behind the same header, without a checksum."""
        bits = int.from_bytes(self.header) & ~(0x1FFF << 13)
        bits |= 1 << 40 | (_SIZE + len(data)) << 13
        return bits.to_bytes(_SIZE) + data


def read_adts(data: bytes) -> Iterator[AdtsFrame]:
    """Yield the frames that follow each other.

    Raises:
        MediaMalformed: There is something else.
        SegmentRefused: SOUND_LAYOUT: a frame ends elsewhere, or shares its header.
    """
    position = 0
    while position < len(data):
        header = data[position : position + _SIZE]
        if len(header) < _SIZE:
            raise SegmentRefused(Refusal.SOUND_LAYOUT, "a frame lies across packets")
        bits = int.from_bytes(header)
        if bits >> 44 != 0xFFF or bits >> 41 & 3:
            raise MediaMalformed("there is no ADTS header where a frame begins")
        size, start = bits >> 13 & 0x1FFF, _SIZE if bits >> 40 & 1 else _SIZE + 2
        if bits & 3:
            raise SegmentRefused(Refusal.SOUND_LAYOUT, "several frames share a header")
        if size < start:
            raise MediaMalformed("an ADTS frame is shorter than its header")
        if position + size > len(data):
            raise SegmentRefused(Refusal.SOUND_LAYOUT, "a frame lies across packets")
        yield AdtsFrame(header, data[position + start : position + size])
        position += size
