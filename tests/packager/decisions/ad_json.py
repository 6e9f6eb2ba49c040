"""Ads as JSON for golden files: whatever is said, under the names of the values."""

import dataclasses
from decimal import Decimal
from hashlib import sha256
from typing import Any


def described(value: Any) -> Any:
    """A value without what is not said; tracking as a person would list it, by event."""
    if isinstance(value, tuple):
        return [described(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str) and ("<" in value or (len(value) > 100 and "://" not in value)):
        # Another's markup and prose is not ours to copy.
        return f"{len(value)} characters, {sha256(value.encode()).hexdigest()[:12]}"
    if not dataclasses.is_dataclass(value):
        return value
    said = {"is": type(value).__name__} if type(value).__name__ in ("Wrapper", "Failure") else {}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if item == field.default:
            continue
        said[field.name] = _by_event(item) if field.name.endswith("tracking") else described(item)
    return said


def _by_event(items: tuple[Any, ...]) -> Any:
    events: dict[str, list[str]] = {}
    for item in items:
        if not hasattr(item, "event"):
            return described(items)
        events.setdefault(f"{item.event} {item.offset}".strip(), []).append(item.url)
    return events
