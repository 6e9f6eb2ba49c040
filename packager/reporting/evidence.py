"""What the requests for an ad's segments prove of its playback (rules E-02, E-05, E-06, E-08).

A player fetches ahead of what it shows, asks for the same place in several renditions, seeks and
repeats. So what counts is which places of the ad were asked for, and when: a moment of the ad has
been seen once every segment up to it was asked for, a later one was too (or there is none), and as
much time has passed as playing up to it takes.
"""

from dataclasses import dataclass, replace

from packager.reporting.places import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How much of one ad one session has seen; times are monotonic seconds."""

    fetched: int = 0  # bit n: segment n was asked for
    count: int = 0  # segments of the ad; 0: nothing was asked for yet
    began_at: float | None = None  # when the first segment was asked for, and its buffer played
    last_at: float = 0.0  # when the last of the run that began with the first was asked for
    last_start: float = 0.0  # where that one starts, seconds from the ad's start
    run: int = 0  # so many segments were asked for without a gap, from the first on

    def with_request(self, position: Position, *, now: float, buffered_s: float = 0.0) -> "Seen":
        """Take in a request for a segment.

        Args:
            position: Which part of the ad it is.
            now: When it came.
            buffered_s: What the player had ahead of its playhead then, where it says so (CMCD).
        """
        if self.fetched >> position.number & 1:
            return self  # another rendition, a repeat, a seek back (E-03, E-06)
        fetched = self.fetched | 1 << position.number
        began_at = self.began_at
        if position.number == 0:
            began_at = now + buffered_s
        run = self.run
        while fetched >> run & 1:
            run += 1
        if run == self.run:  # a seek over something, or joined in mid-ad (E-08)
            return replace(self, fetched=fetched, count=position.count)
        return Seen(
            fetched=fetched,
            count=position.count,
            began_at=began_at,
            last_at=now,
            last_start=float(position.start),
            run=run,
        )

    def due_at(self, offset_s: float, segment: int) -> float | None:
        """When a moment of the ad will have been seen; None: nothing proves that it is.

        Args:
            offset_s: Seconds from the ad's start.
            segment: The one that holds the moment; of two that meet there the earlier one.
        """
        if self.began_at is None or segment >= self.run:
            return None
        played = self.began_at + offset_s
        if segment + 1 < self.run:
            return played
        if self.run < self.count:
            return None if offset_s > 0 else played
        # Nothing of the ad can follow: that the player goes on is not to be seen from here.
        return max(played, self.last_at + offset_s - self.last_start)
