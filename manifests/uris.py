"""References of a manifest made absolute (A-47, B-22), and safe to stand in another (threat 12)."""

import re
from urllib.parse import quote as percent_encode
from urllib.parse import urljoin, urlsplit

LEGAL = "-._~:/?#[]@!$&'()*+,;=%"  # besides letters and digits (RFC 3986, section 2)
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CLEAN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")

# The two forms that nearly all references have; no other form matches, and nothing is left to do.
BELOW_BASE = re.compile(r"[A-Za-z0-9_~%!$&'()*+,;=@\-][A-Za-z0-9\-._~%!$&'()*+,;=@/?]*")
ABSOLUTE = re.compile(
    r"https?://[A-Za-z0-9.\-]+(?::[0-9]+)?/[A-Za-z0-9\-._~%!$&'()*+,;=@/?:]*",
)


class Base:
    """What references are resolved against: the URL that their manifest was fetched from."""

    __slots__ = ("_base", "_folder")

    def __init__(self, base: str) -> None:
        """Take the URL.

        Args:
            base: Absolute URL, after redirects.

        Raises:
            ValueError: It is not an absolute URL.
        """
        if CONTROLS.search(base) or not SCHEME.match(base):
            raise ValueError(f"not an absolute URL: {base[:80]!r}")
        self._base = percent_encode(base, safe=LEGAL)
        self._folder = urljoin(self._base, "x")[:-1]

    def join(self, reference: str) -> str:
        """Make a reference absolute; characters that no URI may have are percent-encoded.

        A legal URI of a scheme that has no hierarchy (`skd:`, `data:`) stays as it is.

        Raises:
            ValueError: It is empty, has control characters or cannot be resolved.
        """
        if BELOW_BASE.fullmatch(reference) and "/." not in reference:
            return self._folder + reference
        if ABSOLUTE.fullmatch(reference):
            return reference
        if not reference:
            raise ValueError("empty URI")
        # `urlsplit` drops TAB, CR and LF without a word: look before it does.
        if CONTROLS.search(reference):
            raise ValueError(f"control character in URI {reference[:80]!r}")
        try:
            encoded = percent_encode(reference, safe=LEGAL)
            parts = urlsplit(encoded)
            # Python takes `//` and `https:a` for relative paths, browsers for hosts.
            hosted = encoded.startswith("//") or parts.scheme in ("http", "https")
            hostless = hosted and not parts.hostname
            absolute = urljoin(self._base, encoded)
        except ValueError:  # UnicodeEncodeError among them
            raise ValueError(f"not a URI: {reference[:80]!r}") from None
        if hostless or not CLEAN.fullmatch(absolute):
            raise ValueError(f"not a URI: {reference[:80]!r}")
        return absolute


def without_query(uri: str) -> str:
    """What names the resource: a rotated query token does not make another one (rule A-02)."""
    return urlsplit(uri)._replace(query="", fragment="").geturl()
