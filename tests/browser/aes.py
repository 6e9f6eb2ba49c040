"""AES-128 in CBC mode, by the openssl command: no library of the project encrypts."""

import shutil
import subprocess

_OPENSSL = shutil.which("openssl")


def missing() -> str | None:
    """Why nothing can be encrypted; None: it can."""
    return None if _OPENSSL else "there is no openssl command: apt install openssl"


def encrypt(data: bytes, *, key: bytes, iv: bytes) -> bytes:
    """Encrypt with PKCS7 padding; key and IV are 16 bytes each."""
    return _run(data, key, iv, "-e")


def decrypt(data: bytes, *, key: bytes, iv: bytes) -> bytes:
    """Decrypt; a wrong key or IV is an error, or gives other bytes."""
    return _run(data, key, iv, "-d")


def _run(data: bytes, key: bytes, iv: bytes, direction: str) -> bytes:
    assert _OPENSSL is not None
    command = [_OPENSSL, "enc", direction, "-aes-128-cbc", "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout
