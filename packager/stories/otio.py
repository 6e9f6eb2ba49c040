"""OpenTimelineIO files become stories: clips are assets, and their other media references cuts.

The format's JSON is read as it is: timelines, stacks and tracks down to clips of the first picture
track. What a story cannot say, a part of a clip or a transition, is told and left away.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

MAX_BYTES = 16 * 1024 * 1024
MAX_CLIPS = 500
_MAX_DEPTH = 24
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
_TENTH = Decimal("0.1")


class OtioError(ValueError):
    """A file is no timeline that a story can be made of; the text says why."""


@dataclass(slots=True)
class _Draft:
    """A show in the making."""

    assets: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, Decimal] = field(default_factory=dict)  # of assets
    told: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)  # moments that follow one another


def read_otio(text: str) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """Make a show of a timeline.

    Args:
        text: The ``.otio`` file.

    Returns:
        The show's name, its settings as they stand in a configuration, and what of the timeline is
        not in them.

    Raises:
        OtioError: It is something else, or has no clips.
    """
    if len(text) > MAX_BYTES:
        raise OtioError(f"it has more than {MAX_BYTES >> 20} MiB")
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise OtioError("it is not JSON, as .otio files are") from error
    if not isinstance(document, dict) or "OTIO_SCHEMA" not in document:
        raise OtioError("it has no OTIO_SCHEMA: it is not OpenTimelineIO")
    draft = _Draft()
    for item in _items(_picture_track(document, draft), draft):
        if len(draft.assets) >= MAX_CLIPS:
            raise OtioError(f"it has more than {MAX_CLIPS} clips")
        _take(item, draft)
    _end_moments(draft)
    if not draft.parts:
        raise OtioError("its first picture track has no clips with media")
    show = {"assets": draft.assets, "story": draft.parts}
    return _name(str(document.get("name", "")), ()) or "story", show, tuple(draft.told)


def _schema(item: Mapping[str, Any]) -> str:
    return str(item.get("OTIO_SCHEMA", "")).partition(".")[0]


def _children(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    children = item.get("children")
    yield from (one for one in children or () if isinstance(one, dict))


def _picture_track(document: Mapping[str, Any], draft: _Draft) -> Mapping[str, Any]:
    """The first picture track with something in it; a clip or track may be a file by itself."""
    root = document.get("tracks") if _schema(document) == "Timeline" else document
    if not isinstance(root, dict):
        raise OtioError("its timeline has no tracks")
    if _schema(root) != "Stack":
        return root
    pictures = [one for one in _children(root) if one.get("kind", "Video") == "Video"]
    filled = [one for one in pictures if next(_children(one), None) is not None]
    if not filled:
        raise OtioError("it has no picture track")
    if len(filled) > 1:
        draft.told.append(f"{len(filled) - 1} more picture tracks are left out")
    return filled[0]


def _items(track: Mapping[str, Any], draft: _Draft, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if depth > _MAX_DEPTH:
        raise OtioError("it is nested too deeply")
    kind = _schema(track)
    if kind in ("Track", "SerializableCollection"):
        for child in _children(track):
            yield from _items(child, draft, depth + 1)
    elif kind == "Stack":
        first = next(_children(track), None)
        if first is not None:
            yield from _items(first, draft, depth + 1)
    elif kind == "Clip":
        yield track
    elif kind == "Gap":
        draft.told.append("a gap is left out: what is around it follows at once")
    elif kind == "Transition":
        draft.told.append("a transition is left out: it is a cut")


def _take(clip: Mapping[str, Any], draft: _Draft) -> None:
    called = str(clip.get("name") or "clip")
    if clip.get("enabled") is False:
        draft.told.append(f"{called!r} is switched off, and left out")
        return
    references = _references(clip)
    if not references:
        draft.told.append(f"{called!r} has no media, and is left out")
        return
    (_, first), *others = references.items()
    asset = _placed(str(first.get("target_url", "")))
    name = next((one for one, known in draft.assets.items() if _media(known) == asset), "")
    if not name:
        name = _name(called, draft.assets)
        told = clip.get("metadata", {})
        told = told.get("weft", {}) if isinstance(told, dict) else {}
        asset |= {key: told[key] for key in ("kind", "tags", "weight") if key in told}
        kinds = [_name(str(one.get("name", "")), ()) for one in _marks(clip)]
        if any(kinds) and "kind" not in asset:
            asset["kind"] = next(filter(None, kinds))
        cuts = {_name(key, ()): _placed(str(one.get("target_url", ""))) for key, one in others}
        if cuts:
            asset["cuts"] = cuts
        draft.assets[name] = asset
        draft.seconds[name] = _seconds(first.get("available_range")) or _seconds(
            clip.get("source_range")
        )
    shown = _seconds(clip.get("source_range"))
    if shown and draft.seconds[name] and shown < draft.seconds[name] - _TENTH:
        draft.told.append(
            f"{called!r} plays whole: {draft.seconds[name]} s, and not {shown} s of it"
        )
    if next(_marks(clip), None) is not None:
        draft.marked.append(name)
    else:
        _end_moments(draft)
        draft.parts.append({"play": name})


def _end_moments(draft: _Draft) -> None:
    """Moments that follow one another are chosen from; as it is, there is time for all."""
    if draft.marked:
        seconds = sum((draft.seconds[name] for name in draft.marked), Decimal(0)) or Decimal(60)
        room = seconds.quantize(_TENTH, ROUND_UP)
        moments = list(dict.fromkeys(draft.marked))
        draft.parts.append({"fit": {"moments": moments, "seconds": float(room)}})
        draft.marked = []


def _references(clip: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Media by their keys, what is shown first; those that are nowhere are left out."""
    found = clip.get("media_references")
    if not isinstance(found, dict):
        found = {"DEFAULT_MEDIA": clip.get("media_reference")}  # of Clip.1
    active = str(clip.get("active_media_reference_key", "DEFAULT_MEDIA"))
    keys = sorted(found, key=lambda key: key != active)
    return {
        str(key): found[key]
        for key in keys
        if isinstance(found[key], dict) and found[key].get("target_url")
    }


def _marks(clip: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in clip.get("markers") or () if isinstance(one, dict))


def _placed(url: str) -> dict[str, Any]:
    """Where media are, as in a configuration."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        folder, _, file = url.partition("?")[0].rpartition("/")
        placed = {"origin": f"{folder}/"}
        return placed if file in ("", "index.m3u8") else {**placed, "path": file}
    return {"file": unquote(parts.path) if parts.scheme == "file" else url}


def _media(asset: Mapping[str, Any]) -> dict[str, Any]:
    return {key: asset[key] for key in ("file", "origin", "path") if key in asset}


def _seconds(time_range: object) -> Decimal:
    """How long a time range is; 0: nobody knows."""
    duration = time_range.get("duration") if isinstance(time_range, dict) else None
    if not isinstance(duration, dict):
        return Decimal(0)
    try:
        value, rate = Decimal(duration.get("value", 0)), Decimal(duration.get("rate", 0))
        return round(value / rate, 3) if rate > 0 and value > 0 else Decimal(0)
    except (ArithmeticError, ValueError, TypeError):
        return Decimal(0)


def _name(text: str, taken: object) -> str:
    """A name as a configuration has them, and that nothing else has."""
    name = _ODD.sub("-", text).strip("-._")[:56]
    if not isinstance(taken, dict):
        return name
    name, number = name or "clip", 1
    found = name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
