"""Which changes among an MPD's Periods players carry out when a patch asks for them (B-48)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from lxml import etree

from manifests.dash.durations import read_duration
from manifests.dash.model import NAMESPACE
from manifests.dash.patching.patch_document import Unpatchable
from manifests.dash.patching.patch_timeline import timeline_end

# Shaka takes segments that reach so much further than their Period for segments that end with it.
CLIPPED_S = Fraction(1, 15)

_SET = f"{{{NAMESPACE}}}AdaptationSet"
_REPRESENTATION = f"{{{NAMESPACE}}}Representation"
_TEMPLATE = f"{{{NAMESPACE}}}SegmentTemplate"
_TIMELINE = f"{{{NAMESPACE}}}SegmentTimeline"
Periods = Mapping[str, etree._Element]  # by @id, in order


def read_periods(root: etree._Element) -> Periods:
    """The Periods of an MPD.

    Raises:
        Unpatchable: Several have the same @id, or none.
    """
    periods = root.findall(f"{{{NAMESPACE}}}Period")
    found = {one.get("id", ""): one for one in periods}
    if len(found) != len(periods) or "" in found:
        raise Unpatchable("Periods with the same @id, or with none")
    return found


def check_periods(old: Periods, new: Periods) -> None:
    """Refuse what players would not do to their Periods, or do to others.

    Raises:
        Unpatchable: Periods do not leave and join as in a live presentation, or end elsewhere.
        MpdSyntaxError: @start or @duration is missing or none.
    """
    kept = [period_id for period_id in old if period_id in new]
    if not kept or kept != [*new][: len(kept)]:
        raise Unpatchable("Periods that are known do not come first, in their order")
    _check_ends(kept, old, new)
    for period_id, period in old.items():
        if period_id not in new:
            _check_removal(period_id, period, {*old, *new})


def _check_removal(period_id: str, period: etree._Element, known: Iterable[str]) -> None:
    if any(other != period_id and other.startswith(period_id) for other in known):
        raise Unpatchable(f"Shaka would remove other Periods with {period_id!r}")
    for _ in _timelines(period):  # Shaka empties them, and fails where there is none
        pass


def _check_ends(kept: Iterable[str], old: Periods, new: Periods) -> None:
    """Refuse ends at which Shaka would have to clip segments, or could no longer do so."""
    starts, before, after = _starts(new), _ends(old), _ends(new)
    for period_id in kept:
        was, is_to_be = before[period_id], after[period_id]
        if was == is_to_be:
            continue
        if is_to_be is None or (was is not None and was < is_to_be):
            raise Unpatchable(f"Period {period_id!r} is to end later")
        if _reach(new[period_id]) > Fraction(is_to_be - starts[period_id]) + CLIPPED_S:
            raise Unpatchable(f"Period {period_id!r} is to end within a segment")


def _starts(periods: Periods) -> dict[str, Decimal]:
    return {period_id: read_duration(one.get("start", "")) for period_id, one in periods.items()}


def _ends(periods: Periods) -> dict[str, Decimal | None]:
    """Where Periods end, in seconds on the MPD's timeline; the last one may be open."""
    starts = _starts(periods)
    following = [*starts.values()][1:]
    found: dict[str, Decimal | None] = dict(zip(periods, following, strict=False))
    for period_id, period in [*periods.items()][-1:]:
        duration = period.get("duration")
        open_end = duration is None
        found[period_id] = None if open_end else starts[period_id] + read_duration(duration)
    return found


def _reach(period: etree._Element) -> Fraction:
    """Seconds from a Period's start to the end of the last segment that is listed."""
    reach = Fraction(0)
    for timeline, templates in _timelines(period):
        end = timeline_end(timeline)
        if end is not None:
            ticks = end - _inherited(templates, "presentationTimeOffset", 0)
            timescale = _inherited(templates, "timescale", 1)
            if timescale < 1:
                raise Unpatchable(f"SegmentTemplate@timescale is {timescale}")
            reach = max(reach, Fraction(ticks, timescale))
    return reach


def _timelines(period: etree._Element) -> Iterator[tuple[etree._Element, list[etree._Element]]]:
    """The SegmentTimeline of each Representation, and its SegmentTemplates, innermost first."""
    for one in period.iterfind(_SET):
        for representation in one.iterfind(_REPRESENTATION):
            found = [place.find(_TEMPLATE) for place in (representation, one, period)]
            templates = [template for template in found if template is not None]
            inner = [template.find(_TIMELINE) for template in templates]
            timeline = next((each for each in inner if each is not None), None)
            if timeline is None:
                raise Unpatchable("a Representation without SegmentTimeline")
            yield timeline, templates


def _inherited(templates: Sequence[etree._Element], name: str, default: int) -> int:
    found = (one.get(name) for one in templates)
    text = next((one for one in found if one is not None), default)
    try:
        return int(text)
    except ValueError:
        raise Unpatchable(f"SegmentTemplate@{name} is {text!r}") from None
