"""What stands around the Periods of a session's MPD, with holes for what is the session's own.

Nothing in it leads players past us (H-09), and nothing in it is said of the origin's Periods alone.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from lxml import etree

from manifests.dash.durations import plain, write_duration, write_instant
from manifests.dash.model import Mpd
from manifests.dash.periods.children import children, local_name
from manifests.dash.periods.period_tag import escape
from manifests.dash.periods.written_bases import join
from manifests.dash.profiles import spliced_profiles

Hole = Literal[
    "id",
    "publishTime",
    "mediaPresentationDuration",
    "maxSegmentDuration",
    "suggestedPresentationDelay",
    "locations",
    "periods",
]
HOLES: tuple[Hole, ...] = get_args(Hole)
OF_ROOT: tuple[Hole, ...] = HOLES[:5]  # attributes

# BaseURLs are in the Periods (B-22); the others name manifests of the origin (B-43 to B-45).
GONE = frozenset({"BaseURL", "Location", "PatchLocation", "ContentSteering", "Period"})
LEADING_AWAY = frozenset({"urn:mpeg:dash:mpd-chaining:2016", "urn:mpeg:dash:fallback:2016"})
OVER_HTTP = "urn:mpeg:dash:utc:http-"


@dataclass(frozen=True, slots=True)
class PatchLocation:
    """Where players get patches of the MPD (5.15)."""

    url: str
    ttl_s: Decimal | None = None  # how long there is one for this MPD; None: nobody says


@dataclass(frozen=True, slots=True)
class Header:
    """The text around the Periods; between two pieces there is one hole."""

    pieces: tuple[bytes, ...]
    holes: tuple[Hole, ...]
    prefix: str  # of the MPD's own elements, with its colon
    mpd_id: str  # @id, which patches need: where the origin has none, it is written with them
    delay: str | None = None  # suggestedPresentationDelay, as the origin has it

    def render(
        self,
        *,
        location: str | None,
        publish_time: Decimal | None,
        duration: Decimal | None,
        max_segment_s: Decimal | None,
        patch_location: PatchLocation | None = None,
        base_url: str | None = None,
        delay_s: Decimal | None = None,
        periods: Sequence[bytes],
    ) -> tuple[bytes, ...]:
        """An MPD in pieces, to be joined.

        Args:
            location: URL that the MPD is to be had from again; None: not said.
            publish_time: Seconds since 1970; None: none.
            duration: mediaPresentationDuration in seconds; None: none.
            max_segment_s: maxSegmentDuration; None: none.
            patch_location: Where patches are; None: there are none.
            base_url: BaseURL of the MPD; None: none.
            delay_s: suggestedPresentationDelay; None: the origin's.
            periods: Texts of the Periods.
        """
        locations = "" if base_url is None else self._element("BaseURL", base_url)
        if location is not None:
            locations += self._element("Location", location)
        if patch_location is not None:
            ttl = patch_location.ttl_s
            attribute = "" if ttl is None else f' ttl="{plain(ttl)}"'
            locations += self._element("PatchLocation", patch_location.url, attribute)
        attributes: dict[Hole, str | None] = {
            "id": None if patch_location is None else self.mpd_id,
            "publishTime": None if publish_time is None else write_instant(publish_time),
            "mediaPresentationDuration": None if duration is None else write_duration(duration),
            "maxSegmentDuration": None if max_segment_s is None else write_duration(max_segment_s),
            "suggestedPresentationDelay": self.delay
            if delay_s is None
            else write_duration(delay_s),
        }
        filled: list[bytes] = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            if hole == "periods":
                filled.extend(periods)
            elif hole == "locations":
                filled.append(locations.encode())
            elif (value := attributes[hole]) is not None:
                filled.append(f' {hole}="{value}"'.encode())
            filled.append(piece)
        return tuple(filled)

    def _element(self, name: str, text: str, attributes: str = "") -> str:
        return f"<{self.prefix}{name}{attributes}>{escape(text)}</{self.prefix}{name}>"


def read_header(mpd: Mpd, *, spliced: bool) -> Header:
    """Make the header of an origin's MPD; what is not understood stays in its place.

    Args:
        mpd: The origin's.
        spliced: There are, or will be, ads between its Periods.

    Raises:
        MpdSyntaxError: A URL in it is none.
    """
    mark = "hole"
    while True:
        text = _text(mpd, spliced, mark)
        marks = {hole: _marked(hole, mark) for hole in HOLES}
        if all(text.count(found) <= 1 for found in marks.values()):
            break
        mark += "-"  # the MPD itself says such a thing
    places = sorted((text.index(found), hole) for hole, found in marks.items() if found in text)
    pieces: list[bytes] = []
    start = 0
    for place, hole in places:
        pieces.append(text[start:place])
        start = place + len(marks[hole])
    prefix = mpd.element.prefix
    return Header(
        pieces=(*pieces, text[start:]),
        holes=tuple(hole for _, hole in places),
        prefix=f"{prefix}:" if prefix else "",
        mpd_id=mpd.element.get("id", "weft"),
        delay=mpd.element.get("suggestedPresentationDelay"),
    )


def _marked(hole: Hole, mark: str) -> bytes:
    if hole in OF_ROOT:
        return f' {hole}="{mark}"'.encode()
    return f"<?{mark} {hole}?>".encode()


def _text(mpd: Mpd, spliced: bool, mark: str) -> bytes:
    """The MPD without Periods, with marks for holes."""
    origin = mpd.element
    root = etree.Element(origin.tag, nsmap=origin.nsmap)
    for name, value in origin.attrib.items():
        root.set(name, mark if name in OF_ROOT and name != "id" else value)
    for name in OF_ROOT:
        if name not in root.attrib:
            root.set(name, mark)
    if spliced and "profiles" in root.attrib:
        root.set("profiles", spliced_profiles(root.attrib["profiles"]))
    root.text = origin.text
    indent = origin.text if (origin.text or "").isspace() else None
    for child in _kept(origin):
        twin: etree._Element
        if local_name(child) == "Period":
            twin = etree.ProcessingInstruction(mark, "periods")
            twin.tail = indent
        else:
            twin = copy.deepcopy(child)
            _adapt(twin, mpd, spliced)
        root.append(twin)
    locations = etree.ProcessingInstruction(mark, "locations")
    locations.tail = indent
    named = [index for index, one in enumerate(root) if local_name(one) == "ProgramInformation"]
    root.insert(named[-1] + 1 if named else 0, locations)
    for beside in reversed(list(origin.itersiblings(preceding=True))):
        root.addprevious(copy.deepcopy(beside))
    for beside in reversed(list(origin.itersiblings())):
        root.addnext(copy.deepcopy(beside))
    written: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
    return written


def _kept(origin: etree._Element) -> Iterator[etree._Element]:
    """The children that stay; of the Periods, and what is between them, only the first."""
    periods = list(children(origin, "Period"))
    inside = False
    for child in origin:
        if child is periods[0]:
            inside = True
            yield child
        if not inside and not _is_gone(child):
            yield child
        if child is periods[-1]:
            inside = False


def _is_gone(child: etree._Element) -> bool:
    return local_name(child) in GONE or child.get("schemeIdUri") in LEADING_AWAY


def _adapt(child: etree._Element, mpd: Mpd, spliced: bool) -> None:
    """What is said of the origin's MPD is said so that it is true of ours."""
    name = local_name(child)
    for steering in list(child.iter("{*}ContentSteering")):
        above = steering.getparent()
        if above is not None:
            above.remove(steering)
    if name == "UTCTiming" and child.get("schemeIdUri", "").startswith(OVER_HTTP):
        urls = child.get("value", "").split()
        child.set("value", " ".join(join(mpd.url, url) for url in urls))
    if name == "ProgramInformation" and "moreInformationURL" in child.attrib:
        child.set("moreInformationURL", join(mpd.url, child.attrib["moreInformationURL"]))
    if name == "InitializationSet":
        if "initialization" in child.attrib:
            child.set("initialization", join(mpd.bases[0], child.attrib["initialization"]))
        if spliced:  # rule B-24: ads do not have it
            child.set("inAllPeriods", "false")
