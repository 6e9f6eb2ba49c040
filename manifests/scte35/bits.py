"""Fields of any number of bits, most significant bit first, and the checksum over them."""

import zlib

from manifests.errors import CueError

# zlib's CRC-32 has the polynomial of MPEG but takes the bits of each byte from the other end.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc32_mpeg(data: bytes) -> int:
    """The CRC-32 that MPEG-2 sections end with (ISO/IEC 13818-1, annex A)."""
    mirrored = zlib.crc32(data.translate(_MIRRORED)) ^ 0xFFFF_FFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


class BitReader:
    """Reads fields one after the other from some bytes, and never beyond their end."""

    __slots__ = ("_bit", "_data", "_end")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._bit = 0
        self._end = 8 * len(data)

    @property
    def remaining_bits(self) -> int:
        """How many bits have not been read."""
        return self._end - self._bit

    def read(self, bits: int) -> int:
        """The next `bits` bits as an unsigned integer.

        Raises:
            CueError: Fewer bits than that are left.
        """
        start, end = self._bit, self._bit + bits
        if end > self._end:
            raise CueError(f"truncated: {bits} bits wanted, {self._end - start} left")
        self._bit = end
        touched = int.from_bytes(self._data[start >> 3 : (end + 7) >> 3], "big")
        return touched >> (-end & 7) & ((1 << bits) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return self.read(1) == 1

    def skip(self, bits: int) -> None:
        """Pass over reserved or uninteresting bits."""
        self.read(bits)

    def take(self, length: int) -> bytes:
        """The next `length` bytes.

        Raises:
            CueError: Fewer bytes than that are left.
        """
        return self.read(8 * length).to_bytes(length, "big")

    def sub(self, length: int) -> "BitReader":
        """A reader of the next `length` bytes alone, which this reader passes over."""
        return BitReader(self.take(length))


class BitWriter:
    """Appends fields one after the other."""

    __slots__ = ("_bits", "value")

    def __init__(self) -> None:
        self.value = 0  # all that was written, as one integer
        self._bits = 0

    def write(self, value: int, bits: int) -> None:
        """Append `value` as an unsigned integer of `bits` bits.

        Raises:
            ValueError: It does not fit.
        """
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{value} does not fit into {bits} bits")
        self.value = self.value << bits | value
        self._bits += bits

    def flag(self, value: bool) -> None:
        """Append one bit."""
        self.write(int(value), 1)

    def reserve(self, bits: int) -> None:
        """Append reserved bits, which are ones."""
        self.write((1 << bits) - 1, bits)

    def append(self, data: bytes) -> None:
        """Append whole bytes."""
        self.write(int.from_bytes(data, "big"), 8 * len(data))

    def to_bytes(self) -> bytes:
        """What was written, which must be whole bytes."""
        return self.value.to_bytes(self._bits // 8, "big")
