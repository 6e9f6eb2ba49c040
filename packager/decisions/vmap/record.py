"""A session's breaks as its VMAP placed them, as one blob: their places, and the document itself.

The places are written down and not found anew, so that they are the same in every process and
release (A-02); the document is read again where a break is yet to be filled.
"""

import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import get_args

import orjson

from packager.decisions.vmap.places import Place, PlaceKind

VERSION = 2  # 1 had films only
MAX_BYTES = 4 << 20  # of a record when inflated

_KINDS: Mapping[str, PlaceKind] = {kind: kind for kind in get_args(PlaceKind)}


class ScheduleError(ValueError):
    """Stored bytes are damaged, or of a version that this release does not read."""


def write_schedule(places: Iterable[Place], document: bytes) -> bytes:
    """Encode places and the VMAP that they are from."""
    written = [[place.break_id, place.number, str(place.at), place.kind] for place in places]
    return bytes([VERSION]) + zlib.compress(orjson.dumps(written) + b"\n" + document)


def read_schedule(data: bytes) -> tuple[tuple[Place, ...], bytes]:
    """Decode what `write_schedule` gave.

    Raises:
        ScheduleError: The bytes are not such a record.
    """
    if data[:1] not in (b"\x01", bytes([VERSION])):
        raise ScheduleError("a record of breaks of another version")
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data[1:], MAX_BYTES)
        if not inflater.eof or inflater.unused_data:
            raise ScheduleError("a record of breaks is cut off, too long or not alone")
        head, _, document = text.partition(b"\n")
        places = tuple(
            Place(str(name), int(number), Decimal(at), *(_KINDS[one] for one in kind))
            for name, number, at, *kind in orjson.loads(head)
        )
    except (zlib.error, ValueError, KeyError, TypeError, InvalidOperation) as error:
        if isinstance(error, ScheduleError):
            raise
        raise ScheduleError("a record of breaks is damaged") from error
    return places, document
