"""Overlays for players to draw: Events with an OverlayEvent, as Shaka reads them (B-50, B-64)."""

import copy
from collections.abc import Iterable, Sequence
from decimal import Decimal

from lxml import etree

from manifests.dash.content_clock import origin_of
from manifests.dash.model import Mpd
from manifests.dash.periods.children import make_child
from manifests.dash.reading.reader import read_mpd
from manifests.guided_overlay import GuidedOverlay

SCHEME = "urn:scte:dash:scte214-events"
TIMESCALE = 1000
# 23009-1, table 4: what stands before EventStreams in a Period.
_BEFORE = ("BaseURL", "SegmentBase", "SegmentList", "SegmentTemplate", "AssetIdentifier")


def with_overlay_events(mpd: Mpd, overlays: Iterable[GuidedOverlay]) -> Mpd:
    """The MPD with an event for each overlay, in the Period that it begins in.

    Args:
        mpd: The origin's; not modified.
        overlays: In the order of time.

    Raises:
        ManifestError: The MPD cannot be read again with them.
    """
    overlays = tuple(overlays)
    if not overlays:
        return mpd
    root = copy.deepcopy(mpd.element)
    periods = list(mpd.element.iterchildren("{*}Period"))
    copies = list(root.iterchildren("{*}Period"))
    clock = origin_of(mpd)
    for number, period in enumerate(mpd.periods):
        start = clock + period.start
        following = mpd.periods[number + 1 :][:1]
        end = clock + following[0].start if following else None
        here = [one for one in overlays if _is_in(one, start, end, is_first=not number)]
        if here:
            _add(copies[periods.index(period.element)], here, start)
    return read_mpd(etree.tostring(root), url=mpd.url)


def _is_in(one: GuidedOverlay, start: Decimal, end: Decimal | None, *, is_first: bool) -> bool:
    begins_here = one.begins >= start or (is_first and one.ends > start)
    return begins_here and (end is None or one.begins < end)


def _add(period: etree._Element, overlays: Sequence[GuidedOverlay], start: Decimal) -> None:
    stream = make_child(period, "EventStream", behind=_BEFORE)
    stream.set("schemeIdUri", SCHEME)
    stream.set("timescale", str(TIMESCALE))
    for one in overlays:
        begins = max(one.begins, start)  # a segment may begin before its Period
        event = make_child(stream, "Event", behind=("Event",))
        event.set("presentationTime", str(round((begins - start) * TIMESCALE)))
        event.set("duration", str(round((one.ends - begins) * TIMESCALE)))
        event.set("id", str(one.number))
        shown = make_child(event, "OverlayEvent")
        shown.set("uri", one.url)
        shown.set("mimeType", "image/png")
        shown.set("z", "1")
        width, height = one.size
        _point(shown, "Viewport", width, height)
        boxes = [("Overlay", (0, 0, width, height))]
        if one.film is not None:
            boxes.append(("Squeeze", one.film))
        for name, (left, top, wide, high) in boxes:
            box = make_child(shown, name, behind=("Viewport", "Overlay"))
            _point(box, "TopLeft", left, top)
            _point(box, "Size", wide, high)


def _point(parent: etree._Element, name: str, x: int, y: int) -> None:
    point = make_child(parent, name, behind=("TopLeft",))
    point.set("x", str(x))
    point.set("y", str(y))
