import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import anyio
import pytest
from beacon_bench import OK, Got, Sink, a_beacon, status

from packager.beacons import Ledger, Outbox, SenderSettings, run_sender
from packager.beacons import outbox as outbox_module
from packager.beacons import sender as sender_module
from packager.clock import ManualClock
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.outbound.client import PING_LIMITS
from packager.reasons import Reason

Sending = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that only matter to an idle machine; everything that is promised goes by the clock."""
    monkeypatch.setattr(sender_module, "_LOOK_S", 0.005)
    monkeypatch.setattr(sender_module, "_TEND_S", 0.01)
    monkeypatch.setattr(sender_module, "_BROKEN_S", 0.005)


@pytest.fixture
def sending(outbox: Outbox, clock: ManualClock, metrics: Metrics) -> Sending:
    """Runs a sender that may reach loopback, beside the body."""

    @asynccontextmanager
    async def run(*, allow: str = "127.0.0.0/8", **settings: int) -> AsyncIterator[None]:
        client = GuardedClient(allow=[ip_network(allow)])
        async with anyio.create_task_group() as tasks:

            async def send() -> None:
                await run_sender(
                    outbox,
                    client=client,
                    clock=clock,
                    metrics=metrics,
                    settings=SenderSettings(**settings),
                )

            tasks.start_soon(send)
            yield
            tasks.cancel_scope.cancel()
        await client.aclose()

    return run


async def settled(outbox: Outbox) -> Ledger:
    """The ledger, once nothing is pending."""
    async with asyncio.timeout(20):
        while (ledger := await outbox.ledger()).count("pending"):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert ledger.balances
    return ledger


async def test_what_is_owed_arrives_with_its_headers_and_key(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    """E-01."""
    beacon = sink.beacon(1, headers=(("X-Device-IP", "192.0.2.1"),))
    async with sending():
        await outbox.owe([beacon])
        ledger = await settled(outbox)
    (got,) = sink.got
    assert got.path == "/impression?n=1"
    assert got.headers["x-device-ip"] == "192.0.2.1"
    assert got.key == beacon.key.hex()
    assert ledger.count("delivered") == 1


async def test_what_was_owed_before_it_began_is_sent(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    await outbox.owe(sink.beacon(number) for number in range(100))
    async with sending():
        await settled(outbox)
    assert len(sink.keys) == len(sink.got) == 100


ANSWERS = {
    "204": (status(204), "delivered", ""),
    "304": (status(304), "delivered", ""),
    "302 without a place": (status(302), "delivered", ""),
    "404": (status(404), "refused", Reason.BEACON_STATUS),
    "connection closed": (None, "expired", Reason.BEACON_OUTCOME_UNKNOWN),
    "not HTTP": (b"hello\r\n\r\n", "expired", Reason.BEACON_OUTCOME_UNKNOWN),
    "endless body": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + bytes(200_000),
        "delivered",
        "",
    ),
}


@pytest.mark.parametrize(("answer", "side", "reason"), ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_settles_a_beacon_and_it_is_sent_once(
    outbox: Outbox,
    sink: Sink,
    sending: Sending,
    clock: ManualClock,
    answer: bytes | None,
    side: str,
    reason: str,
) -> None:
    """E-03, E-09."""
    sink.answers = [answer]
    async with sending():
        await outbox.owe([sink.beacon(1)])
        ledger = await settled(outbox)
        clock.advance(3600)
        await asyncio.sleep(0.05)
    assert ledger.count(side, reason=reason) == 1  # type: ignore[arg-type]
    assert len(sink.got) == 1


async def test_a_server_in_trouble_gets_it_again_under_the_same_key(
    outbox: Outbox, sink: Sink, sending: Sending, clock: ManualClock
) -> None:
    """It said itself that it did not take it: later, and later."""
    sink.answers = [status(503), status(429), status(500)]
    async with sending():
        await outbox.owe([sink.beacon(1)])
        for requests in (1, 2, 3, 4):
            await sink.until(requests)
            await asyncio.sleep(0.03)
            assert len(sink.got) == requests  # the clock stands still
            clock.advance(2**requests)
        ledger = await settled(outbox)
    assert ledger.count("delivered") == 1
    assert len(sink.keys) == 1


async def test_without_a_connection_it_is_tried_until_its_deadline(
    outbox: Outbox, sending: Sending, clock: ManualClock, metrics: Metrics
) -> None:
    url = await free_url()
    async with sending():
        await outbox.owe([a_beacon(1, url=url, expire_s=60)])
        for _ in range(30):
            await asyncio.sleep(0.01)
            clock.advance(2)
        ledger = await settled(outbox)
    assert ledger.count("expired", reason=Reason.BEACON_UNREACHABLE) == 1
    assert b'weft_degradations_total{reason="beacon_unreachable"} 1.0' in metrics.render()


async def free_url() -> str:
    """A URL on loopback that nobody listens at."""
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"http://127.0.0.1:{port}/"


GUARDED = (
    "http://169.254.169.254/latest",
    "http://10.0.0.1/x",
    "http://127.0.0.1:22/",
    "gopher://x/",
)


@pytest.mark.parametrize("url", GUARDED)
async def test_nobody_is_told_where_the_guard_lets_nobody_go(
    outbox: Outbox, sending: Sending, url: str
) -> None:
    """failures.md, threats 2 to 4."""
    async with sending():
        await outbox.owe([a_beacon(1, url=url)])
        ledger = await settled(outbox)
    assert ledger.count("refused", reason=Reason.BEACON_REFUSED) == 1


async def test_redirects_are_followed_and_judged_at_every_hop(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    sink.answers = [status(302, f"Location: http://{sink.host}/there"), OK]
    async with sending():
        await outbox.owe([sink.beacon(1)])
        assert (await settled(outbox)).count("delivered") == 1
        sink.answers = [status(302, "Location: http://10.0.0.1/")]
        await outbox.owe([sink.beacon(2)])
        ledger = await settled(outbox)
    assert sink.paths == ["/impression?n=1", "/there", "/impression?n=2"]
    assert ledger.count("refused", reason=Reason.BEACON_REFUSED) == 1


async def test_who_redirected_is_not_told_again(
    outbox: Outbox, sink: Sink, sending: Sending, clock: ManualClock
) -> None:
    """E-03: the first server has counted, though the second is down."""
    sink.answers = [
        status(302, f"Location: {await free_url()}"),
        status(302, f"Location: http://{sink.host}/there"),
        status(503),
    ]
    async with sending(per_host=1):
        await outbox.owe([sink.beacon(1), sink.beacon(2)])
        ledger = await settled(outbox)
        clock.advance(3600)
        await asyncio.sleep(0.05)
    assert ledger.count("expired", reason=Reason.BEACON_OUTCOME_UNKNOWN) == 2
    assert max(sink.keys.values()) == 2  # one of them at its place and behind its redirect
    assert len(sink.got) == 3


async def test_a_host_gets_only_so_many_calls_at_a_time(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    enough = asyncio.Event()

    async def slowly(got: Got) -> bytes:
        if sink.now == 3:
            enough.set()
        await enough.wait()
        await asyncio.sleep(0.002)
        return OK

    sink.answer = slowly
    async with sending(per_host=3):
        await outbox.owe(sink.beacon(number) for number in range(40))
        await settled(outbox)
    assert sink.most == 3


async def test_a_slow_host_does_not_hold_up_another(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    """failures.md, row 32."""
    never = asyncio.Event()

    async def hang(got: Got) -> bytes:
        await never.wait()
        return OK

    sink.answer = hang
    async with Sink.open() as other, sending(total=8, per_host=4):
        await outbox.owe(sink.beacon(number) for number in range(40))
        await outbox.owe(other.beacon(100 + number) for number in range(40))
        await other.until(40)
        assert len(sink.got) == 4
        never.set()
        await settled(outbox)
    assert len(sink.keys) == 40


async def test_what_one_ad_owes_one_server_arrives_in_order(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    """E-02, H-13."""
    order = ["impression", "creativeView", "start", "firstQuartile", "midpoint", "complete"]

    async def unevenly(got: Got) -> bytes:
        await asyncio.sleep(len(got.path) % 5 / 500)
        return OK

    sink.answer = unevenly
    async with sending():
        await outbox.owe(
            sink.beacon(ad, event=event, session="s", ad=ad) for event in order for ad in range(9)
        )
        await settled(outbox)
    for ad in range(9):
        paths = [path for path in sink.paths if path.endswith(f"n={ad}")]
        assert paths == [f"/{event}?n={ad}" for event in order]


async def test_a_host_that_fails_rests_and_then_gets_everything(
    outbox: Outbox, sink: Sink, sending: Sending, clock: ManualClock
) -> None:
    sink.answers = [status(503)] * 5
    async with sending(per_host=1):
        await outbox.owe(sink.beacon(number) for number in range(30))
        await sink.until(5)
        await asyncio.sleep(0.05)
        assert len(sink.got) == 5
        clock.advance(5)
        ledger = await settled(outbox)
    assert ledger.count("delivered") == 30
    assert len(sink.got) == 35


async def test_an_outcome_that_the_file_does_not_take_is_kept_until_it_does(
    outbox: Outbox, sink: Sink, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """failures.md, row 33; and its place is not given to others meanwhile."""

    def full(*arguments: object, **more: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    async with sending(total=4):
        with monkeypatch.context() as broken:
            broken.setattr(outbox_module.rows, "settle", full)
            await outbox.owe(sink.beacon(number) for number in range(20))
            await sink.until(4)
            await asyncio.sleep(0.05)
            assert len(sink.got) == 4
        ledger = await settled(outbox)
    assert ledger.count("delivered") == 20
    assert len(sink.got) == 20


async def test_nothing_is_sent_that_could_not_be_marked_before(
    outbox: Outbox, sink: Sink, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    await outbox.owe([sink.beacon(1)])
    with monkeypatch.context() as broken:
        broken.setattr(outbox_module.rows, "claim", full)
        async with sending():
            await asyncio.sleep(0.05)
    assert sink.got == []
    async with sending():
        await settled(outbox)
    assert len(sink.got) == 1


async def test_told_to_stop_it_lets_calls_on_their_way_end(
    outbox: Outbox, sink: Sink, sending: Sending
) -> None:
    async def slowly(got: Got) -> bytes:
        await asyncio.sleep(0.1)
        return OK

    sink.answer = slowly
    async with sending(total=3):
        await outbox.owe(sink.beacon(number) for number in range(10))
        await sink.until(3)
    ledger = await outbox.ledger()
    assert (ledger.count("delivered"), ledger.count("pending")) == (3, 7)


async def test_told_to_stop_it_does_not_wait_for_long(
    outbox: Outbox, sink: Sink, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "_LEAVE_S", 0.05)
    never = asyncio.Event()

    async def hang(got: Got) -> bytes:
        await never.wait()
        return OK

    sink.answer = hang
    async with asyncio.timeout(5):
        async with sending():
            await outbox.owe([sink.beacon(1)])
            await sink.until(1)
        ledger = await outbox.ledger()
    never.set()
    assert ledger.count("expired", reason=Reason.BEACON_OUTCOME_UNKNOWN) == 1


async def test_an_error_that_nobody_foresaw_costs_one_beacon(
    outbox: Outbox, sink: Sink, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    ping = GuardedClient.ping

    async def broken(self: GuardedClient, url: str, **more: object) -> None:
        if url.endswith("n=1"):
            raise RuntimeError("a bug")
        await ping(self, url, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(GuardedClient, "ping", broken)
    async with sending():
        await outbox.owe([sink.beacon(1), sink.beacon(2)])
        ledger = await settled(outbox)
    assert ledger.count("expired", reason=Reason.BEACON_OUTCOME_UNKNOWN) == 1
    assert ledger.count("delivered") == 1


async def test_the_ledger_is_in_the_metrics(
    outbox: Outbox, sink: Sink, sending: Sending, metrics: Metrics, clock: ManualClock
) -> None:
    sink.answers = [OK, status(404)]
    async with sending(per_host=1):
        await outbox.owe([sink.beacon(1), sink.beacon(2, event="start")])
        await settled(outbox)
        await asyncio.sleep(0.05)
    text = metrics.render().decode()
    assert 'weft_beacons{event="impression",reason="",side="delivered"} 1.0' in text
    assert 'weft_beacons{event="start",reason="beacon_status",side="refused"} 1.0' in text
    assert 'weft_beacons{event="start",reason="",side="pending"} 0.0' in text
    assert "weft_beacon_oldest_seconds 0.0" in text


async def test_the_age_of_the_oldest_is_in_the_metrics(
    outbox: Outbox, sending: Sending, metrics: Metrics, clock: ManualClock
) -> None:
    await outbox.owe([a_beacon(1)])
    clock.advance(90)
    async with sending(total=0):
        async with asyncio.timeout(10):
            while b"weft_beacon_oldest_seconds 90.0" not in metrics.render():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_another_process_may_owe_what_this_one_sends(
    outbox: Outbox,
    sink: Sink,
    sending: Sending,
    tmp_path: Path,
    clock: ManualClock,
    metrics: Metrics,
) -> None:
    other = await Outbox.open(tmp_path / "beacons.db", clock=clock, metrics=metrics)
    async with sending():
        await other.owe([sink.beacon(1)])
        await sink.until(1)
    await other.close()


def test_a_lease_outlasts_the_longest_call() -> None:
    longest_s = PING_LIMITS.total_s + PING_LIMITS.read_s
    assert outbox_module.LEASE.total_seconds() > 2 * longest_s
