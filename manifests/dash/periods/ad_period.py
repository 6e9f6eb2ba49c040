"""A creative as a Period of its own, with the content's AdaptationSets (rules B-20 to B-25).

As with parts of the content, all but the start tag is the same wherever it stands.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import accumulate

from lxml import etree

from manifests.creative import CmafMedia, Creative
from manifests.dash.durations import plain
from manifests.dash.model import NAMESPACE, AdaptationSet, Period, Representation, Run
from manifests.dash.periods.children import children, make_child
from manifests.dash.periods.dressing import ASSET_SCHEME
from manifests.dash.periods.period_tag import (
    PeriodTag,
    period_body,
    period_content,
    period_tag,
    shell,
)
from manifests.dash.periods.preferred_sound import prefer_sound
from manifests.dash.periods.segment_information import write_timeline
from manifests.dash.periods.written_bases import OFFSET
from manifests.dash.reading.attribute_values import mpd_tag
from manifests.errors import SpliceError

CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
COPIED = ("id", "group", "lang", "contentType", "par", "selectionPriority")  # of AdaptationSets
TOLD = ("Label", "Accessibility", "Role")  # what they are to viewers, in the schema's order

_Template = tuple[tuple[tuple[str, str], ...], tuple[Run, ...]]  # attributes, segments
RungOf = Callable[[AdaptationSet, Representation], str | None]


def ad_period_tag(like: Period) -> PeriodTag:
    """The start tag of any ad in place of a Period."""
    return period_tag(_blank(like))


def ad_period_body(
    creative: Creative,
    like: Period,
    *,
    rung_of: RungOf,
    available_early_s: Decimal | None = None,
    listed: int | None = None,
    computed: bool = False,
    sound: str | None = None,
) -> tuple[bytes, bytes]:
    """Everything after the start tag, to be put under the root of the content's MPD.

    It is cut where an event stream may stand: the schema wants that behind the AssetIdentifier.

    Args:
        creative: What is shown.
        like: The content's Period whose AdaptationSets the ad has.
        rung_of: Gives the key of the rung of a Representation of the content; None where there
            is none.
        available_early_s: How long before their time the segments may be had (B-21); None where
            nothing is to be said.
        listed: How many segments are listed; None: all that are shown.
        computed: Players compute the segments, as they do the content's, if these are even enough
            for that.
        sound: That players begin with, in the content too; None: nothing is told of it.

    Raises:
        SpliceError: The creative has no rendition for any video, or for any audio, of the content.
    """
    period = _blank(like)
    if misfit := misfit_of(creative, like, rung_of):
        raise SpliceError(misfit)
    found = _found(creative, like, rung_of)
    bases = {media.base for mirrored in found.values() for media in mirrored.values()}
    shared = bases.pop() if len(bases) == 1 else None
    if shared is not None:
        _write_base(period, shared, available_early_s)
    identifier = make_child(period, "AssetIdentifier", at=len(period))  # rule B-19
    identifier.set("schemeIdUri", ASSET_SCHEME)
    identifier.set("value", creative.id)
    before_events = period_content(period)
    for one in _mirrored_sets(like):
        if one.element not in found:
            continue
        twin = _write_set(period, one)
        media_of = found[one.element]
        template_of = partial(
            _template_of, duration=creative.duration, listed=listed, computed=computed
        )
        templates = {template_of(media) for media in media_of.values()}
        if len(templates) == 1:
            _write_template(twin, *templates)
        for representation, media in media_of.items():
            element = _write_representation(twin, representation, media)
            if shared is None:
                _write_base(element, media.base, available_early_s)
            if len(templates) > 1:
                _write_template(element, template_of(media))
    if sound is not None:
        prefer_sound(period, sound)
    body = period_body(period, period)
    return before_events, body[len(before_events) :]


def misfit_of(creative: Creative, like: Period, rung_of: RungOf) -> str:
    """Why a creative cannot stand in place of a Period of the content; "" if it can (B-24)."""
    found = _found(creative, like, rung_of)
    for kind in ("video", "audio"):
        sets = [one for one in _mirrored_sets(like) if one.kind == kind]
        if sets and not any(one.element in found for one in sets):
            return f"creative {creative.id[:40]!r} has no {kind} for Period {like.id!r}"
    return ""


def _found(
    creative: Creative, like: Period, rung_of: RungOf
) -> dict[etree._Element, dict[Representation, CmafMedia]]:
    """What the creative has, by the content's AdaptationSets that it has something for."""
    return {
        one.element: mirrored
        for one in _mirrored_sets(like)
        if (mirrored := dict(_mirror(one, creative, rung_of)))
    }


def _mirrored_sets(like: Period) -> Iterator[AdaptationSet]:
    """Video and audio; trick play, text and images are absent."""
    for one in like.sets:
        if one.kind in ("video", "audio") and not one.is_trick_mode:
            yield one


def _blank(like: Period) -> etree._Element:
    """An empty Period where the content's stands, with nothing of it but its prefix."""
    period = etree.Element(mpd_tag("Period"), nsmap={like.element.prefix: NAMESPACE})
    shell(like.element).append(period)
    return period


def _mirror(
    one: AdaptationSet, creative: Creative, rung_of: RungOf
) -> Iterator[tuple[Representation, CmafMedia]]:
    """The Representations of a set that the creative has something for."""
    for representation in one.representations:
        rung = rung_of(one, representation)
        rendition = None if rung is None else creative.renditions.get(rung)
        if rendition is not None and rendition.cmaf is not None:
            yield representation, rendition.cmaf


def _write_set(period: etree._Element, one: AdaptationSet) -> etree._Element:
    """An AdaptationSet that players choose for the reasons that they chose the content's (B-25)."""
    twin = make_child(period, "AdaptationSet", at=len(period))
    for name in COPIED:
        if name in one.element.attrib:
            twin.set(name, one.element.attrib[name])
    if "contentType" not in twin.attrib:
        twin.set("contentType", one.kind)
    twin.set("segmentAlignment", "true")
    twin.set("startWithSAP", "1")
    for name in TOLD:
        for told in children(one.element, name):
            copied = copy.deepcopy(told)
            copied.tail = None
            twin.append(copied)
    return twin


def _write_representation(
    twin: etree._Element, representation: Representation, media: CmafMedia
) -> etree._Element:
    element = make_child(twin, "Representation", at=len(twin))
    told = {
        "id": representation.id,
        "mimeType": media.mime_type,
        "codecs": media.codecs,
        "bandwidth": media.bandwidth,
        "width": media.width,
        "height": media.height,
        "frameRate": media.frame_rate,
        "audioSamplingRate": media.sample_rate,
    }
    for name, value in told.items():
        if value is not None:
            element.set(name, str(value))
    if media.channels is not None:
        channels = make_child(element, "AudioChannelConfiguration")
        channels.set("schemeIdUri", CHANNELS)
        channels.set("value", str(media.channels))
    return element


def _write_base(level: etree._Element, base: str, available_early_s: Decimal | None) -> None:
    element = make_child(level, "BaseURL", behind=("AudioChannelConfiguration",))
    element.text = base
    if available_early_s is not None:
        element.set(OFFSET, plain(available_early_s))


def _template_of(
    media: CmafMedia, *, duration: Decimal, listed: int | None, computed: bool
) -> _Template:
    """How the segments are found of which something is shown; a slate's go on behind (H-11)."""
    attributes = {
        "timescale": str(media.timescale),
        "initialization": media.initialization,
        "media": media.media,
        "startNumber": str(media.start_number),
    }
    end = duration * media.timescale
    shown: list[int] = []
    for ticks, start in zip(media.durations, accumulate(media.durations, initial=0), strict=False):
        if start >= end:
            break
        shown.append(ticks)
    if computed and _is_even(shown):
        attributes["duration"] = str(round(Fraction(sum(shown[:-1]), len(shown) - 1)))
        return tuple(attributes.items()), ()
    runs: list[Run] = []
    at = 0
    for ticks in shown[:listed]:
        if runs and runs[-1].duration == ticks:
            runs[-1] = replace(runs[-1], count=runs[-1].count + 1)
        else:
            runs.append(Run(at, ticks, 1))
        at += ticks
    return tuple(attributes.items()), tuple(runs)


def _is_even(durations: Sequence[int]) -> bool:
    """Whether segments but the last are of one length, to within half of it (B-13)."""
    if len(durations) < 2:
        return False
    usual = Fraction(sum(durations[:-1]), len(durations) - 1)
    drift = (abs(end - number * usual) for number, end in enumerate(accumulate(durations[:-1]), 1))
    return max(drift) * 2 < usual and durations[-1] <= 1.5 * usual


def _write_template(level: etree._Element, template: _Template) -> None:
    attributes, runs = template
    element = make_child(level, "SegmentTemplate", at=len(level))
    for name, value in attributes:
        element.set(name, value)
    if runs:
        write_timeline(element, runs)
