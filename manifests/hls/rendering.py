"""The text of a media playlist for one session: a header and slices of strips.

Rules A-10 to A-17 give the numbers in the header; nothing here looks at single segments.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from manifests.hls.fragments import DISCONTINUITY, PodStrip, Strip
from manifests.hls.model import MediaPlaylist
from manifests.hls.numbering import Place
from manifests.hls.rehosting import rehost_line
from manifests.hls.track import Track
from manifests.hls.uris import Resolver
from manifests.hls.variables import Variables
from manifests.splicing.timeline import Splice


@dataclass(frozen=True, slots=True)
class Header:
    """A media playlist's header, all but its two numbers; fixed for a session (rule H-02)."""

    before: bytes  # up to and with "#EXT-X-MEDIA-SEQUENCE:"
    numbers_dsn: bool  # EXT-X-DISCONTINUITY-SEQUENCE is written
    after: bytes
    ended: bool = False

    def text(self, msn: int, dsn: int) -> bytes:
        """The header with the numbers of the first segment."""
        if self.numbers_dsn:
            return b"%b%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n%b" % (
                self.before,
                msn,
                dsn,
                self.after,
            )
        return b"%b%d\n%b" % (self.before, msn, self.after)


# The header says these itself, or must not.
_NOT_COPIED = frozenset(
    {
        "#EXTM3U",
        "#EXT-X-VERSION",
        "#EXT-X-TARGETDURATION",
        "#EXT-X-MEDIA-SEQUENCE",
        "#EXT-X-ENDLIST",
        "#EXT-X-DISCONTINUITY-SEQUENCE",
        "#EXT-X-PLAYLIST-TYPE",
        "#EXT-X-DEFINE",
        "#EXT-X-PART-INF",
        "#EXT-X-SERVER-CONTROL",
        "#EXT-X-PART",
        "#EXT-X-PRELOAD-HINT",
        "#EXT-X-RENDITION-REPORT",
    }
)


def make_header(
    playlist: MediaPlaylist, *, spliced: bool = True, keep_start: bool = True
) -> Header:
    """Make the header that all answers of one rendition share.

    Args:
        playlist: The origin's playlist.
        spliced: Breaks may be spliced in, so the version must allow for ads (rule A-46).
        keep_start: Keep EXT-X-START; without it a pre-roll is not skipped (rule A-48).
    """
    uses_map = any(segment.map is not None for segment in playlist.segments[:1])
    version = max(playlist.version, (6 if uses_map else 3) if spliced else 1)
    lines = ["#EXTM3U"]
    if version > 1:
        lines.append(f"#EXT-X-VERSION:{version}")
    lines.append(f"#EXT-X-TARGETDURATION:{playlist.target_duration}")
    sliding = playlist.media_sequence > 0 and not playlist.ended
    if playlist.playlist_type is not None and not sliding:
        lines.append(f"#EXT-X-PLAYLIST-TYPE:{playlist.playlist_type}")
    variables, resolver = Variables(playlist.variables), Resolver(playlist.url)
    others = []
    for number, line in enumerate(playlist.header, 1):
        name = line.partition(":")[0]
        if line and name not in _NOT_COPIED and (keep_start or name != "#EXT-X-START"):
            others.append(rehost_line(line, variables=variables, resolver=resolver, number=number))
    return Header(
        before=("\n".join(lines) + "\n#EXT-X-MEDIA-SEQUENCE:").encode(),
        # Rule A-13: always in live; in VOD only where the origin has it.
        numbers_dsn=playlist.playlist_type != "VOD" or playlist.has_discontinuity_sequence,
        after="".join(f"{line}\n" for line in others).encode(),
        ended=playlist.ended,
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """What past breaks did to a rendition's numbers: SUM(N - R) and SUM(K - C) of rule A-12."""

    msn: int = 0
    dsn: int = 0
    in_at: Decimal | None = None  # where the last of them returned


NO_SUMS = Sums()
NOTHING_TOLD: Mapping[str, Sequence[bytes]] = {}
Weaver = Callable[[Splice], PodStrip]
Placer = Callable[[Splice], Place | None]


def sums(past: Iterable[Splice], place_of: Placer, pod_of: Weaver, start: Sums = NO_SUMS) -> Sums:
    """Add up what past splices did to the numbers of one rendition."""
    total = start
    for one in past:
        place = place_of(one)
        if place is not None and place.back is not None and one.final:
            total = _added(total, one, place, pod_of(one), one.final)
    return total


def _added(total: Sums, one: Splice, place: Place, pod: PodStrip, shown: int) -> Sums:
    """With one more splice that is over: it wrote K tags where the origin had C (rule A-12)."""
    assert place.back is not None  # noqa: S101  (it is over)
    tags = place.dsn_back - _dsn_before(total, one, place)
    return Sums(
        msn=total.msn + shown - (place.back - place.out),
        dsn=total.dsn + pod.marks[shown - 1] + 1 - tags,
        in_at=one.in_at,
    )


def _dsn_before(total: Sums, one: Splice, place: Place) -> int:
    """The number before a pod's first tag.

    Of two breaks on one border, the tag that returns from the first also opens the second; it is
    counted already.
    """
    return place.dsn_out - 1 if one.out_at == total.in_at else place.dsn_before


def render(
    strip: Strip,
    header: Header,
    splices: Sequence[Splice],
    *,
    pod_of: Weaver,
    place_of: Placer,
    past: Sums = NO_SUMS,
    until: Decimal | None = None,
    tags: Mapping[str, Sequence[bytes]] = NOTHING_TOLD,
) -> bytes:
    """Join the answer for one session.

    Args:
        strip: The rendition's content.
        header: Its header.
        splices: The session's splices of which something may be listed, in order.
        pod_of: The strip of a splice's pod in this rendition.
        place_of: Where a splice stands in this rendition; None: it has not come yet.
        past: What earlier splices did to the numbers.
        until: Nothing is published behind this instant: a break there is not decided yet, or the
            reference rendition is not that far.
        tags: What is told of the ads, a line for each creative, by break id.

    Returns:
        The playlist, UTF-8.
    """
    track = strip.track
    edge, stop = track.edge, len(track.segments)
    if until is not None and until < edge:
        edge, stop = until, track.border(until)
    total = _before_joining(splices, past, place_of, pod_of)
    pieces: list[bytes | memoryview] = []
    numbers: tuple[int, int] | None = None  # of the header: the first entry's
    cursor = 0  # the next content segment
    returning = 0  # tags that stand before it because a break ends there
    dsn_back = 0  # its number in the reference, then
    for one in splices:
        place = place_of(one)
        if place is None or (one.in_at is not None and not one.final):
            continue
        out = place.out - track.first_msn
        inserts = one.is_insertion
        if out > stop:
            break
        if out > cursor:
            numbers = numbers or _content_numbers(track, cursor, total, returning)
            pieces += _content(strip, cursor, out, returning)
        elif returning and numbers is not None:
            # Others may have content here, and return to it before they leave it (rule A-14).
            pieces.append(DISCONTINUITY * (_dsn_before(total, one, place) + 1 - dsn_back))
        pod = pod_of(one)
        shown = one.shown(None if inserts else edge)
        dropped = 0 if inserts else one.dropped(track.starts[0])
        goes_on = place.back is None or place.back - track.first_msn > stop
        if numbers is None and (dropped < shown or goes_on):
            if inserts:  # nothing comes before what opens a playlist that never changes
                total = replace(total, dsn=total.dsn - 1)
            before = _dsn_before(total, one, place) + pod.before(dropped)
            numbers = (place.out + total.msn + dropped, before + total.dsn + inserts)
        if strip.dateranges and not inserts:
            back = stop if goes_on or place.back is None else place.back - track.first_msn
            pieces.append(strip.kept_dates(max(out, 0), back, one.out_at, one.in_at))
        front, marked = dropped > 0, bool(pieces) or not inserts
        if dropped < shown and (told := tags.get(one.break_id)):
            pieces += pod.told(dropped, shown, told, front=front, marked=marked)
        elif dropped < shown:
            pieces += pod.run(dropped, shown, front=front, marked=marked)
        if place.back is None or goes_on:
            cursor = stop
            break
        total = _added(total, one, place, pod, shown)
        cursor, returning, dsn_back = place.back - track.first_msn, 0, place.dsn_back
        if cursor >= 0:
            returning = 1
            if cursor < stop:  # others may have content before it, and return to that (rule A-14)
                returning += max(track.dsns[cursor] - place.dsn_back, 0)
        cursor = max(cursor, 0)
    if cursor < stop:
        numbers = numbers or _content_numbers(track, cursor, total, returning)
        pieces += _content(strip, cursor, stop, returning)
    if stop == len(track.segments):
        pieces.append(strip.tail)
        if header.ended:
            pieces.append(b"#EXT-X-ENDLIST\n")
    numbers = numbers or _content_numbers(track, cursor, total, returning)
    return b"".join((header.text(*numbers), *pieces))


def _before_joining(
    splices: Sequence[Splice], past: Sums, place_of: Placer, pod_of: Weaver
) -> Sums:
    """What numbers begin with: a pre-roll's are counted back from the content behind it (A-12)."""
    for one in splices:
        if one.joins and one.final and (place := place_of(one)) is not None:
            effect = _added(NO_SUMS, one, place, pod_of(one), one.final)
            return replace(past, msn=past.msn - effect.msn, dsn=past.dsn - effect.dsn)
    return past


def _content_numbers(track: Track, index: int, total: Sums, returning: int) -> tuple[int, int]:
    """A-10: the tag before the first entry is kept, so the header counts from before it."""
    if index < len(track.segments):
        before = track.dsns[index] - (returning or track.marks[index])
    else:
        before = track.dsns[-1] - returning if track.dsns else 0
    return track.first_msn + index + total.msn, before + total.dsn


def _content(strip: Strip, first: int, end: int, returning: int) -> tuple[bytes | memoryview, ...]:
    run = strip.run(first, end)
    # Rule A-16: the origin's tag and ours are one.
    tags = returning or strip.track.marks[first]
    return (DISCONTINUITY * tags, *run) if tags else run
