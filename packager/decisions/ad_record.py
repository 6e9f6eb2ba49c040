"""The ads of a pod as one blob beside their decision: a version byte, then deflated JSON.

Whatever is a default is left out, and so are media files and mezzanines: they are long, and a
creative that is packaged does not need them. Everything else is read back as it was written.
"""

import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson

from packager.decisions.ads import Ad, Linear, Tracking

VERSION = 3  # 2 had no overlays, and 1 no tracking of the break: a list of ads
MAX_BYTES = 16 << 20  # of a record when inflated

_LEFT_OUT: Mapping[type, tuple[str, ...]] = {Linear: ("media_files", "mezzanines")}


class AdRecordError(ValueError):
    """Stored bytes are damaged, or of a version that this release does not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRecord:
    """What an ad server said of a pod."""

    ads: tuple[Ad | None, ...] = ()  # of its entries; None: one that is not an ad
    tracking: tuple[Tracking, ...] = ()  # of the break itself: breakStart, breakEnd (D-42)
    overlays: tuple[Ad, ...] = ()  # that the player draws (D-10)


NO_POD = PodRecord()
_READ = frozenset({b"\x01", b"\x02", bytes([VERSION])})


def write_ads(
    ads: Sequence[Ad | None], tracking: Sequence[Tracking] = (), overlays: Sequence[Ad] = ()
) -> bytes:
    """Encode the ads of a pod, where None is an entry that is not an ad, and their break's own."""
    record = PodRecord(ads=tuple(ads), tracking=tuple(tracking), overlays=tuple(overlays))
    return bytes([VERSION]) + zlib.compress(orjson.dumps(_written(record)))


def read_pod(data: bytes) -> PodRecord:
    """Decode what `write_ads` gave.

    Raises:
        AdRecordError: The bytes are not such a record.
    """
    if data[:1] not in _READ:
        raise AdRecordError("a record of ads of another version")
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data[1:], MAX_BYTES)
        if not inflater.eof or inflater.unused_data:
            raise AdRecordError("a record of ads is cut off, too long or not alone")
        values = orjson.loads(text)
        if data[:1] == b"\x01":
            values = {"ads": values}
        record: PodRecord = _reader(PodRecord)(values)
        return record
    except (zlib.error, ValueError, TypeError, KeyError, InvalidOperation) as error:
        if isinstance(error, AdRecordError):
            raise
        raise AdRecordError("a record of ads is damaged") from error


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    left_out = _LEFT_OUT.get(type(value), ())
    return {
        field.name: _written(item)
        for field in dataclasses.fields(value)
        if (item := getattr(value, field.name)) != field.default and field.name not in left_out
    }


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of a type from its JSON; raises ValueError and its like."""
    options = get_args(kind)
    if get_origin(kind) in (Union, UnionType):  # only `X | None` is in use
        (wanted,) = (option for option in options if option is not NoneType)
        read = _reader(wanted)
        return lambda value: None if value is None else read(value)
    if get_origin(kind) is tuple:
        read = _reader(options[0])
        return lambda value: tuple(read(item) for item in _checked(list, value))
    if get_origin(kind) is Literal:
        return lambda value: options[options.index(value)]
    if kind is Decimal:
        return lambda value: Decimal(_checked(str, value))
    if not dataclasses.is_dataclass(kind):
        return lambda value: _checked(kind, value)
    make: Any = kind
    hints = get_type_hints(kind)
    names = {field.name: hints[field.name] for field in dataclasses.fields(kind)}

    def build(value: Mapping[str, Any]) -> Any:
        fields = _checked(dict, value)
        return make(**{name: _reader(names[name])(item) for name, item in fields.items()})

    return build


def _checked(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"not a {kind.__name__}")
    return value
