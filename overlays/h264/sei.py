"""Supplemental enhancement information: what of it outlives its picture (H.264, 7.3.2.3).

Timing of a decoder's buffers, hashes and the like speak of the original's bytes. Registered user
data (ITU-T T.35: closed captions, active format) speak of what is shown.
"""

from overlays.h264.nal import SEI, escape, unescape

_REGISTERED = 4  # user_data_registered_itu_t_t35


def kept_messages(nal: bytes) -> bytes:
    """Return the messages of an SEI unit that a replaced picture keeps, as written there."""
    payload, position, kept = unescape(nal), 0, b""
    while position + 2 < len(payload):  # the last byte has the stop bit
        start = position
        kind, position = _number(payload, position)
        size, position = _number(payload, position)
        position += size
        if kind == _REGISTERED and position < len(payload):
            kept += payload[start:position]
    return kept


def write_sei(messages: bytes) -> bytes:
    """Return the SEI unit of these messages."""
    return escape(SEI, messages + b"\x80")


def _number(payload: bytes, position: int) -> tuple[int, int]:
    """Read a number of bytes of 255 and a smaller one; past the end there are zeros."""
    number = 0
    while position < len(payload) and payload[position] == 0xFF:
        number += 255
        position += 1
    return number + (payload[position] if position < len(payload) else 0), position + 1
