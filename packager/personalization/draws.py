"""Draws: numbers by lot that are the same for the same session, show and choice, for ever.

A draw is a keyed hash. There is no random state, so every process draws alike, and what was drawn
can be drawn again. Numbers below a bound come out exactly evenly: what would make some of them
likelier is hashed once more.
"""

from hashlib import blake2b

EVERYBODY = "*"  # in whose name shared choices are drawn
_BYTES = 16
_SPAN = 1 << (8 * _BYTES)


def draw_key(secret: str) -> bytes:
    """The key of draws and handles, from one of the secrets that sign sessions."""
    return blake2b(secret.encode(), digest_size=32, person=b"weft-draw-key").digest()


def key_id(key: bytes) -> str:
    """By what a record names a key; tells nothing of it."""
    return blake2b(key, digest_size=4, person=b"weft-draw-kid").hexdigest()


def handle_of(sid: str, key: bytes) -> str:
    """What a session is called in records, and in whose name its choices are drawn."""
    return blake2b(sid.encode(), digest_size=12, key=key, person=b"weft-handle").hexdigest()


def draw(key: bytes, who: str, show: str, choice: str, bound: int) -> int:
    """Draw a number.

    Args:
        key: Of `draw_key`.
        who: A session's handle, or `EVERYBODY`.
        show: Name of the show.
        choice: Name of the choice.
        bound: The number is from 0 up to this, without it; far below 2 to the power of 128.
    """
    fair = _SPAN - _SPAN % bound
    text = "\0".join((who, show, choice)).encode()  # none of the names has a zero byte
    turn = 0
    while True:
        again = b"" if turn == 0 else b"\0%d" % turn
        drawn = blake2b(text + again, digest_size=_BYTES, key=key, person=b"weft-draw").digest()
        number = int.from_bytes(drawn)
        if number < fair:
            return number % bound
        turn += 1
