"""Fragments: the finished text of one segment in one playlist, made once per origin refresh.

A strip is a run of fragments joined beforehand. An answer is a header and slices of strips, so it
costs as much as the number of splices in it, never as much as the number of segments. Nothing in a
fragment names a session.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate, pairwise

from cachetools import LRUCache

from manifests.creative import Creative
from manifests.cues import CueRules
from manifests.errors import ManifestError
from manifests.hls.attributes import read_attributes, unquote
from manifests.hls.cues import is_cue_line
from manifests.hls.lexer import BLANKS
from manifests.hls.model import Key, Map, Segment
from manifests.hls.rehosting import rehost_line
from manifests.hls.track import Track
from manifests.hls.uris import Resolver
from manifests.hls.variables import Variables
from manifests.timing import format_date_time, read_date_time

DISCONTINUITY = b"#EXT-X-DISCONTINUITY\n"
_DATE = "#EXT-X-PROGRAM-DATE-TIME:"
_NO_KEY = "#EXT-X-KEY:METHOD=NONE"
# State is written from what was read, playlist tags by the header; parts are not offered.
_WRITTEN_ELSEWHERE = frozenset(
    {
        "#EXTM3U",
        "#EXT-X-VERSION",
        "#EXT-X-TARGETDURATION",
        "#EXT-X-MEDIA-SEQUENCE",
        "#EXT-X-DISCONTINUITY-SEQUENCE",
        "#EXT-X-PLAYLIST-TYPE",
        "#EXT-X-ENDLIST",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-I-FRAMES-ONLY",
        "#EXT-X-START",
        "#EXT-X-DEFINE",
        "#EXT-X-PART",
        "#EXT-X-PART-INF",
        "#EXT-X-PRELOAD-HINT",
        "#EXT-X-RENDITION-REPORT",
        "#EXT-X-SKIP",
        "#EXT-X-SERVER-CONTROL",
        "#EXT-X-KEY",
        "#EXT-X-MAP",
        "#EXT-X-BITRATE",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-BYTERANGE",
        "#EXT-X-PROGRAM-DATE-TIME",
    }
)


@dataclass(frozen=True, slots=True)
class Dressing:
    """How a show's content segments are written."""

    # What counts as a cue and is left out (rule A-63); None: cues stay.
    removed: CueRules | None = field(default_factory=CueRules)
    dates: bool = True  # False: no dates at all, for VOD with insertions (rule A-33)
    content_base: tuple[str, str] | None = None  # origin prefix, and what players get instead


@dataclass(frozen=True, slots=True)
class Strip:
    """Fragments of consecutive content segments, joined."""

    fragments: tuple[bytes, ...]  # as they follow one another, without DISCONTINUITY
    offsets: tuple[int, ...]  # of each fragment in `body`; one more than fragments
    body: bytes
    tail: bytes  # what stands after the last segment
    track: Track
    dressing: Dressing
    encrypted: bool = False  # some of it
    # DATERANGEs that stand among the segments: before which, from when on, and the tag.
    dateranges: tuple[tuple[int, Decimal, bytes], ...] = ()
    openings: dict[int, bytes] = field(default_factory=dict, compare=False, repr=False)  # memo

    def opening(self, index: int) -> bytes:
        """A segment as the first of a run: all state that applies to it is said again (A-39)."""
        text = self.openings.get(index)
        if text is None:
            text = _fragment(self.track, index, None, self.dressing)
            self.openings[index] = text
        return text

    def run(self, first: int, end: int) -> tuple[bytes | memoryview, ...]:
        """The text of segments `first` to `end - 1`, where what came before is something else."""
        if first >= end:
            return ()
        rest = memoryview(self.body)[self.offsets[first + 1] : self.offsets[end]]
        return (self.opening(first), rest)

    def kept_dates(self, first: int, end: int, out_at: Decimal, in_at: Decimal | None) -> bytes:
        """The DATERANGEs among removed segments that are about the content around them (A-61).

        Args:
            first: First segment removed.
            end: First segment that is not.
            out_at: What begins before it began before the break.
            in_at: What begins here or later comes after it; None: the end is not listed yet.
        """
        return b"".join(
            text
            for index, start, text in self.dateranges
            if first <= index < end and (start < out_at or (in_at is not None and start >= in_at))
        )


def weave(track: Track, dressing: Dressing, previous: Strip | None = None) -> Strip:
    """Make the strip of a track; fragments of segments that did not change are taken over."""
    segments = track.segments
    known: tuple[Segment, ...] = ()
    moved = 0  # `known[i + moved]` has the number of `segments[i]`
    if previous is not None and previous.dressing == dressing:
        known, moved = previous.track.segments, track.first_msn - previous.track.first_msn
    fragments: list[bytes] = []
    before: Segment | None = None
    for index, segment in enumerate(segments):
        at = index + moved
        if previous is not None and 1 <= at < len(known) and known[at] is segment:
            fragments.append(previous.fragments[at])
        else:
            fragments.append(_fragment(track, index, before, dressing))
        before = segment
    offsets, body = joined(fragments, track)
    return Strip(
        fragments=tuple(fragments),
        offsets=offsets,
        body=body,
        tail=_text(_other_lines(track, track.playlist.trailer, dressing)),
        track=track,
        dressing=dressing,
        encrypted=any(segment.keys for segment in segments),
        dateranges=tuple(_dateranges(track, dressing)) if dressing.dates and track.utc else (),
    )


def joined(fragments: Iterable[bytes], track: Track) -> tuple[tuple[int, ...], bytes]:
    """A strip's offsets and body, from its fragments and where discontinuities are."""
    marked = [
        DISCONTINUITY * mark + text if mark else text
        for text, mark in zip(fragments, track.marks, strict=True)
    ]
    return (0, *accumulate(map(len, marked))), b"".join(marked)


def _dateranges(track: Track, dressing: Dressing) -> Iterator[tuple[int, Decimal, bytes]]:
    for index, segment in enumerate(track.segments):
        for number, line in enumerate(segment.lines, segment.first_line):
            if not line.startswith("#EXT-X-DATERANGE:"):
                continue
            written = _other_lines(track, (line,), dressing, number)
            if not written:
                continue  # a cue
            try:
                attributes = dict(read_attributes(written[0].partition(":")[2], line=number))
                start = read_date_time(unquote(attributes.get("START-DATE", "")))
            except ManifestError:
                continue  # not one that a date could be said of
            yield index, start + track.shift.time_s, _text(written)


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _fragment(track: Track, index: int, before: Segment | None, dressing: Dressing) -> bytes:
    """One segment's text; `before` is the one it follows, None at the start of a run."""
    segment = track.segments[index]
    lines = _state(segment, before, dressing)
    dated = before is None or track.marks[index] > 0 or segment.program_date_time is not None
    if track.utc and dressing.dates and dated:  # rule A-30: at least where a run begins
        lines.append(_date_line(track, index))
    lines += _other_lines(track, segment.lines, dressing, segment.first_line)
    if segment.byterange is not None:  # rule A-42: always with its offset
        lines.append(f"#EXT-X-BYTERANGE:{segment.byterange.length}@{segment.byterange.offset}")
    lines.append(_rehosted(segment.uri, dressing))
    return _text(lines)


def _date_line(track: Track, index: int) -> str:
    """As the origin wrote it, unless it wrote none or its clock had to be moved (rule A-31)."""
    segment = track.segments[index]
    if segment.program_date_time == track.starts[index]:
        for line in segment.lines:
            if line.startswith(_DATE):
                return line
    return _DATE + format_date_time(track.starts[index])


def _rehosted(uri: str, dressing: Dressing) -> str:
    base = dressing.content_base
    return base[1] + uri[len(base[0]) :] if base and uri.startswith(base[0]) else uri


def _other_lines(
    track: Track, raw: Sequence[str], dressing: Dressing, first_line: int = 1
) -> list[str]:
    """Everything that is not written from what was read, in its order (rule A-58)."""
    kept: list[str] = []
    tools: tuple[Variables, Resolver] | None = None  # most segments have nothing to resolve
    for number, line in enumerate(raw, first_line):
        if not line:
            continue
        name = line.partition(":")[0]
        if name in _WRITTEN_ELSEWHERE or _is_removed(line, dressing):
            continue
        if name == "#EXT-X-DATERANGE" and not dressing.dates:
            continue
        if name == "#EXTINF":  # its title is no attribute list
            kept.append(line.strip(BLANKS))
            continue
        if tools is None:
            tools = Variables(track.playlist.variables), Resolver(track.playlist.url)
        variables, resolver = tools
        kept.append(rehost_line(line, variables=variables, resolver=resolver, number=number))
    return kept


def _is_removed(line: str, dressing: Dressing) -> bool:
    return dressing.removed is not None and is_cue_line(line, dressing.removed)


def _state(segment: Segment, before: Segment | None, dressing: Dressing) -> list[str]:
    """The KEY and MAP tags that this segment needs where it stands (rules A-37 to A-41)."""
    in_force: tuple[Key, ...] = before.keys if before else ()
    lines: list[str] = []
    media_map = segment.map
    if media_map is not None and (before is None or media_map != before.map):
        keys = _keys_for_map(media_map, segment)
        lines += _change_keys(in_force, keys, segment.msn)
        lines.append(_map_line(media_map, dressing))
        in_force = keys
    return lines + _change_keys(in_force, segment.keys, segment.msn)


def _keys_for_map(media_map: Map, segment: Segment) -> tuple[Key, ...]:
    return segment.keys if media_map.keys == segment.keys else media_map.keys


def _change_keys(in_force: tuple[Key, ...], keys: tuple[Key, ...], msn: int) -> list[str]:
    """From one set of keys to another; the same set is not said again unless its IV moves on."""
    counted = any(_iv_is_msn(key) for key in keys)
    if in_force == keys and not counted:
        return []
    formats = {key.keyformat for key in keys}
    lines = [_NO_KEY] if any(key.keyformat not in formats for key in in_force) else []
    return lines + [_key_line(key, msn) for key in keys]


def _iv_is_msn(key: Key) -> bool:
    """Rule A-38: only these methods take the media sequence number for a missing IV."""
    return (
        key.iv is None and key.keyformat == "identity" and key.method in ("AES-128", "SAMPLE-AES")
    )


def _key_line(key: Key, msn: int) -> str:
    pairs = [f"{name}={value}" for name, value in key.attributes]
    if _iv_is_msn(key):
        pairs.append(f"IV=0x{msn:032x}")  # the origin's number, whatever ours is
    return "#EXT-X-KEY:" + ",".join(pairs)


def _map_line(media_map: Map, dressing: Dressing) -> str:
    pairs = [
        f'{name}="{_rehosted(media_map.uri, dressing)}"' if name == "URI" else f"{name}={value}"
        for name, value in media_map.attributes
    ]
    return "#EXT-X-MAP:" + ",".join(pairs)


@dataclass(frozen=True, slots=True)
class PodStrip:
    """The fragments of a break's pod in one rendition, joined.

    `marks[i]` counts the DISCONTINUITY tags up to and with the one before entry `i`.
    """

    offsets: tuple[int, ...]
    body: bytes
    marks: tuple[int, ...]
    fronts: tuple[bytes, ...]  # each entry as the first of a playlist, without DISCONTINUITY

    def run(
        self, first: int, end: int, *, front: bool, marked: bool = True
    ) -> tuple[bytes | memoryview, ...]:
        """Entries `first` to `end - 1`.

        Args:
            first: Of them.
            end: Behind the last.
            front: The entry before the first is not listed any more.
            marked: Entry 0 has its DISCONTINUITY; False: nothing ever came before it.
        """
        if first >= end:
            return ()
        body = memoryview(self.body)
        if not front:
            start = self.offsets[first] if marked else len(DISCONTINUITY)
            return (body[start : self.offsets[end]],)
        rest = body[self.offsets[first + 1] : self.offsets[end]]
        return (DISCONTINUITY if self.marked(first) else b"", self.fronts[first], rest)

    def told(
        self, first: int, end: int, tags: Sequence[bytes], *, front: bool, marked: bool = True
    ) -> Iterator[bytes | memoryview]:
        """The same, with a line about each creative before it.

        It also stands before one whose beginning is not listed any more (rule A-61).

        Args:
            first: As `run` takes it, and what follows.
            end: See there.
            tags: The lines, one for each creative of the pod.
            front: See there.
            marked: See there.
        """
        begins = [first, *(index for index in range(first + 1, end) if self.marked(index)), end]
        for begin, until in pairwise(begins):
            yield tags[self.marks[begin] - 1]
            is_first = begin == first
            yield from self.run(
                begin, until, front=front and is_first, marked=marked or not is_first
            )

    def before(self, index: int) -> int:
        """How many DISCONTINUITY tags stand before that of this entry, which may be yet to come."""
        return self.marks[index] - self.marked(index) if index < len(self.marks) else self.marks[-1]

    def marked(self, index: int) -> bool:
        """Whether a DISCONTINUITY stands before this entry (rule A-20: each creative's first)."""
        return self.marks[index] > (self.marks[index - 1] if index else 0)


def weave_pod(
    pod: Sequence[Creative],
    rung: str,
    *,
    date: Decimal | None,
    encrypted: bool,
) -> PodStrip:
    """Make the strip of a pod for one rendition (worked example of rule A-12).

    Args:
        pod: Creatives in order.
        rung: Key of the rendition's rung.
        date: Program date-time of the out point in seconds since 1970, None if dates are not
            written: ads go on from it (rule A-32).
        encrypted: The content has keys, so that ads must say they have none (rule A-37).

    Raises:
        KeyError: A creative was not packaged for this rung.
    """
    fragments: list[bytes] = []
    fronts: list[bytes] = []
    marks: list[int] = []
    marked = 0
    at = date
    for number, creative in enumerate(pod):
        rendition = creative.renditions[rung]
        init = [f'#EXT-X-MAP:URI="{rendition.init_uri}"'] if rendition.init_uri else []
        for index, segment in enumerate(rendition.segments):
            dated = [] if at is None else [_DATE + format_date_time(at)]
            entry = [f"#EXTINF:{segment.duration},", segment.uri]
            fronts.append(_text(init + dated + entry))
            if index:
                fragments.append(_text(entry))
            else:
                marked += 1
                key = [_NO_KEY] if encrypted and not number else []
                fragments.append(DISCONTINUITY + _text(key + init + dated + entry))
            marks.append(marked)
            at = None if at is None else at + segment.duration
    return PodStrip(
        offsets=(0, *accumulate(map(len, fragments))),
        body=b"".join(fragments),
        marks=tuple(marks),
        fronts=tuple(fronts),
    )


class PodStrips:
    """A bounded memo of `weave_pod`: sessions with equal decisions share its strips."""

    def __init__(self, limit: int = 4096) -> None:
        self._strips: LRUCache[tuple[object, ...], PodStrip] = LRUCache(limit)

    def strip(
        self,
        pod: tuple[Creative, ...],
        rung: str,
        *,
        date: Decimal | None,
        encrypted: bool,
    ) -> PodStrip:
        """What `weave_pod` gives for these arguments."""
        key = (rung, date, encrypted, *[creative.key for creative in pod])
        found: PodStrip | None = self._strips.get(key)
        if found is None:
            found = weave_pod(pod, rung, date=date, encrypted=encrypted)
            self._strips[key] = found
        return found
