"""Sessions: starting one, finding it again at each request, and what has been decided for it.

In front of the store are those that this process holds (`Residents`). A session object is a
snapshot and never changes: settling something returns the next one, and later look-ups find that.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from packager.mint import MintBuckets
from packager.parameters import Parameters
from packager.personalization.settled import NOTHING
from packager.reasons import Reason
from packager.residents import Residents, padded_deadline
from packager.session import Session, session_of
from packager.sharing.addresses import is_address
from packager.stores import Store, StoreError
from packager.stores.fact_changes import Changed
from packager.stores.records import Decision, Resettled, SessionRecord, Settle
from packager.tokens import InvalidToken, Token, Tokens, digest_of, new_sid

CLOCK_LEEWAY_S = 60  # by which the clocks of two nodes may differ
MAX_ASSET_CHARACTERS = 1024
DAY_S = 86_400


class UnknownSession(Exception):
    """The token is good, but its session has ended or was lost; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("there is no such session")
        self.reason = reason


class SessionRefused(Exception):
    """No new session may start now; those that have started are not concerned."""

    def __init__(self, problem: str, reason: Reason) -> None:
        super().__init__(problem)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long sessions last and how many are held in memory."""

    idle_s: int = 600  # without a request; VOD players are silent for as long as they play
    lifetime_s: int = 86_400
    resident: int = 32_768  # held ready in front of the store; 1 KB and 4 collector objects each


class Sessions:
    """The sessions of one process; nothing here reads the clock."""

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        *,
        limits: SessionLimits | None = None,
        mint: MintBuckets | None = None,
    ) -> None:
        """Join a store, which stays its owner's to close, and the keys of the tokens."""
        self._store = store
        self._tokens = tokens
        self._limits = limits or SessionLimits()
        self._mint = mint or MintBuckets()
        self._residents = Residents(self._limits.resident)
        self._mark = 0  # of the changes that are known here

    @property
    def resident(self) -> int:
        """How many sessions are held in memory."""
        return len(self._residents)

    def admit(self, address: str, now: datetime) -> None:
        """Count a new session of an address, before anything is done for it (threat 36).

        Args:
            address: An IPv4 address or an IPv6 /64. Kept hashed.
            now: The time, with its zone.

        Raises:
            SessionRefused: Too many sessions of this address.
        """
        if not self._mint.take(address, now.timestamp()):
            raise SessionRefused("too many new sessions from one address", Reason.SESSION_RATE)

    async def start(
        self,
        tenant: str,
        show: str,
        asset: str,
        parameters: Parameters,
        now: datetime,
        *,
        idle_s: int | None = None,
        sid: str = "",
        choices: Resettled | None = None,
    ) -> Session:
        """Mint a session and store it.

        Args:
            tenant: Configured name, as `show`.
            show: See `tenant`.
            asset: Path below the show's origin.
            parameters: What the viewer sent along.
            now: The time, with its zone.
            idle_s: Instead of the configured idle time: the length of a VOD asset, say.
            sid: Its id, of `new_sid`, where that was needed before; empty: minted now.
            choices: As they were settled for it.

        Raises:
            SessionRefused: Too many sessions, or the path is too long.
            StoreError: The store failed.
        """
        if len(asset) > MAX_ASSET_CHARACTERS:
            raise SessionRefused("the asset's path is too long", Reason.PATH_INVALID)
        seconds = now.timestamp()
        created_at = int(seconds)
        record = SessionRecord(
            sid=sid or new_sid(),
            tenant=tenant,
            show=show,
            asset=asset,
            created_at=created_at,
            expires_at=created_at + self._limits.lifetime_s,
            idle_s=self._limits.idle_s if idle_s is None else idle_s,
            parameters=parameters,
            choices=NOTHING if choices is None else choices.settled,
        )
        token = self._tokens.write(
            Token(
                sid=record.sid,
                tenant=tenant,
                show=show,
                asset_digest=digest_of(asset),
                issued_at=created_at,
                expires_at=record.expires_at + CLOCK_LEEWAY_S,
            )
        )
        await self._create(record, seconds, b"" if choices is None else choices.record)
        session = Session(token=token, record=record)
        return self._residents.admit(session, seconds, padded_deadline(record, seconds))

    def lookup(self, token: str, now: datetime) -> Session | None:
        """Return a session that is in memory, at once; None does not mean that there is none."""
        # An address is public: it opens nothing but the timeline itself.
        return None if is_address(token) else self._residents.seen(token, now.timestamp())

    def lookup_shared(self, address: str, now: datetime) -> Session | None:
        """The same for a session that stands for all who share a timeline."""
        return self._residents.seen(address, now.timestamp()) if is_address(address) else None

    async def resume_shared(
        self,
        address: str,
        now: datetime,
        stands: Callable[[SessionRecord], bool] = lambda record: True,
    ) -> Session | None:
        """The session that stands for a timeline, from memory or the store; None: there is none.

        Args:
            address: Of the timeline.
            now: The time, with its zone.
            stands: Whether what the store has is still what the address says.

        Raises:
            StoreError: The store failed.
        """
        if (session := self.lookup_shared(address, now)) is not None or not is_address(address):
            return session
        stored = await self._store.load_session(address)
        if (session := self.lookup_shared(address, now)) is not None:
            return session
        seconds = now.timestamp()
        if stored is None or seconds >= stored.record.expires_at or not stands(stored.record):
            return None
        session = replace(session_of(address, stored), shared=True)
        return self._residents.admit(session, seconds, stored.deadline)

    async def share(
        self,
        address: str,
        tenant: str,
        show: str,
        asset: str,
        parameters: Parameters,
        now: datetime,
        *,
        choices: Resettled | None = None,
    ) -> Session:
        """The session that stands for a timeline, stored if it is the first time.

        It counts as one of those that may be open, and lasts as long as any that began on its day.

        Args:
            address: Of the timeline.
            tenant: As for `start`, as the next ones.
            show: See there.
            asset: See there.
            parameters: What it depends on.
            now: The time, with its zone.
            choices: The same.

        Raises:
            SessionRefused: Too many sessions.
            StoreError: The store failed.
        """
        if (session := await self.resume_shared(address, now)) is not None:
            return session
        seconds = now.timestamp()
        record = SessionRecord(
            sid=address,
            tenant=tenant,
            show=show,
            asset=asset,
            created_at=int(seconds),
            expires_at=int(seconds) + DAY_S + self._limits.lifetime_s + CLOCK_LEEWAY_S,
            idle_s=self._limits.lifetime_s,
            parameters=parameters,
            choices=NOTHING if choices is None else choices.settled,
        )
        try:
            await self._create(record, seconds, b"" if choices is None else choices.record)
        except StoreError:
            # Another request or process may have been first.
            if (session := await self.resume_shared(address, now)) is None:
                raise
            return session
        session = Session(token=address, record=record, shared=True)
        return self._residents.admit(session, seconds, padded_deadline(record, seconds))

    async def resume(self, token: str, now: datetime) -> Session:
        """Return the session of a token, from memory or from the store.

        Raises:
            InvalidToken: It is not a token of ours (`TOKEN_INVALID`, `TOKEN_KEY_UNKNOWN`).
            UnknownSession: The session has ended (`SESSION_EXPIRED`) or is not in the store, where
                it is removed some time after it has ended (`SESSION_UNKNOWN`).
            StoreError: The store failed.
        """
        if (session := self.lookup(token, now)) is not None:
            return session
        statement = self._tokens.read(token)
        seconds = now.timestamp()
        if seconds >= statement.expires_at:
            raise UnknownSession(Reason.SESSION_EXPIRED)
        stored = await self._store.load_session(statement.sid)
        # Another request may have resumed it meanwhile, and settled something since.
        if (session := self.lookup(token, now)) is not None:
            return session
        if stored is None:
            raise UnknownSession(Reason.SESSION_UNKNOWN)
        if digest_of(stored.record.asset) != statement.asset_digest:
            raise InvalidToken
        if seconds >= stored.deadline:
            raise UnknownSession(Reason.SESSION_EXPIRED)
        return self._residents.admit(session_of(token, stored), seconds, stored.deadline)

    async def settle(
        self, session: Session, *decisions: Decision, ads: Mapping[str, bytes] | None = None
    ) -> Session:
        """Store decisions, then return the session with those that stand for their breaks (A-03).

        Another request or process may have been first: then its decision stands, not the one
        given. Nothing of a break may be published before this has returned.

        Args:
            session: Whose.
            decisions: Of breaks.
            ads: What is to be kept with some of them, by break id (`Store.settle`).

        Raises:
            StoreError: The store failed; nothing may be published.
        """
        standing = await asyncio.gather(
            *(
                self._store.settle(session.sid, decision, (ads or {}).get(decision.break_id, b""))
                for decision in decisions
            )
        )
        latest = self.latest(session)
        merged = {decision.break_id: decision for decision in standing}
        return self._residents.update(replace(latest, decisions={**latest.decisions, **merged}))

    async def ads(self, session: Session, break_id: str) -> bytes:
        """Return what was stored with the decision of a break; nothing where there is none.

        Raises:
            StoreError: The store failed.
        """
        return await self._store.load_ads(session.sid, break_id)

    async def settle_start(self, session: Session, edge: Decimal) -> Session:
        """Store the live edge at which the session began, unless it has one already.

        Raises:
            StoreError: The store failed.
        """
        standing = await self._store.settle_start(session.sid, edge)
        return self._residents.update(replace(self.latest(session), started_at_edge=standing))

    async def change_facts(
        self, session: Session, facts: Changed, now: datetime, settle: Settle | None = None
    ) -> Session:
        """Change facts of a session, and its choices with them; what was published of it stays.

        Args:
            session: Whose.
            facts: What its viewer says now, or no more.
            now: The time, with its zone.
            settle: Settles its choices anew; None: they stay.

        Raises:
            StoreError: The store failed.
        """
        at_ms = int(now.timestamp() * 1000)
        record = await self._store.change_facts(session.sid, facts, at_ms, settle)
        return self._residents.update(replace(self.latest(session), record=record))

    async def refresh(self) -> None:
        """Take in what other processes changed; call it about once a second.

        Raises:
            StoreError: The store failed; what changed is taken in at the next call.
        """
        mark, sids = await self._store.changed_since(self._mark)
        if sids:
            changed = frozenset(sids)
            for session in [one for one in self._residents if one.sid in changed]:
                if (stored := await self._store.load_session(session.sid)) is not None:
                    self._residents.update(replace(self.latest(session), record=stored.record))
        self._mark = mark

    async def sweep(self, now: datetime) -> int:
        """Tell the store who was seen, and forget who was not; call it about twice a minute.

        Returns:
            The number of sessions that the store removed.

        Raises:
            StoreError: The store failed; what was seen is told at the next call.
        """
        seconds = now.timestamp()
        await self._residents.forget_idle(seconds)
        touches = self._residents.take_touches()
        try:
            await self._store.touch(touches)
        except StoreError:
            self._residents.put_back(touches)
            raise
        return await self._store.expire(int(seconds))

    async def choices(self, session: Session) -> Sequence[bytes]:
        """Return the records of how the session's choices were settled, in order.

        Raises:
            StoreError: The store failed.
        """
        return await self._store.load_choices(session.sid)

    async def _create(self, record: SessionRecord, now: float, choices: bytes) -> None:
        """Store a session; a full store first gives up those that have ended."""
        deadline = padded_deadline(record, now)
        try:
            await self._store.create_session(record, deadline, choices)
        except StoreError as error:
            if error.reason is not Reason.SESSION_LIMIT:
                raise
        else:
            return
        try:
            await self._store.expire(int(now))
            await self._store.create_session(record, deadline, choices)
        except StoreError as error:
            if error.reason is Reason.SESSION_LIMIT:
                raise SessionRefused("too many sessions", error.reason) from error
            raise

    def latest(self, session: Session) -> Session:
        """Return the session as it stands by now."""
        return self._residents.latest(session)
