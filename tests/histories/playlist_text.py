"""A second reading of media playlists, for judging: none of it is shared with `manifests`.

It follows the state machine of RFC 8216bis, section 4.4.4, to the letter: what a decoder would have
to know of each entry, computed from one text alone.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urljoin

PAIR = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')
REFERENCE = re.compile(r"\{\$([A-Za-z0-9_-]+)\}")
CUE = re.compile(r"# ?EXT(?:-X)?-(?:CUE|OATCLS-SCTE35|SCTE35|SPLICEPOINT-SCTE35|ASSET)")
COUNTED = ("AES-128", "SAMPLE-AES")  # methods whose missing IV is the media sequence number

Range = tuple[int, int]  # length, offset
KeyState = tuple[tuple[str, ...], ...]  # sorted (format, method, uri, iv, versions)


class BrokenText(Exception):
    """The text breaks the grammar so that it cannot be judged further; says the rule."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One segment as a decoder sees it that knows this text alone."""

    msn: int
    dsn: int
    marked: bool  # a DISCONTINUITY tag stands before it
    marks: int  # how many do
    uri: str
    duration: Decimal
    range: Range | None
    implicit_range: bool  # its BYTERANGE has no offset
    keys: KeyState
    map: tuple[str, Range | None, KeyState] | None
    date: Decimal | None  # the tag's, seconds since 1970
    gap: bool
    bitrate: str | None
    others: tuple[str, ...]  # lines that carry no state, in order

    @property
    def place(self) -> tuple[str, Range | None]:
        """What is fetched."""
        return self.uri, self.range


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One media playlist, read."""

    entries: tuple[Entry, ...]
    tags: dict[str, str] = field(hash=False)  # of the whole playlist, as written
    order: tuple[str, ...] = ()  # names of all tags and "URI", as they stand
    unknown: tuple[str, ...] = ()  # lines before the first segment tag that we know nothing of
    lines: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return "EXT-X-ENDLIST" in self.tags

    @property
    def target(self) -> int:
        return int(self.tags["EXT-X-TARGETDURATION"])

    @property
    def msn(self) -> int:
        return int(self.tags.get("EXT-X-MEDIA-SEQUENCE", 0))

    @property
    def dsn(self) -> int:
        return int(self.tags.get("EXT-X-DISCONTINUITY-SEQUENCE", 0))

    @property
    def duration(self) -> Decimal:
        return sum((entry.duration for entry in self.entries), Decimal(0))

    @property
    def dates(self) -> tuple[Decimal | None, ...]:
        """Of each entry, as clients extrapolate them (rule A-30)."""
        found: list[Decimal | None] = []
        at: Decimal | None = None
        for entry in self.entries:
            at = at if entry.date is None else entry.date
            found.append(at)
            at = None if at is None else at + entry.duration
        for index in range(len(found) - 2, -1, -1):
            later = found[index + 1]
            if found[index] is None and later is not None:
                found[index] = later - self.entries[index].duration
        return tuple(found)


WHOLE = {
    "EXTM3U",
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-ENDLIST",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-START",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-PART-INF",
}


def seconds(text: str) -> Decimal:
    """A date as seconds since 1970."""
    base, _, fraction = text.rstrip("Z").partition(".")
    at = datetime.fromisoformat(base + "+00:00")
    return Decimal(int(at.timestamp())) + Decimal(f"0.{fraction or 0}")


@lru_cache(maxsize=512)
def read(text: str, url: str) -> Text:
    """Read a media playlist that was fetched from `url`.

    Raises:
        BrokenText: It is no media playlist.
    """
    lines = text.split("\n")
    if lines[0] != "#EXTM3U":
        raise BrokenText("text", "does not begin with #EXTM3U")
    if not text.endswith("\n"):
        raise BrokenText("text", "does not end with a line end")
    tags: dict[str, str] = {}
    order: list[str] = []
    unknown: list[str] = []
    undecided: list[str] = []  # of the header, if a tag of the whole playlist follows
    entries: list[Entry] = []
    variables: dict[str, str] = {}
    keys: dict[str, tuple[str, str, str | None, str]] = {}
    media_map: tuple[str, Range | None, dict[str, tuple[str, str, str | None, str]]] | None = None
    marks_total = marks = 0
    duration: Decimal | None = None
    pending_range: tuple[int, int | None] | None = None
    date: Decimal | None = None
    gap = False
    bitrate: str | None = None
    others: list[str] = []
    begun = False

    def resolved(value: str) -> str:
        return REFERENCE.sub(lambda match: variables[match[1]], value)

    def attributes(value: str) -> dict[str, str]:
        return {k: resolved(v).strip('"') for k, v in PAIR.findall(value)}

    def effective(held: dict[str, tuple[str, str, str | None, str]], msn: int | None) -> KeyState:
        found = []
        for keyformat, (method, uri, iv, versions) in held.items():
            if iv is None and keyformat == "identity" and method in COUNTED and msn is not None:
                iv = f"0x{msn:x}"
            number = "" if iv is None else f"{int(iv, 16):x}"
            found.append((keyformat, method, uri, number, versions))
        return tuple(sorted(found))

    first_msn = first_dsn = 0
    for line in lines[1:]:
        if not line:
            continue
        if not line.startswith("#"):
            order.append("URI")
            if duration is None:
                raise BrokenText("text", f"a URI without EXTINF: {line}")
            uri = urljoin(url, resolved(line))
            span: Range | None = None
            implicit = False
            if pending_range is not None:
                length, offset = pending_range
                if offset is None:
                    implicit = True
                    before = entries[-1] if entries else None
                    if before is None or before.range is None or before.uri != uri:
                        raise BrokenText("A-42", f"BYTERANGE goes on from nothing: {line}")
                    offset = sum(before.range)
                span = (length, offset)
            msn = first_msn + len(entries)
            entries.append(
                Entry(
                    msn=msn,
                    dsn=first_dsn + marks_total,
                    marked=marks > 0,
                    marks=marks,
                    uri=uri,
                    duration=duration,
                    range=span,
                    implicit_range=implicit,
                    keys=effective(keys, msn),
                    map=None
                    if media_map is None
                    else (media_map[0], media_map[1], effective(media_map[2], None)),
                    date=date,
                    gap=gap,
                    bitrate=bitrate,
                    others=(*undecided, *others),
                )
            )
            duration = pending_range = date = None
            gap, marks, others, undecided = False, 0, [], []
            begun = True
            continue
        name, _, value = line[1:].partition(":")
        order.append(name)
        match name:
            case _ if name in WHOLE:
                if name in tags and tags[name] != value:
                    raise BrokenText("text", f"{name} twice")
                tags[name] = value
                if not begun:
                    unknown += undecided
                    undecided = []
                if name == "EXT-X-MEDIA-SEQUENCE":
                    first_msn = int(value)
                elif name == "EXT-X-DISCONTINUITY-SEQUENCE":
                    first_dsn = int(value)
                continue
            case "EXT-X-DEFINE":
                pairs = attributes(value)
                variables[pairs["NAME"]] = pairs["VALUE"]
                continue
            case "EXTINF":
                duration = Decimal(value.partition(",")[0])
                if value.partition(",")[2]:
                    others.append(f"title {value.partition(',')[2]}")
            case "EXT-X-DISCONTINUITY":
                marks += 1
                marks_total += 1
            case "EXT-X-KEY":
                pairs = attributes(value)
                if pairs["METHOD"] == "NONE":
                    if len(pairs) > 1:
                        raise BrokenText("A-37", f"METHOD=NONE with more: {line}")
                    keys = {}
                else:
                    keyformat = pairs.get("KEYFORMAT", "identity")
                    keys = dict(keys)
                    keys[keyformat] = (
                        pairs["METHOD"],
                        urljoin(url, pairs["URI"]) if "://" not in pairs["URI"] else pairs["URI"],
                        pairs.get("IV"),
                        pairs.get("KEYFORMATVERSIONS", ""),
                    )
            case "EXT-X-MAP":
                pairs = attributes(value)
                span = None
                if "BYTERANGE" in pairs:
                    length_text, _, offset_text = pairs["BYTERANGE"].partition("@")
                    span = (int(length_text), int(offset_text))
                media_map = (urljoin(url, pairs["URI"]), span, dict(keys))
            case "EXT-X-BYTERANGE":
                length_text, _, offset_text = value.partition("@")
                pending_range = (int(length_text), int(offset_text) if offset_text else None)
            case "EXT-X-PROGRAM-DATE-TIME":
                date = seconds(value)
            case "EXT-X-GAP":
                gap = True
            case "EXT-X-BITRATE":
                bitrate = value
            case _:
                if begun or name.startswith("EXT-X-DATERANGE") or CUE.match(line):
                    begun = True
                    others.append(resolved(line))
                else:
                    undecided.append(resolved(line))
                continue
        begun = True
    if duration is not None:
        raise BrokenText("text", "EXTINF without a URI")
    if "EXT-X-TARGETDURATION" not in tags:
        raise BrokenText("text", "no TARGETDURATION")
    return Text(
        entries=tuple(entries),
        tags=tags,
        order=tuple(order),
        unknown=tuple(unknown),
        lines=tuple(lines),
    )
