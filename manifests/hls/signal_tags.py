"""Playlists that tell of their ads: an EXT-X-DATERANGE for each (rules A-60, A-61, E-12).

A DATERANGE needs dates (A-60). Where the playlists have those of the origin, it stands on them. VOD
that has none, or none any more (A-33), gets a clock of its own (A-35), which is 0 at the start, as
MediaTailor's: one date, before the first segment of every playlist, and players count on from it.
Live playlists without dates tell nothing.

The tag says the same in every rendition, so all its times are of the reference and of the ads'
video. It does not change when an ad is cut short: in live, PLANNED-DURATION is all that is said.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from decimal import Decimal

from manifests.splicing.signalling import SCHEME, told_ms
from manifests.splicing.timeline import Splice
from manifests.timing import format_date_time

OWN_CLOCK = b"#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z\n"

Tags = tuple[bytes, ...]  # for each creative of a pod; empty where nothing is told of it


def dated_tags(splices: Iterable[Splice]) -> Mapping[str, Tags]:
    """Tags for playlists with dates, by break id."""
    return {
        one.break_id: _tags(one, one.out_at)
        for one in splices
        if one.signalling is not None and not one.is_insertion  # where it stands has no date
    }


def own_clock_tags(splices: Iterable[Splice], *, start: Decimal) -> Mapping[str, Tags]:
    """Tags for VOD playlists that `OWN_CLOCK` opens, by break id; none if nobody wants to be told.

    Args:
        splices: All of the presentation, in order.
        start: Where the content starts.
    """
    found: dict[str, Tags] = {}
    for one in splices:
        if one.signalling is not None:
            found[one.break_id] = _tags(one, one.out_at - start)
        if one.final and one.in_at is not None:
            # What follows comes later by what the pod lasts longer than what it stands for.
            start -= one.ends[one.final - 1] - (one.in_at - one.out_at)
    return found


def _tags(one: Splice, at: Decimal) -> Tags:
    signalling = one.signalling
    tags: list[bytes] = []
    for index, creative in enumerate(one.pod):
        text = None if signalling is None else signalling.text(index)
        if signalling is None or text is None:
            tags.append(b"")
        else:
            name = "PLANNED-DURATION" if signalling.live else "DURATION"
            seconds = Decimal(told_ms(creative.duration)).scaleb(-3)
            tags.append(
                (
                    f'#EXT-X-DATERANGE:ID="{one.break_id}.{index}",CLASS="{SCHEME}",'
                    f'START-DATE="{format_date_time(at)}",{name}={seconds},'
                    f'X-AD-CREATIVE-SIGNALING="{b64encode(text.encode()).decode()}"\n'
                ).encode()
            )
        at += creative.duration
    return tuple(tags)
