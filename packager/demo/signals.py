"""SCTE 35 messages of the demo's breaks: out of the network for so long, and back.

They are written here byte by byte, apart from the reader in `manifests`, so that the two check each
other.
"""

from struct import pack

_SPLICE_INSERT = 5


def splice_insert(event_id: int, *, seconds: int | None) -> bytes:
    """Return a splice_info_section with an immediate splice_insert (SCTE 35, 9.6 and 9.7.3).

    Args:
        event_id: Of the break; the same in both of its messages.
        seconds: Announced duration of the break that begins; None: it ends.
    """
    if seconds is None:
        what, duration = 0x5F, b""  # in, whole programme, immediate
    else:  # out, whole programme, immediate, with a duration after which it returns by itself
        ticks = seconds * 90_000
        what, duration = 0xFF, pack(">BI", 0xFE | ticks >> 32, ticks & 0xFFFFFFFF)
    command = pack(">IBB", event_id, 0x7F, what) + duration + pack(">HBB", 1, 0, 0)
    body = bytes(7)  # protocol version, clear, pts_adjustment and cw_index: all 0
    body += (0xFFF000 | len(command)).to_bytes(3, "big")  # tier 0xFFF: for everyone
    body += bytes([_SPLICE_INSERT]) + command + bytes(2)  # no descriptors
    section = pack(">BH", 0xFC, 0x3000 | len(body) + 4) + body
    return section + pack(">I", _crc32(section))


def _crc32(data: bytes) -> int:
    """CRC-32 of MPEG-2 sections (ISO 13818-1, annex A): not reflected, no final inversion."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc
