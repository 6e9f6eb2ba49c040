"""Bits of headers, read and written (H.264, 7.2 and 9.1)."""

from overlays.errors import MediaMalformed


class BitReader:
    """Reads a payload from its first bit on; meant for headers, not for whole slices."""

    def __init__(self, payload: bytes) -> None:
        """`payload`: without emulation prevention bytes."""
        self._value = int.from_bytes(payload)
        self._left = self._size = 8 * len(payload)

    @property
    def position(self) -> int:
        """How many bits have been read."""
        return self._size - self._left

    def bits(self, count: int) -> int:
        """Read `count` bits, u(n)."""
        self._left -= count
        if self._left < 0:
            raise MediaMalformed("a header ends too early")
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Read one bit."""
        return self.bits(1) == 1

    def ue(self) -> int:
        """Read an unsigned Exp-Golomb code, of at most 32 bits of value."""
        rest = self._value & ((1 << self._left) - 1)
        zeros = self._left - rest.bit_length()
        if zeros > 32:
            raise MediaMalformed("a code in a header is too long")
        return self.bits(2 * zeros + 1) - 1

    def se(self) -> int:
        """Read a signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def more_data(self) -> bool:
        """Whether anything stands before the stop bit (more_rbsp_data)."""
        rest = self._value & ((1 << self._left) - 1)
        return rest & (rest - 1) != 0


class BitWriter:
    """Collects bits in one integer, `value`, of `length` bits."""

    def __init__(self) -> None:
        self.value = 0
        self.length = 0

    def bits(self, value: int, count: int) -> None:
        """Write u(n)."""
        self.value = self.value << count | value
        self.length += count

    def flag(self, value: bool) -> None:
        """Write one bit."""
        self.bits(int(value), 1)

    def ue(self, value: int) -> None:
        """Write an unsigned Exp-Golomb code."""
        self.bits(value + 1, 2 * (value + 1).bit_length() - 1)

    def se(self, value: int) -> None:
        """Write a signed Exp-Golomb code."""
        self.ue(2 * value - 1 if value > 0 else -2 * value)
