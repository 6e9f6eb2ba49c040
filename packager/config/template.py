"""URL templates for ad servers: ``https://ads.example/vast?d={break.seconds}&{ads}``.

Only the operator chooses scheme and host. What a viewer sent (``{ads}``) may stand in the query
alone, and every value is percent-encoded. ``[MACROS]`` of VAST stay as they are (rule D-20).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote

from packager.config.settings import suggestion

PLACEHOLDERS = {
    "break.seconds": "length of the break, or the longest it may get",
    "break.id": "names the break; the same for all viewers",
    "session.id": "names the session",
    "ads": "all ad parameters of the viewer, `a=1&b=2`",
    "ads.NAME": "one ad parameter of the viewer; empty if it was not sent",
}

_PIECE = re.compile(r"\{([^{}]*)\}")
_SERVER = re.compile(r"(https?://[^/?#@{}\s\\]+)([/?][^#\s\\]*)?")


@dataclass(frozen=True, slots=True)
class FillTemplate:
    """A parsed template; `pieces` alternates between literal text and names of placeholders."""

    pieces: tuple[str, ...] = field(repr=False)  # operators put keys of ad servers there
    server: str  # "https://ads.example:8443/": what may be said of it in a log

    @classmethod
    def parse(cls, text: str) -> "FillTemplate":
        """Read a template.

        Raises:
            ValueError: It is not an http(s) URL with a fixed host, or a placeholder is unknown or
                stands where its value must not go.
        """
        pieces = tuple(_PIECE.split(text))
        literals, names = pieces[::2], pieces[1::2]
        for name in names:
            if name not in PLACEHOLDERS and not re.fullmatch(r"ads\.[\w.-]+", name):
                raise ValueError(
                    f"unknown placeholder {{{name}}}; {suggestion(name, PLACEHOLDERS)}"
                )
        if any(brace in literal for literal in literals for brace in "{}"):
            raise ValueError("a brace has no partner; write {break.seconds}")
        server = _SERVER.fullmatch(text)
        if not server or not text.isprintable():
            raise ValueError("must be a URL with a fixed host, `https://host/path?{break.seconds}`")
        path = text.partition("?")[0]
        if "{ads" in path:
            raise ValueError("{ads} comes from viewers and may stand only after the `?`")
        return cls(pieces, f"{server[1]}/")

    def expand(
        self, *, break_seconds: Decimal, break_id: str, session_id: str, ads: Mapping[str, str]
    ) -> str:
        """Return the URL to ask; `ads` are the viewer's ad parameters by name."""
        values = {
            "break.seconds": f"{break_seconds.quantize(Decimal('0.001')).normalize():f}",
            "break.id": quote(break_id, safe=""),
            "session.id": quote(session_id, safe=""),
            "ads": "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in ads.items()),
        }
        return "".join(
            (values[piece] if piece in values else quote(ads.get(piece[4:], ""), safe=""))
            if index % 2
            else piece
            for index, piece in enumerate(self.pieces)
        )
