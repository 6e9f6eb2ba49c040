import pickle
import re
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import pytest

from packager.reasons import Level, Reason, markdown_table

ROOT = Path(__file__).parents[2]

# Registered for work that is under way. Must be empty before a release: a reason that nothing gives
# is a promise that nothing keeps.
NOT_YET_USED: frozenset[Reason] = frozenset()


def reasons_named_in(root: Path) -> frozenset[Reason]:
    """The reasons that the packages below `root` name, anywhere but in the registry itself."""
    names = "|".join(reason.name for reason in Reason)
    sources = (
        path.read_text(encoding="utf-8")
        for package in ("packager", "manifests", "overlays")
        for path in (root / package).rglob("*.py")
        if path != root / "packager" / "reasons.py"
    )
    found = {name for text in sources for name in re.findall(rf"\bReason\.({names})\b", text)}
    return frozenset(Reason[name] for name in found)


def test_every_reason_is_given_somewhere_in_the_product() -> None:
    unused = frozenset(Reason) - reasons_named_in(ROOT) - NOT_YET_USED
    assert not unused, f"use or remove: {', '.join(sorted(unused))}"


def test_a_reason_named_only_in_the_registry_counts_as_unused(tmp_path: Path) -> None:
    (tmp_path / "packager").mkdir()
    (tmp_path / "packager" / "reasons.py").write_text("Reason.AD_STATUS", encoding="utf-8")
    (tmp_path / "packager" / "vast.py").write_text("Reason.AD_EMPTY_ONE, Reason.AD_EMPTY\n")
    assert reasons_named_in(tmp_path) == {Reason.AD_EMPTY}


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_a_code_with_a_status_a_level_and_one_sentence(reason: Reason) -> None:
    assert reason == reason.value == reason.name.lower()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", reason)
    assert reason.status is None or reason.status in set(HTTPStatus)
    assert reason.status is None or reason.status >= 400
    assert reason.level in get_args(Level)
    assert re.fullmatch(r"[A-Z][^|\n]*\.", reason.meaning)


@pytest.mark.parametrize("reason", Reason)
def test_a_server_fault_is_never_logged_as_the_clients(reason: Reason) -> None:
    if reason.status is not None and reason.status >= 500:
        assert reason.level == "error"


def test_reasons_say_the_status_that_the_design_fixes() -> None:
    assert Reason.ORIGIN_UNREACHABLE.status == 502
    assert Reason.ORIGIN_TIMEOUT.status == 504
    assert Reason.TOKEN_KEY_UNKNOWN.status == 403
    assert Reason.SESSION_LIMIT.status == 503
    assert Reason.MANIFEST_STALE_SERVED.status is None


def test_a_code_read_back_is_the_same_reason() -> None:
    assert Reason("ad_timeout") is Reason.AD_TIMEOUT
    assert pickle.loads(pickle.dumps(Reason.AD_TIMEOUT)) is Reason.AD_TIMEOUT


def test_the_table_has_a_row_for_every_reason() -> None:
    head, rule, *rows = markdown_table().split("\n")
    assert head.count("|") == rule.count("|") == 5
    assert [row.split("|")[1].strip(" `") for row in rows] == list(Reason)
    assert "| `origin_timeout` | 504 Gateway Timeout | error |" in markdown_table()
    assert "| `ad_empty` |  | info |" in markdown_table()
