import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from beacon_bench import a_beacon, claim_all
from click.testing import CliRunner

from packager.beacons import Entry, Ledger, Outbox
from packager.beacons.opening import open_outbox, outbox_path, sender_settings
from packager.beacons.verdicts import DELIVERED, Verdict
from packager.cli import main
from packager.clock import ManualClock
from packager.config import Beacons, load
from packager.metrics import Metrics
from packager.reasons import Reason

CONFIG = """
shows:
  news: {origin: "https://origin.example/news/"}
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    path = tmp_path / "weft.yaml"
    path.write_text(CONFIG)
    return path


async def fill(outbox: Outbox) -> None:
    await outbox.owe(a_beacon(number, event="start") for number in range(3))
    await outbox.owe([a_beacon(9)])
    first, second, *_ = await claim_all(outbox)
    await outbox.settle(first, DELIVERED)
    await outbox.settle(second, Verdict("refused", Reason.BEACON_STATUS))


async def test_the_ledger_is_a_table_by_event_and_reason(
    config_file: Path, clock: ManualClock, metrics: Metrics
) -> None:
    """Also while a server has the file open."""
    outbox = await open_outbox(load(config_file), clock=clock, metrics=metrics)
    await fill(outbox)
    result = CliRunner().invoke(main, ["ledger", "--config", str(config_file)])
    await outbox.close()
    assert result.exit_code == 0
    lines = [re.findall(r"\w+", line) for line in result.output.splitlines()]
    assert ["Event", "Owed", "Delivered", "Expired", "Refused", "Pending"] in lines
    assert ["start", "3", "1", "1", "1"] in lines
    assert ["beacon_status", "1"] in lines
    assert ["all", "4", "1", "1", "2"] in lines


async def test_the_ledger_is_json_for_other_programs(
    config_file: Path, clock: ManualClock, metrics: Metrics
) -> None:
    outbox = await open_outbox(load(config_file), clock=clock, metrics=metrics)
    await fill(outbox)
    await outbox.close()
    result = CliRunner().invoke(main, ["ledger", "--config", str(config_file), "--json"])
    assert result.exit_code == 0
    found = orjson.loads(result.output)
    assert found["balances"] is True
    assert [found[side] for side in ("owed", "delivered", "expired", "refused", "pending")] == [
        4, 1, 0, 1, 2,
    ]  # fmt: skip
    assert found["oldestOwedAt"] is None
    entry = {"event": "start", "side": "refused", "reason": "beacon_status", "beacons": 1}
    assert entry in found["entries"]


def test_where_nothing_was_ever_owed_the_ledger_is_empty(config_file: Path) -> None:
    result = CliRunner().invoke(main, ["ledger", "--config", str(config_file), "--json"])
    assert result.exit_code == 0
    assert orjson.loads(result.output)["owed"] == 0
    assert not outbox_path(load(config_file)).exists()


def test_a_file_that_is_no_ledger_is_an_error(config_file: Path, tmp_path: Path) -> None:
    config_file.write_text(CONFIG + "beacons: {file: text.db}\n")
    (tmp_path / "text.db").write_text("neither a database nor a ledger " * 9)
    result = CliRunner().invoke(main, ["ledger", "--config", str(config_file)])
    assert result.exit_code == 1
    assert "text.db" in result.output


def test_a_configuration_that_is_wrong_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["ledger", "--config", str(tmp_path / "none.yaml")])
    assert result.exit_code == 1


def test_a_ledger_that_does_not_balance_is_an_error(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Ledger(entries=(Entry("start", "owed", "", 2), Entry("start", "delivered", "", 1)))
    monkeypatch.setattr("packager.beacons.command.read_ledger", lambda path: wrong)
    result = CliRunner().invoke(main, ["ledger", "--config", str(config_file)])
    assert result.exit_code == 1
    assert "does not balance" in result.output


def test_the_sides_of_every_event_must_be_equal() -> None:
    """What one event has too much does not make up for what another has too little."""
    entries = (
        Entry("start", "owed", "", 1),
        Entry("start", "delivered", "", 2),
        Entry("complete", "owed", "", 2),
        Entry("complete", "pending", "", 1),
    )
    assert not Ledger(entries=entries).balances
    assert (
        Ledger(entries=entries)
        .plus([Entry("start", "owed", "", 1), Entry("complete", "expired", "beacon_overdue", 1)])
        .balances
    )


def test_settings_become_limits_and_places(config_file: Path, tmp_path: Path) -> None:
    config_file.write_text(CONFIG + "beacons: {file: b.db, calls: 5, calls_per_host: 2}\n")
    config = load(config_file)
    assert outbox_path(config) == tmp_path / "b.db"
    settings = sender_settings(config)
    assert (settings.total, settings.per_host) == (5, 2)


async def test_keys_are_known_for_as_long_as_sessions_may_last(
    config_file: Path, clock: ManualClock, metrics: Metrics
) -> None:
    config = load(config_file)
    config = replace(
        config, beacons=Beacons(keep_s=60), sessions=replace(config.sessions, max_s=7200)
    )
    outbox = await open_outbox(config, clock=clock, metrics=metrics)
    await outbox.owe([a_beacon(1)])
    (claim,) = await claim_all(outbox)
    await outbox.settle(claim, DELIVERED)
    clock.advance(7200)
    await outbox.tend()
    await outbox.owe([a_beacon(1)])
    assert (await outbox.ledger()).count("owed") == 1
    await outbox.close()
