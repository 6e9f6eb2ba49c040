"""What deciding on breaks needs to know of content, whatever its format."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from manifests.break_log import BreakLog
from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.splicing.timeline import Splice


class Content(Protocol):
    """One version of content that is followed at its origin; all instants on the content clock."""

    @property
    def version(self) -> int:
        """Rises with every change."""

    @property
    def log(self) -> BreakLog:
        """The breaks that the content's cues have opened."""

    @property
    def over(self) -> int:
        """How many of the log's breaks are past everywhere: nothing of them is listed any more."""

    @property
    def window(self) -> tuple[Decimal, Decimal] | None:
        """Where what is listed starts and ends; None: nothing is listed."""

    @property
    def pace_s(self) -> int:
        """Seconds after which viewers expect something new: a target duration."""

    def out_border(self, ad_break: AdBreak) -> Decimal | None:
        """Where viewers leave the content for a break; None if that is not listed yet."""

    def is_aligned(self, ad_break: AdBreak) -> bool:
        """Whether the content can be left there in all its renditions."""

    def can_hold(self, ad_break: AdBreak) -> bool:
        """Whether content can end at a break that is being decided.

        Where players compute which segments there are, it cannot: a break is decided before its
        time, or not at all.
        """

    def join_of(self, seconds: Decimal, now: Decimal) -> AdBreak | None:
        """The pre-roll of a session that begins now: so many seconds at most of what is listed.

        None: there is not enough of it.
        """

    def recalls(self, in_at: Decimal) -> bool:
        """Whether anything that is listed depends on a pre-roll that ends there."""

    def return_of(self, at: Decimal) -> Decimal:
        """Where content comes back when a pre-roll ends at an instant."""

    def splice_of(self, ad_break: AdBreak, pod: Iterable[Creative], rung: str) -> Splice | None:
        """A session's decision for a break as a splice, as far as it is known now."""

    def nearest_border(self, at: Decimal) -> Decimal:
        """Where VOD content is left for a break at an instant of somebody else's choice (D-43)."""

    def insertion_of(
        self, at: Decimal, pod: Iterable[Creative], rung: str, *, break_id: str
    ) -> Splice:
        """A session's decision for a point of a VOD presentation."""
