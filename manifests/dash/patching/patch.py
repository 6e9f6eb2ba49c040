"""What changed between two MPDs of a session, for players that hold the earlier one (B-48).

A patch only has operations that dash.js 5.2 and Shaka 5.2 both carry out as RFC 5261 means them.
That is what a live MPD does from segment to segment: timelines go on and lose their front,
@startNumber follows, Periods leave and join. Whatever else changed, there is no patch, because of
what these players do with one (found in their sources):

- dash.js sets attributes as text, so that numbers and durations come out wrong, and stumbles over
  operations on elements of which there is only one (SegmentTemplate, AssetIdentifier);
- Shaka ignores everything but the above, takes the removal of a Period's attribute for the removal
  of the Period, and with a Period it removes all others whose @id begins alike;
- Shaka learns where a Period ends from whole MPDs alone.
"""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from manifests.dash.durations import read_instant
from manifests.dash.model import NAMESPACE
from manifests.dash.patching.patch_document import Operation, Unpatchable, selected, write_patch
from manifests.dash.patching.patch_periods import Periods, check_periods, read_periods
from manifests.dash.patching.patch_timeline import timeline_operations
from manifests.dash.reading.document import read_tree
from manifests.errors import ManifestError

# Elements in which something may change, by those that may have them.
_OPEN = {
    "Period": ("AdaptationSet",),
    "AdaptationSet": ("Representation", "SegmentTemplate"),
    "Representation": ("SegmentTemplate",),
    "SegmentTemplate": ("SegmentTimeline",),
    "SegmentTimeline": (),
}
_ONLY_ONE = ("SegmentTemplate", "SegmentTimeline")


def make_patch(old: bytes, new: bytes, *, most: float = 0.6) -> bytes | None:
    """Write a patch that turns one of a session's MPDs into a later one.

    Args:
        old: What the client has.
        new: What it is to have.
        most: How large the patch may be, as a share of the new MPD.

    Returns:
        The patch document; None: there is none, or it is not worth it, and the client is better
        off with the whole MPD (`unchanged`).
    """
    try:
        patch = _patch(read_tree(old), read_tree(new))
    except ManifestError:
        return None
    return patch if len(patch) <= most * len(new) else None


def unchanged(*, mpd_id: str, publish_time: str) -> bytes:
    """Write a patch from an MPD to itself: the answer where `make_patch` has none.

    A client that has this very version may go on with it. One that has another sees that the patch
    is not for it and gets the whole MPD. An HTTP error would not do: after one dash.js asks never
    again, and Shaka asks for the same patch until PatchLocation@ttl is over.

    Args:
        mpd_id: MPD@id.
        publish_time: @publishTime of the latest version, as written there.
    """
    return write_patch(
        [_published(publish_time)],
        mpd_id=mpd_id,
        original_publish_time=publish_time,
        publish_time=publish_time,
    )


def _patch(old: etree._Element, new: etree._Element) -> bytes:
    before, after = _required(old, "publishTime"), _required(new, "publishTime")
    # Milliseconds: players compare no finer.
    if int(read_instant(before) * 1000) >= int(read_instant(after) * 1000):
        raise Unpatchable("MPD@publishTime does not rise")
    if new.get("type") != "dynamic":
        raise Unpatchable("a static MPD")
    if {**old.attrib, "publishTime": ""} != {**new.attrib, "publishTime": ""}:
        raise Unpatchable("other attributes of the MPD change, or it is another presentation")
    operations = [
        _published(after),
        *_around_periods(old, new),
        *_among_periods(read_periods(old), read_periods(new)),
    ]
    return write_patch(
        operations,
        mpd_id=_required(new, "id"),
        original_publish_time=before,
        publish_time=after,
    )


def _required(root: etree._Element, name: str) -> str:
    value: str | None = root.get(name)
    if not value:
        raise Unpatchable(f"an MPD without @{name}")
    return value


def _published(time: str) -> Operation:
    return Operation(kind="replace", selector="/MPD/@publishTime", value=time)


def _around_periods(old: etree._Element, new: etree._Element) -> Iterator[Operation]:
    """PatchLocations that changed; all that stands before and behind the Periods must be alike."""
    earlier, later = _without_periods(old), _without_periods(new)
    if [one is None for one in earlier] != [one is None for one in later]:
        raise Unpatchable("elements of the MPD come or go")
    locations = 0
    for one, other in zip(earlier, later, strict=True):
        if one is None or other is None:
            continue
        locations += _name(one) == "PatchLocation"
        if _is_same(one, other):
            continue
        if not _name(one) == _name(other) == "PatchLocation":
            raise Unpatchable(f"{_name(one)} changes")
        selector = f"/MPD/PatchLocation[{locations}]"
        yield Operation(kind="replace", selector=selector, elements=(other,))


def _without_periods(root: etree._Element) -> list[etree._Element | None]:
    """The children of an MPD, with None in the place of each row of Periods."""
    found: list[etree._Element | None] = []
    for one in root.iterchildren("*"):
        if _name(one) != "Period":
            found.append(one)
        elif not found or found[-1] is not None:
            found.append(None)
    return found


def _among_periods(old: Periods, new: Periods) -> Iterator[Operation]:
    """Periods that leave, change and join, in this order."""
    check_periods(old, new)
    for period_id in old:
        if period_id not in new:
            yield Operation(kind="remove", selector=f"/MPD{selected('Period', period_id)}")
    kept = [period_id for period_id in old if period_id in new]
    for period_id in kept:
        one, other = old[period_id], new[period_id]
        if not _is_written_alike(one, other):
            yield from _within(one, other, f"/MPD{selected('Period', period_id)}")
    added = tuple(one for period_id, one in new.items() if period_id not in old)
    if added:
        # In one operation: Shaka knows where a Period ends by the next one beside it.
        selector = f"/MPD{selected('Period', kept[-1])}"
        yield Operation(kind="add", selector=selector, elements=added, position="after")


def _within(old: etree._Element, new: etree._Element, selector: str) -> Iterator[Operation]:
    """What changed in an element that is in `_OPEN`, whose selector this is."""
    name = _name(new)
    yield from _attributes(old, new, selector)
    if name == "SegmentTimeline":
        yield from timeline_operations(old, new, selector)
        return
    earlier, later = [*old.iterchildren("*")], [*new.iterchildren("*")]
    if [one.tag for one in earlier] != [one.tag for one in later]:
        raise Unpatchable(f"elements of {name} come or go")
    alike = Counter((one.tag, one.get("id")) for one in later)
    for one, other in zip(earlier, later, strict=True):
        if _is_written_alike(one, other):
            continue
        step = _name(other)
        if step in _OPEN[name]:
            if alike[other.tag, other.get("id")] > 1:
                raise Unpatchable(f"several {step} with the same @id")
            way = f"/{step}" if step in _ONLY_ONE else selected(step, other.get("id"))
            yield from _within(one, other, selector + way)
        elif not _is_same(one, other):
            raise Unpatchable(f"{step} changes")


def _attributes(old: etree._Element, new: etree._Element, selector: str) -> Iterator[Operation]:
    """@startNumber if it changed; nothing else may."""
    changed = {name for name in (*old.attrib, *new.attrib) if old.get(name) != new.get(name)}
    if not changed:
        return
    value = new.get("startNumber")
    is_number = changed == {"startNumber"} and _name(new) == "SegmentTemplate"
    if not is_number or value is None or old.get("startNumber") is None:
        raise Unpatchable(f"attributes of {_name(new)} change")
    if new.getparent().find(f"{{{NAMESPACE}}}Representation/{new.tag}") is not None:
        raise Unpatchable("dash.js has handed @startNumber on to Representations")
    yield Operation(kind="replace", selector=f"{selector}/@startNumber", value=value)


def _name(element: etree._Element) -> str:
    """The local name of an element of the MPD; the whole name of others."""
    tag: str = element.tag
    return tag.removeprefix(f"{{{NAMESPACE}}}")


def _is_written_alike(one: etree._Element, other: etree._Element) -> bool:
    """Whether two elements are the same text: quick, and enough to go on with."""
    first: bytes = etree.tostring(one, with_tail=False)
    second: bytes = etree.tostring(other, with_tail=False)
    return first == second


def _is_same(one: etree._Element, other: etree._Element) -> bool:
    """Whether two elements say the same; comments do not count."""
    return _canonical(one) == _canonical(other)


def _canonical(element: etree._Element) -> bytes:
    text: bytes = etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False, with_tail=False
    )
    return text
