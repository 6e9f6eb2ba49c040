import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from packager.mint import MintBuckets
from packager.parameters import Parameters
from packager.reasons import Reason
from packager.session import Session
from packager.sessions import SessionLimits, SessionRefused, Sessions, UnknownSession
from packager.stores import Store, StoreError
from packager.stores.memory import MemoryStore
from packager.stores.records import Decision, PodEntry, StoredSession
from packager.stores.sqlite import SqliteStore
from packager.tokens import InvalidToken, Token, Tokens, digest_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEYS = Tokens(["a secret for tests that has more than thirty-two characters"])
PARAMETERS = Parameters(ads=(("device", "viewer-7"),))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await SqliteStore.open(tmp_path / "weft.db")
    yield store
    await store.close()


def after(**units: float) -> datetime:
    return NOW + timedelta(**units)


def a_decision(break_id: str = "b1", creative_id: str = "c1") -> Decision:
    return Decision(
        break_id=break_id,
        out_at=Decimal(12),
        in_at=Decimal(42),
        outcome="fill",
        pod=(PodEntry(creative_id),),
    )


async def started(sessions: Sessions, now: datetime = NOW) -> Session:
    return await sessions.start("default", "news", "live.m3u8", PARAMETERS, now)


async def unknown(sessions: Sessions, token: str, now: datetime) -> Reason:
    with pytest.raises(UnknownSession) as caught:
        await sessions.resume(token, now)
    return caught.value.reason


async def test_a_started_session_is_found_at_once() -> None:
    sessions = Sessions(MemoryStore(), KEYS)
    session = await started(sessions)
    assert sessions.lookup(session.token, NOW) is session
    assert await sessions.resume(session.token, NOW) is session
    assert session.record.parameters == PARAMETERS
    assert sessions.lookup(session.token + "A", NOW) is None


async def test_no_two_sessions_share_an_id_whatever_the_viewer_sends() -> None:
    """Threat 9: there is no way in for an id of the viewer's own."""
    sessions = Sessions(MemoryStore(), KEYS)
    ids = {(await started(sessions)).sid for _ in range(20)}
    assert len(ids) == 20


async def test_another_process_continues_a_session(store: Store) -> None:
    """Row 24: a process is killed and the next reload is answered by another one."""
    here, there = Sessions(store, KEYS), Sessions(store, KEYS)
    session = await started(here)
    session = await here.settle(session, a_decision("b1"), a_decision("b2"))
    session = await here.settle_start(session, Decimal("5.0"))
    assert there.lookup(session.token, NOW) is None
    assert await there.resume(session.token, NOW) == session
    assert there.lookup(session.token, NOW) == session


async def test_what_is_settled_is_found_by_the_next_lookup() -> None:
    sessions = Sessions(MemoryStore(), KEYS)
    before = await started(sessions)
    after_it = await sessions.settle(before, a_decision())
    assert before.decisions == {}
    assert after_it.decisions == {"b1": a_decision()}
    assert sessions.lookup(before.token, NOW) is after_it
    later = await sessions.settle_start(before, Decimal(7))  # from an old snapshot
    assert later.decisions == {"b1": a_decision()}
    assert later.started_at_edge == Decimal(7)
    assert await sessions.settle(later) == later


async def test_pollers_that_race_publish_the_same_decision(store: Store) -> None:
    """A-03, in one process and in two."""
    here, there = Sessions(store, KEYS), Sessions(store, KEYS)
    session = await started(here)
    other = await there.resume(session.token, NOW)
    results = await asyncio.gather(
        *(here.settle(session, a_decision("b1", f"h{n}"), a_decision("b2")) for n in range(5)),
        *(there.settle(other, a_decision("b1", f"t{n}")) for n in range(5)),
    )
    assert len({result.decisions["b1"] for result in results}) == 1
    merged = here.lookup(session.token, NOW)
    assert merged is not None
    assert set(merged.decisions) == {"b1", "b2"}


async def test_a_session_no_longer_in_memory_can_still_settle() -> None:
    sessions = Sessions(MemoryStore(), KEYS, limits=SessionLimits(resident=1))
    session = await started(sessions)
    await started(sessions)
    assert sessions.lookup(session.token, NOW) is None
    settled = await sessions.settle(session, a_decision())
    assert settled.decisions == {"b1": a_decision()}
    assert await sessions.resume(session.token, NOW) == settled
    assert sessions.resident == 1


async def test_the_session_not_seen_for_longest_leaves_the_memory_first() -> None:
    sessions = Sessions(MemoryStore(), KEYS, limits=SessionLimits(resident=2))
    first, second = await started(sessions), await started(sessions)
    assert sessions.lookup(first.token, NOW)
    third = await started(sessions)
    assert sessions.lookup(first.token, NOW)
    assert sessions.lookup(third.token, NOW)
    assert sessions.lookup(second.token, NOW) is None


async def test_an_idle_session_ends_and_a_busy_one_does_not(store: Store) -> None:
    sessions = Sessions(store, KEYS)
    idle, busy = await started(sessions), await started(sessions)
    for minute in range(0, 60, 2):
        assert await sessions.resume(busy.token, after(minutes=minute))
        await sessions.sweep(after(minutes=minute))
    assert sessions.resident == 1
    assert await unknown(sessions, idle.token, after(minutes=59)) is Reason.SESSION_UNKNOWN
    assert await Sessions(store, KEYS).resume(busy.token, after(minutes=67)) is not None


async def test_a_session_that_ended_and_is_still_stored_is_expired() -> None:
    sessions = Sessions(MemoryStore(), KEYS)
    session = await started(sessions)
    assert sessions.lookup(session.token, after(seconds=599)) is session
    assert sessions.lookup(session.token, after(seconds=599 + 600)) is None
    assert await unknown(sessions, session.token, after(minutes=40)) is Reason.SESSION_EXPIRED


async def test_a_viewer_seen_within_the_idle_time_is_never_lost(store: Store) -> None:
    """Whenever the last request and the sweeps were, the store keeps the session long enough."""
    for last_seen_s in range(0, 1200, 45):
        sessions = Sessions(store, KEYS)
        session = await started(sessions)
        for second in range(0, last_seen_s + 1, 15):
            assert sessions.lookup(session.token, after(seconds=second))
            if second % 30 == 0:
                await sessions.sweep(after(seconds=second))
        await sessions.sweep(after(seconds=last_seen_s + 15))
        late = after(seconds=last_seen_s // 15 * 15 + 599)
        await store.expire(int(late.timestamp()))
        assert await Sessions(store, KEYS).resume(session.token, late)


async def test_the_store_is_told_of_a_viewer_seldom() -> None:
    touched: list[Mapping[str, int]] = []

    class Counting(MemoryStore):
        async def touch(self, deadlines: Mapping[str, int]) -> None:
            touched.append(deadlines)

    sessions = Sessions(Counting(), KEYS)
    session = await started(sessions)
    for second in range(0, 600, 2):
        sessions.lookup(session.token, after(seconds=second))
        await sessions.sweep(after(seconds=second))
    assert 2 <= sum(map(len, touched)) <= 4


async def test_no_session_outlasts_its_lifetime(store: Store) -> None:
    sessions = Sessions(store, KEYS, limits=SessionLimits(lifetime_s=3600))
    session = await started(sessions)
    for minute in range(0, 60, 5):
        assert sessions.lookup(session.token, after(minutes=minute))
        await sessions.sweep(after(minutes=minute))
    assert sessions.lookup(session.token, after(minutes=60)) is None
    assert await unknown(sessions, session.token, after(minutes=60)) is Reason.SESSION_EXPIRED
    assert await sessions.sweep(after(minutes=60)) == 1
    assert await unknown(sessions, session.token, after(minutes=60)) is Reason.SESSION_UNKNOWN
    assert await unknown(sessions, session.token, after(minutes=62)) is Reason.SESSION_EXPIRED


async def test_a_vod_session_may_be_silent_for_as_long_as_it_plays() -> None:
    sessions = Sessions(MemoryStore(), KEYS)
    session = await sessions.start("default", "film", "a.m3u8", PARAMETERS, NOW, idle_s=7200)
    await sessions.sweep(after(minutes=110))
    assert sessions.lookup(session.token, after(minutes=110)) is session


async def test_forged_tokens_never_reach_the_store() -> None:
    class Unasked(MemoryStore):
        async def load_session(self, sid: str) -> StoredSession | None:
            raise AssertionError(sid)

    sessions = Sessions(Unasked(), KEYS)
    session = await started(sessions)
    foreign = Tokens(["another secret that has more than thirty-two characters"])
    other = await started(Sessions(MemoryStore(), foreign))
    for token, reason in {
        session.token[:-1]: Reason.TOKEN_INVALID,
        other.token: Reason.TOKEN_KEY_UNKNOWN,
    }.items():
        with pytest.raises(InvalidToken) as caught:
            await sessions.resume(token, NOW)
        assert caught.value.reason is reason


async def test_a_token_for_another_asset_than_its_session_is_refused(store: Store) -> None:
    session = await started(Sessions(store, KEYS))
    token = KEYS.write(
        Token(
            sid=session.sid,
            tenant="default",
            show="news",
            asset_digest=digest_of("other.m3u8"),
            issued_at=0,
            expires_at=2**32 - 1,
        )
    )
    with pytest.raises(InvalidToken):
        await Sessions(store, KEYS).resume(token, NOW)


async def test_a_session_is_good_only_for_its_own_tenant_show_and_asset() -> None:
    """Threat 10: the matrix."""
    sessions = Sessions(MemoryStore(), KEYS)
    places = list(product(("t1", "t2"), ("s1", "s2"), ("a1", "a2")))
    for tenant, show, asset in places:
        session = await sessions.start(tenant, show, asset, PARAMETERS, NOW)
        session.require()
        session.require(tenant=tenant, show=show, asset=asset)
        for place in places:
            if place != (tenant, show, asset):
                with pytest.raises(InvalidToken) as caught:
                    session.require(tenant=place[0], show=place[1], asset=place[2])
                assert caught.value.reason is Reason.TOKEN_INVALID


async def test_a_full_store_gives_up_ended_sessions_and_then_refuses() -> None:
    sessions = Sessions(MemoryStore(session_limit=2), KEYS)
    await started(sessions)
    kept = await started(sessions, after(minutes=10))
    await started(sessions, after(minutes=15))  # the first one has ended
    with pytest.raises(SessionRefused) as caught:
        await started(sessions, after(minutes=15))
    assert caught.value.reason is Reason.SESSION_LIMIT
    assert await sessions.resume(kept.token, after(minutes=15)) is kept


async def test_one_address_cannot_start_sessions_without_end() -> None:
    """Threat 36."""
    sessions = Sessions(MemoryStore(), KEYS, mint=MintBuckets(burst=2, per_second=0.1))

    async def start(address: str, now: datetime) -> Session:
        sessions.admit(address, now)
        return await sessions.start("default", "news", "a", PARAMETERS, now)

    await start("192.0.2.1", NOW)
    await start("192.0.2.1", NOW)
    with pytest.raises(SessionRefused, match="one address") as caught:
        await start("192.0.2.1", NOW)
    assert caught.value.reason is Reason.SESSION_RATE
    assert await start("192.0.2.2", NOW)
    assert await start("192.0.2.1", after(seconds=10))


async def test_a_path_of_any_length_is_not_stored() -> None:
    with pytest.raises(SessionRefused) as caught:
        await Sessions(MemoryStore(), KEYS).start("t", "s", "a" * 1025, PARAMETERS, NOW)
    assert caught.value.reason is Reason.PATH_INVALID


async def test_a_store_that_fails_is_told_to_the_caller_and_known_viewers_go_on() -> None:
    """Row 21: nothing in memory depends on the store."""
    store = MemoryStore()
    sessions = Sessions(store, KEYS)
    session = await started(sessions)
    await store.close()
    assert sessions.lookup(session.token, after(minutes=5)) is session
    with pytest.raises(StoreError):
        await started(sessions)
    with pytest.raises(StoreError):
        await sessions.settle(session, a_decision())
    assert sessions.lookup(session.token, NOW) is session  # no decision that is not stored
    with pytest.raises(StoreError):
        await Sessions(store, KEYS).resume(session.token, NOW)


async def test_a_store_that_fails_when_full_is_a_store_error() -> None:
    class Failing(MemoryStore):
        async def expire(self, now: int) -> int:
            raise StoreError("disk")

    with pytest.raises(StoreError, match="disk"):
        await started(Sessions(Failing(session_limit=0), KEYS))


async def test_touches_that_the_store_did_not_take_are_told_again() -> None:
    class Flaky(MemoryStore):
        fails = True
        told: Mapping[str, int] = {}

        async def touch(self, deadlines: Mapping[str, int]) -> None:
            if self.fails:
                raise StoreError("busy")
            self.told = deadlines

    store = Flaky()
    sessions = Sessions(store, KEYS)
    session = await started(sessions)
    sessions.lookup(session.token, after(minutes=5))
    with pytest.raises(StoreError):
        await sessions.sweep(after(minutes=5))
    store.fails = False
    await sessions.sweep(after(minutes=6))
    assert store.told == {session.sid: int(after(minutes=5).timestamp()) + 750}


async def test_two_requests_that_resume_at_once_share_one_session() -> None:
    class Slow(MemoryStore):
        async def load_session(self, sid: str) -> StoredSession | None:
            stored = await super().load_session(sid)
            await gate.wait()
            return stored

    gate = asyncio.Event()
    store = Slow()
    token = (await started(Sessions(store, KEYS))).token
    sessions = Sessions(store, KEYS)
    both = [asyncio.ensure_future(sessions.resume(token, NOW)) for _ in range(2)]
    await asyncio.sleep(0)
    gate.set()
    one, other = await asyncio.gather(*both)
    assert one is other


async def test_many_that_go_idle_together_do_not_hold_up_the_others() -> None:
    sessions = Sessions(MemoryStore(), KEYS)
    await asyncio.gather(*(started(sessions) for _ in range(2500)))
    sweeping = asyncio.ensure_future(sessions.sweep(after(hours=1)))
    await asyncio.sleep(0)
    assert sessions.resident == 1500
    assert await sweeping == 2500
    assert sessions.resident == 0


async def test_neither_the_token_nor_what_the_viewer_sent_is_printed() -> None:
    """Threat 33."""
    session = await started(Sessions(MemoryStore(), KEYS))
    assert session.sid in repr(session)
    assert session.token not in repr(session)
    assert "viewer-7" not in repr(session)
    assert "viewer-7" not in repr(replace(session, decisions={"b1": a_decision()}))


async def test_a_change_of_facts_is_in_the_session_at_once_and_after_a_restart(
    store: Store,
) -> None:
    sessions = Sessions(store, KEYS)
    session = await started(sessions)
    changed = await sessions.change_facts(session, (("theme", "dark"),), after(seconds=5))
    assert changed.record.facts == (("theme", "dark"),)
    assert changed.record.facts_at(int(after(seconds=4).timestamp() * 1000)) == ()
    assert sessions.lookup(session.token, after(seconds=6)) == changed
    resumed = await Sessions(store, KEYS).resume(session.token, after(seconds=6))
    assert resumed.record == changed.record


async def test_a_change_at_another_process_is_taken_in(store: Store, tmp_path: Path) -> None:
    other_store = await SqliteStore.open(tmp_path / "weft.db")
    here, there = Sessions(store, KEYS), Sessions(other_store, KEYS)
    session = await started(here)
    untouched = await started(here)
    await here.settle(session, a_decision())
    await there.change_facts(
        await there.resume(session.token, NOW), (("theme", "dark"),), after(seconds=5)
    )
    await here.refresh()
    now = after(seconds=6)
    found = here.lookup(session.token, now)
    assert found is not None
    assert found.record.facts == (("theme", "dark"),)
    assert found.decisions.keys() == {"b1"}
    assert here.lookup(untouched.token, now) == untouched
    await other_store.close()
