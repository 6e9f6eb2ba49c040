"""Records say what was settled and nobody's name; a replay gives the same bytes."""

import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shows import KEY, policy
from test_settle import APART, AT, CAPPED, LOOK, SHARED, moment

from packager.personalization.draws import handle_of
from packager.personalization.policy import Policy
from packager.personalization.record import (
    DecisionRecord,
    RecordUnreadable,
    make_record,
    read_record,
    write_record,
)
from packager.personalization.replay import NotReplayable, replayed
from packager.personalization.settle import settle_choices
from packager.personalization.why import sentence

CLUB = """
facts:
  club: {type: string, consent: personalise}
  minutes: int
  tags: strings
  theme: {type: string, of: [light, dark], default: dark}
choices:
  sponsor: {of: [acme, zeta], by: 'club == "reds" ? "acme" : minutes > 40 ? "zeta" : ""'}
  look: {of: [light, dark], by: '"vip" in tags ? "light" : theme', cap: 1/hour}
"""
SHOWS = {"look": LOOK, "shared": SHARED, "capped": CAPPED, "apart": APART, "club": CLUB}


def record_of(made: Policy, who: str = "ann", **settings: object) -> DecisionRecord:
    told = moment(made, handle_of(who, KEY), **settings)
    return make_record(made, told, settle_choices(made, told))


@pytest.mark.parametrize("name", SHOWS)
def test_a_replay_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    made = policy(tmp_path, SHOWS[name])
    for number in range(50):
        facts = {"theme": "dark"} if number % 2 and "theme" in made.facts else {}
        data = write_record(record_of(made, str(number), facts=facts))
        assert write_record(replayed(read_record(data), made, (b"x" * 32, KEY))) == data


CASES = [
    {"club": "reds", "minutes": 44},
    {"club": "blues", "minutes": 41, "tags": ("vip", "new")},
    {"minutes": -7, "tags": ("old",)},
    {},
]


@pytest.mark.parametrize("facts", CASES)
def test_free_facts_are_in_buckets_and_the_replay_is_equal_all_the_same(
    tmp_path: Path, facts: dict[str, object]
) -> None:
    made = policy(tmp_path, CLUB)
    given_before = {"current": {"look": "dark"}, "given": {("look", "light"): 1}}
    record = record_of(made, facts=facts, **given_before)
    data = write_record(record)
    for secret in (b"reds", b"blues", b"vip", b'"44"', b'"41"', b'"-7"', b"ann"):
        assert secret not in data
    again = replayed(read_record(data), made, (KEY,))
    assert write_record(again) == data
    assert again.chosen == record.chosen
    if facts.get("minutes") == 44:
        assert dict(record.buckets) == {"club": "said", "minutes": "32 to 63"}


def test_a_replay_in_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    made = policy(tmp_path, LOOK)
    data = write_record(record_of(made, facts={"country": "IT"}))
    (tmp_path / "record.json").write_bytes(data)
    code = (
        "import sys; from pathlib import Path;"
        "from packager.config.file import load;"
        "from packager.personalization.policy import policy_of;"
        "from packager.personalization.record import read_record, write_record;"
        "from packager.personalization.replay import replayed;"
        "folder = Path(sys.argv[1]);"
        "policy = policy_of(load(folder / 'weft.yaml').shows['cup']);"
        "record = read_record((folder / 'record.json').read_bytes());"
        "sys.stdout.buffer.write(write_record(replayed(record, policy, (b'k' * 32,))))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, check=True, capture_output=True).stdout == data


def test_a_record_of_other_settings_or_of_another_key_is_not_replayed(tmp_path: Path) -> None:
    record = record_of(policy(tmp_path, LOOK))
    with pytest.raises(NotReplayable, match="other ones"):
        replayed(record, policy(tmp_path, CAPPED), (KEY,))
    with pytest.raises(NotReplayable, match="key"):
        replayed(record, policy(tmp_path, LOOK), (b"x" * 32,))
    made = policy(tmp_path, LOOK)
    with pytest.raises(NotReplayable, match="do not have"):
        replayed(replace(record, facts=(("them", "dark"),)), made, (KEY,))


def test_a_replay_tells_a_record_that_was_changed(tmp_path: Path) -> None:
    made = policy(tmp_path, LOOK)
    record = record_of(made, facts={"theme": "dark"})
    forged = replace(record, at=AT + timedelta(seconds=1), facts=(("theme", "light"),))
    assert replayed(forged, made, (KEY,)).chosen != record.chosen


def test_damaged_records_are_an_error_and_nothing_else(tmp_path: Path) -> None:
    data = write_record(record_of(policy(tmp_path, LOOK)))
    assert read_record(data) == record_of(policy(tmp_path, LOOK))
    document = orjson.loads(data)
    later = orjson.dumps(document | {"version": 2})
    naive = orjson.dumps(document | {"at": "2026-11-22T20:15:00"})
    for damaged in (b"", b"[]", b"{}", data[:-1], later, naive, b" " * 70_000):
        with pytest.raises(RecordUnreadable):
            read_record(damaged)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x), max_leaves=5))
def test_whatever_stands_in_a_record_is_read_or_refused(value: object) -> None:
    document = {"version": 1, "show": "cup", "policy": "", "key": "", "who": "", "at": str(AT)}
    for name in ("choices", "facts", "rules", "given", "values", "stale", "refused"):
        with suppress(RecordUnreadable, orjson.JSONEncodeError):
            read_record(orjson.dumps(document | {name: value}))


SAID = {
    "a pin": (
        LOOK,
        "look",
        {"facts": {"country": "SE"}},
        "You saw sepia for look because ann pinned it (film week).",
    ),
    "a rule": (LOOK, "look", {"facts": {"theme": "light"}}, "for theme was light."),
    "a draw": (
        LOOK,
        "look",
        {},
        "You saw sepia for look because it was drawn, with a chance of 3 in 4.",
    ),
    "rights": (
        LOOK,
        "opener",
        {"facts": {"country": "SE"}},
        "You saw north for opener because it was drawn, the only value that was allowed;"
        ' south could not be (rights: country == "IT").',
    ),
    "what is left": (
        LOOK,
        "opener",
        {},
        "You saw plain for opener because no other value was allowed; north could not be",
    ),
    "a rule over what is not told": (
        CLUB,
        "sponsor",
        {"facts": {"club": "reds"}},
        "for club was said and minutes was 0.",
    ),
    "nothing": (APART, "third", {}, "third stayed empty because no value was allowed;"),
}


@pytest.mark.parametrize(("text", "choice", "settings", "said"), SAID.values(), ids=SAID)
def test_a_record_says_why_in_one_sentence(
    tmp_path: Path, text: str, choice: str, settings: dict[str, object], said: str
) -> None:
    made = policy(tmp_path, text)
    for number in range(40):  # until the lot falls on what the sentence is about
        record = record_of(made, **{"who": str(number), **settings})  # type: ignore[arg-type]
        one = next(one for one in record.chosen if one.choice == choice)
        told = sentence(one, record, made)
        assert told.endswith(".")
        assert "\n" not in told
        assert sentence(one, record, None).endswith(".")
        if said in told:
            return
    pytest.fail(told)
