"""Choices of sessions: settled when one begins, when its facts change, and when the moment does.

What is settled is kept with the session and stays, until facts change that it depends on; then all
of it is settled anew, for what is not published yet. In live sessions facts of feeds and of the
clock count too; of a film everything is published at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cachetools import LRUCache

from packager.clock import Clock
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.facts.moment import Facts, said_values
from packager.log import report
from packager.metrics import Metrics
from packager.parameters import Pairs
from packager.personalization.draws import handle_of
from packager.personalization.policy import Policy, policy_of
from packager.personalization.record import make_record, write_record
from packager.personalization.settle import Moment, settle_choices
from packager.personalization.settled import Settled
from packager.presentation import Presentation
from packager.rules import Value
from packager.session import Session
from packager.sessions import Sessions
from packager.stores import StoreError
from packager.stores.records import Resettled, SessionRecord, Settle

NO_VALUES: Mapping[str, str] = {}
NONE_GIVEN: Mapping[tuple[str, str], int] = {}
SEEN = 65_536  # sessions of which it is remembered what moment they were settled for


@dataclass(frozen=True, slots=True)
class _Now:
    """What is the same for all at an instant."""

    at: datetime
    values: Mapping[str, Value]  # of facts; those that viewers say are as if nothing was said
    stale: tuple[str, ...]


class Settling:
    """The choices of all sessions of a process."""

    def __init__(
        self,
        config: Config,
        facts: Facts,
        sessions: Sessions,
        *,
        key: bytes,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Compile what shows say.

        Args:
            config: Has the shows.
            facts: What choices depend on.
            sessions: Keep what is settled.
            key: Of draws.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self._facts = facts
        self._sessions = sessions
        self._key = key
        self._clock = clock
        self._metrics = metrics
        self._policies = {
            show.name: policy_of(show)
            for show in config.shows.values()
            if show.choices or any(asset.rights for asset in show.assets.values())
        }
        self._seen: LRUCache[str, tuple[Value | None, ...]] = LRUCache(SEEN)

    def policy(self, show: str) -> Policy | None:
        """The policy of a show; None: it has neither choices nor rights."""
        return self._policies.get(show)

    def told(self, show: Show, settled: Settled, *, anonymous: bool) -> Pairs:
        """The choices that ad servers are told: those that have a value.

        Args:
            show: Whose choices.
            settled: Those of a session.
            anonymous: Leave out those that depend on what needs the viewer's consent.
        """
        policy = self._policies.get(show.name)
        private = policy.personal if policy is not None and anonymous else frozenset()
        return tuple((n, value) for n, value in settled.values if value and n not in private)

    def begin(self, show: Show, sid: str, said: Pairs) -> Resettled | None:
        """Settle the choices of a session that begins; None: there are none.

        Args:
            show: That it is to watch.
            sid: Its id.
            said: What its viewer says of facts.
        """
        policy = self._policies.get(show.name)
        return None if policy is None else self._settled(policy, sid, said, self._now(show, policy))

    def settle(self, show: Show) -> Settle | None:
        """What settles the choices of sessions anew by what is known now; None: there are none.

        It asks nothing and waits for nothing, so that a store may call it where it keeps sessions.
        """
        policy = self._policies.get(show.name)
        if policy is None:
            return None
        now = self._now(show, policy)
        return lambda record: self._resettled(policy, record, now)

    async def current(self, session: Session, presentation: Presentation) -> Session:
        """The session with its choices as they are by now.

        They are other ones where feeds or the clock say so, in live content, and where the show
        has other choices than when the session began.
        """
        show = presentation.show
        policy = self._policies.get(show.name)
        if policy is None or (session.shared and not presentation.live):
            return session  # what a shared film depends on is what it is known by
        is_whole = tuple(name for name, _ in session.settled.values) == tuple(policy.choices)
        if is_whole and not (policy.passing and presentation.live):
            return session
        at = self._clock.now()
        passing = tuple(self._facts.value(show, name, (), at) for name in policy.passing)
        if is_whole and self._seen.get(session.sid) == passing:
            return session
        now = self._now(show, policy)
        if self._resettled(policy, session.record, now) is not None:
            try:
                session = await self._sessions.change_facts(
                    session, (), now.at, lambda record: self._resettled(policy, record, now)
                )
            except StoreError as error:  # P1: tried again at the next poll
                report(error.reason, "choices_not_stored", self._metrics, detail=str(error))
                return session
        self._seen[session.sid] = passing
        return session

    def _now(self, show: Show, policy: Policy) -> _Now:
        at = self._clock.now()
        values = self._facts.values(show, (), at)
        stale = (name for name in policy.passing if self._facts.is_stale(show, name, at))
        return _Now(at, values, tuple(stale))

    def _resettled(self, policy: Policy, record: SessionRecord, now: _Now) -> Resettled | None:
        """The choices of a session as they are by now; None: they are what they were."""
        before = record.settled
        current, given = dict(before.values), given_to(policy, record, now.at)
        found = self._settled(policy, record.sid, record.facts, now, current=current, given=given)
        return None if found.settled == before else found

    def _settled(
        self,
        policy: Policy,
        sid: str,
        said: Pairs,
        now: _Now,
        *,
        current: Mapping[str, str] = NO_VALUES,
        given: Mapping[tuple[str, str], int] = NONE_GIVEN,
    ) -> Resettled:
        moment = Moment(
            facts={**now.values, **said_values(policy.facts, said)},
            key=self._key,
            who=handle_of(sid, self._key),
            at=now.at,
            current=current,
            given=given,
        )
        settlement = settle_choices(policy, moment)
        kept = make_record(policy, moment, settlement, stale=now.stale)
        return Resettled(settlement.settled, write_record(kept))


def given_to(policy: Policy, record: SessionRecord, at: datetime) -> dict[tuple[str, str], int]:
    """How often values came to a session anew, within the periods of their choices' caps.

    Where some of that was forgotten, each value counts as given as often as it may be. There is
    nothing yet by which a viewer is known again in another session: this is the place for it.
    """
    found: dict[tuple[str, str], int] = {}
    for choice in policy.choices.values():
        if choice.cap is None:
            continue
        if record.forgotten_ms and at - _instant(record.forgotten_ms) < choice.cap.period:
            found |= {(choice.name, value): choice.cap.times for value in choice.of}
            continue
        before = ""
        for since, settled in _history(record):
            value = settled.value(choice.name)
            if value and value != before and at - since < choice.cap.period:
                found[choice.name, value] = found.get((choice.name, value), 0) + 1
            before = value
    return found


def _history(record: SessionRecord) -> list[tuple[datetime, Settled]]:
    began = (record.created_at * 1000, record.choices)
    changes = ((one.at_ms, one.settled) for one in record.changes if one.settled is not None)
    return [(_instant(ms), settled) for ms, settled in (began, *changes)]


def _instant(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
