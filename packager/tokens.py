"""Session tokens: what a player carries in its URLs to say which session it is.

A token is a short signed statement, base64url: version, key id, sid, asset digest, two instants,
tenant, show, then a keyed BLAKE2b over all of it. It names no URL and no viewer. Each key has an
id made from the key itself, so keys rotate by putting a new one first in the list; older ones go
on verifying until their last token has expired.
"""

import hmac
import os
import secrets
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path

from packager.durable import sync
from packager.reasons import Reason

VERSION = 1
KEY_FILE = "token.key"  # in the media folder; never below a path that is served
MIN_SECRET_CHARACTERS = 32
MAX_TOKEN_CHARACTERS = 400

_HEAD = struct.Struct(">B4s16s8sII")  # version, kid, sid, asset digest, issued, expires
_MAC_BYTES = 16


class InvalidToken(Exception):
    """A token is not one of ours; which of its bytes is wrong is not told."""

    def __init__(self, reason: Reason = Reason.TOKEN_INVALID) -> None:
        super().__init__("the session token is not valid")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token says, once its signature is verified."""

    sid: str
    tenant: str
    show: str
    asset_digest: bytes  # see `digest_of`
    issued_at: int  # POSIX seconds, as the next
    expires_at: int


def new_sid() -> str:
    """Return 128 fresh random bits as 22 characters of base64url."""
    return secrets.token_urlsafe(16)


def session_digester(secret: str) -> Callable[[str], str]:
    """Make what ad servers get for a session's id: the same each time, and of no use here."""
    key = sha256(b"ad servers" + secret.encode()).digest()

    def digest(sid: str) -> str:
        return str(uuid.UUID(bytes=hmac.digest(key, sid.encode(), "sha256")[:16], version=4))

    return digest


def digest_of(asset: str) -> bytes:
    """Return the 8 bytes by which a token names an asset path."""
    return blake2b(asset.encode(), digest_size=8, person=b"weft-asset").digest()


class Tokens:
    """Signs with the first of its keys and verifies with all of them; holds no other state."""

    def __init__(self, secret_texts: Sequence[str]) -> None:
        """Take the keys, newest first.

        Raises:
            ValueError: There is none, or one has fewer than 32 characters.
        """
        if not secret_texts:
            raise ValueError("no token key is given")
        if min(map(len, secret_texts)) < MIN_SECRET_CHARACTERS:
            raise ValueError(f"a token key has fewer than {MIN_SECRET_CHARACTERS} characters")
        keys = [
            blake2b(text.encode(), digest_size=32, person=b"weft-token-key").digest()
            for text in secret_texts
        ]
        self._keys = {blake2b(key, digest_size=4, person=b"weft-kid").digest(): key for key in keys}
        self._kid = next(iter(self._keys))
        self._decoy = secrets.token_bytes(32)

    def write(self, token: Token) -> str:
        """Sign a token.

        Raises:
            ValueError: The tenant or the show has more than 100 bytes.
        """
        tenant, show = token.tenant.encode(), token.show.encode()
        if len(tenant) > 100 or len(show) > 100:
            raise ValueError("the name of a tenant or show is too long for a token")
        head = _HEAD.pack(
            VERSION,
            self._kid,
            urlsafe_b64decode(token.sid + "=="),
            token.asset_digest,
            token.issued_at,
            token.expires_at,
        )
        body = head + bytes((len(tenant),)) + tenant + show
        return _text(body + _mac(body, self._keys[self._kid]))

    def read(self, text: str) -> Token:
        """Verify a token and return what it says; whether it has expired is the caller's to check.

        Raises:
            InvalidToken: It is malformed, changed or forged (`TOKEN_INVALID`), or signed with a
                key that is not in the list (`TOKEN_KEY_UNKNOWN`).
        """
        data = _bytes(text)
        body, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if len(body) <= _HEAD.size:
            raise InvalidToken
        version, kid, sid, asset_digest, issued_at, expires_at = _HEAD.unpack_from(body)
        key = self._keys.get(kid)
        # An unknown key costs the same time as a wrong signature.
        genuine = hmac.compare_digest(mac, _mac(body, key or self._decoy))
        if key is None:
            raise InvalidToken(Reason.TOKEN_KEY_UNKNOWN)
        if not genuine or version != VERSION:
            raise InvalidToken
        show_at = _HEAD.size + 1 + body[_HEAD.size]
        return Token(
            sid=_text(sid),
            tenant=body[_HEAD.size + 1 : show_at].decode(),
            show=body[show_at:].decode(),
            asset_digest=asset_digest,
            issued_at=issued_at,
            expires_at=expires_at,
        )


def load_secrets(folder: Path) -> tuple[str, ...]:
    """Return the keys kept in a folder, newest first; make one if there is none.

    One key a line; empty lines and lines that start with ``#`` are skipped. Processes that start
    together all get the same key.

    Raises:
        OSError: The folder or the file cannot be read or written.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _create_secret(path)
    lines = (line.strip() for line in path.read_text(encoding="ascii").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _create_secret(path: Path) -> None:
    """Write a new key beside `path` and link it there whole; whoever links first has made it."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        sync(path.parent)
    finally:
        draft.unlink()


def _mac(body: bytes, key: bytes) -> bytes:
    return blake2b(body, digest_size=_MAC_BYTES, key=key, person=b"weft-token").digest()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Decode base64url in its one canonical form: the decoder alone forgives stray characters."""
    if len(text) > MAX_TOKEN_CHARACTERS:
        raise InvalidToken
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError) as error:
        raise InvalidToken from error
    if _text(data) != text:
        raise InvalidToken
    return data
