"""URLs of overlaid segments, which say where the original is.

``tm/{id}/{original}/s.m4s``: `original` is the signed URL of the origin's segment, so that any
process that has the keys can send a player there, whatever became of the overlay, and nobody else
can have it send players anywhere (threat 22). No session is in it, so viewers of the same picture
share it. Private ones are below ``v1/private/``, under a name that nobody can guess.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from packager.paths import MAX_CHARACTERS
from packager.rendering.jobs import Job, Piece
from packager.tokens import InvalidToken

PUBLIC, PRIVATE = "tm", "v1/private"
ROUTE = "{id}/{original}/{name}"

_MAC_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a URL of ours says, once its signature is verified."""

    id: str  # of the job in the queue, and of its result
    private: bool
    name: str
    original: Piece


class Addresses:
    """Signs with the first of its keys and verifies with all of them."""

    def __init__(self, secrets: Sequence[str], *, base: str) -> None:
        """Take the keys, newest first, and what URLs begin with: ``/`` or ``https://host/``."""
        self._keys = [
            blake2b(text.encode(), digest_size=32, person=b"weft-overlay-key").digest()
            for text in secrets
        ]
        self._base = base

    def id_of(self, job: Job) -> str:
        """Return the job's name: its key, or in private what only this server can make of it."""
        if not job.private:
            return job.key
        return blake2b(job.key.encode(), key=self._keys[0], person=b"weft-private").hexdigest()[:64]

    def url_of(self, job: Job) -> str | None:
        """Return the URL; None where the original's is too long to be told in it."""
        id, name = self.id_of(job), f"s.{job.work.ending}"
        text = _text(job.work.segment)
        original = _signed(self._keys[0], job.private, id, name, text)
        path = f"{PRIVATE if job.private else PUBLIC}/{id}/{original}/{name}"
        return self._base + path if len(path) < 2 * MAX_CHARACTERS else None

    def address_of(self, url: str) -> Address:
        """Read a URL that this server, or another one with its keys, made.

        Raises:
            InvalidToken: It is not ours.
        """
        *folder, id, original, name = url.removeprefix(self._base).rsplit("/", 3)
        return self.read(private=folder == [PRIVATE], id=id, original=original, name=name)

    def read(self, *, private: bool, id: str, original: str, name: str) -> Address:
        """Verify the parts of a URL.

        Raises:
            InvalidToken: They are not ours.
        """
        try:
            data = urlsafe_b64decode(original + "=" * (-len(original) % 4))
            text = data[_MAC_BYTES:].decode()
            piece = _piece(text)
        except (Base64Error, ValueError) as error:
            raise InvalidToken from error
        if not any(
            compare_digest(_signed(key, private, id, name, text), original) for key in self._keys
        ):
            raise InvalidToken
        return Address(id=id, private=private, name=name, original=piece)


def _text(piece: Piece) -> str:
    first, last = piece.byte_range or ("", "")
    return f"{first}-{last} {piece.url}"


def _piece(text: str) -> Piece:
    byte_range, _, url = text.partition(" ")
    first, _, last = byte_range.partition("-")
    return Piece(url, (int(first), int(last)) if first else None)


def _signed(key: bytes, private: bool, id: str, name: str, text: str) -> str:
    body = "\0".join(("private" if private else "public", id, name, text)).encode()
    mac = blake2b(body, digest_size=_MAC_BYTES, key=key, person=b"weft-overlay").digest()
    return urlsafe_b64encode(mac + text.encode()).rstrip(b"=").decode()
