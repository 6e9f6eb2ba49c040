"""The data of a template: its JSON Schema with GDD types, and what of the data is visible.

Two texts that look alike are one; a number is as exact as it is drawn (`x-weft-quantise`); rows
beyond the last one drawn do not count (`x-weft-keep`); what the schema does not name is not seen at
all. Pictures count by their bytes.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from overlays.errors import DataError, TemplateError
from overlays.text.clean import clean

IMAGE_TYPE: Final = "file-path/image-path"
GDD_TYPES: Final = frozenset(  # superflytv.github.io/GraphicsDataDefinition, version 1
    {
        "single-line",
        "multi-line",
        "file-path",
        IMAGE_TYPE,
        "select",
        "color-rrggbb",
        "color-rrggbbaa",
        "percentage",
        "duration-ms",
    }
)
MAX_DATA_BYTES: Final = 256 << 10
_MAX_DEPTH: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Canonical:
    """Data that fits its template: what is drawn, and the bytes that stand for it in a key."""

    data: Mapping[str, Any]
    images: Mapping[str, bytes]  # pictures that the data names
    text: bytes  # equal for all data that looks alike


@dataclass(frozen=True, slots=True, eq=False)
class DataSchema:
    """The schema of one template's data."""

    schema: Mapping[str, Any]
    private: frozenset[str]  # properties whose pixels are one viewer's own (`x-weft-private`)
    _validator: Draft202012Validator

    def image_names(self, data: Any) -> tuple[str, ...]:
        """Names of the pictures that data asks for."""
        return tuple(dict.fromkeys(filter(None, _names(_visible(data, self.schema), self.schema))))

    def canonical(self, data: Any, images: Mapping[str, bytes] | None = None) -> Canonical:
        """Check data and reduce it to what is visible.

        Args:
            data: As JSON gives it; not modified.
            images: Name to bytes, for properties that are pictures; others of the template are
                found by their file's name. A name that nobody knows is drawn as nothing.

        Raises:
            DataError: It does not fit; each place is named.
        """
        images = images or {}
        visible = _visible(data, self.schema)
        errors = sorted(self._validator.iter_errors(visible), key=lambda error: error.json_path)
        if errors:
            named = [(_place(error), error) for error in errors[:20]]
            raise DataError(
                tuple(f"{place}: {error.message[:300]}" for place, error in named),
                told=tuple(f"{place}: breaks {error.validator!r}" for place, error in named),
            )
        used = {name: images[name] for name in _names(visible, self.schema) if name in images}
        text = orjson.dumps(_with_digests(visible, self.schema, used), option=orjson.OPT_SORT_KEYS)
        if len(text) > MAX_DATA_BYTES:
            problems = (f"data: {len(text)} bytes: {MAX_DATA_BYTES} at most",)
            raise DataError(problems, told=problems)
        return Canonical(visible, used, text)


def _place(error: ValidationError) -> str:
    return ".".join(map(str, error.absolute_path)) or "data"


def read_schema(value: Any, *, file: str, place: str) -> DataSchema:
    """Read the schema of a template's data.

    Raises:
        TemplateError: It is no JSON Schema, or asks for what is not known here.
    """
    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        where = ".".join([place, *map(str, error.absolute_path)])
        raise TemplateError(file, where, error.message[:300]) from None
    if not isinstance(value, dict) or value.get("type") != "object" or "properties" not in value:
        raise TemplateError(file, place, 'must be {"type": "object", "properties": {...}}')
    _check(value, file, place, 0)
    private = frozenset(
        name for name, part in value["properties"].items() if part.get("x-weft-private")
    )
    return DataSchema(value, private, Draft202012Validator(value))


def _check(schema: Any, file: str, place: str, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise TemplateError(file, place, f"is nested more than {_MAX_DEPTH} deep")
    if not isinstance(schema, dict):
        raise TemplateError(file, place, "must be an object")
    for word in ("$ref", "$dynamicRef"):
        if word in schema:
            raise TemplateError(
                file, place, f"{word} is not followed: write the schema out in full"
            )
    gdd = schema.get("gddType")
    if gdd is not None and not (isinstance(gdd, str) and gdd in GDD_TYPES):
        known = ", ".join(sorted(GDD_TYPES))
        raise TemplateError(file, f"{place}.gddType", f"{gdd!r} is not known: one of {known}")
    for word, kinds in (("x-weft-quantise", (int, float)), ("x-weft-keep", (int,))):
        step = schema.get(word, 1)
        if type(step) not in kinds or step <= 0:
            raise TemplateError(file, f"{place}.{word}", "must be a number above 0")
    for word in schema:
        if word.startswith("x-weft-") and word[7:] not in ("quantise", "keep", "private"):
            raise TemplateError(file, f"{place}.{word}", "is not known")
    for name, part in schema.get("properties", {}).items():
        _check(part, file, f"{place}.properties.{name}", depth + 1)
    if "items" in schema:
        _check(schema["items"], file, f"{place}.items", depth + 1)


def _visible(value: Any, schema: Mapping[str, Any]) -> Any:
    """What of a value is drawn; what is of another type than the schema says is left to be told."""
    if isinstance(value, dict) and "properties" in schema:
        found = {}
        for name, part in schema["properties"].items():
            if name in value:
                found[name] = _visible(value[name], part)
            elif "default" in part:
                found[name] = _visible(part["default"], part)
        return found
    if isinstance(value, list):
        kept = value[: schema.get("x-weft-keep", len(value))]
        return [_visible(item, schema.get("items", {})) for item in kept]
    if isinstance(value, str):
        return value if schema.get("gddType") == IMAGE_TYPE else _text(value, schema)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, schema)
    return value


def _text(value: str, schema: Mapping[str, Any]) -> str:
    text = clean(value)
    return text.lower() if str(schema.get("gddType", "")).startswith("color-") else text


def _number(value: float, schema: Mapping[str, Any]) -> float | str:
    if not math.isfinite(value) or abs(value) >= 1e15:
        return str(value)  # no number that could be drawn: the schema says so
    step = schema.get("x-weft-quantise")
    exact = Decimal(str(value))
    if step is not None:
        each = Decimal(str(step))
        exact = (exact / each).quantize(Decimal(1), ROUND_HALF_UP) * each
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _names(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """Names of the pictures in data."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _names(part, schema.get("properties", {}).get(name, {}))
    elif isinstance(value, list):
        for item in value:
            yield from _names(item, schema.get("items", {}))
    elif isinstance(value, str) and schema.get("gddType") == IMAGE_TYPE:
        yield value


def _with_digests(value: Any, schema: Mapping[str, Any], images: Mapping[str, bytes]) -> Any:
    """The same data with pictures named by what they show."""
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {
            name: _with_digests(part, inner.get(name, {}), images) for name, part in value.items()
        }
    if isinstance(value, list):
        return [_with_digests(item, schema.get("items", {}), images) for item in value]
    if isinstance(value, str) and value in images and schema.get("gddType") == IMAGE_TYPE:
        return "sha256:" + hashlib.sha256(images[value]).hexdigest()
    return value
