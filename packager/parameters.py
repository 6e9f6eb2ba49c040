"""What a viewer may send along when a session starts: names, values, and how much of them.

The shapes are those of AWS Elemental MediaTailor: ``ads.*`` goes to the ad server, ``manifest.*``
to the origin, and a known fact goes by its name. Everything else is dropped, so that nothing
unknown is ever stored or sent on. No value is used as a URL, a host or a file.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

import orjson

from packager.reasons import Reason

Pairs = tuple[tuple[str, str], ...]
Reporting = Literal["client", "server"]
STITCHED, GUIDED = "STITCHED", "GUIDED"  # MediaTailor's words for who inserts

MAX_KEYS = 32
MAX_BYTES_EACH = 256  # of a name, and of a value, in UTF-8
MAX_BYTES_OF_STRING = 3072  # of a consent string
MAX_BYTES = 4096  # all names and values together
MAX_QUERY_CHARACTERS = 8192
MAX_BODY_BYTES = 16_384

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# No control, quote, angle bracket, backslash, brace or backtick: nothing that ends a string or
# opens a template or a tag. Letters, marks and digits of other scripts are checked one by one.
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9 !#$%&()*+,./:;=?@\[\]^_|~'-]*")
_QUERY_GROUPS = {
    "ads.": "ads",
    "manifest.": "manifest",
    "manifestParams.": "manifest",
    "playerParams.": "player",
}
_BODY_GROUPS = {
    "adsParams": "ads",
    "manifestParams": "manifest",
    "playerParams": "player",
    "facts": "facts",
}


class ParameterError(Exception):
    """A viewer's parameters are refused; the text says which and why, never the value."""

    def __init__(self, problem: str, reason: Reason = Reason.PARAMETERS_INVALID) -> None:
        super().__init__(problem)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one session, each group sorted by name; fixed when the session starts."""

    ads: Pairs = ()
    manifest: Pairs = ()
    player: Pairs = ()
    facts: Pairs = ()
    reporting: Reporting = "server"
    signalling: bool | None = None  # manifests tell of their ads (E-12); None: not said
    guided: bool = False  # the player draws overlays, as manifests tell it (B-64)


def read_query(query: str, facts: Collection[str], strings: Collection[str] = ()) -> Parameters:
    """Read the parameters of an implicit session, or of an explicit one started with GET.

    Args:
        query: The query string as received, without the question mark.
        facts: Names of the facts that the show declares; they go without a prefix.
        strings: Names of ad parameters that carry consent strings, which are long.

    Raises:
        ParameterError: Too many, too long, written twice, or of characters that are not allowed.
    """
    if len(query) > MAX_QUERY_CHARACTERS:
        raise ParameterError("the query string is too long", Reason.REQUEST_TOO_LARGE)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=256)
    except ValueError as error:  # broken UTF-8 or too many fields
        raise ParameterError("the query string cannot be read") from error
    kept = []
    reporting: object = "server"
    signalling: object = None
    insertion: object = STITCHED
    for name, value in pairs:
        prefix = next((prefix for prefix in _QUERY_GROUPS if name.startswith(prefix)), None)
        if prefix is not None:
            kept.append((_QUERY_GROUPS[prefix], name.removeprefix(prefix), value))
        elif name == "aws.reportingMode":
            reporting = value
        elif name == "aws.adSignalingEnabled":
            signalling = value
        elif name == "aws.insertionMode":
            insertion = value
        elif name in facts:
            kept.append(("facts", name, value))
    return _parameters(kept, reporting, strings, signalling=signalling, insertion=insertion)


def read_body(body: bytes, facts: Collection[str], strings: Collection[str] = ()) -> Parameters:
    """Read the JSON body of ``POST /v1/session``; an empty body is an empty object.

    Args:
        body: The request body as received.
        facts: Names of the facts that the show declares; others are dropped.
        strings: As in `read_query`.

    Raises:
        ParameterError: Not a JSON object of that shape, or as in `read_query`.
    """
    document = _object(body)
    kept = []
    for key, group in _BODY_GROUPS.items():
        values = document.get(key) or {}
        if not isinstance(values, Mapping):
            raise ParameterError(f"{key} is not an object")
        for name, value in values.items():
            if group != "facts" or name in facts:
                kept.append((group, name, _text(value, name, lists=group == "facts")))
    signalling = document.get("adSignaling") or {}
    if not isinstance(signalling, Mapping):
        raise ParameterError("adSignaling is not an object")
    return _parameters(
        kept,
        document.get("reportingMode", "client"),
        strings,
        signalling=signalling.get("enabled"),
        insertion=document.get("insertionMode", STITCHED),
    )


def read_changes(body: bytes) -> tuple[tuple[str, str | None], ...]:
    """Read the JSON body of ``PATCH /v1/session``: facts, `null` for one that is not said any more.

    Raises:
        ParameterError: Not a JSON object of that shape, or as in `read_query`.
    """
    values = _object(body).get("facts", {})
    if not isinstance(values, Mapping):
        raise ParameterError("facts is not an object")
    said = [
        (name, None if value is None else _text(value, name, lists=True))
        for name, value in values.items()
    ]
    written = [("facts", name, value or "") for name, value in said]
    # Within the same limits.
    _parameters(written, "server", (), signalling=None, insertion=STITCHED)
    return tuple(sorted(said))


def _object(body: bytes) -> dict[str, object]:
    """Read a JSON object; an empty body is an empty one."""
    if len(body) > MAX_BODY_BYTES:
        raise ParameterError("the body is too long", Reason.REQUEST_TOO_LARGE)
    try:
        document = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise ParameterError("the body is not JSON") from error
    if not isinstance(document, dict):
        raise ParameterError("the body is not a JSON object")
    return document


def _text(value: object, name: str, *, lists: bool = False) -> str:
    """Write a JSON scalar, or a list of texts, as it would stand in a query."""
    if lists and isinstance(value, list) and value:  # `null` says that there is nothing
        value = ",".join(_text(item, name) for item in value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    raise ParameterError(f"{_shown(name)} is not a string, number or boolean")


def _parameters(
    kept: Iterable[tuple[str, str, str]],
    reporting: object,
    strings: Collection[str],
    *,
    signalling: object,
    insertion: object,
) -> Parameters:
    """Check the limits of all groups together, then sort them into their places."""
    groups: dict[str, dict[str, str]] = {"ads": {}, "manifest": {}, "player": {}, "facts": {}}
    total = 0
    for count, (group, name, value) in enumerate(kept, start=1):
        is_string = group == "ads" and name in strings
        total += checked_bytes(name, value, MAX_BYTES_OF_STRING if is_string else MAX_BYTES_EACH)
        if count > MAX_KEYS:
            raise ParameterError(f"more than {MAX_KEYS} parameters")
        if total > MAX_BYTES:
            raise ParameterError(f"more than {MAX_BYTES} bytes of parameters")
        if name in groups[group]:  # two readers would take different ones of the two
            raise ParameterError(f"{_shown(name)} is given twice")
        groups[group][name] = value
    if reporting != "client" and reporting != "server":
        raise ParameterError("reportingMode is neither client nor server")
    # MediaTailor's bodies have it as text.
    if signalling not in (None, True, False, "true", "false"):
        raise ParameterError("ad signaling is neither true nor false")
    if insertion not in (STITCHED, GUIDED):
        raise ParameterError(f"insertionMode is neither {STITCHED} nor {GUIDED}")
    return Parameters(
        ads=tuple(sorted(groups["ads"].items())),
        manifest=tuple(sorted(groups["manifest"].items())),
        player=tuple(sorted(groups["player"].items())),
        facts=tuple(sorted(groups["facts"].items())),
        reporting=reporting,
        signalling=None if signalling is None else signalling in (True, "true"),
        guided=insertion == GUIDED,
    )


def checked_bytes(name: str, value: str, limit: int) -> int:
    """Return the size of one parameter that passes, in bytes of UTF-8.

    Raises:
        ParameterError: Its name or value is too long, or has characters that are not allowed.
    """
    if len(name) > MAX_BYTES_EACH or not _NAME.fullmatch(name):
        raise ParameterError(f"the name {_shown(name)} is not allowed")
    if len(value) > limit:
        raise ParameterError(f"the value of {_shown(name)} is too long")
    if _PLAIN_VALUE.fullmatch(value):
        return len(name) + len(value)
    for character in value:
        # Letters, marks (vowel signs of Indic scripts) and numbers beyond ASCII.
        other_script = character > "\x7f" and unicodedata.category(character)[0] in "LMN"
        if not other_script and not _PLAIN_VALUE.fullmatch(character):
            raise ParameterError(f"the value of {_shown(name)} has characters not allowed")
    size = len(value.encode())
    if size > limit:
        raise ParameterError(f"the value of {_shown(name)} is too long")
    return len(name) + size


def _shown(name: str) -> str:
    """Return a name as it may stand in an error: short, printable ASCII."""
    return ascii(name[:32])
