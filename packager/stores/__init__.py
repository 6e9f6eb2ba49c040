"""Where sessions and their decisions outlive a request: the contract that every store keeps.

One store serves one event loop; several processes may share what is behind it. Times are POSIX
seconds. tests/packager/stores/test_contract.py holds every implementation to what is said here.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from packager.reasons import Reason
from packager.stores.fact_changes import Changed
from packager.stores.records import Decision, SessionRecord, Settle, StoredSession

__all__ = ["Decision", "SessionRecord", "Settle", "Store", "StoreError", "StoredSession"]

DEFAULT_SESSION_LIMIT = 1_000_000
CHANNEL_LIMIT = 10_000  # channels kept; the ones written longest ago go first
MAX_CHANNEL_BYTES = 1_048_576
MAX_ADS_BYTES = 262_144  # of one break
CHOICES_LIMIT = 64  # records of choices kept of one session
LISTING_LIMIT = 1_000_000  # segments of looks kept; the ones that end first go first


class StoreError(Exception):
    """A store did not do what was asked; `reason` is the code, the text is for the log.

    `Reason.SESSION_LIMIT` and `Reason.SESSION_UNKNOWN` are answers of a store that works,
    `Reason.STORE_FAILED` is everything else: down, too slow, full, damaged, closed.
    """

    def __init__(self, detail: str, reason: Reason = Reason.STORE_FAILED) -> None:
        super().__init__(detail)
        self.reason = reason


def check_ads(ads: bytes) -> None:
    """Refuse more than is kept with a decision."""
    if len(ads) > MAX_ADS_BYTES:
        raise StoreError("what is known of the ads of a break is too large")


class Store(Protocol):
    """Sessions, the decisions made for them, and the state of live channels.

    Any call may raise `StoreError`. A cancelled call may or may not have taken effect.
    """

    async def create_session(
        self, record: SessionRecord, deadline: int, choices: bytes = b""
    ) -> None:
        """Keep a new session until `deadline`.

        Args:
            record: What is known of it.
            deadline: When it ends unless it is touched.
            choices: The record of how its choices were settled, the first of `load_choices`.

        Raises:
            StoreError: With `SESSION_LIMIT` when the store is full. Sessions that are there are
                never given up for new ones: what they were shown would be forgotten (A-02).
        """

    async def load_session(self, sid: str) -> StoredSession | None:
        """Return a session with all its decisions; None if it was never there or has expired.

        A session past its deadline may still be returned until `expire` has run.
        """

    async def settle(self, sid: str, decision: Decision, ads: bytes = b"") -> Decision:
        """Keep a decision unless its break already has one; return the one that stands.

        Of several callers at once, in any process, all get the same answer (A-03), and it
        survives the death of the process before the first of them has it.

        Args:
            sid: Of the session.
            decision: What its viewer sees in a break.
            ads: What the ad server said of the pod's ads (`packager.decisions.ad_record`); it is
                kept with the decision, and only if that is the one that stands.

        Raises:
            StoreError: With `SESSION_UNKNOWN` when there is no such session, or `ads` is larger
                than `MAX_ADS_BYTES`.
        """

    async def load_ads(self, sid: str, break_id: str) -> bytes:
        """Return what was kept with the decision that stands; nothing where there is none."""

    async def settle_start(self, sid: str, edge: Decimal) -> Decimal:
        """Keep the live edge at which a session began; like `settle`, the first one stands."""

    async def settle_listing(
        self, look: str, listing: Mapping[str, str], deadline: int
    ) -> Mapping[str, str]:
        """Keep what segments are listed as, until `deadline`; like `settle`, the first one stands.

        Args:
            look: Whose viewers are told.
            listing: By a segment's name, the URI that stands for it; empty: its own.
            deadline: No playlist has them any more then; expired ones go with the next `expire`.

        Returns:
            For the same names what stands.
        """

    async def load_choices(self, sid: str) -> Sequence[bytes]:
        """Return the records of how a session's choices were settled, in order.

        Of more than `CHOICES_LIMIT` the oldest go first, all but the very first.
        """

    async def change_facts(
        self, sid: str, facts: Changed, at_ms: int, settle: Settle | None = None
    ) -> SessionRecord:
        """Change facts of a session from an instant on; return its record as it stands then.

        Its choices change with them, or not at all; nobody ever finds one change without the other.

        Args:
            sid: Of the session.
            facts: What is said now, or no more; others stay as they are.
            at_ms: POSIX milliseconds.
            settle: Settles its choices by what it says then; what that gives is kept too.

        Raises:
            StoreError: With `SESSION_UNKNOWN` when there is no such session.
        """

    async def changed_since(self, mark: int) -> tuple[int, Sequence[str]]:
        """Return the sids of sessions whose facts changed since an earlier call, and a new mark.

        Args:
            mark: What that call returned; 0: all that ever changed and are still there.
        """

    async def touch(self, deadlines: Mapping[str, int]) -> None:
        """Move the deadlines of sessions, by sid: later, never earlier. Others are ignored."""

    async def expire(self, now: int) -> int:
        """Remove the sessions whose deadline is `now` or before, in steps; return how many."""

    async def put_channel(self, key: str, state: bytes) -> None:
        """Keep the state of a live channel (break log, epochs), replacing what was there.

        Raises:
            StoreError: The state is larger than `MAX_CHANNEL_BYTES`.
        """

    async def get_channel(self, key: str) -> bytes | None:
        """Return what `put_channel` last kept under this key."""

    async def close(self) -> None:
        """Finish what was asked so far and let go; later calls raise, except `close`."""
