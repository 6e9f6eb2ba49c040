"""Creatives of a plan: for a playlist its segments, for an MPD how each rendition's files are told.

    {"id": "ad", "init": "ad/init.mp4", "segments": [["ad/1.m4s", 5.0]]}
    {"id": "ad", "renditions": {"video": {...}, "audio": {...}}}

A rendition is named by what it stands beside: every `video` or `audio` of the content, or the one
Representation that has this id.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from manifests.creative import CmafMedia, Creative, CreativeRendition, CreativeSegment
from manifests.splicing.timeline import FRAME_S
from packager.splicing.values import (
    PlanError,
    read_count,
    read_length,
    read_list,
    read_match,
    read_name,
    read_object,
    read_uri,
    refuse,
)

RUNG = "only"  # a plan's playlist is one rendition; in an MPD, of the one that tells the time

_REQUIRED = (
    "base",
    "initialization",
    "media",
    "timescale",
    "durations",
    "mime_type",
    "codecs",
    "bandwidth",
)
_OPTIONAL = ("start_number", "width", "height", "frame_rate", "sample_rate", "channels")
_TEMPLATE = re.compile(r"[^$]*\$Number(?:%0[0-9]{1,2}d)?\$[^$]*")
_NUMBER = re.compile(r"\$Number(?:(%0[0-9]{1,2}d))?\$")
_MIME_TYPE = re.compile(r"(?:video|audio)/[A-Za-z0-9.+-]+")
_CODECS = re.compile(r"[!-~]+(?: [!-~]+)*")
_FRAME_RATE = re.compile(r"[1-9][0-9]{0,8}(?:/[1-9][0-9]{0,8})?")
_MICROSECOND = Decimal("0.000001")
_UNSIGNED = 2**32 - 1  # xs:unsignedInt


def read_creative(value: object, where: str) -> Creative:
    """Read a creative.

    Returns:
        Its renditions by name; of a playlist the only one, `RUNG`.

    Raises:
        PlanError: Something in it is missing, misspelt or impossible.
    """
    if isinstance(value, dict) and "renditions" in value:
        return _for_mpd(value, where)
    if isinstance(value, dict) and "id" in value and "segments" not in value:
        raise PlanError(f"{where}: give segments (for a playlist) or renditions (for an MPD)")
    values = read_object(value, where, required=("id", "segments"), optional=("init",))
    name = read_name(values["id"], f"{where}.id")
    init = values.get("init")
    segments = tuple(
        _segment(one, f"{where}.segments[{n}]")
        for n, one in enumerate(read_list(values["segments"], f"{where}.segments"))
    )
    init_uri = None if init is None else read_uri(init, f"{where}.init")
    return Creative(
        id=name,
        duration=sum((one.duration for one in segments), Decimal(0)),
        renditions={RUNG: CreativeRendition(segments, init_uri)},
    )


def is_for_mpd(creative: Creative) -> bool:
    """Whether it was written for an MPD, not for a playlist."""
    return any(one.cmaf is not None for one in creative.renditions.values())


def _segment(value: object, where: str) -> CreativeSegment:
    if not isinstance(value, list) or len(value) != 2:
        refuse(where, '["uri", seconds]', value)
    duration = read_length(value[1], f"{where}[1]")
    return CreativeSegment(read_uri(value[0], f"{where}[0]"), duration)


def _for_mpd(value: object, where: str) -> Creative:
    values = read_object(value, where, required=("id", "renditions"), optional=("duration",))
    name = read_name(values["id"], f"{where}.id")
    found = values["renditions"]
    where = f"{where}.renditions"
    if not isinstance(found, dict) or not found:
        refuse(where, "an object with video, audio or both", found)
    media = {key: _media(one, f"{where}.{key[:40]}") for key, one in found.items()}
    duration = _duration(media) if "duration" not in values else None
    if duration is None:
        duration = read_length(values["duration"], f"{where.rpartition('.')[0]}.duration")
    for key, one in media.items():
        if _length(one) < duration - FRAME_S:
            raise PlanError(
                f"{where}.{key[:40]}.durations: {_length(one)} s together, "
                f"and the creative lasts {duration} s (rule B-03)"
            )
    return Creative(
        id=name,
        duration=duration,
        renditions={key: _rendition(one) for key, one in media.items()},
    )


def _media(value: object, where: str) -> CmafMedia:
    values = read_object(value, where, required=_REQUIRED, optional=_OPTIONAL)

    def count(name: str, *, least: int = 1) -> int:
        return read_count(values[name], f"{where}.{name}", least=least, most=_UNSIGNED)

    def optional_count(name: str) -> int | None:
        return count(name) if name in values else None

    base = read_uri(values["base"], f"{where}.base")
    if not base.endswith("/"):
        refuse(f"{where}.base", 'a URI that ends with "/"', base)
    template = 'a name with $Number$, and no other "$"'
    rate = 'frames per second, as in "25" or "30000/1001"'
    return CmafMedia(
        base=base,
        initialization=read_uri(values["initialization"], f"{where}.initialization"),
        media=read_match(
            read_uri(values["media"], f"{where}.media"), f"{where}.media", _TEMPLATE, template
        ),
        start_number=count("start_number", least=0) if "start_number" in values else 1,
        timescale=count("timescale"),
        durations=tuple(
            read_count(one, f"{where}.durations[{n}]", most=_UNSIGNED)
            for n, one in enumerate(read_list(values["durations"], f"{where}.durations"))
        ),
        mime_type=read_match(
            values["mime_type"], f"{where}.mime_type", _MIME_TYPE, '"video/mp4" or "audio/mp4"'
        ),
        codecs=read_match(values["codecs"], f"{where}.codecs", _CODECS, "codecs (RFC 6381)"),
        bandwidth=count("bandwidth"),
        width=optional_count("width"),
        height=optional_count("height"),
        frame_rate=read_match(values["frame_rate"], f"{where}.frame_rate", _FRAME_RATE, rate)
        if "frame_rate" in values
        else None,
        sample_rate=optional_count("sample_rate"),
        channels=optional_count("channels"),
    )


def _duration(media: Mapping[str, CmafMedia]) -> Decimal:
    """The video's (rule D-50), else the first rendition's."""
    videos = [one for one in media.values() if one.mime_type.startswith("video/")]
    return _length((videos or [*media.values()])[0])


def _length(media: CmafMedia) -> Decimal:
    return _seconds(sum(media.durations), media.timescale)


def _seconds(ticks: int, timescale: int) -> Decimal:
    exact = Fraction(ticks, timescale)
    return round(Decimal(exact.numerator) / exact.denominator, 6).normalize() + 0


def _rendition(media: CmafMedia) -> CreativeRendition:
    segments: list[CreativeSegment] = []
    ticks, written = 0, Decimal(0)
    for number, duration in enumerate(media.durations, media.start_number):
        ticks += duration
        until = _seconds(ticks, media.timescale)  # rounding must not add up
        uri = media.base + _NUMBER.sub(lambda match: _numbered(match, number), media.media)  # noqa: B023
        segments.append(CreativeSegment(uri, until - written))
        written = until
    return CreativeRendition(tuple(segments), f"{media.base}{media.initialization}", media)


def _numbered(match: re.Match[str], number: int) -> str:
    return (match[1] or "%d") % number
