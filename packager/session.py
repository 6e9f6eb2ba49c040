"""One viewer's playback: what it watches, and what has been decided for it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from packager.personalization.settled import Settled
from packager.stores.records import Decision, SessionRecord, StoredSession
from packager.tokens import InvalidToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One viewer's playback, as it stands."""

    token: str = field(repr=False)  # of a shared one, its address
    record: SessionRecord
    decisions: Mapping[str, Decision] = field(default_factory=dict)  # by break id; not modified
    started_at_edge: Decimal | None = None  # live edge at the first playlist, content clock

    shared: bool = False  # it stands for all who have the same timeline (`packager.sharing`)

    @property
    def sid(self) -> str:
        """The session's id: safe in logs and for ad servers, unlike the token."""
        return self.record.sid

    @property
    def settled(self) -> Settled:
        """Its choices as they are by now."""
        return self.record.settled

    def require(
        self, *, tenant: str | None = None, show: str | None = None, asset: str | None = None
    ) -> None:
        """Check that the session is for what a path names; every route calls it.

        Raises:
            InvalidToken: The token was made for something else.
        """
        record = self.record
        if (
            tenant not in (None, record.tenant)
            or show not in (None, record.show)
            or asset not in (None, record.asset)
        ):
            raise InvalidToken


def session_of(token: str, stored: StoredSession) -> Session:
    """The session that a token is for, as the store has it."""
    return Session(
        token=token,
        record=stored.record,
        decisions={decision.break_id: decision for decision in stored.decisions},
        started_at_edge=stored.started_at_edge,
    )
