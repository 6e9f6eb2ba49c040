"""The avcC of an init section: parameter sets beside the samples (ISO 14496-15, 5.3.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from overlays.errors import MediaMalformed
from overlays.h264.nal import PPS, SPS, nal_type


@dataclass(frozen=True, slots=True)
class AvcConfiguration:
    """An AVCDecoderConfigurationRecord."""

    head: bytes  # version, profile, compatibility, level
    length_size: int  # bytes before each NAL unit of a sample
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    rest: bytes = b""  # chroma format and bit depths, of the higher profiles

    @property
    def sets(self) -> tuple[bytes, ...]:
        """All parameter sets that slices may name."""
        return (*self.sps, *self.pps)

    def with_sets(self, nals: Iterable[bytes]) -> "AvcConfiguration":
        """Return one that holds other parameter sets too."""
        nals = tuple(nals)
        return replace(
            self,
            sps=(*self.sps, *(nal for nal in nals if nal_type(nal) == SPS)),
            pps=(*self.pps, *(nal for nal in nals if nal_type(nal) == PPS)),
        )


def read_avcc(content: bytes) -> AvcConfiguration:
    """Read the content of an avcC box.

    Raises:
        MediaMalformed: It ends too early.
    """
    if len(content) < 7:
        raise MediaMalformed("an avcC is too short")
    position, found = 5, []
    for mask in (0x1F, 0xFF):
        nals = []
        count, position = content[position : position + 1], position + 1
        for _ in range(count[0] & mask if count else 0):
            start = position + 2
            position = start + int.from_bytes(content[position:start])
            nals.append(content[start:position])
        found.append(tuple(nals))
    if position > len(content) or not all(nal for nals in found for nal in nals):
        raise MediaMalformed("parameter sets reach beyond their avcC")
    sps, pps = found
    return AvcConfiguration(content[:4], (content[4] & 3) + 1, sps, pps, content[position:])


def write_avcc(configuration: AvcConfiguration) -> bytes:
    """Write the content of an avcC box."""
    parts = [configuration.head, bytes([0xFC | configuration.length_size - 1])]
    for reserved, nals in ((0xE0, configuration.sps), (0, configuration.pps)):
        parts.append(bytes([reserved | len(nals)]))
        parts += [len(nal).to_bytes(2) + nal for nal in nals]
    return b"".join(parts) + configuration.rest
