"""Content's video by another way: its segments are asked for at a host that may replace them.

An MPD does not name segments, so nothing in it can name a replacement. What it can say is where
segments are: all of a video Representation are asked for there, under the paths that they have at
the origin, and are answered with a redirect to the original or to what was drawn on it.
"""

from lxml import etree

from manifests.dash.periods.children import children, make_child, remove
from manifests.dash.periods.segment_information import TEMPLATES
from manifests.dash.periods.written_bases import WrittenBase, is_absolute, join_bases
from manifests.dash.reading.content_kind import kind_of

# Of RepresentationBaseType (table 14): the schema wants them before a BaseURL.
BEFORE_BASE = (
    "FramePacking",
    "AudioChannelConfiguration",
    "ContentProtection",
    "OutputProtection",
    "EssentialProperty",
    "SupplementalProperty",
    "InbandEventStream",
    "Switching",
    "RandomAccess",
    "GroupLabel",
    "Label",
    "ProducerReferenceTime",
    "ContentPopularityRate",
    "Resync",
)
LISTS = ("SegmentTemplate", "SegmentList")


def detour(period: etree._Element, base: str, hosts: tuple[str, str]) -> None:
    """Lead players to another host for a Period's video.

    What cannot be led there stays as it is: encrypted sets, files without a list of segments, and
    references that do not follow their BaseURL.

    Args:
        period: Changed.
        base: Its absolute BaseURL.
        hosts: Origin prefix, and what stands for it.

    Raises:
        MpdSyntaxError: A BaseURL is no URL.
    """
    prefix, replacement = hosts
    for one in children(period, "AdaptationSet"):
        representations = list(children(one, "Representation"))
        if kind_of(one, representations) != "video" or _is_encrypted(one):
            continue
        above = join_bases(one, (WrittenBase(base),))
        for representation in representations:
            if not _follows(period, one, representation):
                continue
            bases = join_bases(representation, above)
            way = next((base for base in bases if base.url.startswith(prefix)), None)
            if way is None:
                continue
            for old in children(representation, "BaseURL"):
                remove(old)
            element = make_child(representation, "BaseURL", behind=BEFORE_BASE)
            element.text = replacement + way.url[len(prefix) :]
            for name, value in way.attributes:
                element.set(name, value)


def _is_encrypted(one: etree._Element) -> bool:
    return next(one.iter("{*}ContentProtection"), None) is not None


def _follows(*levels: etree._Element) -> bool:
    """Whether all references to segments are relative to the BaseURL, and there are some."""
    found = False
    for level in levels:
        for information in children(level, *LISTS):
            found = True
            urls = [information.get(name) for name in TEMPLATES]
            urls += [each.get("media") for each in children(information, "SegmentURL")]
            if any(url is not None and _leads_away(url) for url in urls):
                return False
    return found


def _leads_away(reference: str) -> bool:
    return is_absolute(reference) or reference.startswith("/") or ".." in reference
