"""The breaks of the demo's channel as Events of its MPD, with SCTE 35 (splice rule B-51).

They stand at the borders of segments that the playlists have too, or in the middle of segments
where the settings say so: a playlist cannot express that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from manifests.scte35 import to_base64
from packager.demo.schedule import Offer, Schedule
from packager.demo.signals import offer_message

_AHEAD = 3  # segments before its time in which an Event is already there: 4 s or more (B-50)
_PTS_HZ = 90_000
_SCHEME = "urn:scte:scte35:2014:xml+bin"
_SCTE35 = "http://www.scte.org/schemas/35/2016"


@dataclass(frozen=True, slots=True)
class Announcement:
    """That the programme leaves or returns."""

    event_id: int  # of SCTE 35
    at: Fraction  # seconds since the epoch
    announced_s: int | None  # how long it leaves; None: it returns


def announced(schedule: Schedule, stop: int) -> tuple[Announcement, ...]:
    """What is told when segment `stop` is on air, of the breaks in the window or soon to come.

    A break keeps the duration that was announced; the return is told where it is an early one.
    """
    settings = schedule.settings
    front = schedule.start(stop) - settings.window_s - settings.mid_segment_s
    found = []
    for item in schedule.breaks(max(0, schedule.first_from(front) - 1), stop + _AHEAD):
        moved = settings.mid_segment_s if item.number % 2 == 0 else 0
        found.append(Announcement(item.event_id, item.start + moved, item.announced_s))
        if item.is_early and item.back < stop + _AHEAD:
            found.append(Announcement(item.event_id, item.end + moved, None))
    return tuple(found)


def event_stream(announcements: Sequence[Announcement], offer: Offer) -> list[str]:
    """Write the lines of the EventStream; none where there is nothing to tell.

    Args:
        announcements: What is told.
        offer: What the time is offered for.
    """
    if not announcements:
        return []
    lines = [f'<EventStream schemeIdUri="{_SCHEME}" timescale="{_PTS_HZ}">']
    for item in announcements:
        ticks, out = round(item.at * _PTS_HZ), item.announced_s is not None
        duration = item.announced_s * _PTS_HZ if item.announced_s is not None else None
        message = to_base64(
            offer_message(offer, item.event_id, announced_s=item.announced_s, at=item.at)
        )
        lasts = f'duration="{duration}" ' if out else ""
        number = 2 * item.event_id + (not out)  # of one event, two messages
        lines += [
            f'  <Event presentationTime="{ticks}" {lasts}id="{number}">',
            f'    <Signal xmlns="{_SCTE35}"><Binary>{message}</Binary></Signal>',
            "  </Event>",
        ]
    return [*lines, "</EventStream>"]
